//! Times in which the host ran nobody: [`Stalls`].

/// Stalls of all processors as one set of times, disjoint and in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stalls {
    spans: Vec<(u64, u64)>,
}

impl Stalls {
    /// Adds a stall, which may overlap others and may have begun before them.
    pub(crate) fn add(&mut self, from_ns: u64, to_ns: u64) {
        let (mut from, mut to) = (from_ns, to_ns);
        self.spans.retain(|&(a, b)| {
            let apart = b < from || to < a;
            if !apart {
                (from, to) = (from.min(a), to.max(b));
            }
            apart
        });
        let place = self.spans.partition_point(|&(a, _)| a < from);
        self.spans.insert(place, (from, to));
    }

    /// How much of the time since `since_ns` was stalled.
    pub(crate) fn since(&self, since_ns: u64) -> u64 {
        let late = self.spans.iter().rev().take_while(|(_, to)| *to > since_ns);
        late.map(|(from, to)| to - from.max(&since_ns)).sum()
    }

    /// Forgets what ended before `before_ns`.
    pub(crate) fn forget(&mut self, before_ns: u64) {
        self.spans.retain(|&(_, to)| to >= before_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stalls_of_several_processors_at_once_count_once() {
        let mut stalls = Stalls::default();
        for (from, to) in [(300, 305), (100, 150), (170, 180), (120, 172), (110, 130), (305, 306)] {
            stalls.add(from, to);
        }
        assert_eq!(stalls.spans, [(100, 180), (300, 306)]);
    }

    #[test]
    fn only_what_was_stalled_since_counts() {
        let mut stalls = Stalls::default();
        stalls.add(100, 150);
        stalls.add(200, 210);
        let since = [0, 100, 120, 150, 205, 210].map(|since| stalls.since(since));
        assert_eq!(since, [60, 60, 40, 10, 5, 0]);
        stalls.forget(180);
        assert_eq!(stalls.since(0), 10);
    }
}
