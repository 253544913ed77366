//! The decision whether a fault acts now, inside the process it targets: [`Injector`].
//!
//! It never acts itself: the node's driver asks, acts, and records that it acted.

use crate::act::{Act, Damage, ProcessFault, SampleFault, StartFault, StepFault};
use crate::fault::Fault;
use crate::kind::Need;
use crate::kinds::Injection;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wire::Node;

/// The faults of one incarnation of one process. Times are nanoseconds from the start of the
/// schedule.
#[derive(Clone, Debug)]
pub struct Injector {
    faults: Vec<Own>,
    seed: u64,
    born_ns: u64,
}

/// A fault of this process.
#[derive(Clone, Debug)]
struct Own {
    /// Index in the plan.
    index: u32,
    injection: Injection,
    act: Act,
    /// When it begins, once that is known.
    start_ns: Option<u64>,
    end_ns: Option<u64>,
    /// A process fault that this incarnation has suffered, or that struck before its birth.
    spent: bool,
}

impl Injector {
    /// The faults of the plan that act inside `node`, for an incarnation born at `born_ns`.
    ///
    /// A process fault without a duration struck the incarnation that was alive when it began; one
    /// born later is spared. A crash with one strikes everyone who is alive in it. Faults that need
    /// what is `lacking` are left out.
    pub fn new(
        faults: &[Fault],
        node: Node,
        seed: u64,
        born_ns: u64,
        lacking: &[Need],
    ) -> Injector {
        let acts_here =
            |fault: &Fault| fault.target.node() == Some(node) && fault.is_possible(lacking);
        let own = (0..).zip(faults).filter(|(_, fault)| acts_here(fault));
        let own = own.map(|(index, fault)| Own {
            index,
            injection: fault.injection.clone(),
            act: fault.injection.act(),
            start_ns: None,
            end_ns: None,
            spent: false,
        });
        let inside = own.filter(|own| !matches!(own.act, Act::Outside(_)));
        let mut injector = Injector { faults: inside.collect(), seed, born_ns };
        for (index, fault) in (0..).zip(faults) {
            if let Some(at_ns) = fault.start.at_ns() {
                injector.begin(index, at_ns);
            }
        }
        injector
    }

    /// The fault with this index in the plan begins at `start_ns`. Only the first time counts.
    pub fn begin(&mut self, index: u32, start_ns: u64) {
        let born_ns = self.born_ns;
        let own = self.faults.iter_mut().find(|it| it.index == index && it.start_ns.is_none());
        let Some(own) = own else { return };
        own.start_ns = Some(start_ns);
        own.end_ns = own.injection.duration_ns().map(|ns| start_ns.saturating_add(ns));
        own.spent = start_ns < born_ns && !own.strikes_the_newborn();
    }

    /// Faults, by their index in the plan, that begin when the watchdog says so and have not begun.
    pub fn awaited(&self) -> impl Iterator<Item = u32> {
        self.faults.iter().filter(|own| own.start_ns.is_none()).map(|own| own.index)
    }

    /// When a process fault is or was due that has not struck at `now_ns`, if any is left.
    pub fn next_process_fault_ns(&self, now_ns: u64) -> Option<u64> {
        self.faults.iter().filter(|own| own.is_pending(now_ns)).filter_map(|own| own.start_ns).min()
    }

    /// The process fault that is due at `now_ns`, with its index in the plan and how long it lasts.
    /// Each is returned to an incarnation once.
    pub fn process_fault(&mut self, now_ns: u64) -> Option<(u32, ProcessFault, Option<u64>)> {
        let due = |own: &&mut Own| {
            own.is_pending(now_ns) && own.start_ns.is_some_and(|start| start <= now_ns)
        };
        let own = self.faults.iter_mut().find(due)?;
        own.spent = true;
        match own.act {
            Act::Process(what) => Some((own.index, what, own.injection.duration_ns())),
            _ => None,
        }
    }

    /// What befalls the start of this incarnation at `now_ns`.
    pub fn start_faults(&self, now_ns: u64) -> impl Iterator<Item = (u32, StartFault)> {
        self.active(now_ns).filter_map(|own| match own.act {
            Act::Start(what) => Some((own.index, what)),
            _ => None,
        })
    }

    /// What befalls the step at `now_ns` that works on `item`, with the fault's index in the plan and
    /// the time since its beginning. A jitter comes as the time that was drawn for this step.
    pub fn step_faults(
        &self,
        now_ns: u64,
        item: u64,
    ) -> impl Iterator<Item = (u32, StepFault, u64)> {
        self.active(now_ns).filter_map(move |own| match own.act {
            Act::Step(StepFault::Jitter(up_to_ns)) => {
                let ns = self.draw(own.index, item).random_range(0..=up_to_ns);
                Some((own.index, StepFault::Slow(ns), own.since(now_ns)))
            }
            Act::Step(what) => Some((own.index, what, own.since(now_ns))),
            _ => None,
        })
    }

    /// What befalls the sample `item` that was due at `due_ns`: every active fault that hits it, in
    /// the order of the plan, with its index. A delay comes with the jitter that was drawn for this
    /// sample.
    pub fn sample_faults(
        &self,
        due_ns: u64,
        item: u64,
    ) -> impl Iterator<Item = (u32, SampleFault, u64)> {
        let hit = self.active(due_ns).filter(move |own| self.hits(own, item));
        hit.filter_map(move |own| match own.act {
            Act::Sample(SampleFault::Delay(by_ns)) => {
                let jitter_ns = own.injection.jitter_ns();
                // Streams from the other end: the first draw of the item's own decided that it is hit.
                let drawn = self.draw(own.index, !item).random_range(0..=2 * jitter_ns);
                let by_ns = (by_ns + drawn).saturating_sub(jitter_ns);
                Some((own.index, SampleFault::Delay(by_ns), own.since(due_ns)))
            }
            Act::Sample(what) => Some((own.index, what, own.since(due_ns))),
            _ => None,
        })
    }

    /// How many protected samples before the one in hand the driver must keep for faults that repeat
    /// them; 0 for none.
    pub fn keeps_samples(&self) -> usize {
        let kept = self.faults.iter().map(|own| match own.act {
            Act::Sample(SampleFault::Replay(age)) => age as usize,
            Act::Sample(SampleFault::Damage(Damage::StaleHalf)) => 1,
            _ => 0,
        });
        kept.max().unwrap_or(0)
    }

    /// Whether the driver must keep the last content for a fault that repeats it.
    pub fn keeps_content(&self) -> bool {
        self.faults.iter().any(|own| own.act == Act::Sample(SampleFault::Freeze))
    }

    /// The stream of [draws](draw) for this fault and item of this run.
    pub fn draw(&self, fault: u32, item: u64) -> ChaCha8Rng {
        draw(self.seed, fault, item)
    }

    /// Whether a fault on a share of the samples hits this one.
    fn hits(&self, own: &Own, item: u64) -> bool {
        let share = (own.injection.percent() / 100.0).clamp(0.0, 1.0);
        let burst = own.injection.mean_burst();
        if burst <= 1.0 || share >= 1.0 {
            return self.draw(own.index, item).random_bool(share);
        }
        // A chain of two states, good and bad, with the wanted share and mean length of bad runs.
        // Each block of items has a chain of its own, so that any item can be asked about.
        let block = item / BLOCK_ITEMS * BLOCK_ITEMS;
        let leaves = 1.0 / burst;
        // At most 1, but for rounding: a scenario with a larger share is refused.
        let enters = (leaves * share / (1.0 - share)).min(1.0);
        let first = self.draw(own.index, block).random_bool(share);
        (block + 1..=item).fold(first, |bad, item| {
            let mut draw = self.draw(own.index, item);
            if bad { !draw.random_bool(leaves) } else { draw.random_bool(enters) }
        })
    }

    fn active(&self, now_ns: u64) -> impl Iterator<Item = &Own> {
        self.faults.iter().filter(move |own| {
            let ended = own.end_ns.is_some_and(|end| now_ns >= end) || own.spent;
            own.start_ns.is_some_and(|start| start <= now_ns) && !ended
        })
    }
}

impl Own {
    /// A process fault that has yet to strike this incarnation. A crash loop is over at its end; a
    /// hang lasts from when it strikes, so that it cannot be over before.
    fn is_pending(&self, now_ns: u64) -> bool {
        let over = match self.act {
            Act::Process(ProcessFault::Crash(_)) => self.end_ns.is_some_and(|end| end <= now_ns),
            _ => false,
        };
        matches!(self.act, Act::Process(_)) && self.start_ns.is_some() && !over && !self.spent
    }

    fn strikes_the_newborn(&self) -> bool {
        match self.act {
            Act::Process(ProcessFault::Crash(_)) => self.end_ns.is_some(),
            Act::Process(_) | Act::Sample(SampleFault::DieAt(_)) => false,
            _ => true,
        }
    }

    fn since(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.start_ns.unwrap_or(now_ns))
    }
}

/// Spreads fault indices over the seed space: 2⁶⁴ divided by the golden ratio.
const FAULT_SALT: u64 = 0x9e37_79b9_7f4a_7c15;
/// Items after which a chain of losses begins anew. All of a block before an item are drawn to ask about
/// it, which this keeps to a fraction of a millisecond; and it is eight times the longest mean run of a
/// scenario (32), so that the ends of blocks make runs a tenth shorter at the most.
const BLOCK_ITEMS: u64 = 256;

/// The stream of draws for a fault and an item of a run with this seed: a restarted process
/// draws what it would have drawn.
pub fn draw(seed: u64, fault: u32, item: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed ^ u64::from(fault).wrapping_mul(FAULT_SALT));
    generator.set_stream(item);
    generator
}

#[cfg(test)]
mod tests;
