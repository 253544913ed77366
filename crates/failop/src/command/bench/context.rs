//! What makes a figure comparable: the machine, how processes are placed, and what the machine's own
//! primitives cost in the same run: [`Context`] and [`Floors`].

use super::job::FRAME_BYTES;
use super::peer;
use super::spread::Spread;
use serde::Serialize;
use std::io::{self, Write};
use std::sync::atomic::Ordering;
use sys::clock::now_ns;
use sys::shm::{Memory, Shared};
use wire::shared::PAGE_BYTES;

/// Wakes without a pause between them, for the floor of a processor that hardly sleeps.
const BUSY_WAKES: u32 = 2000;
/// Wakes at the pace of frames, for the floor of a processor that was halted.
const PACED_WAKES: u32 = 60;
/// Copies of a frame.
const COPIES: u32 = 50;
/// Longest time for one wake.
const WAKE_TIMEOUT_NS: u64 = 5_000_000_000;

/// The machine and the settings that this process hands to those it starts.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Context {
    cpu: String,
    cpus: u32,
    kernel: String,
    idle_policy: String,
    scheduling: String,
    allowed_cpus: String,
}

impl Context {
    pub(super) fn observe() -> Context {
        let host = sys::host::describe();
        Context {
            cpu: host.cpu_model,
            cpus: host.cpus,
            kernel: host.kernel,
            idle_policy: host.idle_policy,
            scheduling: scheduling().unwrap_or_default(),
            allowed_cpus: allowed_cpus().unwrap_or_default(),
        }
    }

    /// Class and priority of this process, which those that it starts inherit.
    pub(super) fn scheduling(&self) -> &str {
        &self.scheduling
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Context { cpu, cpus, kernel, idle_policy, scheduling, allowed_cpus } = self;
        writeln!(out, "machine     {cpu}, {cpus} processors")?;
        writeln!(out, "kernel      {}", kernel.chars().take(88).collect::<String>())?;
        writeln!(out, "idle        cpuidle driver/governor {idle_policy}")?;
        writeln!(out, "scheduling  {scheduling}, processors allowed: {allowed_cpus}")
    }
}

/// Class and priority, from `/proc/self/stat`.
fn scheduling() -> Option<String> {
    /// Fields after the name, counted from 0 (proc(5) counts from 3).
    const PRIORITY: usize = 37;
    const POLICY: usize = 38;
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split_ascii_whitespace().collect();
    let class = match *fields.get(POLICY)? {
        "0" => "SCHED_OTHER",
        "1" => "SCHED_FIFO",
        "2" => "SCHED_RR",
        "3" => "SCHED_BATCH",
        "5" => "SCHED_IDLE",
        "6" => "SCHED_DEADLINE",
        other => return Some(format!("class {other}")),
    };
    match *fields.get(PRIORITY)? {
        "0" => Some(class.to_owned()),
        priority => Some(format!("{class} {priority}")),
    }
}

fn allowed_cpus() -> Option<String> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some(line.trim().to_owned())
}

/// What the machine's primitives cost, µs.
#[expect(clippy::struct_field_names, reason = "the unit stands last in every name")]
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Floors {
    /// Waking another process that sleeps on a futex since one frame period, one way.
    pub(super) wake_paced_us: Spread,
    /// The same without a pause.
    pub(super) wake_busy_us: Spread,
    /// Another process seeing a shared word change that it reads again and again, one way.
    pub(super) wake_spin_us: Spread,
    /// Copying one frame, again and again.
    pub(super) memcpy_us: Spread,
}

impl Floors {
    pub(super) fn measure(fps: u32) -> anyhow::Result<Floors> {
        let memory = Memory::anonymous("failop-bench-echo", PAGE_BYTES)?;
        let page = Shared::map(memory.fd(), 0, PAGE_BYTES)?;
        let echo = peer::start("echo", &[memory.fd()], super::job::Order { frames: 0, fps })?;
        let period_ns = 1_000_000_000 / u64::from(fps);
        let busy = wakes(&page, BUSY_WAKES, 0)?;
        let paced = wakes(&page, PACED_WAKES, period_ns)?;
        echo.kill()?;
        echo.reap()?;
        let spinning = spins(fps)?;
        Ok(Floors {
            wake_paced_us: Spread::of_us(&paced),
            wake_busy_us: Spread::of_us(&busy),
            wake_spin_us: Spread::of_us(&spinning),
            memcpy_us: Spread::of_us(&copies()),
        })
    }
}

/// Times from just before waking the echo to its return from the wait.
fn wakes(page: &Shared, count: u32, period_ns: u64) -> anyhow::Result<Vec<u64>> {
    let [ping, pong, woken_ns] = [peer::PING, peer::PONG, peer::WOKEN_NS].map(|i| &page.words()[i]);
    let mut times = Vec::new();
    let begun_ns = now_ns();
    for turn in 0..u64::from(count) {
        sys::clock::sleep_until(begun_ns + turn * period_ns);
        let seen = pong.load(Ordering::Acquire) as u32;
        let sent_ns = now_ns();
        ping.fetch_add(1, Ordering::Release);
        sys::futex::wake(ping);
        while pong.load(Ordering::Acquire) as u32 == seen {
            anyhow::ensure!(now_ns() < sent_ns + WAKE_TIMEOUT_NS, "the echo does not answer");
            sys::futex::wait(pong, seen, sent_ns + WAKE_TIMEOUT_NS);
        }
        times.push(woken_ns.load(Ordering::Relaxed).saturating_sub(sent_ns));
    }
    // The first finds the other process still starting.
    times.remove(0);
    Ok(times)
}

/// Times from just before a shared word changes until another process has seen it.
fn spins(fps: u32) -> anyhow::Result<Vec<u64>> {
    let memory = Memory::anonymous("failop-bench-spin", PAGE_BYTES)?;
    let page = Shared::map(memory.fd(), 0, PAGE_BYTES)?;
    let [ping, pong, woken_ns] = [peer::PING, peer::PONG, peer::WOKEN_NS].map(|i| &page.words()[i]);
    let echo = peer::start("spinner", &[memory.fd()], super::job::Order { frames: 0, fps })?;
    let mut times = Vec::new();
    for turn in 1..=u64::from(BUSY_WAKES) {
        let sent_ns = now_ns();
        ping.store(turn, Ordering::Release);
        while pong.load(Ordering::Acquire) != turn && now_ns() < sent_ns + WAKE_TIMEOUT_NS {
            std::hint::spin_loop();
        }
        times.push(woken_ns.load(Ordering::Relaxed).saturating_sub(sent_ns));
    }
    let answered = pong.load(Ordering::Acquire);
    echo.kill()?;
    echo.reap()?;
    anyhow::ensure!(answered == u64::from(BUSY_WAKES), "the spinning echo does not answer");
    // The first finds the other process still starting.
    times.remove(0);
    Ok(times)
}

fn copies() -> Vec<u64> {
    let (from, mut to) = (vec![1_u8; FRAME_BYTES], vec![2_u8; FRAME_BYTES]);
    let copy = |_| {
        let begun_ns = now_ns();
        to.copy_from_slice(std::hint::black_box(&from));
        std::hint::black_box(&mut to);
        now_ns() - begun_ns
    };
    (0..COPIES).map(copy).collect()
}
