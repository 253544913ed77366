//! `failop bench deaths`: children are killed, and each means of noticing a death tells when it did.
//!
//! One death has one lookout, and the means take turns: of several that wake for the same death on a
//! machine of few processors, those that come first would hold up the others.

mod detector;
mod victim;

use super::context::Context;
use super::phases::Phases;
use super::spread::{Spread, write_head};
use super::{DeathsArguments, Goal, code, write_goals, write_json};
use crate::exit::Code;
use anyhow::Context as _;
use detector::{Detector, Lookout};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::sync::Barrier;
use sys::clock::now_ns;
use sys::connector::Connector;
use sys::process::Child;
use sys::signals::ChildSignals;
use victim::Victim;

pub(super) use victim::Kind;

/// From the moment at which the lookout takes up its post to the kill: it sleeps by then, and the
/// processors are as idle as they become.
const PAUSE_NS: u64 = 2_000_000;
/// A random part of this is added, so that no timer of the machine is in step with the kills.
const PHASE_NS: f64 = 4_000_000.0;
/// Longest time from a kill to its notice; what comes later counts as missed.
const NOTICE_NS: u64 = 10_000_000_000;

const METHOD: &str =
    "one death has one lookout, asleep in a thread of its own; the means take turns";

#[derive(Debug, Serialize)]
struct Report {
    benchmark: &'static str,
    method: &'static str,
    /// For each row.
    kills: u32,
    seed: u64,
    rows: Vec<Row>,
    skipped: Vec<Skipped>,
    goals: Vec<Goal>,
    context: Context,
}

/// What one means of noticing made of the deaths of one kind of victim.
#[derive(Debug, Serialize)]
struct Row {
    victim: Kind,
    detector: Detector,
    /// From just before the kill to the return of the lookout.
    kill_to_told_us: Spread,
    /// Its median in medians of the pidfd.
    to_pidfd: f64,
    /// Deaths that were told.
    told: usize,
    missed: u32,
    /// Told once more, or before there was a death.
    wrong: u32,
    /// Events of any process that the means lost while it was on watch.
    lost_events: u64,
    #[serde(skip)]
    times_ns: Vec<u64>,
}

/// A means that this host or this user does not have.
#[derive(Debug, Serialize)]
struct Skipped {
    detector: Detector,
    reason: String,
}

pub(super) fn bench(arguments: &DeathsArguments) -> anyhow::Result<Code> {
    // Before any thread: one that started earlier would let SIGCHLD pass.
    let signals = ChildSignals::take().context("cannot take over SIGCHLD")?;
    let mut skipped = Vec::new();
    if let Err(error) = Connector::open() {
        let reason = format!("{:#}", anyhow::Error::from(error));
        skipped.push(Skipped { detector: Detector::Connector, reason });
    }
    let is_there =
        |detector: &Detector| skipped.iter().all(|lacking| lacking.detector != *detector);
    let detectors: Vec<Detector> = Detector::ALL.into_iter().filter(is_there).collect();
    let each = |victim| detectors.iter().map(move |&detector| Row::new(victim, detector));
    let mut rows: Vec<Row> = Kind::ALL.into_iter().flat_map(each).collect();
    let mut phases = Phases(arguments.seed);
    for kill in 0..arguments.kills {
        // Nobody is always first.
        let first = kill as usize % rows.len();
        for turn in 0..rows.len() {
            let row = (first + turn) % rows.len();
            rows[row].kill_one(&signals, &mut phases)?;
        }
        let mut err = io::stderr();
        if err.is_terminal() {
            write!(err, "\r{} of {} kills ", kill + 1, arguments.kills)?;
        }
    }
    let report = Report::of(rows, skipped, arguments);
    if arguments.json {
        write_json(&report)?;
    } else {
        report.write(&mut io::stdout().lock())?;
    }
    Ok(code(&report.goals))
}

impl Row {
    fn new(victim: Kind, detector: Detector) -> Row {
        Row {
            victim,
            detector,
            kill_to_told_us: Spread::default(),
            to_pidfd: 0.0,
            told: 0,
            missed: 0,
            wrong: 0,
            lost_events: 0,
            times_ns: Vec::new(),
        }
    }

    fn kill_one(&mut self, signals: &ChildSignals, phases: &mut Phases) -> anyhow::Result<()> {
        let victim = Victim::start(self.victim)?;
        let mut lookout = self.detector.post(&victim, signals)?;
        // This also reads away what was told of those who died before.
        self.wrong += lookout.look(0)?;
        let pause_ns = PAUSE_NS + (phases.next() * PHASE_NS) as u64;
        let (killed_ns, told) = kill_under_watch(&victim.child, &mut lookout, pause_ns)?;
        victim.child.reap()?;
        match told {
            Some((at_ns, times)) => {
                self.times_ns.push(at_ns.saturating_sub(killed_ns));
                self.wrong += u32::from(at_ns < killed_ns) + times - 1;
            }
            None => self.missed += 1,
        }
        self.wrong += lookout.told_again()?;
        self.lost_events += lookout.lost();
        Ok(())
    }

    /// Once all kills are done.
    fn sum_up(&mut self) {
        self.kill_to_told_us = Spread::of_us(&self.times_ns);
        self.told = self.times_ns.len();
    }
}

/// When it was killed, and what the lookout told.
fn kill_under_watch(
    child: &Child,
    lookout: &mut Lookout<'_>,
    pause_ns: u64,
) -> anyhow::Result<(u64, Option<(u64, u32)>)> {
    let begun = Barrier::new(2);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            begun.wait();
            lookout.watch(now_ns() + pause_ns + NOTICE_NS)
        });
        begun.wait();
        sys::clock::sleep_until(now_ns() + pause_ns);
        let killed_ns = now_ns();
        child.kill()?;
        Ok((killed_ns, watch.join().expect("a lookout does not panic")?))
    })
}

impl Report {
    fn of(mut rows: Vec<Row>, skipped: Vec<Skipped>, arguments: &DeathsArguments) -> Report {
        rows.iter_mut().for_each(Row::sum_up);
        let pidfd = |victim| {
            let its = rows.iter().find(|row| row.victim == victim);
            its.expect("the pidfd is there and first").kill_to_told_us.p50
        };
        let medians = Kind::ALL.map(|victim| (victim, pidfd(victim)));
        for (victim, median) in medians {
            for row in rows.iter_mut().filter(|row| row.victim == victim) {
                row.to_pidfd = row.kill_to_told_us.p50 / median;
            }
        }
        let sum = |count: fn(&Row) -> u32| rows.iter().map(count).sum::<u32>().into();
        let goals = vec![
            Goal::at_most("deaths that nobody told", sum(|row| row.missed), 0.0, ""),
            Goal::at_most("deaths told twice, or too early", sum(|row| row.wrong), 0.0, ""),
        ];
        let DeathsArguments { kills, seed, .. } = *arguments;
        let context = Context::observe();
        Report { benchmark: "deaths", method: METHOD, kills, seed, rows, skipped, goals, context }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{} kills for each row: {}", self.kills, self.method)?;
        for victim in Kind::ALL {
            writeln!(out)?;
            write_head(out, &format!("SIGKILL → told, µs: {}", victim.title()))?;
            for row in self.rows.iter().filter(|row| row.victim == victim) {
                row.write(out)?;
            }
            for Skipped { detector, reason } in &self.skipped {
                writeln!(out, "  {:<50}SKIPPED: {reason}", detector.title())?;
            }
        }
        write_goals(out, &self.goals)?;
        writeln!(out)?;
        self.context.write(out)
    }
}

impl Row {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let name = format!("{:<33}{:>6.2} × pidfd", self.detector.title(), self.to_pidfd);
        super::spread::write_line(out, &name, &self.kill_to_told_us)?;
        let Row { missed, wrong, lost_events, .. } = self;
        if missed + wrong > 0 || *lost_events > 0 {
            writeln!(out, "    {missed} missed, {wrong} wrong, {lost_events} events lost")?;
        }
        Ok(())
    }
}
