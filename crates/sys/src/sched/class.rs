//! The scheduling class of any process of ours, set and read back: [`Class`].

use nix::errno::Errno;
use nix::libc;
use std::io;

/// A scheduling class with its parameters, as sched(7) knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `SCHED_OTHER`.
    Normal,
    /// `SCHED_FIFO`.
    Fifo {
        /// 1 (lowest) to 99.
        priority: u8,
    },
    /// `SCHED_DEADLINE`, each deadline at the end of its period.
    Deadline {
        /// Processor time in each period, nanoseconds.
        runtime_ns: u64,
        /// Period, nanoseconds.
        period_ns: u64,
    },
    /// One that is never asked for.
    Other {
        /// Its number.
        policy: u32,
    },
}

impl Class {
    /// Moves the first thread of a process to this class; 0 names the calling thread. What a process
    /// of the class `SCHED_DEADLINE` starts is of the normal class: the kernel lets it start nothing
    /// else.
    pub fn give_to(self, pid: u32) -> io::Result<()> {
        if self == Class::Normal {
            return give_normal_to(pid);
        }
        let mut attributes = self.attributes();
        // SAFETY: `attributes` is a live local with its own size in it; the other arguments are
        // integers.
        let set = unsafe { libc::syscall(libc::SYS_sched_setattr, pid, &raw mut attributes, 0) };
        Errno::result(set)?;
        Ok(())
    }

    /// The class of the first thread of a process; 0 names the calling thread.
    pub fn of(pid: u32) -> io::Result<Class> {
        let mut it = Class::Normal.attributes();
        let size = it.size;
        // SAFETY: `it` is a live local of `size` bytes for the kernel to fill; the other arguments
        // are integers.
        let got = unsafe { libc::syscall(libc::SYS_sched_getattr, pid, &raw mut it, size, 0) };
        Errno::result(got)?;
        Ok(match libc::c_int::try_from(it.sched_policy) {
            Ok(libc::SCHED_OTHER) => Class::Normal,
            Ok(libc::SCHED_FIFO) => Class::Fifo { priority: it.sched_priority as u8 },
            Ok(libc::SCHED_DEADLINE) => {
                Class::Deadline { runtime_ns: it.sched_runtime, period_ns: it.sched_period }
            }
            _ => Class::Other { policy: it.sched_policy },
        })
    }

    fn attributes(self) -> libc::sched_attr {
        let flags = match self {
            Class::Deadline { .. } => libc::SCHED_FLAG_RESET_ON_FORK,
            Class::Normal | Class::Fifo { .. } | Class::Other { .. } => 0,
        };
        let (policy, priority, runtime, period) = match self {
            Class::Normal => (libc::SCHED_OTHER.cast_unsigned(), 0, 0, 0),
            Class::Fifo { priority } => (libc::SCHED_FIFO.cast_unsigned(), priority, 0, 0),
            Class::Deadline { runtime_ns, period_ns } => {
                (libc::SCHED_DEADLINE.cast_unsigned(), 0, runtime_ns, period_ns)
            }
            Class::Other { policy } => (policy, 0, 0, 0),
        };
        libc::sched_attr {
            size: size_of::<libc::sched_attr>() as u32,
            sched_policy: policy,
            sched_flags: flags as u64,
            sched_nice: 0,
            sched_priority: priority.into(),
            sched_runtime: runtime,
            sched_deadline: period,
            sched_period: period,
        }
    }
}

/// `sched_setattr` would set the niceness, too: back to 0 needs the privilege.
fn give_normal_to(pid: u32) -> io::Result<()> {
    // SAFETY: `sched_param` is plain integers, for which zero is valid, and right for this class.
    let parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    let policy = libc::SCHED_OTHER;
    // SAFETY: `parameters` is a live, initialised local; the other arguments are integers.
    let set = unsafe { libc::sched_setscheduler(pid.cast_signed(), policy, &raw const parameters) };
    Errno::result(set)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn tell(why: &str) {
        std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
    }
    use crate::capability::{Capability, missing};

    /// On a thread of its own: the class of the test's is to stay.
    fn read_back(class: Class) -> io::Result<Class> {
        let tried = move || class.give_to(0).and_then(|()| Class::of(0));
        std::thread::spawn(tried).join().unwrap()
    }

    #[test]
    fn a_class_is_read_back_as_it_was_given() {
        assert_eq!(read_back(Class::Normal).unwrap(), Class::Normal);
        let deadline = Class::Deadline { runtime_ns: 1_000_000, period_ns: 100_000_000 };
        for class in [Class::Fifo { priority: 7 }, deadline] {
            match (read_back(class), missing(Capability::RealTime)) {
                (Ok(back), _) => assert_eq!(back, class),
                (Err(error), Some(why)) => tell(&format!("{error}: {why}")),
                // The bandwidth may be taken, or the machine divided.
                (Err(error), None) if class == deadline => tell(&error.to_string()),
                (Err(error), None) => panic!("{class:?}: {error}"),
            }
        }
    }

    #[test]
    fn the_normal_class_keeps_the_niceness() {
        let nice = |by| {
            // SAFETY: takes an integer; only the calling thread is made nicer.
            unsafe { libc::nice(by) }
        };
        let kept = move || (nice(3), Class::Normal.give_to(0), nice(0));
        let (before, given, after) = std::thread::spawn(kept).join().unwrap();
        given.unwrap();
        assert_eq!(before, after);
    }

    #[test]
    fn more_time_than_there_is_in_a_period_is_refused() {
        let class = Class::Deadline { runtime_ns: 2_000_000, period_ns: 1_000_000 };
        let error = read_back(class).unwrap_err();
        let known = [Errno::EINVAL, Errno::EPERM].map(|errno| Some(errno as i32));
        assert!(known.contains(&error.raw_os_error()), "{error}");
    }
}
