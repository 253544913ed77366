//! What a person sees while a scenario runs: [`Live`].
//!
//! It watches copies of the records on a thread of its own and can neither delay nor change a run.

mod board;

use board::Board;
use crossbeam_channel::{Receiver, select, unbounded};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use scenario::Plan;
use std::io::Write;
use std::thread::JoinHandle;
use std::time::Duration;
use supervisor::{Observation, Observer};
use wire::Node;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// A line per process that changes in place, a progress bar, and what happens above them.
    Terminal,
    /// What happens, line by line.
    Plain,
    /// Nothing.
    Quiet,
}

/// How often the lines of the processes change.
const REFRESH: Duration = Duration::from_millis(100);

/// A running display.
pub(crate) struct Live {
    observer: Option<Observer>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Starts the display of one run; one that goes on has a start.
    pub(crate) fn start(style: Style, plan: &Plan, repetition: u32, t0_ns: Option<u64>) -> Live {
        if style == Style::Quiet {
            return Live { observer: None, thread: None };
        }
        let (observer, records) = unbounded();
        let mut board = Board::new(plan, t0_ns);
        let title = match repetition {
            1 => plan.name.clone(),
            n => format!("{} ({n})", plan.name),
        };
        let title = format!("{title}, {} s", (plan.duration_ns / 1_000_000) as f64 / 1e3);
        let thread = std::thread::spawn(move || match style {
            Style::Terminal => on_a_terminal(&mut board, &records, &title),
            _ => line_by_line(&mut board, &records, &title),
        });
        Live { observer: Some(Observer::new(observer)), thread: Some(thread) }
    }

    /// Where the records go.
    pub(crate) fn observer(&self) -> Option<Observer> {
        self.observer.clone()
    }

    /// Ends the display, all records having been shown.
    pub(crate) fn finish(self) {
        drop(self.observer);
        if let Some(thread) = self.thread {
            // A display that broke is no reason to lose a run.
            if let Err(_panicked) = thread.join() {}
        }
    }
}

fn line_by_line(board: &mut Board, records: &Receiver<Observation>, title: &str) {
    // Locked a line at a time: others have something to say meanwhile.
    let print = |line: String| writeln!(std::io::stderr(), "{line}");
    if print(title.to_owned()).is_err() {
        return;
    }
    while let Some(batch) = next_batch(records) {
        for line in batch.iter().filter_map(|(source, record)| board.note(*source, record)) {
            // A reader that went away is not missed.
            if print(line).is_err() {
                return;
            }
        }
    }
}

fn on_a_terminal(board: &mut Board, records: &Receiver<Observation>, title: &str) {
    let display = MultiProgress::new();
    let line = ProgressStyle::with_template("{msg}").expect("a valid template");
    let lines = Node::ALL.map(|_| {
        let bar = display.add(ProgressBar::no_length().with_style(line.clone()));
        bar.tick();
        bar
    });
    let style = ProgressStyle::with_template("progress [{bar:60}] {percent:>3} %")
        .expect("a valid template")
        .progress_chars("=> ");
    let progress = display.add(ProgressBar::new(1000).with_style(style));
    let mut shown = display.println(title);
    while let Some(batch) = next_batch(records) {
        for line in batch.iter().filter_map(|(source, record)| board.note(*source, record)) {
            shown = shown.and_then(|()| display.println(line));
        }
        for (node, bar) in Node::ALL.into_iter().zip(&lines) {
            bar.set_message(board.line(node));
        }
        progress.set_position(board.progress_permille());
    }
    // A terminal that went away is not missed.
    if shown.and_then(|()| display.clear()).is_err() {}
}

/// Everything that arrived since the last call, in the order of time; waits for something first.
/// `None` when the run is over.
fn next_batch(records: &Receiver<Observation>) -> Option<Vec<Observation>> {
    let mut batch = vec![records.recv().ok()?];
    let end = crossbeam_channel::after(REFRESH);
    loop {
        select! {
            recv(records) -> record => match record {
                Ok(record) => batch.push(record),
                Err(_over) => break,
            },
            recv(end) -> _ => break,
        }
    }
    batch.sort_by_key(|(_, record)| record.t_ns);
    Some(batch)
}
