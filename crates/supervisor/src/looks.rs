//! What the watchdog must see of a victim before it believes that a hang took effect: [`Looks`].
//!
//! Without IO: the caller looks at the victim, and is told what that proves.

use sys::process::{RunState, Usage};
use wire::Node;
use wire::event::{Event, Proof};

/// A hang from inside strikes with a sample, a little late.
const STRIKES_LATE_BY_NS: u64 = 200_000_000;

/// One incarnation of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Victim {
    pub(crate) node: Node,
    pub(crate) incarnation: u32,
}

/// The hangs of a run, from their time to their end or their victim's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looks {
    stops: Vec<Stop>,
    hangs: Vec<Hang>,
}

/// A stop in force.
#[derive(Clone, Copy, Debug)]
struct Stop {
    fault: u32,
    victim: Victim,
    proven: bool,
}

/// A victim that should hang from inside.
#[derive(Clone, Copy, Debug)]
struct Hang {
    fault: u32,
    victim: Victim,
    /// What it had used when it was about to hang.
    usage: Usage,
    /// When it should go on by itself, if ever.
    end_ns: Option<u64>,
}

impl Looks {
    /// `fault` stops the victim.
    pub(crate) fn stopped(&mut self, fault: u32, victim: Victim) {
        self.stops.push(Stop { fault, victim, proven: false });
    }

    /// `fault` lets the victim go on. `None` if it never stopped this one: a successor was never
    /// stopped; else whether no other fault stops it still.
    pub(crate) fn lifted(&mut self, fault: u32, victim: Victim) -> Option<bool> {
        let before = self.stops.len();
        self.stops.retain(|stop| (stop.fault, stop.victim) != (fault, victim));
        (self.stops.len() < before).then(|| !self.is_stopped(victim))
    }

    /// Whether a fault stops this victim.
    pub(crate) fn is_stopped(&self, victim: Victim) -> bool {
        self.stops.iter().any(|stop| stop.victim == victim)
    }

    /// `fault` is about to hang the victim from inside until `end_ns` from the start of the schedule,
    /// or for ever; it has used this much so far.
    pub(crate) fn hanging(
        &mut self,
        fault: u32,
        end_ns: Option<u64>,
        victim: Victim,
        usage: Usage,
    ) {
        let end_ns = end_ns.map(|end_ns| end_ns.saturating_add(STRIKES_LATE_BY_NS));
        self.hangs.push(Hang { fault, victim, usage, end_ns });
    }

    /// What the state of a victim proves of its stops, each once.
    pub(crate) fn prove_stops(&mut self, victim: Victim, state: RunState) -> Vec<Event> {
        let open = |stop: &&mut Stop| stop.victim == victim && !stop.proven;
        let proven = self.stops.iter_mut().filter(open).filter(|_| state == RunState::Stopped);
        let proof = Proof::SeenStopped;
        proven
            .map(|stop| {
                stop.proven = true;
                Event::Evidence { fault: stop.fault, proof, value: 0 }
            })
            .collect()
    }

    /// What is proven by a victim that has been silent for `silent_ns`, up to `now_ns` from the start
    /// of the schedule: what it used since a fault should have hung it tells how it hangs. It is about
    /// to be killed, and forgotten here.
    pub(crate) fn prove_silent(
        &mut self,
        victim: Victim,
        (now_ns, silent_ns): (u64, u64),
        usage: Usage,
    ) -> Vec<Event> {
        let mut events = self.prove_stops(victim, usage.state);
        self.stops.retain(|stop| stop.victim != victim);
        let (hangs, others): (Vec<_>, _) =
            self.hangs.drain(..).partition(|hang| hang.victim.node == victim.node);
        self.hangs = others;
        let in_force = |hang: &&Hang| {
            hang.victim == victim && hang.end_ns.is_none_or(|end_ns| now_ns <= end_ns)
        };
        events.extend(hangs.iter().filter(in_force).filter_map(|hang| {
            let total = |usage: Usage| usage.user_us + usage.system_us;
            let value = total(usage).saturating_sub(total(hang.usage));
            let proof = match usage.state {
                // A quarter of a processor: spinning processes may have to share one.
                RunState::Running if value * 4000 > silent_ns => Proof::SeenSpinning,
                RunState::Sleeping => Proof::SeenBlocked,
                _ => return None,
            };
            Some(Event::Evidence { fault: hang.fault, proof, value })
        }));
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    const FIRST: Victim = Victim { node: Node::Radar, incarnation: 1 };
    const SECOND: Victim = Victim { node: Node::Radar, incarnation: 2 };

    fn usage(state: RunState, used_ms: u64) -> Usage {
        let (user_us, system_us) = (used_ms * 1000, 0);
        Usage { state, user_us, system_us, minor_faults: 0, major_faults: 0, rss_kib: 0 }
    }

    fn proofs(events: &[Event]) -> Vec<(u32, Proof)> {
        let proof = |event: &Event| match *event {
            Event::Evidence { fault, proof, .. } => Some((fault, proof)),
            _ => None,
        };
        events.iter().filter_map(proof).collect()
    }

    #[test]
    fn a_stop_is_proven_once_and_only_by_a_stopped_process() {
        let mut looks = Looks::default();
        looks.stopped(3, FIRST);
        assert_eq!(proofs(&looks.prove_stops(FIRST, RunState::Running)), []);
        assert_eq!(proofs(&looks.prove_stops(SECOND, RunState::Stopped)), []);
        let seen = proofs(&looks.prove_stops(FIRST, RunState::Stopped));
        assert_eq!(seen, [(3, Proof::SeenStopped)]);
        assert_eq!(proofs(&looks.prove_stops(FIRST, RunState::Stopped)), []);
    }

    #[test]
    fn the_kill_for_silence_proves_a_stop_that_nobody_had_looked_at() {
        let mut looks = Looks::default();
        looks.stopped(3, FIRST);
        let seen = looks.prove_silent(FIRST, (100 * MS, 90 * MS), usage(RunState::Stopped, 1));
        assert_eq!(proofs(&seen), [(3, Proof::SeenStopped)]);
        assert_eq!(looks.lifted(3, SECOND), None, "the successor was never stopped");
    }

    #[test]
    fn a_process_goes_on_when_nobody_stops_it_any_more() {
        let mut looks = Looks::default();
        looks.stopped(3, FIRST);
        looks.stopped(4, FIRST);
        assert_eq!(looks.lifted(3, FIRST), Some(false));
        assert_eq!(looks.lifted(4, FIRST), Some(true));
        assert_eq!(looks.lifted(4, FIRST), None);
    }

    #[test]
    fn what_a_silent_process_used_tells_how_it_hangs() {
        for (state, used_ms, end_ms, victim, expected) in [
            (RunState::Running, 50, None, FIRST, &[(5, Proof::SeenSpinning)][..]),
            (RunState::Running, 20, None, FIRST, &[]),
            (RunState::Sleeping, 1, None, FIRST, &[(5, Proof::SeenBlocked)]),
            (RunState::Stopped, 50, None, FIRST, &[]),
            (RunState::Running, 50, Some(150), FIRST, &[(5, Proof::SeenSpinning)]),
            (RunState::Running, 50, Some(50), FIRST, &[]),
            (RunState::Running, 50, None, SECOND, &[]),
        ] {
            let mut looks = Looks::default();
            let end_ns = end_ms.map(|end_ms: u64| end_ms * MS);
            looks.hanging(5, end_ns, FIRST, usage(RunState::Sleeping, 10));
            let silent = (300 * MS, 100 * MS);
            let seen = looks.prove_silent(victim, silent, usage(state, 10 + used_ms));
            assert_eq!(proofs(&seen), expected, "{state:?}, {used_ms}, {end_ms:?}");
        }
    }
}
