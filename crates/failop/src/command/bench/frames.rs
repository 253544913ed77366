//! `failop bench frames`: one process fills 2 MB frames in place at a steady pace, another is woken
//! for each and reads every byte.

use super::context::{Context, Floors};
use super::job::{FRAME_BYTES, Order, Page, Round};
use super::spread::{Spread, write_head, write_line};
use super::{FramesArguments, peer, write_json};
use crate::exit::Code;
use channel::doorbell::Doorbell;
use channel::frames::Buffer;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::AsFd;
use sys::process::Exit;

/// Slots of the buffer: the classic double buffer, as in a scenario that says nothing.
const SLOTS: usize = 2;

#[derive(Debug, Serialize)]
struct Report {
    benchmark: &'static str,
    frame_bytes: usize,
    frames: u64,
    rounds: u32,
    fps: u32,
    slots: usize,
    overruns: u64,
    unseen: u64,
    publish_to_wake_us: Spread,
    publish_to_wake_p50_us_by_round: Vec<f64>,
    publish_call_us: Spread,
    fill_us: Spread,
    read_us: Spread,
    writer_cpu_us_per_frame: f64,
    reader_cpu_us_per_frame: f64,
    floors: Floors,
    wake_over_floor: f64,
    fill_over_memcpy: f64,
    read_over_memcpy: f64,
    placement: Placement,
    context: Context,
}

/// Where the processes ran, as far as somebody looked.
#[derive(Debug, Serialize)]
struct Placement {
    looks: usize,
    same_cpu: usize,
    writer_looks_by_cpu: BTreeMap<u64, usize>,
    reader_looks_by_cpu: BTreeMap<u64, usize>,
}

pub(super) fn bench(arguments: &FramesArguments) -> anyhow::Result<Code> {
    let order = Order { frames: arguments.frames, fps: arguments.fps };
    let floors = Floors::measure(arguments.fps)?;
    let rounds =
        (0..arguments.rounds).map(|_| round(order)).collect::<anyhow::Result<Vec<Round>>>()?;
    let report = Report::of(order, &rounds, floors);
    if arguments.json {
        write_json(&report)?;
    } else {
        report.write(&mut io::stdout().lock())?;
    }
    Ok(Code::Pass)
}

/// Runs both processes once.
fn round(order: Order) -> anyhow::Result<Round> {
    let (memory, page) = Page::create(order.frames)?;
    let buffer = Buffer::create(SLOTS, FRAME_BYTES, 1)?;
    let (bell, _rung_by_the_writer) = Doorbell::create()?;
    let (frames_read_only, pin_read_only) = (buffer.frames_read_only()?, buffer.pin_read_only(0)?);
    let reads = [memory.fd(), frames_read_only.as_fd(), buffer.pin_fd(0), bell.fd()];
    let writes = [memory.fd(), buffer.frames_fd(), pin_read_only.as_fd(), bell.fd()];
    let peers = [peer::start("reader", &reads, order)?, peer::start("writer", &writes, order)?];
    let started = page.start(2);
    for peer in &peers {
        if started.is_err() {
            peer.kill()?;
        }
        let exit = peer.reap()?;
        anyhow::ensure!(exit == Exit::Code(0), "a process of the benchmark ended with {exit:?}");
    }
    started?;
    let round = page.round(order.frames);
    round.check()?;
    Ok(round)
}

impl Report {
    fn of(order: Order, rounds: &[Round], floors: Floors) -> Report {
        let all = |of: fn(&Round) -> &Vec<u64>| rounds.iter().flat_map(of).copied().collect();
        let wake_ns: Vec<u64> = all(|round| &round.wake_ns);
        let publish_ns: Vec<u64> = all(|round| &round.publish_ns);
        let fill_ns: Vec<u64> = all(|round| &round.fill_ns);
        let read_ns: Vec<u64> = all(|round| &round.read_ns);
        let per_frame = |of: fn(&Round) -> u64, frames: usize| {
            rounds.iter().map(of).sum::<u64>() as f64 / frames.max(1) as f64
        };
        let publish_to_wake_us = Spread::of_us(&wake_ns);
        let (fill_us, read_us) = (Spread::of_us(&fill_ns), Spread::of_us(&read_ns));
        Report {
            benchmark: "frames",
            frame_bytes: FRAME_BYTES,
            frames: order.frames,
            rounds: rounds.len() as u32,
            fps: order.fps,
            slots: SLOTS,
            overruns: rounds.iter().map(|round| round.overruns).sum(),
            unseen: rounds.iter().map(|round| round.unseen).sum(),
            publish_to_wake_us,
            publish_to_wake_p50_us_by_round: rounds
                .iter()
                .map(|round| Spread::of_us(&round.wake_ns).p50)
                .collect(),
            publish_call_us: Spread::of_us(&publish_ns),
            fill_us,
            read_us,
            writer_cpu_us_per_frame: per_frame(|round| round.writer_cpu_us, publish_ns.len()),
            reader_cpu_us_per_frame: per_frame(|round| round.reader_cpu_us, wake_ns.len()),
            floors,
            wake_over_floor: publish_to_wake_us.p50 / floors.wake_paced_us.p50,
            fill_over_memcpy: fill_us.p50 / floors.memcpy_us.p50,
            read_over_memcpy: read_us.p50 / floors.memcpy_us.p50,
            placement: Placement::of(rounds),
            context: Context::observe(),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Report { rounds, frames, fps, slots, .. } = self;
        writeln!(out, "{rounds} × {frames} frames of {FRAME_BYTES} B at {fps} FPS, {slots} slots")?;
        writeln!(out)?;
        write_head(out, "µs")?;
        write_line(out, "publish → reader awake", &self.publish_to_wake_us)?;
        write_line(out, "publish call, waking included", &self.publish_call_us)?;
        write_line(out, "fill in place", &self.fill_us)?;
        write_line(out, "read and verify every byte", &self.read_us)?;
        writeln!(out)?;
        write_head(out, "floors of this machine in the same run, µs")?;
        let paced = format!("futex wake of another process, at {fps} a second");
        write_line(out, &paced, &self.floors.wake_paced_us)?;
        write_line(out, "futex wake of another process, back to back", &self.floors.wake_busy_us)?;
        write_line(
            out,
            "shared word seen by another process that spins",
            &self.floors.wake_spin_us,
        )?;
        write_line(out, "copy of a frame, back to back", &self.floors.memcpy_us)?;
        writeln!(out)?;
        let Report { wake_over_floor, fill_over_memcpy, read_over_memcpy, .. } = self;
        writeln!(out, "publish → awake is {wake_over_floor:.2} × the paced futex wake")?;
        writeln!(
            out,
            "fill is {fill_over_memcpy:.2} ×, read is {read_over_memcpy:.2} × the hot copy"
        )?;
        let (writer, reader) = (self.writer_cpu_us_per_frame, self.reader_cpu_us_per_frame);
        let share = (writer + reader) * 1e-6 * f64::from(*fps) * 100.0;
        writeln!(
            out,
            "CPU time a frame: writer {writer:.0} µs, reader {reader:.0} µs, together {share:.2} % of one CPU"
        )?;
        writeln!(out, "no room for {} frames, {} never seen", self.overruns, self.unseen)?;
        writeln!(out)?;
        self.placement.write(out)?;
        self.context.write(out)
    }
}

impl Placement {
    fn of(rounds: &[Round]) -> Placement {
        let looks: Vec<_> = rounds.iter().flat_map(|round| &round.placement).collect();
        let mut placement = Placement {
            looks: looks.len(),
            same_cpu: looks.iter().filter(|(writer, reader)| writer == reader).count(),
            writer_looks_by_cpu: BTreeMap::new(),
            reader_looks_by_cpu: BTreeMap::new(),
        };
        for (writer, reader) in looks {
            *placement.writer_looks_by_cpu.entry(*writer).or_default() += 1;
            *placement.reader_looks_by_cpu.entry(*reader).or_default() += 1;
        }
        placement
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let list = |by_cpu: &BTreeMap<u64, usize>| {
            let each = |(cpu, looks)| format!("CPU {cpu} {looks}×");
            by_cpu.iter().map(each).collect::<Vec<_>>().join(" ")
        };
        let (writer, reader) = (list(&self.writer_looks_by_cpu), list(&self.reader_looks_by_cpu));
        let Placement { looks, same_cpu, .. } = self;
        writeln!(
            out,
            "placement   writer {writer}; reader {reader}; same CPU in {same_cpu} of {looks} looks"
        )
    }
}
