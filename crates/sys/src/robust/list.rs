//! The list of robust futexes of a thread, which it shares with the C library: [`List`].
//!
//! The C library tells the kernel once for each thread where the list begins and how far a futex word lies
//! from its element, −32 bytes in glibc on x86-64 and aarch64 (`pthread_mutex_t`: the word first, the
//! element at byte 32). Our elements lie as far from our words, so that they can join. An element is a
//! pointer to the next one, with a pointer to the previous one before it, which only the C library reads,
//! and only of its own. (glibc `nptl/descr.h`, `ENQUEUE_MUTEX`; musl `pthread_mutex_trylock.c` does the
//! same with −28, which no aligned pair of words can have: there [`List::element`] refuses.)
//!
//! Elements lie in shared memory, where other processes could change them. Nothing here follows what it
//! finds there: who leaves the list is its first, remembers itself what came next, and ends the process
//! where the memory says otherwise. The kernel follows them when the thread ends, through checked accesses,
//! and gives up at what it cannot read.

use nix::errno::Errno;
use nix::libc;
use std::io;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering, compiler_fence};

use super::REACH;

const WORD_BYTES: libc::c_long = size_of::<u64>() as libc::c_long;

/// `struct robust_list_head` of the kernel.
#[repr(C)]
#[derive(Debug)]
struct Head {
    /// The first element; the last one leads back here.
    first: AtomicPtr<libc::c_void>,
    /// From an element to its futex word.
    futex_offset: libc::c_long,
    /// The element that is being locked or unlocked.
    pending: AtomicPtr<libc::c_void>,
}

/// The calling thread's list. It cannot go to another thread.
#[derive(Debug)]
pub(super) struct List {
    head: NonNull<Head>,
    not_send: PhantomData<*mut ()>,
}

/// An element and the pointer before it, within words that live as long as `'a`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    next: &'a AtomicU64,
    previous: &'a AtomicU64,
}

impl Element<'_> {
    fn address(self) -> *mut libc::c_void {
        self.next.as_ptr().cast()
    }
}

/// The number of the calling thread, as its futex words show it.
pub(super) fn this_thread() -> u64 {
    // SAFETY: `gettid` takes nothing and cannot fail.
    u64::from(unsafe { libc::gettid() }.cast_unsigned())
}

impl List {
    /// The list that the C library has registered.
    pub(super) fn of_this_thread() -> io::Result<List> {
        let mut head = std::ptr::null_mut::<Head>();
        let mut bytes = 0_usize;
        // SAFETY: thread 0 is the calling one; the kernel stores a pointer and a length into two live
        // locals of these sizes.
        let got =
            unsafe { libc::syscall(libc::SYS_get_robust_list, 0, &raw mut head, &raw mut bytes) };
        Errno::result(got)?;
        let head = NonNull::new(head).filter(|_| bytes == size_of::<Head>());
        let head =
            head.ok_or_else(|| unsupported("the C library keeps no list of robust locks"))?;
        Ok(List { head, not_send: PhantomData })
    }

    fn head(&self) -> &Head {
        // SAFETY: the C library registered it for this thread, which a `List` never leaves, and keeps it
        // while the thread lives; its fields are written by this thread alone.
        unsafe { self.head.as_ref() }
    }

    /// The element of the futex in the low half of word `index`.
    pub(super) fn element<'a>(
        &self,
        words: &'a [AtomicU64],
        index: usize,
    ) -> io::Result<Element<'a>> {
        assert!(index >= REACH && words.len() - index > REACH, "the lock's words are there");
        let offset = -self.head().futex_offset;
        let distance = offset / WORD_BYTES;
        // Neither of the two pointers may lie on the futex itself.
        let fits = offset % WORD_BYTES == 0
            && (1 - REACH as i64..=REACH as i64).contains(&distance)
            && !(0..=1).contains(&distance);
        if !fits {
            return Err(unsupported("the C library's robust locks have another shape"));
        }
        let next = index.checked_add_signed(distance as isize).expect("checked above");
        Ok(Element { next: &words[next], previous: &words[next - 1] })
    }

    /// Tells the kernel which element is about to change hands: if the thread ends meanwhile, it looks
    /// there too.
    pub(super) fn begin(&self, element: Element) {
        self.head().pending.store(element.address(), Ordering::Relaxed);
        in_order();
    }

    /// The change is done.
    pub(super) fn end(&self) {
        in_order();
        self.head().pending.store(std::ptr::null_mut(), Ordering::Relaxed);
    }

    /// Makes an element the first. Returns what was, for [`leave`](Self::leave).
    pub(super) fn join(&self, element: Element) -> Next {
        let head = self.head();
        let old = head.first.load(Ordering::Relaxed);
        element.next.store(old.expose_provenance() as u64, Ordering::Relaxed);
        element.previous.store(self.head.as_ptr().expose_provenance() as u64, Ordering::Relaxed);
        in_order();
        self.set_previous(old, element.address());
        head.first.store(element.address(), Ordering::Relaxed);
        in_order();
        Next(old)
    }

    /// Takes the first element off the list.
    ///
    /// Ends the process if the list is not what it was when the element joined: what is locked inside is
    /// unlocked inside, and nothing else.
    pub(super) fn leave(&self, element: Element, next: Next) {
        let head = self.head();
        let is_first = head.first.load(Ordering::Relaxed) == element.address();
        if !is_first || element.next.load(Ordering::Relaxed) != next.0.addr() as u64 {
            // Its memory may go away while it stands on the list: no unwinding from here is sound.
            std::process::abort();
        }
        head.first.store(next.0, Ordering::Relaxed);
        self.set_previous(next.0, self.head.as_ptr().cast());
        in_order();
    }

    /// Stores the pointer before an element of this list, which the C library reads when one of its own
    /// leaves. The head has none that anybody reads.
    fn set_previous(&self, element: *mut libc::c_void, previous: *mut libc::c_void) {
        // The lowest bit tells one kind of mutex from the others.
        let element = element.map_addr(|address| address & !1).cast::<*mut libc::c_void>();
        if element.cast() == self.head.as_ptr() {
            return;
        }
        // SAFETY: an element has a pointer before it, in the same lock (module documentation).
        let place = unsafe { element.sub(1) };
        // SAFETY: the lock is held by this thread, so that its memory is there: ours by `Element` and
        // `leave`, the C library's by the contract of `pthread_mutex_lock`.
        unsafe { place.write_volatile(previous) };
    }
}

/// What stands behind an element on the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next(*mut libc::c_void);

/// The kernel reads the list on this very thread: the order of the program is enough.
fn in_order() {
    compiler_fence(Ordering::SeqCst);
}

fn unsupported(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}
