//! By how much the last values were off: [`Deviations`].

/// Deviations whose median is a bias: some lists of a scene with two cars.
const DEVIATIONS: usize = 15;

/// The last deviations of one measured value from what it should be.
#[derive(Clone, Debug, Default)]
pub(super) struct Deviations {
    ring: [f32; DEVIATIONS],
    count: usize,
}

impl Deviations {
    pub(super) fn note(&mut self, deviation: f32) {
        self.ring[self.count % DEVIATIONS] = deviation;
        self.count += 1;
    }

    /// 0 until there are enough.
    pub(super) fn median(&self) -> f32 {
        if self.count < DEVIATIONS {
            return 0.0;
        }
        let mut sorted = self.ring;
        sorted.sort_unstable_by(f32::total_cmp);
        sorted[DEVIATIONS / 2]
    }
}
