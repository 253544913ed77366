//! Whether the death of one process changes what comes of Euro NCAP's tests. Main type: [`Case`].

use crate::course::{Course, Kill, Victim};
use crate::outcome::{Outcome, drive};

/// A cold restart of a real process takes 3.6 ms (99th percentile), so 10 ms is a slow one.
pub(crate) const RESTART_NS: u64 = 10_000_000;

/// A restart on a host that is far too slow.
pub(crate) const SLOW_RESTART_NS: u64 = 100_000_000;

/// Moments of death that are tried, evenly over [`WINDOW_S`].
pub(crate) const MOMENTS: u32 = 20;

/// The first and the last moment of death, s from the beginning of the braking that comes without it.
const WINDOW_S: [f64; 2] = [-2.0, 1.0];

/// Long enough for every preset: the last ends 4 s after the first second of the encounter.
const DURATION_S: u32 = 12;

/// One test.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// The preset, as a scenario file has it.
    pub(crate) preset: String,
    pub(crate) course: Course,
    /// What comes of it if nobody dies.
    pub(crate) sound: Outcome,
}

/// What the worst of all moments makes of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worst {
    /// Moment of death, s from the beginning of the braking without it.
    pub(crate) from_s: f64,
    pub(crate) outcome: Outcome,
    /// The longest delay of the beginning, at any moment.
    pub(crate) delay_s: f64,
    /// Moments that end in a collision.
    pub(crate) collisions: u32,
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
        let sound = drive(&course);
        Case { preset: preset.to_owned(), course, sound }
    }

    /// When braking begins if nobody dies.
    pub(crate) fn began_s(&self) -> f64 {
        self.sound.began.map_or(f64::NAN, |(at_s, _)| at_s)
    }

    /// What comes of it if this one dies then.
    pub(crate) fn with_kill(&self, victim: Victim, from_s: f64, restart_ns: u64) -> Outcome {
        let at_ns = ((self.began_s() + from_s) * 1e9) as u64;
        let kill = Some(Kill { victim, at_ns, restart_ns });
        drive(&Course { kill, ..self.course.clone() })
    }

    /// Tries all moments.
    pub(crate) fn worst(&self, victim: Victim, restart_ns: u64) -> Worst {
        let tried = (0..MOMENTS).map(|index| {
            let share = f64::from(index) / f64::from(MOMENTS - 1);
            let from_s = WINDOW_S[0] + share * (WINDOW_S[1] - WINDOW_S[0]);
            (from_s, self.with_kill(victim, from_s, restart_ns))
        });
        let tried: Vec<_> = tried.collect();
        let (from_s, outcome) = *tried
            .iter()
            .min_by(|(_, one), (_, other)| one.merit().total_cmp(&other.merit()))
            .expect("there are moments");
        let delays = tried.iter().map(|(_, outcome)| {
            outcome.began.map_or(f64::INFINITY, |(at_s, _)| at_s - self.began_s())
        });
        Worst {
            from_s,
            outcome,
            delay_s: delays.fold(f64::NEG_INFINITY, f64::max),
            collisions: tried.iter().filter(|(_, outcome)| !outcome.is_safe()).count() as u32,
        }
    }
}
