//! What is done to every pixel: [`Kernels`], compiled for several instruction sets, of which the best
//! is chosen at run time. Whole numbers only, so that each makes the same pixels.
#![expect(
    clippy::inline_always,
    reason = "a kernel is compiled anew for each instruction set into whose code it is inlined"
)]

use fearless_simd::{Level, dispatch};

use super::row::Cut;

/// Passes rows through the lens and the imager.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kernels(Level);

/// What a pixel becomes on its way through the lens, in 256ths: `grey · gain + offset`.
#[derive(Clone, Copy)]
pub(super) struct LensRow<'a> {
    pub(super) gains: &'a [u16],
    pub(super) offsets: &'a [u16],
}

/// Noise to add: standard normal values times 24, and by what to multiply them, in 256ths:
/// `at_zero + grey · per_grey / 256`.
#[derive(Clone, Copy)]
pub(super) struct NoiseRow<'a> {
    pub(super) pool: &'a [i8],
    pub(super) at_zero: i16,
    pub(super) per_grey: i16,
}

impl Kernels {
    /// The best for this processor.
    pub(super) fn new() -> Self {
        Self(Level::new())
    }

    /// Takes a row through the lens, adds noise and writes it.
    pub(super) fn expose(self, row: &[u8], lens: LensRow, noise: NoiseRow, out: &mut [u8]) {
        dispatch!(self.0, _simd => expose(row, lens, noise, out));
    }

    /// `gains` = `columns` · `share`, both of 2¹⁵, in 256ths.
    pub(super) fn scale(self, columns: &[u16], share: u16, gains: &mut [u16]) {
        dispatch!(self.0, _simd => scale(columns, share, gains));
    }

    /// Adds `columns` (of 2¹⁵) times a grey to `offsets`.
    pub(super) fn add_veil(self, columns: &[u16], grey: u16, offsets: &mut [u16]) {
        dispatch!(self.0, _simd => add_veil(columns, grey, offsets));
    }

    /// Adds a grey to a row, by the density of a cut.
    pub(super) fn shine(self, cut: &Cut, grey: i32, row: &mut [u8]) {
        let pixels = &mut row[cut.columns.clone()];
        dispatch!(self.0, _simd => shine(cut, grey, pixels));
    }

    /// Puts dirt of a grey on the lens that keeps off up to `most` (of 256) of the light: in full over
    /// the denser half of a cut, less towards its rim.
    pub(super) fn cover(
        self,
        cut: &Cut,
        (most, grey): (i32, u16),
        (gains, offsets): (&mut [u16], &mut [u16]),
    ) {
        let (gains, offsets) = (&mut gains[cut.columns.clone()], &mut offsets[cut.columns.clone()]);
        dispatch!(self.0, _simd => cover(cut, (most, grey), gains, offsets));
    }

    /// Leaves each pixel its column's share (of 256); the rest is `dark`.
    pub(super) fn dim(self, shares: &[u16], dark: u8, row: &mut [u8]) {
        dispatch!(self.0, _simd => dim(shares, dark, row));
    }
}

#[inline(always)]
fn expose(row: &[u8], lens: LensRow, noise: NoiseRow, out: &mut [u8]) {
    let NoiseRow { pool, at_zero, per_grey } = noise;
    let lens = lens.gains.iter().zip(lens.offsets);
    for (((out, &grey), (&gain, &offset)), &noise) in out.iter_mut().zip(row).zip(lens).zip(pool) {
        let seen = ((u16::from(grey) * gain).saturating_add(offset) >> 8) as i16;
        let sigma = at_zero + ((seen * per_grey) >> 8);
        let noisy = seen + ((i16::from(noise) * sigma + 128) >> 8);
        *out = noisy.clamp(0, 255) as u8;
    }
}

#[inline(always)]
fn scale(columns: &[u16], share: u16, gains: &mut [u16]) {
    for (gain, &column) in gains.iter_mut().zip(columns) {
        *gain = ((u32::from(column) * u32::from(share) + (1 << 21)) >> 22) as u16;
    }
}

#[inline(always)]
fn add_veil(columns: &[u16], grey: u16, offsets: &mut [u16]) {
    for (offset, &column) in offsets.iter_mut().zip(columns) {
        *offset += ((u32::from(column) * u32::from(grey)) >> 7) as u16;
    }
}

#[inline(always)]
fn shine(cut: &Cut, grey: i32, pixels: &mut [u8]) {
    for (index, pixel) in pixels.iter_mut().enumerate() {
        let density = cut.density(index);
        let added = (grey * ((density * density) >> 8)) >> 8;
        *pixel = (i32::from(*pixel) + added).min(255) as u8;
    }
}

#[inline(always)]
fn cover(cut: &Cut, (most, grey): (i32, u16), gains: &mut [u16], offsets: &mut [u16]) {
    for (index, (gain, offset)) in gains.iter_mut().zip(offsets).enumerate() {
        let covered = ((2 * cut.density(index) * most) >> 8).min(most) as u32;
        let kept = 256 - covered;
        *gain = ((u32::from(*gain) * kept) >> 8) as u16;
        *offset = ((u32::from(*offset) * kept) >> 8) as u16 + grey * covered as u16;
    }
}

#[inline(always)]
fn dim(shares: &[u16], dark: u8, row: &mut [u8]) {
    for (grey, &share) in row.iter_mut().zip(shares) {
        *grey = ((u16::from(*grey) * share + u16::from(dark) * (256 - share)) >> 8) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any values of the ranges that occur, in rows of a length that fills no vector.
    fn values<T: From<u8>>(salt: u32) -> impl Iterator<Item = T> {
        let byte = move |index: u32| ((index ^ salt).wrapping_mul(2_654_435_761) >> 23) as u8;
        (0..1921).map(move |index| T::from(byte(index)))
    }

    #[test]
    fn every_instruction_set_makes_the_pixels_of_the_portable_one() {
        let row: Vec<u8> = values(1).collect();
        let gains: Vec<u16> = values::<u16>(2).map(|gain| gain + 1).collect();
        let offsets: Vec<u16> = values::<u16>(3).map(|offset| offset * 256).collect();
        let pool: Vec<i8> = values::<u8>(4).map(|byte| byte as i8).collect();
        let columns: Vec<u16> = values::<u16>(5).map(|column| column * 128).collect();
        let lens = LensRow { gains: &gains, offsets: &offsets };
        for (at_zero, per_grey) in [(0, 0), (18, 33), (37, 41), (50, 60)] {
            let noise = NoiseRow { pool: &pool, at_zero, per_grey };
            let (mut chosen, mut portable) = (row.clone(), row.clone());
            Kernels::new().expose(&row, lens, noise, &mut chosen);
            expose(&row, lens, noise, &mut portable);
            assert!(chosen == portable);
            assert!(chosen != row);
        }
        for share in [0, 1, 20_000, 32_768] {
            let (mut chosen, mut portable) = (gains.clone(), gains.clone());
            Kernels::new().scale(&columns, share, &mut chosen);
            scale(&columns, share, &mut portable);
            Kernels::new().add_veil(&columns, share >> 8, &mut chosen);
            add_veil(&columns, share >> 8, &mut portable);
            assert_eq!(chosen, portable);
        }
        let (mut chosen, mut portable) = (row.clone(), row.clone());
        Kernels::new().dim(&gains, 20, &mut chosen);
        dim(&gains, 20, &mut portable);
        assert!(chosen == portable);
    }
}
