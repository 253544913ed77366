//! How often a process may be started again, and how long after its failure: [`Budget`].

use scenario::plan::Restart;
use std::collections::VecDeque;

/// Shortest pause that can grow.
const GROWS_FROM_NS: u64 = 1_000_000;

/// The restarts of a process.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    rules: Restart,
    /// Times of those that still count.
    restarts: VecDeque<u64>,
    /// Failures since the process last was stable.
    failures: u32,
}

impl Budget {
    pub(super) fn new(rules: Restart) -> Budget {
        Budget { rules, restarts: VecDeque::new(), failures: 0 }
    }

    /// Other rules hold; restarts and failures up to here still count.
    pub(super) fn set_rules(&mut self, rules: Restart) {
        self.rules = rules;
    }

    /// The process failed at `now_ns` after it had run for `ran_ns`: how long to wait before it is
    /// started again; `None` if it is not.
    pub(super) fn fail(&mut self, now_ns: u64, ran_ns: u64) -> Option<u64> {
        let Restart { limit, window_ns, delay_ns, backoff, .. } = self.rules;
        while self.restarts.front().is_some_and(|&at| now_ns - at >= window_ns) {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= limit as usize {
            return None;
        }
        self.restarts.push_back(now_ns);
        if ran_ns >= backoff.reset_after_ns {
            self.failures = 0;
        }
        let before = self.failures;
        self.failures = before.saturating_add(1);
        if before == 0 || backoff.factor <= 1.0 {
            return Some(delay_ns);
        }
        let grown_ns = delay_ns.max(GROWS_FROM_NS) as f64
            * backoff.factor.powi(i32::try_from(before).unwrap_or(i32::MAX));
        Some((grown_ns as u64).min(backoff.max_ns.max(delay_ns)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::plan::{Backoff, Strategy};

    const MS: u64 = 1_000_000;

    #[test]
    fn the_pause_grows_to_its_limit_and_is_short_again_after_a_stable_time() {
        for (delay_ms, factor, runs_ms, expected_ms) in [
            (0, 1.0, &[0, 0, 0][..], &[0, 0, 0][..]),
            (10, 1.0, &[0, 0, 0], &[10, 10, 10]),
            (10, 2.0, &[0, 0, 0, 0, 0], &[10, 20, 40, 50, 50]),
            (0, 3.0, &[0, 0, 0, 0], &[0, 3, 9, 27]),
            (10, 2.0, &[0, 0, 99, 100, 0], &[10, 20, 40, 10, 20]),
            (80, 2.0, &[0, 0], &[80, 80]),
        ] {
            let backoff = Backoff { factor, max_ns: 50 * MS, reset_after_ns: 100 * MS };
            let (window_ns, strategy) = (1000 * MS, Strategy::OneForOne);
            let delay_ns = delay_ms * MS;
            let mut budget = Budget::new(Restart {
                limit: 100,
                window_ns,
                delay_ns,
                backoff,
                strategy,
                standby: false,
            });
            let pauses: Vec<_> =
                runs_ms.iter().map(|ran_ms| budget.fail(0, ran_ms * MS).unwrap() / MS).collect();
            assert_eq!(pauses, expected_ms, "from {delay_ms} ms by {factor}");
        }
    }
}
