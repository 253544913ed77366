//! Fewer points with the same look: [`decimate`] keeps what a pixel column can show, and
//! [`segments`] parts a line where its samples stop; [`thinned`] is for curves.

/// A point of a line: (position, value).
pub(super) type Point = (f64, f64);

/// A line is parted where two samples are further apart than so many typical distances, so that an
/// outage is a gap and not a bridge.
const GAP_FACTOR: f64 = 1.8;

/// At most four points of each pixel column: first, least, greatest, last, in their order. What is
/// drawn looks the same and no extreme is lost.
///
/// Positions are pixels and must not descend.
pub(super) fn decimate(points: &[Point]) -> Vec<Point> {
    let mut kept = Vec::with_capacity(points.len().min(4096));
    for column in points.chunk_by(|a, b| a.0 as i64 == b.0 as i64) {
        let by_value = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        let least = (0..column.len()).min_by(by_value).unwrap_or(0);
        let greatest = (0..column.len()).max_by(by_value).unwrap_or(0);
        let mut of_column = [0, least, greatest, column.len() - 1];
        of_column.sort_unstable();
        let mut last = None;
        for index in of_column {
            if last.replace(index) != Some(index) {
                kept.push(column[index]);
            }
        }
    }
    kept
}

/// Nearer points of a curve than this, pixels, look like one.
const SAME_POINT: f64 = 1.0;

/// A curve without the points that nobody could tell from the one before; its ends are kept.
pub(super) fn thinned(points: &[Point]) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let is_far =
            kept.last().is_none_or(|last| (last.0 - point.0).hypot(last.1 - point.1) >= SAME_POINT);
        if is_far || index + 1 == points.len() && kept.last() != Some(point) {
            kept.push(*point);
        }
    }
    kept
}

/// The stretches of a line between its gaps.
pub(super) fn segments(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    let mut distances: Vec<f64> = points.windows(2).map(|w| w[1].0 - w[0].0).collect();
    let middle = distances.len() / 2;
    let typical = if distances.is_empty() {
        f64::INFINITY
    } else {
        *distances.select_nth_unstable_by(middle, f64::total_cmp).1
    };
    points.chunk_by(move |a, b| b.0 - a.0 <= typical * GAP_FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_points_become_few_and_keep_their_extremes() {
        let mut points: Vec<Point> =
            (0..100_000).map(|i| (f64::from(i) * 0.0087, f64::from(i * 7919 % 1000))).collect();
        points[45_678].1 = 1e6;
        points[45_679].1 = -1e6;
        let kept = decimate(&points);
        assert!(kept.len() <= 4 * 871, "{}", kept.len());
        assert!(kept.contains(&points[45_678]) && kept.contains(&points[45_679]));
        assert!(kept.is_sorted_by(|a, b| a.0 <= b.0));
        assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let cases: [&[Point]; 3] = [&[], &[(1.0, 2.0)], &[(0.0, 1.0), (5.0, 2.0), (5.5, 0.0)]];
        for points in cases {
            assert_eq!(decimate(points), points);
        }
    }

    #[test]
    fn an_outage_parts_a_line() {
        let points = [(0.0, 1.0), (1.0, 1.0), (2.1, 1.0), (9.0, 1.0), (10.0, 1.0)];
        let lengths: Vec<usize> = segments(&points).map(<[Point]>::len).collect();
        assert_eq!(lengths, [3, 2]);
        assert_eq!(segments(&[]).count(), 0);
        assert_eq!(segments(&points[..1]).count(), 1);
    }
}
