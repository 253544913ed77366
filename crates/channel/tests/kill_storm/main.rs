//! A writer and a reader that run flat out in processes of their own and are killed, alternately and
//! at random moments, hundreds of times: no frame that the reader accepts is torn, nobody gets
//! stuck, and nothing is repaired but the dead reader's pin.
//!
//! The program starts itself again as its own children, so it has no libtest in it; `harness` stands
//! in for that.
#![forbid(unsafe_code)]

mod child;
mod harness;
mod pattern;
mod rig;

use harness::Test;
use rig::{Rig, Role, Storm};
use std::process::ExitCode;

/// Kills per buffer size, half of them of the writer.
const KILLS: u32 = 250;

const TESTS: &[Test] = &[
    Test { name: "two_slots_survive_a_storm_of_kills", run: || storm(2, 0x0005_7012_0002) },
    Test { name: "three_slots_survive_a_storm_of_kills", run: || storm(3, 0x0005_7012_0003) },
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

fn storm(slots: usize, seed: u64) {
    let mut storm = Storm::new(Rig::new(slots, Role::Writer), seed);
    for number in 0..KILLS {
        storm.kill(number);
    }
    let Storm { rig, struck, .. } = &storm;
    let frames = rig.accepted();
    harness::say(&format!("{slots} slots, {frames} frames verified; {struck:?}"));
    assert!(struck.filling > 0, "no kill hit a writer that was filling: {struck:?}");
    assert!(struck.reading > 0, "no kill hit a reader that held a frame: {struck:?}");
    assert!(struck.stopped > 0, "no kill hit a stopped process: {struck:?}");
    assert!(frames >= u64::from(KILLS), "each life verified a frame at least: {frames}");
}

/// The storm proves something only if a torn frame would be seen.
fn a_scribbler_is_caught() {
    let rig = Rig::new(3, Role::Scribbler);
    rig.wait("a torn frame is seen", |rig| rig.torn() > 0);
}
