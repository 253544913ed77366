//! What a hog does to its neighbours: [`burn`] takes a processor, [`stream_memory`] the way to memory.

use crate::clock::{now_ns, sleep_until};
use crate::crash::spin_until;
use std::hint::black_box;

/// How much is copied between two looks at the clock: some 100 µs.
const CHUNK_BYTES: usize = 1 << 20;

/// How a hog divides its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty {
    /// How long it computes at a stretch.
    pub busy_ns: u64,
    /// How long it then sleeps; 0 for never.
    pub idle_ns: u64,
}

/// Takes the processor, stretch by stretch, until `until_ns`.
pub fn burn(until_ns: u64, duty: Duty) {
    loop {
        spin_until(now_ns().saturating_add(duty.busy_ns).min(until_ns));
        let now = now_ns();
        if now >= until_ns {
            return;
        }
        if duty.idle_ns > 0 {
            sleep_until(now.saturating_add(duty.idle_ns).min(until_ns));
        }
    }
}

/// Copies to and fro between two buffers of this many bytes until `until_ns`. Larger than the
/// [cache](last_level_cache_bytes), they keep the way to memory busy and push what others need
/// out of the cache they share. Returns how many bytes were copied.
///
/// # Panics
/// If the buffers are empty.
pub fn stream_memory(until_ns: u64, bytes: usize) -> u64 {
    assert!(bytes > 0, "a buffer of some bytes");
    // Not zeroes: those the kernel would back by one page.
    let (mut from, mut to) = (vec![1_u8; bytes], vec![2_u8; bytes]);
    let mut copied = 0;
    loop {
        for (from, to) in from.chunks(CHUNK_BYTES).zip(to.chunks_mut(CHUNK_BYTES)) {
            if now_ns() >= until_ns {
                return copied;
            }
            black_box(&mut *to).copy_from_slice(black_box(from));
            copied += from.len() as u64;
        }
        std::mem::swap(&mut from, &mut to);
    }
}

/// Size of the largest cache of the first processor, if the kernel tells.
pub fn last_level_cache_bytes() -> Option<usize> {
    let caches = std::fs::read_dir("/sys/devices/system/cpu/cpu0/cache").ok()?;
    let size = |cache: std::fs::DirEntry| {
        let text = std::fs::read_to_string(cache.path().join("size")).ok()?;
        Some(text.trim().strip_suffix('K')?.parse::<usize>().ok()? << 10)
    };
    caches.flatten().filter_map(size).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hog_burns_and_sleeps_until_its_time_has_come() {
        for duty in
            [Duty { busy_ns: 1_000_000, idle_ns: 1_000_000 }, Duty { busy_ns: 0, idle_ns: 0 }]
        {
            let until = now_ns() + 10_000_000;
            burn(until, duty);
            assert!(now_ns() >= until);
        }
        burn(0, Duty { busy_ns: u64::MAX, idle_ns: u64::MAX });
    }

    #[test]
    fn a_stream_copies_until_its_time_has_come() {
        // On a busy machine the time may be over before the first copy: then with more of it.
        let copied = [200_000_000, 20_000_000_000].into_iter().find(|duration_ns| {
            let until = now_ns() + duration_ns;
            let copied = stream_memory(until, 3 << 20);
            assert!(now_ns() >= until);
            copied > 0
        });
        assert!(copied.is_some());
        assert_eq!(stream_memory(0, 1), 0);
    }
}
