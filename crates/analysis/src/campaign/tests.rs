//! Campaigns of made-up runs: what counts, what is censored, what is set aside.

use super::*;
use crate::testing::{camera_kill, fine};
use wire::Node;

const DETECT: &str = "[expect.fault.F1]\ndetect-within-ms = 20.0\n";
const LASTS: &str = "the run lasts to its end";

/// So many runs in which the camera is killed, detected and back, `change`d one by one.
fn campaign(runs: u32, change: impl Fn(u32, &mut Summary)) -> Campaign {
    let sound = camera_kill(DETECT).play(fine).summary();
    assert_eq!(sound.verdict, Verdict::Pass, "{:?}", sound.reasons);
    let run = |repetition| {
        let mut run = Summary { repetition, ..sound.clone() };
        change(repetition, &mut run);
        run
    };
    Campaign::of(&(1..=runs).map(run).collect::<Vec<_>>())
}

fn undetected(run: &mut Summary) {
    let fault = &mut run.faults[0];
    fault.detections.clear();
    (fault.fdti_ms, fault.frti_ms, fault.fhti_ms) = (None, None, None);
}

fn unclear(run: &mut Summary, name: &str) {
    let of_name = run.expectations.iter_mut().find(|it| it.name == name).unwrap();
    (of_name.verdict, of_name.reason) = (Verdict::Inconclusive, Some("the host stalled.".into()));
    run.verdict = Verdict::Inconclusive;
}

#[test]
fn sound_trials_bound_what_they_are_enough_for() {
    let campaign = campaign(59, |n, run| run.faults[0].fdti_ms = Some(f64::from(n) / 10.0));
    assert_eq!((campaign.verdict(), campaign.runs[&Verdict::Pass]), (Verdict::Pass, 59));
    assert_eq!(campaign.runs.len(), 4, "every verdict is listed");
    assert_eq!(campaign.not_passed, []);
    let fault = &campaign.faults[0];
    assert_eq!((fault.id.as_str(), fault.trials, fault.activated), ("F1", 59, 59));
    assert_eq!((fault.coverage.trials, fault.coverage.detected), (59, 59));
    assert!((fault.coverage.lower_bound - 0.9505).abs() < 5e-5, "{:?}", fault.coverage);
    let needed: Vec<u64> = fault.coverage.needed.iter().map(|it| it.trials).collect();
    assert_eq!(needed, [29, 59, 299, 2995]);
    let Times { trials, censored, min_ms, p50_ms, p95_ms, max_ms, .. } = fault.fdti;
    assert_eq!((trials, censored), (59, 0));
    assert_eq!([min_ms, p50_ms, p95_ms, max_ms], [0.1, 3.0, 5.7, 5.9].map(Some));
    assert_eq!(fault.fdti.p95_bound, Bound::AtMostMs(5.9));
    assert_eq!(fault.fdti.p99_bound, Bound::NeedsTrials(299));
    assert_eq!(fault.fdti.observed_ms.len(), 59);
}

#[test]
fn a_miss_is_censored_and_counts_against_coverage() {
    let campaign = campaign(100, |n, run| {
        if n > 98 {
            undetected(run);
            run.verdict = Verdict::Fail;
        }
    });
    let fault = &campaign.faults[0];
    assert_eq!((fault.coverage.trials, fault.coverage.detected), (100, 98));
    assert_eq!(fault.coverage.needed[0].trials, 61, "two misses");
    assert_eq!(fault.set_aside, []);
    for times in [&fault.fdti, &fault.fhti] {
        assert_eq!((times.trials, times.censored, times.observed_ms.len()), (100, 2, 98));
        assert!(times.p95_ms.is_some() && times.p99_ms.is_none() && times.max_ms.is_none());
        assert_eq!(times.p95_bound, Bound::NeedsTrials(124), "it would be the 99th value");
        assert_eq!(times.p99_bound, Bound::Unbounded);
    }
    assert_eq!(fault.recovery.censored, 0);
    let exit = &fault.detectors[0];
    assert_eq!((exit.detector, exit.fired, exit.first), (Detector::Exit, 98, 98));
    assert_eq!((campaign.verdict(), campaign.runs[&Verdict::Fail]), (Verdict::Fail, 2));
    assert_eq!(campaign.not_passed.iter().map(|it| it.repetition).collect::<Vec<_>>(), [99, 100]);
}

#[test]
fn what_proves_nothing_is_set_aside_with_its_reason() {
    let campaign = campaign(6, |n, run| match n {
        1 => {
            run.faults[0].activated = false;
            run.faults[0].evidence = vec!["no camera ended".into()];
            undetected(run);
        }
        2 => unclear(run, "expect.fault.F1.detect-within-ms"),
        3 => unclear(run, LASTS),
        // What concerns another fault leaves this one alone.
        4 => {
            run.expectations[0].name = "expect.fault.F10.detect-within-ms".into();
            unclear(run, "expect.fault.F10.detect-within-ms");
        }
        5 => {
            run.expectations[0].name = "fault F2 took effect".into();
            unclear(run, "fault F2 took effect");
        }
        // A miss stays a miss, whatever excuse there is for the demand on it.
        _ => {
            undetected(run);
            unclear(run, "expect.fault.F1.detect-within-ms");
        }
    });
    let fault = &campaign.faults[0];
    assert_eq!(fault.coverage.detected, 2);
    assert_eq!((fault.trials, fault.activated, fault.coverage.trials), (6, 5, 3));
    let aside: Vec<(u32, Because, &str)> =
        fault.set_aside.iter().map(|it| (it.repetition, it.because, it.reason.as_str())).collect();
    assert_eq!(
        aside,
        [
            (1, Because::NotActivated, "no camera ended"),
            (2, Because::Inconclusive, "expect.fault.F1.detect-within-ms: the host stalled."),
            (3, Because::Inconclusive, "the run lasts to its end: the host stalled."),
        ]
    );
    assert_eq!(campaign.runs[&Verdict::Inconclusive], 5);
}

#[test]
fn detectors_are_told_apart_by_process_and_by_who_was_first() {
    let campaign = campaign(3, |n, run| {
        let first = run.faults[0].detections[0];
        let by = Source::Node(Node::Fusion);
        let after_ms = first.after_ms + 1.0;
        let second = Detection { detector: Detector::Sequence, by, after_ms, ..first };
        match n {
            1 => run.faults[0].detections.push(second),
            2 => run.faults[0].detections = vec![second, first],
            _ => {}
        }
    });
    let seen: Vec<(Detector, u64, u64)> =
        campaign.faults[0].detectors.iter().map(|it| (it.detector, it.fired, it.first)).collect();
    assert_eq!(seen, [(Detector::Exit, 3, 2), (Detector::Sequence, 2, 1)]);
    assert_eq!(campaign.faults[0].detectors[1].times.trials, 2);
}

#[test]
fn without_trials_that_count_nothing_is_claimed() {
    let campaign = campaign(2, |_, run| unclear(run, LASTS));
    let Coverage { trials, lower_bound, wilson_interval, .. } = campaign.faults[0].coverage.clone();
    assert_eq!((trials, wilson_interval), (0, [0.0, 1.0]));
    assert!(lower_bound <= 0.0);
    let times = &campaign.faults[0].recovery;
    assert_eq!((times.trials, times.max_ms, times.p95_bound), (0, None, Bound::NeedsTrials(59)));
}
