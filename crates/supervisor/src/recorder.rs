//! Moves records from the event rings into the recording, on a thread of its own: [`Recorder`].
//!
//! The watchdog never writes to a disk itself: a slow one must not delay a restart.

use channel::AttachError;
use channel::events::EventReader;
use channel::exhibit::{Exhibit, Torn};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use recording::writer::WriteError;
use recording::{Entry, Writer};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use wire::{Record, Source};

/// A record on its way into the recording, for whoever wants to watch.
pub type Observation = (Source, Record);

/// How often the rings are emptied: they hold about 20 s.
const DRAIN_PERIOD: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) struct Recorder {
    /// Dropped, it ends the thread; a message fills the disk.
    orders: Sender<FillDisk>,
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
        (writer, observer): (Writer, Option<Sender<Observation>>),
    ) -> Result<Recorder, AttachError> {
        let rings = Source::ALL
            .into_iter()
            .zip(rings)
            .map(|(source, fd)| Ok((source, EventReader::attach(fd)?)))
            .collect::<Result<Vec<_>, AttachError>>()?;
        let (orders, given) = bounded(1);
        let drainer = Drainer { rings, exhibit, writer, observer };
        let thread = std::thread::spawn(move || drainer.work(&given));
        Ok(Recorder { orders, thread })
    }

    /// Lets every further write fail as on a disk that is full.
    pub(crate) fn fill_disk(&self) {
        // A recorder that has failed already writes no more anyway.
        if let Err(_failed) = self.orders.try_send(FillDisk) {}
    }

    /// Empties the rings for the last time, all writers being buried, and completes the recording.
    pub(crate) fn finish(self) -> Result<(), RecordError> {
        // A recorder that has failed no longer listens; its error comes with the join.
        drop(self.orders);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// The order to let every further write fail.
#[derive(Debug)]
struct FillDisk;

struct Drainer {
    rings: Vec<(Source, EventReader)>,
    exhibit: Option<Arc<Exhibit>>,
    writer: Writer,
    observer: Option<Sender<Observation>>,
}

impl Drainer {
    fn work(mut self, orders: &Receiver<FillDisk>) -> Result<(), RecordError> {
        // Recording is not urgent; where the class cannot be left, it is merely unfriendly.
        if let Err(_refused) = sys::sched::set_normal() {}
        loop {
            match orders.recv_timeout(DRAIN_PERIOD) {
                Ok(FillDisk) => self.writer.fill_disk()?,
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
        let mut entries = Vec::new();
        for (source, ring) in &mut self.rings {
            let source = *source;
            let count = ring.drain(|index, record| {
                entries.push(Entry::Record { source, index, record });
                // An observer that went away is not missed.
                if let Some(Err(_gone)) = self.observer.as_ref().map(|o| o.send((source, record))) {
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
