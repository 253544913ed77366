//! What becomes of the recording: told where it cannot be written, completed at the end.

use super::Watchdog;
use crate::recorder::{Disk, Finished, RecordError};
use wire::event::{Event, Proof};

/// Whether the recording can be written, as the watchdog has told it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unwritten {
    /// Since when it cannot.
    since_ns: Option<u64>,
    /// The fault that fills the disk.
    by: Option<u32>,
}

impl Watchdog<'_> {
    /// Fills the disk, as far as the recording is concerned.
    pub(super) fn fill_disk(&mut self, fault: u32) {
        self.unwritten.by = Some(fault);
        self.recorder.turn_disk(Disk::Full);
    }

    /// Ends that.
    pub(super) fn free_disk(&mut self) {
        self.unwritten.by = None;
        self.recorder.turn_disk(Disk::AsItIs);
    }

    /// Tells when the recording cannot be written any more, and when it can again.
    pub(super) fn look_at_recording(&mut self, now: u64) {
        match (self.recorder.refused(), self.unwritten.since_ns) {
            (Some(errno), None) => {
                self.unwritten.since_ns = Some(now);
                let errno = errno.unsigned_abs();
                self.events.tell(Event::RecordingStopped { errno });
                // A refusal that a fault brought about is that fault's evidence.
                if let Some(fault) = self.unwritten.by {
                    let (proof, value) = (Proof::Acted, errno.into());
                    self.events.tell(Event::Applied { fault, proof, item: 0, value });
                }
            }
            (None, Some(since_ns)) => {
                self.unwritten.since_ns = None;
                self.events.tell(Event::RecordingResumed { since_ns });
            }
            _ => {}
        }
    }

    /// Completes the recording.
    pub(super) fn finish_recording(self) -> Result<Finished, RecordError> {
        self.recorder.finish()
    }
}
