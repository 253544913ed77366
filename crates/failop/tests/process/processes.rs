//! What the kernel knows of other processes.

use crate::binary;
use std::path::Path;

/// Every process id.
fn all() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").expect("Linux has /proc");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// State letter and parent; `None` if it is gone.
fn state_and_parent(pid: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(") ")?.1.split_ascii_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether the process still is one: the ended that nobody has buried yet are not.
fn lives(pid: u32) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| !"ZX".contains(state))
}

/// Whether a signal has stopped the process.
pub(crate) fn is_stopped(pid: u32) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| state == 'T')
}

/// What a process was started with, each ended by a zero; nothing if it is gone.
pub(crate) fn arguments(pid: u32) -> Vec<u8> {
    std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

/// The living process that a watchdog has started in this role: a node, or the plant.
pub(crate) fn role_of(watchdog: u32, role: &str) -> Option<u32> {
    all().find(|&pid| {
        let arguments = arguments(pid);
        let mut arguments = arguments.split(|&byte| byte == 0).skip(1);
        (arguments.next(), arguments.next()) == (Some(b"node"), Some(role.as_bytes()))
            && state_and_parent(pid)
                .is_some_and(|(state, parent)| parent == watchdog && !"ZX".contains(state))
    })
}

/// The living processes that name, map or hold open anything in `directory`, or run in it.
pub(crate) fn using(directory: &Path) -> Vec<u32> {
    let name = directory.to_str().expect("a name that is text");
    let names_it = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).contains(name);
    let links_to_it = |link: &Path| std::fs::read_link(link).is_ok_and(|to| to.starts_with(name));
    let uses = |&pid: &u32| {
        let of = |what: &str| format!("/proc/{pid}/{what}");
        let files = std::fs::read_dir(of("fd")).into_iter().flatten().flatten();
        ["cmdline", "maps"].iter().any(|what| std::fs::read(of(what)).is_ok_and(names_it))
            || links_to_it(Path::new(&of("cwd")))
            || files.into_iter().any(|file| links_to_it(&file.path()))
    };
    all().filter(|&pid| pid != std::process::id()).filter(uses).filter(|&pid| lives(pid)).collect()
}

/// Sends a signal (`KILL`) to a process, or, with a minus before it, to a process group.
pub(crate) fn signal(name: &str, target: &str) {
    let script = "kill -s \"$0\" -- \"$1\"";
    let status = binary::command("sh").args(["-c", script, name, target]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill -s {name} -- {target}");
}
