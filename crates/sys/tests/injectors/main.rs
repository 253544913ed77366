//! What injectors do to real processes: each dies, starves, stands still or errs as it should.
//!
//! The program starts itself again as its own victims, so it has no libtest in it; `harness` stands
//! in for that. What the host refuses is checked to be refused in words.
#![forbid(unsafe_code)]

#[path = "../../../channel/tests/kill_storm/harness.rs"]
mod harness;
mod rig;
mod victim;

use harness::{Test, say};
use rig::Rig;
use std::process::ExitCode;
use sys::capability::{Capability, missing};
use sys::cgroup::{Freezer, MemoryLimit};
use sys::clock::now_ns;
use sys::limits::{self, Limit};
use sys::process::{Exit, Region, RunState};
use victim::{BITE_BYTES, told};

const EMFILE: u64 = 24;
const EFBIG: u64 = 27;
const SIGTERM: i32 = 15;
/// How long priorities stay inverted.
const INVERTED_NS: u64 = 500_000_000;

const TESTS: &[Test] = &[
    Test { name: "each_crash_ends_by_its_own_signal", run: each_crash_ends_by_its_own_signal },
    Test { name: "a_deadlock_sleeps_in_both_threads", run: a_deadlock_sleeps },
    Test { name: "a_polite_request_to_end_can_be_ignored", run: a_request_is_ignored },
    Test { name: "a_waiter_above_the_hog_waits_for_it", run: a_waiter_waits_for_the_hog },
    Test { name: "a_running_child_runs_out_of_descriptors", run: descriptors_run_out },
    Test { name: "a_write_beyond_the_limit_of_a_file_fails", run: a_file_is_full },
    Test { name: "a_limit_is_told_and_taken_back", run: a_limit_is_taken_back },
    Test { name: "flipped_bits_arrive", run: flipped_bits_arrive },
    Test { name: "calls_are_refused_in_all_threads", run: calls_are_refused },
    Test { name: "all_threads_get_the_processors", run: all_threads_get_the_processors },
    Test {
        name: "a_dead_child_runs_no_more_and_is_out_of_reach",
        run: a_dead_child_is_out_of_reach,
    },
    Test { name: "a_frozen_child_stands_and_a_thawed_one_goes_on", run: a_frozen_child_stands },
    Test { name: "a_greedy_child_is_killed_by_its_group", run: a_greedy_child_is_killed },
    Test { name: "what_is_missing_is_told_in_words", run: what_is_missing_is_told },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == victim::MARK => victim::main(rest),
        _ => harness::main(TESTS, &arguments),
    }
}

fn each_crash_ends_by_its_own_signal() {
    for (role, signal) in [
        ("overflow", 11),
        ("overflow-thread", 11),
        ("exhaust", 6),
        ("illegal", 4),
        ("write", 11),
        ("kill-self", 9),
    ] {
        let rig = Rig::start(role);
        assert_eq!(rig.end(), Exit::Signal(signal), "{role}");
        assert_eq!(rig.written(), 0, "{role}");
    }
}

fn a_deadlock_sleeps() {
    let rig = Rig::start("deadlock");
    rig.wait("both threads sleep", |rig| {
        let threads = rig.child.threads().expect("threads of a living child");
        threads.len() == 2 && threads.iter().all(|thread| waits_for_a_lock(&rig.child, *thread))
    });
    rig.kill();
}

/// Whether the thread sleeps, and in `futex_wait` where the kernel tells.
fn waits_for_a_lock(child: &sys::process::Child, thread: u32) -> bool {
    let read = |file| {
        let path = format!("/proc/{}/task/{thread}/{file}", child.pid());
        std::fs::read_to_string(path).unwrap_or_default()
    };
    let place = read("wchan");
    read("stat").contains(") S ") && (matches!(&*place, "0" | "") || place.contains("futex"))
}

fn a_request_is_ignored() {
    let rig = Rig::ready("ignore-terminate");
    assert!(rig.child.ignores(SIGTERM).expect("a living child"));
    assert!(!rig.child.ignores(1).expect("a living child"));
    assert_eq!(rig.child.blocked_signals().expect("a living child"), 0);
    rig.child.terminate().expect("a signal is sent");
    rig.wait_for_a_turn();
    rig.kill();
}

fn a_waiter_waits_for_the_hog() {
    let cpu = *sys::sched::allowed_cpus().last().expect("a processor");
    let before = sys::sched::allowed_cpus();
    let inverted = sys::crash::invert_priority(cpu, now_ns() + INVERTED_NS);
    assert_eq!(sys::sched::allowed_cpus(), before);
    match inverted {
        Ok(waited_ns) => {
            say(&format!("waited {} ms of {}", waited_ns / 1_000_000, INVERTED_NS / 1_000_000));
            assert!(waited_ns > INVERTED_NS / 5, "the hog made the wait longer: {waited_ns} ns");
        }
        Err(error) => assert!(missing(Capability::RealTime).is_some(), "{error}"),
    }
}

fn descriptors_run_out() {
    const DESCRIPTORS: u64 = 40;
    let rig = Rig::ready("open");
    limits::set(&rig.child, Limit::OpenFiles, DESCRIPTORS).expect("a lower limit");
    rig.go();
    assert_eq!(rig.end(), Exit::Code(0));
    assert_eq!(rig.told(told::ERRNO), EMFILE);
    assert!((1..=DESCRIPTORS).contains(&rig.told(told::DONE)));
}

fn a_file_is_full() {
    let rig = Rig::ready("write-file");
    limits::set(&rig.child, Limit::FileSize, 2_500).expect("a lower limit");
    rig.go();
    assert_eq!(rig.end(), Exit::Code(0));
    assert_eq!(rig.told(told::ERRNO), EFBIG);
    assert_eq!(rig.told(told::DONE), 2_500);
}

fn a_limit_is_taken_back() {
    let rig = Rig::ready("turn");
    for limit in [Limit::OpenFiles, Limit::AddressSpace, Limit::FileSize, Limit::Processes] {
        let of = || limits::of(&rig.child, limit).expect("a limit");
        let before = limits::set(&rig.child, limit, 1_000).expect("a lower limit");
        assert_eq!(of(), 1_000, "{limit:?}");
        assert_eq!(limits::set(&rig.child, limit, before).expect("the limit before"), 1_000);
        assert_eq!(of(), before, "{limit:?}");
    }
    rig.kill();
    let before = limits::set_own(Limit::FileSize, 1 << 30).expect("a lower limit");
    let ours = limits::set_own(Limit::FileSize, before).expect("the limit before");
    assert_eq!(ours, 1 << 30);
}

/// Nearly all of the victim's heap is watched by the victim itself.
fn flipped_bits_arrive() {
    if let Some(reason) = missing(Capability::Ptrace) {
        return say(&reason);
    }
    let rig = Rig::ready("keep");
    let flipped = rig.child.flip_memory(Region::Heap, 3, &mut |below| below / 2);
    let flipped = flipped.expect("a heap");
    assert_eq!(flipped.bits.count_ones(), 3);
    rig.wait("the victim sees the flips", |rig| rig.told(told::DONE) == 3);
    rig.child.stop().expect("a signal is sent");
    rig.wait("it stands", |rig| rig.child.usage().expect("usage").state == RunState::Stopped);
    for region in [Region::Heap, Region::Stack, Region::Data] {
        let flipped = rig.child.flip_memory(region, 64, &mut |below| below - 1);
        assert_eq!(flipped.expect("memory of each kind").bits, u64::MAX, "{region:?}");
    }
    rig.kill();
}

fn calls_are_refused() {
    if let Some(reason) = missing(Capability::Seccomp) {
        return say(&reason);
    }
    assert_eq!(Rig::start("refuse").end(), Exit::Code(0));
}

fn all_threads_get_the_processors() {
    let rig = Rig::ready("threads");
    let cpus = rig.child.affinity().expect("processors");
    assert_eq!(cpus, sys::sched::allowed_cpus());
    let last = &cpus[cpus.len() - 1..];
    rig.child.set_affinity(last).expect("a processor that it may use");
    assert_eq!(rig.child.affinity().expect("processors"), last);
    let threads = rig.child.threads().expect("threads");
    assert_eq!(threads.len(), 2);
    for thread in threads {
        let path = format!("/proc/{}/task/{thread}/status", rig.child.pid());
        let status = std::fs::read_to_string(path).expect("a living thread");
        assert!(status.contains(&format!("Cpus_allowed_list:\t{}\n", last[0])), "{status}");
    }
    assert!(rig.child.set_affinity(&[]).is_err());
    rig.kill();
}

fn a_dead_child_is_out_of_reach() {
    let rig = Rig::ready("turn");
    assert!(!rig.child.runs_no_more().expect("a living child"));
    rig.child.kill().expect("a signal is sent");
    while !rig.child.runs_no_more().expect("a child that is not buried") {}
    assert_eq!(rig.end(), Exit::Signal(9));
    assert!(rig.child.runs_no_more().expect("a buried child"));
    assert!(rig.child.threads().is_err());
    assert!(rig.child.set_affinity(&[0]).is_err());
    assert!(limits::set(&rig.child, Limit::OpenFiles, 10).is_err());
    assert!(rig.child.flip_memory(Region::Stack, 1, &mut |_| 0).is_err());
    assert!(Freezer::for_child(&rig.child).is_err());
}

fn a_frozen_child_stands() {
    let rig = Rig::ready("turn");
    let freezer = match Freezer::for_child(&rig.child) {
        Ok(freezer) => freezer,
        Err(error) => {
            assert!(missing(Capability::CgroupFreezer).is_some(), "{error}");
            return rig.kill();
        }
    };
    let groups = || std::fs::read_to_string(format!("/proc/{}/cgroup", rig.child.pid()));
    let inside = groups().expect("groups");
    rig.wait_for_a_turn();
    for _ in 0..2 {
        freezer.freeze().expect("it can be frozen");
        rig.wait("it is frozen", |_| freezer.is_frozen().expect("a state"));
        let turns = rig.told(told::TURNS);
        sys::clock::sleep_until(now_ns() + 20_000_000);
        assert_eq!(rig.told(told::TURNS), turns, "a frozen victim ran");
        freezer.thaw().expect("it can be thawed");
        rig.wait_for_a_turn();
        assert!(!freezer.is_frozen().expect("a state"));
    }
    freezer.freeze().expect("it can be frozen");
    drop(freezer);
    rig.wait_for_a_turn();
    assert!(inside.contains("failop-"), "{inside}");
    assert!(!groups().expect("groups").contains("failop-"));
    let freezer = Freezer::for_child(&rig.child).expect("a second group");
    freezer.freeze().expect("it can be frozen");
    rig.kill();
}

fn a_greedy_child_is_killed() {
    const LIMIT_BYTES: u64 = 32 << 20;
    let rig = Rig::ready("take-memory");
    let limit = match MemoryLimit::for_child(&rig.child, LIMIT_BYTES) {
        Ok(limit) => limit,
        Err(error) => {
            assert!(missing(Capability::CgroupMemory).is_some(), "{error}");
            return rig.kill();
        }
    };
    assert_eq!(limit.oom_kills().expect("a count"), 0);
    rig.go();
    assert_eq!(rig.end(), Exit::Signal(9));
    assert_eq!(limit.oom_kills().expect("a count"), 1);
    let bites = rig.told(told::DONE);
    assert!(bites > 0 && bites <= LIMIT_BYTES / BITE_BYTES as u64, "{bites} bites");
}

fn what_is_missing_is_told() {
    for capability in Capability::ALL {
        let since_ns = now_ns();
        let missing = missing(capability);
        let took_us = (now_ns() - since_ns) / 1_000;
        assert_ne!(missing.as_deref(), Some(""), "{capability:?}");
        let missing = missing.as_deref().unwrap_or("there");
        say(&format!("{capability:?}, asked in {took_us} µs: {missing}"));
    }
}
