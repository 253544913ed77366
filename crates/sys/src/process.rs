//! Starting, signalling, observing and burying processes: [`spawn`] and [`Child`].
//!
//! Always `posix_spawn`: a `fork` of a large parent costs milliseconds.

mod calls;
mod flip;
mod foreign;
mod kin;
mod status;
mod victim;

pub use flip::{Flipped, Region};
pub use foreign::{Streams, become_program, reap_any, spawn_with};
pub use kin::{Stranger, children_of};
pub use status::locked_kib;
pub(crate) use status::own_hex_field;

use nix::errno::Errno;
use nix::libc;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::WaitPidFlag;
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};
use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// A process that this one has started and not yet buried.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    pidfd: OwnedFd,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It returned this code.
    Code(u8),
    /// This signal ended it.
    Signal(u8),
}

/// What the kernel says a process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// On a CPU or waiting for one.
    Running,
    /// Waiting for an event.
    Sleeping,
    /// Stopped by a signal.
    Stopped,
    /// Ended and not yet buried, or gone.
    Ended,
}

/// What a process has used since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What it is doing.
    pub state: RunState,
    /// User time, µs.
    pub user_us: u64,
    /// System time, µs.
    pub system_us: u64,
    /// Minor page faults.
    pub minor_faults: u64,
    /// Major page faults.
    pub major_faults: u64,
    /// Resident set, KiB.
    pub rss_kib: u64,
}

/// Starts `program` in a process group of its own (a Ctrl-C at the terminal does not reach it),
/// with default signal handling and the environment of the caller. Of the descriptors that this
/// program opened it gets those in `handed_down`, under their own numbers.
pub fn spawn(program: &Path, arguments: &[&str], handed_down: &[BorrowedFd]) -> io::Result<Child> {
    spawn_redirected(program, arguments, handed_down, &[])
}

/// The same, with some descriptors under other numbers.
fn spawn_redirected(
    program: &Path,
    arguments: &[&str],
    handed_down: &[BorrowedFd],
    redirected: &[(BorrowedFd, RawFd)],
) -> io::Result<Child> {
    let mut actions = PosixSpawnFileActions::init()?;
    for (fd, number) in redirected {
        actions.add_dup2(fd.as_raw_fd(), *number)?;
    }
    for fd in handed_down {
        // A duplicate onto itself clears the close-on-exec flag, in the child alone.
        actions.add_dup2(fd.as_raw_fd(), fd.as_raw_fd())?;
    }
    let mut attributes = PosixSpawnAttr::init()?;
    attributes.set_flags(
        PosixSpawnFlags::POSIX_SPAWN_SETPGROUP
            | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK
            | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF,
    )?;
    attributes.set_pgroup(Pid::from_raw(0))?;
    attributes.set_sigmask(&SigSet::empty())?;
    attributes.set_sigdefault(&SigSet::all())?;
    let program = c_string(program.as_os_str())?;
    let mut argv = vec![program.clone()];
    for argument in arguments {
        argv.push(c_string(OsStr::new(argument))?);
    }
    let environment = std::env::vars_os()
        .map(|(name, value)| c_string(&[name.as_os_str(), value.as_os_str()].join(OsStr::new("="))))
        .collect::<io::Result<Vec<_>>>()?;
    let pid = posix_spawn(program.as_c_str(), &actions, &attributes, &argv, &environment)?;
    // The child is ours and not yet buried: its pid cannot have been given to another.
    match pidfd_open(pid) {
        Ok(pidfd) => Ok(Child { pid, pidfd }),
        Err(error) => {
            // Without a descriptor it could not be watched.
            nix::sys::signal::kill(pid, Signal::SIGKILL)?;
            nix::sys::wait::waitpid(pid, None)?;
            Err(error)
        }
    }
}

fn c_string(text: &OsStr) -> io::Result<CString> {
    Ok(CString::new(text.as_bytes())?)
}

pub(crate) fn pidfd_open(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: takes two integers, returns a new close-on-exec descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    let fd = RawFd::try_from(Errno::result(fd)?).expect("descriptors are small");
    // SAFETY: `fd` was just opened and belongs to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

impl Child {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw().cast_unsigned()
    }

    /// Its process id, as long as the number is certainly its own: an error once it is buried.
    pub(crate) fn own_pid(&self) -> io::Result<Pid> {
        self.signal(0)?;
        Ok(self.pid)
    }

    /// Sends a signal. A child that has ended and is not buried takes it without effect.
    pub fn signal(&self, number: i32) -> io::Result<()> {
        // SAFETY: the pidfd is open and names our child; a null siginfo means plain kill semantics.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.pidfd.as_raw_fd(),
                number,
                std::ptr::null::<libc::siginfo_t>(),
                0,
            )
        };
        Errno::result(sent)?;
        Ok(())
    }

    /// Kills it, whatever it is doing.
    pub fn kill(&self) -> io::Result<()> {
        self.signal(Signal::SIGKILL as i32)
    }

    /// Stops it (`SIGSTOP`).
    pub fn stop(&self) -> io::Result<()> {
        self.signal(Signal::SIGSTOP as i32)
    }

    /// Lets it go on (`SIGCONT`).
    pub fn resume(&self) -> io::Result<()> {
        self.signal(Signal::SIGCONT as i32)
    }

    /// Asks it to end (`SIGTERM`).
    pub fn terminate(&self) -> io::Result<()> {
        self.signal(Signal::SIGTERM as i32)
    }

    /// Buries it if it has ended.
    pub fn try_reap(&self) -> io::Result<Option<Exit>> {
        self.wait(WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG)
    }

    /// Waits until it has ended and buries it.
    pub fn reap(&self) -> io::Result<Exit> {
        loop {
            if let Some(exit) = self.wait(WaitPidFlag::WEXITED)? {
                return Ok(exit);
            }
        }
    }

    /// By the C library's call: `nix` knows no real-time signals and calls an end by one an error.
    fn wait(&self, flags: WaitPidFlag) -> io::Result<Option<Exit>> {
        // SAFETY: all zero bytes are a `siginfo_t`: numbers.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let pidfd = self.pidfd.as_raw_fd().cast_unsigned();
        // SAFETY: the pidfd is open, `info` is a live local that the kernel fills.
        let found = unsafe { libc::waitid(libc::P_PIDFD, pidfd, &raw mut info, flags.bits()) };
        match Errno::result(found) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        // SAFETY: filled by waitid, or all zero; each is a number.
        let status = unsafe { info.si_status() } as u8;
        Ok(match info.si_code {
            libc::CLD_EXITED => Some(Exit::Code(status)),
            libc::CLD_KILLED | libc::CLD_DUMPED => Some(Exit::Signal(status)),
            _ => None,
        })
    }

    /// What it is doing and what it has used. An ended child has [`RunState::Ended`].
    pub fn usage(&self) -> io::Result<Usage> {
        usage(self.pid)
    }
}

impl AsFd for Child {
    /// Readable when the child has ended.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

/// What the calling process has used.
pub fn own_usage() -> io::Result<Usage> {
    usage(Pid::this())
}

/// Fields of `/proc/PID/stat` after the name, counted from 0 (proc(5) counts from 3).
mod stat {
    pub(super) const STATE: usize = 0;
    pub(super) const PARENT: usize = 1;
    pub(super) const FLAGS: usize = 6;
    pub(super) const MINOR_FAULTS: usize = 7;
    pub(super) const MAJOR_FAULTS: usize = 9;
    pub(super) const USER_TICKS: usize = 11;
    pub(super) const SYSTEM_TICKS: usize = 12;
    pub(super) const THREADS: usize = 17;
    pub(super) const STARTED: usize = 19;
    pub(super) const RSS_PAGES: usize = 21;
}

fn stat_fields(pid: Pid) -> io::Result<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name is in parentheses and may hold anything, also spaces and parentheses.
    let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    Ok(fields.split_ascii_whitespace().map(str::to_owned).collect())
}

fn usage(pid: Pid) -> io::Result<Usage> {
    let fields = stat_fields(pid)?;
    let number = |index: usize| fields.get(index).and_then(|f| f.parse().ok()).unwrap_or(0_u64);
    let state = match fields.get(stat::STATE).map(String::as_str) {
        Some("R") => RunState::Running,
        Some("S" | "D" | "I") => RunState::Sleeping,
        Some("T" | "t") => RunState::Stopped,
        _ => RunState::Ended,
    };
    // Ticks are 10 ms; the CPU clock gives the exact sum, the ticks only its division.
    let (user, system) = (number(stat::USER_TICKS), number(stat::SYSTEM_TICKS));
    let total_us = cpu_time(pid).map_or((user + system) * 10_000, |time| time.as_micros() as u64);
    let user_us = (total_us * user).checked_div(user + system).unwrap_or(total_us);
    Ok(Usage {
        state,
        user_us,
        system_us: total_us - user_us,
        minor_faults: number(stat::MINOR_FAULTS),
        major_faults: number(stat::MAJOR_FAULTS),
        rss_kib: number(stat::RSS_PAGES) * page_kib()?,
    })
}

/// The kernel's pages: 4 KiB on x86, 4, 16 or 64 KiB on aarch64.
fn page_kib() -> io::Result<u64> {
    let bytes = sysconf(SysconfVar::PAGE_SIZE)?.and_then(|bytes| u64::try_from(bytes).ok());
    Ok(bytes.expect("Linux tells the size of its pages") / 1024)
}

fn cpu_time(pid: Pid) -> nix::Result<Duration> {
    let clock: ClockId = clock_getcpuclockid(pid)?;
    Ok(clock_gettime(clock)?.into())
}

/// Names the calling process in what the kernel shows of it (15 bytes of it).
pub fn set_name(name: &str) -> io::Result<()> {
    nix::sys::prctl::set_name(&c_string(OsStr::new(name))?)?;
    Ok(())
}

/// Ties the caller's life to the thread that started it: when that ends, the kernel kills the
/// caller. Fails if `parent_pid` is gone already.
pub fn die_with_parent(parent_pid: u32) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    // The parent may have died before the line above.
    if nix::unistd::getppid().as_raw().cast_unsigned() == parent_pid {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::NotConnected, format!("parent {parent_pid} is gone")))
}

/// Takes over a descriptor that the parent handed down under this number.
///
/// Fails if there is none, or if this process opened or took it itself: everything that a Rust
/// program opens is close-on-exec, what was handed down is not, until it is taken.
pub fn inherited(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_GETFD only asks for the flags of a number, open or not.
    let flags = Errno::result(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    if fd < 3 || flags & libc::FD_CLOEXEC != 0 {
        let message = format!("descriptor {fd} was not handed down");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    // SAFETY: F_SETFD only changes the flags of an open number; it marks the descriptor as taken.
    Errno::result(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: the descriptor is open and nobody in this process owned it, both checked above.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        spawn(Path::new("/bin/sh"), &["-c", script], &[]).unwrap()
    }

    #[test]
    fn exits_and_signals_are_told_apart() {
        assert_eq!(shell("exit 3").reap().unwrap(), Exit::Code(3));
        assert_eq!(shell("kill -SEGV $$").reap().unwrap(), Exit::Signal(11));
    }

    #[test]
    fn a_stopped_child_is_seen_stopped_and_dies_of_a_kill() {
        let child = shell("sleep 100");
        assert_eq!(child.try_reap().unwrap(), None);
        child.stop().unwrap();
        while child.usage().unwrap().state != RunState::Stopped {}
        child.kill().unwrap();
        assert_eq!(child.reap().unwrap(), Exit::Signal(9));
    }

    #[test]
    fn a_dead_child_runs_no_more_and_a_stopped_one_may() {
        let child = shell("sleep 100");
        child.stop().unwrap();
        while child.usage().unwrap().state != RunState::Stopped {}
        assert!(!child.runs_no_more().unwrap());
        child.kill().unwrap();
        while !child.runs_no_more().unwrap() {}
        child.reap().unwrap();
    }

    #[test]
    fn a_child_gets_the_descriptors_handed_down_and_no_others() {
        let (near, far) = crate::socket::datagram_pair().unwrap();
        let (_kept, other) = crate::socket::datagram_pair().unwrap();
        let script = format!(
            "test -e /proc/self/fd/{} && ! test -e /proc/self/fd/{}",
            far.as_raw_fd(),
            other.as_raw_fd()
        );
        let child = spawn(Path::new("/bin/sh"), &["-c", &script], &[near.as_fd(), far.as_fd()]);
        assert_eq!(child.unwrap().reap().unwrap(), Exit::Code(0));
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let error = spawn(Path::new("/no/such/program"), &[], &[]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn own_usage_counts_cpu_time() {
        crate::crash::spin_until(crate::clock::now_ns() + 20_000_000);
        let usage = own_usage().unwrap();
        assert!(usage.user_us + usage.system_us > 5_000);
        assert!(usage.rss_kib > 0);
    }
}
