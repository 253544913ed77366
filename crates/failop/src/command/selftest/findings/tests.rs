//! What the self-test makes of verdicts, and what follows from that.

use super::super::mechanisms;
use super::*;
use std::collections::BTreeMap;

/// A run with this verdict, that of one demand.
fn run(verdict: Verdict, demand: &str, cause: Option<WhyNot>) -> Run {
    let expectation = Expectation {
        name: demand.to_owned(),
        expected: "exit".to_owned(),
        actual: "not observed".to_owned(),
        verdict,
        reason: None,
        cause,
    };
    let reasons = cause.map(|_| "why".to_owned()).into_iter().collect();
    Run { verdict, reasons, expectations: vec![expectation] }
}

fn passed() -> Run {
    run(Verdict::Pass, "expect.fault.F1.detected-by", None)
}

fn missed() -> Run {
    run(Verdict::Fail, "expect.fault.F1.detected-by", Some(WhyNot::Missed))
}

fn unclear(cause: WhyNot) -> Run {
    run(Verdict::Inconclusive, "expect.fault.F1.detected-by", Some(cause))
}

fn skipped() -> Run {
    run(Verdict::Skipped, "expect.fault.F1.detected-by", Some(WhyNot::Skipped))
}

#[test]
fn only_a_pass_with_it_and_a_miss_of_it_without_it_is_noticed() {
    let other = || run(Verdict::Fail, "the record is consistent", Some(WhyNot::Missed));
    for (with, without, noticed) in [
        (passed(), missed(), Noticed::Yes),
        (passed(), passed(), Noticed::No),
        (passed(), other(), Noticed::No),
        (missed(), missed(), Noticed::No),
        (unclear(WhyNot::NoEffect), missed(), Noticed::No),
        (passed(), unclear(WhyNot::NoEffect), Noticed::No),
        (unclear(WhyNot::HostStall), missed(), Noticed::HostStalled),
        (passed(), unclear(WhyNot::HostStall), Noticed::HostStalled),
        (skipped(), skipped(), Noticed::Lacking),
    ] {
        let finding = Finding::of(Detector::Exit, &with, &without);
        assert_eq!(finding.noticed, noticed, "{with:?} {without:?}");
        assert_eq!(finding.reasons.is_empty(), noticed == Noticed::Yes, "{finding:?}");
    }
}

/// What comes of findings after a nominal run.
fn results(nominal: Verdict, noticed: &[Noticed]) -> SelfTest {
    let nominal = Nominal { verdict: nominal, false_alarms: 0, reasons: Vec::new() };
    let mut results =
        SelfTest::new(Capabilities::of(&BTreeMap::new()), Punctuality::default(), nominal);
    for (noticed, mechanism) in noticed.iter().zip(mechanisms::ALL) {
        let finding = Finding::of(mechanism.detector, &passed(), &missed());
        results.add(Finding { noticed: *noticed, ..finding });
    }
    results
}

#[test]
fn what_could_not_be_judged_does_not_count() {
    use Noticed::{HostStalled, Lacking, No, Yes};
    let all = results(Verdict::Pass, &[Yes, HostStalled, No, Lacking]);
    assert_eq!(all.score(), "\nmutation score: 50 % (1 of 2 noticed, 2 not judged)\n");
    assert!(results(Verdict::Pass, &[]).score().contains("– (0 of 0 noticed)"));
}

#[test]
fn the_exit_code_tells_what_was_missed_and_whether_anything_was_judged() {
    use Noticed::{HostStalled, No, Yes};
    for (nominal, noticed, code) in [
        (Verdict::Pass, &[Yes, HostStalled][..], Code::Pass),
        (Verdict::Inconclusive, &[Yes], Code::Pass),
        (Verdict::Pass, &[Yes, No], Code::Fail),
        (Verdict::Fail, &[Yes], Code::Fail),
        (Verdict::Pass, &[HostStalled], Code::Inconclusive),
    ] {
        assert_eq!(results(nominal, noticed).code(), code, "{noticed:?}");
    }
}
