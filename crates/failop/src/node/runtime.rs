//! What every node has in common: [`Runtime`] attaches it, paces it, shows its life.
//!
//! The logic of a node knows nothing of this, nor of the scenario's faults: it is asked for an output,
//! and what happens to it then happens in `faults`.

use super::START_LOOK_NS;
use super::ego::{Ego, Seen};
use super::faults::{Faults, start};
use super::signals::Signals;
use super::take;
use anyhow::Context;
use channel::arming::ArmingView;
use channel::doorbell::Doorbell;
use channel::events::EventWriter;
use channel::heartbeat::Beater;
use channel::link::Inlet;
use channel::start::StartView;
use channel::status::StatusView;
use fault::{Injector, Need};
use scenario::Plan;
use std::os::fd::{AsFd, RawFd};
use supervisor::Boot;
use sys::clock::now_ns;
use wire::checkpoint::Graph;
use wire::event::Detector;
use wire::{Checkpoint, Event, Node, Source};
use world::EgoState;

/// Signs of life per heartbeat timeout: three may be late before the watchdog acts.
const BEATS_PER_TIMEOUT: u64 = 4;
/// How long a process fault waits for a process that has nothing to work on.
const IDLE_STRIKE_NS: u64 = 100_000_000;
/// What a process returns that may not write any more.
const NOT_PERMITTED_EXIT_CODE: i32 = 70;

/// A process that has its common parts and not yet those of its role.
#[derive(Debug)]
pub(super) struct Attaching {
    /// The scenario.
    pub(super) plan: Plan,
    node: Node,
    incarnation: u32,
    started_ns: u64,
    events: EventWriter,
    beater: Beater,
    doorbell: Doorbell,
    start: StartView,
    arming: ArmingView,
    lacking: Vec<Need>,
    status: StatusView,
    way: Option<RawFd>,
    signals: Signals,
}

impl Attaching {
    /// Attaches to everything that all nodes have.
    pub(super) fn new(boot: Boot, started_ns: u64) -> anyhow::Result<Attaching> {
        let Boot { node, incarnation, descriptors, plan, lacking, .. } = boot;
        let events = EventWriter::attach(take(descriptors.events, "the event ring")?, incarnation)?;
        let beater = Beater::attach(take(descriptors.heartbeat, "the heartbeat page")?)?;
        beater.hold().context("robust list")?;
        super::lock_memory(&plan, Source::Node(node));
        let signals = Signals::take().context("signals")?;
        sys::process::set_name(&format!("failop-{node}")).context("process name")?;
        sys::sched::set_precise_timers().context("timer slack")?;
        sys::crash::disable_core_files().context("core files")?;
        sys::crash::die_of_memory_signals().context("default signal actions")?;
        Ok(Attaching {
            node,
            incarnation,
            started_ns,
            events,
            beater,
            doorbell: super::doorbell(&descriptors.doorbell)?,
            start: StartView::attach(take(descriptors.start, "the start page")?)?,
            arming: ArmingView::attach(take(descriptors.arming, "the arming page")?)?,
            lacking,
            status: StatusView::attach(take(descriptors.status, "the status page")?)?,
            way: descriptors.way,
            signals,
            plan,
        })
    }

    /// Where the ego car is.
    pub(super) fn ego(&self) -> anyhow::Result<Ego> {
        Ego::attach(self.way, self.plan.traffic.ego.speed_mps)
    }

    /// Lets what comes by this link wake the process, if the link can do that by itself.
    pub(super) fn listen(&mut self, inlet: &Inlet) -> anyhow::Result<()> {
        if let Some(descriptor) = inlet.descriptor() {
            self.doorbell.listen(descriptor).context("listen to a link")?;
        }
        Ok(())
    }

    /// Whether the process must not write yet: another incarnation does.
    pub(super) fn stands_by(&self) -> bool {
        !self.status.permits(self.node, self.incarnation)
    }

    /// Whether nobody had its part before.
    pub(super) fn is_first(&self) -> bool {
        self.incarnation == 1
    }

    /// Says that the process is ready, and waits until it may write and the schedule has started.
    pub(super) fn ready(mut self) -> Runtime {
        if let Some(t0_ns) = self.start.t0_ns().filter(|t0_ns| *t0_ns <= now_ns()) {
            let mut injector = self.injector(t0_ns, self.started_ns);
            start::fail(&mut injector, &self.arming, t0_ns, &mut self.events);
        }
        let attached_ns = now_ns();
        self.beater.ready(self.incarnation, attached_ns);
        // Whoever comes later is born to the schedule when it may write.
        let mut born_ns = self.started_ns;
        while self.stands_by() {
            self.signals.heed(None);
            let now = now_ns();
            self.beater.beat(now);
            let writer = self.status.node(self.node).writer;
            if writer != self.incarnation {
                self.status.wait(self.node, writer, now + self.beat_period_ns());
            }
            born_ns = now_ns();
        }
        // The event ring is its predecessor's up to here.
        self.events.tell_at(self.started_ns, Event::Started { pid: std::process::id() });
        self.events.tell_at(attached_ns, Event::Attached {});
        let t0_ns = loop {
            let seen = self.doorbell.count();
            self.signals.heed(Some(&mut self.events));
            let now = now_ns();
            self.beater.beat(now);
            let t0_ns = self.start.t0_ns().unwrap_or(u64::MAX);
            if t0_ns <= now {
                break t0_ns;
            }
            self.doorbell.wait(seen, t0_ns.min(now + self.beat_period_ns().min(START_LOOK_NS)));
        };
        let planned_timeout_ns = self.planned_timeout_ns();
        Runtime {
            node: self.node,
            incarnation: self.incarnation,
            faults: Faults::new(self.injector(t0_ns, born_ns), self.arming),
            disabled: self.plan.disabled,
            events: self.events,
            status: self.status,
            t0_ns,
            beater: self.beater,
            doorbell: self.doorbell,
            signals: self.signals,
            item: 0,
            planned_timeout_ns,
        }
    }

    /// The heartbeat timeout of the scenario.
    fn planned_timeout_ns(&self) -> u64 {
        self.plan.supervision[self.node.index()].heartbeat_timeout_ns
    }

    /// How often it shows life.
    fn beat_period_ns(&self) -> u64 {
        beat_period_ns(&self.status, self.node, self.planned_timeout_ns())
    }

    /// The faults of this incarnation, born at `born_ns` to a schedule that starts at `t0_ns`.
    fn injector(&self, t0_ns: u64, born_ns: u64) -> Injector {
        let Plan { faults, seed, .. } = &self.plan;
        Injector::new(faults, self.node, *seed, born_ns.saturating_sub(t0_ns), &self.lacking)
    }
}

/// A process at work. Times are nanoseconds from the start of the schedule unless they are called
/// absolute.
#[derive(Debug)]
pub(super) struct Runtime {
    node: Node,
    disabled: Vec<Detector>,
    /// Its number, from 1.
    pub(super) incarnation: u32,
    /// Where it tells what happens.
    pub(super) events: EventWriter,
    /// What the watchdog says of everyone.
    pub(super) status: StatusView,
    /// What the scenario does to it.
    pub(super) faults: Faults,
    /// Where it shows life.
    pub(super) beater: Beater,
    /// The heartbeat timeout of the scenario.
    planned_timeout_ns: u64,
    /// Absolute start of the schedule.
    t0_ns: u64,
    doorbell: Doorbell,
    signals: Signals,
    /// What the step in hand works on.
    pub(super) item: u64,
}

impl Runtime {
    /// Time since the start of the schedule.
    pub(super) fn now_ns(&self) -> u64 {
        now_ns() - self.t0_ns
    }

    /// The time from the start of an absolute time; `None` before the start.
    pub(super) fn since_start_ns(&self, absolute_ns: u64) -> Option<u64> {
        absolute_ns.checked_sub(self.t0_ns)
    }

    /// The absolute time of a time from the start.
    pub(super) fn absolute_ns(&self, since_start_ns: u64) -> u64 {
        self.t0_ns.saturating_add(since_start_ns)
    }

    /// Where the ego is when a sample is due. A plant that has not come so far makes the sample untrue,
    /// and is told.
    pub(super) fn ego_at(&mut self, ego: &mut Ego, due_ns: u64, item: u64) -> EgoState {
        let Seen { state, behind_ns } = ego.at(due_ns);
        if let Some(behind_ns) = behind_ns {
            self.events.tell(Event::PlantBehind { item, behind_ns });
        }
        state
    }

    /// Whether the scenario leaves this detector on.
    pub(super) fn watches(&self, detector: Detector) -> bool {
        !self.disabled.contains(&detector)
    }

    /// Says that a step has come this far.
    pub(super) fn pass(&self, checkpoint: Checkpoint) {
        let now = now_ns();
        self.beater.pass(self.incarnation, checkpoint, now);
        if Graph::of(self.node).ends_at(checkpoint) {
            let at_s = now.saturating_sub(self.t0_ns) as f64 * 1e-9;
            let who = format_args!("{} #{}", self.node, self.incarnation);
            let step = format_args!("{at_s:.6} s {who}: {checkpoint:?} {}", self.item);
            self.signals.debug(step);
        }
    }

    /// Ends the process if another incarnation may write: asked before each write to a channel.
    pub(super) fn insist(&self) {
        if !self.status.permits(self.node, self.incarnation) {
            std::process::exit(NOT_PERMITTED_EXIT_CODE);
        }
    }

    /// How often it shows life.
    pub(super) fn beat_period_ns(&self) -> u64 {
        beat_period_ns(&self.status, self.node, self.planned_timeout_ns)
    }

    /// How often the doorbell has rung: read it before looking at the inputs.
    pub(super) fn rings(&self) -> u32 {
        self.doorbell.count()
    }

    /// Lets the next [`pause`](Self::pause) return at once: there is more to do.
    pub(super) fn nudge(&self) {
        self.doorbell.ring();
    }

    /// Lets a descriptor that becomes readable wake the process. Not before it is ready: until then nobody
    /// takes what comes.
    pub(super) fn hear(&mut self, fd: impl AsFd) -> anyhow::Result<()> {
        self.doorbell.listen(fd.as_fd()).context("listen to a device").map(drop)
    }

    /// Lets no descriptor wake the process any more.
    pub(super) fn hear_no_more(&mut self) {
        self.doorbell.listen_no_more();
    }

    /// Sleeps until the doorbell has rung again after `seen` or `deadline_ns` has come; meanwhile
    /// shows life, and does what signals ask. An error is one that a fault makes.
    pub(super) fn pause(&mut self, seen: u32, deadline_ns: u64) -> anyhow::Result<()> {
        loop {
            self.signals.heed(Some(&mut self.events));
            self.faults.begin_armed();
            if self.idle_strike_ns() <= self.now_ns() {
                self.suffer()?;
            }
            let now = now_ns();
            self.beater.beat(now);
            let deadline = self.absolute_ns(deadline_ns);
            if now >= deadline || self.doorbell.count() != seen {
                return Ok(());
            }
            let strike = self.absolute_ns(self.idle_strike_ns());
            self.doorbell.wait(seen, deadline.min(now + self.beat_period_ns()).min(strike));
        }
    }

    /// When a process fault strikes a process that has nothing to work on.
    fn idle_strike_ns(&self) -> u64 {
        let due_ns = self.faults.injector.next_process_fault_ns(self.now_ns());
        due_ns.map_or(u64::MAX, |due| due.saturating_add(IDLE_STRIKE_NS))
    }
}

/// How often a node shows life, by the heartbeat timeout that holds.
fn beat_period_ns(status: &StatusView, node: Node, planned_timeout_ns: u64) -> u64 {
    status.heartbeat_timeout_ns(node).unwrap_or(planned_timeout_ns) / BEATS_PER_TIMEOUT
}
