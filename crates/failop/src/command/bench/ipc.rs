//! `failop bench ipc`: every mechanism as a link between two processes, at the rate of a stream, back
//! to back and as fast as it goes; what to use for the streams of a scenario, and what of the
//! classical claims holds here.

mod page;
mod peer;
mod plan;
mod round;

pub(crate) use peer::become_link_peer;

use super::context::{Context, Floors};
use crate::exit::Code;
use crate::lacking::lacking;
use analysis::ipc::{Calls, Cell, Comparison, Floor, Machine, Measured, Skipped, Spread, compare};
use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use peer::{Class, Side};
use plan::{Kind, Plan};
use round::Placement;
use std::io::Write;
use std::path::{Path, PathBuf};
use sys::signals::StopSignals;
use wire::Mechanism;

/// A size of message, as a user writes it.
fn payload(text: &str) -> Result<u64, String> {
    let bytes: u64 = text.parse().map_err(|error| format!("{error}"))?;
    if !(16..=2_073_600).contains(&bytes) || !bytes.is_multiple_of(8) {
        // The receiver verifies words.
        return Err("16 to 2073600 bytes, a multiple of 8".to_owned());
    }
    Ok(bytes)
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct IpcArguments {
    /// Bytes of a message, a multiple of 8 [default: 16 1024 65536 2073600]
    #[arg(long, value_name = "N", value_parser = payload)]
    payload: Vec<u64>,
    /// Mechanism to measure, by its name in scenario files [default: all]
    #[arg(long, value_name = "NAME")]
    mechanism: Vec<Mechanism>,
    /// Rounds: in each, every mechanism has its turn with every size. Three take about two minutes;
    /// with eighty-four even paced latencies have a p99.9
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Bind sender and receiver to a processor each
    #[arg(long)]
    pin: bool,
    /// Make both ends real-time processes (class FIFO)
    #[arg(long)]
    fifo: bool,
    /// One round of few messages, to see that everything works
    #[arg(long, conflicts_with = "rounds")]
    quick: bool,
    /// Scenario whose streams want a link [default: a camera and a radar as in most scenarios]
    #[arg(long = "for", value_name = "SCENARIO")]
    scenario: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write a page with plots
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub(super) fn bench(arguments: &IpcArguments) -> anyhow::Result<Code> {
    // Before any thread: one that started earlier would still be killed by Ctrl-C.
    let stop = StopSignals::take().context("cannot take over Ctrl-C")?;
    let plan = Plan::of(arguments)?;
    let floors = floors()?;
    let measured = Bench::new(&plan, &stop).run()?;
    let comparison = compare(Measured { machine: machine(&plan), floors, ..measured });
    if let Some(path) = &arguments.html {
        write_page(path, &comparison)?;
    }
    let text =
        if arguments.json { report::json(&comparison) } else { report::ipc_lines(&comparison) };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Code::of([comparison.verdict()]))
}

fn write_page(path: &Path, comparison: &Comparison) -> anyhow::Result<()> {
    std::fs::write(path, report::ipc_html(comparison))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// What is being measured.
struct Bench<'a> {
    plan: &'a Plan,
    stop: &'a StopSignals,
    progress: ProgressBar,
    cells: Vec<Cell>,
    skipped: Vec<Skipped>,
    /// Whether a mechanism failed at something that the host does not lack.
    has_failed: bool,
}

impl<'a> Bench<'a> {
    fn new(plan: &'a Plan, stop: &'a StopSignals) -> Bench<'a> {
        let style = ProgressStyle::with_template("[{bar:40}] {percent:>3} %, {eta} to go  {msg}")
            .expect("a valid template")
            .progress_chars("=> ");
        let jobs = plan.effort.rounds as usize * plan.cells.len();
        let progress = ProgressBar::new(jobs as u64).with_style(style);
        Bench {
            plan,
            stop,
            progress,
            cells: plan.cells.clone(),
            skipped: Vec::new(),
            has_failed: false,
        }
    }

    /// All rounds: in each, every mechanism has its turn. One that fails has no more turns with that
    /// size.
    fn run(mut self) -> anyhow::Result<Measured> {
        for _ in 0..self.plan.effort.rounds {
            let mut done = Vec::new();
            for mut cell in std::mem::take(&mut self.cells) {
                anyhow::ensure!(self.stop.next()?.is_none(), "interrupted");
                let Cell { mechanism, payload_bytes, .. } = cell;
                self.progress.set_message(format!("{mechanism} {payload_bytes} B"));
                match self.turn(&mut cell) {
                    Ok(()) => done.push(cell),
                    Err(error) => {
                        self.has_failed |= lacking(&error).is_none();
                        skip(&mut self.skipped, &cell, format!("{error:#}"));
                    }
                }
                self.progress.inc(1);
            }
            self.cells = done;
        }
        self.count_calls()?;
        self.progress.finish_and_clear();
        let streams = self.plan.streams.clone();
        let Bench { cells, skipped, has_failed, .. } = self;
        Ok(Measured { cells, skipped, streams, has_failed, ..Measured::default() })
    }

    /// System calls of each mechanism that was measured, in rounds of their own.
    fn count_calls(&mut self) -> anyhow::Result<()> {
        for cell in &mut self.cells {
            anyhow::ensure!(self.stop.next()?.is_none(), "interrupted");
            let Cell { mechanism, payload_bytes, .. } = *cell;
            self.progress.set_message(format!("system calls of {mechanism}, {payload_bytes} B"));
            match calls(cell) {
                Ok(calls) => cell.calls = Some(calls),
                Err(error) => {
                    skip(&mut self.skipped, cell, format!("its system calls: {error:#}"));
                }
            }
        }
        Ok(())
    }

    fn turn(&self, cell: &mut Cell) -> anyhow::Result<()> {
        let measure = |kind: Kind| {
            let (job, length_ns) = self.plan.job(cell, kind);
            round::run(job, length_ns, self.plan.placement(kind))
        };
        let (paced, back_to_back, streaming) =
            (measure(Kind::Paced)?, measure(Kind::BackToBack)?, measure(Kind::Streaming)?);
        cell.paced.push(paced);
        cell.back_to_back.push(back_to_back);
        cell.streaming.push(streaming);
        Ok(())
    }
}

/// Notes why a cell is not there: once for all sizes with the same reason.
fn skip(skipped: &mut Vec<Skipped>, cell: &Cell, reason: String) {
    let Cell { mechanism, payload_bytes, .. } = *cell;
    let same = |it: &&mut Skipped| it.mechanism == mechanism && it.reason == reason;
    match skipped.iter_mut().find(same) {
        Some(known) => known.payloads_bytes.push(payload_bytes),
        None => skipped.push(Skipped { mechanism, payloads_bytes: vec![payload_bytes], reason }),
    }
}

/// System calls for a message, those of the benchmark itself left out.
fn calls(cell: &Cell) -> anyhow::Result<Calls> {
    let ([few, many], messages) = plan::to_count(cell);
    let of = |side| -> anyhow::Result<f64> {
        let more = round::count_calls(many, side)?.saturating_sub(round::count_calls(few, side)?);
        Ok(more as f64 / messages as f64 - peer::CALLS_OF_OURS)
    };
    Ok(Calls { sender: of(Side::Sender)?.max(0.0), receiver: of(Side::Receiver)?.max(0.0) })
}

/// What the machine's own primitives cost.
fn floors() -> anyhow::Result<Vec<Floor>> {
    let floors = Floors::measure(30)?;
    let spread = |spread: super::spread::Spread| Spread {
        samples: spread.samples as u64,
        p50: spread.p50,
        p90: spread.p90,
        p99: spread.p99,
        p99_9: None,
        max: spread.max,
    };
    let floor = |name: &str, it| Floor { name: name.to_owned(), spread_us: spread(it) };
    Ok(vec![
        floor("copy of 2 073 600 B, again and again", floors.memcpy_us),
        floor("halted wake: futex, 30 a second", floors.wake_paced_us),
        floor("busy wake: futex, back to back", floors.wake_busy_us),
        floor("spin wake: a shared word, read again and again", floors.wake_spin_us),
    ])
}

fn machine(plan: &Plan) -> Machine {
    let host = sys::host::describe();
    let context = Context::observe();
    Machine {
        cpu: host.cpu_model,
        cpus: host.cpus,
        cpu_features: host.cpu_features,
        kernel: host.kernel,
        idle_policy: host.idle_policy,
        scheduling: match plan.class {
            Class::Inherited => context.scheduling().to_owned(),
            Class::Fifo => "SCHED_FIFO 50, both ends".to_owned(),
        },
        placement: placement(plan.placement),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        rounds: plan.effort.rounds,
    }
}

fn placement(placement: Placement) -> String {
    match placement {
        Some([sender, receiver]) => format!("sender on CPU {sender}, receiver on CPU {receiver}"),
        None => {
            "paced: left to the scheduler; back to back and streaming: bound to a processor each"
                .to_owned()
        }
    }
}
