//! How sure the sensor is of an object or a cluster: [`Quality`]; its numbers are places in tables.

use super::bits::{Bits, read, write};

/// How sure the sensor is of an object or a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Whose.
    pub id: u8,
    /// Standard deviation of the distance along the axis, m.
    pub x_sigma_m: f32,
    /// That of the distance to the left, m.
    pub y_sigma_m: f32,
    /// That of the speed along the axis, m/s.
    pub vx_sigma_mps: f32,
    /// That of the speed to the left, m/s.
    pub vy_sigma_mps: f32,
    /// Probability that there is something, percent; for a cluster, what its probability of a false
    /// alarm leaves.
    pub existence_percent: f32,
}

const ID: Bits = Bits(0, 8);
const X_SIGMA: Bits = Bits(8, 5);
const Y_SIGMA: Bits = Bits(13, 5);
const VX_SIGMA: Bits = Bits(18, 5);
const VY_SIGMA: Bits = Bits(23, 5);
const OBJECT_EXISTENCE: Bits = Bits(48, 3);
const CLUSTER_FALSE_ALARM: Bits = Bits(29, 3);

/// Standard deviations of an object's distances, m: upper ends of classes.
#[rustfmt::skip]
const DISTANCES_M: [f32; 32] = [
    0.005, 0.007, 0.010, 0.014, 0.020, 0.029, 0.041, 0.058, 0.082, 0.116, 0.165, 0.234, 0.332, 0.471,
    0.669, 0.949, 1.346, 1.909, 2.709, 3.843, 5.452, 7.732, 10.98, 15.57, 22.10, 31.35, 44.44, 63.00,
    89.32, 126.7, 179.7, 255.0,
];
/// Those of speeds, m/s, and of a cluster's distances, m.
#[rustfmt::skip]
const SPEEDS_MPS: [f32; 32] = [
    0.005, 0.006, 0.008, 0.011, 0.014, 0.018, 0.023, 0.029, 0.038, 0.049, 0.063, 0.081, 0.105, 0.135,
    0.174, 0.224, 0.288, 0.371, 0.478, 0.616, 0.794, 1.023, 1.317, 1.697, 2.187, 2.817, 3.630, 4.676,
    6.025, 7.762, 10.00, 12.90,
];
/// Probabilities, percent: of an object's existence, and of a cluster's being a false alarm.
const PERCENTS: [f32; 8] = [0.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 100.0];

pub(super) fn of_object(bytes: [u8; 8]) -> Quality {
    let existence_percent = PERCENTS[read(bytes, OBJECT_EXISTENCE) as usize];
    Quality { existence_percent, ..sigmas(bytes, &DISTANCES_M) }
}

pub(super) fn of_cluster(bytes: [u8; 8]) -> Quality {
    let existence_percent = 100.0 - PERCENTS[read(bytes, CLUSTER_FALSE_ALARM) as usize];
    Quality { existence_percent, ..sigmas(bytes, &SPEEDS_MPS) }
}

fn sigmas(bytes: [u8; 8], distances: &[f32; 32]) -> Quality {
    let of = |table: &[f32; 32], bits| table[read(bytes, bits) as usize];
    Quality {
        id: read(bytes, ID) as u8,
        x_sigma_m: of(distances, X_SIGMA),
        y_sigma_m: of(distances, Y_SIGMA),
        vx_sigma_mps: of(&SPEEDS_MPS, VX_SIGMA),
        vy_sigma_mps: of(&SPEEDS_MPS, VY_SIGMA),
        existence_percent: 100.0,
    }
}

/// Returns how many values are beyond their table.
pub(super) fn write_object(bytes: &mut [u8; 8], quality: &Quality) -> u64 {
    write(bytes, OBJECT_EXISTENCE, nearest(quality.existence_percent));
    write_sigmas(bytes, quality, &DISTANCES_M)
}

/// As [`write_object`].
pub(super) fn write_cluster(bytes: &mut [u8; 8], quality: &Quality) -> u64 {
    write(bytes, CLUSTER_FALSE_ALARM, nearest(100.0 - quality.existence_percent));
    write_sigmas(bytes, quality, &SPEEDS_MPS)
}

fn write_sigmas(bytes: &mut [u8; 8], quality: &Quality, distances: &[f32; 32]) -> u64 {
    write(bytes, ID, quality.id.into());
    let fields = [
        (X_SIGMA, distances, quality.x_sigma_m),
        (Y_SIGMA, distances, quality.y_sigma_m),
        (VX_SIGMA, &SPEEDS_MPS, quality.vx_sigma_mps),
        (VY_SIGMA, &SPEEDS_MPS, quality.vy_sigma_mps),
    ];
    let mut saturated = 0;
    for (bits, table, value) in fields {
        // The class whose upper end it does not exceed: never more sure than the value.
        let class = table.iter().position(|end| value <= *end);
        saturated += u64::from(class.is_none());
        write(bytes, bits, class.unwrap_or(table.len() - 1) as u32);
    }
    saturated
}

fn nearest(percent: f32) -> u32 {
    let apart = |index: &usize| (PERCENTS[*index] - percent).abs();
    let nearest = (0..PERCENTS.len()).min_by(|a, b| apart(a).total_cmp(&apart(b)));
    nearest.expect("the table is not empty") as u32
}
