//! What the scenario's faults do inside a node: [`Faults`], and the [`Hits`] of one sample.
//!
//! Which of them act now, the `fault` crate decides; what they then do stands here, one file for each
//! place where they act. Whoever acts tells the record what it did, in the unit that the catalogue
//! names.
//!
//! - `start`: before the process is ready
//! - `process`: to the process as a whole, in the middle of its work
//! - `step`: to each step of it
//! - `content`: to what a sample says, before it is protected
//! - `outbox`: to a protected sample on its way to its channel

pub(super) mod outbox;
pub(super) mod start;
pub(super) mod step;

mod content;
mod process;

use super::runtime::Runtime;
use channel::arming::ArmingView;
use fault::Injector;
use fault::act::{PublishStep, SampleFault};
use std::os::fd::OwnedFd;
use wire::Event;
use wire::event::Proof;

/// `SIGKILL`, by which a process ends itself at once.
const SIGKILL: u64 = 9;

/// The faults of one incarnation, and what they hold on to.
#[derive(Debug)]
pub(super) struct Faults {
    pub(super) injector: Injector,
    arming: ArmingView,
    /// Memory that others have mapped, too.
    shared: Option<OwnedFd>,
    /// Descriptors that a leak keeps open.
    leaked: Vec<OwnedFd>,
}

impl Faults {
    pub(super) fn new(injector: Injector, arming: ArmingView) -> Faults {
        Faults { injector, arming, shared: None, leaked: Vec::new() }
    }

    /// Hands over the memory that a fault may try to shrink under those who share it.
    pub(super) fn shares(&mut self, memory: OwnedFd) {
        self.shared = Some(memory);
    }

    /// Lets the faults begin that the watchdog says have begun.
    pub(super) fn begin_armed(&mut self) {
        begin_armed(&mut self.injector, &self.arming);
    }

    /// The faults that hit the sample `item` that was due at `due_ns` of the schedule.
    pub(super) fn hits(&self, due_ns: u64, item: u64) -> Hits {
        let faults = self.injector.sample_faults(due_ns, item);
        let hits = faults.map(|(fault, what, since_ns)| Hit { fault, what, since_ns });
        Hits { item, hits: hits.collect() }
    }
}

fn begin_armed(injector: &mut Injector, arming: &ArmingView) {
    let begun = injector.awaited();
    let begun = begun.filter_map(|fault| Some((fault, arming.start_ns(fault as usize)?)));
    for (fault, start_ns) in begun.collect::<Vec<_>>() {
        injector.begin(fault, start_ns);
    }
}

/// A fault that hits a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hit {
    /// Its index in the plan.
    pub(super) fault: u32,
    pub(super) what: SampleFault,
    /// Time from its beginning to when the sample was due.
    pub(super) since_ns: u64,
}

/// The faults that hit one sample, in the order of the plan.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hits {
    /// The sample's place in the schedule.
    pub(super) item: u64,
    pub(super) hits: Vec<Hit>,
}

impl Hits {
    /// The faults that do this to the sample.
    pub(super) fn by(&self, what: SampleFault) -> impl Iterator<Item = u32> {
        self.hits.iter().filter(move |hit| hit.what == what).map(|hit| hit.fault)
    }

    /// Whether a fault does this to the sample.
    pub(super) fn has(&self, what: SampleFault) -> bool {
        self.by(what).next().is_some()
    }
}

impl Runtime {
    /// Tells that a fault acted on a sample or a step, and how much.
    pub(super) fn tell_acted(&mut self, fault: u32, item: u64, value: u64) {
        self.events.tell(Event::Applied { fault, proof: Proof::Acted, item, value });
    }

    /// The number that the sample carries.
    pub(super) fn number(&mut self, hits: &Hits) -> u64 {
        let skips = hits.hits.iter().filter_map(|hit| match hit.what {
            SampleFault::SkipNumbers(by) => Some((hit.fault, u64::from(by))),
            _ => None,
        });
        let by = skips.clone().map(|(_, by)| by).sum();
        // Each record tells the whole skip, so that any of them explains the number.
        skips.for_each(|(fault, _)| self.tell_acted(fault, hits.item, by));
        hits.item + by
    }

    /// Ends the process if a fault says so at this moment of a publication.
    pub(super) fn reach(&mut self, step: PublishStep, hits: &Hits) {
        if let Some(fault) = hits.by(SampleFault::DieAt(step)).next() {
            let (proof, item) = (Proof::EndedBySignal, hits.item);
            self.events.tell(Event::Applied { fault, proof, item, value: SIGKILL });
            sys::crash::kill_self();
        }
    }
}
