//! Averages blocks of pixels to cells: [`reduce`].

/// Edge of a cell, pixels.
pub(super) const CELL_PX: usize = 4;

/// Fills `cells` with the means of the cells of a strip, [`CELL_PX`] rows of `width` ≥ 1 pixels.
/// Columns that fill no cell are left out.
pub(super) fn reduce(strip: &[u8], width: usize, cells: &mut Vec<u8>) {
    cells.resize(width / CELL_PX, 0);
    let (first, rest) = strip.split_at(width);
    let (second, rest) = rest.split_at(width);
    let (third, fourth) = rest.split_at(width);
    let [first, second, third, fourth] =
        [first, second, third, fourth].map(|row| row.as_chunks::<CELL_PX>().0);
    let upper = first.iter().zip(second);
    let lower = third.iter().zip(fourth);
    for (cell, ((a, b), (c, d))) in cells.iter_mut().zip(upper.zip(lower)) {
        let sums = pair_sums(*a) + pair_sums(*b) + pair_sums(*c) + pair_sums(*d);
        *cell = ((sums + (sums >> 16)) >> 4) as u8;
    }
}

/// Sums of the even and of the odd pixels, in the lower and the upper half: four pixels are added
/// as one word, which is four times as fast as one by one.
fn pair_sums(pixels: [u8; CELL_PX]) -> u32 {
    const EVEN: u32 = 0x00ff_00ff;
    let word = u32::from_le_bytes(pixels);
    (word & EVEN) + ((word >> 8) & EVEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_the_mean_of_its_pixels() {
        let strip: Vec<u8> = (0..4 * 10).map(|index| index as u8 * 6).collect();
        let mut cells = Vec::new();
        reduce(&strip, 10, &mut cells);
        for (cell, &mean) in cells.iter().enumerate() {
            let pixels = (0..4).flat_map(|row| &strip[row * 10 + cell * 4..][..4]);
            let sum: u32 = pixels.map(|&pixel| u32::from(pixel)).sum();
            assert_eq!(u32::from(mean), sum / 16);
        }
        assert_eq!(cells.len(), 2);
        reduce(&[255; 40], 10, &mut cells);
        assert_eq!(cells, [255, 255]);
    }
}
