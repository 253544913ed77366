//! A queued real-time signal with a value, as a readable descriptor: [`Target`] sends it, [`Ear`]
//! hears it.
//!
//! The kernel queues one for each that is sent, in order, up to `RLIMIT_SIGPENDING`; they go with the
//! process that they were sent to. Nothing is handled inside a handler: the signal is blocked, and a
//! `signalfd` tells of it. A process that has not blocked it dies of it.

use crate::process::pidfd_open;
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;
use std::io;
use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Signals taken by one [`Ear::take`]; the rest comes with the next.
const TAKEN_MAX: usize = 32;
const SIGNAL_BYTES: usize = size_of::<libc::signalfd_siginfo>();

/// The signal: the first that the C library leaves to programs.
fn number() -> libc::c_int {
    libc::SIGRTMIN()
}

/// A set with that signal alone. `nix` has no names for real-time signals.
fn set() -> SigSet {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: fills the set that the pointer, to a live local, leads to; it cannot fail.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: initialised by the call above; the number is that of a signal.
    unsafe { libc::sigaddset(set.as_mut_ptr(), number()) };
    // SAFETY: initialised by the calls above.
    let set = unsafe { set.assume_init() };
    // SAFETY: a set that the C library made; that its signal has no name in `nix` is no matter, as
    // nobody iterates over it.
    unsafe { SigSet::from_sigset_t_unchecked(set) }
}

/// Where the signal is heard. The descriptor tells every process of its own signals, so one that was
/// handed down serves whoever reads it.
#[derive(Debug)]
pub struct Ear {
    fd: OwnedFd,
}

impl Ear {
    /// A descriptor that becomes readable in a process to which the signal was sent.
    pub fn new() -> io::Result<Ear> {
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        Ok(Ear { fd: SignalFd::with_flags(&set(), flags)?.into() })
    }

    /// Takes over one that was handed down.
    pub fn from_fd(fd: OwnedFd) -> Ear {
        Ear { fd }
    }

    /// Keeps the signal for the descriptor. Call it before any other thread is started, and before
    /// anybody may send.
    pub fn block() -> io::Result<()> {
        pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&set()), None)?;
        Ok(())
    }

    /// Takes what has arrived, at most some tens, without waiting: the newest value of those.
    pub fn take(&self) -> io::Result<Option<u64>> {
        let mut signals = [0; TAKEN_MAX * SIGNAL_BYTES];
        let length = match nix::unistd::read(&self.fd, &mut signals) {
            Ok(length) => length,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let newest = signals[..length].chunks_exact(SIGNAL_BYTES).next_back();
        let value = newest.and_then(|signal| signal[VALUE..].first_chunk());
        Ok(value.map(|value| u64::from_le_bytes(*value)))
    }
}

/// Where in what the descriptor gives the value stands.
const VALUE: usize = offset_of!(libc::signalfd_siginfo, ssi_ptr);

impl AsFd for Ear {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// `siginfo_t` of a queued signal (`struct kernel_siginfo` with `_rt`), as the kernel reads it.
#[repr(C)]
struct Info {
    number: libc::c_int,
    error: libc::c_int,
    code: libc::c_int,
    padding: libc::c_int,
    sender_pid: libc::pid_t,
    sender_uid: libc::uid_t,
    value: u64,
    rest: [u64; 12],
}

const _: () = assert!(size_of::<Info>() == size_of::<libc::siginfo_t>());

/// A process to send to, whatever becomes of its number.
#[derive(Debug)]
pub struct Target {
    pidfd: OwnedFd,
    sender_pid: libc::pid_t,
    sender_uid: libc::uid_t,
}

impl Target {
    /// The process that has this number at the moment; `None` if none has.
    pub fn open(pid: u32) -> io::Result<Option<Target>> {
        let pidfd = match pidfd_open(Pid::from_raw(pid.cast_signed())) {
            Ok(pidfd) => pidfd,
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return Ok(None),
            Err(error) => return Err(error),
        };
        // SAFETY: `getuid` takes nothing and cannot fail.
        let sender_uid = unsafe { libc::getuid() };
        let sender_pid = std::process::id().cast_signed();
        Ok(Some(Target { pidfd, sender_pid, sender_uid }))
    }

    /// Sends the signal with a value. A process that has ended, or whose queue is full, takes it
    /// without effect: the one hears no more, the other has enough to hear.
    pub fn send(&self, value: u64) -> io::Result<()> {
        let info = Info {
            number: number(),
            error: 0,
            code: libc::SI_QUEUE,
            padding: 0,
            sender_pid: self.sender_pid,
            sender_uid: self.sender_uid,
            value,
            rest: [0; 12],
        };
        // SAFETY: the pidfd is open, and `info`, a live local, is as long as the kernel reads.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.pidfd.as_raw_fd(),
                info.number,
                &raw const info,
                0,
            )
        };
        match Errno::result(sent) {
            Ok(_) | Err(Errno::ESRCH | Errno::EAGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now_ns;
    use crate::process::spawn;
    use std::path::Path;

    #[test]
    fn a_buried_process_has_no_number_and_a_dead_one_takes_no_signal() {
        let child = spawn(Path::new("/bin/sh"), &["-c", "exit 0"], &[]).unwrap();
        let target = Target::open(child.pid()).unwrap().expect("not yet buried");
        child.reap().unwrap();
        target.send(1).unwrap();
        assert!(Target::open(child.pid()).unwrap().is_none());
    }

    #[test]
    fn the_signal_ends_a_process_that_does_not_expect_it() {
        let child = spawn(Path::new("/bin/sh"), &["-c", "sleep 100"], &[]).unwrap();
        Target::open(child.pid()).unwrap().expect("alive").send(1).unwrap();
        let exit = child.reap().unwrap();
        assert_eq!(exit, crate::process::Exit::Signal(number() as u8));
    }

    #[test]
    fn an_ear_without_a_signal_is_silent() {
        let ear = Ear::new().unwrap();
        assert_eq!(ear.take().unwrap(), None);
        let deadline = now_ns() + 1_000_000;
        crate::poll::wait_any(&[ear.as_fd()], deadline).unwrap();
        assert!(now_ns() >= deadline);
    }
}
