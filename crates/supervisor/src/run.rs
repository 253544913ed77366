//! Runs one scenario on real processes and real time: [`run`].
//!
//! One thread, one loop: wait for an end, a signal or a time; tell the policy; do what it says.

mod board;
mod ending;
mod limits;
mod lives;
mod placing;
mod plant;
mod preparing;
mod stimulus;
mod strikes;
mod usage;
mod written;

use crate::boot::BootError;
use crate::children::{Children, Seat};
use crate::deaths::{Deaths, DeathsError};
use crate::harness::Harness;
use crate::life_signs::LifeSigns;
use crate::looks::Looks;
use crate::outside::Assaults;
use crate::placing::{Placing, Refused};
use crate::plant::{PlantError, PlantProcess};
use crate::policy::{Action, Beats, Policy, Seen, Status};
use crate::probes::{Probes, Stall};
use crate::recorder::{Finished, Observer, RecordError, Recorder};
use crate::reload::{Reader, Reload};
use crate::resources::{ResourceError, Resources};
use crate::resumed::Resumed;
use crate::stimulus::StimulusError;
use crate::strikes::Strikes;
use crate::triggers::Triggers;

use channel::AttachError;
use channel::events::EventWriter;
use crossbeam_channel::Receiver;
use fault::Need;
use placing::OwnClass;
use recording::writer::WriteError;
use recording::{Header, ring_file_name};
use scenario::Plan;
use scenario::plan::Supervision;
use std::io;
use std::path::Path;
use sys::clock::now_ns;
use sys::disk::Reserve;
use sys::hardware_watchdog::OpenError;
use sys::poll::Poller;
use sys::process::{Child, Exit};
use sys::service_manager::ServiceManager;
use sys::signals::StopSignals;
use wire::event::{Ending, Event};
use wire::{Node, Source};

/// From the decision to start to frame 0: everyone has read the start by then.
const START_LEAD_NS: u64 = 50_000_000;
/// After the last due time, for the last samples to arrive.
const TAIL_NS: u64 = 150_000_000;
/// The watchdog looks at least this often at what no descriptor tells: heartbeats and probes.
const LOOK_PERIOD_NS: u64 = 20_000_000;
/// From the first spawn to the start of the schedule: afterwards the processes count as unable to
/// start, however many restarts they have left.
const START_TIMEOUT_NS: u64 = 20_000_000_000;
/// Token of the stop signals; seats have their number.
const STOP_TOKEN: u64 = u64::MAX - 1;
/// Token of the plant.
const PLANT_TOKEN: u64 = u64::MAX - 3;
/// Token of the stimulus.
const STIMULUS_TOKEN: u64 = u64::MAX - 5;
/// Token of the deaths that the kernel marks.
const DEATHS_TOKEN: u64 = u64::MAX - 2;
/// Token of limits that were read.
const LIMITS_TOKEN: u64 = u64::MAX - 4;

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
    /// Where limits come from that are asked for meanwhile; without it, `SIGHUP` ends the run.
    pub reload: Option<Reload>,
    /// What this host cannot do: faults that need it are left out.
    pub lacking: &'a [Need],
    /// Who watches while it runs.
    pub observers: Vec<Observer>,
    /// Faults that a person injects while it runs, by their index in the plan. One that is not to be
    /// injected by hand, or was before, stays as it is.
    pub by_hand: Receiver<u32>,
    /// What was before, of a run that goes on after a reset of the board; its plan lasts as long as that says.
    pub resumed: Option<Resumed>,
    /// Who wants to see that the watchdog lives.
    pub service_manager: Option<&'a ServiceManager>,
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
    /// Deaths could not be waited for.
    #[error(transparent)]
    Deaths(#[from] DeathsError),
    /// A process is not scheduled as the board file demands.
    #[error(transparent)]
    Placing(#[from] Refused),
    /// The hardware watchdog that the board file names could not be had.
    #[error("without the hardware watchdog of the board file there is no run")]
    HardwareWatchdog(#[from] OpenError),
    /// The plant could not be started.
    #[error(transparent)]
    Plant(#[from] PlantError),
    /// The stimulus could not be started, or the bus is not ready.
    #[error(transparent)]
    Stimulus(#[from] StimulusError),
    /// A process could not be told what to do.
    #[error("cannot prepare a process")]
    Boot(#[from] BootError),
    /// The recording could not be begun.
    #[error(transparent)]
    Recording(#[from] WriteError),
    /// What happened could not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
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
    let mut own = OwnClass::take(order.plan)?;
    order.header.host.scheduling = own.words(order.plan);
    let ended = run_in_class(order, &mut own);
    let restored = own.restore();
    // Of two reasons to fail the first one tells more.
    let ending = ended?;
    restored?;
    Ok(ending)
}

fn run_in_class(mut order: Order<'_>, own: &mut OwnClass) -> Result<Ending, RunError> {
    let resumed = order.resumed.take();
    let directory = order.directory;
    let mut watchdog = Watchdog::prepare(order, resumed.as_ref())?;
    let part = watchdog.part;
    let lived = watchdog.live(resumed.as_ref(), own);
    let buried = watchdog.end_all();
    let disarmed = watchdog.end_life_signs();
    let finished = watchdog.finish_recording();
    let ending = lived?;
    buried?;
    disarmed?;
    if finished? == Finished::Complete {
        remove_rings(directory, part)?;
    }
    Ok(ending)
}

/// Removes the rings, which are drained.
fn remove_rings(directory: &Path, part: u32) -> Result<(), RunError> {
    for source in Source::ALL {
        std::fs::remove_file(directory.join(ring_file_name(source, part)))
            .map_err(kernel("remove a drained event ring"))?;
    }
    Ok(())
}

struct Watchdog<'a> {
    plan: &'a Plan,
    /// Which part of the run this is, from 1.
    part: u32,
    program: &'a Path,
    directory: &'a Path,
    recorder: Recorder,
    /// Gone with the watchdog: the reports need it then, if the disk is full.
    _reserve: io::Result<Reserve>,
    stop: &'a StopSignals,
    /// Those that hold.
    limits: [Supervision; Node::ALL.len()],
    reader: Option<Reader>,
    resources: Resources,
    poller: Poller,
    probes: Probes,
    events: EventWriter,
    policy: Policy,
    strikes: Strikes,
    triggers: Triggers,
    unwritten: written::Unwritten,
    lacking: &'a [Need],
    by_hand: Receiver<u32>,
    assaults: Assaults,
    children: Children,
    /// Who has ended and must be found by another detector before it is buried.
    ended_unfound: Vec<Seat>,
    /// What the nodes were last shown.
    shown: Option<Status>,
    deaths: Deaths,
    looks: Looks,
    spawned_first_ns: u64,
    t0_ns: Option<u64>,
    usage: usage::Schedule,
    placing: Placing<'a>,
    /// In a closed loop.
    plant: Option<PlantProcess>,
    life_signs: LifeSigns<'a>,
    /// Where the part of a radar is played.
    stimulus: Option<Harness>,
}

impl Watchdog<'_> {
    /// From the first words of the record to the reason for the end.
    fn live(&mut self, resumed: Option<&Resumed>, own: &mut OwnClass) -> Result<Ending, RunError> {
        self.events.tell(Event::Started { pid: std::process::id() });
        self.begin(resumed)?;
        self.place_itself(own)?;
        self.start_plant()?;
        self.start_stimulus()?;
        self.watch()
    }

    /// The loop, from the first spawn to the end of the schedule.
    fn watch(&mut self) -> Result<Ending, RunError> {
        let mut ready = Vec::new();
        let mut deadline = now_ns();
        loop {
            self.take_by_hand();
            // What was to be done and seen before this moment comes before anyone is judged at it.
            self.strike_all_due()?;
            let now = now_ns();
            self.note_stalls(now);
            self.take_checkpoints(now)?;
            let actions = self.policy.on_time(now, self.beats());
            self.carry_out(actions)?;
            self.bury_found()?;
            self.look_at_attached()?;
            self.look_at_recording(now);
            let lost = self.lost_plant(now)?.or(self.lost_stimulus()?);
            if let Some(ending) = lost.or_else(|| self.ending(now)) {
                self.events.tell(Event::RunEnded { ending });
                return Ok(ending);
            }
            self.begin_when_all_run()?;
            self.sample_usage(now)?;
            self.show_life(deadline)?;
            deadline = self.deadline_ns(now);
            self.poller.wait(deadline, &mut ready).map_err(kernel("wait"))?;
            // A death that the kernel marks comes before the burial that follows it.
            self.take_deaths()?;
            for &token in &ready {
                if token == STOP_TOKEN {
                    if self.is_asked_to_end()? {
                        self.events.tell(Event::RunEnded { ending: Ending::Interrupted });
                        return Ok(Ending::Interrupted);
                    }
                } else if token == LIMITS_TOKEN {
                    self.take_limits()?;
                } else if let Some(seat) = Seat::from_number(token) {
                    self.reap(seat)?;
                }
            }
        }
    }

    fn beats(&self) -> [Beats; Node::ALL.len()] {
        Node::ALL.map(|node| {
            let last = |incarnation| {
                let seat = self.children.seat(node, incarnation)?;
                self.resources.monitor(seat).last(incarnation)
            };
            let standby = self.policy.standby(node).and_then(last);
            Beats { writer: last(self.policy.incarnation(node)), standby }
        })
    }

    fn take_checkpoints(&mut self, now: u64) -> Result<(), RunError> {
        for seat in Seat::all() {
            let mut passed = Vec::new();
            let lost = self.resources.monitor_mut(seat).drain(|it| passed.push(it));
            if lost > 0 || !passed.is_empty() {
                let actions = self.policy.on_checkpoints(seat.node, &passed, lost, now);
                self.carry_out(actions)?;
            }
        }
        Ok(())
    }

    fn ending(&self, now: u64) -> Option<Ending> {
        match self.t0_ns {
            Some(t0) => (now >= t0 + self.plan.duration_ns + TAIL_NS).then_some(Ending::Completed),
            None if self.policy.any_down() => Some(Ending::CannotStart),
            None if now > self.spawned_first_ns + START_TIMEOUT_NS => Some(Ending::CannotStart),
            None => None,
        }
    }

    /// Lets the schedule begin once everyone is there for it.
    fn begin_when_all_run(&mut self) -> Result<(), RunError> {
        if self.t0_ns.is_some() || !self.policy.all_running() || !self.plant_is_ready() {
            return Ok(());
        }
        let t0_ns = now_ns() + START_LEAD_NS;
        self.events.tell(Event::RunStarted { t0_ns });
        self.begin_schedule(t0_ns)
    }

    /// The schedule begins at this time, or did: everyone is told.
    fn begin_schedule(&mut self, t0_ns: u64) -> Result<(), RunError> {
        self.resources.start.announce(t0_ns);
        self.t0_ns = Some(t0_ns);
        let scheduled = Seen::Scheduled(t0_ns, t0_ns + self.plan.duration_ns);
        let actions = self.policy.on_seen(scheduled, now_ns());
        self.carry_out(actions)
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
        // First of all: a standby that may write must not wait for the record.
        self.show_status();
        actions.into_iter().try_for_each(|action| self.act(action))
    }

    fn act(&mut self, action: Action) -> Result<(), RunError> {
        match action {
            Action::Tell(event) => self.tell(event),
            Action::Kill(node) => {
                self.look_at_silent(node)?;
                let incarnation = self.policy.incarnation(node);
                self.signal(node, Some(incarnation), Child::kill)?;
            }
            Action::KillStandby(node) => {
                let (writer, of) = (self.policy.incarnation(node), self.children.iter());
                let mut others =
                    of.filter(|(seat, it)| seat.node == node && it.incarnation > writer);
                let standby = others.next().map(|(_, it)| it.incarnation);
                self.signal(node, standby, Child::kill)?;
            }
            Action::Terminate(node) => {
                let incarnation = self.policy.incarnation(node);
                self.signal(node, Some(incarnation), Child::terminate)?;
                // It looks for signals when it is awake.
                self.resources.ring(node);
            }
            Action::Spawn(node, incarnation) => {
                let seen = self.spawn(node, incarnation)?;
                let more = self.policy.on_seen(seen, now_ns());
                self.carry_out(more)?;
            }
        }
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
