//! Numbers in the bits of a CAN frame: [`read()`], [`write()`], and [`Scaled`] for those with a unit.

/// A field of a frame: its first bit, counted from bit 7 of byte 0, and how many it has, up to 32. The
/// first has the highest value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits(pub(super) u32, pub(super) u32);

impl Bits {
    const fn largest(self) -> u32 {
        u32::MAX >> (u32::BITS - self.1)
    }

    const fn shift(self) -> u32 {
        u64::BITS - self.0 - self.1
    }
}

/// The number in a field.
pub(super) fn read(bytes: [u8; 8], bits: Bits) -> u32 {
    let word = bytes.into_iter().fold(0, |word, byte| word << 8 | u64::from(byte));
    (word >> bits.shift()) as u32 & bits.largest()
}

/// Puts a number into a field that is zero; bits that it has no room for are left out.
pub(super) fn write(bytes: &mut [u8; 8], bits: Bits, number: u32) {
    let word = u64::from(number & bits.largest()) << bits.shift();
    for (index, byte) in (0..).zip(bytes) {
        *byte |= (word >> (56 - 8 * index)) as u8;
    }
}

/// A field that holds `from + step · number`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaled {
    pub(super) bits: Bits,
    pub(super) step: f64,
    pub(super) from: f64,
}

/// Whether a value was one that its field can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Written {
    /// To the nearest step.
    Rounded,
    /// It became the nearest end of the range, or the lower one where it is no number.
    Saturated,
}

impl Written {
    pub(super) fn fits(self) -> bool {
        self == Written::Rounded
    }
}

impl Scaled {
    pub(super) fn read(self, bytes: [u8; 8]) -> f32 {
        (self.from + self.step * f64::from(read(bytes, self.bits))) as f32
    }

    pub(super) fn write(self, bytes: &mut [u8; 8], value: f32) -> Written {
        let number = ((f64::from(value) - self.from) / self.step).round();
        let held = number.clamp(0.0, self.bits.largest().into());
        // What is no number becomes 0.
        write(bytes, self.bits, held as u32);
        let fits = (0.0..=f64::from(self.bits.largest())).contains(&number);
        if fits { Written::Rounded } else { Written::Saturated }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_where_it_was_written_and_nowhere_else() {
        for first in 0..64 {
            for width in 1..=(64 - first).min(32) {
                let bits = Bits(first, width);
                let mut bytes = [0; 8];
                write(&mut bytes, bits, u32::MAX);
                assert_eq!(read(bytes, bits), bits.largest());
                let ones: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
                assert_eq!(ones, width, "{bits:?}");
                if first > 0 {
                    assert_eq!(read(bytes, Bits(first - 1, 1)), 0, "{bits:?}");
                }
            }
        }
    }

    #[test]
    fn a_value_beyond_the_range_becomes_its_end_and_is_told() {
        let field = Scaled { bits: Bits(8, 13), step: 0.2, from: -500.0 };
        let cases = [
            (10.0, 10.0, Written::Rounded),
            (-500.0, -500.0, Written::Rounded),
            (1138.2, 1138.2, Written::Rounded),
            (1139.0, 1138.2, Written::Saturated),
            (-501.0, -500.0, Written::Saturated),
            (f32::INFINITY, 1138.2, Written::Saturated),
            (f32::NAN, -500.0, Written::Saturated),
        ];
        for (value, read, expected) in cases {
            let mut bytes = [0; 8];
            assert_eq!(field.write(&mut bytes, value), expected, "{value}");
            assert!((field.read(bytes) - read).abs() < 1e-3, "{value}");
        }
    }
}
