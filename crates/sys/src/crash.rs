//! Real ways to die and to get stuck: what a fault injector needs and nothing else should call.

mod locks;

pub use locks::{deadlock, invert_priority};

use crate::shm::SharedView;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use std::hint::black_box;
use std::io;

/// Most stack that an overflow fills: the usual limit. An unlimited one would take all memory.
const STACK_BYTES_MAX: u64 = 8 << 20;
/// What is allocated at once when memory is to run out: small enough to come from the heap, so that
/// its rest is used up too.
const BLOCK_BYTES: usize = 64 << 10;
/// Enough stack for the way from a refused allocation to the abort.
const ABORT_STACK_BYTES: usize = 16 << 10;

/// Writes through a pointer to unmapped memory: the kernel ends the process with `SIGSEGV`.
pub fn segfault() -> ! {
    // Address 1 rather than null: debug builds turn a null write into an abort before it happens.
    let unmapped = std::ptr::without_provenance_mut::<u8>(1);
    // SAFETY: none, on purpose: page 0 is never mapped (vm.mmap_min_addr), so the write ends the
    // process before it could change anything.
    unsafe { unmapped.write_volatile(0) };
    std::process::abort()
}

/// Writes into a mapping that can only be read: the kernel ends the process with `SIGSEGV`, and
/// nobody who shares the memory sees a change.
pub fn write_to(view: &SharedView) -> ! {
    // SAFETY: none, on purpose: the mapping lacks PROT_WRITE as long as `view` lives, so the write
    // ends the process before it could change anything.
    unsafe { view.start().write_volatile(0) };
    std::process::abort()
}

/// Runs an instruction that no processor has: the kernel ends the process with `SIGILL`.
pub fn illegal_instruction() -> ! {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `ud2` is defined to raise the invalid-opcode exception and does nothing else.
    unsafe {
        std::arch::asm!("ud2", options(noreturn, nomem, nostack));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: `udf` is defined to be undefined for ever and does nothing else.
    unsafe {
        std::arch::asm!("udf #0", options(noreturn, nomem, nostack));
    }
}

/// Calls itself until the stack is used up and the guard page behind it is hit: the kernel ends the
/// process with `SIGSEGV`.
///
/// # Panics
/// If the kernel refuses to lower the process's own limit or to reset a signal's action.
pub fn overflow_stack() -> ! {
    // Rust's own handler would turn the overflow into an abort.
    die_of_memory_signals().expect("the default action is always allowed");
    let (soft, hard) = getrlimit(Resource::RLIMIT_STACK).expect("Linux limits the stack");
    setrlimit(Resource::RLIMIT_STACK, soft.min(STACK_BYTES_MAX), hard)
        .expect("a lower limit is always allowed");
    black_box(descend(0));
    unreachable!("every stack ends");
}

/// The frame is used after the call, so that no compiler can make a loop of it.
#[inline(never)]
fn descend(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if depth == u64::MAX {
        return 0;
    }
    descend(depth + 1).wrapping_add(black_box(frame)[0])
}

/// Lets the process get no more memory from the kernel (`RLIMIT_AS`) and allocates until the
/// allocator fails: Rust ends the process with `SIGABRT`.
///
/// # Panics
/// If the kernel refuses to lower the process's own limit.
pub fn exhaust_memory() -> ! {
    // Below what is mapped already, the limit means: not one page more. The way to the abort needs
    // some stack, which could not grow any more either.
    black_box([1_u8; ABORT_STACK_BYTES]);
    let (_, hard) = getrlimit(Resource::RLIMIT_AS).expect("Linux limits the address space");
    setrlimit(Resource::RLIMIT_AS, 0, hard).expect("a lower limit is always allowed");
    loop {
        black_box(vec![1_u8; BLOCK_BYTES].leak());
    }
}

/// Sends itself `SIGKILL`: not one further instruction of the process is run.
///
/// # Panics
/// If the kernel refuses a process a signal to itself.
pub fn kill_self() -> ! {
    nix::sys::signal::raise(Signal::SIGKILL).expect("a process may always signal itself");
    unreachable!("SIGKILL cannot be survived")
}

/// Burns the CPU until [`now_ns`](crate::clock::now_ns) has reached `until_ns`.
pub fn spin_until(until_ns: u64) {
    while crate::clock::now_ns() < until_ns {
        std::hint::spin_loop();
    }
}

/// Lets every polite request to end (`SIGTERM`) pass without effect.
pub fn ignore_terminate() -> io::Result<()> {
    crate::signals::ignore(Signal::SIGTERM)
}

/// Gives `SIGSEGV` and `SIGBUS` their default action, the end of the process. Rust's runtime catches
/// them to tell a stack overflow, and survives the first that somebody sends.
pub fn die_of_memory_signals() -> io::Result<()> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    for signal in [Signal::SIGSEGV, Signal::SIGBUS] {
        // SAFETY: the default action runs no code of this process.
        unsafe { sigaction(signal, &default) }?;
    }
    Ok(())
}

/// A crashing process leaves no core file behind: it would cost recovery time and litter the
/// working directory.
pub fn disable_core_files() -> io::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    Ok(())
}
