//! Tests of what the operators do to a picture.

use super::*;
use rand::SeedableRng;

const WIDTH: usize = 96;
const HEIGHT: usize = 54;

fn draw(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Stripes and a slope: something that every operator changes.
fn picture() -> Vec<u8> {
    let grey = |index: usize| (100 + index % WIDTH % 8 * 4 + index / WIDTH) as u8;
    (0..WIDTH * HEIGHT).map(grey).collect()
}

fn changed(before: &[u8], after: &[u8]) -> f64 {
    let different = before.iter().zip(after).filter(|(a, b)| a != b).count();
    different as f64 / before.len() as f64
}

fn mean(pixels: &[u8]) -> f64 {
    pixels.iter().map(|&grey| f64::from(grey)).sum::<f64>() / pixels.len() as f64
}

#[test]
fn noise_has_the_stated_deviation_and_no_mean() {
    for sigma in [1.0, 8.0, 20.0] {
        let mut pixels = vec![128; WIDTH * HEIGHT * 20];
        noise(&mut pixels, WIDTH, sigma, &mut draw(1));
        let deviations = pixels.iter().map(|&grey| f64::from(grey) - 128.0);
        let seen = (deviations.map(|grey| grey * grey).sum::<f64>() / pixels.len() as f64).sqrt();
        // Rounding to whole levels adds a twelfth to the variance.
        let expected = (f64::from(sigma).powi(2) + 1.0 / 12.0).sqrt();
        assert!((seen / expected - 1.0).abs() < 0.02, "{sigma}: {seen}");
        assert!((mean(&pixels) - 128.0).abs() < 0.02 * f64::from(sigma), "{sigma}");
    }
}

#[test]
fn noise_saturates_instead_of_wrapping() {
    for (grey, limit) in [(0, 200), (255, 55)] {
        let mut pixels = vec![grey; WIDTH * HEIGHT];
        noise(&mut pixels, WIDTH, 20.0, &mut draw(2));
        assert!(pixels.iter().all(|seen| seen.abs_diff(limit) >= 55), "{grey}");
    }
}

#[test]
fn a_blurred_pixel_is_the_mean_of_its_square() {
    let before = picture();
    for square in [1, 2, 3, 4, 5, 11, 20, BLUR_MAX_PX] {
        let mut after = before.clone();
        blur(&mut after, WIDTH, square);
        assert_eq!(before == after, square == 1, "{square}");
        let reach = 1 - square.div_ceil(2) as isize..=square as isize / 2;
        for (column, row) in [(0, 0), (1, 20), (50, 30), (95, 53), (94, 1)] {
            let near = |at: isize, by: isize, end: usize| (at + by).clamp(0, end as isize - 1);
            let mut sum = 0;
            let columns = &reach;
            for (dx, dy) in reach.clone().flat_map(|dy| columns.clone().map(move |dx| (dx, dy))) {
                let (x, y) = (near(column, dx, WIDTH), near(row, dy, HEIGHT));
                sum += u64::from(before[y as usize * WIDTH + x as usize]);
            }
            let mean = sum as f64 / square.pow(2) as f64;
            let seen = f64::from(after[row as usize * WIDTH + column as usize]);
            assert!((seen - mean).abs() <= 2.0, "{square} at {column}, {row}: {seen} for {mean}");
        }
    }
}

#[test]
fn what_is_grey_all_over_blurs_to_itself() {
    for (grey, square) in [(0, 7), (1, 3), (1, 4), (255, 15), (255, 128)] {
        let mut pixels = vec![grey; WIDTH * HEIGHT];
        blur(&mut pixels, WIDTH, square);
        assert!(pixels.iter().all(|&seen| seen == grey), "{grey} by {square}: {}", pixels[0]);
    }
}

#[test]
fn dirt_covers_its_share_and_darkens() {
    for share in [0.0, 0.05, 0.3, 1.0] {
        let before = picture();
        let mut after = before.clone();
        occlude(&mut after, WIDTH, share, &mut draw(3));
        assert!((changed(&before, &after) - share).abs() < 0.02, "{share}");
        assert!(share < 1.0 || after.iter().all(|&grey| grey < 24));
    }
}

#[test]
fn drops_brighten_and_take_the_contrast() {
    let before: Vec<u8> = (0..WIDTH * HEIGHT).map(|index| 100 + (index % 2 * 40) as u8).collect();
    let mut after = before.clone();
    drops(&mut after, WIDTH, 8, &mut draw(4));
    let share = changed(&before, &after);
    assert!((0.01..0.3).contains(&share), "{share}");
    assert!(mean(&after) > mean(&before));
    let in_drops = before.iter().zip(&after).filter(|(a, b)| a != b);
    assert!(in_drops.clone().all(|(_, &seen)| (120..180).contains(&seen)));
    let mut none = before.clone();
    drops(&mut none, WIDTH, 0, &mut draw(4));
    assert_eq!(none, before);
    let mut bright = vec![250; WIDTH * HEIGHT];
    drops(&mut bright, WIDTH, 50, &mut draw(4));
    assert!(bright.iter().all(|&grey| grey >= 250), "brighter, never around the end");
}

#[test]
fn stuck_rows_repeat_the_one_before_them() {
    let before = picture();
    for (first, count, source) in [(10, 4, 9), (0, 3, 0), (50, 99, 49), (60, 5, 59)] {
        let mut after = before.clone();
        stuck_rows(&mut after, WIDTH, first, count);
        for (index, row) in after.chunks(WIDTH).enumerate() {
            let is_stuck = (first..first + count).contains(&index);
            let from = if is_stuck { source } else { index };
            assert_eq!(row, &before[from * WIDTH..][..WIDTH], "{first}+{count}, row {index}");
        }
    }
}

#[test]
fn black_is_black_and_white_is_white() {
    let mut pixels = picture();
    black(&mut pixels);
    assert!(pixels.iter().all(|&grey| grey == 0));
    white(&mut pixels);
    assert!(pixels.iter().all(|&grey| grey == 255));
}

#[test]
fn the_same_draw_does_the_same() {
    let operators: [fn(&mut [u8], &mut ChaCha8Rng); 3] = [
        |pixels, draw| noise(pixels, WIDTH, 8.0, draw),
        |pixels, draw| occlude(pixels, WIDTH, 0.2, draw),
        |pixels, draw| drops(pixels, WIDTH, 5, draw),
    ];
    for operator in operators {
        let made = |seed| {
            let mut pixels = picture();
            operator(&mut pixels, &mut draw(seed));
            pixels
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
    }
}
