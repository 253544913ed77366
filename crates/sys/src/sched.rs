//! Scheduling class and processors of the calling thread: [`set_realtime`], [`set_normal`],
//! [`pin_to`], and [`Placement`] to come back to what was; of any process of ours: [`Class`], [`place`].

mod class;

pub use class::Class;

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;
use std::io;

/// Moves the calling thread to `SCHED_FIFO` with this priority, 1 (lowest) to 99.
pub fn set_realtime(priority: u8) -> io::Result<()> {
    Class::Fifo { priority }.give_to(0)
}

/// Moves the calling thread to the normal class.
pub fn set_normal() -> io::Result<()> {
    Class::Normal.give_to(0)
}

/// Processors that the calling thread may use.
pub fn allowed_cpus() -> Vec<usize> {
    cpus_of(0).unwrap_or_default()
}

/// The processor that the calling thread runs on at this moment.
pub fn current_cpu() -> io::Result<usize> {
    Ok(sched_getcpu()?)
}

/// Lets the calling thread run on one processor alone.
pub fn pin_to(cpu: usize) -> io::Result<()> {
    place(0, &[cpu])
}

/// Processors that the first thread of a process may use; 0 names the calling thread.
pub fn cpus_of(pid: u32) -> io::Result<Vec<usize>> {
    let allowed = sched_getaffinity(Pid::from_raw(pid.cast_signed()))?;
    Ok((0..CpuSet::count()).filter(|&cpu| allowed.is_set(cpu) == Ok(true)).collect())
}

/// Lets the first thread of a process run on these processors alone; 0 names the calling thread.
pub fn place(pid: u32, cpus: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.set(cpu)?;
    }
    sched_setaffinity(Pid::from_raw(pid.cast_signed()), &set)?;
    Ok(())
}

/// Class, priority and processors of a thread.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    policy: libc::c_int,
    parameters: libc::sched_param,
    cpus: CpuSet,
}

impl Placement {
    /// Those of the calling thread.
    pub fn current() -> io::Result<Placement> {
        // SAFETY: 0 names the calling thread.
        let policy = Errno::result(unsafe { libc::sched_getscheduler(0) })?;
        // SAFETY: `sched_param` is plain integers, for which zero is valid.
        let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
        // SAFETY: `parameters` is a live local for the kernel to fill; 0 names the calling thread.
        Errno::result(unsafe { libc::sched_getparam(0, &raw mut parameters) })?;
        let cpus = sched_getaffinity(Pid::from_raw(0))?;
        Ok(Placement { policy, parameters, cpus })
    }

    /// Gives them to the calling thread.
    pub fn restore(&self) -> io::Result<()> {
        sched_setaffinity(Pid::from_raw(0), &self.cpus)?;
        // SAFETY: `parameters` is part of `self` and initialised; 0 names the calling thread.
        let set = unsafe { libc::sched_setscheduler(0, self.policy, &raw const self.parameters) };
        Errno::result(set)?;
        Ok(())
    }
}

/// Lets the kernel end this thread's timed waits as late as 1 ns instead of 50 µs.
pub fn set_precise_timers() -> io::Result<()> {
    nix::sys::prctl::set_timerslack(1)?;
    Ok(())
}
