//! What is known of a run after some of its records.

use super::*;

const TWO_FAULTS: &str = "schema = 1\nname = \"n\"\nseed = 7\nduration-s = 2.0\n\
    ego.speed-kph = 60.0\n\
    [[fault]]\nid = \"timed\"\ntarget = \"radar\"\nat-s = 1.0\ninject.deadlock = {}\n\
    [[fault]]\nid = \"hand\"\ntarget = \"radar\"\nwhen.by-hand = {}\ninject.deadlock = {}\n";
const S: u64 = 1_000_000_000;

fn state() -> State {
    State::new(&scenario::parse("n.toml", TWO_FAULTS).unwrap(), &BTreeMap::new())
}

fn note(state: &mut State, event: Event) -> Option<Change> {
    state.note(&Record { t_ns: 0, incarnation: 1, event })
}

#[test]
fn a_process_has_the_pid_of_its_incarnation_as_long_as_it_lives() {
    let mut state = state();
    let node = Node::Camera;
    assert_eq!(state.processes()[0], ("camera", "none", 0, 0, 0));
    for (incarnation, pid) in [(1, 40), (2, 41)] {
        note(&mut state, Event::Spawned { node, incarnation, pid, called_ns: 0 });
        let running = LifeState::Running;
        let change = note(&mut state, Event::StateChanged { node, incarnation, state: running });
        let told = Change::Process { name: "camera", state: "running", incarnation, pid };
        assert_eq!(change, Some(told));
    }
    note(&mut state, Event::Reacted { node, incarnation: 2, reaction: Reaction::Restart });
    note(&mut state, Event::Exited { node, incarnation: 1, status: 0 });
    assert_eq!(state.processes()[0], ("camera", "running", 2, 41, 1));
    note(&mut state, Event::Exited { node, incarnation: 2, status: 0 });
    note(&mut state, Event::StateChanged { node, incarnation: 2, state: LifeState::Down });
    assert_eq!(state.processes()[0], ("camera", "down", 2, 0, 1));
}

#[test]
fn what_is_sent_lost_and_refused_is_counted_by_stream() {
    let mut state = state();
    let stream = Node::Radar;
    note(&mut state, Event::SequenceGap { stream, first: 3, count: 4 });
    note(&mut state, Event::RadarSent { cycle: 1, captured_ns: 0, detections: 0 });
    note(&mut state, Event::FrameOverrun { frame: 1 });
    let counters = state.counters();
    let of = |name| counters[name];
    assert_eq!([of("radar-missing"), of("radar-sent"), of("frames-not-sent")], [4, 1, 1]);
    assert_eq!([of("frames-sent"), of("events")], [0, 3]);
}

#[test]
fn a_fault_is_injected_once_and_only_during_the_schedule() {
    let mut state = state();
    assert_eq!(state.inject("hand", 5 * S), Err(Refusal::TooEarly));
    note(&mut state, Event::RunStarted { t0_ns: 10 * S });
    assert_eq!(state.inject("hand", 9 * S), Err(Refusal::TooEarly));
    assert_eq!(state.inject("hand", 12 * S), Err(Refusal::TooLate));
    let (id, known) = ("x".to_owned(), "hand".to_owned());
    assert_eq!(state.inject("x", 11 * S), Err(Refusal::Unknown { id, known }));
    assert_eq!(state.inject("timed", 11 * S), Err(Refusal::NotByHand("timed".to_owned())));
    assert_eq!(state.by_hand(), ["hand"]);
    assert_eq!(state.inject("hand", 11 * S), Ok(1));
    assert_eq!(state.inject("hand", 11 * S), Err(Refusal::Again("hand".to_owned())));
    assert!(state.by_hand().is_empty());
    note(&mut state, Event::RunEnded { ending: Ending::Completed });
    assert_eq!(state.inject("hand", 11 * S), Err(Refusal::TooLate));
}
