//! The two processes at the ends of a measured link: [`become_link_peer`].

use super::super::job::{fill, sum};
use super::page::{Page, Received, SILENCE_NS};
use anyhow::Context;
use channel::doorbell::Doorbell;
use channel::link::{Ends, Inherited, Inlet, Outlet, Spec, Taken};
use serde::{Deserialize, Serialize};
use std::os::fd::RawFd;
use sys::clock::{cpu_ns, now_ns, sleep_until};
use sys::process::inherited;

/// Number of the message that ends the job: it is sent until there is room for it.
const END: u64 = u32::MAX as u64;
/// Small streamed messages between two looks at the clock and at the processor.
const MESSAGES_PER_LOOK: u64 = 64;
/// Longest wait for room without another try: not all room is made by verifying.
const ROOM_NS: u64 = 1_000_000;
/// After this time a receiver that has verified a message sleeps again.
const ASLEEP_NS: u64 = 500_000;
/// Messages up to this size take less time than a look.
const SMALL_BYTES: usize = 4096;
/// System calls of either end for a counted message that are the benchmark's own: the sender's sleep until
/// the next, the receiver's look at its CPU time.
pub(super) const CALLS_OF_OURS: f64 = 1.0;
/// Priority of `--fifo`: above everything of a common desktop, below the kernel's own threads.
const FIFO_PRIORITY: u8 = 50;

/// Which end to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Side {
    Sender,
    Receiver,
}

/// When the next message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Pace {
    /// At its time.
    Paced { period_ns: u64 },
    /// When the last was verified, for so long at most.
    BackToBack { until_ns: u64 },
    /// When there is room, for so long.
    Streaming { until_ns: u64 },
    /// When the last was verified and the receiver sleeps again, for a count of system calls: the
    /// sender waits without any.
    Counted,
}

/// What the ends have to do, alike for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    /// Of the link.
    pub(super) spec: Spec,
    /// When to send.
    pub(super) pace: Pace,
    /// Messages at most, those before and after what counts left out.
    pub(super) messages: u64,
    /// As what kind of processes.
    pub(super) class: Class,
}

/// Scheduling class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Class {
    /// The one of whoever started the benchmark.
    Inherited,
    /// `SCHED_FIFO`.
    Fifo,
}

impl Job {
    /// Messages before what counts: every place of the link and every page of memory is warm then.
    fn warm_up(&self) -> u64 {
        self.spec.slots as u64 + 2
    }

    /// Messages from one look to the next: small ones that are streamed take less time than a look.
    fn messages_per_look(&self) -> u64 {
        if self.is_streamed() && self.spec.message_bytes <= SMALL_BYTES {
            MESSAGES_PER_LOOK
        } else {
            1
        }
    }

    fn is_streamed(&self) -> bool {
        matches!(self.pace, Pace::Streaming { .. })
    }

    /// Nothing may be missing but of a paced stream, where it is counted.
    fn check_gap(&self, due: u64, number: u64) -> anyhow::Result<()> {
        let may_lose = matches!(self.pace, Pace::Paced { .. });
        anyhow::ensure!(may_lose || number == due, "message {due} is missing, {number} came");
        Ok(())
    }

    /// Messages that are timed one by one.
    pub(super) fn timed(&self) -> u64 {
        if self.is_streamed() { 0 } else { self.messages }
    }
}

/// A job for one end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    /// Which end.
    pub(super) side: Side,
    /// What to do.
    pub(super) job: Job,
    /// This end of the link.
    pub(super) ends: Ends,
    /// The page of figures.
    pub(super) page: RawFd,
    /// What wakes the receiver.
    pub(super) bell: Ends,
    /// The only processor to run on, if there is such.
    pub(super) cpu: Option<usize>,
    /// Process that started this one.
    pub(super) parent: u32,
}

/// Becomes one end of a link.
pub(crate) fn become_link_peer(part: &str) -> anyhow::Result<()> {
    let part: Part = serde_json::from_str(part).context("not what `bench ipc` says")?;
    sys::process::die_with_parent(part.parent)?;
    if let Some(cpu) = part.cpu {
        sys::sched::pin_to(cpu).context("cannot bind to a processor")?;
    }
    if part.job.class == Class::Fifo {
        sys::sched::set_realtime(FIFO_PRIORITY).context("cannot be a real-time process")?;
    }
    sys::sched::set_precise_timers()?;
    let job = part.job;
    let page = Page::attach(inherited(part.page)?, job.timed())?;
    let bell = Doorbell::inherit(part.bell.take()?)?;
    let end = part.ends.take()?;
    match part.side {
        Side::Sender => send(job, &page, (end, bell)),
        Side::Receiver => receive(job, &page, (end, bell)),
    }
}

fn send(job: Job, page: &Page, (end, bell): (Inherited, Doorbell)) -> anyhow::Result<()> {
    page.begin()?;
    let bell = (!page.is_listened_to()).then_some(bell);
    let outlet = Outlet::attach(job.spec, end, bell)?;
    Sender { job, page, outlet, on: None }.work()
}

fn receive(job: Job, page: &Page, (end, mut bell): (Inherited, Doorbell)) -> anyhow::Result<()> {
    let inlet = Inlet::attach(job.spec, end)?;
    if let Some(descriptor) = inlet.descriptor()
        && bell.listen(descriptor)?
    {
        page.listen();
    }
    page.begin()?;
    Receiver { job, page, bell, received: Received::default() }.work(inlet)
}

struct Sender<'a> {
    job: Job,
    page: &'a Page,
    outlet: Outlet,
    /// The processor that was told last.
    on: Option<usize>,
}

impl Sender<'_> {
    fn work(&mut self) -> anyhow::Result<()> {
        let first = self.job.warm_up();
        for number in 0..first {
            self.rest();
            self.send(number)?;
            self.wait_for(number)?;
        }
        let (before_ns, begun_ns) = (cpu_ns(), now_ns());
        let next = match self.job.pace {
            Pace::Paced { period_ns } => self.paced(first, begun_ns, period_ns)?,
            Pace::BackToBack { until_ns } => self.back_to_back(first, begun_ns + until_ns)?,
            Pace::Streaming { until_ns } => self.streaming(first, begun_ns + until_ns)?,
            Pace::Counted => self.back_to_back(first, u64::MAX)?,
        };
        self.page.sender_used(cpu_ns() - before_ns);
        // Where the newest wins, the end would supersede the last that counts.
        let deadline_ns = now_ns() + SILENCE_NS / 10;
        while self.page.verified() < next && now_ns() < deadline_ns {
            self.page.sleep_until_verified(self.page.verified(), deadline_ns);
        }
        self.send(END)?;
        self.wait_for(END)
    }

    /// A message each period; one without room is lost.
    fn paced(&mut self, first: u64, begun_ns: u64, period_ns: u64) -> anyhow::Result<u64> {
        for timed in 0..self.job.messages {
            sleep_until(begun_ns + (timed + 1) * period_ns);
            self.look()?;
            // Published all the same, for the count of what is lost.
            self.page.published(timed, now_ns());
            self.try_send(first + timed)?;
        }
        Ok(first + self.job.messages)
    }

    fn back_to_back(&mut self, first: u64, until_ns: u64) -> anyhow::Result<u64> {
        for number in first..first + self.job.messages {
            self.look()?;
            self.rest();
            self.send(number)?;
            self.wait_for(number)?;
            if now_ns() >= until_ns {
                return Ok(number + 1);
            }
        }
        Ok(first + self.job.messages)
    }

    fn streaming(&mut self, first: u64, until_ns: u64) -> anyhow::Result<u64> {
        for number in first..END {
            if number % self.job.messages_per_look() == 0 {
                self.look()?;
                if now_ns() >= until_ns {
                    return Ok(number);
                }
            }
            self.send(number)?;
        }
        Ok(END)
    }

    /// Leaves the receiver the time to fall asleep, where its calls are counted.
    fn rest(&self) {
        if self.job.pace == Pace::Counted {
            sleep_until(now_ns() + ASLEEP_NS);
        }
    }

    /// Tells which processor this is, if it is another.
    fn look(&mut self) -> anyhow::Result<()> {
        let on = sys::sched::current_cpu()?;
        if self.on.replace(on) != Some(on) {
            self.page.sender_on(on);
        }
        Ok(())
    }

    /// Sends a message as soon as there is room.
    fn send(&mut self, number: u64) -> anyhow::Result<()> {
        let deadline_ns = now_ns() + SILENCE_NS;
        loop {
            let seen = self.page.verified();
            if self.try_send(number)? {
                return Ok(());
            }
            let now = now_ns();
            anyhow::ensure!(now < deadline_ns, "there was never room for message {number}");
            self.page.sleep_until_verified(seen, now + ROOM_NS);
        }
    }

    /// Generates a message in its place and publishes it; `false` if there is no room.
    fn try_send(&mut self, number: u64) -> anyhow::Result<bool> {
        let Some(mut place) = self.outlet.begin()? else { return Ok(false) };
        if !is_filled(place.bytes(), number) {
            fill(place.bytes(), number);
        }
        let timed = number.checked_sub(self.job.warm_up()).filter(|it| *it < self.job.timed());
        let published_ns = timed.map_or(0, |_| now_ns());
        let sent = place.publish_at(published_ns)?.wake();
        if let Some(timed) = timed {
            self.page.published(timed, published_ns);
        }
        Ok(sent.is_sent())
    }

    fn wait_for(&self, number: u64) -> anyhow::Result<()> {
        let deadline_ns = now_ns() + SILENCE_NS;
        loop {
            let seen = self.page.verified();
            if seen > number {
                return Ok(());
            }
            anyhow::ensure!(now_ns() < deadline_ns, "message {number} was never verified");
            match self.job.pace {
                Pace::Counted => std::hint::spin_loop(),
                _ => self.page.sleep_until_verified(seen, deadline_ns),
            }
        }
    }
}

/// Whether the place holds this message already: it was generated, and then there was no room for it.
fn is_filled(bytes: &[u8], number: u64) -> bool {
    let is_of_it =
        |word: Option<&[u8; 8]>| word.is_some_and(|it| u64::from_le_bytes(*it) >> 32 == number);
    number > 0 && is_of_it(bytes.first_chunk()) && is_of_it(bytes.last_chunk())
}

struct Receiver<'a> {
    job: Job,
    page: &'a Page,
    bell: Doorbell,
    received: Received,
}

impl Receiver<'_> {
    fn work(&mut self, mut inlet: Inlet) -> anyhow::Result<()> {
        let first = self.job.warm_up();
        let (mut before_ns, mut next) = (0, 0);
        loop {
            let number = self.next(&mut inlet)?;
            let now = now_ns();
            if number != END {
                anyhow::ensure!(number >= next, "message {number} came after {next} was due");
                self.job.check_gap(next, number)?;
                next = number + 1;
            }
            let counts = number >= first && (number != END || self.job.is_streamed());
            if counts {
                self.page.arrived(number - first, now);
                self.received.messages += 1;
                self.received.ended_ns = now;
                if number == END || number % self.job.messages_per_look() == 0 {
                    self.look(before_ns)?;
                }
            }
            // Before the sender goes on: it waits for each message before those that count.
            if number + 1 == first {
                (before_ns, self.received.begun_ns) = (cpu_ns(), now);
            }
            self.page.verify(number + 1);
            if number == END {
                return Ok(());
            }
        }
    }

    /// Keeps what is known so far.
    fn look(&mut self, before_ns: u64) -> anyhow::Result<()> {
        if self.page.is_sender_on(sys::sched::current_cpu()?) {
            let same_cpu = self.received.same_cpu + self.job.messages_per_look();
            self.received.same_cpu = same_cpu.min(self.received.messages);
        }
        self.received.cpu_ns = cpu_ns() - before_ns;
        self.page.received(self.received);
        Ok(())
    }

    /// Sleeps until there is a message, and verifies every byte of it.
    fn next(&self, inlet: &mut Inlet) -> anyhow::Result<u64> {
        let deadline_ns = now_ns() + SILENCE_NS;
        loop {
            let seen = self.bell.count();
            match inlet.take()? {
                Taken::Message(held) => {
                    let (number, is_whole) = sum(held.bytes());
                    anyhow::ensure!(is_whole, "message {number} is torn");
                    return Ok(number);
                }
                // Its sender was told that it did not go, and sends it again or counts it as lost.
                Taken::Damaged => {}
                Taken::Nothing => {
                    anyhow::ensure!(now_ns() < deadline_ns, "the sender went silent");
                    self.bell.wait(seen, deadline_ns);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_filled_only_by_the_whole_message() {
        let mut bytes = vec![0; 1024];
        fill(&mut bytes, 7);
        assert!(is_filled(&bytes, 7));
        assert!(!is_filled(&bytes, 8));
        bytes[1016..].fill(0);
        assert!(!is_filled(&bytes, 7));
        assert!(!is_filled(&[], 0));
    }
}
