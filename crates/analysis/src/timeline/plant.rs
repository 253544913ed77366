//! What the plant and its readers told: [`PlantLog`].

use wire::Event;
use world::EgoState;
use world::plant::Stretch;

use super::Moment;

/// What the plant and its readers told.
#[derive(Debug, Default)]
pub(crate) struct PlantLog {
    /// In the order in which they were decided; each replaces what was to follow its beginning.
    pub(crate) stretches: Vec<Stretch>,
    /// The longest time by which it was behind a sensor, and when.
    pub(crate) behind: Option<(Moment, i64)>,
    /// When it was lost.
    pub(crate) lost: Option<Moment>,
    /// When the stimulus was lost.
    pub(crate) stimulus_lost: Option<Moment>,
}

impl PlantLog {
    pub(super) fn file(&mut self, at: Moment, event: &Event) {
        match *event {
            Event::EgoStretch { from_s, distance_m, speed_mps, acceleration_mps2, jerk_mps3 } => {
                let state = EgoState { distance_m, speed_mps, acceleration_mps2 };
                let numbers = [from_s, distance_m, speed_mps, acceleration_mps2, jerk_mps3];
                if numbers.into_iter().all(f64::is_finite) {
                    self.stretches.push(Stretch { from_s, state, jerk_mps3 });
                }
            }
            Event::PlantBehind { behind_ns, .. } => {
                let behind = i64::try_from(behind_ns).unwrap_or(i64::MAX);
                if self.behind.is_none_or(|(_, worst)| worst < behind) {
                    self.behind = Some((at, behind));
                }
            }
            Event::PlantLost { .. } => self.lost = self.lost.or(Some(at)),
            Event::StimulusLost { .. } => {
                self.stimulus_lost = self.stimulus_lost.or(Some(at));
            }
            _ => {}
        }
    }
}
