//! A process that does nothing, to try things on: [`Child::expendable`].

use super::{Child, pidfd_open};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::io;

impl Child {
    /// A child that stops itself at once and never goes on. It needs no program, so that it is there on
    /// machines with nothing else. For probes alone: it is a copy of the caller, which costs
    /// milliseconds to make.
    pub(crate) fn expendable() -> io::Result<Child> {
        let parent = nix::unistd::getpid();
        // SAFETY: the child calls nothing but `be_expendable`, whose calls are all async-signal-safe, so
        // it does not matter which locks other threads held.
        let pid = Pid::from_raw(Errno::result(unsafe { libc::fork() })?);
        if pid.as_raw() == 0 {
            be_expendable(parent);
        }
        match pidfd_open(pid) {
            Ok(pidfd) => Ok(Child { pid, pidfd }),
            Err(error) => {
                nix::sys::signal::kill(pid, Signal::SIGKILL)?;
                nix::sys::wait::waitpid(pid, None)?;
                Err(error)
            }
        }
    }
}

/// Stands still, and dies with its parent.
fn be_expendable(parent: Pid) -> ! {
    // SAFETY: takes integers alone; SIGKILL is a signal.
    let tied = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: takes nothing, cannot fail.
    let found = unsafe { libc::getppid() };
    if tied == 0 && found == parent.as_raw() {
        // SAFETY: takes an integer; the process stops in it.
        unsafe { libc::raise(libc::SIGSTOP) };
    }
    // SAFETY: ends the process without running anything that was registered.
    unsafe { libc::_exit(0) }
}

#[cfg(test)]
mod tests {
    use super::super::{Exit, RunState};
    use super::*;

    #[test]
    fn it_stops_at_once_and_dies_of_a_kill() {
        let child = Child::expendable().unwrap();
        while child.usage().unwrap().state != RunState::Stopped {}
        child.kill().unwrap();
        assert_eq!(child.reap().unwrap(), Exit::Signal(9));
    }
}
