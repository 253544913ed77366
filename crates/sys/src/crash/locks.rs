//! Threads that stand in each other's way: [`deadlock`] and [`invert_priority`].

use super::spin_until;
use crate::clock::now_ns;
use crate::sched::{Placement, pin_to, set_normal, set_realtime};
use nix::time::{ClockId, clock_gettime};
use std::io;
use std::sync::{Barrier, Mutex, mpsc};
use std::thread::{self, Builder};
use std::time::Duration;

/// Of a pair of priorities the lowest that works: it must only beat normal threads.
const HOG_PRIORITY: u8 = 1;
/// Above the hog.
const WAITER_PRIORITY: u8 = 2;
/// The holder needs this part of the time for its work: more than the 5 % that the kernel keeps for
/// normal threads when real-time ones never sleep (`sched_rt_runtime_us`, sched(7)), so that the
/// holder cannot end early.
const WORK_DIVISOR: u64 = 10;

/// Takes two locks in one order while another thread takes them in the other: both sleep for ever.
///
/// # Panics
/// If the kernel refuses another thread.
pub fn deadlock() -> ! {
    static ONE: Mutex<()> = Mutex::new(());
    static OTHER: Mutex<()> = Mutex::new(());
    Builder::new().spawn(|| take_both(&ONE, &OTHER)).expect("the kernel gives a thread");
    take_both(&OTHER, &ONE)
}

fn take_both(first: &Mutex<()>, second: &Mutex<()>) -> ! {
    static BOTH_HOLD_ONE: Barrier = Barrier::new(2);
    let _held = first.lock();
    BOTH_HOLD_ONE.wait();
    let _never = second.lock();
    unreachable!("who holds the other lock waits for this one");
}

/// Makes the calling thread wait for a lock whose holder cannot run: all on processor `cpu`, a normal
/// thread holds the lock and works, a real-time thread of middle priority takes the processor until
/// `until_ns`, and the caller, above both, wants the lock, which inherits no priority. Returns how
/// long the caller waited, in ns; without the middle thread it would be a tenth. Its class and its
/// processors are afterwards what they were.
///
/// Fails where real-time scheduling or the processor is refused.
///
/// # Panics
/// If the threads that it starts do.
pub fn invert_priority(cpu: usize, until_ns: u64) -> io::Result<u64> {
    let before = Placement::current()?;
    let waited_ns = wait_inverted(cpu, until_ns);
    before.restore()?;
    waited_ns
}

fn wait_inverted(cpu: usize, until_ns: u64) -> io::Result<u64> {
    // Threads start with the class and the processors of who starts them.
    pin_to(cpu)?;
    set_realtime(WAITER_PRIORITY)?;
    let lock = &Mutex::new(());
    let (tell, held) = mpsc::channel();
    thread::scope(|scope| {
        Builder::new().spawn_scoped(scope, move || {
            let normal = set_normal();
            let _held = lock.lock();
            tell.send(normal).expect("the waiter listens");
            work_until(until_ns);
        })?;
        held.recv().expect("the holder tells")?;
        let hog = Builder::new().spawn_scoped(scope, || {
            set_realtime(HOG_PRIORITY)?;
            spin_until(until_ns);
            Ok(())
        })?;
        let since_ns = now_ns();
        drop(lock.lock());
        let waited_ns = now_ns() - since_ns;
        hog.join().expect("a hog only spins").map(|()| waited_ns)
    })
}

/// Uses a tenth of the time until then, and gives up when it has come.
fn work_until(until_ns: u64) {
    let work = Duration::from_nanos(until_ns.saturating_sub(now_ns()) / WORK_DIVISOR);
    let used = || clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(work, Duration::from);
    let enough = used() + work;
    while used() < enough && now_ns() < until_ns {
        std::hint::spin_loop();
    }
}
