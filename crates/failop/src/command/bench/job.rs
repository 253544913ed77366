//! One paced job for any transport, so that transports can be compared: [`write()`] fills a frame in
//! place each period, [`read`] is woken for it and reads every byte; a shared [`Page`] keeps times.
//!
//! The comparison with another transport compiles this same file: nothing here may know one.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use sys::clock::now_ns;
use sys::shm::{Memory, Shared};

/// Bytes of one frame: 1920×1080 pixels of 8 bits.
pub(crate) const FRAME_BYTES: usize = 1920 * 1080;
/// Frames at the start of a round that are not counted: caches and page tables are cold.
pub(crate) const WARM_UP_FRAMES: u64 = 5;
/// Frames between two looks at the processor that a process runs on: a look costs about 20 µs.
const LOOK_FRAMES: u64 = 15;
/// Longest silence that either side bears: the other must have died.
const SILENCE_NS: u64 = 5_000_000_000;
/// From the decision to start to frame 0.
const LEAD_NS: u64 = 50_000_000;

/// Words of the page, and of the times of one frame behind them.
mod word {
    pub(super) const READY: usize = 0;
    pub(super) const START: usize = 1;
    pub(super) const T0_NS: usize = 2;
    pub(super) const WRITER_CPU_US: usize = 3;
    pub(super) const READER_CPU_US: usize = 4;
    pub(super) const TORN: usize = 5;
    pub(super) const OVERRUNS: usize = 6;
    pub(super) const FRAMES: usize = 8;
    pub(super) const PER_FRAME: usize = 8;
    pub(super) const FILL_NS: usize = 0;
    pub(super) const PUBLISHED_NS: usize = 1;
    pub(super) const PUBLISH_NS: usize = 2;
    pub(super) const WAKE_NS: usize = 3;
    pub(super) const READ_NS: usize = 4;
    /// Processor + 1; 0 where nobody looked.
    pub(super) const WRITER_ON: usize = 5;
    pub(super) const READER_ON: usize = 6;
}

/// What to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// Frames to publish.
    pub(crate) frames: u64,
    /// Frames a second.
    pub(crate) fps: u32,
}

/// A frame on its way, told by the transport.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// Just before the call that publishes and wakes.
    pub(crate) published_ns: u64,
    /// Just after it.
    pub(crate) done_ns: u64,
}

/// The writing end of a transport.
pub(crate) trait Transmit {
    /// Lets `fill` write a frame in place, publishes it and wakes the reader; `None` if there was
    /// no room for it.
    fn transmit(&mut self, fill: &mut dyn FnMut(&mut [u8])) -> anyhow::Result<Option<Sent>>;
}

/// The reading end of a transport.
pub(crate) trait Receive {
    /// Sleeps until it is woken or `deadline_ns` has come, then shows `read` the newest frame, if
    /// there is a new one, with the time of the wake-up.
    fn receive(&mut self, deadline_ns: u64, read: &mut dyn FnMut(u64, &[u8]))
    -> anyhow::Result<()>;
}

/// Where both processes put their times, and how they begin together.
#[derive(Debug)]
pub(crate) struct Page(Shared);

impl Page {
    /// Bytes of a page for `frames` frames.
    fn bytes(frames: u64) -> usize {
        (word::FRAMES + frames as usize * word::PER_FRAME) * 8
    }

    /// A new page and the memory behind it.
    pub(crate) fn create(frames: u64) -> io::Result<(Memory, Page)> {
        let memory = Memory::anonymous("failop-bench", Page::bytes(frames))?;
        let page = Shared::map(memory.fd(), 0, Page::bytes(frames))?;
        Ok((memory, Page(page)))
    }

    /// The page that was handed down.
    pub(crate) fn attach(fd: impl std::os::fd::AsFd, frames: u64) -> io::Result<Page> {
        Ok(Page(Shared::map(fd, 0, Page::bytes(frames))?))
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        &self.0.words()[index]
    }

    fn of(&self, frame: u64, index: usize) -> &AtomicU64 {
        self.word(word::FRAMES + frame as usize * word::PER_FRAME + index)
    }

    /// Starts the schedule as soon as `processes` have said that they are ready.
    pub(crate) fn start(&self, processes: u32) -> anyhow::Result<()> {
        let deadline = now_ns() + SILENCE_NS;
        loop {
            let ready = self.word(word::READY).load(Ordering::Acquire) as u32;
            if ready >= processes {
                break;
            }
            anyhow::ensure!(now_ns() < deadline, "the processes of the benchmark did not start");
            sys::futex::wait(self.word(word::READY), ready, deadline);
        }
        self.word(word::T0_NS).store(now_ns() + LEAD_NS, Ordering::Relaxed);
        self.word(word::START).store(1, Ordering::Release);
        sys::futex::wake(self.word(word::START));
        Ok(())
    }

    fn begin(&self) -> anyhow::Result<u64> {
        self.word(word::READY).fetch_add(1, Ordering::Release);
        sys::futex::wake(self.word(word::READY));
        let deadline = now_ns() + SILENCE_NS;
        while self.word(word::START).load(Ordering::Acquire) == 0 {
            anyhow::ensure!(now_ns() < deadline, "the benchmark did not begin");
            sys::futex::wait(self.word(word::START), 0, deadline);
        }
        Ok(self.word(word::T0_NS).load(Ordering::Relaxed))
    }

    /// What the round came to, after both processes have ended.
    pub(crate) fn round(&self, frames: u64) -> Round {
        let load = |word: &AtomicU64| word.load(Ordering::Acquire);
        let mut round = Round {
            torn: load(self.word(word::TORN)),
            overruns: load(self.word(word::OVERRUNS)),
            writer_cpu_us: load(self.word(word::WRITER_CPU_US)),
            reader_cpu_us: load(self.word(word::READER_CPU_US)),
            ..Round::default()
        };
        for frame in WARM_UP_FRAMES..frames {
            let at = |index| load(self.of(frame, index));
            let on = [at(word::WRITER_ON), at(word::READER_ON)];
            if let [Some(writer), Some(reader)] = on.map(|on| on.checked_sub(1)) {
                round.placement.push((writer, reader));
            }
            if at(word::PUBLISHED_NS) == 0 {
                continue;
            }
            round.fill_ns.push(at(word::FILL_NS));
            round.publish_ns.push(at(word::PUBLISH_NS));
            if at(word::WAKE_NS) == 0 {
                round.unseen += 1;
                continue;
            }
            round.wake_ns.push(at(word::WAKE_NS).saturating_sub(at(word::PUBLISHED_NS)));
            round.read_ns.push(at(word::READ_NS));
        }
        round
    }
}

/// Times of one round, nanoseconds, without the warm-up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Round {
    /// From just before the publishing call to the reader's return from its wait.
    pub(crate) wake_ns: Vec<u64>,
    /// The publishing call, waking included.
    pub(crate) publish_ns: Vec<u64>,
    /// Filling the frame.
    pub(crate) fill_ns: Vec<u64>,
    /// Reading every byte.
    pub(crate) read_ns: Vec<u64>,
    /// Processors of writer and reader, where somebody looked.
    pub(crate) placement: Vec<(u64, u64)>,
    /// CPU time of the writer.
    pub(crate) writer_cpu_us: u64,
    /// CPU time of the reader.
    pub(crate) reader_cpu_us: u64,
    /// Frames whose sum was wrong.
    pub(crate) torn: u64,
    /// Frames for which there was no room.
    pub(crate) overruns: u64,
    /// Published frames that the reader never saw.
    pub(crate) unseen: u64,
}

impl Round {
    /// Whether the round measured what it claims to measure.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.torn == 0, "{} torn frames", self.torn);
        anyhow::ensure!(!self.wake_ns.is_empty(), "no frame arrived");
        Ok(())
    }
}

/// Writes `frame` as words that all differ from those of every other frame.
pub(crate) fn fill(bytes: &mut [u8], frame: u64) {
    for (index, word) in bytes.chunks_exact_mut(8).enumerate() {
        word.copy_from_slice(&(frame << 32 | index as u64).to_le_bytes());
    }
}

/// Reads every byte: the frame's number, and whether the sum of its words is right.
pub(crate) fn sum(bytes: &[u8]) -> (u64, bool) {
    let words =
        bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()));
    let (first, count) = (words.clone().next().unwrap_or(0), words.len() as u64);
    let sum = words.fold(0, u64::wrapping_add);
    let expected = first.wrapping_mul(count).wrapping_add(count * (count - 1) / 2);
    (first >> 32, sum == expected)
}

fn cpu_us() -> anyhow::Result<u64> {
    let usage = sys::process::own_usage()?;
    Ok(usage.user_us + usage.system_us)
}

/// Processor of the calling process, from `/proc/self/stat`.
fn processor() -> Option<u64> {
    /// Field of the processor after the name, counted from 0 (proc(5) counts from 3).
    const PROCESSOR: usize = 36;
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    text.rsplit_once(") ")?.1.split_ascii_whitespace().nth(PROCESSOR)?.parse().ok()
}

/// The writer's process.
pub(crate) fn write(page: &Page, order: Order, to: &mut impl Transmit) -> anyhow::Result<()> {
    sys::sched::set_precise_timers()?;
    let t0_ns = page.begin()?;
    let mut before_us = 0;
    for frame in 0..order.frames {
        sys::clock::sleep_until(t0_ns + frame * 1_000_000_000 / u64::from(order.fps));
        if frame == WARM_UP_FRAMES {
            before_us = cpu_us()?;
        }
        let mut fill_ns = 0;
        let sent = to.transmit(&mut |bytes| {
            let begun_ns = now_ns();
            fill(bytes, frame);
            fill_ns = now_ns() - begun_ns;
        })?;
        let Some(sent) = sent else {
            page.word(word::OVERRUNS).fetch_add(1, Ordering::Relaxed);
            continue;
        };
        page.of(frame, word::FILL_NS).store(fill_ns, Ordering::Relaxed);
        page.of(frame, word::PUBLISHED_NS).store(sent.published_ns, Ordering::Relaxed);
        let publish_ns = sent.done_ns - sent.published_ns;
        page.of(frame, word::PUBLISH_NS).store(publish_ns, Ordering::Relaxed);
        if frame % LOOK_FRAMES == 0 {
            let on = processor().map_or(0, |on| on + 1);
            page.of(frame, word::WRITER_ON).store(on, Ordering::Relaxed);
        }
    }
    page.word(word::WRITER_CPU_US).store(cpu_us()? - before_us, Ordering::Release);
    Ok(())
}

/// The reader's process.
pub(crate) fn read(page: &Page, order: Order, from: &mut impl Receive) -> anyhow::Result<()> {
    page.begin()?;
    let mut before_us = None;
    let mut newest = None;
    while newest != Some(order.frames - 1) {
        let deadline_ns = now_ns() + SILENCE_NS;
        from.receive(deadline_ns, &mut |wake_ns, bytes| {
            let begun_ns = now_ns();
            let (frame, whole) = sum(bytes);
            let read_ns = now_ns() - begun_ns;
            if !whole || frame >= order.frames {
                page.word(word::TORN).fetch_add(1, Ordering::Relaxed);
                return;
            }
            newest = Some(frame);
            page.of(frame, word::READ_NS).store(read_ns, Ordering::Relaxed);
            page.of(frame, word::WAKE_NS).store(wake_ns, Ordering::Relaxed);
        })?;
        let Some(frame) = newest.filter(|_| now_ns() < deadline_ns) else {
            anyhow::bail!("the writer went silent");
        };
        if before_us.is_none() && frame >= WARM_UP_FRAMES - 1 {
            before_us = Some(cpu_us()?);
        }
        if frame % LOOK_FRAMES == 0 {
            let on = processor().map_or(0, |on| on + 1);
            page.of(frame, word::READER_ON).store(on, Ordering::Relaxed);
        }
    }
    page.word(word::READER_CPU_US).store(cpu_us()? - before_us.unwrap_or(0), Ordering::Release);
    Ok(())
}

/// The value that `percent` of the sorted samples do not exceed (nearest rank); 0 of none.
pub(crate) fn quantile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_two_fills_is_noticed() {
        let mut bytes = vec![0; FRAME_BYTES];
        fill(&mut bytes, 7);
        assert_eq!(sum(&bytes), (7, true));
        let half = FRAME_BYTES / 2;
        fill(&mut bytes[..half], 8);
        assert!(!sum(&bytes).1);
    }

    #[test]
    fn quantiles_are_samples() {
        let samples: Vec<u64> = (1..=200).collect();
        assert_eq!([50, 99, 100].map(|p| quantile(&samples, p)), [100, 198, 200]);
        assert_eq!(quantile(&[], 50), 0);
    }
}
