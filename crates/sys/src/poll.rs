//! Waiting for descriptors and for a time at once: [`Poller`], for one descriptor alone
//! [`wait_readable`] and [`wait_writable`]. A thread that has no descriptor wakes the one that waits
//! through a [`Waker`].

use crate::clock::{now_ns, to_kernel};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::time::TimeSpec;
use nix::sys::timer::TimerSetTimeFlags;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// Token of the poller's own timer: nobody else's.
const TIMER: u64 = u64::MAX;
/// Most descriptors reported by one wait; the rest comes with the next.
const EVENTS_MAX: usize = 16;

/// A set of descriptors to wait for, with a timer of nanosecond resolution.
#[derive(Debug)]
pub struct Poller {
    epoll: Epoll,
    timer: TimerFd,
}

impl Poller {
    /// An empty set.
    pub fn new() -> io::Result<Poller> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        // Edge-triggered: an expiry is reported once and need not be read away.
        epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, TIMER))?;
        Ok(Poller { epoll, timer })
    }

    /// Reports `fd` as `token` while it is readable.
    pub fn add(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        assert_ne!(token, TIMER, "the timer's token is taken");
        self.epoll.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, token))?;
        Ok(())
    }

    /// Forgets `fd`.
    pub fn remove(&self, fd: impl AsFd) -> io::Result<()> {
        self.epoll.delete(fd)?;
        Ok(())
    }

    /// Sleeps until a descriptor is readable or `deadline_ns` has come, and puts the tokens of the
    /// readable ones into `ready`, which may stay empty.
    pub fn wait(&self, deadline_ns: u64, ready: &mut Vec<u64>) -> io::Result<()> {
        ready.clear();
        // A timer set to 0 would be disarmed; 1 ns is just as past.
        let deadline = TimeSpec::from_duration(Duration::from_nanos(to_kernel(deadline_ns).max(1)));
        self.timer.set(Expiration::OneShot(deadline), TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        let count = match self.epoll.wait(&mut events, EpollTimeout::NONE) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        ready.extend(events[..count].iter().map(EpollEvent::data).filter(|&token| token != TIMER));
        Ok(())
    }
}

/// A descriptor that any thread, or any process that inherits it, makes readable.
#[derive(Debug)]
pub struct Waker {
    event: EventFd,
}

impl Waker {
    /// Not readable yet.
    pub fn new() -> io::Result<Waker> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        Ok(Waker { event: EventFd::from_value_and_flags(0, flags)? })
    }

    /// Takes over one that was handed down.
    pub fn from_fd(fd: OwnedFd) -> Waker {
        // SAFETY: an eventfd, made by `new`; the wrapper keeps nothing but the descriptor.
        Waker { event: unsafe { EventFd::from_owned_fd(fd) } }
    }

    /// Makes it readable.
    pub fn wake(&self) -> io::Result<()> {
        match self.event.write(1) {
            // Full: it is readable.
            Ok(_) | Err(Errno::EAGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes it unreadable again.
    pub fn clear(&self) -> io::Result<()> {
        match self.event.read() {
            Ok(_) | Err(Errno::EAGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

/// Sleeps until `fd` is readable, or broken, at the longest until `deadline_ns`. May return early.
pub fn wait_readable(fd: impl AsFd, deadline_ns: u64) -> io::Result<()> {
    wait_for(&mut [PollFd::new(fd.as_fd(), PollFlags::POLLIN)], deadline_ns)
}

/// Sleeps until one of a few descriptors is readable, or broken, at the longest until `deadline_ns`. May
/// return early. It keeps nothing between two waits, where a [`Poller`] keeps its set. The first that is.
pub fn wait_any(fds: &[BorrowedFd<'_>], deadline_ns: u64) -> io::Result<Option<usize>> {
    let events = fds.iter().map(|fd| PollFd::new(*fd, PollFlags::POLLIN));
    let mut events = events.collect::<Vec<_>>();
    wait_for(&mut events, deadline_ns)?;
    Ok(events.iter().position(|event| event.any().unwrap_or(true)))
}

/// Whether the other end of a connection is closed. Of a datagram pair nobody is told.
pub fn is_hung_up(fd: impl AsFd) -> io::Result<bool> {
    let mut events = [PollFd::new(fd.as_fd(), PollFlags::empty())];
    wait_for(&mut events, 0)?;
    Ok(events[0].revents().is_some_and(|found| found.contains(PollFlags::POLLHUP)))
}

/// Sleeps until `fd` takes more, or is broken, at the longest until `deadline_ns`. May return early.
/// A Unix socket counts as one that takes more when three quarters of its buffer are free, a TCP socket
/// when a third is.
pub fn wait_writable(fd: impl AsFd, deadline_ns: u64) -> io::Result<()> {
    wait_for(&mut [PollFd::new(fd.as_fd(), PollFlags::POLLOUT)], deadline_ns)
}

fn wait_for(events: &mut [PollFd<'_>], deadline_ns: u64) -> io::Result<()> {
    let left = Duration::from_nanos(deadline_ns.saturating_sub(now_ns()));
    match ppoll(events, Some(TimeSpec::from_duration(left)), None) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What a call that never waits has done; `None` if it would have had to wait.
pub(crate) fn without_waiting<T>(result: nix::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_at_its_deadline_or_when_something_is_readable() {
        let poller = Poller::new().unwrap();
        let mut ready = Vec::new();
        let deadline = now_ns() + 1_000_000;
        poller.wait(deadline, &mut ready).unwrap();
        assert!(ready.is_empty() && now_ns() >= deadline);
        poller.wait(0, &mut ready).unwrap();
        let (a, b) = crate::socket::datagram_pair().unwrap();
        poller.add(&b, 7).unwrap();
        assert!(crate::socket::send(&a, b"x").unwrap().is_sent());
        poller.wait(u64::MAX / 2, &mut ready).unwrap();
        assert_eq!(ready, [7]);
    }

    #[test]
    fn a_waker_is_readable_until_it_is_cleared() {
        let (poller, waker, mut ready) =
            (Poller::new().unwrap(), Waker::new().unwrap(), Vec::new());
        poller.add(&waker, 3).unwrap();
        waker.wake().unwrap();
        waker.wake().unwrap();
        poller.wait(u64::MAX / 2, &mut ready).unwrap();
        assert_eq!(ready, [3]);
        waker.clear().unwrap();
        poller.wait(0, &mut ready).unwrap();
        assert!(ready.is_empty());
    }

    #[test]
    fn one_descriptor_is_waited_for_until_it_is_ready_or_the_time_has_come() {
        let (a, b) = crate::socket::datagram_pair().unwrap();
        let deadline = now_ns() + 1_000_000;
        wait_readable(&b, deadline).unwrap();
        assert!(now_ns() >= deadline);
        wait_readable(&b, 0).unwrap();
        while crate::socket::send(&a, b"x").unwrap().is_sent() {}
        wait_writable(&a, 0).unwrap();
        wait_readable(&b, u64::MAX / 2).unwrap();
        while crate::socket::receive(&b, &mut [0; 8]).unwrap().is_some() {}
        wait_writable(&a, u64::MAX / 2).unwrap();
        assert!(crate::socket::send(&a, b"x").unwrap().is_sent());
    }
}
