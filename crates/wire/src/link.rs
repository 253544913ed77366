//! By what messages travel from one process to another: the [`Mechanism`] of a link.
//!
//! Names only: what each does stands in `channel::link`, one file for each, and nowhere else.

use serde::{Deserialize, Serialize};

/// A mechanism of the kernel, or several used together, that carries messages.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// Sealed anonymous shared memory (memfd), woken by a futex.
    #[default]
    Shm,
    /// POSIX shared memory, woken by a futex.
    PosixShmFutex,
    /// POSIX shared memory, woken by a process-shared POSIX semaphore.
    PosixShmSemaphore,
    /// POSIX shared memory, woken through a robust process-shared mutex and a condition variable.
    PosixShmCondvar,
    /// POSIX shared memory, woken by an eventfd.
    PosixShmEventfd,
    /// System V shared memory, woken by a System V semaphore.
    SysvShmSemaphore,
    /// Sealed shared memory, woken by a queued real-time signal.
    ShmSignal,
    /// Sealed shared memory, woken by inotify on a file in memory.
    ShmInotify,
    /// A fresh sealed memfd for each message, its descriptor passed over a Unix socket.
    MemfdPassing,
    /// The message in shared memory, its handle and the acknowledgement as Unix datagrams.
    Hybrid,
    /// An anonymous pipe.
    Pipe,
    /// A named pipe.
    Fifo,
    /// A pipe into which pages are spliced.
    Vmsplice,
    /// A Unix stream socket.
    UnixStream,
    /// A Unix datagram socket.
    UnixDgram,
    /// A Unix sequenced-packet socket.
    UnixSeqpacket,
    /// TCP over the loopback interface.
    Tcp,
    /// A POSIX message queue.
    PosixMq,
    /// A System V message queue.
    SysvMsg,
    /// Messages of a private D-Bus.
    Dbus,
}

impl Mechanism {
    /// Every mechanism, in the order of the tables in which they stand together.
    pub const ALL: [Mechanism; 20] = [
        Mechanism::Shm,
        Mechanism::PosixShmFutex,
        Mechanism::PosixShmSemaphore,
        Mechanism::PosixShmCondvar,
        Mechanism::PosixShmEventfd,
        Mechanism::SysvShmSemaphore,
        Mechanism::ShmSignal,
        Mechanism::ShmInotify,
        Mechanism::MemfdPassing,
        Mechanism::Hybrid,
        Mechanism::Pipe,
        Mechanism::Fifo,
        Mechanism::Vmsplice,
        Mechanism::UnixStream,
        Mechanism::UnixDgram,
        Mechanism::UnixSeqpacket,
        Mechanism::Tcp,
        Mechanism::PosixMq,
        Mechanism::SysvMsg,
        Mechanism::Dbus,
    ];

    /// The name in scenario files, reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::Shm => "shm",
            Mechanism::PosixShmFutex => "posix-shm-futex",
            Mechanism::PosixShmSemaphore => "posix-shm-semaphore",
            Mechanism::PosixShmCondvar => "posix-shm-condvar",
            Mechanism::PosixShmEventfd => "posix-shm-eventfd",
            Mechanism::SysvShmSemaphore => "sysv-shm-semaphore",
            Mechanism::ShmSignal => "shm-signal",
            Mechanism::ShmInotify => "shm-inotify",
            Mechanism::MemfdPassing => "memfd-passing",
            Mechanism::Hybrid => "hybrid",
            Mechanism::Pipe => "pipe",
            Mechanism::Fifo => "fifo",
            Mechanism::Vmsplice => "vmsplice",
            Mechanism::UnixStream => "unix-stream",
            Mechanism::UnixDgram => "unix-dgram",
            Mechanism::UnixSeqpacket => "unix-seqpacket",
            Mechanism::Tcp => "tcp",
            Mechanism::PosixMq => "posix-mq",
            Mechanism::SysvMsg => "sysv-msg",
            Mechanism::Dbus => "dbus",
        }
    }
}

impl std::fmt::Display for Mechanism {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Mechanism {
    type Err = UnknownMechanism;

    fn from_str(name: &str) -> Result<Mechanism, UnknownMechanism> {
        let named = |it: &Mechanism| it.name() == name;
        Mechanism::ALL.into_iter().find(named).ok_or_else(|| UnknownMechanism(name.to_owned()))
    }
}

/// No mechanism has this name.
#[derive(Debug, thiserror::Error)]
#[error("no mechanism is called {0}; there are {all}", all = Mechanism::ALL.map(Mechanism::name).join(", "))]
pub struct UnknownMechanism(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_mechanism() {
        for mechanism in Mechanism::ALL {
            assert_eq!(mechanism.name().parse::<Mechanism>().unwrap(), mechanism);
        }
        let unknown = "carrier-pigeon".parse::<Mechanism>().unwrap_err().to_string();
        assert!(unknown.contains("unix-seqpacket"), "{unknown}");
    }
}
