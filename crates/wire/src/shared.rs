//! Where the words of each shared page stand: indices of 64-bit atomics, and the sizes around
//! them.
//!
//! Every page begins with [`magic`] in word 0, so that a process that was handed the wrong
//! descriptor, or one of another version, notices before it touches anything.

/// Bytes of a page, the granularity of protection.
pub const PAGE_BYTES: usize = 4096;

/// Version of all layouts in this file.
pub const SHARED_VERSION: u64 = 2;

/// What word 0 of a page of this `kind` holds.
pub const fn magic(kind: PageKind) -> u64 {
    u64::from_le_bytes(*b"failop\0\0") | (kind as u64) << 48 | SHARED_VERSION << 56
}

/// The kinds of shared page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PageKind {
    /// Frame buffer: header page, then the slots.
    Frames = 1,
    /// Pin cell of one reader.
    Pin = 2,
    /// Doorbell of one process.
    Doorbell = 3,
    /// Heartbeat of one process.
    Heartbeat = 4,
    /// Event ring of one process.
    Ring = 5,
    /// The start of the schedule.
    Start = 6,
    /// When each fault that waits for something begins.
    Arming = 9,
    /// Who is up, who may write, and the state of the system.
    Status = 7,
    /// The way of the ego car.
    Way = 10,
    /// What fusion asks of the brakes.
    Brake = 11,
    /// Queue of messages: header page, then the slots.
    Queue = 12,
    /// How far the reader of a queue is.
    Position = 13,
    /// Lock of those who write to one queue.
    Lock = 14,
    /// Slots whose handles travel by another way: header page, then the slots.
    Handles = 16,
    /// A slot that nobody synchronises: header page, then its bytes.
    Slot = 17,
    /// A torn frame that fusion keeps: header page, then its pixels.
    Exhibit = 18,
}

/// Frame buffer header page (writer read-write, readers read-only).
pub mod frames {
    /// Number of slots.
    pub const SLOTS: usize = 1;
    /// Bytes of payload a slot holds.
    pub const SLOT_BYTES: usize = 2;
    /// The newest publication: its number << 8 | slot; 0 before the first.
    pub const LATEST: usize = 8;
    /// Per slot: when it was published, `CLOCK_MONOTONIC` nanoseconds.
    pub const PUBLISHED_NS: usize = 16;
    /// Most slots a buffer may have: what the low byte of [`LATEST`] and the header page can hold.
    pub const SLOTS_MAX: usize = 64;
}

/// Pin page (its reader read-write, the writer read-only).
pub mod pin {
    /// The slot that the reader holds + 1; 0 for none.
    pub const CELL: usize = 8;
}

/// Doorbell page (everyone who may wake its owner, and the owner). A page with its lock or semaphore
/// follows.
pub mod doorbell {
    /// What makes it heard: the number of its kind.
    pub const KIND: usize = 1;
    /// A counter; the low 32 bits are the futex word.
    pub const COUNT: usize = 8;
    /// Whom a signal reaches: its process id in the low 32 bits, 0 for nobody, and above them how often
    /// that has changed.
    pub const WAITER: usize = 16;
    /// How many died while they held its lock.
    pub const HOLDERS_DIED: usize = 24;
}

/// Header page of slots whose handles travel by another way (the sender read-write, the receiver
/// read-only).
pub mod handles {
    /// The newest number that was given to a handle.
    pub const SEQUENCE: usize = 8;
    /// Up to which number everything is done with.
    pub const ACKNOWLEDGED: usize = 9;
    /// First of one word for each slot: number of the last handle of it that was sent; 0 for none.
    pub const FIRST_SLOT: usize = 16;
    /// Most slots: as many as a pool of frames may have.
    pub const SLOTS_MAX: usize = super::frames::SLOTS_MAX;
}

/// Heartbeat page (its process read-write, the watchdog read-only).
pub mod heartbeat {
    /// The incarnation that writes here.
    pub const INCARNATION: usize = 8;
    /// When the process last showed life; 0 before it attached.
    pub const BEAT_NS: usize = 9;
    /// Held by the process's main thread as a robust futex while it lives: the low 32 bits. The six words
    /// before it and the six behind it are the holder's: the C library's list of such futexes goes
    /// through two of them.
    pub const HOLDER: usize = 16;
    /// Checkpoints ever passed; checkpoint n lies in entry n mod the ring's length.
    pub const PASSED: usize = 24;
    /// First word of the ring of checkpoints. Entry: checkpoint | incarnation << 32, then when it
    /// was passed, `CLOCK_MONOTONIC` nanoseconds.
    pub const RING: usize = 32;
    /// Entries of the ring: 100 ms of the busiest process that a scenario may ask for.
    pub const RING_LENGTH: usize = 64;
    /// Words of an entry.
    pub const ENTRY_WORDS: usize = 2;
}

/// Status page (the watchdog read-write, nodes read-only).
pub mod status {
    /// `SystemState` as a number.
    pub const SYSTEM: usize = 8;
    /// First of one word for each node, in the order of its index: the incarnation that may write
    /// in the low 32 bits, which is a futex word, and its presence above them.
    pub const NODES: usize = 16;
    /// First of one word for each node: its heartbeat timeout in nanoseconds, 0 as long as it is that
    /// of the scenario.
    pub const HEARTBEAT_TIMEOUTS: usize = 24;
}

/// Board: header page, then the slots (its writer read-write, readers read-only).
pub mod board {
    /// Number of the newest publication; 0 before the first. It stands in slot number mod [`SLOTS`].
    pub const LATEST: usize = 8;
    /// Slots. A reader is overtaken by a writer that publishes so often while it reads one.
    pub const SLOTS: usize = 4;
    /// First word of the slots. Slot: twice the number of the publication that it holds, one less while
    /// that is written; then the content.
    pub const FIRST: usize = super::PAGE_BYTES / 8;
}

/// Queue header page (writers read-write, the reader read-only).
pub mod queue {
    /// Number of slots.
    pub const SLOTS: usize = 1;
    /// Bytes of a message that a slot holds.
    pub const SLOT_BYTES: usize = 2;
    /// Messages ever published; message n lies in slot n mod the number of slots.
    pub const HEAD: usize = 8;
}

/// Position page of a queue's reader (its reader read-write, writers read-only).
pub mod position {
    /// Messages that the reader has ever given back.
    pub const TAIL: usize = 8;
}

/// Lock page of a queue that several processes write to (its writers read-write).
pub mod lock {
    /// A robust futex: the low 32 bits. The six words before it and the six behind it are the lock's.
    pub const OWNER: usize = 16;
}

/// Start page (the watchdog read-write, nodes read-only).
pub mod start {
    /// Start of the schedule, `CLOCK_MONOTONIC` nanoseconds; 0 until it is decided.
    pub const T0_NS: usize = 8;
}

/// Arming page (the watchdog read-write, nodes read-only).
pub mod arming {
    /// Word of the first fault: when it begins, nanoseconds from the start of the schedule, + 1; 0
    /// until that is known.
    pub const FIRST: usize = 8;
    /// Faults that the page holds.
    pub const FAULTS: usize = super::PAGE_BYTES / 8 - FIRST;
}

/// Header page of a slot that nobody synchronises (writer read-write, its reader read-only).
pub mod slot {
    /// How often a writer has begun to fill it …
    pub const BEGUN: usize = 8;
    /// … and which of these fills was finished last; 0 before the first.
    pub const FINISHED: usize = 9;
    /// When that was published, `CLOCK_MONOTONIC` nanoseconds.
    pub const PUBLISHED_NS: usize = 10;
}

/// Exhibit header page (fusion read-write, the watchdog reads it when fusion is buried).
pub mod exhibit {
    /// 1 while a frame is kept.
    pub const KEPT: usize = 8;
    /// Number that its header carries.
    pub const FRAME: usize = 9;
    /// Its first row of the older frame.
    pub const ROW: usize = 10;
}

/// Event ring file (its process read-write, the watchdog read-only).
pub mod ring {
    /// Records ever written; record n lies in slot n mod capacity.
    pub const HEAD: usize = 8;
    /// Records the ring holds: 256 KiB, about 20 s of a busy process.
    pub const CAPACITY: usize = 4096;
    /// First word of the records.
    pub const RECORDS: usize = super::PAGE_BYTES / 8;
    /// Bytes of the whole file.
    pub const FILE_BYTES: usize = super::PAGE_BYTES + CAPACITY * crate::event::RECORD_BYTES;
}
