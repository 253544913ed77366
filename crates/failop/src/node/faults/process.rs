//! Faults of the process as a whole: it crashes, hangs, or takes what it should not.

use crate::node::runtime::Runtime;
use anyhow::bail;
use fault::act::{Call, CrashHow, Errno, ProcessFault};
use fault::kinds::Ending;
use std::convert::Infallible;
use sys::clock::{now_ns, sleep_until};
use sys::limits::{self, Limit};
use wire::Event;
use wire::event::Proof;

/// Descriptors that a process may have once it leaks them: more than it needs, and few enough to be
/// used up within milliseconds.
const FILES_MAX: u64 = 256;
/// How long a hang lasts that has no end: until the process is replaced.
const FOR_EVER_NS: u64 = u64::MAX / 2;

impl Runtime {
    /// Crashes, hangs or errs if the scenario says so. Called in the middle of the work on a sample, a
    /// slot or a message in hand: code fails while it runs, not while it sleeps. An error is the
    /// scenario's.
    pub(in crate::node) fn suffer(&mut self) -> anyhow::Result<()> {
        let now = self.now_ns();
        let Some((fault, what, for_ns)) = self.faults.injector.process_fault(now) else {
            return Ok(());
        };
        let until_ns = for_ns.map_or(FOR_EVER_NS, |for_ns| now_ns() + for_ns);
        match what {
            ProcessFault::Crash(how) => match self.crash(fault, how)? {},
            ProcessFault::Spin => {
                self.hang(fault, Proof::SeenSpinning, |_| sys::crash::spin_until(until_ns));
            }
            ProcessFault::Block => self.hang(fault, Proof::SeenBlocked, |_| sleep_until(until_ns)),
            ProcessFault::Deadlock => {
                self.hang(fault, Proof::SeenBlocked, |_| sys::crash::deadlock());
            }
            ProcessFault::Stuck => {
                self.hang(fault, Proof::Acted, |runtime| runtime.show_life_until(until_ns));
            }
            ProcessFault::InvertPriority => self.invert_priority(fault, until_ns),
            ProcessFault::LeakFiles => self.leak_files(fault),
            ProcessFault::RefuseCalls(call, errno) => self.refuse_calls(fault, call, errno),
            ProcessFault::Truncate => self.truncate(fault),
            ProcessFault::IgnoreStop => {
                if sys::crash::ignore_terminate().is_ok() {
                    self.tell_acted(fault, 0, 1);
                }
            }
        }
        Ok(())
    }

    fn crash(&mut self, fault: u32, how: CrashHow) -> anyhow::Result<Infallible> {
        let (proof, value) = match how.ending() {
            Ending::Signal(signal) => (Proof::EndedBySignal, signal.into()),
            Ending::Code(code) => (Proof::EndedWithCode, code.into()),
        };
        self.events.tell(Event::Applied { fault, proof, item: 0, value });
        match how {
            CrashHow::Segfault => sys::crash::segfault(),
            CrashHow::Abort => std::process::abort(),
            CrashHow::IllegalInstruction => sys::crash::illegal_instruction(),
            // Unwinds like any panic, without a message on the user's terminal.
            CrashHow::Panic => std::panic::resume_unwind(Box::new("injected")),
            CrashHow::Error => bail!("the scenario injected an error"),
            CrashHow::Exit => std::process::exit(0),
            CrashHow::StackOverflow => sys::crash::overflow_stack(),
            CrashHow::OutOfMemory => sys::crash::exhaust_memory(),
            CrashHow::WildWrite => sys::crash::write_to(self.faults.arming.page()),
        }
    }

    fn hang(&mut self, fault: u32, proof: Proof, hang: impl FnOnce(&Runtime)) {
        // A process that shows life is not seen to hang: its own word counts.
        let value = u64::from(proof == Proof::Acted);
        self.events.tell(Event::Applied { fault, proof, item: 0, value });
        hang(self);
        self.events.tell(Event::Resumed { fault });
    }

    /// Beats, and does nothing else.
    fn show_life_until(&self, until_ns: u64) {
        loop {
            let now = now_ns();
            self.beater.beat(now);
            if now >= until_ns {
                return;
            }
            sleep_until(until_ns.min(now + self.beat_period_ns()));
        }
    }

    /// Waits for a lock whose holder does not run. What is told at the beginning says when it acted,
    /// what is told at the end how long it waited.
    fn invert_priority(&mut self, fault: u32, until_ns: u64) {
        let Some(&cpu) = sys::sched::allowed_cpus().last() else { return };
        self.tell_acted(fault, 0, 0);
        if let Ok(waited_ns) = sys::crash::invert_priority(cpu, until_ns) {
            self.tell_acted(fault, 0, waited_ns);
            self.events.tell(Event::Resumed { fault });
        }
    }

    fn leak_files(&mut self, fault: u32) {
        let opened = limits::set_own(Limit::OpenFiles, FILES_MAX);
        if let Ok((files, errno)) = opened.and_then(|_before| limits::open_until_refused()) {
            self.faults.leaked.extend(files);
            self.tell_acted(fault, 0, errno.unsigned_abs().into());
        }
    }

    /// Lets calls fail, and tries one, so that it is known that they do.
    fn refuse_calls(&mut self, fault: u32, call: Call, errno: Errno) {
        let Ok((near, far)) = sys::socket::datagram_pair() else { return };
        let waits = sys::socket::send(&far, &[1]).is_ok_and(sys::socket::Sent::is_sent);
        let direction = match call {
            Call::Send => sys::calls::Call::Send,
            Call::Receive => sys::calls::Call::Receive,
        };
        if !waits || sys::calls::refuse(direction, errno.number()).is_err() {
            return;
        }
        let works = match call {
            Call::Send => sys::socket::send(&near, &[1]).is_ok_and(sys::socket::Sent::is_sent),
            Call::Receive => sys::socket::receive(&near, &mut [0]).is_ok_and(|got| got.is_some()),
        };
        if !works {
            self.tell_acted(fault, 0, errno.number().unsigned_abs().into());
        }
    }

    fn truncate(&mut self, fault: u32) {
        let Some(shared) = &self.faults.shared else { return };
        let refusal = sys::shm::try_truncate(shared).err();
        if let Some(errno) = refusal.and_then(|error| error.raw_os_error()) {
            self.tell_acted(fault, 0, errno.unsigned_abs().into());
        }
    }
}
