//! Owners that end, alone and beside the C library's own robust mutexes.

use super::*;
use crate::clock::now_ns;
use crate::shm::{Memory, Shared};
use nix::libc;
use std::sync::mpsc::channel;

const INDEX: usize = 16;
const PATIENCE_NS: u64 = 30_000_000_000;

fn deadline_ns() -> u64 {
    now_ns() + PATIENCE_NS
}

fn leaked(memory: &Memory) -> &'static Shared {
    Box::leak(Box::new(Shared::map(memory.fd(), 0, 4096).unwrap()))
}

fn view(memory: &Memory) -> SharedView {
    SharedView::map(memory.read_only().unwrap(), 0, 4096).unwrap()
}

fn wait_for_the_mark(view: &SharedView) {
    let deadline = deadline_ns();
    while !owner_died(view, INDEX) && now_ns() < deadline {
        wait_for_death(view, INDEX, now_ns() + 10_000_000);
    }
    assert!(owner_died(view, INDEX));
}

#[test]
fn the_end_of_the_owning_thread_marks_the_word_and_wakes() {
    let memory = Memory::anonymous("test", 4096).unwrap();
    let (view, shared) = (view(&memory), leaked(&memory));
    let (go, wait) = channel::<()>();
    let (tell, told) = channel();
    let owner = std::thread::spawn(move || {
        hold(shared.words(), INDEX).unwrap();
        tell.send(()).unwrap();
        // Ends when the test says so.
        if wait.recv().is_err() {}
    });
    told.recv().unwrap();
    assert!(!owner_died(&view, INDEX));
    go.send(()).unwrap();
    wait_for_the_mark(&view);
    owner.join().unwrap();
}

/// A robust mutex of the C library.
struct Mutex(Box<std::cell::UnsafeCell<libc::pthread_mutex_t>>);

// SAFETY: a mutex is made to be used by several threads.
unsafe impl Sync for Mutex {}
// SAFETY: as above; it does not move in memory, being boxed.
unsafe impl Send for Mutex {}

impl Mutex {
    fn new() -> Mutex {
        let mut attributes = std::mem::MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
        let mutex = Box::new(std::cell::UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER));
        // SAFETY: the attributes are a live local.
        assert_eq!(unsafe { libc::pthread_mutexattr_init(attributes.as_mut_ptr()) }, 0);
        let robust = libc::PTHREAD_MUTEX_ROBUST;
        // SAFETY: they were initialised above.
        let set = unsafe { libc::pthread_mutexattr_setrobust(attributes.as_mut_ptr(), robust) };
        assert_eq!(set, 0);
        // SAFETY: the mutex lives in its box, the attributes were initialised.
        assert_eq!(unsafe { libc::pthread_mutex_init(mutex.get(), attributes.as_ptr()) }, 0);
        Mutex(mutex)
    }

    fn lock(&self) -> i32 {
        // SAFETY: it was initialised, and lives.
        unsafe { libc::pthread_mutex_lock(self.0.get()) }
    }

    fn unlock(&self) -> i32 {
        // SAFETY: it was initialised, and lives.
        unsafe { libc::pthread_mutex_unlock(self.0.get()) }
    }
}

#[test]
fn the_c_librarys_robust_mutexes_stay_robust_before_and_behind_a_held_word() {
    let memory = Memory::anonymous("test", 4096).unwrap();
    let (view, shared) = (view(&memory), leaked(&memory));
    let mutexes: &'static [Mutex; 4] = Box::leak(Box::new([(); 4].map(|()| Mutex::new())));
    std::thread::spawn(move || {
        let [before, before_and_gone, behind, behind_and_gone] = mutexes;
        assert_eq!([before, before_and_gone].map(Mutex::lock), [0; 2]);
        hold(shared.words(), INDEX).unwrap();
        assert_eq!([behind, behind_and_gone].map(Mutex::lock), [0; 2]);
        // Out of the middle of the list, on both sides of the held word.
        assert_eq!([before_and_gone, behind_and_gone].map(Mutex::unlock), [0; 2]);
        assert_eq!([behind_and_gone, before_and_gone].map(Mutex::lock), [0; 2]);
        assert_eq!([before_and_gone, behind_and_gone].map(Mutex::unlock), [0; 2]);
    })
    .join()
    .unwrap();
    wait_for_the_mark(&view);
    let died = libc::EOWNERDEAD;
    assert_eq!(mutexes.each_ref().map(Mutex::lock), [died, 0, died, 0]);
}

#[test]
fn one_thread_at_a_time_has_a_lock_and_the_c_librarys_within_it() {
    const THREADS: u64 = 4;
    const TURNS: u64 = 5_000;
    let memory = Memory::anonymous("test", 4096).unwrap();
    let mutex = Mutex::new();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let count = Shared::map(memory.fd(), 0, 4096).unwrap();
                let mut lock =
                    Lock::attach(Shared::map(memory.fd(), 0, 4096).unwrap(), INDEX).unwrap();
                for _ in 0..TURNS {
                    let found = lock.with(deadline_ns(), |found| {
                        // Two steps, so that another thread in between would lose one.
                        let seen = count.words()[100].load(Ordering::Relaxed);
                        assert_eq!((mutex.lock(), mutex.unlock()), (0, 0));
                        count.words()[100].store(seen + 1, Ordering::Relaxed);
                        found
                    });
                    assert_eq!(found, Some(Found::Free));
                }
            });
        }
    });
    assert_eq!(view(&memory).load(100, Ordering::Relaxed), THREADS * TURNS);
    assert_eq!(owner(&view(&memory), INDEX), None);
}

#[test]
fn a_lock_that_others_hold_is_waited_for_until_the_deadline_and_known_by_its_owner() {
    let memory = Memory::anonymous("test", 4096).unwrap();
    let mut lock = Lock::attach(Shared::map(memory.fd(), 0, 4096).unwrap(), INDEX).unwrap();
    let tried = lock.with(deadline_ns(), |_| {
        assert_eq!(owner(&view(&memory), INDEX).map(u64::from), Some(this_thread()));
        let memory = &memory;
        std::thread::scope(|scope| {
            let other = scope.spawn(move || {
                let page = Shared::map(memory.fd(), 0, 4096).unwrap();
                Lock::attach(page, INDEX).unwrap().with(now_ns() + 1_000_000, |_| ())
            });
            other.join().unwrap()
        })
    });
    assert_eq!(tried, Some(None), "the inner one had to give up");
    assert!(
        lock.with(deadline_ns(), |_| ()).is_some(),
        "the bit of the one that gave up stands in nobody's way"
    );
}

#[test]
fn a_panic_inside_gives_the_lock_back() {
    let memory = Memory::anonymous("test", 4096).unwrap();
    let mut lock = Lock::attach(Shared::map(memory.fd(), 0, 4096).unwrap(), INDEX).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        lock.with(deadline_ns(), |_| panic!("inside"))
    }));
    assert!(panicked.is_err());
    assert_eq!(lock.with(deadline_ns(), |found| found), Some(Found::Free));
}
