//! The fusion process: waits for frames and radar messages at once, checks them, and lets the
//! device under test make an output from each.

use super::runtime::{Attaching, Runtime};
use super::{calibration, take};
use ::fusion::{Config, Fusion, Output, Rejection};
use anyhow::Context;
use channel::doorbell::Doorbell;
use channel::frames::Reader;
use channel::mailbox::{Mail, Mailbox, Sent};
use std::convert::Infallible;
use std::os::fd::RawFd;
use sys::clock::now_ns;
use wire::event::{Detector, Mode};
use wire::frame::{HEIGHT_PX, WIDTH_PX};
use wire::radar::{MESSAGE_BYTES, MessageInfo, Received, command, receive};
use wire::{Event, Node, e2e, frame, radar};
use world::CameraModel;

/// Heap that the largest scene needs, with room to spare: the detector's regions and the tracks.
const HEAP_BYTES: usize = 1 << 20;
/// Messages taken per wake-up, so that a burst cannot hold up the frames.
const MESSAGES_PER_STEP: usize = 8;
/// Time between two commands to the radar.
const COMMAND_PERIOD_NS: u64 = 500_000_000;
/// Every so many rows one is compared with the frame before: sensor noise makes two equal rows of
/// live frames practically impossible, and 16 rows cost a microsecond.
const ROWS_PER_PROBE: usize = 64;

/// Descriptors of fusion's channels.
pub(super) struct Inherited {
    pub(super) frames: RawFd,
    pub(super) pin: RawFd,
    pub(super) mailbox: RawFd,
    pub(super) radar_doorbell: RawFd,
}

pub(super) fn work(attaching: Attaching, inherited: &Inherited) -> anyhow::Result<Infallible> {
    let plan = &attaching.plan;
    let ego_speed_mps = plan.traffic.ego.speed_mps;
    let mut fusion = Fusion::new(Config {
        camera_period_ns: 1_000_000_000 / u64::from(plan.camera.fps),
        radar_period_ns: plan.radar.period_ns,
        ..Config::new(calibration(&CameraModel::default()))
    });
    fusion.set_ego_speed_mps(ego_speed_mps);
    let frames = take(inherited.frames, "the frame buffer")?;
    let mut reader = Reader::attach(frames, take(inherited.pin, "the pin page")?)?;
    let mut driver = Driver {
        fusion,
        mailbox: Mailbox::new(take(inherited.mailbox, "the mailbox")?),
        radar: Doorbell::attach(take(inherited.radar_doorbell, "the radar's doorbell")?)?,
        camera_stream: Stream::new(Node::Camera),
        radar_stream: Stream::new(Node::Radar),
        ego_speed_mps: ego_speed_mps as f32,
        mode: Mode::Blind,
        command: Command { number: 0, sent_ns: 0, next_ns: 0 },
        runtime: attaching.ready(),
    };
    // The first output of a successor is waited for; what later ones may need is not.
    driver.work(&mut reader)?;
    sys::memory::touch_ahead(HEAP_BYTES)?;
    loop {
        let rings = driver.runtime.rings();
        driver.work(&mut reader)?;
        driver.pause(rings);
    }
}

struct Driver {
    runtime: Runtime,
    fusion: Fusion,
    mailbox: Mailbox,
    radar: Doorbell,
    camera_stream: Stream,
    radar_stream: Stream,
    ego_speed_mps: f32,
    mode: Mode,
    command: Command,
}

/// The newest command to the radar, times from the start of the schedule.
struct Command {
    number: u32,
    sent_ns: u64,
    next_ns: u64,
}

/// What the receiver knows of a stream: enough to see a gap, a repetition and frozen content.
struct Stream {
    node: Node,
    next: u64,
    /// Which of the items before `next` came: bit n is item `next - 1 - n`.
    came: u64,
    fingerprint: Option<u64>,
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
    fn work(&mut self, reader: &mut Reader) -> anyhow::Result<()> {
        self.take_frame(reader);
        self.take_messages()?;
        self.follow_mode();
        self.command_radar()
    }

    fn take_frame(&mut self, reader: &mut Reader) {
        let Some(held) = reader.newest() else { return };
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
        self.runtime.suffer();
        self.runtime.dawdle(item);
        if frame::check(held.bytes()).is_err() {
            return self.reject(Node::Camera, item, Detector::Integrity);
        }
        let pixels = frame::pixels(held.bytes());
        let fingerprint = pixels
            .chunks_exact(WIDTH_PX)
            .step_by(ROWS_PER_PROBE)
            .take(HEIGHT_PX)
            .fold(0, |sum: u64, row| sum.rotate_left(1) ^ e2e::fingerprint(row));
        let Driver { runtime, camera_stream, .. } = self;
        match camera_stream.admit(item, Some(fingerprint), runtime) {
            Admission::Known => return,
            Admission::Frozen => return self.reject(Node::Camera, item, Detector::Frozen),
            Admission::New => {}
        }
        let result = self.fusion.on_frame(captured_ns, received_ns, pixels);
        tell_output((&mut self.runtime, &mut self.mode), Node::Camera, sample, result);
    }

    fn take_messages(&mut self) -> anyhow::Result<()> {
        let mut buffer = [0; MESSAGE_BYTES];
        for _ in 0..MESSAGES_PER_STEP {
            let length = match self.mailbox.receive(&mut buffer).context("receive from radar")? {
                Mail::Empty => return Ok(()),
                Mail::TooLong(_) => {
                    self.reject(Node::Radar, self.radar_stream.next, Detector::Integrity);
                    continue;
                }
                Mail::Message(length) => length,
            };
            self.take_message(&buffer[..length]);
        }
        // More may wait: do not sleep on them.
        self.runtime.nudge();
        Ok(())
    }

    fn take_message(&mut self, bytes: &[u8]) {
        let received_ns = now_ns();
        match receive(bytes) {
            Ok(Received::Detections(info, list)) => {
                self.take_detections(info, list, received_ns, e2e::fingerprint(&bytes[64..]));
            }
            Ok(Received::Acknowledgement(info)) => {
                let sent_ns = self.runtime.absolute_ns(self.command.sent_ns);
                if info.number == self.command.number {
                    self.runtime.events.tell(Event::CommandAcknowledged {
                        command: info.number.into(),
                        round_trip_ns: received_ns.saturating_sub(sent_ns),
                    });
                }
            }
            // A command is what fusion sends: back from there it is as wrong as damaged bytes.
            Ok(Received::Command(..)) | Err(_) => {
                let item = radar::peek(bytes).map_or(0, |info| info.number.into());
                self.runtime.dawdle(item);
                self.reject(Node::Radar, item, Detector::Integrity);
            }
        }
    }

    fn take_detections(
        &mut self,
        info: MessageInfo,
        list: &[radar::Detection],
        received_ns: u64,
        fingerprint: u64,
    ) {
        let MessageInfo { number, incarnation: from, captured_ns, sent_ns } = info;
        let item = u64::from(number);
        let event = Event::RadarReceived { cycle: item, from, captured_ns, sent_ns };
        self.runtime.events.tell_at(received_ns, event);
        self.runtime.suffer();
        self.runtime.dawdle(item);
        // Two empty lists are equal and nothing is wrong.
        let fingerprint = (!list.is_empty()).then_some(fingerprint);
        let Driver { runtime, radar_stream, .. } = self;
        match radar_stream.admit(item, fingerprint, runtime) {
            Admission::Known => return,
            Admission::Frozen => return self.reject(Node::Radar, item, Detector::Frozen),
            Admission::New => {}
        }
        let list: Vec<_> = list.iter().map(off_the_wire).collect();
        let sample = Sample { item, from, captured_ns, received_ns };
        let result = self.fusion.on_radar(captured_ns, received_ns, &list);
        tell_output((&mut self.runtime, &mut self.mode), Node::Radar, sample, result);
    }

    fn reject(&mut self, stream: Node, item: u64, detector: Detector) {
        self.runtime.events.tell(Event::Rejected { stream, item, detector });
    }

    /// Tells a change of mode that silence brings.
    fn follow_mode(&mut self) {
        let mode = on_the_record(self.fusion.mode_at(now_ns()));
        tell_mode(&mut self.runtime, &mut self.mode, mode);
    }

    fn command_radar(&mut self) -> anyhow::Result<()> {
        let now = self.runtime.now_ns();
        if now < self.command.next_ns {
            return Ok(());
        }
        self.command = Command {
            number: self.command.number + 1,
            sent_ns: now,
            next_ns: now + COMMAND_PERIOD_NS,
        };
        let sent_ns = self.runtime.absolute_ns(now);
        let (number, incarnation) = (self.command.number, self.runtime.incarnation);
        let info = MessageInfo { number, incarnation, captured_ns: sent_ns, sent_ns };
        let content =
            radar::Command { mode: radar::Mode::Measuring, ego_speed_mps: self.ego_speed_mps };
        // A full queue costs this command; the next follows.
        let event = match self.mailbox.send(&command(info, content)).context("command")? {
            Sent::Taken => Event::CommandSent { command: number.into() },
            Sent::QueueFull => Event::CommandOverrun { command: number.into() },
        };
        self.radar.ring();
        self.runtime.events.tell_at(sent_ns, event);
        Ok(())
    }

    /// Sleeps until there is something to do.
    fn pause(&mut self, rings: u32) {
        let start_ns = self.runtime.absolute_ns(0);
        let change = self.fusion.next_mode_change_ns().map(|at_ns| at_ns.saturating_sub(start_ns));
        let deadline = change.unwrap_or(u64::MAX).min(self.command.next_ns);
        self.runtime.pause(rings, deadline);
    }
}

fn tell_mode(runtime: &mut Runtime, from: &mut Mode, to: Mode) {
    if *from != to {
        runtime.events.tell(Event::ModeChanged { from: *from, to });
        *from = to;
    }
}

/// Tells what came of a sample that was let through: the mode first, then the output made in it.
fn tell_output(
    (runtime, mode): (&mut Runtime, &mut Mode),
    stream: Node,
    sample: Sample,
    result: Result<&Output, Rejection>,
) {
    let Sample { item, from, captured_ns, received_ns } = sample;
    let output = match result {
        Ok(output) => output,
        Err(Rejection::Repeated { .. }) => return,
        Err(rejection) => {
            let detector = match rejection {
                Rejection::TooOld { .. } => Detector::Late,
                _ => Detector::Integrity,
            };
            return runtime.events.tell(Event::Rejected { stream, item, detector });
        }
    };
    let confirmed = |track: &&::fusion::Track| track.status == ::fusion::Status::Confirmed;
    let tracks = output.tracks.iter().filter(confirmed);
    tell_mode(runtime, mode, on_the_record(output.mode));
    let mode_tracks = Event::pack_mode_tracks(*mode, tracks.clone().count());
    runtime.events.tell(Event::Fused { stream, item, from, captured_ns, received_ns, mode_tracks });
    for track in tracks {
        runtime.events.tell(Event::Track {
            id: track.id,
            x_m: track.x_m.into(),
            y_m: track.y_m.into(),
            vx_mps: track.vx_mps.into(),
            vy_mps: track.vy_mps.into(),
            ages_us: age_us(track.camera_age_ns) | age_us(track.radar_age_ns) << 32,
        });
    }
}

fn age_us(age_ns: Option<u64>) -> u64 {
    let us = age_ns.and_then(|ns| u32::try_from(ns / 1000).ok());
    us.unwrap_or(u32::MAX).into()
}

/// Whether a sample is new to its receiver.
#[derive(Debug, PartialEq, Eq)]
enum Admission {
    /// It is, perhaps later than those after it.
    New,
    /// A restarted sender repeats a sample that was used already: it lives, and there is nothing
    /// new to learn.
    Known,
    /// The content of the sample before under a new number.
    Frozen,
}

impl Stream {
    fn new(node: Node) -> Stream {
        Stream { node, next: 0, came: 0, fingerprint: None }
    }

    /// Judges a checked sample, and tells of those that are missing before it.
    fn admit(&mut self, item: u64, fingerprint: Option<u64>, runtime: &mut Runtime) -> Admission {
        // A receiver that was born in the middle of a run has missed nothing.
        let may_miss = self.next > 0 || runtime.incarnation == 1;
        let (stream, first) = (self.node, self.next);
        let (admission, missing) = self.place(item, fingerprint);
        if missing > 0 && may_miss {
            runtime.events.tell(Event::SequenceGap { stream, first, count: missing });
        }
        admission
    }

    /// Whether the sample is new, and how many are missing before it.
    fn place(&mut self, item: u64, fingerprint: Option<u64>) -> (Admission, u64) {
        let missing = item.checked_sub(self.next);
        if let Some(missing) = missing {
            self.came = self.came.checked_shl(missing as u32 + 1).unwrap_or(0) | 1;
            self.next = item + 1;
        } else {
            // Older than what is remembered counts as known: it is seconds old.
            let bit = 1_u64.checked_shl((self.next - 1 - item) as u32).unwrap_or(0);
            if bit == 0 || self.came & bit != 0 {
                return (Admission::Known, 0);
            }
            self.came |= bit;
        }
        let frozen = fingerprint.is_some() && fingerprint == self.fingerprint;
        self.fingerprint = fingerprint;
        (if frozen { Admission::Frozen } else { Admission::New }, missing.unwrap_or(0))
    }
}

fn on_the_record(mode: ::fusion::Mode) -> Mode {
    match mode {
        ::fusion::Mode::Fused => Mode::Fused,
        ::fusion::Mode::CameraOnly => Mode::CameraOnly,
        ::fusion::Mode::RadarOnly => Mode::RadarOnly,
        ::fusion::Mode::Blind => Mode::Blind,
    }
}

/// A detection in SI units.
fn off_the_wire(detection: &radar::Detection) -> ::fusion::Detection {
    ::fusion::Detection {
        range_m: detection.range_m.get(),
        azimuth_rad: detection.azimuth_rad.get(),
        range_rate_mps: detection.range_rate_mps.get(),
        rcs_dbsm: detection.rcs_dbsm.get(),
        range_sigma_m: f32::from(detection.range_sigma_mm.get()) * 1e-3,
        azimuth_sigma_rad: f32::from(detection.azimuth_sigma_e4rad.get()) * 1e-4,
        range_rate_sigma_mps: f32::from(detection.range_rate_sigma_mmps.get()) * 1e-3,
        existence_percent: detection.existence_percent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each sample with what becomes of it: (item, fingerprint, admission, missing before it).
    fn check(samples: &[(u64, u64, Admission, u64)]) {
        let mut stream = Stream::new(Node::Camera);
        for (item, fingerprint, admission, missing) in samples {
            let placed = stream.place(*item, Some(*fingerprint));
            assert_eq!((&placed.0, placed.1), (admission, *missing), "item {item}");
        }
    }

    #[test]
    fn samples_in_order_are_new_and_gaps_are_counted() {
        use Admission::New;
        check(&[(0, 10, New, 0), (1, 11, New, 0), (5, 12, New, 3), (100, 13, New, 94)]);
    }

    #[test]
    fn a_sample_that_comes_late_is_new_once() {
        use Admission::{Known, New};
        check(&[(0, 10, New, 0), (3, 11, New, 2), (1, 12, New, 0), (1, 13, Known, 0)]);
        check(&[(0, 10, New, 0), (200, 11, New, 199), (1, 12, Known, 0)]);
    }

    #[test]
    fn a_repetition_is_known_and_frozen_content_is_seen() {
        use Admission::{Frozen, Known, New};
        check(&[(0, 10, New, 0), (0, 10, Known, 0), (1, 10, Frozen, 0), (2, 11, New, 0)]);
    }
}
