//! What becomes of the recording: told where it cannot be written, completed at the end.

use super::Watchdog;
use crate::recorder::{Disk, Finished, RecordError};
use wire::event::{Event, Proof};

/// Whether the recording can be written, as the watchdog has told it.
#[derive(Clone, Debug, Default)]
pub(super) struct Unwritten {
    /// Since when it cannot.
    since_ns: Option<u64>,
    /// The faults that fill the disk.
    by: Vec<Filling>,
}

/// A fault that fills the disk.
#[derive(Clone, Copy, Debug)]
struct Filling {
    fault: u32,
    proven: bool,
}

impl Unwritten {
    /// A fault fills the disk no more; whether no other does.
    fn lifted(&mut self, fault: u32) -> bool {
        self.by.retain(|it| it.fault != fault);
        self.by.is_empty()
    }
}

impl Watchdog<'_> {
    /// Fills the disk, as far as the recording is concerned.
    pub(super) fn fill_disk(&mut self, fault: u32) {
        self.unwritten.by.push(Filling { fault, proven: false });
        self.recorder.turn_disk(Disk::Full);
    }

    /// Ends that, unless another fault fills it still.
    pub(super) fn free_disk(&mut self, fault: u32) {
        if self.unwritten.lifted(fault) {
            self.recorder.turn_disk(Disk::AsItIs);
        }
    }

    /// Tells when the recording cannot be written any more, and when it can again.
    pub(super) fn look_at_recording(&mut self, now: u64) {
        // Once: another thread sets it.
        let refused = self.recorder.refused();
        match (refused, self.unwritten.since_ns) {
            (Some(errno), None) => {
                self.unwritten.since_ns = Some(now);
                self.events.tell(Event::RecordingStopped { errno });
            }
            (None, Some(since_ns)) => {
                self.unwritten.since_ns = None;
                self.events.tell(Event::RecordingResumed { since_ns });
            }
            _ => {}
        }
        // A refusal that a fault brought about is that fault's evidence.
        if let Some(errno) = refused {
            for it in self.unwritten.by.iter_mut().filter(|it| !it.proven) {
                it.proven = true;
                let (fault, proof, value) = (it.fault, Proof::Acted, errno.into());
                self.events.tell(Event::Applied { fault, proof, item: 0, value });
            }
        }
    }

    /// Completes the recording.
    pub(super) fn finish_recording(self) -> Result<Finished, RecordError> {
        self.recorder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_until_the_last_fault_that_fills_it_is_over() {
        let by = [3, 4].map(|fault| Filling { fault, proven: false }).to_vec();
        let mut unwritten = Unwritten { since_ns: None, by };
        assert!(!unwritten.lifted(3));
        assert!(unwritten.lifted(4));
    }
}
