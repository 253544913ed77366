//! The extended Kalman filter. Main type: [`Estimate`].

use nalgebra::{Cholesky, Const, SMatrix, SVector};

use crate::motion::{Covariance, STATES, State, Transition};

/// What is believed of one target: a normal distribution.
#[derive(Clone, Debug)]
pub(crate) struct Estimate {
    pub(crate) mean: State,
    pub(crate) covariance: Covariance,
}

impl Estimate {
    /// Moves on in time.
    pub(crate) fn predict(&mut self, transition: &Transition) {
        self.mean = transition.matrix * self.mean + transition.offset;
        self.covariance =
            transition.matrix * self.covariance * transition.matrix.transpose() + transition.noise;
    }

    /// Takes a measurement in, in Joseph's form, which keeps the covariance symmetric and positive.
    pub(crate) fn update<const M: usize>(&mut self, innovation: &Innovation<M>) {
        let gain = innovation.factor.solve(&innovation.projection).transpose();
        self.mean += gain * innovation.residual;
        let kept = Covariance::identity() - gain * innovation.jacobian;
        let covariance = kept * self.covariance * kept.transpose()
            + gain * SMatrix::from_diagonal(&innovation.noise) * gain.transpose();
        self.covariance = (covariance + covariance.transpose()) * 0.5;
    }
}

/// By how much a measurement of `M` values differs from what an estimate predicts.
#[derive(Clone, Debug)]
pub(crate) struct Innovation<const M: usize> {
    residual: SVector<f64, M>,
    jacobian: SMatrix<f64, M, STATES>,
    noise: SVector<f64, M>,
    /// H·P.
    projection: SMatrix<f64, M, STATES>,
    /// Of S = H·P·Hᵀ + R.
    factor: Cholesky<f64, Const<M>>,
}

impl<const M: usize> Innovation<M> {
    /// `noise` holds the variances of the measured values. `None` if S is not positive definite.
    pub(crate) fn new(
        estimate: &Estimate,
        residual: SVector<f64, M>,
        jacobian: SMatrix<f64, M, STATES>,
        noise: SVector<f64, M>,
    ) -> Option<Innovation<M>> {
        let projection = jacobian * estimate.covariance;
        let spread = projection * jacobian.transpose() + SMatrix::from_diagonal(&noise);
        let factor = Cholesky::new(spread)?;
        Some(Innovation { residual, jacobian, noise, projection, factor })
    }

    /// Normalised innovation squared, χ² distributed with `M` degrees of freedom.
    pub(crate) fn distance_squared(&self) -> f64 {
        self.residual.dot(&self.factor.solve(&self.residual))
    }

    /// ln |S|.
    pub(crate) fn log_determinant(&self) -> f64 {
        2.0 * self.factor.l_dirty().diagonal().iter().map(|entry| entry.ln()).sum::<f64>()
    }
}
