//! What every node has in common: [`Runtime`] attaches it, paces it, shows its life, and lets the
//! scenario's faults act between its output and its channel.
//!
//! The logic of a node knows nothing of this: it is asked for an output, and what happens to it then
//! happens here.

use super::take;
use anyhow::Context;
use channel::arming::ArmingView;
use channel::doorbell::Doorbell;
use channel::events::EventWriter;
use channel::heartbeat::Beater;
use channel::start::StartView;
use channel::status::StatusView;
use fault::act::{CrashHow, Damage, ProcessFault, SampleFault, StepFault};
use fault::{Injector, Need};
use scenario::Plan;
use supervisor::Boot;
use sys::clock::{now_ns, sleep_until};
use wire::event::{Detector, Proof};
use wire::{Checkpoint, Event, Node};

/// Signs of life per heartbeat timeout: three may be late before the watchdog acts.
const BEATS_PER_TIMEOUT: u64 = 4;
/// How often a process that is ready looks whether the start is decided.
const START_LOOK_NS: u64 = 5_000_000;
/// How long a process fault waits for a process that has nothing to work on.
const IDLE_STRIKE_NS: u64 = 100_000_000;
/// What a process returns that may not write any more.
const NOT_PERMITTED_EXIT_CODE: i32 = 70;
/// What a panic of the main thread returns to the parent (Rust's runtime).
const PANIC_EXIT_CODE: u64 = 101;

/// What becomes of a sample on its way to its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is handed over.
    Now,
    /// It is handed over this much later.
    Later(u64),
    /// It is withheld.
    Never,
}

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
}

impl Attaching {
    /// Attaches to everything that all nodes have.
    pub(super) fn new(boot: Boot, started_ns: u64) -> anyhow::Result<Attaching> {
        let Boot { node, incarnation, descriptors, plan, lacking, .. } = boot;
        let events = EventWriter::attach(take(descriptors.events, "the event ring")?, incarnation)?;
        let beater = Beater::attach(take(descriptors.heartbeat, "the heartbeat page")?)?;
        beater.hold().context("robust list")?;
        if let Some(priority) = boot.realtime_priority {
            sys::sched::set_realtime(priority).context("real-time class")?;
        }
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
            doorbell: Doorbell::attach(take(descriptors.doorbell, "the doorbell")?)?,
            start: StartView::attach(take(descriptors.start, "the start page")?)?,
            arming: ArmingView::attach(take(descriptors.arming, "the arming page")?)?,
            lacking,
            status: StatusView::attach(take(descriptors.status, "the status page")?)?,
            plan,
        })
    }

    /// Whether the process must not write yet: another incarnation does.
    pub(super) fn stands_by(&self) -> bool {
        !self.status.permits(self.node, self.incarnation)
    }

    /// Says that the process is ready, and waits until it may write and the schedule has started.
    pub(super) fn ready(mut self) -> Runtime {
        let attached_ns = now_ns();
        self.beater.ready(self.incarnation, attached_ns);
        let timeout_ns = self.plan.supervision[self.node.index()].heartbeat_timeout_ns;
        let beat_period_ns = timeout_ns / BEATS_PER_TIMEOUT;
        // Whoever comes later is born to the schedule when it may write.
        let mut born_ns = self.started_ns;
        while self.stands_by() {
            let now = now_ns();
            self.beater.beat(now);
            let writer = self.status.node(self.node).writer;
            if writer != self.incarnation {
                self.status.wait(self.node, writer, now + beat_period_ns);
            }
            born_ns = now_ns();
        }
        // The event ring is its predecessor's up to here.
        self.events.tell_at(self.started_ns, Event::Started { pid: std::process::id() });
        self.events.tell_at(attached_ns, Event::Attached {});
        let t0_ns = loop {
            let seen = self.doorbell.count();
            let now = now_ns();
            self.beater.beat(now);
            let t0_ns = self.start.t0_ns().unwrap_or(u64::MAX);
            if t0_ns <= now {
                break t0_ns;
            }
            self.doorbell.wait(seen, t0_ns.min(now + beat_period_ns.min(START_LOOK_NS)));
        };
        let born_ns = born_ns.saturating_sub(t0_ns);
        let Plan { faults, seed, .. } = &self.plan;
        let injector = Injector::new(faults, self.node, *seed, born_ns, &self.lacking);
        Runtime {
            node: self.node,
            disabled: self.plan.disabled,
            incarnation: self.incarnation,
            events: self.events,
            status: self.status,
            t0_ns,
            injector,
            arming: self.arming,
            beater: self.beater,
            doorbell: self.doorbell,
            beat_period_ns,
        }
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
    /// Absolute start of the schedule.
    t0_ns: u64,
    injector: Injector,
    arming: ArmingView,
    beater: Beater,
    doorbell: Doorbell,
    beat_period_ns: u64,
}

impl Runtime {
    /// Time since the start of the schedule.
    pub(super) fn now_ns(&self) -> u64 {
        now_ns() - self.t0_ns
    }

    /// The absolute time of a time from the start.
    pub(super) fn absolute_ns(&self, since_start_ns: u64) -> u64 {
        self.t0_ns.saturating_add(since_start_ns)
    }

    /// Whether the scenario leaves this detector on.
    pub(super) fn watches(&self, detector: Detector) -> bool {
        !self.disabled.contains(&detector)
    }

    /// Says that a step has come this far.
    pub(super) fn pass(&self, checkpoint: Checkpoint) {
        self.beater.pass(self.incarnation, checkpoint, now_ns());
    }

    /// Ends the process if another incarnation may write: asked before each write to a channel.
    pub(super) fn insist(&self) {
        if !self.status.permits(self.node, self.incarnation) {
            std::process::exit(NOT_PERMITTED_EXIT_CODE);
        }
    }

    /// How often the doorbell has rung: read it before looking at the inputs.
    pub(super) fn rings(&self) -> u32 {
        self.doorbell.count()
    }

    /// Lets the next [`pause`](Self::pause) return at once: there is more to do.
    pub(super) fn nudge(&self) {
        self.doorbell.ring();
    }

    /// Sleeps until the doorbell has rung again after `seen` or `deadline_ns` has come; meanwhile
    /// shows life.
    pub(super) fn pause(&mut self, seen: u32, deadline_ns: u64) {
        loop {
            self.begin_armed();
            if self.idle_strike_ns() <= self.now_ns() {
                self.suffer();
            }
            let now = now_ns();
            self.beater.beat(now);
            let deadline = self.absolute_ns(deadline_ns);
            if now >= deadline || self.doorbell.count() != seen {
                return;
            }
            let strike = self.absolute_ns(self.idle_strike_ns());
            self.doorbell.wait(seen, deadline.min(now + self.beat_period_ns).min(strike));
        }
    }

    /// Lets the faults begin that the watchdog says have begun.
    fn begin_armed(&mut self) {
        let arming = &self.arming;
        let begun = self.injector.awaited();
        let begun = begun.filter_map(|fault| Some((fault, arming.start_ns(fault as usize)?)));
        for (fault, start_ns) in begun.collect::<Vec<_>>() {
            self.injector.begin(fault, start_ns);
        }
    }

    /// When a process fault strikes a process that has nothing to work on.
    fn idle_strike_ns(&self) -> u64 {
        let due_ns = self.injector.next_process_fault_ns(self.now_ns());
        due_ns.map_or(u64::MAX, |due| due.saturating_add(IDLE_STRIKE_NS))
    }

    /// Crashes or hangs if the scenario says so. Called in the middle of the work on a sample, a slot
    /// or a message in hand: code fails while it runs, not while it sleeps.
    pub(super) fn suffer(&mut self) {
        let Some((fault, what, for_ns)) = self.injector.process_fault(self.now_ns()) else {
            return;
        };
        match what {
            ProcessFault::Crash(how) => self.crash(fault, how),
            ProcessFault::Spin => {
                self.hang(fault, Proof::SeenSpinning, for_ns, sys::crash::spin_until);
            }
            ProcessFault::Block => self.hang(fault, Proof::SeenBlocked, for_ns, sleep_until),
            _ => {}
        }
    }

    fn crash(&mut self, fault: u32, how: CrashHow) {
        let (proof, value) = match how {
            CrashHow::Segfault => (Proof::EndedBySignal, 11),
            CrashHow::Abort => (Proof::EndedBySignal, 6),
            CrashHow::Panic => (Proof::EndedWithCode, PANIC_EXIT_CODE),
            _ => (Proof::EndedWithCode, 0),
        };
        self.events.tell(Event::Applied { fault, proof, item: 0, value });
        match how {
            CrashHow::Segfault => sys::crash::segfault(),
            CrashHow::Abort => std::process::abort(),
            // Unwinds like any panic, without a message on the user's terminal.
            CrashHow::Panic => std::panic::resume_unwind(Box::new("injected")),
            _ => std::process::exit(0),
        }
    }

    fn hang(&mut self, fault: u32, proof: Proof, for_ns: Option<u64>, hang_until: fn(u64)) {
        self.events.tell(Event::Applied { fault, proof, item: 0, value: 0 });
        hang_until(for_ns.map_or(u64::MAX / 2, |for_ns| now_ns() + for_ns));
        self.events.tell(Event::Resumed { fault });
    }

    /// Takes longer than it should, if the scenario says so.
    pub(super) fn dawdle(&mut self, item: u64) {
        let begun_ns = now_ns();
        let mut until_ns = begun_ns;
        for (fault, what, _) in self.injector.step_faults(begun_ns - self.t0_ns, item) {
            if let StepFault::Slow(extra_ns) = what {
                let proof = Proof::Acted;
                self.events.tell(Event::Applied { fault, proof, item, value: extra_ns });
                until_ns += extra_ns;
            }
        }
        if until_ns > begun_ns {
            sleep_until(until_ns);
        }
    }

    /// Whether samples must be kept for a fault that repeats or delays them.
    pub(super) fn keeps_samples(&self) -> bool {
        self.injector.keeps_samples() > 0
    }

    /// The faults that replace the content of the sample due at `due_ns` by that of the last one
    /// before them.
    pub(super) fn frozen_by(&self, due_ns: u64, item: u64) -> Vec<u32> {
        let faults = self.injector.sample_faults(due_ns, item);
        let frozen = faults.filter(|(_, what, _)| *what == SampleFault::Freeze);
        frozen.map(|(fault, ..)| fault).collect()
    }

    /// Tells that they did.
    pub(super) fn tell_frozen(&mut self, faults: &[u32], item: u64) {
        for &fault in faults {
            self.events.tell(Event::Applied { fault, proof: Proof::Acted, item, value: 1 });
        }
    }

    /// What becomes of the protected sample that was due at `due_ns`; flips its bits if it must.
    pub(super) fn tamper(&mut self, due_ns: u64, item: u64, sample: &mut [u8]) -> Fate {
        let faults: Vec<_> = self.injector.sample_faults(due_ns, item).collect();
        let mut fate = Fate::Now;
        for (fault, what, _) in faults {
            let value = match what {
                SampleFault::Drop => {
                    fate = Fate::Never;
                    1
                }
                SampleFault::Delay(by_ns) => {
                    fate = fate.later(by_ns);
                    by_ns
                }
                SampleFault::Damage(Damage::Bits(bits)) => {
                    fault::bytes::flip_bits(sample, bits, &mut self.injector.draw(fault, item))
                        .into()
                }
                _ => continue,
            };
            self.events.tell(Event::Applied { fault, proof: Proof::Acted, item, value });
        }
        fate
    }
}

impl Fate {
    fn later(self, by_ns: u64) -> Fate {
        match self {
            Fate::Now => Fate::Later(by_ns),
            Fate::Later(before_ns) => Fate::Later(before_ns + by_ns),
            Fate::Never => Fate::Never,
        }
    }
}
