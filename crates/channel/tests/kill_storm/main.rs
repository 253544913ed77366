//! A writer and a reader that run flat out in processes of their own and are killed, alternately and
//! at random moments, hundreds of times: no frame that the reader accepts is torn, nobody gets
//! stuck, and nothing is repaired but the dead reader's pin. Out of a ring come all of them, in order;
//! and a journal loses no event of the living (`authors`).
//!
//! The program starts itself again as its own children, so it has no libtest in it; `harness` stands
//! in for that.
#![forbid(unsafe_code)]

mod actor;
mod authors;
mod child;
mod ends;
mod harness;
mod pattern;
mod rig;

use channel::frames::Buffer;
use channel::ring::Ring;
use ends::Owned;
use harness::Test;
use pattern::FRAME_BYTES;
use rig::{Rig, Role, Storm};
use std::process::ExitCode;

/// Kills per channel, half of them of the writer.
const KILLS: u32 = 250;

const TESTS: &[Test] = &[
    Test {
        name: "two_slots_survive_a_storm_of_kills",
        run: || storm("two slots", frames(2), 0x0005_7012_0002),
    },
    Test {
        name: "three_slots_survive_a_storm_of_kills",
        run: || storm("three slots", frames(3), 0x0005_7012_0003),
    },
    Test {
        name: "a_ring_loses_nothing_in_a_storm_of_kills",
        run: || storm("ring", Ring::create(3, FRAME_BYTES).expect("a ring"), 0x0005_7012_0012),
    },
    Test { name: "an_author_killed_with_the_lock_loses_nobody_elses_events", run: authors::storm },
    Test {
        name: "a_writer_that_scribbles_on_the_newest_frame_is_caught",
        run: a_scribbler_is_caught,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == child::MARK => child::main(rest),
        _ => harness::main(TESTS, &arguments),
    }
}

fn frames(slots: usize) -> Buffer {
    Buffer::create(slots, FRAME_BYTES, 1).expect("a buffer")
}

fn storm(name: &str, channel: impl Owned + 'static, seed: u64) {
    let mut storm = Storm::new(Rig::new(channel, Role::Writer), seed);
    for number in 0..KILLS {
        storm.kill(number);
    }
    let Storm { rig, struck, .. } = &storm;
    let frames = rig.accepted();
    harness::say(&format!("{name}, {frames} frames verified; {struck:?}"));
    assert!(struck.filling > 0, "no kill hit a writer that was filling: {struck:?}");
    assert!(struck.reading > 0, "no kill hit a reader that held a frame: {struck:?}");
    assert!(struck.stopped > 0, "no kill hit a stopped process: {struck:?}");
    assert!(frames >= u64::from(KILLS), "each life verified a frame at least: {frames}");
}

/// The storm proves something only if a torn frame would be seen.
fn a_scribbler_is_caught() {
    let rig = Rig::new(frames(3), Role::Scribbler);
    rig.wait("a torn frame is seen", |rig| rig.torn() > 0);
}
