//! The memory of the calling process made present before it is needed, [`touch_ahead`], and kept so,
//! [`lock`].

use nix::libc;
use nix::sys::mman::{MlockAllFlags, mlockall, munlockall};
use std::hint::black_box;
use std::io;

/// Locks all memory of the calling process, and all that it will map (`mlockall`): none of it is read
/// from storage again. Without `CAP_IPC_LOCK` it must fit `RLIMIT_MEMLOCK`: beyond it `ENOMEM`, with a
/// limit of 0 `EPERM` (mlockall(2)). A process that it starts begins without.
pub fn lock() -> io::Result<()> {
    Ok(mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE)?)
}

/// Takes back what [`lock`] did.
pub fn unlock() -> io::Result<()> {
    Ok(munlockall()?)
}

/// Touches memory that later work may want, so that no page of it is new in the steady state:
/// programs and libraries whose code has not run yet, `heap_bytes` of heap that the C library (glibc)
/// keeps, and some stack. Fails where `/proc/self/maps` cannot be read.
///
/// Measured in failop's own processes on a 2-core virtual machine (AMD EPYC): 0.6 to 0.9 ms with 128
/// or 256 KiB, 1.0 to 1.2 ms with 1 MiB. A process does it when nobody waits for it.
pub fn touch_ahead(heap_bytes: usize) -> io::Result<()> {
    const STACK_BYTES: usize = 16 << 10;
    for line in std::fs::read_to_string("/proc/self/maps")?.lines() {
        let Some((from, to)) = private_file(line) else { continue };
        // SAFETY: this advice only reads pages of the range; what is not mapped is refused. Kernels
        // before 5.14 do not know it: then the pages come when they are needed.
        unsafe { libc::madvise(from as *mut libc::c_void, to - from, libc::MADV_POPULATE_READ) };
    }
    // The C library takes a block of this size from the kernel and gives it back; from then on it
    // serves such sizes from its heap, and keeps them.
    black_box(Vec::<u8>::with_capacity(heap_bytes));
    black_box(vec![1_u8; heap_bytes]);
    black_box([1_u8; STACK_BYTES]);
    Ok(())
}

/// The range of a line of `/proc/self/maps`, if it is a readable private mapping of a file.
fn private_file(line: &str) -> Option<(usize, usize)> {
    let Mapped { from, to, flags, path } = Mapped::parse(line)?;
    let wanted = flags.starts_with('r') && flags.ends_with('p') && path.starts_with('/');
    wanted.then_some((from, to))
}

/// A line of `/proc/PID/maps`.
#[derive(Debug)]
pub(crate) struct Mapped<'a> {
    /// Address of the first byte.
    pub(crate) from: usize,
    /// Address behind the last byte.
    pub(crate) to: usize,
    /// What may be done with it, as in `rw-p`; the last letter tells private from shared.
    pub(crate) flags: &'a str,
    /// File, or kind in brackets; empty for anonymous memory.
    pub(crate) path: &'a str,
}

impl Mapped<'_> {
    /// `None` for a line that the kernel does not write.
    pub(crate) fn parse(line: &str) -> Option<Mapped<'_>> {
        let mut fields = line.split_ascii_whitespace();
        let (from, to) = fields.next()?.split_once('-')?;
        let flags = fields.next()?;
        let path = fields.nth(3).unwrap_or_default();
        let address = |hex| usize::from_str_radix(hex, 16).ok();
        Some(Mapped { from: address(from)?, to: address(to)?, flags, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_libraries_are_found_and_nothing_else() {
        let code = "5643145540-5643148900 r-xp 00186000 fe:00 10092928   /usr/bin/failop";
        assert_eq!(private_file(code), Some((0x56_4314_5540, 0x56_4314_8900)));
        for other in [
            "7ff92e711000-7ff92e752000 rw-s 00000000 fe:00 10338312   /tmp/ring-camera.events",
            "5643487dc000-56434884f000 rw-p 00000000 00:00 0          [heap]",
            "7ff92e752000-7ff92e754000 rw-p 00000000 00:00 0 ",
            "7ff92ea3d000-7ff92ea3e000 ---p 00000000 fe:00 1          /usr/lib/libm.so.6",
            "",
        ] {
            assert_eq!(private_file(other), None, "{other}");
        }
    }
}
