//! What is known of a mechanism without measuring it: its [`Family`], how often it copies, what it
//! promises.

use serde::Serialize;
use wire::Mechanism;

/// Mechanisms that work alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Memory that both processes have mapped.
    SharedMemory,
    /// Memory whose handle travels with each message.
    Handle,
    /// Bytes through a pipe.
    Pipe,
    /// A socket between processes of one machine.
    UnixSocket,
    /// A socket between machines.
    Tcp,
    /// A queue of the kernel.
    MessageQueue,
    /// A daemon between the two.
    Bus,
}

/// What a mechanism works like.
pub(super) fn family(mechanism: Mechanism) -> Family {
    match mechanism {
        Mechanism::Shm
        | Mechanism::PosixShmFutex
        | Mechanism::PosixShmSemaphore
        | Mechanism::PosixShmCondvar
        | Mechanism::PosixShmEventfd
        | Mechanism::SysvShmSemaphore
        | Mechanism::ShmSignal
        | Mechanism::ShmInotify => Family::SharedMemory,
        Mechanism::MemfdPassing | Mechanism::Hybrid => Family::Handle,
        Mechanism::Pipe | Mechanism::Fifo | Mechanism::Vmsplice => Family::Pipe,
        Mechanism::UnixStream | Mechanism::UnixDgram | Mechanism::UnixSeqpacket => {
            Family::UnixSocket
        }
        Mechanism::Tcp => Family::Tcp,
        Mechanism::PosixMq | Mechanism::SysvMsg => Family::MessageQueue,
        Mechanism::Dbus => Family::Bus,
    }
}

/// How often a message is copied between the place where its sender generates it and the place where
/// its receiver reads it.
pub(super) fn copies(mechanism: Mechanism) -> u32 {
    match family(mechanism) {
        // Generated and read in the same memory.
        Family::SharedMemory | Family::Handle => 0,
        // The pages themselves go into the pipe; out of it the reader copies.
        Family::Pipe if mechanism == Mechanism::Vmsplice => 1,
        // Into the kernel and out of it.
        Family::Pipe | Family::UnixSocket | Family::Tcp | Family::MessageQueue => 2,
        // Marshalled, into the kernel, into the daemon, into the kernel, out of it, unmarshalled.
        Family::Bus => 6,
    }
}

/// What it promises, for a reader who must choose: order and boundaries, what becomes of a message
/// for which there is no room, what a death leaves behind.
pub(super) fn guarantees(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Shm | Mechanism::ShmSignal | Mechanism::ShmInotify => {
            "newest wins or in order; a full queue is told; a death of either end tears nothing, and \
             without a name nothing is left behind"
        }
        Mechanism::PosixShmFutex
        | Mechanism::PosixShmSemaphore
        | Mechanism::PosixShmCondvar
        | Mechanism::PosixShmEventfd => {
            "newest wins or in order; a full queue is told; a death of either end tears nothing; the \
             name in /dev/shm is unlinked at once"
        }
        Mechanism::SysvShmSemaphore => {
            "newest wins or in order; a full queue is told; the segment goes with its last process, the \
             semaphore outlives an owner that is killed"
        }
        Mechanism::MemfdPassing => {
            "in order, boundaries kept; each message is sealed memory of its own, so that nobody can \
             change it once it is sent; lives as long as somebody holds it"
        }
        Mechanism::Hybrid => {
            "in order, boundaries kept; a place is free again when its message was acknowledged, or its \
             receiver replaced"
        }
        Mechanism::Pipe | Mechanism::Fifo | Mechanism::Vmsplice => {
            "a stream of bytes in order, without boundaries; a full pipe is told, within a message after \
             30 ms; a sender \
             that dies within a message leaves half of it in the pipe"
        }
        Mechanism::UnixStream => {
            "a stream of bytes in order, without boundaries; a full buffer is told, within a message \
             after 30 ms; a sender that dies within a message leaves half of it; peer credentials"
        }
        Mechanism::UnixDgram | Mechanism::UnixSeqpacket => {
            "in order, boundaries kept; a full queue is told; a message is there whole or not at all, \
             up to the largest datagram; peer credentials; nothing is left behind"
        }
        Mechanism::Tcp => {
            "a stream of bytes in order, without boundaries; a full buffer is told, within a message \
             after 30 ms; goes to \
             another machine unchanged; a port is open to every process of this one"
        }
        Mechanism::PosixMq => {
            "by priority, then in order, boundaries kept; a full queue is told; messages outlive their \
             sender; the name is unlinked at once"
        }
        Mechanism::SysvMsg => {
            "by type, then in order, boundaries kept; a full queue is told; the queue outlives an owner \
             that is killed"
        }
        Mechanism::Dbus => {
            "in order, boundaries kept, typed and introspectable; the daemon queues and copies; who \
             talks and who listens may come and go; the daemon must live"
        }
    }
}
