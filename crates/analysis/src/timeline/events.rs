//! The events of a run, by who wrote them: [`SensorLog`], [`FusionLog`], [`WatchdogLog`],
//! [`ProcessLog`].

use std::collections::HashMap;
use std::ops::Range;

use wire::event::{Detector, Ending, LifeState, Limit, Mode, Proof, Reaction};
use wire::{Event, Node, Record, Source};

use super::tracks::{BrakeChange, ReadTorn, Seen, TrackSeen};
use super::{Armed, BoardLog, Moment, Reset, Span, Timeline};

/// What a sensor did with its samples.
#[derive(Debug, Default)]
pub(crate) struct SensorLog {
    pub(crate) handed_over: Vec<HandedOver>,
    /// Items that found no place.
    pub(crate) overruns: Vec<u64>,
    /// Items that its device, or the bus to it, did not bring; of the radar.
    pub(crate) not_brought: Vec<u64>,
}

/// A sample that became visible to its receiver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HandedOver {
    pub(crate) at: Moment,
    pub(crate) item: u64,
    pub(crate) incarnation: u32,
    pub(crate) captured: Moment,
    /// When the picture was complete and when it was protected; cameras only.
    pub(crate) rendered_protected: Option<(Moment, Moment)>,
}

/// What fusion did.
#[derive(Debug, Default)]
pub(crate) struct FusionLog {
    pub(crate) received: Vec<Received>,
    pub(crate) rejections: Vec<Rejection>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) outputs: Vec<Output>,
    /// Tracks of all outputs, one output after the other.
    pub(crate) tracks: Vec<TrackSeen>,
    /// Objects of all outputs, likewise.
    pub(crate) objects: Vec<Seen>,
    /// In the order of time.
    pub(crate) brakes: Vec<BrakeChange>,
    pub(crate) modes: Vec<ModeChange>,
    pub(crate) round_trips: Vec<Span>,
    /// When tracks with an impossible state were dropped.
    pub(crate) tracks_dropped: Vec<Moment>,
    /// When a sensor became suspicious, and which.
    pub(crate) inconsistent: Vec<(Moment, Node)>,
    /// Frames that it read torn, in the order of time.
    pub(crate) torn: Vec<ReadTorn>,
    /// Integrity checks of frames: frame number and time.
    pub(crate) checks: Vec<(u64, Span)>,
}

/// A sample that fusion took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    pub(crate) at: Moment,
    pub(crate) stream: Node,
    /// The number that it carried.
    number: u64,
    /// Its place in the schedule.
    pub(crate) item: u64,
    pub(crate) handed_over: Moment,
    pub(crate) by: u32,
    /// The check that refused it; what an integrity check refused cannot be trusted above.
    pub(crate) refused: Option<Detector>,
}

/// A sample that fusion refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rejection {
    pub(crate) at: Moment,
    pub(crate) stream: Node,
    pub(crate) item: u64,
    pub(crate) detector: Detector,
}

/// Samples that fusion missed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    pub(crate) at: Moment,
    pub(crate) stream: Node,
    /// The first one missing, and how many.
    pub(crate) first: u64,
    pub(crate) count: u64,
}

/// An output made from one sample.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) at: Moment,
    pub(crate) stream: Node,
    pub(crate) item: u64,
    /// Incarnation of the sensor.
    pub(crate) from: u32,
    pub(crate) captured: Moment,
    /// When fusion took the sample: its tracks are as of then.
    pub(crate) received: Moment,
    /// Incarnation of fusion.
    pub(crate) by: u32,
    pub(crate) mode: Option<Mode>,
    /// Its confirmed tracks in [`FusionLog::tracks`].
    pub(crate) tracks: Range<usize>,
    /// What the sample showed, in [`FusionLog::objects`].
    pub(crate) objects: Range<usize>,
}

/// Fusion changed its mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModeChange {
    pub(crate) at: Moment,
    pub(crate) by: u32,
    pub(crate) from: Mode,
    pub(crate) to: Mode,
}

/// What the watchdog saw and did.
#[derive(Debug, Default)]
pub(crate) struct WatchdogLog {
    /// When it set the schedule going, every process being there.
    pub(crate) began: Option<Moment>,
    pub(crate) spawned: Vec<Spawned>,
    pub(crate) states: Vec<StateChange>,
    pub(crate) exits: Vec<Exit>,
    pub(crate) injecting: Vec<Injecting>,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) evidence: Vec<Evidence>,
    /// (when it begins, fault).
    pub(crate) armed: Vec<(Moment, u32)>,
    /// (moment, fault).
    pub(crate) lifted: Vec<(Moment, u32)>,
    pub(crate) detected: Vec<Detected>,
    pub(crate) reacted: Vec<Reacted>,
    /// When it should have run, to when it ran.
    pub(crate) stalls: Vec<Span>,
    pub(crate) usage: Vec<UsageSample>,
    pub(crate) board: BoardLog,
    pub(crate) ended: Option<(Moment, Ending)>,
    /// In the order of time.
    pub(crate) limits: Vec<LimitChange>,
    pub(crate) resets: Vec<Reset>,
    pub(crate) armed_device: Option<Armed>,
}

/// Another limit holds from a moment on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LimitChange {
    pub(crate) at: Moment,
    pub(crate) node: Node,
    pub(crate) limit: Limit,
    pub(crate) before: u64,
    pub(crate) after: u64,
}

/// A process was created.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spawned {
    pub(crate) at: Moment,
    pub(crate) node: Node,
    pub(crate) incarnation: u32,
    pub(crate) pid: u32,
}

/// A process changed its state in the eyes of the watchdog.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateChange {
    pub(crate) at: Moment,
    pub(crate) node: Node,
    pub(crate) incarnation: u32,
    pub(crate) state: LifeState,
}

/// A process was reaped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit {
    pub(crate) at: Moment,
    pub(crate) node: Node,
    pub(crate) incarnation: u32,
    status: u32,
}

/// The end of a process, as the kernel tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HowEnded {
    Code(u32),
    Signal(u32),
}

impl Exit {
    pub(crate) fn how(&self) -> HowEnded {
        match self.status.checked_sub(256) {
            Some(signal) => HowEnded::Signal(signal),
            None => HowEnded::Code(self.status),
        }
    }
}

/// The watchdog was about to inject a fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injecting {
    pub(crate) at: Moment,
    pub(crate) fault: u32,
    pub(crate) incarnation: u32,
}

/// A fault could not be delivered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) fault: u32,
    pub(crate) errno: u32,
}

/// Proof of a fault from outside its victim.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    pub(crate) at: Moment,
    pub(crate) fault: u32,
    pub(crate) proof: Proof,
    pub(crate) value: u64,
}

/// The watchdog noticed a failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detected {
    pub(crate) at: Moment,
    pub(crate) node: Node,
    pub(crate) incarnation: u32,
    pub(crate) detector: Detector,
}

/// The watchdog finished a reaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reacted {
    pub(crate) at: Moment,
    pub(crate) node: Node,
    pub(crate) incarnation: u32,
    pub(crate) reaction: Reaction,
}

/// Resources a process had used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UsageSample {
    pub(crate) at: Moment,
    /// Index in `Source::ALL`.
    pub(crate) source: u32,
    pub(crate) of: u32,
    pub(crate) user_us: u64,
    pub(crate) system_us: u64,
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
    pub(crate) rss_kib: u64,
}

/// What the processes said about themselves.
#[derive(Debug, Default)]
pub(crate) struct ProcessLog {
    pub(crate) started: Vec<Started>,
    /// (moment, process, incarnation).
    pub(crate) attached: Vec<(Moment, Source, u32)>,
    pub(crate) applied: Vec<Applied>,
    /// (moment, fault).
    pub(crate) resumed: Vec<(Moment, u32)>,
    /// Who ended because they were asked to.
    pub(crate) stopping: Vec<Stopping>,
}

/// A process ends, as it was asked to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopping {
    pub(crate) source: Source,
    pub(crate) incarnation: u32,
    /// Process id of who asked.
    pub(crate) by: u32,
}

/// A process reached its `main`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started {
    pub(crate) at: Moment,
    pub(crate) source: Source,
    pub(crate) incarnation: u32,
    pub(crate) pid: u32,
}

/// A fault acted inside a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applied {
    pub(crate) at: Moment,
    pub(crate) source: Source,
    pub(crate) incarnation: u32,
    pub(crate) fault: u32,
    pub(crate) proof: Proof,
    /// The sample it acted on.
    pub(crate) item: u64,
    pub(crate) value: u64,
}

impl ProcessLog {
    pub(super) fn file(&mut self, at: Moment, source: Source, record: &Record) {
        let incarnation = record.incarnation;
        match record.event {
            Event::Started { pid } => {
                self.started.push(Started { at, source, incarnation, pid });
            }
            Event::Attached {} => self.attached.push((at, source, incarnation)),
            Event::Applied { fault, proof, item, value } => {
                let applied = Applied { at, source, incarnation, fault, proof, item, value };
                self.applied.push(applied);
            }
            Event::Resumed { fault } => self.resumed.push((at, fault)),
            Event::Stopping { by } => self.stopping.push(Stopping { source, incarnation, by }),
            _ => {}
        }
    }
}

impl Timeline<'_> {
    /// When each sample of each incarnation of a sensor was first handed over.
    pub(crate) fn hand_overs(&self) -> HashMap<(Node, u64, u32), Moment> {
        let mut moments = HashMap::new();
        for sensor in [Node::Camera, Node::Radar] {
            for it in &self.sensors[sensor.index()].handed_over {
                moments.entry((sensor, it.item, it.incarnation)).or_insert(it.at);
            }
        }
        moments
    }

    pub(super) fn file_sensor(&mut self, at: Moment, record: &Record) {
        let incarnation = record.incarnation;
        let [camera, radar] = &mut self.sensors;
        match record.event {
            Event::FrameOverrun { frame } => camera.overruns.push(frame),
            Event::RadarOverrun { cycle } => radar.overruns.push(cycle),
            Event::ListMissing { cycle } => radar.not_brought.push(cycle),
            Event::FramePublished { frame, captured_ns, rendered_ns, protected_ns } => {
                let [captured, rendered, protected] =
                    [captured_ns, rendered_ns, protected_ns].map(|t_ns| self.moment(t_ns));
                self.sensors[Node::Camera.index()].handed_over.push(HandedOver {
                    at,
                    item: frame,
                    incarnation,
                    captured,
                    rendered_protected: Some((rendered, protected)),
                });
            }
            Event::RadarSent { cycle, captured_ns, .. } => {
                let captured = self.moment(captured_ns);
                self.sensors[Node::Radar.index()].handed_over.push(HandedOver {
                    at,
                    item: cycle,
                    incarnation,
                    captured,
                    rendered_protected: None,
                });
            }
            _ => {}
        }
    }

    pub(super) fn file_fusion(&mut self, at: Moment, record: &Record) {
        let by = record.incarnation;
        match record.event {
            Event::FrameReceived { frame, captured_ns, published_ns, .. } => {
                let item = self.place_of(Node::Camera, frame, self.moment(captured_ns));
                self.file_received((at, by), (Node::Camera, frame), item, published_ns);
            }
            Event::TracksDropped { .. } => self.fusion.tracks_dropped.push(at),
            Event::Inconsistent { stream } => self.fusion.inconsistent.push((at, stream)),
            Event::FrameChecked { frame, begun_ns } => {
                let from = self.moment(begun_ns);
                self.fusion.checks.push((frame, Span { from, to: at }));
            }
            Event::FrameTorn { frame, row } => self.fusion.torn.push(ReadTorn { at, frame, row }),
            Event::RadarReceived { cycle, captured_ns, sent_ns, .. } => {
                let item = self.place_of(Node::Radar, cycle, self.moment(captured_ns));
                self.file_received((at, by), (Node::Radar, cycle), item, sent_ns);
            }
            Event::Rejected { stream, item, detector } => {
                // A refusal follows the reception that it is about.
                let last = self.fusion.received.iter_mut().rev().find(|it| it.stream == stream);
                let last = last.filter(|it| (it.number, it.by) == (item, by));
                let item = last.map_or(item, |received| {
                    received.refused = Some(detector);
                    received.item
                });
                self.fusion.rejections.push(Rejection { at, stream, item, detector });
            }
            Event::SequenceGap { stream, first, count } => {
                self.fusion.gaps.push(Gap { at, stream, first, count });
            }
            Event::Fused { stream, item, from, captured_ns, received_ns, mode_tracks } => {
                let item = self.place_of(stream, item, self.moment(captured_ns));
                let start = self.fusion.tracks.len();
                let seen = self.fusion.objects.len();
                let output = Output {
                    at,
                    stream,
                    item,
                    from,
                    captured: self.moment(captured_ns),
                    received: self.moment(received_ns),
                    by,
                    mode: Event::unpack_mode_tracks(mode_tracks).map(|(mode, _)| mode),
                    tracks: start..start,
                    objects: seen..seen,
                };
                self.fusion.outputs.push(output);
            }
            Event::Track { .. } | Event::TrackCovariance { .. } | Event::ObjectSeen { .. } => {
                self.fusion.file_content(by, &record.event);
            }
            Event::BrakeRequested { deceleration_mps2, valid, .. } => {
                let deceleration_mps2 = (valid != 0).then_some(deceleration_mps2);
                self.fusion.brakes.push(BrakeChange { at, deceleration_mps2 });
            }
            Event::ModeChanged { from, to } => {
                self.fusion.modes.push(ModeChange { at, by, from, to });
            }
            Event::CommandAcknowledged { round_trip_ns, .. } => {
                let from = self.moment(record.t_ns.saturating_sub(round_trip_ns));
                self.fusion.round_trips.push(Span { from, to: at });
            }
            _ => {}
        }
    }

    fn file_received(
        &mut self,
        (at, by): (Moment, u32),
        (stream, number): (Node, u64),
        item: u64,
        handed_over_ns: u64,
    ) {
        let handed_over = self.moment(handed_over_ns);
        let received = Received { at, stream, number, item, handed_over, by, refused: None };
        self.fusion.received.push(received);
    }

    pub(super) fn file_watchdog(&mut self, at: Moment, record: &Record) {
        let log = &mut self.watchdog;
        match record.event {
            Event::RunStarted { .. } => log.began = log.began.or(Some(at)),
            Event::Spawned { node, incarnation, pid, .. } => {
                log.spawned.push(Spawned { at, node, incarnation, pid });
            }
            Event::StateChanged { node, incarnation, state } => {
                log.states.push(StateChange { at, node, incarnation, state });
            }
            Event::Exited { node, incarnation, status } => {
                log.exits.push(Exit { at, node, incarnation, status });
            }
            Event::Injecting { fault, incarnation } => {
                log.injecting.push(Injecting { at, fault, incarnation });
            }
            Event::NotInjected { fault, errno } => log.refusals.push(Refusal { fault, errno }),
            Event::Evidence { fault, proof, value } => {
                log.evidence.push(Evidence { at, fault, proof, value });
            }
            Event::Armed { fault, at_ns } => {
                let at = self.moment(at_ns);
                self.watchdog.armed.push((at, fault));
            }
            Event::Lifted { fault } => log.lifted.push((at, fault)),
            Event::LimitChanged { node, limit, before, after } => {
                log.limits.push(LimitChange { at, node, limit, before, after });
            }
            Event::Detected { node, incarnation, detector } => {
                log.detected.push(Detected { at, node, incarnation, detector });
            }
            Event::Reacted { node, incarnation, reaction } => {
                log.reacted.push(Reacted { at, node, incarnation, reaction });
            }
            Event::Usage { source, of, user_us, system_us, faults, rss_kib } => {
                log.usage.push(UsageSample {
                    at,
                    source,
                    of,
                    user_us,
                    system_us,
                    minor_faults: faults & u64::from(u32::MAX),
                    major_faults: faults >> 32,
                    rss_kib,
                });
            }
            Event::HostStall { due_ns, late_ns } => {
                let from = self.moment(due_ns);
                let to = self.moment(due_ns.saturating_add(late_ns));
                self.watchdog.stalls.push(Span { from, to });
            }
            Event::RunEnded { ending } => log.ended = log.ended.or(Some((at, ending))),
            event => self.file_board(at, &event),
        }
    }
}
