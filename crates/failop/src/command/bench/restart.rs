//! `failop bench restart`: the camera of the real pipeline is killed at random phases of its frame
//! period; the recordings tell how long each step of its return took.

mod chain;
mod standby;

use super::context::Context;
use super::phases::Phases;
use super::spread::{Spread, write_head, write_line};
use super::{Goal, RestartArguments, code, pipeline, write_goals, write_json};
use crate::exit::Code;
use anyhow::Context as _;
use chain::{Chain, chains};
use serde::Serialize;
use standby::Takeovers;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use sys::signals::StopSignals;

/// Kills in one run: the most faults that a scenario may have.
const KILLS_PER_RUN: u32 = 32;
/// Frame periods between two kills: the camera is back and in step long before the next.
const PERIODS_PER_KILL: u64 = 6;
/// Frame periods before the first kill.
const FIRST_KILL_PERIOD: u64 = 30;
const FPS: u64 = 30;

#[derive(Debug, Serialize)]
struct Report {
    benchmark: &'static str,
    kills: usize,
    /// Kills after which no frame of the successor was seen: counted in no figure.
    incomplete: usize,
    seed: u64,
    signal_to_detected_ms: Spread,
    detected_to_spawned_ms: Spread,
    spawned_to_running_ms: Spread,
    running_to_attached_ms: Spread,
    attached_to_published_ms: Spread,
    signal_to_published_ms: Spread,
    signal_to_fused_ms: Spread,
    lost_0_percent: f64,
    lost_at_most_1_percent: f64,
    lost_max: u64,
    /// The same with a standby, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    standby: Option<Takeovers>,
    goals: Vec<Goal>,
    context: Context,
    pipeline_scheduling: String,
}

/// Who replaces the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Successor {
    /// A process that is started then.
    Cold,
    /// One that stands by.
    Standby,
}

pub(super) fn bench(arguments: &RestartArguments) -> anyhow::Result<Code> {
    // Before any thread: one that started earlier would still be killed by Ctrl-C.
    let stop = StopSignals::take().context("cannot take over Ctrl-C")?;
    let mut phases = Phases(arguments.seed);
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    let mut scheduling = String::new();
    while cold.len() < arguments.kills as usize {
        let kills = (arguments.kills - cold.len() as u32).min(KILLS_PER_RUN);
        for (successor, all) in [(Successor::Cold, &mut cold), (Successor::Standby, &mut warm)] {
            if successor == Successor::Standby && !arguments.standby {
                continue;
            }
            let directory = tempfile::tempdir().context("no temporary directory")?;
            let text = scenario_text(successor, kills, &mut phases);
            let (_, recording) =
                pipeline::run("bench-restart.toml", &text, directory.path(), &stop)?;
            all.extend(chains(&recording, kills));
            scheduling = recording.header.host.scheduling;
        }
        let mut err = io::stderr();
        if err.is_terminal() {
            write!(err, "\r{} of {} kills ", cold.len(), arguments.kills)?;
        }
    }
    let mut report = Report::of(&cold, arguments.seed, scheduling);
    if arguments.standby {
        let takeovers = Takeovers::of(&warm);
        report.goals.extend(takeovers.goals());
        report.standby = Some(takeovers);
    }
    if arguments.json {
        write_json(&report)?;
    } else {
        report.write(&mut io::stdout().lock())?;
    }
    Ok(code(&report.goals))
}

/// An ordinary scene, and `kills` kills of the camera, each at a random phase of its period.
fn scenario_text(successor: Successor, kills: u32, phases: &mut Phases) -> String {
    let periods = FIRST_KILL_PERIOD + u64::from(kills) * PERIODS_PER_KILL;
    let mut text = format!(
        "schema = 1\nname = \"bench-restart\"\nseed = 1\nduration-s = {}\n\
         [ego]\nspeed-kph = 60.0\n\
         [[actor]]\nid = \"lead\"\nstart = {{ x-m = 40.0, y-m = 0.0, speed-kph = 60.0 }}\n\
         [[actor]]\nid = \"left\"\nstart = {{ x-m = 30.0, y-m = 3.5, speed-kph = 62.0 }}\n\
         [watchdog.camera]\nrestart = {{ limit = 1000, window-s = 0.1, standby = {} }}\n",
        periods as f64 / FPS as f64,
        successor == Successor::Standby
    );
    for kill in 0..kills {
        let period = FIRST_KILL_PERIOD + u64::from(kill) * PERIODS_PER_KILL;
        let at_s = (period as f64 + phases.next()) / FPS as f64;
        let written = write!(
            text,
            "[[fault]]\nid = \"K{kill}\"\ntarget = \"camera\"\nat-s = {at_s:.9}\n\
             inject.kill = {{ signal = \"SIGKILL\" }}\n"
        );
        written.expect("a string takes any text");
    }
    text
}

impl Report {
    fn of(all: &[Chain], seed: u64, pipeline_scheduling: String) -> Report {
        let whole: Vec<_> = all.iter().filter_map(Chain::steps).collect();
        let step = |index: usize| {
            let times: Vec<u64> = whole.iter().map(|steps| steps[index]).collect();
            Spread::of(&times, 1e6)
        };
        let signal_to_published_ms = step(5);
        let fused: Vec<u64> = all.iter().filter_map(Chain::until_fused_ns).collect();
        let share = |most: u64| {
            let few = all.iter().filter(|chain| chain.lost <= most).count();
            few as f64 * 100.0 / all.len().max(1) as f64
        };
        let lost_at_most_1_percent = share(1);
        let goals = vec![
            Goal::at_most("SIGKILL → published, p50", signal_to_published_ms.p50, 3.0, "ms"),
            Goal::at_most("SIGKILL → published, p99", signal_to_published_ms.p99, 10.0, "ms"),
            Goal::at_least("kills that lost at most 1 frame", lost_at_most_1_percent, 99.0, "%"),
            Goal::at_most("kills without a return", (all.len() - whole.len()) as f64, 0.0, ""),
        ];
        Report {
            benchmark: "restart",
            kills: all.len(),
            incomplete: all.len() - whole.len(),
            seed,
            signal_to_detected_ms: step(0),
            detected_to_spawned_ms: step(1),
            spawned_to_running_ms: step(2),
            running_to_attached_ms: step(3),
            attached_to_published_ms: step(4),
            signal_to_published_ms,
            signal_to_fused_ms: Spread::of(&fused, 1e6),
            lost_0_percent: share(0),
            lost_at_most_1_percent,
            lost_max: all.iter().map(|chain| chain.lost).max().unwrap_or(0),
            standby: None,
            goals,
            context: Context::observe(),
            pipeline_scheduling,
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{} kills of the camera, {} incomplete", self.kills, self.incomplete)?;
        writeln!(out)?;
        write_head(out, "ms")?;
        write_line(
            out,
            "SIGKILL → detected (memory torn down, reaped)",
            &self.signal_to_detected_ms,
        )?;
        write_line(out, "detected → successor spawned", &self.detected_to_spawned_ms)?;
        write_line(out, "spawned → its main runs", &self.spawned_to_running_ms)?;
        write_line(out, "main → attached to its channels", &self.running_to_attached_ms)?;
        write_line(out, "attached → first frame published", &self.attached_to_published_ms)?;
        writeln!(out)?;
        write_line(out, "SIGKILL → first frame published", &self.signal_to_published_ms)?;
        write_line(out, "SIGKILL → first fused output from it", &self.signal_to_fused_ms)?;
        writeln!(out)?;
        let Report { lost_0_percent, lost_at_most_1_percent, lost_max, .. } = self;
        writeln!(
            out,
            "frames of the grid lost: none in {lost_0_percent:.1} %, at most one in \
             {lost_at_most_1_percent:.1} % of kills; most after one kill: {lost_max}"
        )?;
        if let Some(standby) = &self.standby {
            standby.write(out)?;
        }
        write_goals(out, &self.goals)?;
        writeln!(out)?;
        self.context.write(out)?;
        writeln!(out, "pipeline    {}", self.pipeline_scheduling)
    }
}
