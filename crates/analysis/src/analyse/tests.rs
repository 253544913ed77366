//! Whatever the records say: no panic, and sums that hold.

use wire::event::{Detector, Mode, RECORD_WORDS};
use wire::{Node, Record, Source};

use crate::analyse;
use crate::summary::{Summary, Verdict};
use crate::testing::{Fate, Script, T0_NS, camera_kill, fault, fine};

/// Small, seeded, good enough for tests (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

const EVERYTHING: &str = "
    [expect.camera]
    frames-lost-max = 3
    up-at-end = true
    [expect.radar]
    messages-lost-min = 1
    [expect.fusion]
    latency-p99-ms = 20.0
    latency-p99-in-fault-ms = 20.0
    mode-at-end = \"fused\"
    never-modes = [\"blind\"]
    follows = [\"lead\"]
    [expect.fault.F1]
    detect-within-ms = 20.0
    recover-within-ms = 20.0
    lost-max = 1
";

fn check_sums(summary: &Summary) {
    let streams = &summary.streams;
    for stream in [&streams.camera, &streams.radar, &streams.fusion] {
        assert_eq!(stream.expected, stream.delivered + stream.lost.values().sum::<u64>());
    }
    assert_eq!(streams.fusion.expected, streams.camera.expected + streams.radar.expected);
    assert_eq!(summary.reasons.is_empty(), summary.verdict == Verdict::Pass);
}

#[test]
fn the_sums_hold_for_whatever_befalls_the_samples() {
    const FATES: [Fate; 12] = [
        Fate::Used,
        Fate::Used,
        Fate::Used,
        Fate::UsedAfter(10.0),
        Fate::UsedAfter(70.0),
        Fate::NotMade,
        Fate::Overrun,
        Fate::Superseded,
        Fate::Swallowed,
        Fate::Rejected(Detector::Frozen),
        Fate::Rejected(Detector::Late),
        Fate::Garbled,
    ];
    for seed in 1..=60 {
        let mut dice = Dice::new(seed);
        let mut script = camera_kill(EVERYTHING);
        script.plan.expect.isolated = Node::ALL.into();
        for node in Node::ALL {
            let at_ms = 100.0 + dice.roll(3800) as f64;
            script.hangs(node, at_ms, at_ms + dice.roll(500) as f64);
            if dice.roll(2) == 0 && node != Node::Camera {
                script.dies_detected(node, at_ms, 256 + 9);
                script.reborn(node, at_ms + 3.0 + dice.roll(100) as f64);
            }
        }
        let fates: Vec<Fate> = (0..400).map(|_| FATES[dice.roll(12) as usize]).collect();
        let fate = |node: Node, item: u64| fates[node.index() * 200 + item as usize];
        let summary = script.play(fate).summary();
        check_sums(&summary);
        let consistent = crate::testing::expectation(&summary, "the record is consistent");
        assert_eq!(consistent.verdict, Verdict::Pass, "seed {seed}: {consistent:?}");
    }
}

#[test]
fn no_record_whatever_makes_it_panic() {
    let faults = fault("F2", "fusion", 1.0, "hang = { how = \"stop\", for-s = 0.2 }")
        + &fault("F3", "radar", 1.5, "drop = { percent = 50.0, for-s = 1.0 }");
    for seed in 1..=200 {
        let mut dice = Dice::new(seed);
        let mut script = camera_kill(&format!("{faults}{EVERYTHING}")).play(fine);
        script.plan.expect.isolated = Node::ALL.into();
        let mut made = 0;
        while made < 300 {
            let mut words = [0; RECORD_WORDS];
            words[0] = dice.roll(70) | dice.roll(4) << 32;
            for word in &mut words[1..] {
                *word = match dice.roll(4) {
                    0 => dice.roll(u64::MAX),
                    1 => T0_NS + dice.roll(5_000_000_000),
                    _ => dice.roll(8),
                };
            }
            let Some(record) = Record::from_words(&words) else { continue };
            script.records.push((Source::ALL[dice.roll(4) as usize], record));
            made += 1;
        }
        if dice.roll(4) == 0 {
            let keep = dice.roll(script.records.len() as u64) as usize;
            script.records.truncate(keep);
        }
        check_sums(&script.summary());
    }
}

#[test]
fn an_empty_recording_is_inconclusive() {
    let summary = Script::new(camera_kill(EVERYTHING).plan).summary();
    check_sums(&summary);
    assert_eq!(summary.verdict, Verdict::Inconclusive);
}

#[test]
fn the_series_show_what_the_summary_counts() {
    let script = camera_kill("").play(|node, item| match (node, item) {
        (Node::Radar, 7) => Fate::Overrun,
        _ => Fate::Used,
    });
    let (summary, series) = analyse(&script.recording(), &script.plan);
    assert_eq!(series.losses.len(), 2, "{:?}", series.losses);
    assert_eq!(series.expected, [(Node::Camera, 120), (Node::Radar, 80), (Node::Fusion, 200)]);
    assert_eq!(series.fault_spans.len(), 1);
    assert!(series.latency.iter().all(|line| line.points.len() >= 79));
    assert_eq!(series.tracks.len(), 200);
    assert!(series.lives.iter().all(|life| life.from_ms <= life.to_ms));
    let modes: Vec<Mode> = summary.modes.iter().map(|it| it.mode).collect();
    assert_eq!(modes, [Mode::Blind, Mode::Fused]);
}
