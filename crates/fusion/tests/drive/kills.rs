//! Whether the death of one process changes what comes of Euro NCAP's tests. Main type: [`Case`].

use crate::course::{Course, Kill, Victim};
use crate::outcome::{Outcome, drive};

/// A cold restart of a real process takes 3.6 ms (99th percentile), so 10 ms is a slow one.
pub(crate) const RESTART_NS: u64 = 10_000_000;

/// A restart on a host that is far too slow.
pub(crate) const SLOW_RESTART_NS: u64 = 100_000_000;

/// Long enough for every preset: the last ends 4 s after the first second of the encounter.
const DURATION_S: u32 = 12;

/// One test.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) course: Course,
    /// What comes of it if nobody dies.
    pub(crate) sound: Outcome,
}

/// All tests that are tried.
pub(crate) fn presets() -> Vec<String> {
    let speeds = |from: u32, to: u32| (from..=to).step_by(10);
    let mut all = Vec::new();
    all.extend(speeds(10, 80).map(|kph| format!("ncap-ccrs = {{ ego-kph = {kph} }}")));
    all.extend(speeds(30, 80).map(|kph| format!("ncap-ccrm = {{ ego-kph = {kph} }}")));
    for (headway, decel_mps2) in
        [("m = 12", 2), ("m = 12", 6), ("m = 40", 2), ("m = 40", 6), ("s = 1", 4)]
    {
        all.push(format!("ncap-ccrb = {{ headway-{headway}, decel-mps2 = {decel_mps2} }}"));
    }
    all.extend(
        speeds(10, 60)
            .map(|kph| format!("ncap-cpnco = {{ ego-kph = {kph}, impact-percent = 50 }}")),
    );
    all
}

impl Case {
    /// Drives the preset without a fault.
    pub(crate) fn new(preset: &str) -> Case {
        let text = format!(
            "schema = 1\nname = \"kills\"\nduration-s = {DURATION_S}\npreset = {{ {preset} }}\n"
        );
        let plan = scenario::parse("kills", &text).expect("a preset is a scenario");
        let mut course = Course::new(0.0, Vec::new(), f64::from(DURATION_S));
        course.traffic = plan.traffic;
        Case::of(course)
    }

    /// Drives this course without a fault.
    pub(crate) fn of(course: Course) -> Case {
        let sound = drive(&course);
        Case { course, sound }
    }

    /// When braking begins if nobody dies.
    pub(crate) fn began_s(&self) -> f64 {
        self.sound.began.map_or(f64::NAN, |(at_s, _)| at_s)
    }

    /// What comes of it if this one dies then.
    pub(crate) fn with_kill(&self, victim: Victim, from_s: f64, restart_ns: u64) -> Outcome {
        self.with_kill_at(victim, self.began_s() + from_s, restart_ns)
    }

    /// What comes of it if this one dies at this time.
    pub(crate) fn with_kill_at(&self, victim: Victim, at_s: f64, restart_ns: u64) -> Outcome {
        let at_ns = (at_s * 1e9) as u64;
        let kill = Some(Kill { victim, at_ns, restart_ns });
        drive(&Course { kill, ..self.course.clone() })
    }
}
