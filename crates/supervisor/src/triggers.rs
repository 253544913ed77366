//! What the watchdog sees and what that sets off: [`Triggers`], without IO.

use fault::{Cause, Fault, Start};
use wire::Node;
use wire::event::Event;

/// The faults of a run that wait for something to happen.
#[derive(Clone, Debug)]
pub(crate) struct Triggers {
    waiting: Vec<Waiting>,
    /// Victim and beginning, from the start of the schedule, of each fault that has begun, by its
    /// index in the plan.
    begun: Vec<(Option<Node>, Option<u64>)>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    fault: u32,
    cause: Cause,
    delay_ns: u64,
}

impl Triggers {
    pub(crate) fn new(faults: &[Fault]) -> Triggers {
        let waiting = (0..).zip(faults).filter_map(|(fault, it)| match it.start {
            Start::At(_) => None,
            Start::After(cause, delay_ns) => Some(Waiting { fault, cause, delay_ns }),
        });
        let begun = faults.iter().map(|fault| (fault.target.node(), fault.start.at_ns()));
        Triggers { waiting: waiting.collect(), begun: begun.collect() }
    }

    /// Whether a fault with a duration is in force at `now_ns` of the schedule.
    pub(crate) fn lasts(&self, index: u32, fault: &Fault, now_ns: u64) -> bool {
        let start_ns = self.begun[index as usize].1.filter(|&start_ns| start_ns <= now_ns);
        start_ns.and_then(|start_ns| fault.end_ns(start_ns)).is_some_and(|end_ns| now_ns < end_ns)
    }

    /// The watchdog has told this at `now_ns` of the schedule: the faults that it sets off, with their
    /// beginnings.
    pub(crate) fn on_event(&mut self, event: &Event, now_ns: u64) -> Vec<(u32, u64)> {
        self.set_off(now_ns, |cause, begun| happens(cause, event, begun, now_ns))
    }

    /// A person injects this fault at `now_ns` of the schedule: it and those that follow it, with their
    /// beginnings; none for a second time.
    pub(crate) fn on_hand(&mut self, fault: u32, now_ns: u64) -> Vec<(u32, u64)> {
        self.set_off(now_ns, |cause, _| cause == Cause::ByHand(fault))
    }

    /// A fault began at `start_ns` of the schedule, before a reset of the board: nothing sets it off again.
    pub(crate) fn has_begun(&mut self, fault: u32, start_ns: u64) {
        self.waiting.retain(|it| it.fault != fault);
        self.begun[fault as usize].1 = Some(start_ns);
    }

    fn set_off(
        &mut self,
        now_ns: u64,
        happens: impl Fn(Cause, &[(Option<Node>, Option<u64>)]) -> bool,
    ) -> Vec<(u32, u64)> {
        let Triggers { waiting, begun } = self;
        let mut set_off = Vec::new();
        waiting.retain(|it| {
            let happened = happens(it.cause, begun);
            if happened {
                set_off.push((it.fault, now_ns + it.delay_ns));
            }
            !happened
        });
        for &(fault, start_ns) in &set_off {
            begun[fault as usize].1 = Some(start_ns);
        }
        set_off
    }
}

fn happens(
    cause: Cause,
    event: &Event,
    begun: &[(Option<Node>, Option<u64>)],
    now_ns: u64,
) -> bool {
    let victim_of = |fault: u32| {
        let (victim, start) = begun[fault as usize];
        victim.filter(|_| start.is_some_and(|start_ns| start_ns <= now_ns))
    };
    match (cause, *event) {
        (Cause::State(of, is), Event::StateChanged { node, state, .. }) => {
            (of, is) == (node, state)
        }
        (Cause::Detected(fault), Event::Detected { node, .. }) => victim_of(fault) == Some(node),
        (Cause::Recovering(fault), Event::Spawned { node, incarnation, .. }) => {
            incarnation > 1 && victim_of(fault) == Some(node)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fault::Target;
    use wire::event::{Detector, LifeState};

    fn fault(target: Target, start: Start) -> Fault {
        let injection = serde_json::from_str(r#"{"deadlock":{}}"#).unwrap();
        Fault { id: "F".into(), target, start, injection }
    }

    const SPAWNED: Event =
        Event::Spawned { node: Node::Camera, incarnation: 2, pid: 9, called_ns: 0 };

    #[test]
    fn the_first_state_of_its_kind_sets_a_fault_off_once() {
        let cause = Cause::State(Node::Radar, LifeState::Waiting);
        let mut triggers = Triggers::new(&[fault(Target::Camera, Start::After(cause, 5))]);
        let waiting =
            |node| Event::StateChanged { node, incarnation: 1, state: LifeState::Waiting };
        assert_eq!(triggers.on_event(&waiting(Node::Camera), 10), []);
        assert_eq!(triggers.on_event(&waiting(Node::Radar), 20), [(0, 25)]);
        assert_eq!(triggers.on_event(&waiting(Node::Radar), 30), []);
    }

    #[test]
    fn what_becomes_of_another_fault_counts_once_that_has_begun() {
        let first = fault(Target::Camera, Start::At(100));
        let recovering = fault(Target::Radar, Start::After(Cause::Recovering(0), 1));
        let detected = fault(Target::Radar, Start::After(Cause::Detected(0), 2));
        let mut triggers = Triggers::new(&[first, recovering, detected]);
        let found =
            Event::Detected { node: Node::Camera, incarnation: 1, detector: Detector::Exit };
        assert_eq!(triggers.on_event(&found, 99), [], "another failure, before the fault");
        assert_eq!(triggers.on_event(&found, 101), [(2, 103)]);
        assert_eq!(triggers.on_event(&SPAWNED, 104), [(1, 105)]);
    }

    #[test]
    fn a_hand_sets_off_its_fault_and_what_follows_that_once() {
        let by_hand = |delay_ns| fault(Target::Camera, Start::After(Cause::ByHand(1), delay_ns));
        let mut triggers =
            Triggers::new(&[fault(Target::Radar, Start::At(9)), by_hand(0), by_hand(5)]);
        assert_eq!(triggers.on_hand(0, 10), [], "it has a time of its own");
        assert_eq!(triggers.on_hand(1, 10), [(1, 10), (2, 15)]);
        assert_eq!(triggers.on_hand(1, 20), []);
    }

    #[test]
    fn what_began_before_a_reset_is_not_set_off_again_and_what_follows_it_is() {
        let waiting = Cause::State(Node::Radar, LifeState::Waiting);
        let after = |cause| fault(Target::Radar, Start::After(cause, 0));
        let faults = [after(waiting), after(Cause::ByHand(1)), after(Cause::Detected(0))];
        let mut triggers = Triggers::new(&faults);
        triggers.has_begun(0, 10);
        triggers.has_begun(1, 20);
        let (node, incarnation, state) = (Node::Radar, 2, LifeState::Waiting);
        assert_eq!(triggers.on_event(&Event::StateChanged { node, incarnation, state }, 99), []);
        assert_eq!(triggers.on_hand(1, 99), []);
        let found = Event::Detected { node, incarnation, detector: Detector::Exit };
        assert_eq!(triggers.on_event(&found, 99), [(2, 99)]);
    }

    #[test]
    fn a_chain_of_faults_goes_on() {
        let state = Cause::State(Node::Camera, LifeState::Waiting);
        let faults = [
            fault(Target::Camera, Start::After(state, 0)),
            fault(Target::Camera, Start::After(Cause::Recovering(0), 0)),
        ];
        let mut triggers = Triggers::new(&faults);
        assert_eq!(triggers.on_event(&SPAWNED, 1), [], "the first has not begun");
        let (node, incarnation, state) = (Node::Camera, 1, LifeState::Waiting);
        let waiting = Event::StateChanged { node, incarnation, state };
        assert_eq!(triggers.on_event(&waiting, 2), [(0, 2)]);
        assert_eq!(triggers.on_event(&SPAWNED, 3), [(1, 3)]);
    }
}
