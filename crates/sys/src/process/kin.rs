//! Processes that others have started: [`children_of`] and [`Stranger`].

use super::{RunState, stat, stat_fields, usage};
use nix::unistd::Pid;
use std::io;

/// A process that this one has not started. Its number may be given to another once it is gone; its
/// start tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Process id.
    pub pid: u32,
    started_ticks: u64,
}

impl Stranger {
    fn find(pid: i32) -> Option<(Stranger, u32)> {
        let fields = stat_fields(Pid::from_raw(pid)).ok()?;
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        let parent = u32::try_from(number(stat::PARENT)?).ok()?;
        let started_ticks = number(stat::STARTED)?;
        Some((Stranger { pid: pid.cast_unsigned(), started_ticks }, parent))
    }

    /// Whether it still runs. One that has ended and is not buried does not.
    pub fn lives(&self) -> bool {
        let pid = self.pid.cast_signed();
        let runs = usage(Pid::from_raw(pid)).is_ok_and(|it| it.state != RunState::Ended);
        runs && Stranger::find(pid).is_some_and(|(found, _)| found == *self)
    }
}

/// The living processes that this one has started, and not those that they have started.
pub fn children_of(parent: u32) -> io::Result<Vec<Stranger>> {
    let names =
        std::fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let found = names.filter_map(|name| Stranger::find(name.parse().ok()?));
    let children = found.filter(|(_, of)| *of == parent).map(|(child, _)| child);
    Ok(children.filter(Stranger::lives).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_child_is_found_until_it_has_ended() {
        let own = std::process::id();
        let child = super::super::spawn(Path::new("/bin/sh"), &["-c", "sleep 100"], &[]).unwrap();
        let is_it = |it: &Stranger| it.pid == child.pid();
        let found = children_of(own).unwrap().into_iter().find(is_it).expect("it is there");
        assert!(found.lives());
        child.kill().unwrap();
        while found.lives() {}
        assert!(!children_of(own).unwrap().iter().any(is_it), "ended, and not buried");
        child.reap().unwrap();
        assert!(!found.lives());
    }
}
