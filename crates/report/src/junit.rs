//! JUnit XML for a whole invocation, in the flavour that Jenkins and GitLab read: a suite for each
//! run, a case for each demand.

use crate::number;
use crate::words;
use analysis::Verdict;
use analysis::summary::{Isolation, Summary};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The case that stands for the run itself.
const RUN_CASE: &str = "the run as a whole";

/// A run that this host cannot carry out at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    /// Name of the scenario.
    pub scenario: String,
    /// What the host lacks.
    pub why: String,
}

/// All runs as JUnit XML, and those that this host cannot carry out.
///
/// What failed is a `failure`, what cannot be judged an `error`, what the host cannot do `skipped`; each carries the essential
/// sentence in its message, because many readers show nothing else.
pub fn junit(runs: &[Summary], not_run: &[NotRun]) -> String {
    let mut report = Report::new("failop");
    report.set_time(runs.iter().map(duration).sum());
    report.add_test_suites(runs.iter().map(suite));
    report.add_test_suites(not_run.iter().map(skipped_suite));
    report.to_string().expect("writing to memory does not fail")
}

fn duration(run: &Summary) -> Duration {
    Duration::try_from_secs_f64(run.duration_ms / 1000.0).unwrap_or_default()
}

fn suite(run: &Summary) -> TestSuite {
    let name = words::run_name(run);
    let mut suite = TestSuite::new(name.as_str());
    suite.set_time(duration(run));
    suite.extra.insert("timestamp".into(), number::utc(run.started_unix_ms).into());
    suite.add_properties(properties(run));
    let mut cases: Vec<(Verdict, TestCase)> = Vec::new();
    for row in &run.expectations {
        let seen = format!("{}: expected {}, actual {}", row.name, row.expected, row.actual);
        let sentence = row.reason.as_ref().map_or(seen.clone(), |why| format!("{seen}; {why}"));
        cases.push((row.verdict, case(&row.name, row.verdict, &sentence)));
    }
    for row in &run.isolation {
        let title = format!("{} isolated from {}", row.process, row.fault);
        cases.push((row.verdict, case(&title, row.verdict, &isolation_sentence(&title, row))));
    }
    // Reasons that no demand explains (the host, the record) must not be lost to CI.
    let explained = cases.iter().any(|(verdict, _)| *verdict == run.verdict);
    let verdict = if explained { Verdict::Pass } else { run.verdict };
    let sentence = format!("{}: {}", words::verdict(run.verdict), run.reasons.join("; "));
    suite.add_test_case(case(RUN_CASE, verdict, &sentence));
    suite.add_test_cases(cases.into_iter().map(|(_, case)| case));
    for case in &mut suite.test_cases {
        case.set_classname(name.as_str());
    }
    suite
}

fn skipped_suite(NotRun { scenario, why }: &NotRun) -> TestSuite {
    let mut suite = TestSuite::new(scenario.as_str());
    let mut case = case(RUN_CASE, Verdict::Skipped, why);
    case.set_classname(scenario.as_str());
    suite.add_test_case(case);
    suite
}

fn isolation_sentence(title: &str, row: &Isolation) -> String {
    match &row.reason {
        Some(why) => format!("{title}: {why}"),
        None => title.to_owned(),
    }
}

fn case(name: &str, verdict: Verdict, sentence: &str) -> TestCase {
    let kind = match verdict {
        Verdict::Pass => return TestCase::new(name, TestCaseStatus::success()),
        Verdict::Fail => NonSuccessKind::Failure,
        Verdict::Inconclusive => NonSuccessKind::Error,
        Verdict::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(sentence);
            return TestCase::new(name, status);
        }
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(words::verdict(verdict)).set_message(sentence);
    TestCase::new(name, status)
}

fn properties(run: &Summary) -> Vec<Property> {
    let worst = |figure: fn(&analysis::summary::FaultResult) -> Option<f64>| {
        words::worst(run, figure).map(exact)
    };
    let mut properties = vec![
        Property::new("TestType", "fault-injection"),
        Property::new("Description", run.description.as_str()),
        Property::new("scenario_path", run.scenario_path.as_str()),
        Property::new("seed", run.seed.to_string()),
        Property::new("camera_link", run.camera_link.as_str()),
        Property::new("radar_link", run.radar_link.as_str()),
        Property::new("repetition", run.repetition.to_string()),
        Property::new("verdict", words::verdict(run.verdict)),
        Property::new("program_version", run.program_version.as_str()),
        Property::new("activation", words::activated(run)),
        Property::new("false_alarms", run.false_alarms.values().sum::<u64>().to_string()),
    ];
    let figures = [
        ("fdti_ms", worst(|f| f.fdti_ms)),
        ("fhti_ms", worst(|f| f.fhti_ms)),
        ("recovered_after_ms", worst(|f| f.recovered_after_ms)),
    ];
    for (name, value) in figures {
        properties.extend(value.map(|value| Property::new(name, value)));
    }
    for fault in &run.faults {
        let of_fault = [
            ("activated", Some(fault.activated.to_string())),
            ("outcome", Some(words::outcome(fault.outcome).to_owned())),
            ("ftti_ms", fault.ftti_ms.map(exact)),
            ("margin_ms", fault.margin_ms.map(exact)),
            ("fdti_ms", fault.fdti_ms.map(exact)),
            ("fhti_ms", fault.fhti_ms.map(exact)),
            ("recovered_after_ms", fault.recovered_after_ms.map(exact)),
        ];
        for (name, value) in of_fault {
            let name = format!("fault.{}.{name}", fault.id);
            properties.extend(value.map(|value| Property::new(name, value)));
        }
    }
    properties
}

/// A figure for programs: microseconds, no unit.
fn exact(value_ms: f64) -> String {
    format!("{value_ms:.3}")
}
