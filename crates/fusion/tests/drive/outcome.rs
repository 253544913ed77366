//! What came of a drive: [`Outcome`].

use std::ops::ControlFlow;

use crate::course::{Course, Moment};

/// Half the width of the ego.
const HALF_WIDTH_M: f64 = 0.95;

/// What came of a drive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Smallest gap to anyone in the ego's way; below 0 they touched.
    pub(crate) gap_m: f64,
    /// Speed of the ego over the other when they touched.
    pub(crate) impact_mps: f64,
    /// (time, time to collision) when braking began.
    pub(crate) began: Option<(f64, f64)>,
}

impl Outcome {
    /// Whether nobody was touched.
    pub(crate) fn is_safe(&self) -> bool {
        self.gap_m > 0.0
    }

    fn note(&mut self, moment: &Moment) {
        let brake = moment.output.map(|output| output.brake).filter(|brake| brake.valid);
        if let Some(brake) = brake.filter(|brake| brake.deceleration_mps2 > 0.0)
            && self.began.is_none()
        {
            self.began = Some((moment.now_ns as f64 * 1e-9, brake.ttc_s));
        }
        for other in moment.truth {
            let reach_m = HALF_WIDTH_M + other.size.width_m / 2.0;
            let is_beside = other.y_m.abs() >= reach_m || other.x_m < -1.0;
            if !is_beside && moment.ego_mps > 0.0 && self.gap_m >= 0.0 {
                self.gap_m = self.gap_m.min(other.x_m);
                if other.x_m < 0.0 {
                    self.impact_mps = -other.vx_mps;
                }
            }
        }
    }
}

/// Drives until the end of the course, a collision or standstill.
pub(crate) fn drive(course: &Course) -> Outcome {
    let mut outcome = Outcome { gap_m: f64::INFINITY, impact_mps: 0.0, began: None };
    course.run_while(|moment| {
        outcome.note(&moment);
        let ended = moment.ego_mps <= 0.0 || outcome.gap_m < 0.0;
        if ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    outcome
}
