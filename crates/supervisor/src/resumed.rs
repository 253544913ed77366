//! What a run that goes on after a reset of the board must know of what was before: [`Resumed`], from its
//! recording.
//!
//! The schedule goes on as the clock on the wall did, and everyone is born to it as after any restart: processes
//! with the next number, sensors to the slot that is current. What is lost is the time between.

use recording::{PARTS_MAX, Part, Recording};
use scenario::Plan;
use sys::clock;
use wire::event::Event;
use wire::{Node, Source};

/// How long the schedule goes on at least from here: a start takes milliseconds, and on an emulated or loaded
/// board a second or two; then tracks are to be confirmed. Where more of the scenario's schedule is left, it is
/// played to its end.
const COME_BACK_NS: u64 = 5_000_000_000;
/// The longest that a board may have been away by the clock on the wall; beyond, that clock was set meanwhile, or
/// this is another day. It bounds the schedule of a run that goes on.
const AWAY_MAX_NS: u64 = 3_600_000_000_000;
/// From the last record of before to the first of this part, where the machine's clock stood still meanwhile.
const SOME_TIME_NS: u64 = 1_000_000;

/// What was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// Number of the part that begins.
    pub part: u32,
    /// Start of the schedule.
    pub t0_ns: u64,
    /// How long the schedule is from now on.
    pub duration_ns: u64,
    /// The highest number of a process, by [`Node::index`].
    pub(crate) incarnations: [u32; Node::ALL.len()],
    /// The last record.
    pub(crate) last_ns: u64,
    /// The faults that waited for something and have begun, and when, from the start of the schedule.
    pub(crate) armed: Vec<(u32, u64)>,
    /// The fault that was to bring the reset about.
    pub(crate) fault: Option<u32>,
    pub(crate) clock: Clock,
}

/// How the clock of a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    /// By how much it is ahead of the kernel's clock: the run's time at which the kernel started.
    pub(crate) ahead_ns: u64,
    /// Whether the clock on the wall went on meanwhile. Else all that is known is that time has passed.
    pub(crate) went_on: bool,
}

impl Resumed {
    /// What a run must know to go on from here; `None` where there is nothing to go on with: its schedule had
    /// not begun, or it has as many parts as it may have.
    pub fn of(recording: &Recording, plan: &Plan) -> Option<Resumed> {
        let part = recording.last_part();
        let number = part.number + 1;
        let records = &recording.records;
        let by_watchdog = records.iter().filter(|(source, _)| *source == Source::Watchdog);
        let by_watchdog = by_watchdog.map(|(_, record)| record.event);
        let t0_ns = by_watchdog.clone().find_map(|event| match event {
            Event::RunStarted { t0_ns } => Some(t0_ns),
            _ => None,
        })?;
        let last_ns = records.iter().map(|(_, record)| record.t_ns).max()?;
        let mut resumed = Resumed {
            part: number,
            t0_ns,
            duration_ns: 0,
            incarnations: [0; Node::ALL.len()],
            last_ns,
            armed: Vec::new(),
            fault: None,
            clock: go_on(part, last_ns, clock::now_ns() - clock::ahead_ns(), clock::unix_ns()),
        };
        for event in by_watchdog {
            match event {
                Event::Spawned { node, incarnation, .. } => {
                    let highest = &mut resumed.incarnations[node.index()];
                    *highest = incarnation.max(*highest);
                }
                Event::Armed { fault, at_ns } => {
                    let known = plan.faults.get(fault as usize);
                    let start_ns = at_ns.saturating_sub(t0_ns);
                    resumed.armed.extend(known.map(|_| (fault, start_ns)));
                }
                Event::Injecting { fault, .. } => {
                    let of = plan.faults.get(fault as usize);
                    let resets = of.is_some_and(|it| it.injection.resets_board());
                    resumed.fault = resets.then_some(fault).or(resumed.fault);
                }
                // What was its doing is told already.
                Event::BoardReset { .. } => resumed.fault = None,
                _ => {}
            }
        }
        let now_ns = clock::now_ns() - clock::ahead_ns() + resumed.clock.ahead_ns;
        let come_back_ns = now_ns.saturating_sub(t0_ns) + COME_BACK_NS;
        resumed.duration_ns = plan.duration_ns.max(come_back_ns);
        (number <= PARTS_MAX).then_some(resumed)
    }
}

/// How the run's clock goes on when the kernel's shows `kernel_ns` and that on the wall `unix_ns`.
fn go_on(part: &Part, last_ns: u64, kernel_ns: u64, unix_ns: u64) -> Clock {
    let passed_ns = unix_ns.checked_sub(part.begun_unix_ns);
    let by_wall_ns = passed_ns.and_then(|passed_ns| part.begun_ns.checked_add(passed_ns));
    let went_on = by_wall_ns.filter(|now_ns| *now_ns > last_ns && now_ns - last_ns <= AWAY_MAX_NS);
    let now_ns = went_on.unwrap_or(last_ns + SOME_TIME_NS);
    Clock { ahead_ns: now_ns.saturating_sub(kernel_ns), went_on: went_on.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recording::{Header, Host, Truncation};
    use wire::Record;

    const S: u64 = 1_000_000_000;

    fn part() -> Part {
        Part { begun_ns: 100 * S, begun_unix_ns: 7_000_000 * S, ..Part::default() }
    }

    fn recording(records: Vec<(Source, Record)>) -> Recording {
        let header = Header {
            scenario_path: String::new(),
            scenario_text: String::new(),
            board_text: None,
            seed: 7,
            repetition: 1,
            repetitions: 1,
            program_version: String::new(),
            started_unix_ms: 0,
            host: Host::default(),
            part: part(),
        };
        let parts = vec![part()];
        let truncation = Truncation::WatchdogEnded;
        Recording { header, parts, records, lost: Vec::new(), torn: None, truncation }
    }

    #[test]
    fn what_began_before_is_known_and_what_the_scenario_does_not_have_is_passed_over() {
        let text = "schema = 1\nname = \"a\"\nduration-s = 1.0\nego.speed-kph = 1.0\n\
            [[fault]]\nid = \"F1\"\ntarget = \"watchdog\"\nwhen.state = { of = \"radar\", is = \"waiting\" }\n\
            inject.kill-watchdog = {}\n";
        let plan = scenario::parse("test", text).unwrap();
        let armed = |fault| Event::Armed { fault, at_ns: 4 * S };
        let events = [Event::RunStarted { t0_ns: S }, armed(0), armed(7)];
        let told = |event| (Source::Watchdog, Record { t_ns: 5 * S, incarnation: 1, event });
        let resumed = Resumed::of(&recording(events.map(told).to_vec()), &plan).unwrap();
        assert_eq!((resumed.t0_ns, resumed.armed), (S, vec![(0, 3 * S)]));
    }

    #[test]
    fn the_clock_goes_on_as_that_on_the_wall_did() {
        let clock = go_on(&part(), 105 * S, 3 * S, 7_000_020 * S);
        assert_eq!(clock, Clock { ahead_ns: 117 * S, went_on: true });
    }

    #[test]
    fn without_a_clock_on_the_wall_or_with_one_that_was_set_it_goes_on_from_the_last_record() {
        for unix_ns in [0, 7_000_004 * S, 7_010_000 * S, u64::MAX] {
            let clock = go_on(&part(), 105 * S, 3 * S, unix_ns);
            assert_eq!(clock, Clock { ahead_ns: 102 * S + SOME_TIME_NS, went_on: false });
        }
    }
}
