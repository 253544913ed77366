//! Tells a doubt that persists from a passing one: [`Persistence`].

/// Counts the doubtful ones among the last samples.
#[derive(Clone, Debug)]
pub(super) struct Persistence {
    /// So many of the last `window` samples must be doubtful.
    needed: u32,
    window: u32,
    /// Bit n: the sample n before the newest was doubtful.
    history: u32,
}

impl Persistence {
    /// `needed` of `window`, 1 to 32.
    pub(super) const fn new(needed: u32, window: u32) -> Persistence {
        assert!(1 <= needed && needed <= window && window <= u32::BITS);
        Persistence { needed, window, history: 0 }
    }

    /// Takes in whether a sample is doubtful and tells whether to act on it. A sound sample is
    /// never acted on.
    pub(super) fn note(&mut self, is_doubtful: bool) -> bool {
        self.history =
            (self.history << 1 | u32::from(is_doubtful)) & (u32::MAX >> (u32::BITS - self.window));
        is_doubtful && self.history.count_ones() >= self.needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_is_told_once_enough_of_the_last_samples_are_doubtful() {
        for (needed, window, samples, told) in [
            (1, 1, "x.x", "x.x"),
            (2, 3, "x.x.xx", "..x.xx"),
            (2, 3, "x..x..x", "......."),
            (3, 5, "xx..x.xx", "....x..x"),
            (32, 32, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "...............................xx"),
        ] {
            let mut filter = Persistence::new(needed, window);
            let mark = |sample| if filter.note(sample == 'x') { 'x' } else { '.' };
            assert_eq!(samples.chars().map(mark).collect::<String>(), told, "{needed}/{window}");
        }
    }
}
