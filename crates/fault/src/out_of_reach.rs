//! What can go wrong elsewhere and is not in the catalogue, with the reason: [`OUT_OF_REACH`].

/// A kind of fault that is not injected.
#[derive(Clone, Copy, Debug)]
pub struct OutOfReach {
    /// The fault, as people know it.
    pub fault: &'static str,
    /// Why it is not injected.
    pub why: &'static str,
}

/// Kinds of fault that people look for and that this system does not inject.
pub const OUT_OF_REACH: &[OutOfReach] = &[
    OutOfReach {
        fault: "`/dev/shm` full, `SIGBUS` on first touch",
        why: "All shared memory is anonymous, sealed, and touched in full before the run begins: \
              no later access can find that there is none left. `oom` and `crash` \
              (`out-of-memory`) take memory from one process.",
    },
    OutOfReach {
        fault: "shared object unlinked, recreated under its name",
        why: "Nothing that is shared has a name; descriptors are handed down.",
    },
    OutOfReach {
        fault: "receiver gone, socket path unlinked",
        why: "The watchdog holds both ends of the socket pair: while a receiver is dead, messages \
              queue up and then find the queue full (`kill` or `hang` of fusion). The error \
              itself comes with `fail-calls` (`ECONNREFUSED`).",
    },
    OutOfReach {
        fault: "asymmetric information, information received by a subset of receivers",
        why: "Each stream has exactly one receiver.",
    },
    OutOfReach {
        fault: "watchdog killed",
        why: "Nobody would be left to write the verdict of the run. The processes end with the \
              watchdog and the record survives: `failop selftest` and the tests kill it; `doze` lets \
              it do nothing for a while. On a board its own watchdog is the hardware's.",
    },
    OutOfReach {
        fault: "wall clock stepped",
        why: "Nothing here reads the wall clock but the date in the report; `clock` falsifies the \
              measurement times of a sensor.",
    },
    OutOfReach {
        fault: "processor taken offline, frequency capped",
        why: "It would befall the whole machine, the watchdog and its probes included; `starve` \
              takes a processor from one process.",
    },
    OutOfReach {
        fault: "bit flips in registers and instructions",
        why: "They need a debugger that stops the victim at each one, which spoils every time that \
              is measured; `flip-memory` flips bits of memory at full speed.",
    },
    OutOfReach {
        fault: "network faults (`netem`)",
        why: "They do not act on Unix sockets; faults of samples act at the same place.",
    },
];
