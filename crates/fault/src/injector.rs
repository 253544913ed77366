//! The decision whether a fault acts now, inside the process it targets: [`Injector`].
//!
//! It never acts itself: the node's driver asks, acts, and records that it acted.

use crate::bytes;
use crate::catalogue::{CrashHow, Fault, HangHow, Injection};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wire::Node;

/// A fault of the process as a whole that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessFault {
    /// Crash now.
    Crash(CrashHow),
    /// Burn the CPU for this long; `None`: for ever.
    Spin(Option<u64>),
    /// Wait for nothing for this long; `None`: for ever.
    Block(Option<u64>),
}

/// A fault on one sample, between the node's output and its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataFault {
    /// Do not hand it over.
    Drop,
    /// Hand it over this much later.
    Delay(u64),
    /// Flip this many bits after protection.
    Corrupt(u32),
    /// Replace its content by that of the last sample before the fault.
    Freeze,
}

/// The faults of one incarnation of one process. Times are nanoseconds from the start of the
/// schedule.
#[derive(Clone, Debug)]
pub struct Injector {
    /// (index in the plan, fault), in the order of the plan.
    faults: Vec<(u32, Fault)>,
    seed: u64,
    /// Process faults that this incarnation has already suffered, or that struck before its birth.
    spent: Vec<u32>,
}

impl Injector {
    /// The faults of the plan that act inside `node`, for an incarnation born at `born_ns`.
    ///
    /// A crash or hang without a duration struck the incarnation that was alive when it began; one
    /// born later is spared. One with a duration strikes everyone who is alive in it.
    pub fn new(faults: &[Fault], node: Node, seed: u64, born_ns: u64) -> Injector {
        let faults: Vec<_> = (0..)
            .zip(faults)
            .filter(|(_, fault)| fault.target == node && !fault.injection.by_watchdog())
            .map(|(index, fault)| (index, fault.clone()))
            .collect();
        let spent = faults
            .iter()
            .filter(|(_, fault)| fault.start_ns < born_ns && !strikes_the_newborn(&fault.injection))
            .map(|(index, _)| *index)
            .collect();
        Injector { faults, seed, spent }
    }

    /// When a process fault is or was due that has not struck at `now_ns`, if any is left.
    pub fn next_process_fault_ns(&self, now_ns: u64) -> Option<u64> {
        self.pending(now_ns).map(|(_, fault)| fault.start_ns).min()
    }

    /// The process fault that is due at `now_ns`, with its index in the plan. Each is returned to
    /// an incarnation once.
    pub fn process_fault(&mut self, now_ns: u64) -> Option<(u32, ProcessFault)> {
        let (index, what) = self
            .pending(now_ns)
            .find(|(_, fault)| fault.start_ns <= now_ns)
            .and_then(|(index, fault)| Some((*index, process_fault(&fault.injection)?)))?;
        self.spent.push(index);
        Some((index, what))
    }

    /// How much longer a step at `now_ns` takes by each fault, with the fault's index in the plan.
    pub fn slow(&self, now_ns: u64) -> impl Iterator<Item = (u32, u64)> {
        self.active(now_ns).filter_map(|(index, fault)| match fault.injection {
            Injection::Slow { extra_ns, .. } => Some((index, extra_ns)),
            _ => None,
        })
    }

    /// What befalls the sample `item` that was due at `due_ns`: every active data fault, in the
    /// order of the plan, with its index.
    pub fn data_faults(
        &self,
        due_ns: u64,
        item: u64,
    ) -> impl Iterator<Item = (u32, DataFault)> + '_ {
        self.active(due_ns).filter_map(move |(index, fault)| match fault.injection {
            Injection::Drop { percent, .. } => {
                let hit = self.draw(index, item).random_bool((percent / 100.0).clamp(0.0, 1.0));
                hit.then_some((index, DataFault::Drop))
            }
            Injection::Delay { by_ns, .. } => Some((index, DataFault::Delay(by_ns))),
            Injection::Corrupt { bits, .. } => Some((index, DataFault::Corrupt(bits))),
            Injection::Freeze { .. } => Some((index, DataFault::Freeze)),
            _ => None,
        })
    }

    /// Whether the plan holds a fault for this process that needs the driver to keep old samples
    /// (`freeze`) or to hold samples back (`delay`).
    pub fn keeps_samples(&self) -> bool {
        self.faults.iter().any(|(_, fault)| {
            matches!(fault.injection, Injection::Freeze { .. } | Injection::Delay { .. })
        })
    }

    /// Flips `bits` bits of `sample` as [`bytes::flip_bits`] does. Which ones follows from the seed,
    /// the fault and the item.
    pub fn flip_bits(&self, fault: u32, item: u64, bits: u32, sample: &mut [u8]) -> u32 {
        bytes::flip_bits(sample, bits, &mut self.draw(fault, item))
    }

    /// Process faults that have yet to strike this incarnation. A crash loop is over at its end; a
    /// hang lasts from when it strikes, so that it cannot be over before.
    fn pending(&self, now_ns: u64) -> impl Iterator<Item = &(u32, Fault)> {
        self.faults.iter().filter(move |(index, fault)| {
            let over = match fault.injection {
                Injection::Crash { .. } => fault.end_ns().is_some_and(|end| end <= now_ns),
                _ => false,
            };
            process_fault(&fault.injection).is_some() && !over && !self.spent.contains(index)
        })
    }

    fn active(&self, now_ns: u64) -> impl Iterator<Item = (u32, &Fault)> {
        self.faults.iter().filter_map(move |(index, fault)| {
            let ended = fault.end_ns().is_none_or(|end| now_ns >= end);
            (fault.start_ns <= now_ns && !ended).then_some((*index, fault))
        })
    }

    /// One stream per (fault, item): a restarted process draws what it would have drawn.
    pub fn draw(&self, fault: u32, item: u64) -> ChaCha8Rng {
        let mut generator =
            ChaCha8Rng::seed_from_u64(self.seed ^ u64::from(fault).wrapping_mul(FAULT_SALT));
        generator.set_stream(item);
        generator
    }
}

/// Spreads fault indices over the seed space: 2⁶⁴ divided by the golden ratio.
const FAULT_SALT: u64 = 0x9e37_79b9_7f4a_7c15;

/// What an injection does to the process as a whole from inside; `None` if it does not.
fn process_fault(injection: &Injection) -> Option<ProcessFault> {
    match *injection {
        Injection::Crash { how, .. } => Some(ProcessFault::Crash(how)),
        Injection::Hang { how: HangHow::Spin, for_ns } => Some(ProcessFault::Spin(for_ns)),
        Injection::Hang { how: HangHow::Block, for_ns } => Some(ProcessFault::Block(for_ns)),
        _ => None,
    }
}

fn strikes_the_newborn(injection: &Injection) -> bool {
    match injection {
        Injection::Crash { for_ns, .. } => for_ns.is_some(),
        Injection::Hang { .. } => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn fault(start_ms: u64, injection: Injection) -> Fault {
        Fault { id: "F".into(), target: Node::Camera, start_ns: start_ms * MS, injection }
    }

    fn injector(faults: &[Fault], born_ms: u64) -> Injector {
        Injector::new(faults, Node::Camera, 42, born_ms * MS)
    }

    #[test]
    fn a_crash_strikes_once_and_spares_the_next_incarnation() {
        let faults = [fault(100, Injection::Crash { how: CrashHow::Abort, for_ns: None })];
        let mut first = injector(&faults, 0);
        assert_eq!(first.next_process_fault_ns(0), Some(100 * MS));
        assert_eq!(first.process_fault(99 * MS), None);
        assert_eq!(first.process_fault(100 * MS), Some((0, ProcessFault::Crash(CrashHow::Abort))));
        assert_eq!(first.process_fault(101 * MS), None, "once");
        assert_eq!(injector(&faults, 105).process_fault(106 * MS), None, "the newborn is spared");
    }

    #[test]
    fn a_crash_with_a_duration_is_a_crash_loop() {
        let how = CrashHow::Exit;
        let faults = [fault(100, Injection::Crash { how, for_ns: Some(50 * MS) })];
        let struck = Some((0, ProcessFault::Crash(how)));
        assert_eq!(injector(&faults, 105).process_fault(106 * MS), struck);
        let mut late = injector(&faults, 149);
        assert_eq!(late.process_fault(150 * MS), None, "it is over");
        assert_eq!(late.next_process_fault_ns(150 * MS), None, "and nobody waits for it");
    }

    #[test]
    fn a_hang_that_strikes_late_lasts_as_long() {
        let for_ns = Some(20 * MS);
        let faults = [fault(10, Injection::Hang { how: HangHow::Block, for_ns })];
        let struck = injector(&faults, 0).process_fault(40 * MS);
        assert_eq!(struck, Some((0, ProcessFault::Block(for_ns))));
    }

    #[test]
    fn faults_of_others_and_of_the_watchdog_do_not_act_here() {
        let mut others = fault(0, Injection::Freeze { for_ns: MS });
        others.target = Node::Radar;
        let stop = fault(0, Injection::Hang { how: HangHow::Stop, for_ns: None });
        let kill = fault(0, Injection::Kill { signal: crate::Signal::Sigkill });
        let mut injector = injector(&[others, stop, kill], 0);
        assert_eq!(injector.process_fault(MS), None);
        assert_eq!(injector.data_faults(0, 0).count(), 0);
    }

    #[test]
    fn data_faults_act_in_their_interval_in_the_order_of_the_plan() {
        let faults = [
            fault(10, Injection::Corrupt { bits: 3, for_ns: 10 * MS }),
            fault(15, Injection::Delay { by_ns: 7, for_ns: 10 * MS }),
        ];
        let injector = injector(&faults, 0);
        let at = |ms: u64| injector.data_faults(ms * MS, ms).collect::<Vec<_>>();
        assert_eq!(at(9), []);
        assert_eq!(at(10), [(0, DataFault::Corrupt(3))]);
        assert_eq!(at(15), [(0, DataFault::Corrupt(3)), (1, DataFault::Delay(7))]);
        assert_eq!(at(20), [(1, DataFault::Delay(7))]);
        assert_eq!(at(25), []);
    }

    #[test]
    fn drop_hits_its_share_and_the_same_items_every_time() {
        let faults = [fault(0, Injection::Drop { percent: 30.0, for_ns: u64::MAX })];
        let hits = |injector: &Injector| {
            (0..2000).filter(|&item| injector.data_faults(0, item).count() == 1).collect::<Vec<_>>()
        };
        let first = hits(&injector(&faults, 0));
        assert_eq!(first, hits(&injector(&faults, 1)));
        // Binomial(2000, 0.3): σ = 20.5; five σ around 600.
        assert!((498..702).contains(&first.len()), "{} of 2000", first.len());
        let all = [fault(0, Injection::Drop { percent: 100.0, for_ns: u64::MAX })];
        assert_eq!(hits(&injector(&all, 0)).len(), 2000);
    }

    #[test]
    fn each_fault_draws_the_same_for_an_item_and_differently_for_others() {
        let injector = injector(&[], 0);
        let flipped = |fault, item| {
            let mut sample = vec![0_u8; 1000];
            assert_eq!(injector.flip_bits(fault, item, 64, &mut sample), 64);
            sample
        };
        assert_eq!(flipped(0, 5), flipped(0, 5));
        assert_ne!(flipped(0, 5), flipped(0, 6));
        assert_ne!(flipped(0, 5), flipped(1, 5));
    }

    #[test]
    fn slow_tells_the_extra_time_while_it_lasts() {
        let faults = [
            fault(10, Injection::Slow { extra_ns: 5 * MS, for_ns: 10 * MS }),
            fault(15, Injection::Slow { extra_ns: 2 * MS, for_ns: 10 * MS }),
        ];
        let injector = injector(&faults, 0);
        let at = |ms: u64| injector.slow(ms * MS).collect::<Vec<_>>();
        assert_eq!(at(10), [(0, 5 * MS)]);
        assert_eq!(at(15), [(0, 5 * MS), (1, 2 * MS)], "they add up");
        assert_eq!(at(20), [(1, 2 * MS)]);
        assert_eq!(at(25), []);
    }
}
