//! The filter against numbers computed with Stone Soup 1.9.1: prior (40, -5, 3, 0.5), P = diag(4,
//! 1, 4, 1), constant velocity with q = (1, 0.5), one step of 72 ms, then a radar or a camera
//! measurement.

use nalgebra::{SMatrix, SVector};

use super::*;
use crate::kalman::Estimate;

/// The reference differentiates numerically, to about seven digits.
const TOLERANCE: f64 = 2e-7;

/// The Singer model whose acceleration decays at once, which is the constant-velocity model.
fn predicted() -> Estimate {
    let decay_s = 1e-9;
    let singer = Singer { decay_s, density: [1.0, 0.5].map(|q| q / (decay_s * decay_s)) };
    let mean = State::from([40.0, -5.0, 3.0, 0.5, 0.0, 0.0]);
    let covariance = Covariance::from_diagonal(&State::from([4.0, 1.0, 4.0, 1.0, 0.0, 0.0]));
    let mut estimate = Estimate { mean, covariance };
    estimate.predict(&singer.step(0.072));
    estimate
}

fn assert_estimate(estimate: &Estimate, mean: [f64; 4], covariance: [[f64; 4]; 4]) {
    for (row, (mean, covariances)) in mean.iter().zip(&covariance).enumerate() {
        assert!((estimate.mean[row] - mean).abs() < TOLERANCE, "mean[{row}]: {estimate:?}");
        for (column, covariance) in covariances.iter().enumerate() {
            let difference = estimate.covariance[(row, column)] - covariance;
            assert!(difference.abs() < TOLERANCE, "covariance[{row}, {column}]: {difference}");
        }
    }
}

fn radar() -> Measurement {
    Measurement {
        azimuth_rad: 0.08,
        azimuth_sigma_rad: 7.615_435_494_667_714e-05_f64.sqrt(),
        range_m: 39.9,
        range_sigma_m: 0.2,
        range_rate: Some(RangeRate { mps: -4.8, sigma_mps: 0.1 }),
        starts_track: true,
    }
}

#[test]
fn prediction_agrees_with_the_reference() {
    let covariance = [
        [4.005_308_416, 0.074_592, 0.0, 0.0],
        [0.074_592, 1.072, 0.0, 0.0],
        [0.0, 0.0, 4.005_246_208, 0.073_296],
        [0.0, 0.0, 0.073_296, 1.036],
    ];
    assert_estimate(&predicted(), [39.64, -5.0, 3.036, 0.5], covariance);
}

#[test]
fn the_predicted_measurement_and_its_jacobian_agree_with_the_reference() {
    let (z, jacobian) = observe(&predicted().mean).unwrap();
    let expected_z = [0.076_440_072_994_910_4, 39.756_092_564_536_57, -4.947_216_572_673_071];
    // The reference differentiates numerically, to about seven digits.
    let expected_jacobian = [
        [-0.001_920_854_375, 0.0, 0.025_079_92, 0.0],
        [0.997_079_88, 0.0, 0.076_365_6, 0.0],
        [-0.001_691_058_75, 0.997_079_840_914_239, 0.022_079_56, 0.076_365_6],
    ];
    for row in 0..3 {
        assert!((z[row] - expected_z[row]).abs() < TOLERANCE);
        for column in 0..4 {
            let difference = jacobian[(row, column)] - expected_jacobian[row][column];
            assert!(difference.abs() < 2e-7, "({row}, {column}): {difference}");
        }
    }
}

#[test]
fn a_radar_update_agrees_with_the_reference() {
    let mut estimate = predicted();
    let rate = radar().range_rate.unwrap();
    let innovation = radar().full_innovation(&estimate, rate).unwrap();
    assert!((innovation.distance_squared() - 0.028_511_829_476_420_55).abs() < 1e-8);
    radar().update(&mut estimate);
    let mean = [
        39.771_646_258_839_97,
        -4.857_725_379_059_265,
        3.184_224_337_102_437,
        0.513_061_822_716_149,
    ];
    let covariance = [
        [0.040_054_708_075, 0.000_214_466_225, -0.005_883_281_329, -0.000_147_003_057],
        [0.000_214_466_225, 0.015_951_844_026, -0.002_711_444_006, -0.078_112_937_925],
        [-0.005_883_281_329, -0.002_711_444_006, 0.116_396_985_669, 0.001_937_480_665],
        [-0.000_147_003_057, -0.078_112_937_925, 0.001_937_480_665, 1.028_912_632_280],
    ];
    assert_estimate(&estimate, mean, covariance);
}

#[test]
fn a_bearing_update_agrees_with_the_reference() {
    let mut estimate = predicted();
    let (z, jacobian) = observe(&estimate.mean).unwrap();
    let innovation = Innovation::new(
        &estimate,
        SVector::<f64, 1>::new(0.078 - z[0]),
        jacobian.fixed_rows::<1>(0).into_owned(),
        SVector::<f64, 1>::new(3.046_174_197_867_086e-06),
    )
    .unwrap();
    estimate.update(&innovation);
    let mean = [
        39.635_269_671_621_49,
        -5.000_088_094_253_367,
        3.097_761_274_704_196,
        0.501_130_231_240_636,
    ];
    let covariance = [
        [3.981_978_272_066, 0.074_157_516_081, 0.304_608_752_948, 0.005_574_339_753],
        [0.074_157_516_081, 1.071_991_908_482, 0.005_672_815_609, 0.000_103_812_518],
        [0.304_608_752_948, 0.005_672_815_609, 0.028_138_624_190, 0.000_514_936_783],
        [0.005_574_339_753, 0.000_103_812_518, 0.000_514_936_783, 1.034_668_106_645],
    ];
    assert_estimate(&estimate, mean, covariance);
}

#[test]
fn without_a_range_rate_only_the_position_is_compared() {
    let camera = Measurement { range_rate: None, ..radar() };
    let cost = camera.association_cost(&predicted()).unwrap();
    let innovation = camera.position_innovation(&predicted()).unwrap();
    assert!((cost - innovation.distance_squared() - innovation.log_determinant()).abs() < 1e-12);
    let far = Measurement { range_m: 60.0, ..camera };
    assert_eq!(far.association_cost(&predicted()), None);
}

#[test]
fn a_first_radar_measurement_already_knows_the_closing_speed() {
    let estimate = radar().first_estimate();
    let (z, jacobian) = observe(&estimate.mean).unwrap();
    assert!((z[0] - 0.08).abs() < 1e-12 && (z[1] - 39.9).abs() < 1e-12);
    assert!((z[2] + 4.8).abs() < 0.01, "{}", z[2]);
    let rate: SMatrix<f64, 1, STATES> = jacobian.fixed_rows::<1>(2).into_owned();
    let variance = (rate * estimate.covariance * rate.transpose())[0];
    assert!(variance.sqrt() < 0.15, "{variance}");
}

#[test]
fn the_azimuth_residual_is_wrapped() {
    use std::f64::consts::PI;
    for (angle, expected) in [(0.3, 0.3), (2.0 * PI - 0.3, -0.3), (-2.0 * PI + 0.3, 0.3), (PI, PI)]
    {
        assert!((wrapped(angle) - expected).abs() < 1e-12, "{angle}");
    }
}

#[test]
fn whoever_is_inside_the_gate_may_be_inside() {
    let estimate = predicted();
    let expected = Expected::of(&estimate);
    let mut inside = 0;
    for step in 0..4000 {
        let (across, along) = (f64::from(step % 63) - 31.0, f64::from(step / 63) - 31.0);
        let azimuth_rad = 0.08 + 0.02 * across;
        let measurement = Measurement { azimuth_rad, range_m: 39.9 + 0.5 * along, ..radar() };
        if measurement.association_cost(&estimate).is_some() {
            inside += 1;
            assert!(measurement.may_be_of(&expected), "{measurement:?}");
        }
    }
    assert!(inside > 100, "{inside}");
    assert!(!Measurement { range_m: 60.0, ..radar() }.may_be_of(&expected));
}

/// Integrals of the χ² densities of 2 and 3 degrees of freedom up to the gates.
#[test]
fn the_gates_are_quantiles_at_997_thousandths() {
    let steps = 200_000;
    let integral = |gate: f64, density: &dyn Fn(f64) -> f64| {
        let width = gate / f64::from(steps);
        (0..steps).map(|step| width * density((f64::from(step) + 0.5) * width)).sum::<f64>()
    };
    let two = integral(GATE_POSITION, &|x| 0.5 * (-x / 2.0).exp());
    let three = integral(GATE_POSITION_AND_RATE, &|x| {
        (x / std::f64::consts::TAU).sqrt() * (-x / 2.0).exp()
    });
    assert!((two - 0.997).abs() < 1e-6 && (three - 0.997).abs() < 1e-6, "{two} {three}");
}
