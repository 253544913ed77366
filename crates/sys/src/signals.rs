//! Signals to the watchdog as a readable descriptor: [`StopSignals`].

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// `SIGINT`, `SIGTERM` and `SIGHUP`, which ask for an orderly end.
#[derive(Debug)]
pub struct StopSignals {
    fd: SignalFd,
}

impl StopSignals {
    /// Takes the signals over. Must be called before any thread is started, or that thread would
    /// still be killed by them.
    pub fn take() -> io::Result<StopSignals> {
        let set = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect::<SigSet>();
        set.thread_block()?;
        let fd = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(StopSignals { fd })
    }

    /// Whether one has arrived since the last call.
    pub fn arrived(&self) -> io::Result<bool> {
        Ok(self.fd.read_signal()?.is_some())
    }
}

impl AsFd for StopSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Lets a signal pass the calling process without effect. What it starts by
/// [`spawn`](crate::process::spawn) has the default action again.
pub(crate) fn ignore(signal: Signal) -> io::Result<()> {
    let ignored = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: to ignore a signal runs no code of this process.
    unsafe { sigaction(signal, &ignored) }?;
    Ok(())
}
