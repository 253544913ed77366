//! `failop bench log`: what it costs to tell one event, and to report on a recording of 60 s.

use super::context::Context;
use super::spread::{Spread, write_head, write_line};
use super::{Goal, LogArguments, code, write_goals, write_json};
use crate::exit::Code;
use crate::outputs;
use anyhow::Context as _;
use channel::events::{self, EventWriter};
use recording::{Entry, FILE_NAME, Header, Host, Part, Writer};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use sys::clock::now_ns;
use wire::event::{Detector, Ending, Event, LifeState, Mode};
use wire::{Node, Record, Source};

/// Events in a batch: its time is divided by them.
const BATCH: u64 = 1000;
const BATCHES: u64 = 2000;
/// Times the report is made.
const REPORTS: usize = 7;
/// Length of the synthetic recording, seconds.
const SECONDS: u64 = 60;
/// When its camera is killed, seconds.
const KILL_S: u64 = 30;
/// Tracks in each synthetic output.
const TRACKS: u32 = 3;

#[derive(Debug, Serialize)]
struct Report {
    benchmark: &'static str,
    events: u64,
    tell_ns: Spread,
    clock_ns: Spread,
    recording: String,
    recording_bytes: u64,
    records: usize,
    outputs_ms: Spread,
    goals: Vec<Goal>,
    context: Context,
}

pub(super) fn bench(arguments: &LogArguments) -> anyhow::Result<Code> {
    let directory = tempfile::tempdir().context("no temporary directory")?;
    let directory = directory.path();
    let recording = if let Some(run) = &arguments.run {
        std::fs::copy(run.join(FILE_NAME), directory.join(FILE_NAME))
            .with_context(|| format!("no recording in {}", run.display()))?;
        run.display().to_string()
    } else {
        synthesise(directory)?;
        format!("synthetic, {SECONDS} s")
    };
    let tell_ns = tell(directory)?;
    let report_ns = (0..REPORTS).map(|_| report(directory)).collect::<anyhow::Result<Vec<_>>>()?;
    let outputs_ms = Spread::of(&report_ns, 1e6);
    let report = Report {
        benchmark: "log",
        events: BATCH * BATCHES,
        tell_ns,
        clock_ns: clock(),
        recording,
        recording_bytes: std::fs::metadata(directory.join(FILE_NAME))?.len(),
        records: recording::Recording::open(directory)?.records.len(),
        outputs_ms,
        goals: vec![
            Goal::at_most("telling an event, p50", tell_ns.p50, 50.0, "ns"),
            Goal::at_most("analysing and reporting, p50", outputs_ms.p50, 500.0, "ms"),
        ],
        context: Context::observe(),
    };
    if arguments.json {
        write_json(&report)?;
    } else {
        report.write(&mut io::stdout().lock())?;
    }
    Ok(code(&report.goals))
}

/// Tells events into a ring file as a camera does; nanoseconds an event, of each batch.
fn tell(directory: &Path) -> anyhow::Result<Spread> {
    let memory = events::create(&directory.join("bench.events"))?;
    let mut writer = EventWriter::attach(memory.fd(), 1)?;
    let batches: Vec<u64> = (0..BATCHES)
        .map(|batch| {
            let begun_ns = now_ns();
            for frame in batch * BATCH..(batch + 1) * BATCH {
                let (captured_ns, rendered_ns, protected_ns) = (frame, frame + 1, frame + 2);
                let event = Event::FramePublished { frame, captured_ns, rendered_ns, protected_ns };
                writer.tell(std::hint::black_box(event));
            }
            now_ns() - begun_ns
        })
        .collect();
    Ok(Spread::of(&batches, BATCH as f64))
}

/// The part of it that is reading the clock.
fn clock() -> Spread {
    let batches: Vec<u64> = (0..BATCHES)
        .map(|_| {
            let begun_ns = now_ns();
            for _ in 0..BATCH {
                std::hint::black_box(now_ns());
            }
            now_ns() - begun_ns
        })
        .collect();
    Spread::of(&batches, BATCH as f64)
}

/// Makes every output of the recording, as `failop report` does.
fn report(directory: &Path) -> anyhow::Result<u64> {
    let begun_ns = now_ns();
    outputs::write(directory)?;
    Ok(now_ns() - begun_ns)
}

/// A recording with every kind of sample at its rate, in which the camera is killed once.
fn synthesise(directory: &Path) -> anyhow::Result<()> {
    let text = format!(
        "schema = 1\nname = \"synthetic\"\nduration-s = {SECONDS}.0\n[ego]\nspeed-kph = 60.0\n\
         [[actor]]\nid = \"lead\"\nstart = {{ x-m = 40.0, y-m = 0.0, speed-kph = 60.0 }}\n\
         [[fault]]\nid = \"F1\"\ntarget = \"camera\"\nat-s = {KILL_S}.0\n\
         inject.kill = {{ signal = \"SIGKILL\" }}\n\
         [expect]\nisolated = [\"radar\", \"fusion\"]\n\
         [expect.fusion]\nlatency-p99-ms = 50.0\nfollows = [\"lead\"]\n"
    );
    let header = Header {
        scenario_path: "synthetic.toml".to_owned(),
        scenario_text: text,
        board_text: None,
        seed: 0,
        repetition: 1,
        repetitions: 1,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_unix_ms: sys::clock::unix_ms(),
        host: Host::default(),
        part: Part::default(),
    };
    let mut script = Script::default();
    script.start();
    for frame in 0..SECONDS * 30 {
        script.frame(frame);
    }
    for cycle in 0..SECONDS * 20 {
        script.cycle(cycle);
    }
    for look in 0..SECONDS * 2 {
        script.look(look);
    }
    script.kill();
    let end_ns = T0_NS + SECONDS * 1_000_000_000 + 150_000_000;
    script.tell(Source::Watchdog, end_ns, Event::RunEnded { ending: Ending::Completed });
    script.entries.push(Entry::End);
    Writer::create(directory, header)?.append(&script.entries)?;
    Ok(())
}

/// Ages of the data in each synthetic track: 200 µs of camera and radar.
const AGES_US: u64 = 0xc8 | 0xc8 << 32;
/// Start of the synthetic schedule.
const T0_NS: u64 = 1_000_000_000_000;

#[derive(Default)]
struct Script {
    entries: Vec<Entry>,
    told: [u64; Source::ALL.len()],
}

impl Script {
    fn tell(&mut self, source: Source, t_ns: u64, event: Event) {
        let index = self.told[source.index()];
        self.told[source.index()] += 1;
        let record = Record { t_ns, incarnation: 1, event };
        self.entries.push(Entry::Record { source, index, record });
    }

    fn start(&mut self) {
        let mut t_ns = T0_NS - 100_000_000;
        for node in Node::ALL {
            let (incarnation, pid) = (1, 100 + node.index() as u32);
            t_ns += 1_000_000;
            let spawned = Event::Spawned { node, incarnation, pid, called_ns: t_ns - 300_000 };
            self.tell(Source::Watchdog, t_ns, spawned);
            self.tell(Source::Node(node), t_ns + 500_000, Event::Started { pid });
            self.tell(Source::Node(node), t_ns + 900_000, Event::Attached {});
            let state = LifeState::Running;
            let running = Event::StateChanged { node, incarnation, state };
            self.tell(Source::Watchdog, t_ns + 950_000, running);
        }
        self.tell(Source::Watchdog, T0_NS - 50_000_000, Event::RunStarted { t0_ns: T0_NS });
    }

    fn kill(&mut self) {
        let (node, incarnation, detector) = (Node::Camera, 1, Detector::Exit);
        let t_ns = T0_NS + KILL_S * 1_000_000_000;
        self.tell(Source::Watchdog, t_ns, Event::Injecting { fault: 0, incarnation });
        let exited = Event::Exited { node, incarnation, status: 256 + 9 };
        self.tell(Source::Watchdog, t_ns + 700_000, exited);
        let detected = Event::Detected { node, incarnation, detector };
        self.tell(Source::Watchdog, t_ns + 700_000, detected);
    }

    fn frame(&mut self, frame: u64) {
        let captured_ns = T0_NS + frame * 1_000_000_000 / 30;
        // Latencies that differ, so that the plots have something to draw.
        let rendered_ns = captured_ns + 400_000 + frame * 7919 % 200_000;
        let protected_ns = rendered_ns + 60_000;
        let published = Event::FramePublished { frame, captured_ns, rendered_ns, protected_ns };
        let published_ns = protected_ns + 1_000;
        self.tell(Source::Node(Node::Camera), published_ns, published);
        let received_ns = published_ns + 30_000 + frame * 104_729 % 50_000;
        let from = 1;
        let received = Event::FrameReceived { frame, from, captured_ns, published_ns };
        self.tell(Source::Node(Node::Fusion), received_ns, received);
        self.fused(Node::Camera, frame, captured_ns, received_ns);
    }

    fn cycle(&mut self, cycle: u64) {
        let captured_ns = T0_NS + cycle * 50_000_000;
        let sent_ns = captured_ns + 80_000 + cycle * 7919 % 40_000;
        let sent = Event::RadarSent { cycle, captured_ns, detections: 8 };
        self.tell(Source::Node(Node::Radar), sent_ns, sent);
        let received_ns = sent_ns + 30_000 + cycle * 104_729 % 50_000;
        let received = Event::RadarReceived { cycle, from: 1, captured_ns, sent_ns };
        self.tell(Source::Node(Node::Fusion), received_ns, received);
        self.fused(Node::Radar, cycle, captured_ns, received_ns);
    }

    fn fused(&mut self, stream: Node, item: u64, captured_ns: u64, received_ns: u64) {
        let mode_tracks = Event::pack_mode_tracks(Mode::Fused, TRACKS as usize);
        let fused = Event::Fused { stream, item, from: 1, captured_ns, received_ns, mode_tracks };
        self.tell(Source::Node(Node::Fusion), received_ns + 200_000, fused);
        for id in 1..=TRACKS {
            let track = Event::Track {
                id,
                x_m: 25.0 * f64::from(id),
                y_m: 0.0,
                vx_mps: 0.0,
                vy_mps: 0.0,
                ages_us: AGES_US,
            };
            self.tell(Source::Node(Node::Fusion), received_ns + 200_000, track);
        }
    }

    fn look(&mut self, look: u64) {
        for source in Source::ALL {
            let usage = Event::Usage {
                source: source.index() as u32,
                of: 1,
                user_us: look * 5_000,
                system_us: look * 1_000,
                faults: 500,
                rss_kib: 8_000,
            };
            self.tell(Source::Watchdog, T0_NS + look * 500_000_000, usage);
        }
    }
}

impl Report {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{} events told, one after the other", self.events)?;
        write_head(out, "ns")?;
        write_line(out, "telling an event, clock included", &self.tell_ns)?;
        write_line(out, "of which reading the clock", &self.clock_ns)?;
        writeln!(out)?;
        let Report { recording, recording_bytes, records, .. } = self;
        writeln!(out, "recording: {recording}, {records} records, {recording_bytes} B")?;
        write_head(out, "ms")?;
        write_line(out, "reading, analysing, writing every output", &self.outputs_ms)?;
        write_goals(out, &self.goals)?;
        writeln!(out)?;
        self.context.write(out)
    }
}
