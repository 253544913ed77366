//! Scheduling class of the calling thread: [`set_realtime`] and [`set_normal`].

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use std::io;

/// Moves the calling thread to `SCHED_FIFO` with this priority, 1 (lowest) to 99.
pub fn set_realtime(priority: u8) -> io::Result<()> {
    set(libc::SCHED_FIFO, priority)
}

/// Moves the calling thread to the normal class.
pub fn set_normal() -> io::Result<()> {
    set(libc::SCHED_OTHER, 0)
}

fn set(policy: libc::c_int, priority: u8) -> io::Result<()> {
    // SAFETY: `sched_param` is plain integers, for which zero is valid.
    let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = priority.into();
    // SAFETY: `parameters` is a live, initialised local; 0 names the calling thread.
    let result = unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) };
    Errno::result(result)?;
    Ok(())
}

/// Processors that the calling thread may use.
pub fn allowed_cpus() -> Vec<usize> {
    let Ok(allowed) = sched_getaffinity(Pid::from_raw(0)) else { return Vec::new() };
    (0..CpuSet::count()).filter(|&cpu| allowed.is_set(cpu) == Ok(true)).collect()
}

/// Lets the calling thread run on one processor alone.
pub fn pin_to(cpu: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)?;
    sched_setaffinity(Pid::from_raw(0), &set)?;
    Ok(())
}

/// Lets the kernel end this thread's timed waits as late as 1 ns instead of 50 µs.
pub fn set_precise_timers() -> io::Result<()> {
    nix::sys::prctl::set_timerslack(1)?;
    Ok(())
}
