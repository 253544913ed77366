//! Moves records from the event rings into the recording, on a thread of its own: [`Recorder`].
//!
//! The watchdog never writes to a disk itself: a slow one must not delay a restart, and a full one must
//! not end a run. What cannot be written stays in the rings, which have their room since the start, and
//! is written when there is room again; where there is none until the end, the rings stay, and readers of
//! the recording find the rest in them.

use crate::errno::errno_of;
use channel::AttachError;
use channel::events::EventReader;
use channel::exhibit::{Exhibit, Torn};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use recording::writer::WriteError;
use recording::{Entry, Writer};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use sys::clock::now_ns;
use wire::{Record, Source};

/// A record on its way into the recording, for whoever wants to watch.
pub type Observation = (Source, Record);

/// Who watches a run. It gets a copy of each record for which its channel has room, and misses the
/// others: nobody waits for it.
#[derive(Clone, Debug)]
pub struct Observer {
    records: Sender<Observation>,
    missed: Arc<AtomicU64>,
}

impl Observer {
    /// One that reads from the other end of this channel.
    pub fn new(records: Sender<Observation>) -> Observer {
        Observer { records, missed: Arc::default() }
    }

    /// How many records it has missed, from here on counted by whoever holds this.
    pub fn missed(&self) -> Arc<AtomicU64> {
        self.missed.clone()
    }

    fn tell(&self, observation: Observation) {
        match self.records.try_send(observation) {
            // An observer that went away is not missed.
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            // Relaxed: a number that stands for itself.
            Err(TrySendError::Full(_)) => drop(self.missed.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

/// How long it may take to bring what was recorded to storage: a card that erases takes a second or two.
const SYNC_WITHIN: Duration = Duration::from_secs(10);
/// How often the rings are emptied: they hold about 20 s.
const DRAIN_PERIOD: Duration = Duration::from_millis(20);
/// Records that are written at once. It bounds what the recorder holds, 60 KB and their bytes: the rest
/// of what is not written is in the rings.
const BATCH_RECORDS: usize = 512;
/// From a write that was refused to the next try.
const RETRY_NS: u64 = 200_000_000;
/// How often the disk is waited for where a reset of the board must be survived: a reset loses no more.
/// (One wait takes some ms on an SD card, and keeps nobody waiting but this thread.)
const SYNC_PERIOD_NS: u64 = 200_000_000;

/// What the disk of a recording is to survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The end of every process.
    Processes,
    /// A reset of the board, too.
    Reset,
}

/// Where the record of a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finished {
    /// All in the recording.
    Complete,
    /// The end of it still in the rings: there was no room.
    InRings,
}

#[derive(Debug)]
pub(crate) struct Recorder {
    /// Dropped, it ends the thread.
    orders: Sender<Order>,
    /// When it last looked into the rings.
    looked_ns: Arc<AtomicU64>,
    /// `errno` of the last write, 0 if it succeeded.
    refused: Arc<AtomicU32>,
    thread: JoinHandle<Result<Finished, RecordError>>,
}

/// What happened could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The recording could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The torn frame that fusion kept could not be read.
    #[error("cannot read the torn frame")]
    Exhibit(#[from] AttachError),
}

impl Recorder {
    pub(crate) fn start<F: AsFd>(
        rings: impl IntoIterator<Item = F, IntoIter: Clone>,
        exhibit: Option<Arc<Exhibit>>,
        (writer, durability): (Writer, Durability),
        observers: Vec<Observer>,
    ) -> Result<Recorder, AttachError> {
        let rings = rings.into_iter();
        let shown = if observers.is_empty() { Vec::new() } else { readers(rings.clone())? };
        let rings = readers(rings)?;
        let (orders, given) = bounded(2);
        let looked_ns = Arc::new(AtomicU64::new(now_ns()));
        let refused = Arc::default();
        let drainer = Drainer {
            rings,
            shown,
            exhibit,
            writer,
            observers,
            pending: Vec::new(),
            looked_ns: Arc::clone(&looked_ns),
            refused: Arc::clone(&refused),
            tried_ns: 0,
            sync: (durability == Durability::Reset).then_some(Sync { dirty: false, last_ns: 0 }),
        };
        let thread = std::thread::spawn(move || drainer.work(&given));
        Ok(Recorder { orders, looked_ns, refused, thread })
    }

    /// Lets every further write fail as on a disk that is full, or ends that.
    pub(crate) fn turn_disk(&self, disk: Disk) {
        // A recorder that has failed already writes no more anyway.
        if let Err(_failed) = self.orders.send(Order::Turn(disk)) {}
    }

    /// `errno` of the last write, if it was refused.
    pub(crate) fn refused(&self) -> Option<u32> {
        // Relaxed: a number that stands for itself.
        Some(self.refused.load(Ordering::Relaxed)).filter(|&errno| errno != 0)
    }

    /// How long ago it looked into the rings; `None` where it has failed.
    pub(crate) fn silent_ns(&self, now_ns: u64) -> Option<u64> {
        // Relaxed: a number that stands for itself.
        let looked_ns = self.looked_ns.load(Ordering::Relaxed);
        (!self.thread.is_finished()).then(|| now_ns.saturating_sub(looked_ns))
    }

    /// Waits until everything that was told before is on storage, but not for ever; whether it is.
    pub(crate) fn sync(&self, directory: &Path) -> bool {
        let (done, wait) = bounded(1);
        let order = Order::Sync(directory.to_owned(), done);
        self.orders.send_timeout(order, SYNC_WITHIN).is_ok()
            && wait.recv_timeout(SYNC_WITHIN).is_ok()
    }

    /// Empties the rings for the last time, all writers being buried, and completes the recording.
    pub(crate) fn finish(self) -> Result<Finished, RecordError> {
        // A recorder that has failed no longer listens; its error comes with the join.
        drop(self.orders);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn readers<F: AsFd>(
    rings: impl Iterator<Item = F>,
) -> Result<Vec<(Source, EventReader)>, AttachError> {
    let all = Source::ALL.into_iter().zip(rings);
    all.map(|(source, fd)| Ok((source, EventReader::attach(fd)?))).collect()
}

#[derive(Debug)]
enum Order {
    /// Go on with such a disk.
    Turn(Disk),
    /// Bring everything to storage, and say so.
    Sync(PathBuf, Sender<()>),
}

/// How much room the disk is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    /// None.
    Full,
    /// What it has.
    AsItIs,
}

/// When the disk was last waited for.
#[derive(Debug)]
struct Sync {
    dirty: bool,
    last_ns: u64,
}

struct Drainer {
    rings: Vec<(Source, EventReader)>,
    /// The same rings for the observers, who go on seeing when nothing can be written.
    shown: Vec<(Source, EventReader)>,
    exhibit: Option<Arc<Exhibit>>,
    writer: Writer,
    observers: Vec<Observer>,
    /// Taken from the rings and not written.
    pending: Vec<Entry>,
    looked_ns: Arc<AtomicU64>,
    refused: Arc<AtomicU32>,
    /// When a write was last refused.
    tried_ns: u64,
    sync: Option<Sync>,
}

impl Drainer {
    fn work(mut self, orders: &Receiver<Order>) -> Result<Finished, RecordError> {
        // Recording is not urgent; where the class cannot be left, it is merely unfriendly.
        if let Err(_refused) = sys::sched::set_normal() {}
        loop {
            match orders.recv_timeout(DRAIN_PERIOD) {
                Ok(Order::Turn(Disk::Full)) => self.writer.fill_disk()?,
                Ok(Order::Turn(Disk::AsItIs)) => self.writer.free_disk(),
                Ok(Order::Sync(directory, done)) => {
                    let written = self.drain()? && self.took(self.writer.sync(&directory))?;
                    // Who waits no longer need not be told; who is not told knows that it is not.
                    if written && let Err(_gone) = done.send(()) {}
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.show();
                    self.drain()?;
                    self.sync()?;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.show();
        // The last try comes whenever the one before was.
        self.tried_ns = 0;
        if !self.drain()? {
            return Ok(Finished::InRings);
        }
        let kept = self.exhibit.as_ref().map(|exhibit| exhibit.kept()).transpose()?.flatten();
        let torn = kept.map(|Torn { frame, row, pixels }| Entry::TornFrame { frame, row, pixels });
        self.pending.extend(torn);
        // A picture is no reason to lose the end.
        if !self.write()? {
            self.pending.clear();
        }
        self.pending.push(Entry::End);
        self.tried_ns = 0;
        let written = self.write()?;
        // The rings go next: what was in them must outlive a reset.
        let stored = self.sync.is_none() || self.took(self.writer.sync_data())?;
        Ok(if written && stored { Finished::Complete } else { Finished::InRings })
    }

    fn show(&mut self) {
        for (source, ring) in &mut self.shown {
            // What was overwritten before it was looked at is missed, as where a channel is full.
            ring.drain(|_, record| {
                for observer in &self.observers {
                    observer.tell((*source, record));
                }
            });
        }
    }

    /// Moves what is in the rings into the recording; whether all of it found room.
    fn drain(&mut self) -> Result<bool, WriteError> {
        loop {
            // Relaxed: a number that stands for itself.
            self.looked_ns.store(now_ns(), Ordering::Relaxed);
            if self.pending.is_empty() {
                self.take();
            }
            if self.pending.is_empty() {
                return Ok(true);
            }
            if !self.write()? {
                return Ok(false);
            }
        }
    }

    /// Takes a batch from the rings.
    fn take(&mut self) {
        for (source, ring) in &mut self.rings {
            let source = *source;
            let room = BATCH_RECORDS.saturating_sub(self.pending.len()) as u64;
            let count = ring.drain_some(room, |index, record| {
                self.pending.push(Entry::Record { source, index, record });
            });
            self.pending.extend((count > 0).then_some(Entry::Lost { source, count }));
        }
    }

    /// Writes what is pending, if the disk takes it.
    fn write(&mut self) -> Result<bool, WriteError> {
        let now = now_ns();
        if now < self.tried_ns.saturating_add(RETRY_NS) && self.tried_ns > 0 {
            return Ok(false);
        }
        let appended = self.writer.append(&self.pending);
        if !self.took(appended)? {
            self.tried_ns = now;
            return Ok(false);
        }
        self.tried_ns = 0;
        self.pending.clear();
        if let Some(sync) = &mut self.sync {
            sync.dirty = true;
        }
        Ok(true)
    }

    /// Waits for the disk, if it is time to.
    fn sync(&mut self) -> Result<(), WriteError> {
        let now = now_ns();
        let Some(sync) = &mut self.sync else { return Ok(()) };
        if !sync.dirty || now < sync.last_ns + SYNC_PERIOD_NS {
            return Ok(());
        }
        *sync = Sync { dirty: false, last_ns: now };
        // The next write tells whether a refusal lasts.
        self.took(self.writer.sync_data()).map(drop)
    }

    /// Whether the disk did what it was asked; what it refuses is told, and ends nothing.
    fn took(&self, done: Result<(), WriteError>) -> Result<bool, WriteError> {
        let errno = match done {
            Ok(()) => 0,
            Err(WriteError::Io(error)) => errno_of(&error),
            Err(other) => return Err(other),
        };
        // Relaxed: a number that stands for itself.
        self.refused.store(errno, Ordering::Relaxed);
        Ok(errno == 0)
    }
}
