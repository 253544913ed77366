//! Memory that several processes map: [`Memory`] owns it, [`Shared`] and [`SharedView`] map it.
//!
//! What another process may do to the same bytes is the subject of this module's safety argument:
//! * Words are reached as atomics only, so a concurrent store is never a data race.
//! * Bytes are reached as slices. Within one process the borrow checker keeps writers and readers
//!   of one mapping apart. Between processes the protocol in `channel` does: a slot is written only
//!   while no reader holds it, and read only while pinned. A process that breaks the protocol (a
//!   wild write is one of the faults that this program injects) changes bytes under a reader; they
//!   are plain `u8`, every value of which is valid, they are read through a CRC check, and no
//!   length, index or pointer is ever taken from them without a bounds check.
//! * The size never changes under a mapping: anonymous memory is sealed against shrinking and
//!   growing, a System V segment has no call that changes it, so no access can fault with `SIGBUS`.
//!   POSIX shared memory has no seals ([`Memory::posix`] tells what that costs).

mod mapping;
mod posix;

pub use mapping::{Place, Source};

pub(crate) use mapping::Access;
use mapping::Mapping;
use nix::fcntl::{FcntlArg, OFlag, SealFlag, fcntl};
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a huge page. A mapping of at least as many lies so that huge pages can back it.
pub const HUGE_PAGE_BYTES: usize = 2 << 20;

/// A piece of memory that can be handed to other processes by its descriptor.
#[derive(Debug)]
pub struct Memory {
    fd: OwnedFd,
}

impl Memory {
    /// Anonymous memory without a name in any file system, zeroed, its size sealed. `name` is only
    /// what `/proc` shows.
    pub fn anonymous(name: &str, bytes: usize) -> io::Result<Memory> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let fd = memfd_create(name, flags)?;
        nix::unistd::ftruncate(&fd, bytes as i64)?;
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        fcntl(&fd, FcntlArg::F_ADD_SEALS(seals))?;
        Ok(Memory { fd })
    }

    /// A new zeroed file, for what must outlive every process. An old file at `path` is replaced; who
    /// has it mapped keeps it.
    pub fn file(path: &Path, bytes: usize) -> io::Result<Memory> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        crate::disk::allocate(&file, bytes)?;
        Ok(Memory { fd: file.into() })
    }

    /// What was made elsewhere in this crate.
    pub(crate) fn of(fd: OwnedFd) -> Memory {
        Memory { fd }
    }

    /// The descriptor, through which the memory can be written.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// A descriptor of its own through which the memory can only be read: the kernel refuses a
    /// writable mapping of it.
    pub fn read_only(&self) -> io::Result<OwnedFd> {
        let path = format!("/proc/self/fd/{}", self.fd.as_raw_fd());
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        Ok(nix::fcntl::open(path.as_str(), flags, Mode::empty())?)
    }
}

/// Tries to take memory away from everyone who has it mapped, down to nothing: what a seal
/// ([`Memory::anonymous`]) lets nobody do. Where it succeeds, their next access ends them with
/// `SIGBUS`.
pub fn try_truncate(fd: impl AsFd) -> io::Result<()> {
    Ok(nix::unistd::ftruncate(fd, 0)?)
}

/// A readable and writable mapping.
#[derive(Debug)]
pub struct Shared {
    map: Mapping,
}

impl Shared {
    /// Maps `bytes` bytes from `offset` on, every page present before the first access.
    #[expect(clippy::needless_pass_by_value, reason = "a descriptor is often made for this call")]
    pub fn map(source: impl Source, offset: usize, bytes: usize) -> io::Result<Shared> {
        let map = Mapping::new(source.place(), offset, bytes, Access::ReadWrite)?;
        // Reading first: pages that exist already are mapped many at a time, by the kernel's
        // fault-around, and writable ones of anonymous memory need nothing more.
        map.prefault(libc::MADV_POPULATE_READ)?;
        map.prefault(libc::MADV_POPULATE_WRITE)?;
        Ok(Shared { map })
    }

    /// Asks for huge pages behind the mapping, for every process that maps this memory: each then
    /// enters and leaves an address space at once instead of page by page. Where the kernel has
    /// none to give (before 6.1, without transparent huge pages, out of memory), nothing changes.
    pub fn collapse(&self) {
        if let Err(_kept_as_it_was) = self.map.advise(libc::MADV_COLLAPSE) {}
    }

    /// The mapping as 64-bit atomics.
    pub fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping is page-aligned, lives as long as `self`, and holds `len / 8` words;
        // `bytes_mut` needs `&mut self`, so within this process nobody else reaches them, and other
        // processes reach words only as atomics (module documentation).
        unsafe { std::slice::from_raw_parts(self.map.start().cast(), self.map.bytes() / 8) }
    }

    /// Part of the mapping as bytes, for a process that the protocol lets write them.
    ///
    /// # Panics
    /// If the range is not inside the mapping.
    pub fn bytes_mut(&mut self, offset: usize, bytes: usize) -> &mut [u8] {
        assert!(
            offset <= self.map.bytes() && bytes <= self.map.bytes() - offset,
            "range in mapping"
        );
        // SAFETY: `offset` is at most the length of the mapping, checked above.
        let start = unsafe { self.map.start().add(offset) };
        // SAFETY: the range lies inside the mapping, checked above, which lives as long as `self`;
        // `&mut self` keeps everyone else in this process away, the protocol every other process
        // (module documentation).
        unsafe { std::slice::from_raw_parts_mut(start, bytes) }
    }
}

/// A mapping that can only be read: a store through it is impossible, also by a stray pointer.
#[derive(Debug)]
pub struct SharedView {
    map: Mapping,
}

impl SharedView {
    /// Maps `bytes` bytes from `offset` on, every page present before the first access.
    #[expect(clippy::needless_pass_by_value, reason = "a descriptor is often made for this call")]
    pub fn map(source: impl Source, offset: usize, bytes: usize) -> io::Result<SharedView> {
        let map = Mapping::new(source.place(), offset, bytes, Access::Read)?;
        map.prefault(libc::MADV_POPULATE_READ)?;
        Ok(SharedView { map })
    }

    /// Number of 64-bit words in the mapping.
    pub fn len_words(&self) -> usize {
        self.map.bytes() / 8
    }

    /// Where the mapping begins.
    pub(crate) fn start(&self) -> *mut u8 {
        self.map.start()
    }

    /// Loads one word. `ordering` must be a load's.
    ///
    /// # Panics
    /// If there is no such word.
    pub fn load(&self, index: usize, ordering: Ordering) -> u64 {
        // An atomic load of 8 bytes from read-only memory is allowed on the 64-bit targets that we
        // build for (std::sync::atomic, "Atomic accesses to read-only memory").
        self.word(index).load(ordering)
    }

    /// Sleeps while the low 32 bits of a word are `seen`, at the longest until `deadline_ns` of
    /// [`now_ns`](crate::clock::now_ns). May return early.
    ///
    /// # Panics
    /// If there is no such word.
    pub fn wait(&self, index: usize, seen: u32, deadline_ns: u64) {
        // The kernel only reads the word: a shared futex may lie in read-only memory.
        crate::futex::wait(self.word(index), seen, deadline_ns);
    }

    /// Wakes everyone who sleeps on a word, in any process. Returns how many slept.
    ///
    /// # Panics
    /// If there is no such word.
    pub fn wake(&self, index: usize) -> u32 {
        crate::futex::wake(self.word(index))
    }

    /// A word, never to be stored to.
    fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < self.len_words(), "word in mapping");
        let first: *mut u64 = self.map.start().cast();
        // SAFETY: `index` is inside the mapping, checked above.
        let word = unsafe { first.add(index) };
        // SAFETY: the word is 8-aligned (pages are), lives as long as `self`, and every process
        // that stores to it stores atomically.
        unsafe { AtomicU64::from_ptr(word) }
    }

    /// Part of the mapping as bytes, for a process that the protocol lets read them.
    ///
    /// # Panics
    /// If the range is not inside the mapping.
    pub fn bytes(&self, offset: usize, bytes: usize) -> &[u8] {
        assert!(
            offset <= self.map.bytes() && bytes <= self.map.bytes() - offset,
            "range in mapping"
        );
        // SAFETY: `offset` is at most the length of the mapping, checked above.
        let start = unsafe { self.map.start().add(offset) };
        // SAFETY: the range lies inside the mapping, checked above, which lives as long as `self`;
        // nobody writes to it while the protocol lets this process read (module documentation).
        unsafe { std::slice::from_raw_parts(start, bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_mapping_stores_another_loads() {
        let memory = Memory::anonymous("test", 8192).unwrap();
        let mut shared = Shared::map(memory.fd(), 4096, 4096).unwrap();
        let view = SharedView::map(memory.read_only().unwrap(), 4096, 4096).unwrap();
        shared.words()[3].store(77, Ordering::Release);
        assert_eq!(view.load(3, Ordering::Acquire), 77);
        shared.bytes_mut(100, 3).copy_from_slice(b"abc");
        assert_eq!(view.bytes(100, 3), b"abc");
    }

    #[test]
    fn a_read_only_descriptor_cannot_be_mapped_for_writing() {
        let memory = Memory::anonymous("test", 4096).unwrap();
        let refused = Shared::map(memory.read_only().unwrap(), 0, 4096).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn large_mappings_hold_the_same_with_and_without_huge_pages() {
        let bytes = 2 * HUGE_PAGE_BYTES;
        let memory = Memory::anonymous("test", 4096 + bytes).unwrap();
        for offset in [0, 4096] {
            let mut shared = Shared::map(memory.fd(), offset, bytes).unwrap();
            shared.bytes_mut(bytes - 3, 3).copy_from_slice(b"abc");
            shared.collapse();
            let view = SharedView::map(memory.read_only().unwrap(), offset, bytes).unwrap();
            assert_eq!(view.bytes(bytes - 3, 3), b"abc");
        }
        let refused = Shared::map(memory.read_only().unwrap(), 0, bytes).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_sleeper_on_read_only_memory_is_woken() {
        let memory = Memory::anonymous("test", 4096).unwrap();
        let shared = Shared::map(memory.fd(), 0, 4096).unwrap();
        let view = SharedView::map(memory.read_only().unwrap(), 0, 4096).unwrap();
        let deadline = crate::clock::now_ns() + 30_000_000_000;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while view.load(7, Ordering::Acquire) == 0 && crate::clock::now_ns() < deadline {
                    view.wait(7, 0, deadline);
                }
            });
            shared.words()[7].store(1, Ordering::Release);
            crate::futex::wake(&shared.words()[7]);
        });
        assert!(crate::clock::now_ns() < deadline);
    }

    #[test]
    fn sealed_memory_keeps_its_size() {
        let memory = Memory::anonymous("test", 4096).unwrap();
        let refused = try_truncate(memory.fd()).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EPERM));
        assert_eq!(nix::unistd::ftruncate(memory.fd(), 9000), Err(nix::errno::Errno::EPERM));
    }

    #[test]
    fn a_mapping_beyond_the_end_is_refused() {
        let memory = Memory::anonymous("test", 4096).unwrap();
        assert!(Shared::map(memory.fd(), 0, 8192).is_err());
        assert!(SharedView::map(memory.fd(), 4096, 1).is_err());
    }
}
