//! What the processes use, sampled from the kernel: for the record, and against their limits.

use super::{RunError, Watchdog};
use crate::children::Seated;
use crate::harness::Harness;
use crate::policy::Seen;
use sys::process::{RunState, Usage};
use wire::Source;
use wire::event::Event;

/// Time between two looks at what the processes use.
const LOOK_PERIOD_NS: u64 = 100_000_000;
/// Looks for each that is told.
const LOOKS_PER_SAMPLE: u64 = 5;

/// When to look next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Schedule {
    next_ns: u64,
    looks: u64,
}

impl Watchdog<'_> {
    pub(super) fn sample_usage(&mut self, now: u64) -> Result<(), RunError> {
        if now < self.usage.next_ns {
            return Ok(());
        }
        self.usage.next_ns = now + LOOK_PERIOD_NS;
        let told = self.usage.looks.is_multiple_of(LOOKS_PER_SAMPLE);
        self.usage.looks += 1;
        // A child that ends while it is looked at has no usage left to tell.
        let look = |seated: &Seated| Some((seated.incarnation, seated.child.usage().ok()?));
        let living: Vec<_> =
            self.children.iter().filter_map(|(seat, it)| Some((seat.node, look(it)?))).collect();
        for (node, (incarnation, usage)) in living {
            if told {
                self.tell_usage(Source::Node(node), incarnation, usage);
            }
            if incarnation == self.policy.incarnation(node) {
                let actions = self.policy.on_seen(Seen::Memory(node, usage.rss_kib), now);
                self.carry_out(actions)?;
            }
        }
        let plant = self.plant.as_ref().map(|plant| &plant.process);
        let harness = [(Source::Plant, plant), (Source::Stimulus, self.stimulus.as_ref())];
        let look = |(source, it): (_, Option<&Harness>)| Some((source, it?.usage().ok()?));
        let harness: Vec<_> = harness.into_iter().filter(|_| told).filter_map(look).collect();
        for (source, usage) in harness {
            self.tell_usage(source, 1, usage);
        }
        if let Some(usage) = told.then(sys::process::own_usage).and_then(Result::ok) {
            self.tell_usage(Source::Watchdog, 1, usage);
        }
        Ok(())
    }

    /// Tells what everyone has used by the end.
    pub(super) fn sample_last_usage(&mut self, now: u64) -> Result<(), RunError> {
        self.usage = Schedule::default();
        self.sample_usage(now)
    }

    fn tell_usage(&mut self, source: Source, of: u32, usage: Usage) {
        if usage.state == RunState::Ended {
            return;
        }
        self.events.tell(Event::Usage {
            source: source.index() as u32,
            of,
            user_us: usage.user_us,
            system_us: usage.system_us,
            faults: usage.minor_faults | usage.major_faults << 32,
            rss_kib: usage.rss_kib,
        });
    }
}
