//! Real ways to die: what a fault injector needs and nothing else should call.

/// Writes through a pointer to unmapped memory: the kernel ends the process with `SIGSEGV`.
pub fn segfault() -> ! {
    // Address 1 rather than null: debug builds turn a null write into an abort before it happens.
    let unmapped = std::ptr::without_provenance_mut::<u8>(1);
    // SAFETY: none, on purpose: page 0 is never mapped (vm.mmap_min_addr), so the write ends the
    // process before it could change anything.
    unsafe { unmapped.write_volatile(0) };
    std::process::abort()
}

/// Burns the CPU until [`now_ns`](crate::clock::now_ns) has reached `until_ns`.
pub fn spin_until(until_ns: u64) {
    while crate::clock::now_ns() < until_ns {
        std::hint::spin_loop();
    }
}

/// Gives `SIGSEGV` and `SIGBUS` their default action, the end of the process. Rust's runtime catches
/// them to tell a stack overflow, and survives the first that somebody sends.
pub fn die_of_memory_signals() -> std::io::Result<()> {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    for signal in [Signal::SIGSEGV, Signal::SIGBUS] {
        // SAFETY: the default action runs no code of this process.
        unsafe { sigaction(signal, &default) }?;
    }
    Ok(())
}

/// A crashing process leaves no core file behind: it would cost recovery time and litter the
/// working directory.
pub fn disable_core_files() -> std::io::Result<()> {
    use nix::sys::resource::{Resource, setrlimit};
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    Ok(())
}
