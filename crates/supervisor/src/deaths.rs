//! Who wakes the watchdog when the kernel marks the death of a process: [`Deaths`], a thread for each
//! heartbeat page.
//!
//! A futex cannot be polled beside descriptors, so that somebody else has to sleep on it.

use crate::children::Seat;
use channel::AttachError;
use channel::heartbeat::Mourner;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use sys::clock::now_ns;
use sys::poll::Waker;

/// How often a mourner looks whether it is still needed.
const LOOK_NS: u64 = 200_000_000;

pub(crate) struct Deaths {
    waker: Arc<Waker>,
    stop: Arc<AtomicBool>,
    seen: Receiver<Death>,
    threads: Vec<(Arc<Mourner>, JoinHandle<()>)>,
}

/// The kernel marked the page of a seat: whoever sits there has died, or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Death {
    pub(crate) seat: Seat,
    pub(crate) at_ns: u64,
}

/// The threads could not be started.
#[derive(Debug, thiserror::Error)]
pub enum DeathsError {
    /// A heartbeat page could not be mapped.
    #[error("cannot map a heartbeat page")]
    Attach(#[from] AttachError),
    /// There is nothing to wake the watchdog with.
    #[error("cannot make a descriptor")]
    Waker(#[from] io::Error),
}

impl Deaths {
    /// Waits for deaths on these pages, in the scheduling class of the calling thread.
    pub(crate) fn start<'a>(
        pages: impl Iterator<Item = (Seat, BorrowedFd<'a>)>,
    ) -> Result<Deaths, DeathsError> {
        let waker = Arc::new(Waker::new()?);
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, seen) = unbounded();
        let mut deaths = Deaths { waker, stop, seen, threads: Vec::new() };
        for (seat, fd) in pages {
            let mourner = Arc::new(Mourner::attach(fd)?);
            let (waits, sender) = (Arc::clone(&mourner), sender.clone());
            let (waker, stop) = (Arc::clone(&deaths.waker), Arc::clone(&deaths.stop));
            let thread = std::thread::spawn(move || mourn(seat, &waits, &stop, (&sender, &waker)));
            deaths.threads.push((mourner, thread));
        }
        Ok(deaths)
    }

    /// The deaths seen since the last call.
    pub(crate) fn take(&self) -> io::Result<Vec<Death>> {
        self.waker.clear()?;
        Ok(self.seen.try_iter().collect())
    }
}

impl AsFd for Deaths {
    /// Readable when a death was seen.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.waker.as_fd()
    }
}

impl Drop for Deaths {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for (mourner, thread) in self.threads.drain(..) {
            mourner.wake();
            // A mourner that broke has nothing more to tell.
            if thread.join().is_err() {}
        }
    }
}

fn mourn(seat: Seat, page: &Mourner, stop: &AtomicBool, (seen, waker): (&Sender<Death>, &Waker)) {
    let mut was_marked = false;
    while !stop.load(Ordering::Relaxed) {
        let deadline = now_ns() + LOOK_NS;
        let marked = page.wait(deadline);
        let at_ns = now_ns();
        // A mark that is still there at the deadline is that of a death already told.
        let fresh = marked && (!was_marked || at_ns < deadline);
        was_marked = marked;
        if fresh && (seen.send(Death { seat, at_ns }).is_err() || waker.wake().is_err()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use channel::heartbeat::{Beater, Monitor};
    use sys::poll::Poller;
    use wire::Node;

    #[test]
    fn the_end_of_a_holder_wakes_the_poll_of_its_seat() {
        let (memory, _monitor) = Monitor::create().unwrap();
        let seat = Seat { node: Node::Radar, index: 1 };
        let deaths = Deaths::start([(seat, memory.fd())].into_iter()).unwrap();
        let poller = Poller::new().unwrap();
        poller.add(&deaths, 9).unwrap();
        let beater = Beater::attach(memory.fd()).unwrap();
        std::thread::spawn(move || beater.hold().unwrap()).join().unwrap();
        let mut ready = Vec::new();
        let deadline = now_ns() + 30_000_000_000;
        while ready.is_empty() && now_ns() < deadline {
            poller.wait(deadline, &mut ready).unwrap();
        }
        assert_eq!(ready, [9]);
        let seen = deaths.take().unwrap();
        assert!(seen.iter().all(|death| death.seat == seat) && !seen.is_empty());
        assert_eq!(deaths.take().unwrap(), []);
    }
}
