//! Runs failop's frame benchmark and the same job on iceoryx2 in turns, and compares them pair by
//! pair.

// The very job that `failop bench frames` runs.
#[path = "../../../crates/failop/src/command/bench/job.rs"]
mod job;

mod transport;

use anyhow::Context;
use clap::{Parser, Subcommand};
use job::{Order, Page, Round, quantile};
use serde_json::Value;
use std::io::Write;
use std::os::fd::{AsRawFd, RawFd};
use std::path::{Path, PathBuf};
use sys::process::{Exit, inherited, spawn};

/// How much lower failop's p50 from publishing to the reader's wake-up is to be.
const RATIO_GOAL: f64 = 1.5;

/// failop's frame benchmark against iceoryx2, interleaved in one run.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Cli {
    /// The failop to compare with
    #[arg(required = true)]
    failop: Option<PathBuf>,
    /// Pairs of rounds: one of failop, one of iceoryx2
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pairs: u32,
    /// Frames in a round
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u64).range(10..=100_000))]
    frames: u64,
    /// Frames a second
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1000))]
    fps: u32,
    #[command(subcommand)]
    peer: Option<Peer>,
}

#[derive(Debug, Subcommand)]
enum Peer {
    /// Become the process that publishes (started by the runner only)
    #[command(hide = true)]
    Writer(PeerArguments),
    /// Become the process that reads (started by the runner only)
    #[command(hide = true)]
    Reader(PeerArguments),
}

#[derive(Debug, clap::Args)]
struct PeerArguments {
    service: String,
    parent: u32,
    page: RawFd,
    frames: u64,
    fps: u32,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match (&cli.peer, &cli.failop) {
        (Some(peer), _) => become_peer(peer),
        (None, Some(failop)) => compare(&cli, failop),
        (None, None) => unreachable!("clap requires the path"),
    }
}

fn become_peer(peer: &Peer) -> anyhow::Result<()> {
    let (Peer::Writer(arguments) | Peer::Reader(arguments)) = peer;
    sys::process::die_with_parent(arguments.parent)?;
    let page = Page::attach(inherited(arguments.page)?, arguments.frames)?;
    let order = Order { frames: arguments.frames, fps: arguments.fps };
    match peer {
        Peer::Writer(_) => {
            job::write(&page, order, &mut transport::Publisher::create(&arguments.service)?)
        }
        Peer::Reader(_) => {
            job::read(&page, order, &mut transport::Subscriber::create(&arguments.service)?)
        }
    }
}

/// What one round came to, µs.
#[derive(Clone, Copy, Debug)]
struct Figures {
    wake_p50: f64,
    wake_p99: f64,
    publish_p50: f64,
    cpu: f64,
}

fn compare(cli: &Cli, failop: &Path) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let order = Order { frames: cli.frames, fps: cli.fps };
    let head = ["p50", "p99", "publish", "CPU"].map(|name| format!("{name:>8}")).concat();
    writeln!(out, "µs     failop {head}   iceoryx2 {head}   ratio of p50")?;
    let mut pairs = Vec::new();
    let mut context = Value::Null;
    for pair in 1..=cli.pairs {
        let report = ours(failop, order)?;
        let ours = figures_of_report(&report)?;
        let theirs = figures_of_round(&theirs(order, pair)?);
        let ratio = theirs.wake_p50 / ours.wake_p50;
        writeln!(out, "{pair:<12} {}            {}{ratio:>15.2}", line(ours), line(theirs))?;
        out.flush()?;
        pairs.push((ours, theirs));
        context = report;
    }
    let ours = medians(pairs.iter().map(|pair| pair.0));
    let theirs = medians(pairs.iter().map(|pair| pair.1));
    let ratios = pairs.iter().map(|(ours, theirs)| theirs.wake_p50 / ours.wake_p50);
    let ratio = median(ratios.clone().collect());
    let won = ratios.filter(|&ratio| ratio > 1.0).count();
    writeln!(out, "{:<12} {}            {}{ratio:>15.2}", "median", line(ours), line(theirs))?;
    let verdict = if ratio >= RATIO_GOAL { "met" } else { "MISSED" };
    let all = pairs.len();
    writeln!(
        out,
        "\nfailop's p50 from publishing to awake is {ratio:.2} × lower (median of the pairs), \
         {won} of {all} pairs won; goal {RATIO_GOAL} ×: {verdict}"
    )?;
    write_context(&mut out, &context)
}

fn line(figures: Figures) -> String {
    let Figures { wake_p50, wake_p99, publish_p50, cpu } = figures;
    format!("{wake_p50:>8.1}{wake_p99:>8.1}{publish_p50:>8.1}{cpu:>8.0}")
}

fn medians(all: impl Iterator<Item = Figures> + Clone) -> Figures {
    let of = |get: fn(Figures) -> f64| median(all.clone().map(get).collect());
    Figures {
        wake_p50: of(|f| f.wake_p50),
        wake_p99: of(|f| f.wake_p99),
        publish_p50: of(|f| f.publish_p50),
        cpu: of(|f| f.cpu),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

/// One round of `failop bench frames`.
#[expect(clippy::disallowed_methods, reason = "the report comes through a pipe")]
fn ours(failop: &Path, order: Order) -> anyhow::Result<Value> {
    let (frames, fps) = (order.frames.to_string(), order.fps.to_string());
    let output = std::process::Command::new(failop)
        .args(["bench", "frames", "--json", "--rounds", "1", "--frames", &frames, "--fps", &fps])
        .output()
        .with_context(|| format!("cannot start {}", failop.display()))?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("failop's report is not understood")
}

fn figures_of_report(report: &Value) -> anyhow::Result<Figures> {
    let get = |path: &str| {
        report.pointer(path).and_then(Value::as_f64).with_context(|| format!("no {path} in report"))
    };
    Ok(Figures {
        wake_p50: get("/publish_to_wake_us/p50")?,
        wake_p99: get("/publish_to_wake_us/p99")?,
        publish_p50: get("/publish_call_us/p50")?,
        cpu: get("/writer_cpu_us_per_frame")? + get("/reader_cpu_us_per_frame")?,
    })
}

/// One round on iceoryx2.
fn theirs(order: Order, pair: u32) -> anyhow::Result<Round> {
    let (memory, page) = Page::create(order.frames)?;
    let program = std::env::current_exe()?;
    let service = format!("failop-bench/{}/{pair}", std::process::id());
    let (parent, fd) = (std::process::id().to_string(), memory.fd().as_raw_fd().to_string());
    let (frames, fps) = (order.frames.to_string(), order.fps.to_string());
    let start = |role: &str| {
        let arguments = [role, service.as_str(), &parent, &fd, &frames, &fps];
        spawn(&program, &arguments, &[memory.fd()])
    };
    let peers = [start("reader")?, start("writer")?];
    let started = page.start(2);
    for peer in &peers {
        if started.is_err() {
            peer.kill()?;
        }
        let exit = peer.reap()?;
        anyhow::ensure!(exit == Exit::Code(0), "a process on iceoryx2 ended with {exit:?}");
    }
    started?;
    let round = page.round(order.frames);
    round.check()?;
    anyhow::ensure!(round.overruns == 0, "iceoryx2 has room for every frame: it overwrites");
    Ok(round)
}

fn figures_of_round(round: &Round) -> Figures {
    let at = |samples: &[u64], percent| {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        quantile(&sorted, percent) as f64 / 1e3
    };
    Figures {
        wake_p50: at(&round.wake_ns, 50),
        wake_p99: at(&round.wake_ns, 99),
        publish_p50: at(&round.publish_ns, 50),
        cpu: (round.writer_cpu_us + round.reader_cpu_us) as f64 / round.publish_ns.len() as f64,
    }
}

/// What makes the figures comparable with others, from failop's last round.
fn write_context(out: &mut impl Write, report: &Value) -> anyhow::Result<()> {
    let text = |path: &str| {
        report.pointer(path).map_or(String::new(), |value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    writeln!(
        out,
        "machine     {}, {} processors, kernel {}",
        text("/context/cpu"),
        text("/context/cpus"),
        text("/context/kernel")
    )?;
    writeln!(out, "idle        cpuidle driver/governor {}", text("/context/idle_policy"))?;
    writeln!(
        out,
        "scheduling  {}, processors allowed: {}",
        text("/context/scheduling"),
        text("/context/allowed_cpus")
    )?;
    writeln!(
        out,
        "placement   same processor in {} of {} looks (failop, last round)",
        text("/placement/same_cpu"),
        text("/placement/looks")
    )?;
    writeln!(
        out,
        "floors      paced futex wake {} µs, hot copy of a frame {} µs (p50, last round)",
        text("/floors/wake_paced_us/p50"),
        text("/floors/memcpy_us/p50")
    )?;
    Ok(())
}
