//! Signals as something to read between two pieces of work: [`StopSignals`] to the watchdog,
//! [`NodeSignals`] to a node, [`ChildSignals`] to who compares them with better ways.
//!
//! Each is held back from its process and read from a descriptor (`signalfd`): nothing is ever done
//! inside a handler, so nothing is interrupted where it must not be. The watchdog has no use for
//! `SIGCHLD`: it tells that some child ended, perhaps several, and names one; a pidfd tells it of each,
//! to the same `epoll`.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// `SIGINT` and `SIGTERM`, which ask for an orderly end, and `SIGHUP`.
#[derive(Debug)]
pub struct StopSignals {
    fd: SignalFd,
}

/// What a signal asks of the watchdog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToWatchdog {
    /// To end in order (`SIGINT`, `SIGTERM`).
    End,
    /// To read its limits anew (`SIGHUP`).
    Reload,
}

/// `SIGTERM` and `SIGUSR1` to a node.
#[derive(Debug)]
pub struct NodeSignals {
    fd: SignalFd,
}

/// What a signal asks of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToNode {
    /// To end in order (`SIGTERM`).
    End {
        /// Process id of who asks.
        by: u32,
    },
    /// To begin or end the telling of each step (`SIGUSR1`).
    ToggleDebug,
}

impl StopSignals {
    /// Takes the signals over. Must be called before any thread is started, or that thread would
    /// still be killed by them.
    pub fn take() -> io::Result<StopSignals> {
        let fd = take_over([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP])?;
        // Meant for a node: it must not end the run.
        ignore(Signal::SIGUSR1)?;
        Ok(StopSignals { fd })
    }

    /// What one that has arrived asks; `None` if no more have.
    pub fn next(&self) -> io::Result<Option<ToWatchdog>> {
        let arrived = self.fd.read_signal()?;
        Ok(arrived.map(|signal| match signal.ssi_signo.cast_signed() {
            number if number == Signal::SIGHUP as i32 => ToWatchdog::Reload,
            _ => ToWatchdog::End,
        }))
    }
}

/// Asks the calling process to end in order, as `kill` would from outside.
pub fn ask_to_end() -> io::Result<()> {
    Ok(nix::sys::signal::kill(nix::unistd::Pid::this(), Signal::SIGTERM)?)
}

impl AsFd for StopSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl NodeSignals {
    /// Takes the signals over, as [`StopSignals::take`].
    pub fn take() -> io::Result<NodeSignals> {
        Ok(NodeSignals { fd: take_over([Signal::SIGTERM, Signal::SIGUSR1])? })
    }

    /// What one that has arrived asks; `None` if no more have.
    ///
    /// # Panics
    /// If the kernel refuses to let its own descriptor be read.
    pub fn next(&self) -> Option<ToNode> {
        let arrived = self.fd.read_signal().expect("a signalfd that does not wait can be read");
        arrived.map(|signal| match signal.ssi_signo.cast_signed() {
            number if number == Signal::SIGUSR1 as i32 => ToNode::ToggleDebug,
            _ => ToNode::End { by: signal.ssi_pid },
        })
    }
}

/// `SIGCHLD`: a child ended. Those that end before the signal is read share one.
#[derive(Debug)]
pub struct ChildSignals {
    fd: SignalFd,
}

impl ChildSignals {
    /// Takes the signal over, as [`StopSignals::take`].
    pub fn take() -> io::Result<ChildSignals> {
        Ok(ChildSignals { fd: take_over([Signal::SIGCHLD])? })
    }

    /// Process id of the child that one signal names; `None` if none has arrived.
    pub fn next(&self) -> io::Result<Option<u32>> {
        Ok(self.fd.read_signal()?.map(|signal| signal.ssi_pid))
    }
}

impl AsFd for ChildSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn take_over<const N: usize>(signals: [Signal; N]) -> io::Result<SignalFd> {
    let set = signals.into_iter().collect::<SigSet>();
    set.thread_block()?;
    Ok(SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?)
}

/// Lets a signal pass the calling process without effect. What it starts by
/// [`spawn`](crate::process::spawn) has the default action again.
pub(crate) fn ignore(signal: Signal) -> io::Result<()> {
    let ignored = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: to ignore a signal runs no code of this process.
    unsafe { sigaction(signal, &ignored) }?;
    // One that is held back is kept, also where it would be ignored.
    [signal].into_iter().collect::<SigSet>().thread_unblock()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::raise;

    #[test]
    fn signals_wait_until_they_are_read_and_say_who_sent_them() {
        let node = NodeSignals::take().unwrap();
        assert_eq!(node.next(), None);
        raise(Signal::SIGUSR1).unwrap();
        assert_eq!(node.next(), Some(ToNode::ToggleDebug));
        raise(Signal::SIGTERM).unwrap();
        assert_eq!(node.next(), Some(ToNode::End { by: std::process::id() }));
        assert_eq!(node.next(), None);
    }

    #[test]
    fn a_hang_up_asks_for_limits_and_an_interrupt_for_the_end() {
        let watchdog = StopSignals::take().unwrap();
        for (signal, asked) in
            [(Signal::SIGHUP, ToWatchdog::Reload), (Signal::SIGINT, ToWatchdog::End)]
        {
            raise(signal).unwrap();
            assert_eq!(watchdog.next().unwrap(), Some(asked));
        }
        assert_eq!(watchdog.next().unwrap(), None);
    }

    #[test]
    fn two_signals_of_children_that_nobody_read_are_one() {
        let children = ChildSignals::take().unwrap();
        // To this thread alone: one to the process would pass through the others, who do not hold it back.
        raise(Signal::SIGCHLD).unwrap();
        raise(Signal::SIGCHLD).unwrap();
        assert_eq!(children.next().unwrap(), Some(std::process::id()));
        assert_eq!(children.next().unwrap(), None);
    }
}
