//! Placing the watchdog itself and everyone whom it starts, and looking what came of it.

use super::{RunError, Watchdog, kernel};
use crate::placing::{Placed, class};
use scenario::Plan;
use sys::sched::{Class, Placement};
use wire::event::Scheduling;
use wire::{Node, Source};

/// The class of the calling thread for the time of a run.
///
/// Its helpers (probes, mourners, a bus) get its class by inheritance. A deadline is not inherited:
/// they get real time at the priority that the watchdog would have, and it takes its deadline last.
pub(super) struct OwnClass {
    before: Placement,
    given: Result<(), std::io::Error>,
    locked: bool,
}

impl OwnClass {
    /// Takes the class for the helpers.
    pub(super) fn take(plan: &Plan) -> Result<OwnClass, RunError> {
        let before = Placement::current().map_err(kernel("look at its own class"))?;
        let own = match plan.scheduling(Source::Watchdog) {
            Scheduling::Deadline { .. } => {
                let priority = plan.board.placement(Source::Watchdog).priority;
                Class::Fifo { priority }
            }
            asked => class(asked),
        };
        Ok(OwnClass { before, given: own.give_to(0), locked: false })
    }

    /// Class of the processes in words, for the header.
    pub(super) fn words(&self, plan: &Plan) -> String {
        if !plan.host.realtime {
            return "SCHED_OTHER, as the scenario asks".to_owned();
        }
        if let Err(refused) = &self.given {
            return format!("SCHED_OTHER: real time refused: {refused}");
        }
        let of = |node: Node| plan.scheduling(Source::Node(node)).to_string();
        let nodes = Node::ALL.map(of);
        let all_alike = nodes.iter().all(|it| *it == nodes[0]);
        let nodes = if all_alike {
            nodes[0].clone()
        } else {
            Node::ALL.map(|node| format!("{node} {}", nodes[node.index()])).join(", ")
        };
        let watchdog = plan.scheduling(Source::Watchdog).to_string();
        let prefix = if all_alike { "SCHED_FIFO " } else { "" };
        format!("{nodes} (watchdog {})", watchdog.trim_start_matches(prefix))
    }

    /// Locks the memory of the watchdog, if the board file asks for it.
    fn lock_memory(&mut self, plan: &Plan) {
        let wanted = plan.board.placement(Source::Watchdog).lock_memory;
        // Whether it is locked is read back.
        self.locked = wanted && sys::memory::lock().is_ok();
    }

    /// Comes back to what was before the run.
    pub(super) fn restore(&self) -> Result<(), RunError> {
        let unlock = || sys::memory::unlock().map_err(kernel("unlock its memory"));
        let unlocked = if self.locked { unlock() } else { Ok(()) };
        unlocked.and(self.before.restore().map_err(kernel("leave the real-time class")))
    }
}

impl Watchdog<'_> {
    /// Places the watchdog: after all its helpers were started, before anybody else is.
    pub(super) fn place_itself(&mut self, own: &mut OwnClass) -> Result<(), RunError> {
        own.lock_memory(self.plan);
        // Its first thread is the calling one.
        let mut placed = self.placing.ask(Source::Watchdog, 1, std::process::id());
        self.look_at_placed(&mut placed)
    }

    /// Keeps somebody who was placed, to be looked at.
    pub(super) fn keep_placed(&mut self, placed: Placed) -> Result<(), RunError> {
        self.check_placed(&placed)?;
        self.placing.keep(placed);
        Ok(())
    }

    /// Looks at those who have attached since the last look.
    pub(super) fn look_at_attached(&mut self) -> Result<(), RunError> {
        let plant_is_ready = self.plant_is_ready();
        let (children, resources) = (&self.children, &self.resources);
        let attached = self.placing.take(|it| match it.source {
            Source::Node(node) => children
                .seat(node, it.of)
                .is_none_or(|seat| resources.monitor(seat).last(it.of).is_some()),
            Source::Plant => plant_is_ready,
            Source::Watchdog | Source::Stimulus => true,
        });
        for mut placed in attached {
            self.look_at_placed(&mut placed)?;
        }
        Ok(())
    }

    fn look_at_placed(&mut self, placed: &mut Placed) -> Result<(), RunError> {
        for event in self.placing.found(placed) {
            self.events.tell(event);
        }
        self.check_placed(placed)
    }

    fn check_placed(&self, placed: &Placed) -> Result<(), RunError> {
        // A run that has begun is not ended for it.
        if self.t0_ns.is_none() {
            self.placing.check(placed)?;
        }
        Ok(())
    }
}
