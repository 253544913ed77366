//! Shared memory that nobody synchronises: one slot, which the sender fills while the receiver reads it.
//!
//! It is the classic bug, kept to show it: on two processors the receiver finds the upper part of one
//! message above the lower part of the one before. It guarantees nothing; nobody waits, and nobody is
//! woken: the receiver is given what lies in the slot whenever it looks. It takes a copy, as what changes
//! while it is used could not even be checked. Two marks tell whether the sender was in the slot
//! meanwhile; they come too late to help, and serve to count. Nothing has a name: the memory is gone with
//! the last process that has it.

use super::carrier::{Found, Incoming, Message, Outgoing, Owner};
use super::{HandDown, Inherited, LinkError, Sent, Spec, only_descriptor};
use crate::page::{AttachError, attach, attach_view, create};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{Ordering, fence};
use sys::shm::{Memory, Shared, SharedView};
use wire::shared::{PAGE_BYTES, PageKind, slot as word};

#[derive(Debug)]
pub(super) struct Slot {
    memory: Memory,
    read_only: OwnedFd,
}

pub(super) fn owner(spec: Spec) -> Result<Slot, LinkError> {
    let system = |source| LinkError::System { mechanism: spec.mechanism, source };
    let (memory, _header) = create(PageKind::Slot, spec.message_bytes)?;
    let read_only = memory.read_only().map_err(system)?;
    Ok(Slot { memory, read_only })
}

impl Owner for Slot {
    fn outlet(&self) -> HandDown<'_> {
        HandDown { fds: vec![self.memory.fd()], ids: Vec::new() }
    }

    fn inlet(&self) -> HandDown<'_> {
        HandDown { fds: vec![self.read_only.as_fd()], ids: Vec::new() }
    }
}

fn unmapped(source: io::Error) -> AttachError {
    AttachError::Map { what: PageKind::Slot, source }
}

#[derive(Debug)]
pub(super) struct Filling {
    header: Shared,
    slot: Shared,
    bytes: usize,
    memory: OwnedFd,
}

pub(super) fn outlet(spec: Spec, end: Inherited) -> Result<Filling, LinkError> {
    let memory = only_descriptor(spec, end)?;
    let bytes = spec.message_bytes;
    let header = attach(PageKind::Slot, &memory, PAGE_BYTES)?;
    let slot = Shared::map(&memory, PAGE_BYTES, bytes).map_err(unmapped)?;
    Ok(Filling { header, slot, bytes, memory })
}

impl Outgoing for Filling {
    fn begin(&mut self) -> io::Result<bool> {
        self.header.words()[word::BEGUN].fetch_add(1, Ordering::Relaxed);
        // Release pairs with the Acquire fence in `take`: who copied a byte of this fill sees that it
        // began.
        fence(Ordering::Release);
        Ok(true)
    }

    fn bytes(&mut self) -> &mut [u8] {
        self.slot.bytes_mut(0, self.bytes)
    }

    fn publish(&mut self, message: Message, _wake: &dyn Fn()) -> io::Result<Sent> {
        let words = self.header.words();
        // Relaxed: made visible by the Release store that follows.
        words[word::PUBLISHED_NS].store(message.published_ns, Ordering::Relaxed);
        // Relaxed: this process is the only one that stores to it.
        let begun = words[word::BEGUN].load(Ordering::Relaxed);
        // Release pairs with Acquire in `take`: who sees the fill finished copies all of it.
        words[word::FINISHED].store(begun, Ordering::Release);
        Ok(Sent::Taken)
    }

    fn still_writable(&mut self) -> Option<&mut [u8]> {
        Some(self.bytes())
    }

    fn memory(&self) -> Option<BorrowedFd<'_>> {
        Some(self.memory.as_fd())
    }
}

#[derive(Debug)]
pub(super) struct Looking {
    header: SharedView,
    slot: SharedView,
    copy: Vec<u8>,
    was_overwritten: bool,
}

pub(super) fn inlet(spec: Spec, end: Inherited) -> Result<Looking, LinkError> {
    let memory = only_descriptor(spec, end)?;
    let header = attach_view(PageKind::Slot, &memory, PAGE_BYTES)?;
    let slot = SharedView::map(&memory, PAGE_BYTES, spec.message_bytes).map_err(unmapped)?;
    // Written, so that the first look is no slower than the others.
    let copy = vec![u8::MAX; spec.message_bytes];
    Ok(Looking { header, slot, copy, was_overwritten: false })
}

impl Looking {
    fn in_place(&self) -> &[u8] {
        self.slot.bytes(0, self.copy.len())
    }
}

impl Incoming for Looking {
    fn take(&mut self) -> io::Result<Found> {
        // Acquire pairs with Release in `publish`.
        let finished = self.header.load(word::FINISHED, Ordering::Acquire);
        if finished == 0 {
            return Ok(Found::Nothing);
        }
        let Looking { slot, copy, .. } = self;
        let bytes = copy.len();
        copy.copy_from_slice(slot.bytes(0, bytes));
        // Acquire pairs with the Release fence in `begin`.
        fence(Ordering::Acquire);
        self.was_overwritten = self.header.load(word::BEGUN, Ordering::Relaxed) != finished;
        let published_ns = self.header.load(word::PUBLISHED_NS, Ordering::Relaxed);
        Ok(Found::Message { published_ns })
    }

    fn bytes(&self) -> &[u8] {
        &self.copy
    }

    fn overwritten(&self) -> Option<&[u8]> {
        self.was_overwritten.then(|| self.in_place())
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::link::{
        Fill, Inherited, Inlet, Link, Mechanism, Outlet, Pattern, Spec, Taken, tests::own,
    };
    use std::sync::atomic::{AtomicBool, Ordering};
    use sys::clock::now_ns;

    /// As much as a frame: a copy takes long enough to be overtaken.
    const BYTES: usize = 2 << 20;
    /// Two threads that never rest tear within milliseconds; on one processor, when they are switched.
    const PATIENCE_NS: u64 = 60_000_000_000;

    fn link(message_bytes: usize) -> Link {
        let (mechanism, pattern) = (Mechanism::Shm, Pattern::Unsynchronised);
        let spec = Spec { mechanism, pattern, message_bytes, slots: 1 };
        Link::create(spec).unwrap()
    }

    fn outlet(of: Spec, end: Inherited) -> Outlet {
        Outlet::attach(of, end, None).unwrap()
    }

    fn inlet(of: &Link) -> Inlet {
        Inlet::attach(of.spec(), own(of.inlet())).unwrap()
    }

    fn ends(message_bytes: usize) -> (Outlet, Inlet) {
        let link = link(message_bytes);
        (outlet(link.spec(), own(link.outlet())), inlet(&link))
    }

    fn begin(outlet: &mut Outlet) -> Fill<'_> {
        outlet.begin().unwrap().expect("it never waits")
    }

    fn put(outlet: &mut Outlet, value: u8) {
        let mut fill = begin(outlet);
        fill.bytes().fill(value);
        let _sent = fill.publish_at(value.into()).unwrap().wake();
    }

    /// What lies in the slot, and what has come over it meanwhile.
    fn look(inlet: &mut Inlet) -> (Vec<u8>, Option<Vec<u8>>) {
        let Taken::Message(held) = inlet.take().unwrap() else { panic!("nothing there") };
        (held.bytes().to_vec(), held.overwritten().map(<[u8]>::to_vec))
    }

    #[test]
    fn a_receiver_is_given_the_slot_whenever_it_looks() {
        let (mut outlet, mut inlet) = ends(100);
        assert!(matches!(inlet.take().unwrap(), Taken::Nothing), "nothing was ever there");
        for value in [1, 2] {
            put(&mut outlet, value);
            for _look in 0..2 {
                assert_eq!(look(&mut inlet), (vec![value; 100], None));
            }
        }
    }

    #[test]
    fn what_lies_half_filled_is_told_until_it_is_filled_by_whomever() {
        let (mut outlet, mut inlet) = ends(100);
        put(&mut outlet, 1);
        // A sender that dies here leaves the same behind.
        begin(&mut outlet).bytes()[..40].fill(2);
        let half = [vec![2; 40], vec![1; 60]].concat();
        let Taken::Message(held) = inlet.take().unwrap() else { panic!("nothing there") };
        begin(&mut outlet).bytes()[40..50].fill(2);
        assert_eq!(held.bytes(), half, "a copy does not change");
        let now = held.overwritten().unwrap();
        assert_eq!(held.bytes().iter().zip(now).position(|(was, is)| was != is), Some(40));
        drop(held);
        put(&mut outlet, 3);
        assert_eq!(look(&mut inlet), (vec![3; 100], None));
    }

    #[test]
    fn two_threads_that_never_rest_tear_and_every_torn_message_is_told() {
        let link = link(BYTES);
        let (spec, end, mut inlet) = (link.spec(), own(link.outlet()), inlet(&link));
        let done = AtomicBool::new(false);
        let (mut looks, mut torn) = (0_u64, 0_u64);
        std::thread::scope(|scope| {
            let done = &done;
            scope.spawn(move || {
                let mut outlet = outlet(spec, end);
                let values = (0..=u8::MAX).cycle();
                values
                    .take_while(|_| !done.load(Ordering::Relaxed))
                    .for_each(|it| put(&mut outlet, it));
            });
            let deadline = now_ns() + PATIENCE_NS;
            while torn == 0 && now_ns() < deadline {
                let Taken::Message(held) = inlet.take().unwrap() else { continue };
                let bytes = held.bytes();
                let is_torn = bytes.iter().any(|byte| *byte != bytes[0]);
                let is_told = held.overwritten().is_some();
                looks += 1;
                torn += u64::from(is_torn);
                if is_torn && !is_told {
                    done.store(true, Ordering::Relaxed);
                    panic!("a torn message that nobody told");
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        let cpus = std::thread::available_parallelism().unwrap();
        assert!(torn > 0, "{looks} looks on {cpus} processors, and none was torn");
    }
}
