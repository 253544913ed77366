//! Tests of assaults on a process that is not ours, with hogs that do nothing and end at once.

use super::*;
use crate::links;
use fault::injector::draw;
use scenario::Plan;
use sys::capability::{Capability, missing};
use sys::process::spawn;

const VICTIM: Victim = Victim { node: Node::Radar, incarnation: 1 };

/// A victim, and what it is assaulted with. Dropped, the victim is gone.
struct Rig {
    victim: Child,
    plan: Plan,
    link: Link,
}

impl Rig {
    fn new() -> Rig {
        let text = "schema = 1\nname = \"a\"\nduration-s = 1.0\nego.speed-kph = 1.0\n";
        let plan = scenario::parse("test", text).unwrap();
        let link = Link::create(links::radar_messages(&plan)).unwrap();
        let victim = spawn(Path::new("/bin/sleep"), &["100"], &[]).unwrap();
        Rig { victim, plan, link }
    }

    fn begin(
        &self,
        assaults: &mut Assaults,
        (fault, what): (u32, Outside),
        change: impl Fn(&mut Means<'_>),
    ) -> Result<Option<u64>, AssaultError> {
        let placing = Placing::new(&self.plan);
        let mut means = Means {
            program: Path::new("/bin/true"),
            victim: Some((&self.victim, VICTIM)),
            is_stopped: false,
            target: Some(VICTIM.node),
            placing: &placing,
            device: None,
            link: &self.link,
            bus: None,
            draw: draw(7, fault, 0),
        };
        change(&mut means);
        assaults.begin(fault, what, means)
    }

    fn end(&self, assaults: &mut Assaults, fault: u32) {
        assaults.end(fault, Some((&self.victim, VICTIM))).unwrap();
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.victim.kill().unwrap();
        self.victim.reap().unwrap();
    }
}

#[test]
fn a_victim_has_its_processors_again_when_the_last_fault_that_starves_it_is_over() {
    let (rig, mut assaults) = (Rig::new(), Assaults::default());
    let before = rig.victim.affinity().unwrap();
    for fault in [0, 1] {
        rig.begin(&mut assaults, (fault, Outside::Starve(50.0)), |_| ()).unwrap();
    }
    let one = [*before.last().unwrap()];
    assert_eq!(rig.victim.affinity().unwrap(), one);
    rig.end(&mut assaults, 0);
    assert_eq!(rig.victim.affinity().unwrap(), one, "the other one starves it still");
    rig.end(&mut assaults, 1);
    assert_eq!(rig.victim.affinity().unwrap(), before);
}

#[test]
fn a_victim_keeps_its_processors_where_nobody_can_be_started_to_starve_it() {
    let (rig, mut assaults) = (Rig::new(), Assaults::default());
    let before = rig.victim.affinity().unwrap();
    let without = |means: &mut Means<'_>| means.program = Path::new("/no/such/program");
    let begun = rig.begin(&mut assaults, (0, Outside::Starve(50.0)), without);
    assert!(matches!(begun, Err(AssaultError::Refused(_))), "{begun:?}");
    assert_eq!(rig.victim.affinity().unwrap(), before);
}

#[test]
fn a_victim_whose_bits_are_flipped_goes_on_unless_another_fault_stops_it() {
    let (rig, mut assaults) = (Rig::new(), Assaults::default());
    let flip = (0, Outside::FlipMemory(Region::Stack, 1));
    let state = || rig.victim.usage().unwrap().state;
    for is_stopped in [false, true] {
        if is_stopped {
            rig.victim.stop().unwrap();
        }
        let flipped = rig.begin(&mut assaults, flip, |means| means.is_stopped = is_stopped);
        match flipped {
            Ok(bits) => assert_eq!(bits, Some(1)),
            Err(error) => assert!(missing(Capability::Ptrace).is_some(), "{error}"),
        }
        assert_eq!(state() == RunState::Stopped, is_stopped);
    }
}

#[test]
fn one_fault_that_cannot_be_ended_keeps_no_other_from_it() {
    let (rig, mut assaults) = (Rig::new(), Assaults::default());
    let off = OffBus { interface: "no-such-bus".to_owned() };
    let hold = Hold::OffBus(Rc::new(off), now_ns());
    assaults.lasting.push(Lasting { fault: 0, victim: None, hold });
    rig.begin(&mut assaults, (1, Outside::Load(LoadHow::Cpu, 1)), |_| ()).unwrap();
    let (told, ended) = assaults.end_all();
    assert!(ended.is_err());
    assert!(matches!(told[..], [Event::Applied { fault: 1, .. }]), "{told:?}");
    assert!(assaults.lasting.is_empty());
}
