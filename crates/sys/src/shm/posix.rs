//! POSIX shared memory, by a name that lives for one call: [`Memory::posix`].

use super::Memory;
use crate::clock::now_ns;
use nix::fcntl::OFlag;
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;
use std::io;

impl Memory {
    /// POSIX shared memory (`shm_open`), zeroed. Its name is unlinked before this returns, so that
    /// nothing is left in `/dev/shm`, whoever is killed after that; it is reached by its descriptor.
    ///
    /// It cannot be sealed: everyone who holds the descriptor for writing can shrink it, and then the
    /// next access of everyone ends them with `SIGBUS`. [`Memory::anonymous`] has no such hole.
    pub fn posix(name: &str, bytes: usize) -> io::Result<Memory> {
        // Exclusive, and by the time: what a process that was killed in here left is not ours.
        let name = format!("/{name}-{}-{}", std::process::id(), now_ns());
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
        let fd = shm_open(name.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
        shm_unlink(name.as_str())?;
        nix::unistd::ftruncate(&fd, bytes as i64)?;
        Ok(Memory::of(fd))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shm::{Shared, SharedView, try_truncate};
    use std::sync::atomic::Ordering;

    #[test]
    fn it_is_shared_by_descriptor_and_its_name_is_gone() {
        let memory = Memory::posix("failop-named-test", 8192).unwrap();
        let shared = Shared::map(memory.fd(), 4096, 4096).unwrap();
        let view = SharedView::map(memory.read_only().unwrap(), 4096, 4096).unwrap();
        shared.words()[1].store(9, Ordering::Release);
        assert_eq!(view.load(1, Ordering::Acquire), 9);
        for entry in std::fs::read_dir("/dev/shm").unwrap() {
            let name = entry.unwrap().file_name();
            assert!(!name.to_string_lossy().starts_with("failop-named-test"), "{name:?}");
        }
    }

    #[test]
    fn nothing_keeps_it_from_shrinking() {
        let memory = Memory::posix("failop-posix-test", 4096).unwrap();
        try_truncate(memory.fd()).unwrap();
    }
}
