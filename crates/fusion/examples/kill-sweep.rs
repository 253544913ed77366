//! Kills each process once at 20 moments in each of Euro NCAP's tests, in virtual time, and prints
//! what the worst moment makes of it: `cargo run --release -p fusion --example kill-sweep`, with the
//! beginning of a preset's name to try no others.
#![forbid(unsafe_code)]

#[path = "../tests/drive/course.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod course;
#[path = "../tests/drive/kills.rs"]
mod kills;
#[path = "../tests/drive/outcome.rs"]
mod outcome;
#[path = "../tests/common/wiring.rs"]
mod wiring;

use std::io::{self, Write};
use std::sync::Mutex;
use std::thread;

use course::Victim;
use kills::{Case, RESTART_NS, SLOW_RESTART_NS, Worst, presets};

fn main() -> io::Result<()> {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut left = presets();
    left.retain(|preset| preset.starts_with(&wanted));
    left.reverse();
    let left = Mutex::new(left);
    let next = || left.lock().expect("nobody panics with it").pop();
    writeln!(
        io::stdout(),
        "| preset | killed | back after | gap without, m | worst gap, m | killed at, s | latest request, s | collisions |\n\
         |---|---|---|---|---|---|---|---|"
    )?;
    let worker = || -> io::Result<()> {
        while let Some(preset) = next() {
            let lines = lines(&Case::new(&preset));
            io::stdout().lock().write_all(lines.as_bytes())?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no worker panics"))
    })
}

/// The lines of the table for one test.
fn lines(case: &Case) -> String {
    let Case { preset, sound, .. } = case;
    if sound.began.is_none() || !sound.is_safe() {
        return format!("| {preset} | nobody | | {:.2} | | | | |\n", sound.merit());
    }
    let mut lines = String::new();
    for restart_ns in [RESTART_NS, SLOW_RESTART_NS] {
        for victim in [Victim::Camera, Victim::Radar, Victim::Fusion] {
            let Worst { from_s, outcome, delay_s, collisions } = case.worst(victim, restart_ns);
            lines += &format!(
                "| {preset} | {victim:?} | {} ms | {:.2} | {:.2} | {from_s:+.2} | {delay_s:+.3} | {collisions} |\n",
                restart_ns / 1_000_000,
                sound.gap_m,
                outcome.merit(),
            );
        }
    }
    lines
}
