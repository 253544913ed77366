//! Control groups made for one child and gone afterwards: [`Freezer`] and [`MemoryLimit`].
//!
//! A group is made as near to the child's own as the kernel allows, so that it stays under whatever
//! limits the host has set. See cgroups(7).

use crate::clock::{now_ns, sleep_until};
use crate::process::Child;
use nix::unistd::Pid;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How long a group that still holds a dying process is waited for; then it stays behind, empty.
const REMOVE_WITHIN_NS: u64 = 100_000_000;
/// How often its removal is tried meanwhile.
const RETRY_NS: u64 = 1_000_000;

/// A mounted tree of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tree {
    /// Where it is mounted.
    mount: PathBuf,
    /// The group that stands at the mount.
    root: String,
    /// The one controller asked for, of version 1; none for version 2, which has one tree for all.
    controller: Option<&'static str>,
}

impl Tree {
    /// The tree of version 2, or the one of version 1 with this controller.
    fn find(controller: Option<&'static str>) -> io::Result<Tree> {
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        mounts.lines().find_map(|line| Tree::parse(line, controller)).ok_or_else(|| {
            let message = match controller {
                None => "no control groups of version 2 are mounted".to_owned(),
                Some(name) => format!("no control groups with `{name}` are mounted"),
            };
            io::Error::new(io::ErrorKind::NotFound, message)
        })
    }

    /// The tree of a line of `/proc/PID/mountinfo`, if it is the one asked for.
    fn parse(line: &str, controller: Option<&'static str>) -> Option<Tree> {
        let (place, kind) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let (root, mount) = (place.next()?.to_owned(), place.next()?.into());
        let mut kind = kind.split(' ');
        let kind_name = kind.next()?;
        let found = match controller {
            None => kind_name == "cgroup2",
            Some(name) => kind_name == "cgroup" && kind.nth(1)?.split(',').any(|o| o == name),
        };
        found.then_some(Tree { mount, root, controller })
    }

    /// The directory of the group that a process is in.
    fn group_of(&self, pid: Pid) -> io::Result<PathBuf> {
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
        let path = groups.lines().find_map(|line| self.path_in(line)).ok_or_else(|| {
            let message = format!("process {pid} is in no group under {}", self.mount.display());
            io::Error::new(io::ErrorKind::NotFound, message)
        })?;
        Ok(self.mount.join(path))
    }

    /// The path below the mount that a line of `/proc/PID/cgroup` tells, if it is about this tree.
    fn path_in<'a>(&self, line: &'a str) -> Option<&'a str> {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields.next()?;
        let ours = match self.controller {
            None => controllers.is_empty(),
            Some(name) => controllers.split(',').any(|controller| controller == name),
        };
        let path = fields.next().filter(|_| ours)?;
        let below = Path::new(path).strip_prefix(&self.root).ok()?;
        below.to_str()
    }
}

/// A group that holds a child.
#[derive(Debug)]
struct Group {
    path: PathBuf,
    /// Where the child came from and goes back to.
    former: PathBuf,
}

impl Group {
    /// Moves the child into a new group that has the file `needed`: below its own group, or below the
    /// nearest one above that allows it.
    fn around(child: &Child, tree: &Tree, needed: &str) -> io::Result<Group> {
        let pid = child.own_pid()?;
        let former = tree.group_of(pid)?;
        let name = format!("failop-{pid}-{needed}");
        let mut refusals = Vec::new();
        for above in former.ancestors().take_while(|above| above.starts_with(&tree.mount)) {
            match Group::try_below(above, &name, needed) {
                Ok(path) => {
                    let group = Group { path, former: former.clone() };
                    match group.write("cgroup.procs", &pid.to_string()) {
                        Ok(()) => return Ok(group),
                        Err(error) => refusals.push(error),
                    }
                }
                Err(error) => refusals.push(error),
            }
        }
        let outside = || io::Error::other(format!("{} is out of reach", former.display()));
        Err(refusals.into_iter().next().unwrap_or_else(outside))
    }

    fn try_below(above: &Path, name: &str, needed: &str) -> io::Result<PathBuf> {
        let path = above.join(name);
        match fs::create_dir(&path) {
            // Left behind by somebody who was killed and had a child of the same number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.map_err(|error| about(&path, &error))?,
        }
        if path.join(needed).exists() {
            return Ok(path);
        }
        fs::remove_dir(&path)?;
        let message = format!("groups below {} have no {needed}", above.display());
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }

    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        let path = self.path.join(file);
        fs::write(&path, value).map_err(|error| about(&path, &error))
    }

    /// The number behind a name in a file of such lines.
    fn number(&self, file: &str, name: &str) -> io::Result<u64> {
        let path = self.path.join(file);
        let text = fs::read_to_string(&path).map_err(|error| about(&path, &error))?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.ok_or_else(|| {
            let message = format!("{} does not tell {name}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        })
    }

    fn dissolve(&self) -> io::Result<()> {
        let home = self.former.join("cgroup.procs");
        let give_up_ns = now_ns() + REMOVE_WITHIN_NS;
        loop {
            for pid in fs::read_to_string(self.path.join("cgroup.procs"))?.lines() {
                // Who has died meanwhile need not be moved; who cannot be is met again.
                if let Err(_met_again) = fs::write(&home, pid) {}
            }
            match fs::remove_dir(&self.path) {
                Err(error)
                    if error.kind() == io::ErrorKind::ResourceBusy && now_ns() < give_up_ns => {}
                removed => return removed,
            }
            sleep_until(now_ns() + RETRY_NS);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // An empty group that stays behind costs nothing and changes nothing for the child.
        if let Err(_stays_behind) = self.dissolve() {}
    }
}

/// An error with the file that it is about.
fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A group whose processes can be stopped without a signal: nobody in it runs, and nobody outside
/// is told. Dropped, it lets the child go on where it was before.
#[derive(Debug)]
#[must_use = "the group is gone as soon as it is dropped"]
pub struct Freezer {
    group: Group,
}

impl Freezer {
    /// Moves a child into a group of version 2, running.
    pub fn for_child(child: &Child) -> io::Result<Freezer> {
        let group = Group::around(child, &Tree::find(None)?, "cgroup.freeze")?;
        Ok(Freezer { group })
    }

    /// Asks the kernel to stop it; [`is_frozen`](Freezer::is_frozen) tells when it stands.
    pub fn freeze(&self) -> io::Result<()> {
        self.group.write("cgroup.freeze", "1")
    }

    /// Lets it go on.
    pub fn thaw(&self) -> io::Result<()> {
        self.group.write("cgroup.freeze", "0")
    }

    /// Whether all threads in the group stand.
    pub fn is_frozen(&self) -> io::Result<bool> {
        Ok(self.group.number("cgroup.events", "frozen ")? == 1)
    }
}

/// Files of a version's memory controller.
#[derive(Clone, Copy, Debug)]
struct MemoryFiles {
    controller: Option<&'static str>,
    limit: &'static str,
    /// Where the limit of memory and swap stands, if the kernel counts swap, and what it bounds.
    swap: (&'static str, Swap),
    events: &'static str,
}

/// What a limit of swap counts.
#[derive(Clone, Copy, Debug)]
enum Swap {
    Alone,
    WithMemory,
}

const MEMORY: [MemoryFiles; 2] = [
    MemoryFiles {
        controller: None,
        limit: "memory.max",
        swap: ("memory.swap.max", Swap::Alone),
        events: "memory.events",
    },
    MemoryFiles {
        controller: Some("memory"),
        limit: "memory.limit_in_bytes",
        swap: ("memory.memsw.limit_in_bytes", Swap::WithMemory),
        events: "memory.oom_control",
    },
];

/// A group whose processes the kernel kills (`SIGKILL`) when together they touch more memory than it
/// allows. Dropped, it lets the child go back without a limit.
#[derive(Debug)]
#[must_use = "the limit is gone as soon as it is dropped"]
pub struct MemoryLimit {
    group: Group,
    events: &'static str,
}

impl MemoryLimit {
    /// Moves a child into a group with this limit, of version 2 or, where only that has the memory
    /// controller, of version 1. What the child has stays counted where it was: the limit bounds what
    /// it takes from that moment on.
    pub fn for_child(child: &Child, bytes: u64) -> io::Result<MemoryLimit> {
        let [unified, legacy] = MEMORY;
        MemoryLimit::with(child, unified, bytes).or_else(|of_unified| {
            MemoryLimit::with(child, legacy, bytes).map_err(|of_legacy| {
                io::Error::new(of_legacy.kind(), format!("{of_unified}; {of_legacy}"))
            })
        })
    }

    fn with(child: &Child, files: MemoryFiles, bytes: u64) -> io::Result<MemoryLimit> {
        let group = Group::around(child, &Tree::find(files.controller)?, files.limit)?;
        group.write(files.limit, &bytes.to_string())?;
        let (swap, counts) = files.swap;
        // Swapped out, the child would only become slow.
        if group.path.join(swap).exists() {
            group
                .write(swap, &if matches!(counts, Swap::Alone) { 0 } else { bytes }.to_string())?;
        }
        Ok(MemoryLimit { group, events: files.events })
    }

    /// How many processes of the group the kernel has killed for want of memory.
    pub fn oom_kills(&self) -> io::Result<u64> {
        self.group.number(self.events, "oom_kill ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIFIED: &str = "34 24 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";
    const LEGACY: &str =
        "32 24 0:27 /docker/ab /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory";

    #[test]
    fn the_trees_of_both_versions_are_found_and_no_others() {
        assert!(Tree::parse(UNIFIED, None).is_some());
        assert!(Tree::parse(UNIFIED, Some("memory")).is_none());
        assert!(Tree::parse(LEGACY, Some("memory")).is_some());
        assert!(Tree::parse(LEGACY, Some("freezer")).is_none());
        assert!(Tree::parse(LEGACY, None).is_none());
        assert!(Tree::parse("24 1 0:22 / /sys rw - sysfs sysfs rw", None).is_none());
    }

    #[test]
    fn a_group_is_found_below_what_is_mounted() {
        let unified = Tree::parse(UNIFIED, None).unwrap();
        assert_eq!(unified.path_in("0::/user.slice/a.scope"), Some("user.slice/a.scope"));
        assert_eq!(unified.path_in("0::/"), Some(""));
        assert_eq!(unified.path_in("4:memory:/user.slice"), None);
        let legacy = Tree::parse(LEGACY, Some("memory")).unwrap();
        assert_eq!(legacy.path_in("4:cpu,memory:/docker/ab/c"), Some("c"));
        assert_eq!(legacy.path_in("4:memory:/elsewhere"), None);
        assert_eq!(legacy.path_in("0::/docker/ab"), None);
    }
}
