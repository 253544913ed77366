//! Demands on the tracks, against the truth: [`judge`] outside the faults, [`judge_fault`] in one.

use scenario::plan::TrackingExpect;

use super::{Demand, Finding, NOT_OBSERVED, without_effect};
use crate::analyse::Findings;
use crate::faults::FaultFacts;
use crate::summary::{About, AccuracyPhase, Expectation, TrackErrors, WhyNot};
use crate::timeline::{Moment, Span};
use crate::words::{count, limit_ms};

/// The least share of the outputs that owe the lead a track in which it has one, percent: errors are
/// those of the tracks that there are, so without this whoever loses the lead would be exact. Ours.
const PAIRED_MIN_PERCENT: u64 = 95;
/// For how long after a fault a change of track is put down to it; ours.
const AFTERMATH_NS: Moment = 1_000_000_000;

pub(super) fn judge(findings: &Findings) -> Vec<Expectation> {
    let TrackingExpect { position_rmse_max_m, velocity_rmse_max_mps, gospa_max_m, id_switches_max } =
        findings.timeline.plan.expect.tracking;
    let phase = findings.accuracy.outside();
    let judged = Span { from: 0, to: findings.timeline.end.judged };
    let about = |name: &str| Concern { findings, name: About::Tracking(name).name(), judged };
    let lead = phase.map(|it| it.lead).unwrap_or_default();
    let gospa = gospa_of(phase);
    let limits = [
        position_rmse_max_m.map(|max| {
            about("position-rmse-max-m").of_lead(&lead, lead.position_rmse_m, (max, "m"))
        }),
        velocity_rmse_max_mps.map(|max| {
            about("velocity-rmse-max-mps").of_lead(&lead, lead.velocity_rmse_mps, (max, "m/s"))
        }),
        gospa_max_m.map(|max| about("gospa-max-m").limit(gospa, max, "m")),
        id_switches_max.map(|max| about("id-switches-max").switches(judged, max)),
    ];
    limits.into_iter().flatten().collect()
}

pub(super) fn judge_fault(findings: &Findings, facts: &FaultFacts) -> Vec<Expectation> {
    let id = &facts.fault.id;
    let Some(expect) = findings.timeline.plan.expect.fault.get(id) else { return Vec::new() };
    let name = |key: &str| About::Fault { fault: id, key }.name();
    let Some(span) = facts.in_force else {
        let demanded = [
            ("position-rmse-max-m", expect.position_rmse_max_m.is_some()),
            ("gospa-max-m", expect.gospa_max_m.is_some()),
            ("id-switches-max", expect.id_switches_max.is_some()),
            ("reconfirm-within-ms", expect.reconfirm_within_ns.is_some()),
        ];
        let demanded = demanded.into_iter().filter(|(_, is_demanded)| *is_demanded);
        let nothing = |(key, _): (&str, bool)| {
            let (expected, actual) = ("to be seen".to_owned(), NOT_OBSERVED.to_owned());
            Demand { name: name(key), expected, actual }.came_to(without_effect(facts))
        };
        return demanded.map(nothing).collect();
    };
    let phase = findings.accuracy.during(id);
    let about = |key: &str| Concern { findings, name: name(key), judged: span };
    let lead = phase.map(|it| it.lead).unwrap_or_default();
    let aftermath = Span { to: span.to.saturating_add(AFTERMATH_NS), ..span };
    let limits = [
        expect.position_rmse_max_m.map(|max| {
            about("position-rmse-max-m").of_lead(&lead, lead.position_rmse_m, (max, "m"))
        }),
        expect.gospa_max_m.map(|max| about("gospa-max-m").limit(gospa_of(phase), max, "m")),
        expect.id_switches_max.map(|max| about("id-switches-max").switches(aftermath, max)),
        expect.reconfirm_within_ns.map(|limit_ns| {
            let judged = Span { to: span.from + limit_ns as Moment, ..span };
            Concern { findings, name: name("reconfirm-within-ms"), judged }.reconfirm(id, limit_ns)
        }),
    ];
    limits.into_iter().flatten().collect()
}

/// Of somebody who was there or was seen: nobody on an empty road is no success.
fn gospa_of(phase: Option<&AccuracyPhase>) -> Option<f64> {
    let phase = phase.filter(|it| it.all.owed > 0)?;
    phase.gospa.map(|gospa| gospa.total_m)
}

/// A demand, and the time that it is about.
struct Concern<'a> {
    findings: &'a Findings<'a>,
    name: String,
    judged: Span,
}

impl Concern<'_> {
    /// At most so large an error on the lead, which has a track.
    fn of_lead(
        self,
        lead: &TrackErrors,
        seen: Option<f64>,
        (max, unit): (f64, &str),
    ) -> Expectation {
        let TrackErrors { owed, paired, .. } = *lead;
        if paired * 100 >= owed * PAIRED_MIN_PERCENT {
            return self.limit(seen, max, unit);
        }
        let actual = format!("a track in {paired} of {owed} outputs");
        let finding = self.missed(&format!("the lead had {actual}"));
        self.came_to(format!("at most {max} {unit}"), actual, finding)
    }

    /// At most `max`.
    fn limit(self, seen: Option<f64>, max: f64, unit: &str) -> Expectation {
        let expected = format!("at most {max} {unit}");
        let actual = seen.map_or(NOT_OBSERVED.to_owned(), |seen| format!("{seen:.3} {unit}"));
        let finding = match seen {
            Some(seen) if seen <= max => Finding::Met,
            Some(_) => self.missed(&format!("it was {actual}, not {expected}")),
            None => {
                let why = "there was nothing to compare with the truth.".to_owned();
                Finding::Unclear(WhyNot::NoData, why)
            }
        };
        self.came_to(expected, actual, finding)
    }

    /// At most so many changes of track in a time.
    fn switches(self, span: Span, max: u64) -> Expectation {
        let seen = self.findings.accuracy.switches_in(span);
        let (expected, actual) =
            (format!("at most {}", count(max, "change")), count(seen, "change"));
        let findings = self.findings;
        let finding = if seen > max {
            self.missed(&format!("actors changed their track: {actual}, {expected} allowed"))
        } else if !findings.timeline.end.whole {
            Finding::ended_early()
        } else if !findings.accuracy.anyone_paired_in(span) {
            Finding::Unclear(WhyNot::NoData, "nobody had a track in that time.".to_owned())
        } else {
            Finding::Met
        };
        self.came_to(expected, actual, finding)
    }

    /// Everyone is under a track again in time.
    fn reconfirm(self, fault: &str, limit_ns: u64) -> Expectation {
        let through = self.findings.accuracy.through.iter().filter(|it| it.fault == fault);
        let expected = format!("within {}", limit_ms(limit_ns));
        // Who never came back is the worst.
        let worst = through.max_by(|a, b| {
            let after_ms = |ms: Option<f64>| ms.unwrap_or(f64::INFINITY);
            after_ms(a.reconfirmed_after_ms).total_cmp(&after_ms(b.reconfirmed_after_ms))
        });
        let (actual, finding) = match worst.map(|it| (&it.actor, it.reconfirmed_after_ms)) {
            None => {
                let why = "nobody had a track before it and was owed one after it.".to_owned();
                (NOT_OBSERVED.to_owned(), Finding::Unclear(WhyNot::NoData, why))
            }
            Some((actor, None)) => {
                let why = format!("{actor} was never under a track again");
                (NOT_OBSERVED.to_owned(), self.missed(&why))
            }
            Some((actor, Some(seen_ms))) => {
                let actual = format!("{seen_ms:.3} ms");
                let finding = if seen_ms <= limit_ns as f64 / 1e6 {
                    Finding::Met
                } else {
                    self.missed(&format!("{actor} was under a track again after {actual}"))
                };
                (actual, finding)
            }
        };
        self.came_to(expected, actual, finding)
    }

    /// A miss, unless fusion went without samples because the host stalled.
    fn missed(&self, why: &str) -> Finding {
        Finding::missed(why, self.findings.host_took_samples(self.judged))
    }

    fn came_to(self, expected: String, actual: String, finding: Finding) -> Expectation {
        let finding = self.findings.if_plant_was_sound(finding);
        Demand { name: self.name, expected, actual }.came_to(finding)
    }
}
