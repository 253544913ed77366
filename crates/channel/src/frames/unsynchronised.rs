//! The frame buffer that nobody synchronises: one slot, which the writer fills while readers read it.
//! [`begin`] and [`finish`] are the writer's, [`look`] is a reader's.
//!
//! It is the classic bug, kept to show it: on two processors a reader finds the upper part of one frame
//! above the lower part of the one before. The two marks order nothing and hold up nobody; what they tell
//! comes too late to help, and serves to count.

use crate::words::Load;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use sys::shm::SharedView;
use wire::shared::frames;

/// The writer enters the slot.
pub(super) fn begin(words: &[AtomicU64]) {
    words[frames::FILLS_BEGUN].fetch_add(1, Ordering::Relaxed);
    // Release pairs with the Acquire fence in `look`: who copied a byte of this fill sees that it began.
    fence(Ordering::Release);
}

/// The writer has left the slot.
pub(super) fn finish(words: &[AtomicU64]) {
    // Relaxed: this process is the only one that stores to it.
    let begun = words[frames::FILLS_BEGUN].load(Ordering::Relaxed);
    // Release pairs with Acquire in `look`: who sees the fill finished copies all of it.
    words[frames::FILLS_FINISHED].store(begun, Ordering::Release);
}

/// What a reader found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The bytes of one frame.
    Undisturbed,
    /// The writer was in the slot meanwhile, or has died in it.
    Overwritten,
}

/// Copies what lies in the slot, whatever that is; `None` if no frame was ever finished.
pub(super) fn look(header: &SharedView, slot: &[u8], copy: &mut [u8]) -> Option<Seen> {
    // Acquire pairs with Release in `finish`.
    let finished = header.load(frames::FILLS_FINISHED, Ordering::Acquire);
    if finished == 0 {
        return None;
    }
    copy.copy_from_slice(slot);
    // Acquire pairs with the Release fence in `begin`.
    fence(Ordering::Acquire);
    let begun = header.load(frames::FILLS_BEGUN, Ordering::Relaxed);
    Some(if begun == finished { Seen::Undisturbed } else { Seen::Overwritten })
}

#[cfg(test)]
mod tests {
    use crate::frames::{Buffer, Reader, Writer};
    use std::sync::atomic::{AtomicBool, Ordering};
    use sys::clock::now_ns;

    /// As much as a frame: a copy takes long enough to be overtaken.
    const BYTES: usize = 2 << 20;
    /// Two threads that never rest tear within milliseconds; on one processor, when they are switched.
    const PATIENCE_NS: u64 = 60_000_000_000;

    fn rig(bytes: usize) -> (Writer, Reader) {
        let buffer = Buffer::create(1, bytes, 1).unwrap();
        let writer = Writer::attach(buffer.frames_fd(), &[buffer.pin_read_only(0).unwrap()]);
        let reader = Reader::attach(buffer.frames_read_only().unwrap(), buffer.pin_fd(0));
        (writer.unwrap(), reader.unwrap())
    }

    fn put(writer: &mut Writer, value: u8) {
        let mut fill = writer.begin().expect("it never waits");
        fill.bytes().fill(value);
        fill.publish(value.into());
    }

    #[test]
    fn a_reader_is_given_the_slot_whenever_it_looks() {
        let (mut writer, mut reader) = rig(100);
        assert!(reader.newest().is_none(), "nothing was ever there");
        for value in [1, 2] {
            put(&mut writer, value);
            for _look in 0..2 {
                let held = reader.newest().unwrap();
                assert_eq!((held.bytes(), held.published_ns()), (&[value; 100][..], value.into()));
                assert!(!held.is_overwritten());
            }
        }
    }

    #[test]
    fn what_lies_half_filled_is_told_and_its_place_is_found() {
        let (mut writer, mut reader) = rig(100);
        put(&mut writer, 1);
        let mut fill = writer.begin().unwrap();
        fill.bytes()[..40].fill(2);
        let held = reader.newest().unwrap();
        assert!(held.is_overwritten());
        assert_eq!(held.bytes(), [vec![2; 40], vec![1; 60]].concat());
        assert_eq!(held.first_change(0), None, "nobody went on");
        fill.bytes()[40..60].fill(2);
        assert_eq!((held.first_change(0), held.first_change(50)), (Some(40), Some(50)));
    }

    #[test]
    fn a_writer_that_died_in_the_slot_leaves_it_told_until_the_next_has_filled_it() {
        let (mut writer, mut reader) = rig(100);
        put(&mut writer, 1);
        writer.begin().unwrap().bytes()[..40].fill(2);
        assert!(reader.newest().unwrap().is_overwritten());
        put(&mut writer, 3);
        assert!(!reader.newest().unwrap().is_overwritten());
    }

    #[test]
    fn two_threads_that_never_rest_tear_and_every_torn_frame_is_told() {
        let (mut writer, mut reader) = rig(BYTES);
        let done = AtomicBool::new(false);
        let (mut looks, mut torn) = (0_u64, 0_u64);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for value in (0..=u8::MAX).cycle() {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    put(&mut writer, value);
                }
            });
            let deadline = now_ns() + PATIENCE_NS;
            while torn == 0 && now_ns() < deadline {
                let Some(held) = reader.newest() else { continue };
                let bytes = held.bytes();
                let is_torn = bytes.iter().any(|byte| *byte != bytes[0]);
                assert!(!is_torn || held.is_overwritten(), "a torn frame that nobody told");
                looks += 1;
                torn += u64::from(is_torn);
            }
            done.store(true, Ordering::Relaxed);
        });
        let cpus = std::thread::available_parallelism().unwrap();
        assert!(torn > 0, "{looks} looks on {cpus} processors, and none was torn");
    }
}
