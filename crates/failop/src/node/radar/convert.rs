//! Between the detections of our radar, in polar coordinates, and an ARS 408's objects and clusters, in
//! Cartesian ones: [`detection`], [`item`].
//!
//! A detection has a radial speed alone: as an object it has that speed along its bearing. The steps of
//! the bus add their variance to what the sensor says of itself. A list without quality frames is taken
//! for as accurate as the model of the sensor at its best.

use wire::ars408::{DISTANCE_STEP_VARIANCE_M2, Item, Point, Quality, SPEED_STEP_VARIANCE_M2PS2};
use world::{Detection, RadarModel};

/// What an object or a cluster is as a detection of our radar.
pub(super) fn detection(item: &Item) -> Detection {
    let Point { id, x_m, y_m, vx_mps, vy_mps, rcs_dbsm } = item.point;
    let range_m = x_m.hypot(y_m);
    let azimuth_rad = y_m.atan2(x_m);
    let (sin, cos) = azimuth_rad.sin_cos();
    let quality = item.quality.unwrap_or_else(|| best(id, range_m));
    let [x2, y2, vx2, vy2] =
        [quality.x_sigma_m, quality.y_sigma_m, quality.vx_sigma_mps, quality.vy_sigma_mps]
            .map(|sigma| sigma * sigma);
    let along = |x2: f32, y2: f32| cos * cos * x2 + sin * sin * y2;
    let range_variance = along(x2, y2) + DISTANCE_STEP_VARIANCE_M2;
    let across_variance = along(y2, x2) + DISTANCE_STEP_VARIANCE_M2;
    let speed_variance = along(vx2, vy2) + SPEED_STEP_VARIANCE_M2PS2;
    Detection {
        range_m,
        azimuth_rad,
        range_rate_mps: cos * vx_mps + sin * vy_mps,
        rcs_dbsm,
        range_sigma_m: range_variance.sqrt(),
        azimuth_sigma_rad: across_variance.sqrt() / range_m.max(1.0),
        range_rate_sigma_mps: speed_variance.sqrt(),
        existence: quality.existence_percent as u8,
    }
}

/// What the sensor can say at its best.
fn best(id: u8, range_m: f32) -> Quality {
    let model = RadarModel::default();
    Quality {
        id,
        x_sigma_m: model.range_sigma_m as f32,
        y_sigma_m: model.azimuth_sigma_rad as f32 * range_m,
        vx_sigma_mps: model.range_rate_sigma_mps as f32,
        vy_sigma_mps: model.range_rate_sigma_mps as f32,
        existence_percent: 100.0,
    }
}

/// The object or cluster, with this number in its list, that a detection is on the bus.
pub(in crate::node) fn item(id: u8, seen: &Detection) -> Item {
    let (sin, cos) = seen.azimuth_rad.sin_cos();
    let across_sigma_m = seen.azimuth_sigma_rad * seen.range_m;
    let quality = Quality {
        id,
        x_sigma_m: (cos * seen.range_sigma_m).hypot(sin * across_sigma_m),
        y_sigma_m: (sin * seen.range_sigma_m).hypot(cos * across_sigma_m),
        vx_sigma_mps: seen.range_rate_sigma_mps,
        vy_sigma_mps: seen.range_rate_sigma_mps,
        existence_percent: seen.existence.into(),
    };
    let point = Point {
        id,
        x_m: cos * seen.range_m,
        y_m: sin * seen.range_m,
        vx_mps: cos * seen.range_rate_mps,
        vy_mps: sin * seen.range_rate_mps,
        rcs_dbsm: seen.rcs_dbsm,
    };
    Item { point, quality: Some(quality) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detection_comes_back_from_the_bus_within_its_steps() {
        let seen = Detection {
            range_m: 87.3,
            azimuth_rad: 0.08,
            range_rate_mps: -12.3,
            rcs_dbsm: 11.0,
            range_sigma_m: 0.2,
            azimuth_sigma_rad: 0.01,
            range_rate_sigma_mps: 0.1,
            existence: 99,
        };
        let back = detection(&item(3, &seen));
        let pairs = [
            (back.range_m, seen.range_m, 1e-3),
            (back.azimuth_rad, seen.azimuth_rad, 1e-4),
            (back.range_rate_mps, seen.range_rate_mps, 1e-3),
            // The bus has few words for accuracies: the next larger one.
            (back.range_sigma_m, 0.2, 0.05),
            (back.azimuth_sigma_rad, 0.01, 3e-4),
            (back.range_rate_sigma_mps, 0.1, 0.03),
        ];
        for (back, seen, apart) in pairs {
            assert!((back - seen).abs() <= apart, "{back} for {seen}");
        }
        assert_eq!(back.existence, 99);
    }

    #[test]
    fn without_quality_frames_a_detection_has_the_accuracy_of_the_model() {
        let point = Point { id: 1, x_m: 100.0, ..Point::default() };
        let back = detection(&Item { point, quality: None });
        assert!((back.range_sigma_m - 0.208).abs() < 1e-3, "{back:?}");
        assert_eq!(back.existence, 100);
    }
}
