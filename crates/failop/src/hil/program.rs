//! What kind of program a file is: [`Program`], read from its head.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The head of an ELF file of 64 bits, little-endian (System V ABI, "ELF-64 Object File Format").
const MAGIC: [u8; 6] = [0x7f, b'E', b'L', b'F', 2, 1];
const MACHINE_AT: usize = 18;
const PROGRAM_HEADERS_AT: usize = 32;
const PROGRAM_HEADER_SIZE_AT: usize = 54;
const PROGRAM_HEADERS_COUNT_AT: usize = 56;
/// Kind of the program header that names a dynamic linker.
const INTERPRETER: u32 = 3;

/// A program that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Its architecture, as `uname -m` names it; empty for another.
    pub(crate) architecture: &'static str,
    /// Whether it runs without libraries.
    pub(crate) linked: Linked,
}

/// How a program comes by its libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linked {
    /// They are in it.
    Statically,
    /// They must be on the machine.
    Dynamically,
}

/// Why a file is not the program for a board.
#[derive(Debug, Error)]
pub(crate) enum ProgramError {
    /// There is none.
    #[error("no program for the board at {}; `cargo xtask cross` makes one", path.display())]
    Missing { path: PathBuf, source: io::Error },
    /// It is something else.
    #[error("{} is no Linux program of 64 bits", path.display())]
    NotElf { path: PathBuf },
    /// It is for other machines.
    #[error("{} is a program for {found}, and the board is {expected}; `cargo xtask cross` makes one for aarch64", path.display())]
    OtherArchitecture { path: PathBuf, found: &'static str, expected: String },
    /// It needs libraries.
    #[error("{} needs libraries, and the board has none; `cargo xtask cross` makes one that holds them", path.display())]
    NotStatic { path: PathBuf },
}

impl Program {
    /// Looks at a file.
    pub(crate) fn look(path: &Path) -> Result<Program, ProgramError> {
        let missing = |source| ProgramError::Missing { path: path.to_owned(), source };
        let bytes = fs::read(path).map_err(missing)?;
        Program::parse(&bytes).ok_or_else(|| ProgramError::NotElf { path: path.to_owned() })
    }

    /// Looks at a file that is to run on a machine of this architecture.
    pub(crate) fn for_machine(path: &Path, architecture: &str) -> Result<Program, ProgramError> {
        let program = Program::look(path)?;
        if program.architecture == architecture {
            return Ok(program);
        }
        Err(ProgramError::OtherArchitecture {
            path: path.to_owned(),
            found: program.architecture,
            expected: architecture.to_owned(),
        })
    }

    fn parse(bytes: &[u8]) -> Option<Program> {
        bytes.strip_prefix(&MAGIC)?;
        let architecture = match number(bytes, MACHINE_AT, 2)? {
            183 => "aarch64",
            62 => "x86_64",
            243 => "riscv64",
            _ => "another architecture",
        };
        let at = number(bytes, PROGRAM_HEADERS_AT, 8)? as usize;
        let size = number(bytes, PROGRAM_HEADER_SIZE_AT, 2)? as usize;
        let count = number(bytes, PROGRAM_HEADERS_COUNT_AT, 2)? as usize;
        let mut kinds = (0..count).filter_map(|n| number(bytes, at.checked_add(n * size)?, 4));
        let asks = kinds.any(|kind| kind == u64::from(INTERPRETER));
        let linked = if asks { Linked::Dynamically } else { Linked::Statically };
        Some(Program { architecture, linked })
    }
}

/// The number of so many bytes that stands there.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let mut value = [0; 8];
    value[..size].copy_from_slice(bytes.get(at..at.checked_add(size)?)?);
    Some(u64::from_le_bytes(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program with one program header.
    fn elf(machine: u16, header: u32) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.resize(64, 0);
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes.extend(header.to_le_bytes());
        bytes
    }

    #[test]
    fn a_program_tells_its_machine_and_its_linker() {
        for (bytes, expected) in [
            (elf(183, 1), Some(("aarch64", Linked::Statically))),
            (elf(62, 3), Some(("x86_64", Linked::Dynamically))),
            (b"#!/bin/sh\n".to_vec(), None),
            (elf(183, 1)[..30].to_vec(), None),
        ] {
            let found = Program::parse(&bytes).map(|it| (it.architecture, it.linked));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_wrong_program_is_told_with_what_would_be_right() {
        let own = std::env::current_exe().unwrap();
        let told = Program::for_machine(&own, "sparc").unwrap_err().to_string();
        assert!(told.contains("and the board is sparc"), "{told}");
        let told = Program::look(Path::new("/no/such/program")).unwrap_err().to_string();
        assert!(told.contains("cargo xtask cross"), "{told}");
    }
}
