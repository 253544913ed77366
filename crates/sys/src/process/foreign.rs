//! Programs that are not ours: [`spawn_with`] their standard streams chosen, [`become_program`], and who
//! ended of all whom the first process of a machine inherits ([`reap_any`]).

use super::{Child, Exit, c_string, spawn_redirected};
use nix::errno::Errno;
use nix::libc;
use std::convert::Infallible;
use std::ffi::OsStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

/// Standard streams of a child; the caller's own where none is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Streams<'a> {
    /// Standard input.
    pub input: Option<BorrowedFd<'a>>,
    /// Standard output.
    pub output: Option<BorrowedFd<'a>>,
    /// Standard error.
    pub errors: Option<BorrowedFd<'a>>,
}

/// Starts a program as [`spawn`](super::spawn) does, with these standard streams.
pub fn spawn_with(
    program: &Path,
    arguments: &[&str],
    handed_down: &[BorrowedFd],
    streams: Streams,
) -> io::Result<Child> {
    let given = [(streams.input, 0), (streams.output, 1), (streams.errors, 2)];
    let given = given.into_iter().filter_map(|(fd, number)| Some((fd?, number)));
    spawn_redirected(program, arguments, handed_down, &given.collect::<Vec<_>>())
}

/// Becomes a program, which is looked for where `PATH` says. What was asked of the kernel for this process
/// ([`die_with_parent`](super::die_with_parent)) holds for it, too. Returns only if it cannot.
pub fn become_program(program: &str, arguments: &[String]) -> io::Result<Infallible> {
    let words = std::iter::once(program).chain(arguments.iter().map(String::as_str));
    let words = words.map(|word| c_string(OsStr::new(word))).collect::<io::Result<Vec<_>>>()?;
    Ok(nix::unistd::execvp(&words[0], &words)?)
}

/// Waits until a child has ended, one's own or one inherited from a parent that ended before it, and buries
/// it: its process id and how it ended. `None` if there are no children.
pub fn reap_any() -> io::Result<Option<(u32, Exit)>> {
    loop {
        let mut status = 0;
        // SAFETY: `status` is a live local for the kernel to fill; -1 names every child.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, 0) };
        match Errno::result(pid) {
            Err(Errno::EINTR) => continue,
            Err(Errno::ECHILD) => return Ok(None),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let exit = if libc::WIFEXITED(status) {
            Exit::Code(libc::WEXITSTATUS(status) as u8)
        } else {
            Exit::Signal(libc::WTERMSIG(status) as u8)
        };
        return Ok(Some((pid.cast_unsigned(), exit)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::AsFd;

    #[test]
    fn what_a_child_prints_goes_where_it_is_sent() {
        let (mut reader, writer) = io::pipe().unwrap();
        let streams =
            Streams { output: Some(writer.as_fd()), errors: Some(writer.as_fd()), input: None };
        let script = ["-c", "echo out; echo err >&2"];
        let child = spawn_with(Path::new("/bin/sh"), &script, &[], streams).unwrap();
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(child.reap().unwrap(), Exit::Code(0));
        assert_eq!(text, "out\nerr\n");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        become_program("no-such-program-anywhere", &[]).unwrap_err();
    }
}
