//! Moves records from the event rings into the recording, on a thread of its own: [`Recorder`].
//!
//! The watchdog never writes to a disk itself: a slow one must not delay a restart.

use channel::AttachError;
use channel::events::EventReader;
use channel::exhibit::{Exhibit, Torn};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use recording::writer::WriteError;
use recording::{Entry, Writer};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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

#[derive(Debug)]
pub(crate) struct Recorder {
    /// Dropped, it ends the thread.
    orders: Sender<RecorderOrder>,
    /// When it last looked into the rings.
    looked_ns: Arc<AtomicU64>,
    thread: JoinHandle<Result<(), RecordError>>,
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
    pub(crate) fn start(
        rings: impl IntoIterator<Item = impl AsFd>,
        exhibit: Option<Arc<Exhibit>>,
        (writer, observers): (Writer, Vec<Observer>),
    ) -> Result<Recorder, AttachError> {
        let rings = Source::ALL
            .into_iter()
            .zip(rings)
            .map(|(source, fd)| Ok((source, EventReader::attach(fd)?)))
            .collect::<Result<Vec<_>, AttachError>>()?;
        let (orders, given) = bounded(1);
        let looked_ns = Arc::new(AtomicU64::new(now_ns()));
        let drainer =
            Drainer { rings, exhibit, writer, observers, looked_ns: Arc::clone(&looked_ns) };
        let thread = std::thread::spawn(move || drainer.work(&given));
        Ok(Recorder { orders, looked_ns, thread })
    }

    /// Lets every further write fail as on a disk that is full.
    pub(crate) fn fill_disk(&self) {
        // A recorder that has failed already writes no more anyway.
        if let Err(_failed) = self.orders.try_send(RecorderOrder::FillDisk) {}
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
        let order = RecorderOrder::Sync(directory.to_owned(), done);
        self.orders.send_timeout(order, SYNC_WITHIN).is_ok()
            && wait.recv_timeout(SYNC_WITHIN).is_ok()
    }

    /// Empties the rings for the last time, all writers being buried, and completes the recording.
    pub(crate) fn finish(self) -> Result<(), RecordError> {
        // A recorder that has failed no longer listens; its error comes with the join.
        drop(self.orders);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

#[derive(Debug)]
enum RecorderOrder {
    /// Let every further write fail.
    FillDisk,
    /// Bring everything to storage, and say so.
    Sync(PathBuf, Sender<()>),
}

struct Drainer {
    rings: Vec<(Source, EventReader)>,
    exhibit: Option<Arc<Exhibit>>,
    writer: Writer,
    observers: Vec<Observer>,
    looked_ns: Arc<AtomicU64>,
}

impl Drainer {
    fn work(mut self, orders: &Receiver<RecorderOrder>) -> Result<(), RecordError> {
        // Recording is not urgent; where the class cannot be left, it is merely unfriendly.
        if let Err(_refused) = sys::sched::set_normal() {}
        loop {
            match orders.recv_timeout(DRAIN_PERIOD) {
                Ok(RecorderOrder::FillDisk) => self.writer.fill_disk()?,
                Ok(RecorderOrder::Sync(directory, done)) => {
                    self.drain()?;
                    self.writer.sync(&directory)?;
                    // Who waits no longer need not be told.
                    if let Err(_gone) = done.send(()) {}
                }
                Err(RecvTimeoutError::Timeout) => self.drain()?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.drain()?;
        let kept = self.exhibit.as_ref().map(|exhibit| exhibit.kept()).transpose()?.flatten();
        let torn = kept.map(|Torn { frame, row, pixels }| Entry::TornFrame { frame, row, pixels });
        self.writer.append(torn.into_iter().chain([Entry::End]))?;
        Ok(())
    }

    fn drain(&mut self) -> Result<(), WriteError> {
        self.looked_ns.store(now_ns(), Ordering::Relaxed);
        let mut entries = Vec::new();
        for (source, ring) in &mut self.rings {
            let source = *source;
            let count = ring.drain(|index, record| {
                entries.push(Entry::Record { source, index, record });
                for observer in &self.observers {
                    observer.tell((source, record));
                }
            });
            entries.extend((count > 0).then_some(Entry::Lost { source, count }));
        }
        if entries.is_empty() {
            return Ok(());
        }
        self.writer.append(entries)
    }
}
