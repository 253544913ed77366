//! Seeing the death of a process before anyone can bury it: [`hold`] and
//! [`wait_for_death`].
//!
//! A thread registers one word of shared memory with the kernel as a lock that it holds (a robust
//! futex, `set_robust_list(2)`). When the thread ends, however it ends, the kernel sets a bit in
//! the word and wakes who waits there. It does so before it takes the process's memory apart, while
//! the pidfd becomes readable only after that.

use crate::shm::SharedView;
use nix::errno::Errno;
use nix::libc;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// In a futex word: its owner died while it held it (`FUTEX_OWNER_DIED`).
const OWNER_DIED: u32 = 0x4000_0000;
/// In a futex word: somebody waits (`FUTEX_WAITERS`); without it the kernel wakes nobody.
const WAITERS: u32 = 0x8000_0000;

/// `struct robust_list_head` of the kernel, and after it the only element of its list.
#[repr(C)]
struct List {
    /// The first element; an element begins with a pointer to the next, the last with one to the
    /// head.
    first: *const libc::c_void,
    /// From an element to its futex word.
    futex_offset: libc::c_long,
    /// An element that is being locked or unlocked: never.
    pending: *const libc::c_void,
    /// The element: a pointer to the head.
    element: *const libc::c_void,
}

/// Makes the calling thread the owner of the low half of `word` until it ends: the kernel then tells
/// everyone in
/// [`wait_for_death`]. The list that the C library keeps for its own robust mutexes is replaced;
/// this program has none.
pub fn hold(word: &'static AtomicU64) -> io::Result<()> {
    // SAFETY: `gettid` takes nothing and cannot fail.
    let thread = unsafe { libc::gettid() };
    // Never given back: the kernel reads it when the thread ends.
    let list = Box::leak(Box::new(List {
        first: std::ptr::null(),
        futex_offset: 0,
        pending: std::ptr::null(),
        element: std::ptr::null(),
    }));
    let head: *const libc::c_void = (&raw const *list).cast();
    let element: *const libc::c_void = (&raw const list.element).cast();
    list.first = element;
    list.element = head;
    let offset = (word.as_ptr().addr() as isize).wrapping_sub(element.addr() as isize);
    list.futex_offset = offset as libc::c_long;
    // Release pairs with Acquire in `owner_died`: the dead before this owner is forgotten.
    word.store(u64::from(thread.cast_unsigned() | WAITERS), Ordering::Release);
    let head_bytes = std::mem::offset_of!(List, element);
    // SAFETY: `head` leads to a `robust_list_head` and its one element, both leaked, whose futex word
    // lives as long as the program; the kernel checks the length.
    let set = unsafe { libc::syscall(libc::SYS_set_robust_list, head, head_bytes) };
    Errno::result(set)?;
    Ok(())
}

/// Whether the owner of word `index` of `view` has died and nobody has owned it since.
pub fn owner_died(view: &SharedView, index: usize) -> bool {
    // Acquire pairs with Release in `hold`.
    view.load(index, Ordering::Acquire) as u32 & OWNER_DIED != 0
}

/// Sleeps until an owner of word `index` of `view` dies, at the longest until `deadline_ns`. May return
/// early.
pub fn wait_for_death(view: &SharedView, index: usize, deadline_ns: u64) {
    view.wait(index, view.load(index, Ordering::Acquire) as u32, deadline_ns);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now_ns;
    use crate::shm::{Memory, Shared};

    #[test]
    fn the_end_of_the_owning_thread_marks_the_word_and_wakes() {
        let memory = Memory::anonymous("test", 4096).unwrap();
        let view = SharedView::map(memory.read_only().unwrap(), 0, 4096).unwrap();
        let shared: &'static Shared =
            Box::leak(Box::new(Shared::map(memory.fd(), 0, 4096).unwrap()));
        assert!(!owner_died(&view, 5));
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let owner = std::thread::spawn(move || {
            hold(&shared.words()[5]).unwrap();
            // Ends when the test says so.
            if wait.recv().is_err() {}
        });
        let deadline = now_ns() + 30_000_000_000;
        while view.load(5, Ordering::Acquire) == 0 && now_ns() < deadline {
            std::hint::spin_loop();
        }
        assert!(!owner_died(&view, 5));
        go.send(()).unwrap();
        while !owner_died(&view, 5) && now_ns() < deadline {
            wait_for_death(&view, 5, now_ns() + 10_000_000);
        }
        assert!(owner_died(&view, 5));
        owner.join().unwrap();
    }
}
