//! How many system calls a child makes: [`Child::count_calls`].

use super::{Child, Exit};
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::io;

impl Child {
    /// Stops the child, then calls `go`, lets it run to its end, and buries it: how many system calls it
    /// began to make since then, and how it ended. The child is traced (`ptrace`) by the calling
    /// thread, so that each of its calls takes some 10 µs longer.
    pub fn count_calls(&self, go: impl FnOnce()) -> io::Result<(u64, Exit)> {
        let pid = self.own_pid()?;
        ptrace::seize(pid, Options::PTRACE_O_TRACESYSGOOD)?;
        ptrace::interrupt(pid)?;
        let mut go = Some(go);
        // Each call stops the child twice: when it begins and when it ends.
        let mut stops = 0_u64;
        loop {
            let signal = match waitpid(pid, Some(WaitPidFlag::__WALL)) {
                Ok(WaitStatus::Exited(_, code)) => {
                    return Ok((stops.div_ceil(2), Exit::Code(code as u8)));
                }
                Ok(WaitStatus::Signaled(_, signal, _)) => {
                    return Ok((stops.div_ceil(2), Exit::Signal(signal as u8)));
                }
                Ok(WaitStatus::PtraceSyscall(_)) => {
                    stops += 1;
                    None
                }
                Ok(WaitStatus::PtraceEvent(..)) => {
                    if let Some(go) = go.take() {
                        go();
                    }
                    None
                }
                Ok(WaitStatus::Stopped(_, signal)) => Some(signal),
                Ok(_) | Err(Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
            };
            go_on(pid, signal)?;
        }
    }
}

/// Lets a stopped child run up to its next stop, with the signal that stopped it, if one did.
fn go_on(pid: Pid, signal: Option<Signal>) -> io::Result<()> {
    match ptrace::syscall(pid, signal) {
        // Killed meanwhile: the next wait tells.
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::spawn;
    use std::path::Path;

    #[test]
    fn more_work_makes_more_calls_and_the_end_is_told() {
        let calls = |echoes: &str| {
            let script = format!("sleep 0.3; {echoes} exit 7");
            let child = spawn(Path::new("/bin/sh"), &["-c", &script], &[]).unwrap();
            let mut is_told = false;
            let (calls, exit) = child.count_calls(|| is_told = true).unwrap();
            assert_eq!((exit, is_told), (Exit::Code(7), true));
            calls
        };
        // The shell may have begun before its calls are counted.
        assert!(calls(&"umask 077;".repeat(500)) >= calls("") + 300);
    }
}
