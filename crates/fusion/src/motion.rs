//! How a vehicle moves between two measurements. Main type: [`Singer`].
//!
//! State, in this order: `[x, vx, y, vy, ax, ay]`, in m, m/s, m/s², along the axes of the ego. Place
//! and velocity are relative to the ego, but the velocity leaves out that its axes turn; the
//! acceleration is over ground where the ego's own motion is known, else relative too.
//!
//! Acceleration decays with a time constant (R. Singer, "Estimating optimal tracking filter
//! performance for manned maneuvering targets", IEEE T-AES 6(4), 1970): it follows a braking car as
//! a constant-acceleration model does, and coasts through an outage nearly as calmly as a
//! constant-velocity model.

use nalgebra::{Matrix6, SMatrix, Vector6};

use crate::ego::EgoStep;

/// Number of state variables.
pub(crate) const STATES: usize = 6;

/// Mean of a target's state.
pub(crate) type State = Vector6<f64>;
/// Covariance of a target's state.
pub(crate) type Covariance = Matrix6<f64>;

/// Index of the forward position in a state.
pub(crate) const X: usize = 0;
/// Index of the forward velocity in a state.
pub(crate) const VX: usize = 1;
/// Index of the left position in a state.
pub(crate) const Y: usize = 2;
/// Index of the left velocity in a state.
pub(crate) const VY: usize = 3;
/// Index of the forward acceleration in a state.
pub(crate) const AX: usize = 4;
/// Index of the left acceleration in a state.
pub(crate) const AY: usize = 5;

/// A component of a target's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// Forward position, m.
    X,
    /// Forward velocity, m/s.
    Vx,
    /// Left position, m.
    Y,
    /// Left velocity, m/s.
    Vy,
    /// Forward acceleration, m/s².
    Ax,
    /// Left acceleration, m/s².
    Ay,
}

impl Component {
    /// Every component.
    pub const ALL: [Component; STATES] =
        [Component::X, Component::Vx, Component::Y, Component::Vy, Component::Ax, Component::Ay];

    /// Its place in a state.
    pub(crate) const fn index(self) -> usize {
        match self {
            Component::X => X,
            Component::Vx => VX,
            Component::Y => Y,
            Component::Vy => VY,
            Component::Ax => AX,
            Component::Ay => AY,
        }
    }
}

/// Positions of (place, velocity, acceleration) of the forward and the left axis in a state.
const AXES: [[usize; 3]; 2] = [[X, VX, AX], [Y, VY, AY]];

/// Five-point Gauss-Legendre rule on [0, 1]: (node, weight).
const QUADRATURE: [(f64, f64); 5] = [
    (0.046_910_077_030_668, 0.118_463_442_528_094_5),
    (0.230_765_344_947_158_4, 0.239_314_335_249_683_2),
    (0.5, 0.284_444_444_444_444_4),
    (0.769_234_655_052_841_6, 0.239_314_335_249_683_2),
    (0.953_089_922_969_332, 0.118_463_442_528_094_5),
];

/// The Singer model of both axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Singer {
    /// Time in which an acceleration decays to 1/e.
    pub(crate) decay_s: f64,
    /// Power density of the noise that drives forward and left acceleration, m²/s⁵ (2σ²/τ).
    pub(crate) density: [f64; 2],
}

impl Singer {
    /// Cars: accelerations of 3 m/s² (1 σ) that last about a second.
    pub(crate) const VEHICLE: Singer = Singer { decay_s: 1.0, density: [18.0, 18.0] };

    /// Standard deviation of the acceleration of a vehicle about which nothing is known.
    pub(crate) fn acceleration_sigma_mps2(&self) -> [f64; 2] {
        self.density.map(|density| (density * self.decay_s / 2.0).sqrt())
    }

    /// The step over `dt_s` ≥ 0.
    pub(crate) fn step(&self, dt_s: f64) -> Transition {
        let [place, velocity, acceleration] = self.response(dt_s);
        let mut matrix = Covariance::identity();
        for [p, v, a] in AXES {
            matrix[(p, v)] = dt_s;
            matrix[(p, a)] = place;
            matrix[(v, a)] = velocity;
            matrix[(a, a)] = acceleration;
        }
        Transition { matrix, offset: State::zeros(), noise: self.noise(dt_s) }
    }

    /// Place, velocity and acceleration `s` seconds after a unit of acceleration.
    fn response(&self, s: f64) -> [f64; 3] {
        let decay_s = self.decay_s;
        let fading = (-s / decay_s).exp_m1();
        [decay_s * decay_s * (s / decay_s + fading), -decay_s * fading, 1.0 + fading]
    }

    /// Integral of response · responseᵀ. By quadrature: the closed form cancels to nothing for
    /// steps of a millisecond, a sum of squares stays positive semi-definite.
    fn noise(&self, dt_s: f64) -> Covariance {
        let mut noise = Covariance::zeros();
        for (node, weight) in QUADRATURE {
            let response = self.response(node * dt_s);
            for (axis, density) in AXES.into_iter().zip(self.density) {
                let scale = density * weight * dt_s;
                for (i, row) in axis.into_iter().enumerate() {
                    for (j, column) in axis.into_iter().enumerate() {
                        noise[(row, column)] += scale * response[i] * response[j];
                    }
                }
            }
        }
        noise
    }
}

/// One step of time for every target alike.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    /// State now → state then.
    pub(crate) matrix: SMatrix<f64, STATES, STATES>,
    /// What is added to it: the ego's own doing.
    pub(crate) offset: State,
    /// Covariance of what happened in between.
    pub(crate) noise: Covariance,
}

impl Transition {
    /// The same step over `dt_s`, seen from an ego that moves so meanwhile.
    ///
    /// The velocity over ground is the relative one and the ego's speed at the beginning; the target
    /// moves by it, the ego by its own way; then the axes turn, and the ego's speed at the end makes
    /// the velocity relative again.
    pub(crate) fn seen_from(&self, ego: &EgoStep, dt_s: f64) -> Transition {
        let (sin, cos) = ego.turn_rad.sin_cos();
        let mut rotation = Covariance::zeros();
        for (forward, left) in AXES[0].into_iter().zip(AXES[1]) {
            rotation[(forward, forward)] = cos;
            rotation[(forward, left)] = sin;
            rotation[(left, forward)] = -sin;
            rotation[(left, left)] = cos;
        }
        let mut offset = State::zeros();
        offset[X] = ego.speeds_mps[0] * dt_s - ego.shift_m[0];
        offset[Y] = -ego.shift_m[1];
        offset[VX] = ego.speeds_mps[0];
        offset = rotation * offset;
        offset[VX] -= ego.speeds_mps[1];
        Transition {
            matrix: rotation * self.matrix,
            offset,
            noise: rotation * self.noise * rotation.transpose(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stone Soup 1.9.1, constant velocity, dt 0.05 s, q = (1, 0.5).
    #[test]
    fn accelerations_that_decay_at_once_are_the_constant_velocity_model() {
        let decay_s = 1e-9;
        let singer =
            Singer { decay_s, density: [1.0 / (decay_s * decay_s), 0.5 / (decay_s * decay_s)] };
        let noise = singer.step(0.05).noise;
        let expected = [
            [4.166_666_666_666_668e-05, 1.25e-3, 0.0, 0.0],
            [1.25e-3, 0.05, 0.0, 0.0],
            [0.0, 0.0, 2.083_333_333_333_334e-05, 6.25e-4],
            [0.0, 0.0, 6.25e-4, 0.025],
        ];
        for (row, values) in expected.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                assert!((noise[(row, column)] - value).abs() < 1e-8, "({row}, {column})");
            }
        }
    }

    #[test]
    fn noise_agrees_with_the_closed_form() {
        let (t, e) = (0.5_f64, (-0.5_f64).exp());
        let noise = Singer::VEHICLE.step(t).noise;
        let place =
            9.0 * (1.0 - e * e + 2.0 * t + 2.0 * t.powi(3) / 3.0 - 2.0 * t * t - 4.0 * t * e);
        let velocity = 9.0 * (4.0 * e - 3.0 - e * e + 2.0 * t);
        let acceleration = 9.0 * (1.0 - e * e);
        for (index, expected) in [(X, place), (VX, velocity), (AX, acceleration)] {
            assert!((noise[(index, index)] - expected).abs() < 1e-9, "{index}");
        }
    }

    #[test]
    fn two_half_steps_are_one_step() {
        let half = Singer::VEHICLE.step(0.25);
        let whole = Singer::VEHICLE.step(0.5);
        let twice = half.matrix * half.noise * half.matrix.transpose() + half.noise;
        assert!((half.matrix * half.matrix - whole.matrix).norm() < 1e-12);
        assert!((twice - whole.noise).norm() < 1e-9);
    }

    /// A target that keeps its speed over ground stays where it is over ground, however the ego
    /// drives.
    #[test]
    fn what_the_ego_does_moves_nothing_over_ground() {
        use crate::config::EgoMotion;
        let mut trail = crate::ego::EgoTrail::new();
        for ms in (0..=1000).step_by(10) {
            let t_s = ms as f64 * 1e-3;
            let motion = EgoMotion { speed_mps: 20.0 - 8.0 * t_s, yaw_rate_radps: 0.3 };
            trail.set(ms * 1_000_000, motion);
        }
        let step = trail.between(0, 800_000_000).unwrap();
        let transition = Singer::VEHICLE.step(0.8).seen_from(&step, 0.8);
        // 15 m/s along the first axes, from 30 m ahead and 2 m to the left.
        let state = State::from([30.0, 15.0 - 20.0, 2.0, 0.0, 0.0, 0.0]);
        let then = transition.matrix * state + transition.offset;
        let (sin, cos) = 0.24_f64.sin_cos();
        let (dx, dy) = (42.0 - step.shift_m[0], 2.0 - step.shift_m[1]);
        assert!((then[X] - (dx * cos + dy * sin)).abs() < 1e-9, "{then}");
        assert!((then[Y] - (dy * cos - dx * sin)).abs() < 1e-9, "{then}");
        assert!((then[VX] - (15.0 * cos - 13.6)).abs() < 1e-9, "{then}");
        assert!((then[VY] + 15.0 * sin).abs() < 1e-9, "{then}");
    }
}
