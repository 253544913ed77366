//! Bits flipped in the private memory of a child, from outside: [`Child::flip_memory`].

use super::Child;
use crate::memory::Mapped;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;
use std::io::{self, IoSlice, IoSliceMut};

/// Bytes of the word whose bits are flipped, and its alignment.
const WORD_BYTES: usize = size_of::<u64>();

/// Which private, writable memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// What the C library cuts small allocations from (`[heap]`).
    Heap,
    /// The stack of the first thread, as far as it has ever grown.
    Stack,
    /// Initialised variables of the program and its libraries.
    Data,
}

impl Region {
    fn holds(self, mapped: &Mapped) -> bool {
        let kind = match self {
            Region::Heap => mapped.path == "[heap]",
            Region::Stack => mapped.path == "[stack]",
            Region::Data => mapped.path.starts_with('/'),
        };
        kind && mapped.flags.starts_with("rw") && mapped.flags.ends_with('p')
    }
}

/// What was flipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flipped {
    /// Address of the word in the child, a multiple of 8.
    pub address: u64,
    /// A 1 for each bit of the word that was flipped.
    pub bits: u64,
}

impl Child {
    /// Flips this many different bits, 1 to 64, of one word of its memory, and reads the word again to
    /// prove it. `draw(n)` chooses a number below `n`: first the word, then each bit.
    ///
    /// Fails if the kernel refuses (`PTRACE_MODE_ATTACH` of ptrace(2)), if there is no such memory,
    /// and if the child itself wrote the word meanwhile; a stopped child does not.
    ///
    /// # Panics
    /// If the number of bits is out of range, or `draw` breaks its promise.
    pub fn flip_memory(
        &self,
        region: Region,
        bits: u32,
        draw: &mut dyn FnMut(u64) -> u64,
    ) -> io::Result<Flipped> {
        assert!((1..=u64::BITS).contains(&bits), "1 to 64 bits of a word");
        let pid = self.own_pid()?;
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
        let mapped: Vec<Mapped> =
            maps.lines().filter_map(Mapped::parse).filter(|mapped| region.holds(mapped)).collect();
        let words = mapped.iter().map(|mapped| mapped.to - mapped.from).sum::<usize>() / WORD_BYTES;
        if words == 0 {
            let message = format!("process {pid} has no memory of the kind {region:?}");
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        let address = word_at(&mapped, draw(words as u64) as usize);
        let bits = mask(bits, draw);
        let flipped = load(pid, address)? ^ bits;
        store(pid, address, flipped)?;
        if load(pid, address)? != flipped {
            let message = format!("process {pid} wrote to {address:#x} itself meanwhile");
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, message));
        }
        Ok(Flipped { address: address as u64, bits })
    }
}

/// Address of the word of this number, counted through all mappings.
fn word_at(mapped: &[Mapped], number: usize) -> usize {
    let mut offset = number * WORD_BYTES;
    for Mapped { from, to, .. } in mapped {
        if offset < to - from {
            return from + offset;
        }
        offset -= to - from;
    }
    panic!("a draw below the number of words");
}

/// A word with this many ones at drawn places.
fn mask(ones: u32, draw: &mut dyn FnMut(u64) -> u64) -> u64 {
    let mut places: Vec<u32> = (0..u64::BITS).collect();
    (0..ones).fold(0, |mask, _| mask | 1 << places.swap_remove(draw(places.len() as u64) as usize))
}

fn load(pid: Pid, address: usize) -> io::Result<u64> {
    let mut word = [0; WORD_BYTES];
    let remote = [RemoteIoVec { base: address, len: WORD_BYTES }];
    let read = process_vm_readv(pid, &mut [IoSliceMut::new(&mut word)], &remote)?;
    whole(read)?;
    Ok(u64::from_le_bytes(word))
}

fn store(pid: Pid, address: usize, word: u64) -> io::Result<()> {
    let remote = [RemoteIoVec { base: address, len: WORD_BYTES }];
    whole(process_vm_writev(pid, &[IoSlice::new(&word.to_le_bytes())], &remote)?)
}

fn whole(bytes: usize) -> io::Result<()> {
    if bytes == WORD_BYTES { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_through_all_mappings() {
        let maps = ["1000-2000 rw-p 0 0:0 0 /a", "3000-4000 rw-p 0 0:0 0 /a"];
        let mapped = maps.map(|line| Mapped::parse(line).unwrap());
        assert_eq!(word_at(&mapped, 0), 0x1000);
        assert_eq!(word_at(&mapped, 511), 0x1ff8);
        assert_eq!(word_at(&mapped, 512), 0x3000);
        assert_eq!(word_at(&mapped, 1023), 0x3ff8);
    }

    #[test]
    fn a_mask_has_as_many_ones_as_asked_for() {
        for ones in 1..=64 {
            assert_eq!(mask(ones, &mut |_| 0).count_ones(), ones);
            assert_eq!(mask(ones, &mut |below| below - 1).count_ones(), ones);
        }
    }

    #[test]
    fn only_private_writable_memory_is_a_region() {
        let region = |line: &str, region: Region| region.holds(&Mapped::parse(line).unwrap());
        assert!(region("1000-2000 rw-p 00000000 00:00 0 [heap]", Region::Heap));
        assert!(region("1000-2000 rw-p 00000000 00:00 0 [stack]", Region::Stack));
        assert!(region("1000-2000 rw-p 00000000 fe:00 1 /bin/sh", Region::Data));
        assert!(!region("1000-2000 rw-s 00000000 fe:00 1 /memfd:frames", Region::Data));
        assert!(!region("1000-2000 r--p 00000000 fe:00 1 /bin/sh", Region::Data));
        assert!(!region("1000-2000 rw-p 00000000 00:00 0 ", Region::Heap));
    }
}
