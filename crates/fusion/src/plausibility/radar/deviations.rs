//! By how much the last values were off: [`Deviations`].

/// Deviations whose median is a bias: some lists of a scene with two cars.
const DEVIATIONS: usize = 15;

/// The last deviations of one measured value from what it should be.
#[derive(Clone, Debug, Default)]
pub(super) struct Deviations {
    ring: [f32; DEVIATIONS],
    count: usize,
    /// How many of them are of the newest list.
    in_list: usize,
}

impl Deviations {
    pub(super) fn begin_list(&mut self) {
        self.in_list = 0;
    }

    pub(super) fn note(&mut self, deviation: f32) {
        self.ring[self.count % DEVIATIONS] = deviation;
        self.count += 1;
        self.in_list += 1;
    }

    /// Whether they are off by more than this in the median.
    pub(super) fn are_biased(&self, by_more_than: f32) -> bool {
        self.count >= DEVIATIONS && self.median_of(DEVIATIONS).abs() > by_more_than
    }

    /// Whether those of the newest list are off to the same side as all, by half of this at least,
    /// since tracks follow in part. A sound list is not blamed for those before it.
    pub(super) fn go_on(&self, by_more_than: f32) -> bool {
        let side = self.median_of(DEVIATIONS).signum();
        self.in_list > 0 && self.median_of(self.in_list) * side > by_more_than / 2.0
    }

    /// Of the newest, one at least, up to as many as are kept.
    fn median_of(&self, newest: usize) -> f32 {
        let newest = newest.min(DEVIATIONS).min(self.count);
        let mut sorted = self.ring;
        for (value, age) in sorted.iter_mut().zip(1..=newest) {
            *value = self.ring[(self.count - age) % DEVIATIONS];
        }
        let sorted = &mut sorted[..newest];
        sorted.sort_unstable_by(f32::total_cmp);
        sorted[newest / 2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_list_after_biased_ones_does_not_go_on() {
        let mut off = Deviations::default();
        // Deviations of each list; whether all are biased by more than 1; whether the newest are.
        for (list, are_biased, go_on) in [
            (&[-2.0; 14][..], false, true),
            (&[-2.0], true, true),
            (&[-0.1, -0.6, -0.7], true, true),
            (&[-0.1], true, false),
            (&[2.0], true, false),
            (&[], true, false),
            (&[0.0; 40], false, false),
        ] {
            off.begin_list();
            for value in list {
                off.note(*value);
            }
            assert_eq!((off.are_biased(1.0), off.go_on(1.0)), (are_biased, go_on), "{list:?}");
        }
    }
}
