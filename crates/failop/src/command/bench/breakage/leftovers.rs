//! What stands in the system that has a name or an identifier and belongs to no process: [`look`],
//! [`since`]; [`remove`] takes away what a killed owner has left.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use sys::sysv::{queue, semaphore};

/// Where things with a name in a file system stand.
const DIRECTORIES: [&str; 3] = ["/dev/shm", "/dev/mqueue", "/tmp"];
/// What the names of ours begin with.
const PREFIX: &str = "failop";
/// Where the kernel lists System V objects; the second word of a line is the identifier.
const TABLES: [&str; 3] = ["/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg"];

/// Everything that stands there now.
pub(super) fn look() -> io::Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for directory in DIRECTORIES.map(Path::new).into_iter().filter(|it| it.is_dir()) {
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                all.insert(entry.path().display().to_string());
            }
        }
    }
    for table in TABLES.map(Path::new).into_iter().filter(|it| it.is_file()) {
        let text = std::fs::read_to_string(table)?;
        let ids = text.lines().skip(1).filter_map(|line| line.split_ascii_whitespace().nth(1));
        all.extend(ids.map(|id| format!("{} {id}", table.display())));
    }
    Ok(all)
}

/// What stands there now that did not stand there before.
pub(super) fn since(before: &BTreeSet<String>) -> io::Result<Vec<String>> {
    Ok(look()?.difference(before).cloned().collect())
}

/// Removes of what was left the System V objects with these numbers, which their owner has told: others may
/// be strangers'.
pub(super) fn remove(left: &[String], ids: &[u64]) {
    for (table, id) in left.iter().filter_map(|it| it.rsplit_once(' ')) {
        let Some(id) = id.parse::<i32>().ok().filter(|&id| ids.contains(&(id as u64))) else {
            continue;
        };
        match table {
            "/proc/sysvipc/msg" => drop(queue::Queue::adopt(id)),
            "/proc/sysvipc/sem" => drop(semaphore::Semaphore::adopt(id)),
            // Memory goes with the last process that has it.
            _ => {}
        }
    }
}
