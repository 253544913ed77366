//! POSIX message queues without a name: [`create`], [`send`], [`receive`]. On Linux a queue is a
//! descriptor, which can be handed down and waited for.

use crate::clock::now_ns;
use crate::host::told_number;
use crate::poll::without_waiting;
use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_getattr, mq_open, mq_receive, mq_send, mq_unlink};
use nix::sys::stat::Mode;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

/// Where the host says how many messages a queue may hold, and how long each may be.
const MESSAGES_MAX: &str = "/proc/sys/fs/mqueue/msg_max";
const MESSAGE_BYTES_MAX: &str = "/proc/sys/fs/mqueue/msgsize_max";
/// Names that are tried: each holds the time in nanoseconds, so that not even a second is needed.
const NAMES_MAX: u32 = 16;

/// How large a queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Messages that it holds.
    pub messages: usize,
    /// Longest message.
    pub message_bytes: usize,
}

/// A queue through whose descriptor anyone who has it sends and receives. It is as large as wished,
/// or as the host allows ([`size`]): of shorter messages than wished it holds more. Its name is
/// gone before this returns, so nothing is left to remove (`/dev/mqueue`), except by a process that
/// is killed within this call.
pub fn create(wished: Size) -> io::Result<OwnedFd> {
    let message_bytes = wished.message_bytes.min(told_number(MESSAGE_BYTES_MAX)?);
    let pieces = wished.message_bytes.div_ceil(message_bytes);
    let mut messages = wished.messages.saturating_mul(pieces).min(told_number(MESSAGES_MAX)?);
    loop {
        match create_exactly(Size { messages, message_bytes }) {
            // The queues of this user weigh as much as RLIMIT_MSGQUEUE allows: a shorter one may
            // fit.
            Err(Errno::EMFILE) if messages > 1 => messages /= 2,
            result => return Ok(result?),
        }
    }
}

fn create_exactly(size: Size) -> nix::Result<OwnedFd> {
    let flags = MQ_OFlag::O_CREAT
        | MQ_OFlag::O_EXCL
        | MQ_OFlag::O_RDWR
        | MQ_OFlag::O_NONBLOCK
        | MQ_OFlag::O_CLOEXEC;
    let attributes = MqAttr::new(0, size.messages as i64, size.message_bytes as i64, 0);
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    let mut last = Errno::EEXIST;
    for _ in 0..NAMES_MAX {
        let name = format!("/failop-{}-{}", std::process::id(), now_ns());
        match mq_open(name.as_str(), flags, mode, Some(&attributes)) {
            Ok(queue) => {
                // SAFETY: a new descriptor that belongs to nobody else; `queue` is given up.
                let queue = unsafe { OwnedFd::from_raw_fd(queue.into_raw_fd()) };
                mq_unlink(name.as_str())?;
                return Ok(queue);
            }
            Err(Errno::EEXIST) => last = Errno::EEXIST,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// A descriptor as `nix` wants it, for one call.
fn borrowed(queue: &impl AsFd) -> MqdT {
    // SAFETY: the descriptor is open as long as `queue` is borrowed, which is longer than the call
    // that this is for; `MqdT` does not close it. One that is no queue is refused by the kernel.
    unsafe { MqdT::from_raw_fd(queue.as_fd().as_raw_fd()) }
}

/// How large a queue is.
pub fn size(queue: impl AsFd) -> io::Result<Size> {
    let attributes = mq_getattr(&borrowed(&queue))?;
    Ok(Size {
        messages: attributes.maxmsg() as usize,
        message_bytes: attributes.msgsize() as usize,
    })
}

/// Sends one message without waiting, before all that wait with a lower priority: how many bytes;
/// `None` if the queue is full. One longer than the queue's messages is the error `EMSGSIZE`.
pub fn send(queue: impl AsFd, message: &[u8], priority: u32) -> io::Result<Option<usize>> {
    let sent = without_waiting(mq_send(&borrowed(&queue), message, priority))?;
    Ok(sent.map(|()| message.len()))
}

/// Takes the oldest message of the highest priority without waiting: its length and its priority;
/// `None` if there is none. A buffer shorter than the queue's longest message is the error
/// `EMSGSIZE`.
pub fn receive(queue: impl AsFd, buffer: &mut [u8]) -> io::Result<Option<(usize, u32)>> {
    let mut priority = 0;
    let received = without_waiting(mq_receive(&borrowed(&queue), buffer, &mut priority))?;
    Ok(received.map(|length| (length, priority)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::{wait_readable, wait_writable};

    const SMALL: Size = Size { messages: 4, message_bytes: 64 };

    #[test]
    fn messages_keep_boundaries_and_order_and_a_full_queue_is_told() {
        let queue = create(SMALL).unwrap();
        let mut buffer = [0; 64];
        assert_eq!(receive(&queue, &mut buffer).unwrap(), None);
        for number in 1..=4 {
            assert_eq!(send(&queue, &[number; 3], 0).unwrap(), Some(3));
        }
        assert_eq!(send(&queue, b"x", 0).unwrap(), None);
        for number in 1..=4 {
            wait_readable(&queue, u64::MAX / 2).unwrap();
            assert_eq!(receive(&queue, &mut buffer).unwrap(), Some((3, 0)));
            assert_eq!(buffer[..3], [number; 3]);
        }
        wait_writable(&queue, u64::MAX / 2).unwrap();
        assert_eq!(send(&queue, b"x", 0).unwrap(), Some(1));
    }

    #[test]
    fn a_higher_priority_overtakes() {
        let queue = create(SMALL).unwrap();
        for (message, priority) in [(b"first ", 0), (b"urgent", 9), (b"second", 0)] {
            assert_eq!(send(&queue, message, priority).unwrap(), Some(6));
        }
        let mut buffer = [0; 64];
        for (message, priority) in [(b"urgent", 9), (b"first ", 0), (b"second", 0)] {
            assert_eq!(receive(&queue, &mut buffer).unwrap(), Some((6, priority)));
            assert_eq!(&buffer[..6], message);
        }
    }

    #[test]
    fn a_wish_beyond_the_host_s_limits_is_cut_to_them() {
        let queue = create(Size { messages: usize::MAX, message_bytes: usize::MAX }).unwrap();
        let size = size(&queue).unwrap();
        assert!(size.messages <= told_number(MESSAGES_MAX).unwrap());
        assert_eq!(size.message_bytes, told_number(MESSAGE_BYTES_MAX).unwrap());
        let too_long = vec![0; size.message_bytes + 1];
        let refused = send(&queue, &too_long, 0).unwrap_err().raw_os_error();
        assert_eq!(refused, Some(nix::libc::EMSGSIZE));
    }

    #[test]
    fn what_is_no_queue_is_refused() {
        let (a, _b) = crate::socket::datagram_pair().unwrap();
        assert_eq!(send(&a, b"x", 0).unwrap_err().raw_os_error(), Some(nix::libc::EBADF));
    }
}
