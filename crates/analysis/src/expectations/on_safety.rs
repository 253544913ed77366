//! Demands on what came of it for the car: [`judge`].

use scenario::plan::SafetyExpect;

use super::{Demand, Finding, NOT_OBSERVED};
use crate::analyse::Findings;
use crate::summary::{About, Expectation, Safety, Twin, WhyNot};
use crate::timeline::Span;
use crate::words::limit_ms;

pub(super) fn judge(findings: &Findings) -> Vec<Expectation> {
    let SafetyExpect {
        collision,
        gap_min_m,
        ttc_min_s,
        impact_speed_max_mps,
        brake_request,
        brake_delay_max_ns,
    } = findings.timeline.plan.expect.safety;
    let judge = Judge { findings, safety: &findings.safety };
    let Safety { gap_min_m: gap_m, ttc_min_s: ttc_s, .. } = findings.safety;
    let demands = [
        collision.map(|wanted| judge.collision(wanted)),
        gap_min_m.map(|min| judge.at_least("gap-min-m", gap_m, (min, "m"))),
        ttc_min_s.map(|min| judge.at_least("ttc-min-s", ttc_s, (min, "s"))),
        impact_speed_max_mps.map(|max| judge.impact_speed(max)),
        brake_request.map(|wanted| judge.brake_request(wanted)),
        brake_delay_max_ns.map(|max_ns| judge.brake_delay(max_ns)),
    ];
    demands.into_iter().flatten().collect()
}

#[derive(Clone, Copy)]
struct Judge<'a> {
    findings: &'a Findings<'a>,
    safety: &'a Safety,
}

impl Judge<'_> {
    fn collision(self, wanted: bool) -> Expectation {
        let words = |it: bool| if it { "a collision" } else { "no collision" };
        let actual = self.impact_in_words().unwrap_or_else(|| words(false).to_owned());
        let finding = match (wanted, self.safety.impact.is_some()) {
            (true, true) => Finding::Met,
            (false, true) => self.missed(&format!("there was {actual}")),
            (_, false) => self.over(wanted, "there was no collision"),
        };
        self.came_to("collision", words(wanted).to_owned(), (actual, finding))
    }

    /// Nobody in the path at all is far enough.
    fn at_least(self, key: &str, seen: Option<f64>, (min, unit): (f64, &str)) -> Expectation {
        let expected = format!("at least {min} {unit}");
        let actual =
            seen.map_or("nobody in the path".to_owned(), |seen| format!("{seen:.3} {unit}"));
        let finding = match seen {
            Some(seen) if seen < min => self.missed(&format!("it was {actual}, not {expected}")),
            _ => self.over(false, ""),
        };
        self.came_to(key, expected, (actual, finding))
    }

    fn impact_speed(self, max_mps: f64) -> Expectation {
        let expected = format!("at most {:.1} km/h", max_mps * 3.6);
        let actual = self.impact_in_words().unwrap_or_else(|| "no collision".to_owned());
        let too_fast = self.safety.impact.is_some_and(|impact| impact.speed_mps > max_mps);
        let finding = if too_fast {
            self.missed(&format!("there was {actual}"))
        } else {
            self.over(false, "")
        };
        self.came_to("impact-speed-max-kph", expected, (actual, finding))
    }

    fn brake_request(self, wanted: bool) -> Expectation {
        let asked = self.safety.brake_requested_ms;
        let actual = asked.map_or("none".to_owned(), |at_ms| format!("at {at_ms:.3} ms"));
        let finding = match (wanted, asked) {
            (true, Some(_)) => Finding::Met,
            (false, Some(_)) => {
                self.missed(&format!("fusion asked to brake {actual}, for no reason"))
            }
            (_, None) => self.over(wanted, "fusion never asked to brake"),
        };
        let expected = if wanted { "a request to brake" } else { "no request to brake" };
        self.came_to("brake-request", expected.to_owned(), (actual, finding))
    }

    fn brake_delay(self, max_ns: u64) -> Expectation {
        let expected = format!("at most {} after its twin", limit_ms(max_ns));
        let unclear = |why: &str| Finding::Unclear(WhyNot::NoData, why.to_owned());
        let delay_ms = self.safety.twin.and_then(|twin| twin.brake_delay_ms);
        let actual = delay_ms.map_or(NOT_OBSERVED.to_owned(), |ms| format!("{ms:.3} ms"));
        let finding = match self.safety.twin {
            None => unclear("the run was made without its twin."),
            Some(Twin { unsound: Some(cause), .. }) => {
                let why = "its twin is no sound reference; its own report says why.";
                Finding::Unclear(cause, why.to_owned())
            }
            Some(twin) if twin.brake_requested_ms.is_none() => {
                unclear("its twin never asked to brake.")
            }
            Some(_) => match delay_ms {
                None => self.over(true, "fusion never asked to brake, and in its twin it did"),
                Some(ms) if ms <= max_ns as f64 / 1e6 => Finding::Met,
                Some(_) => self.missed(&format!("fusion asked to brake {actual} after its twin")),
            },
        };
        self.came_to("brake-delay-max-ms", expected, (actual, finding))
    }

    fn impact_in_words(self) -> Option<String> {
        let impact = self.safety.impact?;
        let actor = &self.findings.timeline.plan.traffic.actors[impact.actor].id;
        let kph = impact.speed_mps * 3.6;
        Some(format!("a collision with {actor} at {kph:.1} km/h, at {:.3} ms", impact.at_ms))
    }

    /// Nothing of the kind happened up to the end of the run: a miss where it was `wanted`.
    fn over(self, wanted: bool, why: &str) -> Finding {
        if !self.findings.timeline.end.whole {
            return Finding::ended_early();
        }
        if wanted { self.missed(why) } else { Finding::Met }
    }

    /// A miss, unless fusion went without samples because the host stalled.
    fn missed(self, why: &str) -> Finding {
        let judged = Span { from: 0, to: self.findings.timeline.end.judged };
        Finding::missed(why, self.findings.host_took_samples(judged))
    }

    fn came_to(self, key: &str, expected: String, seen: (String, Finding)) -> Expectation {
        let (actual, finding) = seen;
        let finding = self.findings.if_plant_was_sound(finding);
        Demand { name: About::Safety(key).name(), expected, actual }.came_to(finding)
    }
}
