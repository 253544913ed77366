//! The ends of all processes and threads of the machine, told by the kernel's process-event connector:
//! [`Connector`].
//!
//! It is netlink multicast (`NETLINK_CONNECTOR`, `CN_IDX_PROC`; the kernel's `drivers/connector/cn_proc.c`
//! and `include/uapi/linux/cn_proc.h`). Who listens need not be the parent of who ends. Three things it
//! does not do, which a pidfd does:
//! * It names a process by its number alone, which may have been given to another before the event is read.
//! * The end of the first thread is told when that thread ends, though other threads may live on.
//! * A buffer that is full loses events: [`News::Dropped`] and [`Connector::missed`] tell it.

use crate::clock::{now_ns, of_kernel};
use crate::poll::{wait_readable, without_waiting};
use crate::process::Exit;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{MsgFlags, NetlinkAddr, bind, recvfrom, send};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

/// Inode of the first pid namespace: `PROC_PID_INIT_INO` of the kernel's `include/linux/proc_ns.h`.
const FIRST_PID_NAMESPACE: u64 = 0xefff_fffc;
/// How long the kernel may take to confirm the subscription; it does so before `send` returns.
const CONFIRM_NS: u64 = 5_000_000_000;
/// Room for a message, which has 76 bytes; newer kernels may append something.
const MESSAGE_BYTES_MAX: usize = 256;

/// Where things are in a message: `nlmsghdr` (16 bytes), `cn_msg` (20), `proc_event`.
mod at {
    pub(super) const SEQUENCE: usize = 16 + 8;
    pub(super) const WHAT: usize = 16 + 20;
    pub(super) const CPU: usize = WHAT + 4;
    pub(super) const TIMESTAMP_NS: usize = WHAT + 8;
    /// Of a confirmation.
    pub(super) const ERROR: usize = WHAT + 16;
    pub(super) const PID: usize = WHAT + 16;
    pub(super) const GROUP: usize = WHAT + 20;
    pub(super) const STATUS: usize = WHAT + 24;
    pub(super) const END: usize = WHAT + 40;
}

/// A subscription to the events of all processes.
#[derive(Debug)]
pub struct Connector {
    socket: OwnedFd,
    /// By processor, the number that its next event should have.
    expected: BTreeMap<u32, u32>,
    missed: u64,
}

/// The events cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Kernels before 6.6 want `CAP_NET_ADMIN`.
    #[error("process events are not permitted")]
    NotPermitted(#[source] io::Error),
    /// Built without `CONFIG_PROC_EVENTS`, or asked from another network namespace than the first.
    #[error("the kernel has no process events here")]
    Absent(#[source] io::Error),
    /// The events number processes as the first pid namespace does: no number would mean here what it
    /// says.
    #[error("process events are numbered for another pid namespace")]
    ForeignNumbers,
    /// Before 6.6 the kernel ignores a subscriber from another user namespace without a word.
    #[error("the kernel did not confirm the subscription to process events")]
    Unconfirmed,
    /// Something else went wrong.
    #[error("cannot subscribe to process events")]
    System(#[from] io::Error),
}

/// What a subscriber is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A thread, perhaps the first of its process, has ended.
    Ended(Ended),
    /// The buffer was full: events between those read before and those after the buffer was empty
    /// are lost. [`Connector::missed`] counts them as soon as their processors tell more.
    Dropped,
}

/// The end of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The thread; the first thread of a process has the number of the process.
    pub pid: u32,
    /// Its process.
    pub group: u32,
    /// How it ended.
    pub exit: Exit,
    /// When the kernel made the event ([`now_ns`]).
    pub at_ns: u64,
}

impl Connector {
    /// Subscribes.
    pub fn open() -> Result<Connector, OpenError> {
        if std::fs::metadata("/proc/self/ns/pid")?.ino() != FIRST_PID_NAMESPACE {
            return Err(OpenError::ForeignNumbers);
        }
        let socket = subscribe().map_err(|errno| match errno {
            Errno::EPERM | Errno::EACCES => OpenError::NotPermitted(errno.into()),
            Errno::EPROTONOSUPPORT | Errno::EAFNOSUPPORT | Errno::ECONNREFUSED => {
                OpenError::Absent(errno.into())
            }
            _ => OpenError::System(errno.into()),
        })?;
        let mut connector = Connector { socket, expected: BTreeMap::new(), missed: 0 };
        connector.await_confirmation()?;
        Ok(connector)
    }

    fn await_confirmation(&mut self) -> Result<(), OpenError> {
        let deadline = now_ns() + CONFIRM_NS;
        while now_ns() < deadline {
            wait_readable(&self.socket, deadline)?;
            match self.receive()? {
                Some(Received::Confirmation(0)) => return Ok(()),
                Some(Received::Confirmation(errno)) => {
                    return Err(OpenError::NotPermitted(io::Error::from_raw_os_error(errno)));
                }
                _ => {}
            }
        }
        Err(OpenError::Unconfirmed)
    }

    /// The next news, without waiting; `None` if there are no more.
    pub fn read(&mut self) -> io::Result<Option<News>> {
        while let Some(received) = self.receive()? {
            match received {
                Received::News(news) => return Ok(Some(news)),
                Received::Confirmation(_) | Received::Other => {}
            }
        }
        Ok(None)
    }

    /// How many events, of ends and of anything else, are known to be lost: the kernel numbers those of
    /// each processor.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    fn receive(&mut self) -> io::Result<Option<Received>> {
        let mut message = [0; MESSAGE_BYTES_MAX];
        let fd = self.socket.as_raw_fd();
        loop {
            let received = match recvfrom::<NetlinkAddr>(fd, &mut message) {
                Err(Errno::ENOBUFS) => return Ok(Some(Received::News(News::Dropped))),
                received => without_waiting(received)?,
            };
            let Some((length, from)) = received else { return Ok(None) };
            // Others may send to the group too; only the kernel has the address 0.
            if from.is_none_or(|from| from.pid() != 0) {
                continue;
            }
            if length < at::END {
                let text = format!("a process event of {length} bytes, {} expected", at::END);
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
            self.count(number(&message, at::CPU), number(&message, at::SEQUENCE));
            return Ok(Some(Received::of(&message)));
        }
    }

    fn count(&mut self, cpu: u32, sequence: u32) {
        let expected = self.expected.insert(cpu, sequence.wrapping_add(1)).unwrap_or(sequence);
        self.missed += u64::from(sequence.wrapping_sub(expected));
    }
}

impl AsFd for Connector {
    /// Readable when there are news.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

enum Received {
    News(News),
    /// 0 or an error number.
    Confirmation(i32),
    Other,
}

impl Received {
    fn of(message: &[u8]) -> Received {
        match number(message, at::WHAT) {
            libc::PROC_EVENT_NONE => {
                Received::Confirmation(number(message, at::ERROR).cast_signed())
            }
            libc::PROC_EVENT_EXIT => Received::News(News::Ended(Ended::of(message))),
            _ => Received::Other,
        }
    }
}

impl Ended {
    fn of(message: &[u8]) -> Ended {
        // As waitpid(2) has it: the signal in the low 7 bits, else the code in the byte above.
        let status = number(message, at::STATUS);
        let exit = match status & 0x7f {
            0 => Exit::Code((status >> 8) as u8),
            signal => Exit::Signal(signal as u8),
        };
        let [low, high] = [0, 4].map(|offset| number(message, at::TIMESTAMP_NS + offset));
        Ended {
            pid: number(message, at::PID),
            group: number(message, at::GROUP),
            exit,
            at_ns: of_kernel(u64::from(high) << 32 | u64::from(low)),
        }
    }
}

fn number(message: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(message[at..at + 4].try_into().expect("four bytes"))
}

fn subscribe() -> nix::Result<OwnedFd> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: takes three integers, returns a new descriptor or -1. `nix` does not know this protocol.
    let socket = unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_CONNECTOR) };
    let fd = Errno::result(socket)?;
    // SAFETY: `fd` was just opened and belongs to nobody else.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    bind(fd, &NetlinkAddr::new(0, libc::CN_IDX_PROC))?;
    send(fd, &subscription(), MsgFlags::empty())?;
    Ok(socket)
}

/// `nlmsghdr`, `cn_msg` and `PROC_CN_MCAST_LISTEN`. Since 6.6 one may ask for ends alone; then the numbers
/// of the events had gaps, and a loss could not be told.
fn subscription() -> Vec<u8> {
    const BYTES: u32 = 16 + 20 + 4;
    /// `cn_msg.len`, and `flags` above it.
    const BODY_BYTES: u32 = 4;
    let kind = u32::try_from(libc::NLMSG_DONE).expect("a small number");
    let header = [BYTES, kind, 0, 0];
    let connector = [libc::CN_IDX_PROC, libc::CN_VAL_PROC, 0, 0, BODY_BYTES];
    let words = header.into_iter().chain(connector).chain([libc::PROC_CN_MCAST_LISTEN]);
    words.flat_map(u32::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Child, spawn};
    use std::io::Write;
    use std::path::Path;

    const PATIENCE_NS: u64 = 60_000_000_000;

    fn shell(script: &str) -> Child {
        spawn(Path::new("/bin/sh"), &["-c", script], &[]).unwrap()
    }

    /// `None`, told in plain sight, where the host does not let us listen.
    fn open() -> Option<Connector> {
        match Connector::open() {
            Ok(connector) => Some(connector),
            Err(OpenError::System(error)) => panic!("{error}"),
            Err(lacking) => {
                // Not by a macro: what those print is hidden while a test passes.
                std::io::stderr().write_all(format!("SKIPPED: {lacking}\n").as_bytes()).unwrap();
                None
            }
        }
    }

    /// Reads until `found` has what it looks for.
    fn read_until<T>(connector: &mut Connector, found: impl Fn(News) -> Option<T>) -> T {
        let deadline = now_ns() + PATIENCE_NS;
        while now_ns() < deadline {
            wait_readable(&*connector, deadline).unwrap();
            while let Some(news) = connector.read().unwrap() {
                if let Some(found) = found(news) {
                    return found;
                }
            }
        }
        panic!("not told");
    }

    fn end_of(child: &Child) -> impl Fn(News) -> Option<Ended> {
        let pid = child.pid();
        move |news| match news {
            News::Ended(ended) if ended.pid == pid => Some(ended),
            _ => None,
        }
    }

    #[test]
    fn the_end_of_a_process_is_told_with_its_cause_and_its_time() {
        let Some(mut connector) = open() else { return };
        for (script, exit) in [("exit 3", Exit::Code(3)), ("kill -KILL $$", Exit::Signal(9))] {
            let begun_ns = now_ns();
            let child = shell(script);
            let ended = read_until(&mut connector, end_of(&child));
            assert_eq!((ended.group, ended.exit), (child.pid(), exit));
            assert!((begun_ns..=now_ns()).contains(&ended.at_ns), "{ended:?}");
            assert_eq!(child.reap().unwrap(), exit);
        }
    }

    #[test]
    fn who_is_no_child_and_a_thread_are_told_too() {
        let Some(mut connector) = open() else { return };
        let child = shell("(exit 5) & wait");
        let exit = Exit::Code(5);
        let of_grandchild = |news| match news {
            News::Ended(ended) if ended.exit == exit && ended.pid != child.pid() => Some(()),
            _ => None,
        };
        read_until(&mut connector, of_grandchild);
        child.reap().unwrap();
        std::thread::spawn(|| ()).join().unwrap();
        let own = std::process::id();
        read_until(&mut connector, |news| match news {
            News::Ended(ended) if ended.group == own && ended.pid != own => Some(()),
            _ => None,
        });
    }

    #[test]
    fn a_full_buffer_is_told_and_what_was_lost_is_counted() {
        let Some(mut connector) = open() else { return };
        let many = "i=0; while [ $i -lt 400 ]; do (exit 0); i=$((i+1)); done";
        let deadline = now_ns() + PATIENCE_NS;
        let is_dropped = |news: News| (news == News::Dropped).then_some(());
        shell(many).reap().unwrap();
        read_until(&mut connector, is_dropped);
        // Until it was empty once, the buffer takes nothing more.
        while connector.read().unwrap().is_some() {}
        while connector.missed() == 0 {
            assert!(now_ns() < deadline, "the processors that lost events tell no more");
            let child = shell("exit 0");
            read_until(&mut connector, end_of(&child));
            child.reap().unwrap();
        }
    }

    #[test]
    fn numbers_that_wrap_lose_nothing_and_processors_are_counted_apart() {
        let (socket, _peer) = crate::socket::datagram_pair().unwrap();
        let mut connector = Connector { socket, expected: BTreeMap::new(), missed: 0 };
        for (cpu, sequence) in [(0, u32::MAX), (1, 7), (0, 0), (1, 8), (0, 1)] {
            connector.count(cpu, sequence);
        }
        assert_eq!(connector.missed(), 0);
        connector.count(1, 12);
        assert_eq!(connector.missed(), 3);
    }
}
