//! Kills each process once at 20 moments in each of Euro NCAP's tests, in virtual time, and prints
//! what the worst moment makes of it, the gap, or below 0 the speed at the impact in m/s:
//! `cargo run --release -p fusion --example kill-sweep`, with the beginning of a preset's name to
//! try no others.
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
use kills::{Case, RESTART_NS, SLOW_RESTART_NS, presets};
use outcome::Outcome;

/// Moments of death that are tried, evenly over [`WINDOW_S`].
const MOMENTS: u32 = 20;

/// The first and the last moment of death, s from the beginning of the braking that comes without it.
const WINDOW_S: [f64; 2] = [-2.0, 1.0];

/// What the worst of all moments makes of a case.
#[derive(Clone, Copy, Debug)]
struct Worst {
    /// Moment of death, s from the beginning of the braking without it.
    from_s: f64,
    outcome: Outcome,
    /// The longest delay of the beginning, at any moment.
    delay_s: f64,
    /// Moments that end in a collision.
    collisions: usize,
}

fn main() -> io::Result<()> {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut left = presets();
    left.retain(|preset| preset.starts_with(&wanted));
    left.reverse();
    let left = Mutex::new(left);
    let next = || left.lock().expect("nobody panics with it").pop();
    writeln!(
        io::stdout(),
        "| preset | killed | back after | gap without, m | worst gap, m | killed at, s \
         | latest request, s | collisions |\n|---|---|---|---|---|---|---|---|"
    )?;
    let worker = || -> io::Result<()> {
        while let Some(preset) = next() {
            let lines = lines(&preset, &Case::new(&preset))?;
            io::stdout().lock().write_all(&lines)?;
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
fn lines(preset: &str, case: &Case) -> io::Result<Vec<u8>> {
    let Case { sound, .. } = case;
    let mut lines = Vec::new();
    if sound.began.is_none() || !sound.is_safe() {
        writeln!(lines, "| {preset} | nobody | | {:.2} | | | | |", merit(sound))?;
        return Ok(lines);
    }
    for restart_ns in [RESTART_NS, SLOW_RESTART_NS] {
        for victim in [Victim::Camera, Victim::Radar, Victim::Fusion] {
            let Worst { from_s, outcome, delay_s, collisions } = worst(case, victim, restart_ns);
            let (gap_m, worst_m) = (sound.gap_m, merit(&outcome));
            let restart_ms = restart_ns / 1_000_000;
            writeln!(
                lines,
                "| {preset} | {victim:?} | {restart_ms} ms | {gap_m:.2} | {worst_m:.2} \
                 | {from_s:+.2} | {delay_s:+.3} | {collisions} |"
            )?;
        }
    }
    Ok(lines)
}

/// Tries all moments.
fn worst(case: &Case, victim: Victim, restart_ns: u64) -> Worst {
    let tried = (0..MOMENTS).map(|index| {
        let share = f64::from(index) / f64::from(MOMENTS - 1);
        let from_s = WINDOW_S[0] + share * (WINDOW_S[1] - WINDOW_S[0]);
        (from_s, case.with_kill(victim, from_s, restart_ns))
    });
    let tried: Vec<_> = tried.collect();
    let (from_s, outcome) = *tried
        .iter()
        .min_by(|(_, one), (_, other)| merit(one).total_cmp(&merit(other)))
        .expect("there are moments");
    let delays = tried
        .iter()
        .map(|(_, outcome)| outcome.began.map_or(f64::INFINITY, |(at_s, _)| at_s - case.began_s()));
    Worst {
        from_s,
        outcome,
        delay_s: delays.fold(f64::NEG_INFINITY, f64::max),
        collisions: tried.iter().filter(|(_, outcome)| !outcome.is_safe()).count(),
    }
}

/// The greater the better: the gap, or the speed at the impact below 0.
fn merit(outcome: &Outcome) -> f64 {
    if outcome.is_safe() { outcome.gap_m } else { -outcome.impact_mps }
}
