//! What a process may use at most, set while it runs: [`set`] and [`set_own`].
//!
//! Only the soft limit is moved, so that it can be moved back.

use crate::process::Child;
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// No limit but the kernel's own.
pub const UNLIMITED: u64 = libc::RLIM_INFINITY;

/// What is limited. What a process has already is not taken away (getrlimit(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Number of descriptors: beyond it `EMFILE`.
    OpenFiles,
    /// Bytes of address space: beyond it `ENOMEM`.
    AddressSpace,
    /// Bytes of a file that it writes to: beyond it `SIGXFSZ`, or `EFBIG` after
    /// [`survive_file_size`].
    FileSize,
    /// Processes and threads of its user: beyond it `EAGAIN`. Does not bind root.
    Processes,
    /// Bytes of locked memory: beyond it `ENOMEM`. Does not bind root.
    LockedMemory,
    /// Highest real-time priority: above it `EPERM`. Does not bind root.
    RealTimePriority,
}

/// The limit of a child. [`UNLIMITED`] if there is none.
pub fn of(child: &Child, limit: Limit) -> io::Result<u64> {
    Ok(exchange(child.own_pid()?, limit, None)?.rlim_cur)
}

/// The limit of the calling process. [`UNLIMITED`] if there is none.
pub fn of_own(limit: Limit) -> io::Result<u64> {
    Ok(exchange(Pid::this(), limit, None)?.rlim_cur)
}

/// Limits a child while it runs, at most to its hard limit. Returns the limit before.
pub fn set(child: &Child, limit: Limit, value: u64) -> io::Result<u64> {
    set_of(child.own_pid()?, limit, value)
}

/// Limits the calling process, at most to its hard limit. Returns the limit before.
pub fn set_own(limit: Limit, value: u64) -> io::Result<u64> {
    set_of(Pid::this(), limit, value)
}

fn set_of(pid: Pid, limit: Limit, value: u64) -> io::Result<u64> {
    let before = exchange(pid, limit, None)?;
    exchange(pid, limit, Some(libc::rlimit { rlim_cur: value, ..before }))?;
    Ok(before.rlim_cur)
}

/// Sets both limits if there is something to set, and tells what they were.
fn exchange(pid: Pid, limit: Limit, wanted: Option<libc::rlimit>) -> io::Result<libc::rlimit> {
    let resource = match limit {
        Limit::OpenFiles => libc::RLIMIT_NOFILE,
        Limit::AddressSpace => libc::RLIMIT_AS,
        Limit::FileSize => libc::RLIMIT_FSIZE,
        Limit::Processes => libc::RLIMIT_NPROC,
        Limit::LockedMemory => libc::RLIMIT_MEMLOCK,
        Limit::RealTimePriority => libc::RLIMIT_RTPRIO,
    };
    let mut before = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let wanted = wanted.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: `wanted` is null or a live limit to read, `before` a live local for the kernel to fill.
    let result = unsafe { libc::prlimit(pid.as_raw(), resource, wanted, &raw mut before) };
    Errno::result(result)?;
    Ok(before)
}

/// Lets writes of the calling process beyond [`Limit::FileSize`] return `EFBIG` instead of ending it
/// with `SIGXFSZ`.
pub fn survive_file_size() -> io::Result<()> {
    crate::signals::ignore(Signal::SIGXFSZ)
}

/// Opens `/dev/null` until the kernel refuses. Returns the descriptors, which fill the table until
/// they are dropped, and the error number of the refusal, `EMFILE` as a rule. An error if not even
/// one can be opened for another reason than the lack of descriptors.
pub fn open_until_refused() -> io::Result<(Vec<OwnedFd>, i32)> {
    let mut opened: Vec<OwnedFd> = Vec::new();
    loop {
        match File::open("/dev/null") {
            Ok(file) => opened.push(file.into()),
            Err(error) => match error.raw_os_error() {
                Some(errno @ (libc::EMFILE | libc::ENFILE)) => return Ok((opened, errno)),
                _ => return Err(error),
            },
        }
    }
}
