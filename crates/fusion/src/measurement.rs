//! What a sensor says about one object, and what a state would make it say. Main type:
//! [`Measurement`].

use nalgebra::{SMatrix, SVector};

use crate::kalman::{Estimate, Innovation};
use crate::motion::{AX, AY, Covariance, STATES, Singer, State, VX, VY, X, Y};
use crate::tracker::Seen;

/// One object as one sensor saw it, on the ground plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measurement {
    pub(crate) azimuth_rad: f64,
    pub(crate) azimuth_sigma_rad: f64,
    pub(crate) range_m: f64,
    pub(crate) range_sigma_m: f64,
    /// Radar alone measures it.
    pub(crate) range_rate: Option<RangeRate>,
    /// Whether it may start a track of its own.
    pub(crate) starts_track: bool,
}

/// Rate of change of the range, negative for an approaching object, relative to the ego.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RangeRate {
    pub(crate) mps: f64,
    pub(crate) sigma_mps: f64,
}

/// χ² quantile .997 for two degrees of freedom: azimuth and range.
const GATE_POSITION: f64 = 11.618;
/// χ² quantile .997 for three degrees of freedom: azimuth, range and range rate.
const GATE_POSITION_AND_RATE: f64 = 13.931;

/// Nearer than this the polar measurement has no usable derivative.
const MIN_RANGE_M: f64 = 0.1;

/// Relative speed of a vehicle about which nothing is known, 1 σ, along its own and across its own
/// direction. Twice the second covers the 3 m/s of the fastest cut-in of UN R157.
const UNKNOWN_SPEED_SIGMA_MPS: [f64; 2] = [10.0, 1.5];

/// Where a target should be seen, with the variances of its own uncertainty: enough to tell at
/// little cost that a measurement is not of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    azimuth_rad: f64,
    azimuth_variance: f64,
    range_m: f64,
    range_variance: f64,
}

impl Expected {
    pub(crate) fn of(estimate: &Estimate) -> Expected {
        let Estimate { mean, covariance } = estimate;
        let (x, y) = (mean[X], mean[Y]);
        let range_m = x.hypot(y).max(MIN_RANGE_M);
        let (cos, sin) = (x / range_m, y / range_m);
        let [xx, xy, yy] = [(X, X), (X, Y), (Y, Y)].map(|index| covariance[index]);
        let across = sin * sin * xx - 2.0 * sin * cos * xy + cos * cos * yy;
        Expected {
            azimuth_rad: y.atan2(x),
            azimuth_variance: across / (range_m * range_m),
            range_m,
            range_variance: cos * cos * xx + 2.0 * sin * cos * xy + sin * sin * yy,
        }
    }
}

impl Measurement {
    /// Whether it may be inside the gate of what is expected there. The squared distance of one
    /// value alone never exceeds that of all together, so what is denied here is outside.
    pub(crate) fn may_be_of(&self, expected: &Expected) -> bool {
        let [azimuth, range, _] = self.variances();
        let across = wrapped(self.azimuth_rad - expected.azimuth_rad);
        let along = self.range_m - expected.range_m;
        let gate = self.range_rate.map_or(GATE_POSITION, |_| GATE_POSITION_AND_RATE);
        along * along <= gate * (expected.range_variance + range)
            && across * across <= gate * (expected.azimuth_variance + azimuth)
    }

    /// The cost of believing that `estimate` caused this measurement, or `None` outside the gate.
    ///
    /// Mahalanobis distance plus ln |S|: the second keeps a vague new track from taking what
    /// belongs to a precise one.
    pub(crate) fn association_cost(&self, estimate: &Estimate) -> Option<f64> {
        fn gated<const M: usize>(innovation: &Innovation<M>, gate: f64) -> Option<f64> {
            let distance = innovation.distance_squared();
            (distance <= gate).then(|| distance + innovation.log_determinant())
        }
        match self.range_rate {
            None => gated(&self.position_innovation(estimate)?, GATE_POSITION),
            Some(rate) => gated(&self.full_innovation(estimate, rate)?, GATE_POSITION_AND_RATE),
        }
    }

    /// Improves `estimate` by this measurement and tells its normalised innovation squared. A
    /// degenerate geometry changes nothing and tells 0.
    pub(crate) fn update(&self, estimate: &mut Estimate) -> f64 {
        fn apply<const M: usize>(
            estimate: &mut Estimate,
            innovation: Option<Innovation<M>>,
        ) -> f64 {
            innovation.map_or(0.0, |innovation| {
                estimate.update(&innovation);
                innovation.distance_squared()
            })
        }
        match self.range_rate {
            None => apply(estimate, self.position_innovation(estimate)),
            Some(rate) => apply(estimate, self.full_innovation(estimate, rate)),
        }
    }

    /// Itself as nobody's.
    pub(crate) fn unclaimed(&self) -> Seen {
        Seen { azimuth_rad: self.azimuth_rad, range_m: self.range_m, track: None, nis: 0.0 }
    }

    /// The state of an object of which this measurement is all that is known.
    pub(crate) fn first_estimate(&self) -> Estimate {
        let (sin, cos) = self.azimuth_rad.sin_cos();
        let along = self.range_sigma_m.powi(2);
        let across = (self.range_m * self.azimuth_sigma_rad).powi(2);
        let mut mean = State::zeros();
        mean[X] = self.range_m * cos;
        mean[Y] = self.range_m * sin;
        let mut covariance = Covariance::zeros();
        covariance[(X, X)] = along * cos * cos + across * sin * sin;
        covariance[(Y, Y)] = along * sin * sin + across * cos * cos;
        covariance[(X, Y)] = (along - across) * sin * cos;
        covariance[(Y, X)] = covariance[(X, Y)];
        let [forward, sideways] = UNKNOWN_SPEED_SIGMA_MPS;
        covariance[(VX, VX)] = forward * forward;
        covariance[(VY, VY)] = sideways * sideways;
        for (index, sigma) in [AX, AY].into_iter().zip(Singer::VEHICLE.acceleration_sigma_mps2()) {
            covariance[(index, index)] = sigma * sigma;
        }
        let mut estimate = Estimate { mean, covariance };
        if let Some(rate) = self.range_rate {
            let row = range_rate_row(&estimate.mean, self.range_m);
            let residual = SVector::<f64, 1>::new(rate.mps);
            let noise = SVector::<f64, 1>::new(rate.sigma_mps.powi(2));
            // Place and speed are independent here: the derivative by place would tie them.
            let mut jacobian = SMatrix::<f64, 1, STATES>::zeros();
            jacobian[VX] = row[VX];
            jacobian[VY] = row[VY];
            if let Some(innovation) = Innovation::new(&estimate, residual, jacobian, noise) {
                estimate.update(&innovation);
            }
        }
        estimate
    }

    fn position_innovation(&self, estimate: &Estimate) -> Option<Innovation<2>> {
        let [azimuth, range, _] = self.variances();
        let (predicted, jacobian) = observe(&estimate.mean)?;
        let residual = SVector::<f64, 2>::new(
            wrapped(self.azimuth_rad - predicted[0]),
            self.range_m - predicted[1],
        );
        let jacobian = jacobian.fixed_rows::<2>(0).into_owned();
        Innovation::new(estimate, residual, jacobian, SVector::<f64, 2>::new(azimuth, range))
    }

    fn full_innovation(&self, estimate: &Estimate, rate: RangeRate) -> Option<Innovation<3>> {
        let (predicted, jacobian) = observe(&estimate.mean)?;
        let residual = SVector::<f64, 3>::new(
            wrapped(self.azimuth_rad - predicted[0]),
            self.range_m - predicted[1],
            rate.mps - predicted[2],
        );
        Innovation::new(estimate, residual, jacobian, SVector::from(self.variances()))
    }

    /// Variances of azimuth, range and range rate (zero where there is none).
    fn variances(&self) -> [f64; 3] {
        [
            self.azimuth_sigma_rad.powi(2),
            self.range_sigma_m.powi(2),
            self.range_rate.map_or(0.0, |rate| rate.sigma_mps.powi(2)),
        ]
    }
}

/// Azimuth, range and range rate of a state, and their derivatives by it.
fn observe(mean: &State) -> Option<(SVector<f64, 3>, SMatrix<f64, 3, STATES>)> {
    let (x, y) = (mean[X], mean[Y]);
    let range = x.hypot(y);
    if range < MIN_RANGE_M || !range.is_finite() {
        return None;
    }
    let range_rate = (x * mean[VX] + y * mean[VY]) / range;
    let mut jacobian = SMatrix::<f64, 3, STATES>::zeros();
    jacobian[(0, X)] = -y / (range * range);
    jacobian[(0, Y)] = x / (range * range);
    jacobian[(1, X)] = x / range;
    jacobian[(1, Y)] = y / range;
    jacobian.set_row(2, &range_rate_row(mean, range));
    Some((SVector::<f64, 3>::new(y.atan2(x), range, range_rate), jacobian))
}

/// Derivative of the range rate by the state.
fn range_rate_row(mean: &State, range: f64) -> SMatrix<f64, 1, STATES> {
    let (x, y, vx, vy) = (mean[X], mean[Y], mean[VX], mean[VY]);
    let cubed = range * range * range;
    let mut row = SMatrix::<f64, 1, STATES>::zeros();
    row[X] = y * (y * vx - x * vy) / cubed;
    row[VX] = x / range;
    row[Y] = x * (x * vy - y * vx) / cubed;
    row[VY] = y / range;
    row
}

/// An angle difference in (-π, π].
fn wrapped(angle_rad: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    PI - (PI - angle_rad).rem_euclid(TAU)
}

#[cfg(test)]
mod tests;
