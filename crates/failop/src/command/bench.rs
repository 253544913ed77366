//! `failop bench`: what frames, links, restarts, deaths, the pipeline at work and logging cost on this
//! machine.
//!
//! Figures stand beside what makes them comparable: floors of the machine measured in the same run,
//! placement, scheduling class and idle policy. A missed goal is exit code 1.

mod breakage;
mod context;
mod deaths;
mod frames;
mod ipc;
mod job;
mod log;
mod nominal;
mod peer;
mod phases;
mod pipeline;
mod restart;
mod spread;

use crate::exit::Code;
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use wire::Mechanism;

pub(crate) use breakage::become_broken;
pub(crate) use ipc::become_link_peer;
pub(crate) use peer::{PeerArguments, become_peer};

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Benchmark {
    /// From publishing a 2 MB frame to the reader's wake-up, and what it costs, at a steady pace
    Frames(FramesArguments),
    /// Every mechanism between two processes: latency, throughput, CPU time; which link for which stream
    Ipc(ipc::IpcArguments),
    /// From the SIGKILL of the camera to the first frame of its successor, step by step
    Restart(RestartArguments),
    /// From the SIGKILL of a child to the moment at which each means of noticing tells it
    Deaths(DeathsArguments),
    /// Processor time and page faults of the pipeline while nothing goes wrong
    Nominal(NominalArguments),
    /// What each link does when the processes at its ends are killed or stopped; everyone is in
    /// the real-time class where that is permitted, as the processes of a run are
    Breakage(BreakageArguments),
    /// Telling one event, and reporting on a recording of 60 s
    Log(LogArguments),
}

#[derive(Debug, Args)]
pub(crate) struct FramesArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Frames in a round
    #[arg(long, value_name = "N", default_value_t = 150, value_parser = clap::value_parser!(u64).range(10..=100_000))]
    frames: u64,
    /// Rounds, each with new processes
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Frames a second
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1000))]
    fps: u32,
}

#[derive(Debug, Args)]
pub(crate) struct RestartArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Kills, at random phases of the frame period
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kills: u32,
    /// As many kills again with a standby that takes over, run by turns with the others
    #[arg(long)]
    standby: bool,
    /// Seed of the phases
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct DeathsArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Kills for each kind of victim and each means of noticing
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kills: u32,
    /// Seed of the moments of the kills
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct NominalArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Length of the run, seconds
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=3600))]
    seconds: u32,
}

#[derive(Debug, Args)]
pub(crate) struct BreakageArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write a page, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Break links by this mechanism alone; may be repeated
    #[arg(long, value_name = "NAME")]
    mechanism: Vec<Mechanism>,
    /// Kills of each process
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    kills: u32,
    /// Seed of the moments
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Report on a run that was recorded before, in place of a synthetic one
    #[arg(long, value_name = "RUN_DIR")]
    run: Option<PathBuf>,
}

/// `failop bench`.
pub(crate) fn bench(benchmark: &Benchmark) -> anyhow::Result<Code> {
    match benchmark {
        Benchmark::Frames(arguments) => frames::bench(arguments),
        Benchmark::Ipc(arguments) => ipc::bench(arguments),
        Benchmark::Restart(arguments) => restart::bench(arguments),
        Benchmark::Deaths(arguments) => deaths::bench(arguments),
        Benchmark::Nominal(arguments) => nominal::bench(arguments),
        Benchmark::Breakage(arguments) => breakage::bench(arguments),
        Benchmark::Log(arguments) => log::bench(arguments),
    }
}

/// A limit that a figure is held against.
#[derive(Clone, Debug, serde::Serialize)]
struct Goal {
    name: &'static str,
    measured: f64,
    limit: f64,
    unit: &'static str,
    met: bool,
}

impl Goal {
    fn at_most(name: &'static str, measured: f64, limit: f64, unit: &'static str) -> Goal {
        Goal { name, measured, limit, unit, met: measured <= limit }
    }

    fn at_least(name: &'static str, measured: f64, limit: f64, unit: &'static str) -> Goal {
        Goal { name, measured, limit, unit, met: measured >= limit }
    }
}

/// Tells what became of each goal.
fn write_goals(out: &mut impl Write, goals: &[Goal]) -> std::io::Result<()> {
    writeln!(out)?;
    for Goal { name, measured, limit, unit, met } in goals {
        let verdict = if *met { "met" } else { "MISSED" };
        writeln!(
            out,
            "{name:<52}{measured:>10.2} {unit:<3} goal {limit:>6.2} {unit:<3} {verdict}"
        )?;
    }
    Ok(())
}

fn code(goals: &[Goal]) -> Code {
    if goals.iter().all(|goal| goal.met) { Code::Pass } else { Code::Fail }
}

/// Prints a report as JSON.
fn write_json(report: &impl serde::Serialize) -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(report::json(report).as_bytes())?)
}
