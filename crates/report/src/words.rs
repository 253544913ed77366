//! The words that every output uses for a verdict, a cause and an interval.

pub(crate) mod board;
pub(crate) mod ipc;

use crate::number;
use analysis::Verdict;
use analysis::campaign::{Because, Bound, FaultTrials, NotPassed, Times};
use analysis::summary::{
    AccuracyPhase, Cause, Exercise, FaultResult, HostLoad, LimitChanged, Phase, Quantiles, Stream,
    Streams, Summary,
};
use fault::Outcome;
use recording::{Host, Reached};
use std::collections::BTreeMap;
use wire::Node;
use wire::event::Detector;

/// A verdict as a word.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Skipped => "skipped",
    }
}

/// Limits of supervision that were changed while the run went on, a line for each.
pub(crate) fn limits_changed(run: &Summary) -> Vec<String> {
    let told = |it: &LimitChanged| {
        let LimitChanged { at_ms, process, limit, before, after } = it;
        let at = number::moment(*at_ms);
        format!("limit changed at {at}: {process}, {limit}: {before} → {after}")
    };
    run.limits_changed.iter().map(told).collect()
}

/// A verdict as a symbol, for those who do not see its colour.
pub(crate) fn symbol(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✔",
        Verdict::Fail => "✘",
        Verdict::Inconclusive => "?",
        Verdict::Skipped => "○",
    }
}

/// Where a row stands when what failed comes first.
pub(crate) fn urgency(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Inconclusive => 1,
        Verdict::Skipped => 2,
        Verdict::Pass => 3,
    }
}

/// What the times of a run are, where they are no measurements.
pub(crate) fn no_measurement(host: &Host) -> Option<&'static str> {
    match host.reached {
        Reached::Here | Reached::Ssh => None,
        Reached::Emulated => Some(
            "Emulated board: times are of the emulator and of the machine it ran on, not of any SoC.",
        ),
        Reached::Deterministic => Some(
            "Emulated board: times are counts of instructions, the same in every run, not of any SoC.",
        ),
    }
}

/// What the probes saw of the host: `stalled twice, at worst for 12.0 ms`.
pub(crate) fn stalls(load: HostLoad) -> String {
    let times = match load.stalls {
        0 => return "never stalled".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{} times", number::count(n)),
    };
    format!("stalled {times}, at worst for {}", number::ms(Some(load.worst_stall_ms)))
}

/// A phase of a run: `during F1`.
pub(crate) fn phase(phase: &AccuracyPhase) -> String {
    let fault = phase.fault.as_deref().unwrap_or_default();
    match phase.phase {
        Phase::Whole => "whole run".to_owned(),
        Phase::Before => format!("before {fault}"),
        Phase::During => format!("during {fault}"),
        Phase::After => format!("after {fault}"),
        Phase::Outside => "outside faults".to_owned(),
    }
}

/// Who changed its track how often: `lead 2`.
pub(crate) fn id_switches(phase: &AccuracyPhase) -> String {
    let all = phase.id_switches.iter().map(|(actor, times)| format!("{actor} {times}"));
    let all: Vec<String> = all.collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// How good the tracks of the lead were: outside faults, and in the worst of them. `None` where there
/// was nobody to track.
pub(crate) fn tracks(summary: &Summary) -> Option<String> {
    let rmse = |phase: &AccuracyPhase| phase.lead.position_rmse_m;
    let of_all = |it: &&AccuracyPhase| matches!(it.phase, Phase::Whole | Phase::Outside);
    let outside = summary.accuracy.iter().find(of_all)?;
    let faults = summary.accuracy.iter().filter(|it| it.phase == Phase::During);
    let worst =
        faults.filter_map(|phase| Some((phase, rmse(phase)?))).max_by(|a, b| a.1.total_cmp(&b.1));
    let in_fault = worst.map_or(String::new(), |(worst, rmse_m)| {
        format!(", {} m {}", number::short(rmse_m), phase(worst))
    });
    let gospa = outside.gospa.map_or(number::NONE.to_owned(), |it| number::short(it.total_m));
    Some(format!(
        "lead located to {} m rms{in_fault}; GOSPA {gospa} m",
        number::short(rmse(outside)?)
    ))
}

/// What came of it for the car, in a sentence.
pub(crate) fn safety(summary: &Summary) -> String {
    let safety = &summary.safety;
    let came = match (safety.impact, safety.gap_min_m) {
        (Some(impact), _) => {
            let kph = number::short(impact.speed_mps * 3.6);
            let what = if safety.closed_loop { "Collision" } else { "Without brakes a collision" };
            format!("{what} at {kph} km/h, at {}", number::moment(impact.at_ms))
        }
        (None, Some(gap_m)) => format!("No collision, smallest gap {} m", number::short(gap_m)),
        (None, None) => "No collision, nobody was in the ego's path".to_owned(),
    };
    let braked = safety.brake_requested_ms.map_or("no brake request".to_owned(), |at_ms| {
        format!("first brake request at {}", number::moment(at_ms))
    });
    let twin = safety.twin.map_or(String::new(), |twin| {
        let delay = twin.brake_delay_ms.map_or(String::new(), |delay_ms| {
            let than = if delay_ms < 0.0 { "earlier" } else { "later" };
            format!(", {} ms {than} than without faults", number::short(delay_ms.abs()))
        });
        let outcome = match (twin.unsound, twin.outcome_changed) {
            (Some(_), _) => "; the run without faults is no sound reference",
            (None, Some(true)) => "; the faults changed the outcome",
            (None, _) => "",
        };
        format!("{delay}{outcome}")
    });
    format!("{came}; {braked}{twin}.")
}

/// What a cause of loss means.
pub(crate) fn cause_means(cause: Cause) -> &'static str {
    match cause {
        Cause::NotProduced => "the sender was down, hung or slow, or withheld the sample",
        Cause::Overrun => "the sender had the sample and found no free slot or queue place",
        Cause::Device => {
            "the camera's capture device, or the radar's bus, lost or damaged it, or was gone"
        }
        Cause::Rejected => "the receiver refused it: integrity, or frozen content",
        Cause::Superseded => "handed over, and replaced before a receiver took it",
        Cause::Late => "older than one period when it came",
        Cause::NoInput => "fusion only: the sample for this output never arrived",
        Cause::BoardReset => "the board was being reset, or had not come back to its function",
    }
}

/// The name of an interval for people: `captured_to_fused` becomes `captured→fused`.
pub(crate) fn interval(name: &str) -> String {
    name.replace("_to_", "→").replace('_', " ")
}

/// The name of an interval of a stream; those of fusion name the sensor themselves.
pub(crate) fn interval_of(stream: Node, name: &str) -> String {
    match stream {
        Node::Fusion => interval(name),
        Node::Camera | Node::Radar => format!("{stream} {}", interval(name)),
    }
}

/// The latency from the measurement of a sensor's sample to the output made from it.
pub(crate) fn captured_to_fused(streams: &Streams, sensor: Node) -> Option<&Quantiles> {
    streams.fusion.latency_us.get(&format!("{sensor}_captured_to_fused"))
}

/// Samples of a stream that are missing.
pub(crate) fn lost(stream: &Stream) -> u64 {
    stream.lost.values().sum()
}

/// The name of a run: the scenario, with its number where it was repeated.
pub(crate) fn run_name(summary: &Summary) -> String {
    match summary.repetition {
        0 | 1 => summary.scenario.clone(),
        n => format!("{} #{n}", summary.scenario),
    }
}

/// How many faults took effect, of how many: `1/2`.
pub(crate) fn activated(summary: &Summary) -> String {
    let activated = summary.faults.iter().filter(|f| f.activated).count();
    format!("{activated}/{}", summary.faults.len())
}

/// The class of a trial.
pub(crate) fn outcome(outcome: Option<Outcome>) -> &'static str {
    outcome.map_or("skipped", Outcome::name)
}

/// Trials by class: `handled 3, late 1`.
pub(crate) fn outcomes(outcomes: &BTreeMap<Outcome, u64>) -> String {
    outcomes_and_skipped(outcomes, 0)
}

/// The same, with those that were skipped.
pub(crate) fn outcomes_and_skipped(outcomes: &BTreeMap<Outcome, u64>, skipped: u64) -> String {
    let seen = outcomes.iter().map(|(it, count)| (outcome(Some(*it)), *count));
    let seen = seen.chain([(outcome(None), skipped)]).filter(|(_, count)| *count > 0);
    let words: Vec<String> =
        seen.map(|(word, count)| format!("{word} {}", number::count(count))).collect();
    words.join(", ")
}

/// What came of exercising an interference.
pub(crate) fn exercise(result: Exercise) -> &'static str {
    match result {
        Exercise::NotExercised => "not exercised",
        Exercise::Passed => "passed",
        Exercise::Latent => "latent",
        Exercise::Failed => "failed",
    }
}

/// The verdict that says as much as a class, for its colour and its place.
pub(crate) fn outcome_verdict(outcome: Option<Outcome>) -> Verdict {
    match outcome {
        None => Verdict::Skipped,
        Some(Outcome::Masked | Outcome::Handled) => Verdict::Pass,
        Some(Outcome::NotActivated | Outcome::HarnessError | Outcome::Latent) => {
            Verdict::Inconclusive
        }
        Some(Outcome::Late | Outcome::WrongReaction | Outcome::UndetectedViolation) => {
            Verdict::Fail
        }
    }
}

/// The same of an interference.
pub(crate) fn exercise_verdict(result: Exercise) -> Verdict {
    match result {
        Exercise::NotExercised => Verdict::Skipped,
        Exercise::Passed => Verdict::Pass,
        Exercise::Latent => Verdict::Inconclusive,
        Exercise::Failed => Verdict::Fail,
    }
}

/// How much of the list of interferences was exercised: `5 of 19 exercised: 4 passed, 1 failed`.
pub(crate) fn exercised(results: impl Iterator<Item = Exercise>) -> String {
    let results: Vec<Exercise> = results.collect();
    let of = |wanted| results.iter().filter(|it| **it == wanted).count();
    let seen = [Exercise::Passed, Exercise::Latent, Exercise::Failed].map(|it| (of(it), it));
    let exercised: usize = seen.iter().map(|(count, _)| count).sum();
    let seen = seen.iter().filter(|(count, _)| *count > 0);
    let seen: Vec<String> = seen.map(|(count, it)| format!("{count} {}", exercise(*it))).collect();
    let told = if seen.is_empty() { String::new() } else { format!(": {}", seen.join(", ")) };
    format!("{exercised} of {} exercised{told}", results.len())
}

/// How many detections nothing explains: `0`, `3 (sequence 2, late 1)`.
pub(crate) fn false_alarms(summary: &Summary) -> String {
    let all: u64 = summary.false_alarms.values().sum();
    let each = summary.false_alarms.iter();
    let each: Vec<String> = each
        .map(|(detector, count)| format!("{} {}", detector.name(), number::count(*count)))
        .collect();
    if all == 0 { "0".to_owned() } else { format!("{} ({})", number::count(all), each.join(", ")) }
}

/// How many faults were noticed, and by whom first: `3 of 4 noticed, first by exit (2), silence (1)`.
pub(crate) fn noticed(summary: &Summary) -> String {
    let active = summary.faults.iter().filter(|fault| fault.activated).count();
    let mut first: BTreeMap<Detector, u64> = BTreeMap::new();
    for detection in summary.faults.iter().filter_map(|fault| fault.detections.first()) {
        *first.entry(detection.detector).or_default() += 1;
    }
    let noticed: u64 = first.values().sum();
    let by: Vec<String> =
        first.iter().map(|(detector, count)| format!("{} ({count})", detector.name())).collect();
    let by = if by.is_empty() { String::new() } else { format!(", first by {}", by.join(", ")) };
    format!("{noticed} of {active} noticed{by}")
}

/// The largest value of a figure over all faults that have it.
pub(crate) fn worst(
    summary: &Summary,
    figure: impl Fn(&FaultResult) -> Option<f64>,
) -> Option<f64> {
    summary.faults.iter().filter_map(figure).max_by(f64::total_cmp)
}

/// The least that handling left of a fault tolerant time interval.
pub(crate) fn least_margin_ms(summary: &Summary) -> Option<f64> {
    summary.faults.iter().filter_map(|fault| fault.margin_ms).min_by(f64::total_cmp)
}

/// How many runs there were, and how many of each verdict: `3 runs: 2 pass, 1 fail`.
pub(crate) fn runs(of: impl Fn(Verdict) -> u64) -> String {
    let by_verdict = [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive, Verdict::Skipped];
    let by_verdict = by_verdict.map(|it| (of(it), it));
    let all: u64 = by_verdict.iter().map(|(count, _)| count).sum();
    let seen = by_verdict.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> =
        seen.map(|(count, it)| format!("{} {}", number::count(*count), verdict(*it))).collect();
    let runs = if all == 1 { "run" } else { "runs" };
    let all = number::count(all);
    if counts.is_empty() {
        format!("{all} {runs}")
    } else {
        format!("{all} {runs}: {}", counts.join(", "))
    }
}

/// What a fault is: `camera kill SIGKILL`.
pub(crate) fn fault(fault: &FaultTrials) -> String {
    format!("{} {} {}", fault.target, fault.kind, fault.detail)
}

/// A quantile of times in milliseconds; `never` where it is a trial in which it never came.
pub(crate) fn time(quantile_ms: Option<f64>, times: &Times) -> String {
    match quantile_ms {
        Some(ms) => number::short(ms),
        None if times.trials > 0 => "never".to_owned(),
        None => number::NONE.to_owned(),
    }
}

/// An upper bound of a quantile, milliseconds.
pub(crate) fn bound(bound: Bound) -> String {
    match bound {
        Bound::AtMostMs(ms) => format!("≤ {}", number::short(ms)),
        Bound::Unbounded => "unbounded".to_owned(),
        Bound::NeedsTrials(trials) => format!("needs {} trials", number::count(trials)),
    }
}

/// The trials that do not count: `2 set aside: 1 without effect, 1 inconclusive`; `none` of none.
pub(crate) fn set_aside(fault: &FaultTrials) -> String {
    let all = fault.set_aside.len() as u64;
    if all == 0 {
        return "none".to_owned();
    }
    let of = |because| fault.set_aside.iter().filter(|it| it.because == because).count() as u64;
    let kinds = [Because::Skipped, Because::NotActivated, Because::Inconclusive];
    let kinds = kinds.map(|it| (of(it), why_aside(it)));
    let kinds = kinds.iter().filter(|(count, _)| *count > 0);
    let kinds: Vec<String> =
        kinds.map(|(count, words)| format!("{} {words}", number::count(*count))).collect();
    format!("{} set aside: {}", number::count(all), kinds.join(", "))
}

/// Why a trial does not count.
pub(crate) fn why_aside(because: Because) -> &'static str {
    match because {
        Because::Skipped => "skipped",
        Because::NotActivated => "without effect",
        Because::Inconclusive => "inconclusive",
    }
}

/// A run that did not pass, with its first reason: `run 7 (fail): …`.
pub(crate) fn not_passed(run: &NotPassed) -> String {
    let reason = run.reasons.first().map_or("no reason was recorded", String::as_str);
    let more = match run.reasons.len() {
        0 | 1 => String::new(),
        n => format!(" … and {} more", n - 1),
    };
    format!("run {} ({}): {reason}{more}", run.repetition, verdict(run.verdict))
}
