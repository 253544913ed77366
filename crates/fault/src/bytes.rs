//! What can happen to the bytes of a protected sample on their way, whatever they mean. Each
//! operator returns how many bits it changed: the evidence that it acted.
//!
//! End-to-end protection is there to find all of this. What it cannot find, because the sample is
//! protected after it, is in [`picture`](crate::picture) and [`objects`](crate::objects).

use crate::act::Damage;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Damages a protected sample. `previous` is the one before it, as it was protected; without one
/// there is no stale half.
pub fn damage(
    sample: &mut [u8],
    how: Damage,
    previous: Option<&[u8]>,
    draw: &mut ChaCha8Rng,
) -> u32 {
    match how {
        Damage::Bits(bits) => flip_bits(sample, bits, draw),
        Damage::Burst(bits) => {
            let places = (sample.len() as u64 * 8).saturating_sub(bits.into()) + 1;
            burst(sample, draw.random_range(0..places), bits)
        }
        Damage::Zeroes => zero(sample, sample.len() / 2..sample.len()),
        Damage::StaleHalf => previous.map_or(0, |previous| stale_half(sample, previous)),
    }
}

/// Flips `bits` different bits of `sample` and returns how many it flipped: fewer only if the
/// sample has fewer. Which ones follows from the draw.
pub fn flip_bits(sample: &mut [u8], bits: u32, draw: &mut ChaCha8Rng) -> u32 {
    let total = sample.len() as u64 * 8;
    let wanted = u64::from(bits).min(total);
    // Of more than half of the bits, the others are drawn: a draw then hits another one at once.
    let most = wanted > total / 2;
    if most {
        for byte in sample.iter_mut() {
            *byte = !*byte;
        }
    }
    let drawn = if most { total - wanted } else { wanted };
    let mut flipped = std::collections::HashSet::new();
    while (flipped.len() as u64) < drawn {
        let bit = draw.random_range(0..total);
        if flipped.insert(bit) {
            sample[(bit / 8) as usize] ^= 1 << (bit % 8);
        }
    }
    wanted as u32
}

/// Inverts `length_bits` bits in a row from bit `start_bit` on (bit 0 is the lowest of the first
/// byte), as far as the sample reaches.
pub fn burst(sample: &mut [u8], start_bit: u64, length_bits: u32) -> u32 {
    let end = (sample.len() as u64 * 8).min(start_bit.saturating_add(length_bits.into()));
    for bit in start_bit..end {
        sample[(bit / 8) as usize] ^= 1 << (bit % 8);
    }
    end.saturating_sub(start_bit) as u32
}

/// Zeroes the bytes of a range, as far as the sample reaches.
pub fn zero(sample: &mut [u8], bytes: Range<usize>) -> u32 {
    let end = bytes.end.min(sample.len());
    let range = &mut sample[bytes.start.min(end)..end];
    let set = range.iter().map(|byte| byte.count_ones()).sum();
    range.fill(0);
    set
}

/// Replaces the second half by that of the sample before: a transfer that stopped half-way over
/// a buffer that is used in turns. Of samples of different lengths, what both have.
pub fn stale_half(sample: &mut [u8], previous: &[u8]) -> u32 {
    let half = sample.len() / 2;
    let stale = previous.get(half..).unwrap_or(&[]);
    sample[half..].iter_mut().zip(stale).map(|(byte, &old)| set(byte, old)).sum()
}

/// Sets a byte and counts the bits that changed.
fn set(byte: &mut u8, to: u8) -> u32 {
    let changed = (*byte ^ to).count_ones();
    *byte = to;
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn ones(bytes: &[u8]) -> u32 {
        bytes.iter().map(|byte| byte.count_ones()).sum()
    }

    #[test]
    fn flipped_bits_are_as_many_as_asked_and_repeatable() {
        let draw = ChaCha8Rng::seed_from_u64(5);
        let flip = |sample: &mut [u8], bits| flip_bits(sample, bits, &mut draw.clone());
        let mut sample = vec![0_u8; 1000];
        assert_eq!((flip(&mut sample, 64), ones(&sample)), (64, 64));
        assert_eq!((flip(&mut sample, 64), ones(&sample)), (64, 0), "the same, flipped back");
        assert_eq!(flip(&mut [0], 99), 8, "a byte has eight bits");
        assert_eq!(flip(&mut [], 99), 0, "nothing has none");
        assert_eq!((flip(&mut sample, 7990), ones(&sample)), (7990, 7990));
    }

    #[test]
    fn damage_is_as_large_as_its_kind_says_wherever_it_is_drawn() {
        for seed in 0..50 {
            for (how, previous, changed) in [
                (Damage::Bits(3), None, 3),
                (Damage::Burst(9), None, 9),
                (Damage::Burst(99), None, 32),
                (Damage::Zeroes, None, 4),
                (Damage::StaleHalf, None, 0),
                (Damage::StaleHalf, Some(&[0, 0, 3, 7][..]), 1),
            ] {
                let mut sample = [3; 4];
                let mut draw = ChaCha8Rng::seed_from_u64(seed);
                assert_eq!(damage(&mut sample, how, previous, &mut draw), changed, "{how:?}");
                let differing = sample.iter().map(|byte| (byte ^ 3).count_ones()).sum::<u32>();
                assert_eq!(differing, changed, "{how:?}");
            }
        }
    }

    #[test]
    fn a_burst_inverts_what_lies_in_it_and_nothing_else() {
        for (start, length, expected, flipped) in [
            (0, 0, [0, 0, 0], 0),
            (0, 1, [1, 0, 0], 1),
            (6, 4, [0b1100_0000, 0b11, 0], 4),
            (8, 16, [0, 255, 255], 16),
            (20, 99, [0, 0, 0b1111_0000], 4),
            (24, 9, [0, 0, 0], 0),
            (u64::MAX, 9, [0, 0, 0], 0),
        ] {
            let mut sample = [0; 3];
            assert_eq!(burst(&mut sample, start, length), flipped, "{start}+{length}");
            assert_eq!(sample, expected, "{start}+{length}");
        }
    }

    #[test]
    fn zeroing_tells_how_many_bits_were_set() {
        for (range, expected, changed) in
            [(0..2, [0, 0, 7], 6), (2..9, [7, 7, 0], 3), (5..9, [7, 7, 7], 0), (1..1, [7, 7, 7], 0)]
        {
            let mut sample = [7; 3];
            assert_eq!(zero(&mut sample, range), changed);
            assert_eq!(sample, expected);
        }
    }

    #[test]
    fn a_stale_half_is_that_of_the_sample_before() {
        for (previous, expected, changed) in [
            (&[9; 4][..], [1, 1, 9, 9], 2),
            (&[9; 3], [1, 1, 9, 1], 1),
            (&[9; 1], [1; 4], 0),
            (&[1; 9], [1; 4], 0),
        ] {
            let mut sample = [1; 4];
            assert_eq!(stale_half(&mut sample, previous), changed);
            assert_eq!(sample, expected);
        }
    }
}
