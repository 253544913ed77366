//! The fusion process: waits for frames and radar messages at once, checks them, and lets the
//! device under test make an output from each.

mod checks;
mod commands;
mod frames;
mod output;
mod stream;
mod vehicle;

use super::faults::step::Effects;
use super::runtime::{Attaching, Runtime};
use super::{calibration, inlet, outlet};
use ::fusion::plausibility::{Belief, Regularity};
use ::fusion::{Component, Config, Fusion, Output, Rejection};
use anyhow::Context;
use channel::link::{Ends, Inlet, Outlet, Taken};
use channel::status::Presence;
use checks::{Checks, Found, NEVER};
use commands::Command;
use frames::Looks;
use output::{on_the_record, tell_mode, tell_output};
use scenario::board::{Board, CameraSource, RadarSource};
use std::convert::Infallible;
use std::os::fd::RawFd;
use stream::{Admission, Stream, off_the_wire};
use sys::clock::now_ns;
use vehicle::Vehicle;
use wire::e2e::{Failure, Status};
use wire::event::{Detector, Mode, StreamState};
use wire::frame::{FRAME_BYTES, HEIGHT_PX, WIDTH_PX};
use wire::radar::{MessageInfo, Received, receive, receive_unprotected};
use wire::{Checkpoint, Event, Node, e2e, frame, radar};
use world::CameraModel;

/// Heap that the largest scene needs, with room to spare: the detector's regions and the tracks.
const HEAP_BYTES: usize = 1 << 20;
/// Messages taken per wake-up, so that a burst cannot hold up the frames.
const MESSAGES_PER_STEP: usize = 8;
/// Every so many rows one is compared with the frame before: sensor noise makes two equal rows of
/// live frames practically impossible, and 16 rows cost a microsecond.
const ROWS_PER_PROBE: usize = 64;

/// Descriptors of fusion's channels.
pub(super) struct Inherited {
    pub(super) frames: Ends,
    pub(super) lists: Ends,
    pub(super) commands: Ends,
    pub(super) radar_doorbell: Ends,
    pub(super) brake: Option<RawFd>,
    pub(super) exhibit: Option<RawFd>,
}

pub(super) fn work(mut attaching: Attaching, inherited: &Inherited) -> anyhow::Result<Infallible> {
    let spec = supervisor::links::radar_messages(&attaching.plan);
    let frames = supervisor::links::frames(&attaching.plan);
    let lists = inlet(spec, &inherited.lists)?;
    let mut inlets = Inlets { frames: inlet(frames, &inherited.frames)?, lists };
    attaching.listen(&inlets.frames)?;
    attaching.listen(&inlets.lists)?;
    let plan = &attaching.plan;
    let mut config = Config {
        camera_period_ns: 1_000_000_000 / u64::from(plan.camera.fps),
        radar_period_ns: plan.radar.period_ns,
        regularity: regularity(&plan.board),
        brake: vehicle::policy(plan.traffic.ego.brakes),
        ..Config::new(calibration(&CameraModel::default()))
    };
    if plan.disabled.contains(&Detector::Silence) {
        config.periods_until_gone = NEVER;
    }
    let fusion = Fusion::new(config);
    if attaching.stands_by() {
        warm_up(&config);
        sys::memory::touch_ahead(HEAP_BYTES)?;
    }
    let looked_for = !plan.disabled.contains(&Detector::Integrity);
    let integrity = [plan.camera.protection, plan.radar.protection].map(|has| has && looked_for);
    let mut driver = Driver {
        fusion,
        integrity,
        commands: outlet(spec, &inherited.commands, &inherited.radar_doorbell)?,
        camera_stream: Stream::new(Node::Camera),
        radar_stream: Stream::new(Node::Radar),
        checks: Checks::new(&config),
        looks: Looks::attach(&attaching.plan, inherited)?,
        vehicle: Vehicle::attach(&attaching, inherited)?,
        dropped_tracks: 0,
        mode: Mode::Blind,
        command: Command::default(),
        runtime: attaching.ready(),
    };
    // The first output of a successor is waited for; what later ones may need is not.
    driver.work(&mut inlets)?;
    sys::memory::touch_ahead(HEAP_BYTES)?;
    loop {
        let rings = driver.runtime.rings();
        driver.work(&mut inlets)?;
        driver.pause(rings)?;
    }
}

/// Makes an output for nobody: code and heap are there when the first one counts.
fn warm_up(config: &Config) {
    let pixels = vec![0; WIDTH_PX * HEIGHT_PX];
    // A black picture has nothing in it, and nobody asks.
    if Fusion::new(*config).on_frame(0, 0, &pixels).is_err() {}
}

/// When the sensors of a board measure.
fn regularity(board: &Board) -> [Regularity; 2] {
    let scheduled = [board.camera == CameraSource::Rendered, board.radar == RadarSource::Simulated];
    scheduled.map(|scheduled| if scheduled { Regularity::Scheduled } else { Regularity::Free })
}

/// Where samples come from.
struct Inlets {
    frames: Inlet,
    lists: Inlet,
}

struct Driver {
    runtime: Runtime,
    fusion: Fusion,
    /// To the radar.
    commands: Outlet,
    camera_stream: Stream,
    radar_stream: Stream,
    /// Whether samples are checked to be whole, by [`Node::index`]: camera, radar.
    integrity: [bool; 2],
    checks: Checks,
    looks: Looks,
    /// Tracks that fusion has found impossible so far.
    dropped_tracks: u64,
    vehicle: Vehicle,
    mode: Mode,
    command: Command,
}

/// A received sample, as its header tells.
#[derive(Clone, Copy)]
struct Sample {
    item: u64,
    from: u32,
    captured_ns: u64,
    received_ns: u64,
}

impl Driver {
    /// Does everything that there is to do now.
    fn work(&mut self, inlets: &mut Inlets) -> anyhow::Result<()> {
        self.runtime.insist();
        self.vehicle.follow(&self.runtime, &mut self.fusion, &mut self.checks);
        self.take_frame(&mut inlets.frames)?;
        self.take_messages(&mut inlets.lists)?;
        self.tell_dropped_tracks();
        self.follow_status();
        self.follow_qualification();
        self.follow_mode();
        self.follow_brakes();
        self.command_radar()
    }

    fn take_frame(&mut self, frames: &mut Inlet) -> anyhow::Result<()> {
        if !self.looks.are_due(self.runtime.now_ns()) {
            return Ok(());
        }
        let held = match frames.take().context("receive from camera")? {
            Taken::Nothing => return Ok(()),
            Taken::Message(held) if held.bytes().len() == FRAME_BYTES => held,
            // No frame at all, or not one of this length: the length comes from another process.
            Taken::Damaged | Taken::Message(_) => {
                self.reject_unread(Node::Camera);
                return Ok(());
            }
        };
        let received_ns = now_ns();
        let seen = frame::peek(held.bytes()).expect("a slot holds a header");
        let sample = Sample {
            item: seen.frame,
            from: seen.incarnation,
            captured_ns: seen.captured_ns,
            received_ns,
        };
        let Sample { item, from, captured_ns, .. } = sample;
        let published_ns = held.published_ns();
        let event = Event::FrameReceived { frame: item, from, captured_ns, published_ns };
        self.runtime.events.tell_at(received_ns, event);
        self.runtime.pass(Checkpoint::SampleTaken);
        self.runtime.suffer()?;
        let effects = self.runtime.befall(item);
        if !effects.is_hasty() {
            if self.is_damaged(item, &held) {
                self.reject(Node::Camera, item, Detector::Integrity);
                return Ok(());
            }
            self.runtime.pass(Checkpoint::Checked);
        }
        self.use_frame(sample, frame::pixels(held.bytes()), &effects);
        if effects.is_hasty() {
            let damaged = self.is_damaged(item, &held);
            self.check_afterwards(Node::Camera, item, damaged);
        }
        Ok(())
    }

    /// Tells of tracks that fusion itself found impossible.
    fn tell_dropped_tracks(&mut self) {
        let dropped = self.fusion.counters().implausible_tracks;
        if dropped > self.dropped_tracks && self.runtime.watches(Detector::Plausibility) {
            let count = dropped - self.dropped_tracks;
            self.runtime.events.tell(Event::TracksDropped { count });
        }
        self.dropped_tracks = dropped;
    }

    fn use_frame(&mut self, sample: Sample, pixels: &[u8], effects: &Effects) {
        let Sample { item, from, captured_ns, received_ns } = sample;
        let fingerprint = pixels
            .chunks_exact(WIDTH_PX)
            .step_by(ROWS_PER_PROBE)
            .take(HEIGHT_PX)
            .fold(0, |sum: u64, row| sum.rotate_left(1) ^ e2e::fingerprint(row));
        if self.is_foreign(Node::Camera, from) {
            return self.reject(Node::Camera, item, Detector::Source);
        }
        let Driver { runtime, camera_stream, .. } = self;
        let stream = Node::Camera;
        runtime.events.tell(Event::ContentSeen { stream, item, digest: fingerprint });
        let admission = camera_stream.admit((item, from), Some(fingerprint), runtime);
        self.qualify(Node::Camera, admission.status(), received_ns);
        match admission {
            Admission::Known => return self.runtime.pass(Checkpoint::Refused),
            Admission::Frozen => return self.reject(Node::Camera, item, Detector::Frozen),
            Admission::New { .. } => {}
        }
        let found = self.checks.clock(Node::Camera, captured_ns, received_ns);
        let found = found.or_else(|| self.checks.picture(pixels));
        if let Some(detector) = self.believed(found) {
            return self.reject(Node::Camera, item, detector);
        }
        self.fuse(Node::Camera, sample, effects, |fusion, measured_ns| {
            fusion.on_frame(measured_ns, received_ns, pixels)
        });
    }

    /// A sample that cannot even be looked at: it is taken for the next.
    fn reject_unread(&mut self, sensor: Node) {
        self.runtime.pass(Checkpoint::SampleTaken);
        let stream = if sensor == Node::Camera { &self.camera_stream } else { &self.radar_stream };
        self.reject(sensor, stream.next, Detector::Integrity);
    }

    fn take_messages(&mut self, lists: &mut Inlet) -> anyhow::Result<()> {
        for _ in 0..MESSAGES_PER_STEP {
            match lists.take().context("receive from radar")? {
                Taken::Nothing => return Ok(()),
                Taken::Damaged => self.reject_unread(Node::Radar),
                Taken::Message(held) => self.take_message(held.bytes())?,
            }
        }
        // More may wait: do not sleep on them.
        self.runtime.nudge();
        Ok(())
    }

    fn take_message(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let received_ns = now_ns();
        let checked = self.integrity[Node::Radar.index()];
        let read = if checked && !self.runtime.is_hasty() { receive } else { receive_unprotected };
        match read(bytes) {
            Ok(Received::Detections(info, list)) => {
                self.runtime.pass(Checkpoint::SampleTaken);
                let MessageInfo { number, incarnation: from, captured_ns, sent_ns } = info;
                let sample = Sample { item: number.into(), from, captured_ns, received_ns };
                let event = Event::RadarReceived { cycle: sample.item, from, captured_ns, sent_ns };
                self.runtime.events.tell_at(received_ns, event);
                self.runtime.suffer()?;
                let effects = self.runtime.befall(sample.item);
                if !effects.is_hasty() {
                    self.runtime.pass(Checkpoint::Checked);
                }
                self.use_detections(sample, list, e2e::fingerprint(&bytes[64..]), &effects);
                if effects.is_hasty() {
                    let damaged = checked && receive(bytes).is_err();
                    self.check_afterwards(Node::Radar, sample.item, damaged);
                }
            }
            Ok(Received::Acknowledgement(info)) => self.take_acknowledgement(info, received_ns),
            // A command is what fusion sends: back from there it is as wrong as damaged bytes.
            Ok(Received::Command(..)) | Err(_) => {
                let item = radar::peek(bytes).map_or(0, |info| info.number.into());
                self.runtime.pass(Checkpoint::SampleTaken);
                self.runtime.befall(item);
                self.reject(Node::Radar, item, Detector::Integrity);
            }
        }
        Ok(())
    }

    fn use_detections(
        &mut self,
        sample: Sample,
        list: &[radar::Detection],
        fingerprint: u64,
        effects: &Effects,
    ) {
        let Sample { item, from, captured_ns, received_ns } = sample;
        let stream = Node::Radar;
        self.runtime.events.tell(Event::ContentSeen { stream, item, digest: fingerprint });
        // Two empty lists are equal and nothing is wrong.
        let fingerprint = (!list.is_empty()).then_some(fingerprint);
        if self.is_foreign(Node::Radar, from) {
            return self.reject(Node::Radar, item, Detector::Source);
        }
        let Driver { runtime, radar_stream, .. } = self;
        let admission = radar_stream.admit((item, from), fingerprint, runtime);
        self.qualify(Node::Radar, admission.status(), received_ns);
        match admission {
            Admission::Known => return self.runtime.pass(Checkpoint::Refused),
            Admission::Frozen => return self.reject(Node::Radar, item, Detector::Frozen),
            Admission::New { .. } => {}
        }
        let list: Vec<_> = list.iter().map(off_the_wire).collect();
        let found = self.checks.clock(Node::Radar, captured_ns, received_ns).or_else(|| {
            let output = self.fusion.output_at(received_ns);
            self.checks.list(captured_ns, &list, Belief { at_ns: received_ns, output })
        });
        if let Some(detector) = self.believed(found) {
            return self.reject(Node::Radar, item, detector);
        }
        self.fuse(Node::Radar, sample, effects, |fusion, measured_ns| {
            fusion.on_radar(measured_ns, received_ns, &list)
        });
    }

    /// Lets the device under test make an output from a sample, if the step does its work; else what
    /// there was is told again.
    fn fuse(
        &mut self,
        stream: Node,
        sample: Sample,
        effects: &Effects,
        make: impl FnOnce(&mut Fusion, u64) -> Result<&Output, Rejection>,
    ) {
        let Sample { item, captured_ns, received_ns, .. } = sample;
        let measured_ns = self.taken_for_measured_at(captured_ns, received_ns);
        let Driver { fusion, runtime, mode, vehicle, checks, .. } = self;
        if let Some((fault, value)) = effects.state
            && fusion.overwrite_state(0, Component::X, value.value())
        {
            runtime.tell_acted(fault, item, 1);
        }
        if effects.does_its_work() {
            let result = make(fusion, measured_ns);
            let output = result.as_ref().ok();
            // The brakes first: they do not wait for the record.
            if let Some(output) = output {
                vehicle.ask(runtime, output.brake);
            }
            let inconsistent = output.is_some_and(|it| checks.has_become_inconsistent(stream, it));
            if inconsistent && runtime.watches(Detector::Plausibility) {
                runtime.events.tell(Event::Inconsistent { stream });
            }
            let checkpoint = tell_output((runtime, mode), stream, sample, result);
            runtime.pass(checkpoint);
        } else {
            tell_output((runtime, mode), stream, sample, Ok(fusion.output_at(received_ns)));
        }
    }

    /// Checks a sample that was used already, too late for everyone.
    fn check_afterwards(&mut self, stream: Node, item: u64, damaged: bool) {
        if damaged {
            self.reject(stream, item, Detector::Integrity);
        } else {
            self.runtime.pass(Checkpoint::Checked);
        }
    }

    /// Whether a sample comes from an incarnation that was never permitted, or was replaced by one
    /// whose samples have come.
    fn is_foreign(&self, sensor: Node, from: u32) -> bool {
        let newest = match sensor {
            Node::Camera => self.camera_stream.from,
            Node::Radar | Node::Fusion => self.radar_stream.from,
        };
        let foreign = from > self.runtime.status.node(sensor).writer || from < newest;
        foreign && self.runtime.watches(Detector::Source)
    }

    /// What found a sample wanting, if that is looked for.
    fn believed(&self, found: Found) -> Option<Detector> {
        let (detector, _doubt) = found?;
        self.runtime.watches(detector).then_some(detector)
    }

    /// Tells the E2E state machine of a stream what came of a cycle. A stream that becomes unusable
    /// is gone at once.
    fn qualify(&mut self, stream: Node, status: Status, now_ns: u64) {
        let changed = self.checks.cycle(stream, status, now_ns);
        if let Some(state) = changed {
            self.qualified(stream, state);
        }
    }

    fn qualified(&mut self, stream: Node, state: StreamState) {
        self.runtime.events.tell(Event::StreamQualified { stream, state });
        match (state, stream) {
            (StreamState::Invalid, Node::Camera) => self.fusion.on_camera_gone(),
            (StreamState::Invalid, _) => self.fusion.on_radar_gone(),
            (StreamState::NoData | StreamState::Init | StreamState::Valid, _) => {}
        }
    }

    /// Cycles in which nothing came.
    fn follow_qualification(&mut self) {
        for (stream, state) in self.checks.misses(now_ns()) {
            self.qualified(stream, state);
        }
    }

    fn reject(&mut self, stream: Node, item: u64, detector: Detector) {
        if detector == Detector::Integrity {
            self.qualify(stream, Status::Error(Failure::Crc), now_ns());
        }
        self.runtime.events.tell(Event::Rejected { stream, item, detector });
        self.runtime.pass(Checkpoint::Refused);
    }

    /// When a sample counts as measured. Where lateness is not looked for, one that is too old to be
    /// put in its place counts as measured when it came.
    fn taken_for_measured_at(&self, captured_ns: u64, received_ns: u64) -> u64 {
        let placed = self.fusion.remembers(captured_ns) || self.runtime.watches(Detector::Late);
        if placed { captured_ns } else { received_ns }
    }

    /// What the watchdog says of a sensor holds at once: who is gone is not waited for.
    fn follow_status(&mut self) {
        for (node, stream) in
            [(Node::Camera, &self.camera_stream), (Node::Radar, &self.radar_stream)]
        {
            let status = self.runtime.status.node(node);
            let gone = match status.presence {
                Presence::Gone => true,
                // Its predecessor is; its own first sample may be here before the watchdog knows.
                Presence::Starting => stream.from < status.writer,
                Presence::Up => false,
            };
            if gone && node == Node::Camera {
                self.fusion.on_camera_gone();
            } else if gone {
                self.fusion.on_radar_gone();
            }
        }
    }

    /// Tells a change of mode that silence brings, or the watchdog's word.
    fn follow_mode(&mut self) {
        let mode = on_the_record(&self.runtime, self.fusion.on_time(now_ns()));
        tell_mode(&mut self.runtime, &mut self.mode, mode);
    }

    /// Says what is asked of the brakes where no output has said it for a while.
    fn follow_brakes(&mut self) {
        if self.runtime.now_ns() >= self.vehicle.next_request_ns() {
            let request = self.fusion.output_at(now_ns()).brake;
            self.vehicle.ask(&mut self.runtime, request);
        }
    }

    /// Sleeps until there is something to do.
    fn pause(&mut self, rings: u32) -> anyhow::Result<()> {
        let start_ns = self.runtime.absolute_ns(0);
        let change = self.fusion.next_mode_change_ns().map(|at_ns| at_ns.saturating_sub(start_ns));
        let miss = self.checks.next_miss_ns().saturating_sub(start_ns);
        let next = self
            .command
            .next_ns
            .min(miss)
            .min(self.vehicle.next_request_ns())
            .min(self.looks.next_ns());
        let deadline = change.unwrap_or(u64::MAX).min(next);
        self.runtime.pause(rings, deadline)
    }
}
