//! Runs one scenario on real processes and real time: [`run`].
//!
//! One thread, one loop: wait for an end, a signal or a time; tell the policy; do what it says.

use crate::boot::{Boot, BootError};
use crate::hogs::HogError;
use crate::looks::{Looks, Victim};
use crate::outside::{self, Assaults, Means};
use crate::policy::{Action, Policy, Seen};
use crate::probes::{Probes, Stall};
use crate::recorder::{Observation, Recorder};
use crate::resources::{ResourceError, Resources};
use crate::strikes::{Blow, Strike, Strikes};
use crate::triggers::Triggers;
use channel::AttachError;
use channel::events::EventWriter;
use crossbeam_channel::Sender;
use fault::Injector;
use fault::Need;
use fault::act::{Act, Outside};
use recording::writer::WriteError;
use recording::{Header, Writer, ring_file_name};
use scenario::Plan;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use sys::clock::now_ns;
use sys::poll::Poller;
use sys::process::{Child, Exit, RunState, Usage, spawn};
use sys::signals::StopSignals;
use wire::event::{Ending, Event, LifeState, Proof};
use wire::{Node, Source};

/// From the decision to start to frame 0: everyone has read the start by then.
const START_LEAD_NS: u64 = 50_000_000;
/// After the last due time, for the last samples to arrive.
const TAIL_NS: u64 = 150_000_000;
/// The watchdog looks at least this often at what no descriptor tells: heartbeats and probes.
const LOOK_PERIOD_NS: u64 = 20_000_000;
/// Lateness from which on the host counts as stalled: a third of a frame period at 30 FPS.
const STALL_NS: u64 = 10_000_000;
/// Time between two samples of what the processes use.
const USAGE_PERIOD_NS: u64 = 500_000_000;
/// From the first spawn to the start of the schedule: afterwards the processes count as unable to
/// start, however many restarts they have left.
const START_TIMEOUT_NS: u64 = 20_000_000_000;
/// Time between the request to end and the kill at the end of a run.
const STOP_TIMEOUT_NS: u64 = 500_000_000;
/// Real-time priority of the nodes; the watchdog stands above them.
const NODE_PRIORITY: u8 = 50;
const WATCHDOG_PRIORITY: u8 = 60;
/// Heap that supervision may need.
const HEAP_BYTES: usize = 256 << 10;
/// What a refusal without a number of its own counts as: an input/output error.
const EIO: i32 = 5;
/// Token of the stop signals; nodes have their index.
const STOP_TOKEN: u64 = Node::ALL.len() as u64;

/// What to run and where.
#[derive(Debug)]
pub struct Order<'a> {
    /// The scenario.
    pub plan: &'a Plan,
    /// The program to start as `program node <role> --boot <descriptor>`.
    pub program: &'a Path,
    /// The run directory; it must exist.
    pub directory: &'a Path,
    /// First entry of the recording; its scheduling class is filled in here.
    pub header: Header,
    /// Signals that end the run early.
    pub stop: &'a StopSignals,
    /// What this host cannot do: faults that need it are left out.
    pub lacking: &'a [Need],
    /// Who watches while it runs.
    pub observer: Option<Sender<Observation>>,
}

/// A run could not be carried out or recorded.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The shared resources could not be made.
    #[error(transparent)]
    Resources(#[from] ResourceError),
    /// A ring could not be mapped.
    #[error("cannot map an event ring")]
    Attach(#[from] AttachError),
    /// A process could not be told what to do.
    #[error("cannot prepare a process")]
    Boot(#[from] BootError),
    /// The recording could not be written.
    #[error(transparent)]
    Recording(#[from] WriteError),
    /// The kernel refused a call that must not fail.
    #[error("the kernel refused to {doing}")]
    Kernel {
        /// What was to be done.
        doing: &'static str,
        /// Why not.
        source: io::Error,
    },
}

fn kernel(doing: &'static str) -> impl Fn(io::Error) -> RunError {
    move |source| RunError::Kernel { doing, source }
}

/// Runs the scenario and returns why it ended; what happened stands in the recording.
///
/// Must be called on a thread that outlives the run: its end would kill the nodes.
pub fn run(mut order: Order<'_>) -> Result<Ending, RunError> {
    let realtime = order.plan.host.realtime.then(|| sys::sched::set_realtime(WATCHDOG_PRIORITY));
    order.header.host.scheduling = match &realtime {
        Some(Ok(())) => format!("SCHED_FIFO {NODE_PRIORITY} (watchdog {WATCHDOG_PRIORITY})"),
        Some(Err(refused)) => format!("SCHED_OTHER: real time refused: {refused}"),
        None => "SCHED_OTHER, as the scenario asks".to_owned(),
    };
    // First of all: it keeps other runs out of the directory, and replaces an old recording.
    let writer = Writer::create(order.directory, order.header)?;
    let resources = Resources::create(order.plan, order.directory)?;
    let fds = resources.rings.each_ref().map(|ring| ring.fd());
    let recorder = Recorder::start(fds, writer, order.observer)?;
    let poller = Poller::new().map_err(kernel("make an epoll set"))?;
    poller.add(order.stop, STOP_TOKEN).map_err(kernel("watch the stop signals"))?;
    sys::memory::touch_ahead(HEAP_BYTES).map_err(kernel("touch memory"))?;
    let mut watchdog = Watchdog {
        probes: Probes::start(STALL_NS),
        events: EventWriter::attach(resources.rings[Source::Watchdog.index()].fd(), 1)?,
        policy: Policy::new(&order.plan.supervision, now_ns()),
        strikes: Strikes::new(order.plan, order.lacking),
        triggers: Triggers::new(&order.plan.faults),
        lacking: order.lacking,
        children: Node::ALL.map(|_| None),
        looks: Looks::default(),
        assaults: Assaults::default(),
        directory: order.directory,
        recorder,
        spawned_first_ns: now_ns(),
        t0_ns: None,
        next_usage_ns: now_ns(),
        priority: matches!(realtime, Some(Ok(()))).then_some(NODE_PRIORITY),
        plan: order.plan,
        program: order.program,
        stop: order.stop,
        resources,
        poller,
    };
    watchdog.events.tell(Event::Started { pid: std::process::id() });
    let ended = watchdog.watch();
    let buried = watchdog.end_all();
    let result = watchdog.finish_recording();
    if realtime.is_some_and(|result| result.is_ok()) {
        sys::sched::set_normal().map_err(kernel("leave the real-time class"))?;
    }
    let ending = ended?;
    buried?;
    result?;
    for source in Source::ALL {
        std::fs::remove_file(order.directory.join(ring_file_name(source)))
            .map_err(kernel("remove a drained event ring"))?;
    }
    Ok(ending)
}

struct Watchdog<'a> {
    plan: &'a Plan,
    program: &'a Path,
    directory: &'a Path,
    recorder: Recorder,
    stop: &'a StopSignals,
    resources: Resources,
    poller: Poller,
    probes: Probes,
    events: EventWriter,
    policy: Policy,
    strikes: Strikes,
    triggers: Triggers,
    lacking: &'a [Need],
    children: [Option<Child>; Node::ALL.len()],
    looks: Looks,
    assaults: Assaults,
    spawned_first_ns: u64,
    t0_ns: Option<u64>,
    next_usage_ns: u64,
    priority: Option<u8>,
}

impl Watchdog<'_> {
    /// The loop, from the first spawn to the end of the schedule.
    fn watch(&mut self) -> Result<Ending, RunError> {
        let mut ready = Vec::new();
        loop {
            // What was to be done and seen before this moment comes before anyone is judged at it.
            self.strike_all_due()?;
            let now = now_ns();
            self.note_stalls(now);
            let actions = self.policy.on_time(now, self.beats());
            self.carry_out(actions)?;
            if let Some(ending) = self.ending(now) {
                self.events.tell(Event::RunEnded { ending });
                return Ok(ending);
            }
            self.sample_usage(now);
            let deadline = self.deadline_ns(now);
            self.poller.wait(deadline, &mut ready).map_err(kernel("wait"))?;
            for &token in &ready {
                if token == STOP_TOKEN {
                    if self.stop.arrived().map_err(kernel("read a signal"))? {
                        self.events.tell(Event::RunEnded { ending: Ending::Interrupted });
                        return Ok(Ending::Interrupted);
                    }
                } else if let Some(node) = Node::from_index(token as usize) {
                    self.reap(node)?;
                }
            }
        }
    }

    fn beats(&self) -> [Option<u64>; Node::ALL.len()] {
        Node::ALL
            .map(|node| self.resources.monitors[node.index()].last(self.policy.incarnation(node)))
    }

    fn ending(&mut self, now: u64) -> Option<Ending> {
        match self.t0_ns {
            Some(t0) => (now >= t0 + self.plan.duration_ns + TAIL_NS).then_some(Ending::Completed),
            None if self.policy.any_down() => Some(Ending::CannotStart),
            None if now > self.spawned_first_ns + START_TIMEOUT_NS => Some(Ending::CannotStart),
            None => {
                if self.policy.all_running() {
                    let t0_ns = now_ns() + START_LEAD_NS;
                    self.resources.start.announce(t0_ns);
                    self.t0_ns = Some(t0_ns);
                    self.events.tell(Event::RunStarted { t0_ns });
                }
                None
            }
        }
    }

    fn deadline_ns(&self, now: u64) -> u64 {
        let end = self.t0_ns.map(|t0| t0 + self.plan.duration_ns + TAIL_NS);
        let strike = self.t0_ns.zip(self.strikes.next_ns()).map(|(t0, at)| t0.saturating_add(at));
        [end, strike, Some(self.policy.deadline_ns()), Some(now + LOOK_PERIOD_NS)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(now)
    }

    fn note_stalls(&mut self, now: u64) {
        for Stall { due_ns, late_ns } in self.probes.ended() {
            self.events.tell(Event::HostStall { due_ns, late_ns });
            self.policy.on_stall(due_ns, due_ns + late_ns);
        }
        for Stall { due_ns, .. } in self.probes.lasting(now) {
            self.policy.on_stall(due_ns, now);
        }
    }

    fn carry_out(&mut self, actions: Vec<Action>) -> Result<(), RunError> {
        for action in actions {
            match action {
                Action::Tell(event) => self.tell(event),
                Action::Kill(node) => {
                    self.look_at_silent(node)?;
                    self.kill(node)?;
                }
                Action::Spawn(node, incarnation) => {
                    let seen = self.spawn(node, incarnation)?;
                    let more = self.policy.on_seen(seen, now_ns());
                    self.carry_out(more)?;
                }
            }
        }
        Ok(())
    }

    fn spawn(&mut self, node: Node, incarnation: u32) -> Result<Seen, RunError> {
        let (descriptors, mut fds) = self.resources.handed_down(node);
        let boot = Boot {
            node,
            incarnation,
            watchdog_pid: std::process::id(),
            realtime_priority: self.priority,
            descriptors,
            lacking: self.lacking.to_vec(),
            plan: self.plan.clone(),
        };
        let memory = boot.pack()?;
        fds.push(memory.fd());
        let number = std::os::fd::AsRawFd::as_raw_fd(&memory.fd()).to_string();
        let called_ns = now_ns();
        let arguments = ["node", node.name(), "--boot", &number];
        let failing = self.assaults.fails_to_spawn(node);
        let unfit = failing.map(|(_, how)| outside::unfit(how, self.directory));
        let program = unfit.as_ref().map_or(self.program, outside::Unfit::path);
        let spawned = spawn(program, &arguments, &fds);
        if let Some((fault, _)) = failing {
            let value = spawned.as_ref().err().and_then(io::Error::raw_os_error).unwrap_or(0);
            let (proof, value) = (Proof::Acted, value.unsigned_abs().into());
            self.events.tell(Event::Applied { fault, proof, item: 0, value });
        }
        match spawned {
            Ok(child) => {
                let pid = child.pid();
                self.tell(Event::Spawned { node, incarnation, pid, called_ns });
                self.poller.add(&child, node.index() as u64).map_err(kernel("watch a child"))?;
                self.children[node.index()] = Some(child);
                Ok(Seen::Spawned(node))
            }
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(0).cast_unsigned();
                self.events.tell(Event::SpawnFailed { node, incarnation, errno });
                Ok(Seen::SpawnFailed(node))
            }
        }
    }

    fn kill(&self, node: Node) -> Result<(), RunError> {
        match &self.children[node.index()] {
            Some(child) => child.kill().map_err(kernel("kill a child")),
            None => Ok(()),
        }
    }

    /// Buries `node` if it has ended, and starts its successor if the policy says so.
    fn reap(&mut self, node: Node) -> Result<(), RunError> {
        let Some(child) = &self.children[node.index()] else { return Ok(()) };
        let Some(exit) = child.try_reap().map_err(kernel("bury a child"))? else { return Ok(()) };
        self.poller.remove(child).map_err(kernel("forget a child"))?;
        self.children[node.index()] = None;
        self.resources.release(node);
        let told = self.assaults.victim_gone(node).map_err(kernel("look at a control group"))?;
        told.into_iter().for_each(|event| self.events.tell(event));
        let now = now_ns();
        let actions = self.policy.on_seen(Seen::Exited(node, status(exit)), now);
        self.carry_out(actions)
    }

    fn strike_all_due(&mut self) -> Result<(), RunError> {
        let Some(t0_ns) = self.t0_ns else { return Ok(()) };
        // Nothing strikes before the schedule has begun.
        while let Some(now) = now_ns().checked_sub(t0_ns) {
            let Some(strike) = self.strikes.take_due(now) else { break };
            self.strike(strike)?;
        }
        Ok(())
    }

    /// Writes an event into the record, and begins the faults that it sets off.
    fn tell(&mut self, event: Event) {
        self.events.tell(event);
        let Some(t0_ns) = self.t0_ns else { return };
        let Some(now) = now_ns().checked_sub(t0_ns) else { return };
        for (fault, start_ns) in self.triggers.on_event(&event, now) {
            let what = &self.plan.faults[fault as usize];
            if crate::strikes::is_possible(what, self.lacking) {
                self.resources.arming.begin(fault as usize, start_ns);
                self.strikes.begin(fault, what, start_ns);
                self.events.tell(Event::Armed { fault, at_ns: t0_ns + start_ns });
            }
        }
    }

    /// Completes the recording; a refusal that a fault brought about is that fault's evidence.
    fn finish_recording(self) -> Result<(), WriteError> {
        let Watchdog { recorder, mut events, plan, .. } = self;
        let result = recorder.finish();
        if let Err(WriteError::Io(error)) = &result {
            let full = Act::Outside(Outside::FullDisk);
            let faults = (0..).zip(&plan.faults).filter(|(_, it)| it.injection.act() == full);
            let value = error.raw_os_error().unwrap_or(0).unsigned_abs().into();
            for (fault, _) in faults {
                events.tell(Event::Applied { fault, proof: Proof::Acted, item: 0, value });
            }
        }
        result
    }

    fn strike(&mut self, Strike { fault, what, .. }: Strike) -> Result<(), RunError> {
        let target = self.plan.faults[fault as usize].target.node();
        match (what, target) {
            (Blow::Begin(outside), _) => self.assault(fault, outside, target),
            (Blow::End(outside), _) => self.relent(fault, outside, target),
            (Blow::LookStopped, Some(node)) => self.look_at_stopped(self.living(node)),
            (Blow::LookBefore, Some(node)) => {
                let victim = self.living(node);
                let Some(child) = &self.children[node.index()] else { return Ok(()) };
                let usage = child.usage().map_err(kernel("look at a child"))?;
                let lasts_ns = self.plan.faults[fault as usize].injection.duration_ns();
                let now = now_ns().saturating_sub(self.t0_ns.unwrap_or(0));
                let end_ns = lasts_ns.map(|lasts_ns| now.saturating_add(lasts_ns));
                self.looks.hanging(fault, end_ns, victim, usage);
                Ok(())
            }
            (Blow::AskToStop, Some(_node)) => Ok(()),
            (_, None) => Ok(()),
        }
    }

    /// Does from outside what a fault asks for.
    fn assault(&mut self, fault: u32, what: Outside, target: Option<Node>) -> Result<(), RunError> {
        let victim = target.map(|node| self.living(node));
        let child = target.and_then(|node| self.children[node.index()].as_ref());
        // A start can fail whether or not somebody lives.
        if target.is_some() && child.is_none() && !matches!(what, Outside::FailSpawn(_)) {
            self.events.tell(Event::NotInjected { fault, errno: 0 });
            return Ok(());
        }
        let incarnation = victim.map_or(0, |victim| victim.incarnation);
        self.events.tell(Event::Injecting { fault, incarnation });
        let done = match (what, child) {
            (Outside::Signal(signal), Some(child)) => {
                child.signal(signal.number()).map(|()| None).map_err(HogError::from)
            }
            (Outside::Stop, Some(child)) => {
                if let Some(victim) = victim {
                    self.looks.stopped(fault, victim);
                }
                child.stop().map(|()| None).map_err(HogError::from)
            }
            (Outside::Doze(by_ns), _) => {
                let begun_ns = now_ns();
                sys::clock::sleep_until(begun_ns + by_ns);
                Ok(Some(now_ns() - begun_ns))
            }
            (Outside::FullDisk, _) => {
                self.recorder.fill_disk();
                Ok(None)
            }
            _ => {
                let means = Means {
                    program: self.program,
                    victim: child.zip(victim),
                    target,
                    socket: self.resources.radar_end(),
                    draw: Injector::new(&[], Node::Camera, self.plan.seed, 0, &[]).draw(fault, 0),
                };
                self.assaults.begin(fault, what, means)
            }
        };
        match done {
            Ok(amount) => {
                let proof = Proof::Acted;
                if let Some(value) = amount {
                    self.events.tell(Event::Applied { fault, proof, item: 0, value });
                }
            }
            Err(HogError::Spawn(error)) => {
                let errno = error.raw_os_error().unwrap_or(EIO).cast_unsigned();
                self.events.tell(Event::NotInjected { fault, errno });
            }
            Err(HogError::Tally(error)) => return Err(error.into()),
        }
        Ok(())
    }

    /// Ends what an assault left in force.
    fn relent(&mut self, fault: u32, what: Outside, target: Option<Node>) -> Result<(), RunError> {
        if let (Outside::Stop, Some(node)) = (what, target) {
            let victim = self.living(node);
            self.look_at_stopped(victim)?;
            if let Some(free) = self.looks.lifted(fault, victim) {
                let child = self.children[node.index()].as_ref();
                if let Some(child) = child.filter(|_| free) {
                    child.resume().map_err(kernel("resume a child"))?;
                }
                self.events.tell(Event::Lifted { fault });
            }
            return Ok(());
        }
        let victim = target.map(|node| self.living(node));
        let child = target.and_then(|node| self.children[node.index()].as_ref());
        let told = self.assaults.end(fault, child.zip(victim)).map_err(kernel("end a fault"))?;
        told.into_iter().for_each(|event| self.events.tell(event));
        Ok(())
    }

    fn living(&self, node: Node) -> Victim {
        Victim { node, incarnation: self.policy.incarnation(node) }
    }

    fn look_at_stopped(&mut self, victim: Victim) -> Result<(), RunError> {
        self.look(victim, |looks, usage| looks.prove_stops(victim, usage.state))
    }

    /// A process is about to be killed for its silence.
    fn look_at_silent(&mut self, node: Node) -> Result<(), RunError> {
        let victim = self.living(node);
        let now = now_ns();
        let beat = self.resources.monitors[node.index()].last(victim.incarnation);
        let silent = now.saturating_sub(beat.unwrap_or(now));
        let times = (now.saturating_sub(self.t0_ns.unwrap_or(0)), silent);
        self.look(victim, |looks, usage| looks.prove_silent(victim, times, usage))
    }

    fn look(
        &mut self,
        victim: Victim,
        prove: impl FnOnce(&mut Looks, Usage) -> Vec<Event>,
    ) -> Result<(), RunError> {
        let Some(child) = &self.children[victim.node.index()] else { return Ok(()) };
        let usage = child.usage().map_err(kernel("look at a child"))?;
        for event in prove(&mut self.looks, usage) {
            self.events.tell(event);
        }
        Ok(())
    }

    fn sample_usage(&mut self, now: u64) {
        if now < self.next_usage_ns {
            return;
        }
        self.next_usage_ns = now + USAGE_PERIOD_NS;
        for node in Node::ALL {
            let usage = self.children[node.index()].as_ref().map(Child::usage);
            // A child that ends while it is looked at has no usage left to tell.
            if let Some(Ok(usage)) = usage {
                self.tell_usage(Source::Node(node), self.policy.incarnation(node), usage);
            }
        }
        if let Ok(usage) = sys::process::own_usage() {
            self.tell_usage(Source::Watchdog, 1, usage);
        }
    }

    fn tell_usage(&mut self, source: Source, of: u32, usage: Usage) {
        if usage.state == RunState::Ended {
            return;
        }
        self.events.tell(Event::Usage {
            source: source.index() as u32,
            of,
            user_us: usage.user_us,
            system_us: usage.system_us,
            faults: usage.minor_faults | usage.major_faults << 32,
            rss_kib: usage.rss_kib,
        });
    }

    /// Ends everyone who still lives: asks, waits, kills, buries.
    fn end_all(&mut self) -> Result<(), RunError> {
        for event in self.assaults.end_all().map_err(kernel("end a fault"))? {
            self.events.tell(event);
        }
        self.next_usage_ns = 0;
        self.sample_usage(now_ns());
        for node in Node::ALL {
            let Some(child) = &self.children[node.index()] else { continue };
            let (incarnation, state) = (self.policy.incarnation(node), LifeState::Ending);
            self.events.tell(Event::StateChanged { node, incarnation, state });
            child.terminate().map_err(kernel("end a child"))?;
            // A stopped process takes its end only when it goes on.
            child.resume().map_err(kernel("resume a child"))?;
        }
        // A second Ctrl-C changes nothing and would end each wait below at once.
        self.poller.remove(self.stop).map_err(kernel("forget the stop signals"))?;
        let deadline = now_ns() + STOP_TIMEOUT_NS;
        let mut ready = Vec::new();
        while now_ns() < deadline && self.children.iter().any(Option::is_some) {
            self.poller.wait(deadline, &mut ready).map_err(kernel("wait"))?;
            for node in Node::ALL {
                let child = self.children[node.index()].as_ref();
                let exit =
                    child.map(Child::try_reap).transpose().map_err(kernel("bury"))?.flatten();
                if let Some(exit) = exit {
                    self.buried(node, exit)?;
                }
            }
        }
        for node in Node::ALL {
            let Some(child) = &self.children[node.index()] else { continue };
            child.kill().map_err(kernel("kill a child"))?;
            let exit = child.reap().map_err(kernel("bury a child"))?;
            self.buried(node, exit)?;
        }
        Ok(())
    }

    fn buried(&mut self, node: Node, exit: Exit) -> Result<(), RunError> {
        if let Some(child) = self.children[node.index()].take() {
            self.poller.remove(child.as_fd()).map_err(kernel("forget a child"))?;
        }
        let (incarnation, state) = (self.policy.incarnation(node), LifeState::Down);
        self.events.tell(Event::Exited { node, incarnation, status: status(exit) });
        self.events.tell(Event::StateChanged { node, incarnation, state });
        Ok(())
    }
}

/// As in [`Event::Exited`].
fn status(exit: Exit) -> u32 {
    match exit {
        Exit::Code(code) => code.into(),
        Exit::Signal(signal) => 256 + u32::from(signal),
    }
}
