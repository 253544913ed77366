//! What several runs come to together, and what one run adds.

use fault::{KINDS, Outcome};
use wire::event::Detector;

use super::*;
use crate::testing::{Script, camera_kill, fine, plan};

fn kill() -> Summary {
    camera_kill("").play(fine).summary()
}

fn row(coverage: &Coverage, item: Interference) -> &InterferenceCoverage {
    coverage.interference.iter().find(|it| it.item == item).unwrap()
}

#[test]
fn one_run_tells_who_noticed_what_and_what_it_exercises() {
    let summary = kill();
    let cells = &summary.detection_matrix[0].detectors;
    let of = |detector| cells.iter().find(|it| it.detector == detector).unwrap();
    let exit = of(Detector::Exit);
    assert!(exit.expected && exit.fired && exit.first && exit.after_ms.is_some());
    let silence = of(Detector::Silence);
    assert!(silence.expected && !silence.fired && !silence.first);
    assert!(!of(Detector::Integrity).expected);
    let exercised: Vec<Interference> = summary
        .interference
        .iter()
        .filter(|it| it.result == Exercise::Passed)
        .map(|it| it.item)
        .collect();
    assert_eq!(exercised, [Interference::Blocking]);
    let [asymmetric, livelock] = [Interference::Asymmetric, Interference::Livelock].map(|item| {
        let row = summary.interference.iter().find(|it| it.item == item).unwrap();
        row.reason.clone().unwrap()
    });
    assert_eq!(asymmetric, Interference::Asymmetric.out_of_reach().unwrap());
    assert_eq!(livelock, "no fault of the scenario exercises it");
}

#[test]
fn runs_of_a_scenario_are_merged_fault_by_fault() {
    let mut late = kill();
    late.faults[0].outcome = Some(Outcome::Late);
    for row in &mut late.interference {
        row.faults.iter_mut().for_each(|it| it.outcome = Some(Outcome::Late));
    }
    let other = Summary { scenario: "other".to_owned(), ..kill() };
    let all = coverage(&[kill(), late, other]);
    assert_eq!(all.scenarios, ["test", "other"]);
    let blocking = row(&all, Interference::Blocking);
    assert_eq!((blocking.result, blocking.faults.len()), (Exercise::Failed, 2));
    assert_eq!(blocking.faults[0].outcomes, [(Outcome::Handled, 1), (Outcome::Late, 1)].into());
    let kills = all.kinds.iter().find(|it| it.kind == "kill").unwrap();
    assert_eq!((kills.trials, kills.outcomes[&Outcome::Handled]), (3, 2));
    assert_eq!(all.never_injected.len(), KINDS.len() - 1);
    assert_eq!(all.outcomes.len(), Outcome::ALL.len());
}

#[test]
fn what_was_skipped_is_not_exercised_and_says_why() {
    let mut run = kill();
    run.faults[0].outcome = None;
    run.faults[0].skipped = Some("the host lacks it".to_owned());
    run.faults[0].outcome_reason = "the host lacks it.".to_owned();
    for row in &mut run.interference {
        row.faults.iter_mut().for_each(|it| it.outcome = None);
    }
    let all = coverage(&[run]);
    let blocking = row(&all, Interference::Blocking);
    assert_eq!(blocking.result, Exercise::NotExercised);
    assert_eq!(blocking.reason.as_deref(), Some("the host lacks it."));
    assert_eq!(all.skipped[0].reason, "the host lacks it");
    assert!(all.never_injected.contains(&"kill".to_owned()));
}

#[test]
fn without_a_fault_nothing_is_exercised() {
    let all = coverage(&[Script::new(plan("")).play(fine).summary()]);
    assert!(all.interference.iter().all(|it| it.result == Exercise::NotExercised));
    assert_eq!(all.never_injected.len(), KINDS.len());
}
