//! Doorbells of every kind between processes that are killed, the ringer in a tight loop of rings and
//! the waiter between them: everyone else goes on, no lock stays behind, and nothing is left.
//!
//! The program starts itself again as its own children, so it has no libtest in it; `harness` stands
//! in for that.
#![forbid(unsafe_code)]

#[path = "../kill_storm/harness.rs"]
mod harness;
mod rig;

use channel::doorbell::Kind;
use harness::Test;
use rig::Rig;
use std::process::ExitCode;

/// Kills of each kind of doorbell, half of them of the waiter.
const KILLS: u32 = 60;
/// Kills until one has hit a holder of the lock, at the most. One in some tens does.
const KILLS_FOR_THE_LOCK_MAX: u32 = 4000;

const TESTS: &[Test] = &[
    Test { name: "killed_ringers_and_waiters_stop_nobody", run: killed_ones_stop_nobody },
    Test { name: "a_dead_holder_of_the_lock_is_told_and_stops_nobody", run: a_holder_dies },
    Test { name: "a_stopped_holder_of_the_lock_stops_nobody", run: a_ringer_is_stopped },
    Test { name: "nothing_is_left_of_a_doorbell", run: nothing_is_left },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == rig::MARK => rig::become_child(rest),
        _ => harness::main(TESTS, &arguments),
    }
}

fn killed_ones_stop_nobody() {
    for kind in Kind::ALL {
        let mut rig = Rig::new(kind);
        for number in 0..KILLS {
            rig.see_wakes(3);
            rig.kill(number % 2 == 0, number);
        }
        rig.see_wakes(100);
        let (rings, wakes) = (rig.rings(), rig.wakes());
        harness::say(&format!("{kind:?}: {rings} rings, {wakes} wakes, {KILLS} kills"));
    }
}

/// The kill that is hard: in the few hundred nanoseconds in which the lock is held.
fn a_holder_dies() {
    let mut rig = Rig::new(Kind::Condvar);
    let mut kills = 0;
    while rig.owned.bell().holders_died() == 0 {
        assert!(kills < KILLS_FOR_THE_LOCK_MAX, "no kill hit a holder of the lock");
        rig.see_wakes(1);
        rig.kill(kills % 2 == 0, kills);
        kills += 1;
    }
    harness::say(&format!("a holder of the lock died at kill {kills}"));
    rig.see_wakes(100);
}

/// A ringer that is stopped wherever it is, also while it holds the lock: another one rings.
fn a_ringer_is_stopped() {
    for number in 0..20 {
        let mut rig = Rig::new(Kind::Condvar);
        rig.see_wakes(1);
        rig.stop_ringer(number);
        let before = rig.wakes();
        rig.wait("others wake the waiter", |rig| {
            rig.owned.bell().ring();
            rig.wakes() >= before + 10
        });
    }
}

fn nothing_is_left() {
    let mut numbers = Vec::new();
    for kind in Kind::ALL {
        let mut rig = Rig::new(kind);
        rig.see_wakes(1);
        numbers.extend(rig.owned.end().ids);
        rig.kill(true, 1);
    }
    assert!(!numbers.is_empty(), "one kind has a number");
    let semaphores = std::fs::read_to_string("/proc/sysvipc/sem").expect("a table");
    let listed = |number: &u64| {
        let number = number.to_string();
        semaphores.lines().skip(1).any(|line| line.split_whitespace().nth(1) == Some(&number))
    };
    assert!(!numbers.iter().any(listed), "{numbers:?} in\n{semaphores}");
    for file in std::fs::read_dir("/dev/shm").expect("a directory") {
        let name = file.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(!name.contains(&format!("-{}-", std::process::id())), "{name}");
    }
}
