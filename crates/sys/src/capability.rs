//! What this host lets this user do, found out by doing it on something expendable: [`missing`].

use crate::cgroup::{Freezer, MemoryLimit};
use crate::clock::{now_ns, sleep_until};
use crate::limits::{self, Limit};
use crate::process::{Child, Region, RunState};
use crate::{calls, sched};
use nix::sys::resource::{Resource, getrlimit};
use std::io;
use std::thread::Builder;

/// How long the victim may take to stop; then it is tried on as it is.
const STOP_WITHIN_NS: u64 = 1_000_000_000;
/// How often it is looked at meanwhile.
const LOOK_NS: u64 = 100_000;
/// Number of `CAP_SYS_NICE` (capabilities(7)).
const SYS_NICE: u32 = 23;
/// More than the victim will ever use.
const PROBE_BYTES: u64 = 64 << 20;

/// Something that an injector needs and that not every host and user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Real-time scheduling (`SCHED_FIFO`): [`sched::set_realtime`], [`crate::crash::invert_priority`].
    RealTime,
    /// Processors chosen for a thread: [`sched::pin_to`], [`Child::set_affinity`].
    Affinity,
    /// Limits set on a running child: [`limits::set`].
    Prlimit,
    /// Memory of a child written from outside: [`Child::flip_memory`].
    Ptrace,
    /// System calls answered with an error: [`calls::refuse`].
    Seccomp,
    /// A child stopped without a signal: [`Freezer`].
    CgroupFreezer,
    /// A child's memory bounded by its group: [`MemoryLimit`].
    CgroupMemory,
}

impl Capability {
    /// All of them.
    pub const ALL: [Capability; 7] = [
        Capability::RealTime,
        Capability::Affinity,
        Capability::Prlimit,
        Capability::Ptrace,
        Capability::Seccomp,
        Capability::CgroupFreezer,
        Capability::CgroupMemory,
    ];
}

/// Why this host and user lack the capability, in words for a person; `None` if they have it.
pub fn missing(capability: Capability) -> Option<String> {
    let error = probe(capability).err()?;
    let refused = match capability {
        Capability::RealTime => return Some(no_real_time(&error)),
        Capability::Affinity => "a thread cannot be given a processor",
        Capability::Prlimit => "a running child cannot be limited",
        Capability::Ptrace => "the memory of a child cannot be written",
        Capability::Seccomp => "system calls cannot be filtered",
        Capability::CgroupFreezer => "a child cannot be frozen by its group",
        Capability::CgroupMemory => "the memory of a child cannot be bounded by its group",
    };
    Some(format!("{refused}: {error}"))
}

fn probe(capability: Capability) -> io::Result<()> {
    match capability {
        Capability::RealTime => on_a_thread(|| sched::set_realtime(1)),
        Capability::Affinity => on_a_thread(|| {
            let cpus = sched::allowed_cpus();
            sched::pin_to(*cpus.first().ok_or(io::ErrorKind::NotFound)?)
        }),
        Capability::Prlimit => on_a_victim(|victim| {
            let limit = limits::of(victim, Limit::OpenFiles)?;
            limits::set(victim, Limit::OpenFiles, limit).map(drop)
        }),
        // The lowest word of a stack is used last.
        Capability::Ptrace => {
            on_a_victim(|victim| victim.flip_memory(Region::Stack, 1, &mut |_| 0).map(drop))
        }
        Capability::Seccomp => on_a_thread(calls::probe),
        Capability::CgroupFreezer => on_a_victim(|victim| Freezer::for_child(victim)?.freeze()),
        Capability::CgroupMemory => {
            on_a_victim(|victim| MemoryLimit::for_child(victim, PROBE_BYTES).map(drop))
        }
    }
}

fn no_real_time(error: &io::Error) -> String {
    let held = crate::process::own_hex_field("CapEff").unwrap_or(0) >> SYS_NICE & 1 == 1;
    let limit = getrlimit(Resource::RLIMIT_RTPRIO).map_or(0, |(soft, _)| soft);
    let cause = if held { "CAP_SYS_NICE is held" } else { "CAP_SYS_NICE is missing" };
    format!("SCHED_FIFO is refused: RLIMIT_RTPRIO is {limit} and {cause} ({error})")
}

/// Tries it on a thread that ends with it.
fn on_a_thread(probe: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    Builder::new().spawn(probe)?.join().expect("a probe does not panic")
}

/// Tries it on a child that is killed afterwards.
fn on_a_victim(probe: impl FnOnce(&Child) -> io::Result<()>) -> io::Result<()> {
    let victim = Child::expendable()?;
    let probed = settled(&victim).and_then(|()| probe(&victim));
    victim.kill()?;
    victim.reap()?;
    probed
}

fn settled(victim: &Child) -> io::Result<()> {
    let give_up_ns = now_ns() + STOP_WITHIN_NS;
    while victim.usage()?.state != RunState::Stopped && now_ns() < give_up_ns {
        sleep_until(now_ns() + LOOK_NS);
    }
    Ok(())
}
