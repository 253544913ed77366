//! The numbers of [`Supervision`], one by one: what can change while a run goes on.

use super::Supervision;
use wire::event::Limit;

impl Supervision {
    /// A number of it, as a word in the limit's unit.
    pub fn limit(&self, limit: Limit) -> u64 {
        match limit {
            Limit::HeartbeatTimeout => self.heartbeat_timeout_ns,
            Limit::StartupTimeout => self.startup_timeout_ns,
            Limit::StopTimeout => self.stop_timeout_ns,
            Limit::Memory => self.memory_limit_kib,
            Limit::AliveCycle => self.alive.cycle_ns,
            Limit::AliveMin => self.alive.min.into(),
            Limit::AliveMax => self.alive.max.into(),
            Limit::AliveTolerance => self.alive.tolerance_cycles.into(),
            Limit::DeadlineMin => self.deadline.min_ns,
            Limit::DeadlineMax => self.deadline.max_ns,
            Limit::RestartLimit => self.restart.limit.into(),
            Limit::RestartWindow => self.restart.window_ns,
            Limit::RestartDelay => self.restart.delay_ns,
            Limit::BackoffFactor => self.restart.backoff.factor.to_bits(),
            Limit::BackoffMax => self.restart.backoff.max_ns,
            Limit::BackoffReset => self.restart.backoff.reset_after_ns,
        }
    }

    /// Sets a number to what [`limit`](Self::limit) gave of another.
    pub fn set_limit(&mut self, limit: Limit, word: u64) {
        // What was a count of 32 bits is one.
        let count = word as u32;
        match limit {
            Limit::HeartbeatTimeout => self.heartbeat_timeout_ns = word,
            Limit::StartupTimeout => self.startup_timeout_ns = word,
            Limit::StopTimeout => self.stop_timeout_ns = word,
            Limit::Memory => self.memory_limit_kib = word,
            Limit::AliveCycle => self.alive.cycle_ns = word,
            Limit::AliveMin => self.alive.min = count,
            Limit::AliveMax => self.alive.max = count,
            Limit::AliveTolerance => self.alive.tolerance_cycles = count,
            Limit::DeadlineMin => self.deadline.min_ns = word,
            Limit::DeadlineMax => self.deadline.max_ns = word,
            Limit::RestartLimit => self.restart.limit = count,
            Limit::RestartWindow => self.restart.window_ns = word,
            Limit::RestartDelay => self.restart.delay_ns = word,
            Limit::BackoffFactor => self.restart.backoff.factor = f64::from_bits(word),
            Limit::BackoffMax => self.restart.backoff.max_ns = word,
            Limit::BackoffReset => self.restart.backoff.reset_after_ns = word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_a_number_of_its_own() {
        let text = "schema = 1\nname = \"limits\"\nduration-s = 1.0\nego.speed-kph = 0.0\n";
        let mut supervision = crate::parse("limits", text).unwrap().supervision[0];
        for (word, &limit) in (1000..).zip(Limit::ALL) {
            supervision.set_limit(limit, word);
        }
        let words: Vec<u64> = Limit::ALL.iter().map(|&limit| supervision.limit(limit)).collect();
        assert!(words.into_iter().eq(1000..1000 + Limit::ALL.len() as u64));
    }
}
