//! System V message queues: [`Queue`] owns one, [`QueueEnd`] sends and receives by its number.
//!
//! A queue has no descriptor: nothing can wait for it and for something else at once. It outlives
//! every process until somebody removes it, so the owner does so when it is dropped; an owner that
//! is killed leaves it behind (`ipcs -q`, `ipcrm -q`).

use crate::host::told_number;
use crate::poll::without_waiting;
use nix::errno::Errno;
use nix::libc;
use std::io;
use std::mem::offset_of;

/// Longest message that is sent, also where the host (`kernel.msgmax`) allows more.
pub const MESSAGE_BYTES_MAX: usize = 8192;
/// Where the host says how long a message may be.
const MSGMAX: &str = "/proc/sys/kernel/msgmax";
/// Only this user sends and receives.
const OWN: libc::c_int = 0o600;

/// A queue, until it is dropped.
#[derive(Debug)]
pub struct Queue {
    id: i32,
}

impl Queue {
    /// A queue that no key leads to (`IPC_PRIVATE`), only its number. It holds `kernel.msgmnb`
    /// bytes.
    pub fn create() -> io::Result<Queue> {
        // SAFETY: takes two integers and returns a number or -1.
        let id = unsafe { libc::msgget(libc::IPC_PRIVATE, libc::IPC_CREAT | OWN) };
        Ok(Queue { id: Errno::result(id)? })
    }

    /// Takes over one whose owner was killed, so that it does not stay for ever.
    pub fn adopt(id: i32) -> Queue {
        Queue { id }
    }

    /// The number by which any process of this user reaches it.
    pub fn id(&self) -> i32 {
        self.id
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: IPC_RMID takes no third argument: the null pointer is not used.
        let removed = unsafe { libc::msgctl(self.id, libc::IPC_RMID, std::ptr::null_mut()) };
        // Somebody else removed it: gone is gone.
        if Errno::result(removed).is_err() {}
    }
}

/// A message as the kernel takes and gives it.
#[repr(C)]
struct Message {
    kind: libc::c_long,
    text: [u8; MESSAGE_BYTES_MAX],
}

// The kernel finds the text right after the type.
const _: () = assert!(offset_of!(Message, text) == size_of::<libc::c_long>());

/// One process's access to a queue.
#[derive(Debug)]
pub struct QueueEnd {
    id: i32,
    message_bytes_max: usize,
    message: Box<Message>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Message").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl QueueEnd {
    /// Access to the queue of this number; whether there is one shows when it is used.
    pub fn new(id: i32) -> io::Result<QueueEnd> {
        Ok(QueueEnd {
            id,
            message_bytes_max: told_number(MSGMAX)?.min(MESSAGE_BYTES_MAX),
            message: Box::new(Message { kind: 0, text: [0; MESSAGE_BYTES_MAX] }),
        })
    }

    /// Longest message that can be sent.
    pub fn message_bytes_max(&self) -> usize {
        self.message_bytes_max
    }

    /// Sends one message of a type, 1 or more, without waiting: how many bytes; `None` if the queue
    /// is full.
    ///
    /// # Panics
    /// If the message is longer than [`QueueEnd::message_bytes_max`].
    pub fn send(&mut self, kind: i64, bytes: &[u8]) -> io::Result<Option<usize>> {
        assert!(bytes.len() <= self.message_bytes_max, "a message that the host takes");
        self.message.kind = kind;
        self.message.text[..bytes.len()].copy_from_slice(bytes);
        // SAFETY: the pointer is that of a live `Message`, whose text is as long as `bytes` at
        // least, checked above; the kernel only reads it.
        let result = unsafe {
            libc::msgsnd(self.id, (&raw const *self.message).cast(), bytes.len(), libc::IPC_NOWAIT)
        };
        let sent = without_waiting(Errno::result(result))?;
        Ok(sent.map(|_| bytes.len()))
    }

    /// Takes the oldest message of the lowest type up to `kind_max`, without waiting; `None` if
    /// there is none. Returns its true length, up to [`MESSAGE_BYTES_MAX`], which is more than
    /// `buffer` holds if it was cut.
    pub fn receive(&mut self, kind_max: i64, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        // A message that is too long for whoever reads must not stay in everyone's way for ever.
        let flags = libc::IPC_NOWAIT | libc::MSG_NOERROR;
        let message = (&raw mut *self.message).cast();
        // SAFETY: the pointer is that of a live `Message`, to which nobody else has access (`&mut
        // self`); the kernel stores the type and at most as many bytes of text as it holds.
        let result = unsafe { libc::msgrcv(self.id, message, MESSAGE_BYTES_MAX, -kind_max, flags) };
        let length = match Errno::result(result) {
            Err(Errno::ENOMSG) => None,
            result => without_waiting(result)?.map(isize::cast_unsigned),
        };
        let kept = length.unwrap_or(0).min(buffer.len());
        buffer[..kept].copy_from_slice(&self.message.text[..kept]);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ends(queue: &Queue) -> (QueueEnd, QueueEnd) {
        (QueueEnd::new(queue.id()).unwrap(), QueueEnd::new(queue.id()).unwrap())
    }

    /// Whether the kernel lists a queue of this number.
    fn is_listed(id: i32) -> bool {
        let table = std::fs::read_to_string("/proc/sysvipc/msg").unwrap();
        table.lines().skip(1).any(|line| line.split_whitespace().nth(1) == Some(&id.to_string()))
    }

    #[test]
    fn messages_keep_boundaries_and_order_and_a_full_queue_is_told() {
        let queue = Queue::create().unwrap();
        let (mut sender, mut receiver) = both_ends(&queue);
        let mut buffer = [0; 64];
        assert_eq!(receiver.receive(2, &mut buffer).unwrap(), None);
        assert_eq!(sender.send(2, b"one").unwrap(), Some(3));
        assert_eq!(sender.send(2, b"three").unwrap(), Some(5));
        assert_eq!(receiver.receive(2, &mut buffer).unwrap(), Some(3));
        assert_eq!(&buffer[..3], b"one");
        assert_eq!(receiver.receive(2, &mut buffer).unwrap(), Some(5));
        let mut taken = 0;
        while sender.send(2, &[0; 1024]).unwrap().is_some() {
            taken += 1;
            assert!(taken < 1_000_000, "the queue must end");
        }
        assert!(taken > 0);
    }

    #[test]
    fn a_lower_type_overtakes_and_one_above_is_left_alone() {
        let queue = Queue::create().unwrap();
        let (mut sender, mut receiver) = both_ends(&queue);
        for (kind, message) in [(2, b"first "), (1, b"urgent"), (3, b"others")] {
            assert_eq!(sender.send(kind, message).unwrap(), Some(6));
        }
        let mut buffer = [0; 64];
        for message in [b"urgent", b"first "] {
            assert_eq!(receiver.receive(2, &mut buffer).unwrap(), Some(6));
            assert_eq!(&buffer[..6], message);
        }
        assert_eq!(receiver.receive(2, &mut buffer).unwrap(), None);
    }

    #[test]
    fn a_message_longer_than_the_buffer_is_cut_and_does_not_stay() {
        let queue = Queue::create().unwrap();
        let (mut sender, mut receiver) = both_ends(&queue);
        assert_eq!(sender.send(1, b"longer than the buffer").unwrap(), Some(22));
        assert_eq!(receiver.receive(1, &mut [0; 8]).unwrap(), Some(22));
        assert_eq!(receiver.receive(1, &mut [0; 8]).unwrap(), None);
    }

    #[test]
    fn a_dropped_queue_is_gone_and_its_ends_are_told() {
        let queue = Queue::create().unwrap();
        let (mut sender, mut receiver) = both_ends(&queue);
        let id = queue.id();
        assert!(is_listed(id));
        drop(queue);
        assert!(!is_listed(id));
        assert!(sender.send(1, b"x").is_err());
        assert!(receiver.receive(1, &mut [0; 8]).is_err());
    }
}
