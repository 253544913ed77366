//! A recording sorted by meaning, with all times counted from the start of the schedule:
//! [`Timeline`].
//!
//! Nothing is judged here. Whatever the records say, building a timeline never panics.

mod board;
mod device;
mod events;
mod plant;
mod resets;
mod tampered;
mod tracks;

use fault::Fault;
use recording::{Recording, Truncation};
use scenario::Plan;
use scenario::plan::Supervision;
use wire::event::{Ending, LifeState, Reaction};
use wire::{Event, Node, Record, Source};

pub(crate) use board::{BoardLog, Placed, PlacementRefused};
pub(crate) use device::DeviceLog;
pub(crate) use events::*;
pub(crate) use plant::PlantLog;
pub(crate) use resets::{Armed, Reset};
pub(crate) use tracks::{Covariance, TrackSeen};

/// Nanoseconds from the start of the schedule; negative before it.
pub(crate) type Moment = i64;

/// Bounds each moment, so that sums and differences of a few of them cannot overflow whatever a
/// damaged record says: 73 years.
const FAR_NS: i128 = 1 << 61;

/// A stretch of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Moment,
    pub(crate) to: Moment,
}

impl Span {
    pub(crate) fn overlaps(self, other: Span) -> bool {
        self.from <= other.to && other.from <= self.to
    }

    pub(crate) fn contains(self, moment: Moment) -> bool {
        (self.from..=self.to).contains(&moment)
    }

    pub(crate) fn length(self) -> i64 {
        self.to - self.from
    }
}

/// Milliseconds of a moment or a length.
pub(crate) fn ms(ns: i64) -> f64 {
    ns as f64 / 1e6
}

/// How the run ended, and how much of its schedule can be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// Why the watchdog ended it; `None` where it did not live to say so.
    pub(crate) ending: Option<Ending>,
    /// When the run was stopped, at most the scenario's duration.
    pub(crate) cut: Moment,
    /// Samples due before this are judged. The whole duration, or, for a run that was cut short,
    /// one period less than was run: what was due at the cut could not arrive any more.
    pub(crate) judged: Moment,
    /// Whether the whole duration was run.
    pub(crate) whole: bool,
}

/// Everything in a recording, sorted by meaning, each list in the order of time.
#[derive(Debug)]
pub(crate) struct Timeline<'a> {
    pub(crate) plan: &'a Plan,
    t0_ns: u64,
    pub(crate) end: End,
    /// By [`Node::index`]: camera, radar.
    pub(crate) sensors: [SensorLog; 2],
    pub(crate) fusion: FusionLog,
    pub(crate) watchdog: WatchdogLog,
    pub(crate) processes: ProcessLog,
    pub(crate) plant: PlantLog,
    pub(crate) device: DeviceLog,
    /// Records that their writer has no business to write.
    pub(crate) misplaced: u64,
}

impl<'a> Timeline<'a> {
    /// Sorts a recording. Without a recorded start of the schedule, times count from the first
    /// record and nothing is judged.
    pub(crate) fn new(recording: &Recording, plan: &'a Plan) -> Timeline<'a> {
        let records = &recording.records;
        let started = records.iter().find_map(|(source, record)| match record.event {
            Event::RunStarted { t0_ns } if *source == Source::Watchdog => Some(t0_ns),
            _ => None,
        });
        let first_ns = records.first().map_or(0, |(_, record)| record.t_ns);
        let mut timeline = Timeline {
            plan,
            t0_ns: started.unwrap_or(first_ns),
            end: End { ending: None, cut: 0, judged: 0, whole: false },
            sensors: Default::default(),
            fusion: FusionLog::default(),
            watchdog: WatchdogLog::default(),
            processes: ProcessLog::default(),
            plant: PlantLog::default(),
            device: DeviceLog::default(),
            misplaced: 0,
        };
        for (source, record) in records {
            timeline.file(*source, record);
        }
        let last_ns = records.last().map_or(0, |(_, record)| record.t_ns);
        let last = timeline.moment(last_ns);
        match started {
            Some(_) => timeline.end = timeline.find_end(last, recording.truncation),
            None => timeline.end.ending = timeline.watchdog.ended.map(|(_, ending)| ending),
        }
        timeline
    }

    /// Counts from the start of the schedule.
    pub(crate) fn moment(&self, t_ns: u64) -> Moment {
        (i128::from(t_ns) - i128::from(self.t0_ns)).clamp(-FAR_NS, FAR_NS) as i64
    }

    /// When a fault was to begin, if what sets it off happened.
    pub(crate) fn begins(&self, index: u32, fault: &Fault) -> Option<Moment> {
        let armed = || self.watchdog.armed.iter().find(|(_, of)| *of == index).map(|(at, _)| *at);
        let known = fault.start.at_ns().map(|at_ns| i64::try_from(at_ns).unwrap_or(i64::MAX));
        known.or_else(armed)
    }

    /// The sample's due time; that of a frame of a capture device, which keeps its own time, is as long after
    /// that of its slot as the device's first frame was.
    pub(crate) fn due(&self, sensor: Node, item: u64) -> Moment {
        let phase = if sensor == Node::Camera { self.device.phase(item) } else { 0 };
        self.scheduled(sensor, item) + phase
    }

    /// When a slot of the schedule begins.
    fn scheduled(&self, sensor: Node, item: u64) -> Moment {
        let due_ns = match sensor {
            Node::Camera => u128::from(item) * 1_000_000_000 / u128::from(self.plan.camera.fps),
            Node::Radar | Node::Fusion => u128::from(item) * u128::from(self.plan.radar.period_ns),
        };
        due_ns.min(FAR_NS as u128) as i64
    }

    /// Nominal time between two samples.
    pub(crate) fn period(&self, sensor: Node) -> i64 {
        self.scheduled(sensor, 1)
    }

    /// The longest time between two samples that a process owes.
    pub(crate) fn rhythm(&self, process: Node) -> i64 {
        match process {
            Node::Fusion => self.period(Node::Camera).max(self.period(Node::Radar)),
            sensor => self.period(sensor),
        }
    }

    /// How many samples of a sensor are due before `moment`.
    pub(crate) fn due_before(&self, sensor: Node, moment: Moment) -> u64 {
        let ns = u128::from(moment.max(0).unsigned_abs());
        let count = match sensor {
            Node::Camera => (ns * u128::from(self.plan.camera.fps)).div_ceil(1_000_000_000),
            Node::Radar | Node::Fusion => ns.div_ceil(u128::from(self.plan.radar.period_ns)),
        };
        let mut count = count as u64;
        while count > 0 && self.due(sensor, count - 1) >= moment {
            count -= 1;
        }
        count
    }

    fn duration(&self) -> Moment {
        i128::from(self.plan.duration_ns).min(FAR_NS) as i64
    }

    fn find_end(&self, last: Moment, truncation: Truncation) -> End {
        let ended = self.watchdog.ended;
        let stopped = self.watchdog.states.iter().find(|change| {
            change.state == LifeState::Ending && !self.was_failing(change.node, change.incarnation)
        });
        let moments = [
            Some(self.duration()),
            ended.map(|(at, _)| at),
            stopped.map(|change| change.at),
            (truncation != Truncation::Complete).then_some(last),
        ];
        let cut = moments.into_iter().flatten().min().unwrap_or(0).max(0);
        let whole = cut == self.duration();
        let judged = if whole { cut } else { (cut - self.rhythm(Node::Fusion)).max(0) };
        End { ending: ended.map(|(_, ending)| ending), cut, judged, whole }
    }

    /// Whether the watchdog had a complaint about this process or replaced it, so that its end says
    /// nothing about the end of the run.
    fn was_failing(&self, node: Node, incarnation: u32) -> bool {
        let who = |of: (Node, u32)| of == (node, incarnation);
        self.watchdog.detected.iter().any(|it| who((it.node, it.incarnation)))
            || self.was_killed(node, incarnation)
    }

    fn was_killed(&self, node: Node, incarnation: u32) -> bool {
        let ended = |it: &Reacted| matches!(it.reaction, Reaction::Kill | Reaction::Stop);
        let mut reacted = self.watchdog.reacted.iter();
        reacted.any(|it| (it.node, it.incarnation) == (node, incarnation) && ended(it))
    }

    /// Whether the watchdog ended this process: it said so before, and the process ended as it was
    /// told. A crash on the way down is no such end.
    pub(crate) fn ended_by_watchdog(&self, exit: &Exit) -> bool {
        let as_told = matches!(exit.how(), HowEnded::Code(0) | HowEnded::Signal(9 | 15));
        let told = self.watchdog.states.iter().any(|change| {
            (change.node, change.incarnation, change.state)
                == (exit.node, exit.incarnation, LifeState::Ending)
                && change.at <= exit.at
        });
        as_told && (told || self.was_killed(exit.node, exit.incarnation))
    }

    /// The limits of a process that held at a moment.
    pub(crate) fn supervision(&self, node: Node, at: Moment) -> Supervision {
        let mut limits = self.plan.supervision[node.index()];
        let changed = self.watchdog.limits.iter();
        for it in changed.take_while(|it| it.at <= at).filter(|it| it.node == node) {
            limits.set_limit(it.limit, it.after);
        }
        limits
    }

    /// How an incarnation ended, if that is known.
    pub(crate) fn exit_of(&self, node: Node, incarnation: u32) -> Option<&Exit> {
        self.watchdog.exits.iter().find(|it| (it.node, it.incarnation) == (node, incarnation))
    }

    fn file(&mut self, source: Source, record: &Record) {
        let at = self.moment(record.t_ns);
        if !writes(source, &record.event) {
            self.misplaced += 1;
            return;
        }
        match record.event {
            Event::Started { .. }
            | Event::Attached {}
            | Event::Applied { .. }
            | Event::Resumed { .. }
            | Event::Stopping { .. } => self.processes.file(at, source, record),
            Event::EgoStretch { .. }
            | Event::PlantBehind { .. }
            | Event::PlantLost { .. }
            | Event::StimulusLost { .. } => {
                self.plant.file(at, &record.event);
            }
            Event::DeviceOpened { .. }
            | Event::DeviceAligned { .. }
            | Event::DeviceLost { .. }
            | Event::FrameWithheld { .. }
            | Event::FrameCaptured { .. }
            | Event::DeviceFailed { .. }
            | Event::SignalChanged { .. } => self.file_device(at, &record.event),
            _ => match source {
                Source::Watchdog => self.file_watchdog(at, record),
                Source::Node(Node::Fusion) => self.file_fusion(at, record),
                Source::Node(Node::Camera | Node::Radar) => self.file_sensor(at, record),
                Source::Plant | Source::Stimulus => {}
            },
        }
    }
}

/// Whether this process writes this event. A new event finds its place here.
fn writes(source: Source, event: &Event) -> bool {
    match event {
        Event::Started { .. } | Event::Applied { .. } => true,
        Event::Attached {} | Event::Resumed { .. } => source != Source::Watchdog,
        Event::Stopping { .. } | Event::DebugSwitched { .. } => matches!(source, Source::Node(_)),
        Event::EgoStretch { .. } => source == Source::Plant,
        Event::PlantBehind { .. } => {
            matches!(source, Source::Node(Node::Camera | Node::Radar) | Source::Stimulus)
        }
        Event::StimulusSent { .. } => source == Source::Stimulus,
        Event::FramePublished { .. }
        | Event::FrameOverrun { .. }
        | Event::DeviceOpened { .. }
        | Event::DeviceAligned { .. }
        | Event::DeviceLost { .. }
        | Event::FrameWithheld { .. }
        | Event::FrameCaptured { .. }
        | Event::DeviceFailed { .. }
        | Event::SignalChanged { .. } => source == Source::Node(Node::Camera),
        Event::RadarSent { .. }
        | Event::RadarOverrun { .. }
        | Event::CommandAccepted { .. }
        | Event::ListTaken { .. }
        | Event::ListMissing { .. }
        | Event::ListSurplus { .. }
        | Event::BusChanged { .. }
        | Event::FramesStray { .. }
        | Event::SensorErrors { .. } => source == Source::Node(Node::Radar),
        Event::Rejected { stream, .. }
        | Event::SequenceGap { stream, .. }
        | Event::StreamQualified { stream, .. }
        | Event::Inconsistent { stream }
        | Event::Fused { stream, .. } => {
            source == Source::Node(Node::Fusion) && *stream != Node::Fusion
        }
        Event::CommandOverrun { .. } => {
            matches!(source, Source::Node(Node::Radar | Node::Fusion))
        }
        Event::FrameReceived { .. }
        | Event::FrameChecked { .. }
        | Event::FrameTorn { .. }
        | Event::TracksDropped { .. }
        | Event::ContentSeen { .. }
        | Event::RadarReceived { .. }
        | Event::Track { .. }
        | Event::TrackCovariance { .. }
        | Event::ObjectSeen { .. }
        | Event::BrakeRequested { .. }
        | Event::ModeChanged { .. }
        | Event::CommandSent { .. }
        | Event::CommandAcknowledged { .. } => source == Source::Node(Node::Fusion),
        Event::RunStarted { .. }
        | Event::StimulusLost { .. }
        | Event::Spawned { .. }
        | Event::StateChanged { .. }
        | Event::Exited { .. }
        | Event::Injecting { .. }
        | Event::Evidence { .. }
        | Event::Detected { .. }
        | Event::Reacted { .. }
        | Event::HostStall { .. }
        | Event::Usage { .. }
        | Event::RunEnded { .. }
        | Event::NotInjected { .. }
        | Event::SpawnFailed { .. }
        | Event::Armed { .. }
        | Event::Lifted { .. }
        | Event::StatusChanged { .. }
        | Event::GlobalStatus { .. }
        | Event::SystemState { .. }
        | Event::LimitChanged { .. }
        | Event::Placed { .. }
        | Event::PlacementRefused { .. }
        | Event::RecordingStopped { .. }
        | Event::RecordingResumed { .. }
        | Event::HardwareWatchdogArmed { .. }
        | Event::HardwareWatchdogUnfed { .. }
        | Event::HardwareWatchdogFed {}
        | Event::HardwareWatchdogDisarmed {}
        | Event::BoardReset { .. }
        | Event::PlantLost { .. } => source == Source::Watchdog,
    }
}
