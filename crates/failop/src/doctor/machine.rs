//! Kernel, privileges, storage, and what of the catalogue of faults is in reach.

use super::Finding;
use fault::KINDS;
use scenario::Board;
use std::path::Path;
use sys::survey::Tree;
use sys::survey::kernel::{Kernel, Preemption, Privileges};
use sys::survey::storage::Place;

/// Space below which a campaign may fill the storage: 100 runs of a minute with about 5 MB each.
const FREE_BYTES_MIN: u64 = 512 << 20;
/// Shared memory below which not every link of a scenario finds room.
const SHARED_BYTES_MIN: u64 = 64 << 20;
/// Capabilities that a run has a use for.
const USEFUL: [&str; 4] = ["sys_nice", "ipc_lock", "net_admin", "sys_ptrace"];

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let (kernel, privileges) = (tree.kernel(), Privileges::own());
    let host = sys::host::describe();
    let machine = format!("{}, {} MiB, {}", host.architecture, host.memory_mib, host.cpu_model);
    vec![
        Finding::ok("machine", machine.trim_end_matches(", ")),
        preemption(&kernel),
        capabilities(&privileges),
        locked_memory(&privileges),
        service_manager(&kernel),
        shared_memory(tree),
    ]
}

fn preemption(kernel: &Kernel) -> Finding {
    let Kernel { version, preemption, .. } = kernel;
    let follows = match preemption {
        Preemption::RealTime => return Finding::ok("kernel", format!("{version}: real-time")),
        Preemption::Preempt => "interrupts and parts of the kernel go before every process",
        Preemption::Voluntary => "what the kernel does for one process goes before every other",
    };
    Finding::warn("kernel", format!("{version}: not real-time"))
        .so(format!("{follows}: expect single delays of a millisecond and more"))
        .unless("a kernel with PREEMPT_RT")
}

fn capabilities(privileges: &Privileges) -> Finding {
    let Privileges { uid, capabilities, .. } = privileges;
    let user = if *uid == 0 { "root".to_owned() } else { format!("user {uid}") };
    let missing: Vec<&str> = USEFUL.into_iter().filter(|it| !privileges.has(it)).collect();
    if missing.is_empty() {
        return Finding::ok("privileges", format!("{user}, {} capabilities", capabilities.len()));
    }
    let held = if capabilities.is_empty() { "none".to_owned() } else { capabilities.join(" ") };
    Finding::warn("privileges", format!("{user}, capabilities: {held}"))
        .so(format!("without {}: less than the board file asks for may be had", missing.join(", ")))
        .unless("root, or a service with AmbientCapabilities= (hil/systemd/failop.service)")
}

fn locked_memory(privileges: &Privileges) -> Finding {
    let topic = "locked memory";
    if privileges.has("ipc_lock") || privileges.lockable_bytes == u64::MAX {
        return Finding::ok(topic, "without limit");
    }
    let kib = privileges.lockable_bytes >> 10;
    Finding::warn(topic, format!("at most {kib} KiB"))
        .so("`lock-memory = true` is refused: a page may have to be read from storage")
        .unless("CAP_IPC_LOCK, or LimitMEMLOCK=infinity")
}

fn service_manager(kernel: &Kernel) -> Finding {
    let init = &kernel.init;
    let topic = "service manager";
    match (std::env::var_os("NOTIFY_SOCKET"), init.as_str()) {
        (Some(_), _) => Finding::ok(topic, format!("{init}, which waits for signs of life")),
        (None, "systemd") => Finding::ok(topic, "systemd; this process is none of its services"),
        (None, _) => Finding::warn(topic, format!("none: the first process is {init}"))
            .so("nobody restarts the watchdog; a hardware watchdog can still reset the machine"),
    }
}

fn shared_memory(tree: &Tree) -> Finding {
    let topic = "/dev/shm";
    match tree.place(Path::new(topic)) {
        Ok(place) if place.free_bytes < SHARED_BYTES_MIN => Finding::warn(topic, told(&place))
            .so("links over POSIX shared memory may find no room")
            .unless("mount -o remount,size=256M /dev/shm"),
        Ok(place) => Finding::ok(topic, told(&place)),
        Err(error) => Finding::no(topic, error.to_string())
            .so("links over POSIX shared memory are skipped")
            .unless("mount -t tmpfs tmpfs /dev/shm"),
    }
}

/// Where recordings go: the board's directory, or the working directory.
pub(super) fn storage(tree: &Tree, board: Option<&Board>) -> anyhow::Result<Finding> {
    let directory = board.map(|board| board.directory.as_str()).filter(|it| !it.is_empty());
    let directory = Path::new(directory.unwrap_or("."));
    let place = tree.place(directory)?;
    let found = format!("{}: {}", directory.display(), told(&place));
    let topic = "storage";
    Ok(if !place.survives_reset() {
        Finding::warn(topic, found)
            .so("in memory: after a reset nothing of a run is left")
            .unless("a directory on storage (`files.directory`)")
    } else if place.free_bytes < FREE_BYTES_MIN {
        Finding::warn(topic, found)
            .so("a long campaign may fill it; a run then keeps its last part")
    } else {
        Finding::ok(topic, found)
    })
}

fn told(place: &Place) -> String {
    let Place { kind, total_bytes, free_bytes } = place;
    format!("{kind}, {} of {} MiB free", free_bytes >> 20, total_bytes >> 20)
}

/// What of the catalogue can be made to happen, and what not.
pub(super) fn faults(board: &Board) -> Vec<Finding> {
    let lacking = supervisor::needs::lacking(board);
    let kinds = KINDS.iter().filter(|kind| kind.why_not(&lacking).is_none()).count();
    let found = format!("{kinds} of {} kinds are in reach", KINDS.len());
    let mut findings = vec![Finding::ok("faults", found)];
    findings.extend(lacking.iter().map(|(need, why)| {
        let kinds = KINDS.iter().filter(|kind| kind.needs.contains(need));
        let kinds = kinds.map(|kind| kind.name).collect::<Vec<_>>().join(", ");
        let follows = if kinds.is_empty() { String::new() } else { format!("skipped: {kinds}") };
        Finding::warn("lacking", format!("{}: {why}", need.name())).so(follows)
    }));
    findings
}
