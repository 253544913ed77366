//! What becomes of a protected sample on its way to its channel: the [`Outbox`] of a sensor.
//!
//! Bytes go in, and what is to be handed over when comes out. It sends nothing itself and reads no
//! clock.

use super::Hits;
use fault::Injector;
use fault::act::SampleFault;
use std::collections::VecDeque;
use wire::Field;

/// Most samples that wait because a rate is limited: what a driver's queue would hold at most. Those
/// beyond are lost.
const QUEUE_MAX: usize = 64;

/// The way out of a sensor: `M` is what its driver knows of a sample beside the bytes.
#[derive(Debug)]
pub(in crate::node) struct Outbox<M> {
    /// Inverts a field of a sample's header, and tells how many bits that changed.
    invert_field: fn(&mut [u8], Field) -> u32,
    /// The newest protected samples as they were before anything befell them, the newest behind.
    kept: VecDeque<Sample<M>>,
    keeps: usize,
    /// Samples that are late, with when they go; the first to go in front.
    held_back: VecDeque<(u64, Sample<M>)>,
    /// Goes after the next that goes.
    outrun: Option<Sample<M>>,
    queue: VecDeque<Sample<M>>,
    rate: Rate,
}

/// How fast the queue empties.
#[derive(Clone, Copy, Debug, Default)]
struct Rate {
    period_ns: u64,
    /// When the next may go.
    next_ns: u64,
}

/// A sample as it is handed over.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::node) struct Sample<M> {
    /// Its place in the schedule.
    item: u64,
    pub(in crate::node) made: M,
    pub(in crate::node) bytes: Vec<u8>,
}

/// What to hand over of a sample, and what for.
#[must_use]
#[derive(Debug, PartialEq)]
pub(in crate::node) struct Posted<M> {
    /// So many bytes of the sample in hand go first; `None` if it does not go.
    pub(in crate::node) own_bytes: Option<usize>,
    /// These go after it.
    pub(in crate::node) others: Vec<Sample<M>>,
    /// The faults that acted, by their index in the plan, each with how much it did.
    pub(in crate::node) acted: Vec<(u32, u64)>,
}

/// What the faults on its way do to a sample together.
#[derive(Debug)]
struct Route<M> {
    lost: bool,
    copies: usize,
    delay_ns: u64,
    outrun: bool,
    limit_ns: Option<u64>,
    replaced_by: Option<Sample<M>>,
}

impl<M: Clone> Outbox<M> {
    /// The outbox of a sensor whose faults are the injector's.
    pub(in crate::node) fn new(
        injector: &Injector,
        invert_field: fn(&mut [u8], Field) -> u32,
    ) -> Outbox<M> {
        // The sample in hand is kept with those before it.
        let keeps = match injector.keeps_samples() {
            0 => 0,
            before => before + 1,
        };
        Outbox {
            invert_field,
            kept: VecDeque::new(),
            keeps,
            held_back: VecDeque::new(),
            outrun: None,
            queue: VecDeque::new(),
            rate: Rate::default(),
        }
    }

    /// Lets the hits befall a protected sample in hand at `now_ns`: changes its bytes, and tells what
    /// is to be handed over now.
    pub(in crate::node) fn post(
        &mut self,
        now_ns: u64,
        (made, bytes): (M, &mut [u8]),
        hits: &Hits,
        injector: &Injector,
    ) -> Posted<M> {
        self.keep(hits.item, &made, bytes);
        let mut acted = Vec::new();
        let mut length = bytes.len();
        for hit in &hits.hits {
            let changed = match hit.what {
                SampleFault::Damage(how) => {
                    let previous = self.kept.iter().rev().nth(1).map(|sample| &*sample.bytes);
                    let mut draw = injector.draw(hit.fault, hits.item);
                    fault::bytes::damage(&mut bytes[..length], how, previous, &mut draw).into()
                }
                SampleFault::Header(field) => {
                    (self.invert_field)(&mut bytes[..length], field.into()).into()
                }
                SampleFault::Shorten(to_bytes) => {
                    let cut = length.saturating_sub(to_bytes as usize);
                    length -= cut;
                    cut as u64
                }
                _ => continue,
            };
            if changed > 0 {
                acted.push((hit.fault, changed));
            }
        }
        let route = self.route(now_ns, hits, &mut acted);
        let in_hand =
            || Sample { item: hits.item, made: made.clone(), bytes: bytes[..length].to_vec() };
        let (goes, others) = self.send(now_ns, in_hand, &route);
        let own_bytes = goes.then_some(length);
        Posted { own_bytes, others, acted }
    }

    /// When the next sample that was held back goes.
    pub(in crate::node) fn next_release_ns(&self) -> Option<u64> {
        let held_back = self.held_back.front().map(|(release_ns, _)| *release_ns);
        let queued = self.queue.front().map(|_| self.rate.next_ns);
        held_back.into_iter().chain(queued).min()
    }

    /// A sample that was held back until `now_ns` or before.
    pub(in crate::node) fn released(&mut self, now_ns: u64) -> Option<Sample<M>> {
        if !self.queue.is_empty() && self.rate.next_ns <= now_ns {
            self.rate.next_ns = now_ns + self.rate.period_ns;
            return self.queue.pop_front();
        }
        self.held_back.front().filter(|(release_ns, _)| *release_ns <= now_ns)?;
        self.held_back.pop_front().map(|(_, sample)| sample)
    }

    fn keep(&mut self, item: u64, made: &M, bytes: &[u8]) {
        if self.keeps == 0 {
            return;
        }
        let oldest = if self.kept.len() < self.keeps { None } else { self.kept.pop_front() };
        // The oldest one's memory holds the newest.
        let mut kept = oldest.map_or_else(Vec::new, |sample| sample.bytes);
        kept.clear();
        kept.extend_from_slice(bytes);
        self.kept.push_back(Sample { item, made: made.clone(), bytes: kept });
    }

    /// Where the faults on its way lead the newest sample.
    fn route(&self, now_ns: u64, hits: &Hits, acted: &mut Vec<(u32, u64)>) -> Route<M> {
        let mut route = Route {
            lost: false,
            copies: 1,
            delay_ns: 0,
            outrun: false,
            limit_ns: None,
            replaced_by: None,
        };
        for hit in &hits.hits {
            let amount = match hit.what {
                SampleFault::Drop => {
                    route.lost = true;
                    1
                }
                SampleFault::Delay(by_ns) => {
                    route.delay_ns += by_ns;
                    by_ns
                }
                SampleFault::Duplicate => {
                    route.copies += 1;
                    1
                }
                SampleFault::Reorder if self.outrun.is_none() => {
                    route.outrun = true;
                    1
                }
                SampleFault::Replay(age) => {
                    let Some(old) = self.kept.iter().rev().nth(age as usize) else { continue };
                    route.replaced_by = Some(old.clone());
                    hits.item - old.item
                }
                SampleFault::LimitRate(per_s) => {
                    let period_ns = (1e9 / per_s) as u64;
                    route.limit_ns = Some(period_ns);
                    let before = self.queue.len() as u64 * period_ns;
                    match (self.rate.next_ns + before).saturating_sub(now_ns) {
                        0 => continue,
                        wait_ns => wait_ns,
                    }
                }
                _ => continue,
            };
            acted.push((hit.fault, amount));
        }
        route
    }

    /// Sends the sample in hand, or what stands in for it, on its way. Returns whether the one in hand
    /// goes at once, and what goes after it.
    fn send(
        &mut self,
        now_ns: u64,
        in_hand: impl Fn() -> Sample<M>,
        route: &Route<M>,
    ) -> (bool, Vec<Sample<M>>) {
        if route.lost {
            return (false, Vec::new());
        }
        let stands_in = route.replaced_by.is_some();
        let sample = || route.replaced_by.clone().unwrap_or_else(&in_hand);
        if self.must_queue(now_ns, route.limit_ns) {
            if self.queue.len() < QUEUE_MAX {
                self.queue.extend((0..route.copies).map(|_| sample()));
            }
            return (false, Vec::new());
        }
        if route.outrun {
            self.outrun = Some(sample());
            return (false, Vec::new());
        }
        if route.delay_ns > 0 {
            let release_ns = now_ns + route.delay_ns;
            self.held_back.extend((0..route.copies).map(|_| (release_ns, sample())));
            self.held_back.make_contiguous().sort_by_key(|(release_ns, _)| *release_ns);
            return (false, Vec::new());
        }
        let copies = if stands_in { route.copies } else { route.copies - 1 };
        let others = (0..copies).map(|_| sample()).chain(self.outrun.take()).collect();
        (!stands_in, others)
    }

    /// Whether the sample goes behind others. Once the limit is gone, what waits goes at once, and what
    /// comes meanwhile goes behind it.
    fn must_queue(&mut self, now_ns: u64, limit_ns: Option<u64>) -> bool {
        if let Some(period_ns) = limit_ns {
            self.rate.period_ns = period_ns;
            let waits = !self.queue.is_empty() || self.rate.next_ns > now_ns;
            if !waits {
                self.rate.next_ns = now_ns + period_ns;
            }
            return waits;
        }
        self.rate = Rate { period_ns: 0, next_ns: self.rate.next_ns.min(now_ns) };
        !self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests;
