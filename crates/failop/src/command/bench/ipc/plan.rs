//! What `bench ipc` was asked for, checked: [`Plan`].

use super::IpcArguments;
use super::peer::{Class, Job, Pace};
use super::round::Placement;
use analysis::ipc::{Cell, Stream};
use anyhow::Context;
use channel::link::{Pattern, Spec};
use std::path::Path;
use wire::Mechanism;
use wire::radar::MESSAGE_BYTES;

/// Sizes that are measured by default: a word or two, a radar message, what fills a pipe, a frame.
const PAYLOADS: [u64; 4] = [16, MESSAGE_BYTES as u64, 65_536, PIXELS];
/// Of a frame; in the pipeline its header comes on top.
const PIXELS: u64 = wire::frame::PIXEL_BYTES as u64;
/// Up to this size messages go at the rate of a radar and none of them may be lost; above, it is
/// frames, of which the newest wins.
const MESSAGE_BYTES_MAX: u64 = 65_536;
/// Rates of the two kinds of stream where no scenario says another.
const MESSAGES_HZ: f64 = 20.0;
const FRAMES_HZ: f64 = 30.0;
/// Places of a link, as in the pipeline; a queue of frames has as many as keep both ends busy.
const MESSAGE_SLOTS: usize = 16;
const FRAME_SLOTS: usize = 2;
const QUEUED_FRAME_SLOTS: usize = 3;
/// Scenario of those who name none: the camera and the radar as they are by default.
const DEFAULT_SCENARIO: &str = "schema = 1\nname = \"bench-ipc\"\nseed = 1\nduration-s = 1\n\
     [ego]\nspeed-kph = 60.0\n\
     [[actor]]\nid = \"lead\"\nstart = { x-m = 40.0, y-m = 0.0, speed-kph = 60.0 }\n";

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    pub(super) rounds: u32,
    /// Paced messages a round of a size that a stream has …
    of_streams: u64,
    /// … and of others.
    of_others: u64,
    /// Messages back to back at most.
    back_to_back: u64,
    /// How long messages go back to back, and how long they are streamed.
    length_ns: u64,
}

const NORMAL: Effort =
    Effort { rounds: 3, of_streams: 12, of_others: 5, back_to_back: 1000, length_ns: 100_000_000 };
const QUICK: Effort =
    Effort { rounds: 1, of_streams: 3, of_others: 2, back_to_back: 200, length_ns: 20_000_000 };

/// What is to be measured.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) effort: Effort,
    pub(super) class: Class,
    pub(super) placement: Placement,
    /// Without any round.
    pub(super) cells: Vec<Cell>,
    pub(super) streams: Vec<Stream>,
}

/// Which of the three measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Paced,
    BackToBack,
    Streaming,
}

impl Plan {
    pub(super) fn of(arguments: &IpcArguments) -> anyhow::Result<Plan> {
        let payloads = match &arguments.payload[..] {
            [] => PAYLOADS.to_vec(),
            given => given.to_vec(),
        };
        let mechanisms = match &arguments.mechanism[..] {
            [] => Mechanism::ALL.to_vec(),
            given => given.to_vec(),
        };
        let streams = streams(arguments.scenario.as_deref())?;
        let effort =
            if arguments.quick { QUICK } else { Effort { rounds: arguments.rounds, ..NORMAL } };
        let cell = |payload_bytes: u64, mechanism| Cell {
            mechanism,
            payload_bytes,
            rate_hz: rate_hz(payload_bytes, &streams),
            paced: Vec::new(),
            back_to_back: Vec::new(),
            streaming: Vec::new(),
            calls: None,
        };
        // Mechanisms of one size stand together: what disturbs one of them disturbs its neighbours.
        let cells = payloads.iter().flat_map(|&it| mechanisms.iter().map(move |&by| (it, by)));
        Ok(Plan {
            effort,
            class: if arguments.fifo { Class::Fifo } else { Class::Inherited },
            placement: arguments.pin.then(two_cpus).transpose()?,
            cells: cells.map(|(payload_bytes, mechanism)| cell(payload_bytes, mechanism)).collect(),
            streams,
        })
    }

    /// Where the two ends run. At its rate a stream is left to the scheduler, as in the pipeline. Messages
    /// back to back and streams go over two processors wherever there are two: where both ends share
    /// one by chance, a wake-up costs a tenth, and what is compared is that chance.
    pub(super) fn placement(&self, kind: Kind) -> Placement {
        let apart = || two_cpus().ok().filter(|_| kind != Kind::Paced);
        self.placement.or_else(apart)
    }

    /// The job of a cell, and about how long it takes.
    pub(super) fn job(&self, cell: &Cell, kind: Kind) -> (Job, u64) {
        let Effort { of_streams, of_others, back_to_back, length_ns, .. } = self.effort;
        let is_wanted = self.streams.iter().any(|it| it.payload_bytes == cell.payload_bytes);
        let period_ns = (1e9 / cell.rate_hz) as u64;
        let (pace, messages) = match kind {
            Kind::Paced => {
                (Pace::Paced { period_ns }, if is_wanted { of_streams } else { of_others })
            }
            Kind::BackToBack => (Pace::BackToBack { until_ns: length_ns }, back_to_back),
            Kind::Streaming => (Pace::Streaming { until_ns: length_ns }, u64::MAX),
        };
        let job = Job { spec: spec(cell, kind), pace, messages, class: self.class };
        let length_ns = if kind == Kind::Paced { messages * period_ns } else { length_ns };
        (job, length_ns)
    }
}

/// Messages of the two rounds in which system calls are counted: what both do before and after the
/// messages is the same, and vanishes in the difference.
const COUNTED: [u64; 2] = [4, 20];

/// Two jobs that differ only by so many messages.
pub(super) fn to_count(cell: &Cell) -> ([Job; 2], u64) {
    let spec = spec(cell, Kind::Paced);
    let job = |messages| Job { spec, pace: Pace::Counted, messages, class: Class::Inherited };
    (COUNTED.map(job), COUNTED[1] - COUNTED[0])
}

/// As in the pipeline: of frames the newest wins, messages are queued. Streaming loses nothing.
fn spec(cell: &Cell, kind: Kind) -> Spec {
    let is_frame = cell.payload_bytes > MESSAGE_BYTES_MAX;
    let (pattern, slots) = match (is_frame, kind) {
        (false, _) => (Pattern::Queue, MESSAGE_SLOTS),
        (true, Kind::Streaming) => (Pattern::Queue, QUEUED_FRAME_SLOTS),
        (true, _) => (Pattern::Newest, FRAME_SLOTS),
    };
    let message_bytes = cell.payload_bytes as usize;
    Spec { mechanism: cell.mechanism, pattern, message_bytes, slots }
}

fn rate_hz(payload_bytes: u64, streams: &[Stream]) -> f64 {
    let stream = streams.iter().find(|it| it.payload_bytes == payload_bytes);
    let usual = if payload_bytes > MESSAGE_BYTES_MAX { FRAMES_HZ } else { MESSAGES_HZ };
    stream.map_or(usual, |it| it.rate_hz)
}

/// The streams of a scenario, and what it would use if it said nothing.
fn streams(path: Option<&Path>) -> anyhow::Result<Vec<Stream>> {
    let default =
        scenario::parse("bench-ipc.toml", DEFAULT_SCENARIO).context("our own scenario")?;
    let plan = match path {
        Some(path) => scenario::load(path)?.plan,
        None => default.clone(),
    };
    Ok(vec![
        Stream {
            name: "camera → fusion".to_owned(),
            payload_bytes: PIXELS,
            rate_hz: plan.camera.fps.into(),
            choice: plan.camera.link,
            default: default.camera.link,
        },
        Stream {
            name: "radar ⇄ fusion".to_owned(),
            payload_bytes: MESSAGE_BYTES as u64,
            rate_hz: 1e9 / plan.radar.period_ns as f64,
            choice: plan.radar.link,
            default: default.radar.link,
        },
    ])
}

fn two_cpus() -> anyhow::Result<[usize; 2]> {
    let cpus = sys::sched::allowed_cpus();
    let [first, second, ..] = cpus[..] else {
        anyhow::bail!("--pin needs two processors, and there is {}", cpus.len());
    };
    Ok([first, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn default_plan() -> Plan {
        Plan::of(&IpcArguments {
            payload: Vec::new(),
            mechanism: Vec::new(),
            rounds: 3,
            pin: false,
            fifo: false,
            quick: false,
            scenario: None,
            json: false,
            html: None,
        })
        .unwrap()
    }

    #[test]
    fn by_default_the_jobs_of_all_rounds_take_about_two_minutes() {
        let plan = default_plan();
        let kinds = [Kind::Paced, Kind::BackToBack, Kind::Streaming];
        let of = |cell| kinds.map(|kind| plan.job(cell, kind).1).iter().sum::<u64>();
        let round_ns: u64 = plan.cells.iter().map(of).sum();
        let all_ns = round_ns * u64::from(plan.effort.rounds);
        assert!((60_000_000_000..=150_000_000_000).contains(&all_ns), "{all_ns}");
    }

    #[test]
    fn each_size_is_paced_as_its_stream_is_and_queued_as_in_the_pipeline() {
        let plan = default_plan();
        assert_eq!(plan.cells.len(), 4 * Mechanism::ALL.len());
        for cell in &plan.cells {
            let is_frame = cell.payload_bytes == PIXELS;
            assert!((cell.rate_hz - if is_frame { 30.0 } else { 20.0 }).abs() < 1e-9);
            let pattern = if is_frame { Pattern::Newest } else { Pattern::Queue };
            assert_eq!(plan.job(cell, Kind::Paced).0.spec.pattern, pattern);
            assert_eq!(plan.job(cell, Kind::Streaming).0.spec.pattern, Pattern::Queue);
        }
    }
}
