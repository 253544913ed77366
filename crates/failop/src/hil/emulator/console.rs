//! What a board prints on its serial console: [`Console`].

use crate::hil::Told;
use crate::init::{BEGUN, TELLS};
use anyhow::Context;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// Taken from the pipe at once.
const PIECE: usize = 16 << 10;
/// Longest line that is looked at; what is beyond is kept in the file alone.
const LINE_MAX: usize = 4096;
/// Begins what the kernel says when it gives up.
const PANIC: &str = "Kernel panic - not syncing: ";

/// The console of a board: kept in a file, told to the user once the board is up, and remembered where it
/// says why something failed.
#[derive(Debug)]
pub(super) struct Console {
    from: PipeReader,
    log: File,
    told: Told,
    line: Vec<u8>,
    seen: Seen,
}

/// What lines so far have said.
#[derive(Debug, Default)]
struct Seen {
    /// The last line that was not empty, and the one before it.
    last: [String; 2],
    told_last: String,
    panic: Option<String>,
    up: bool,
}

impl Console {
    /// An empty one that is kept in this file, and where the board is to print.
    pub(super) fn start(log: &Path, told: Told) -> anyhow::Result<(Console, PipeWriter)> {
        let (from, to) = io::pipe().context("cannot make a pipe for the console")?;
        let log = File::create(log).with_context(|| format!("cannot make {}", log.display()))?;
        let (line, seen) = (Vec::new(), Seen::default());
        Ok((Console { from, log, told, line, seen }, to))
    }

    /// Takes what is there, or waits for it. False at the end.
    pub(super) fn read(&mut self) -> anyhow::Result<bool> {
        let mut piece = [0; PIECE];
        let count = self.from.read(&mut piece).context("cannot read the console")?;
        self.log.write_all(&piece[..count]).context("cannot keep the console")?;
        for &byte in &piece[..count] {
            match byte {
                b'\n' => self.end_line()?,
                _ if self.line.len() < LINE_MAX => self.line.push(byte),
                _ => {}
            }
        }
        Ok(count > 0)
    }

    /// Takes everything to the end, once nobody prints any more.
    pub(super) fn read_rest(&mut self) -> anyhow::Result<()> {
        while self.read()? {}
        self.end_line()
    }

    /// Why the kernel gave up, if it did.
    pub(super) fn panic(&self) -> Option<&str> {
        self.seen.panic.as_deref()
    }

    /// The last that our first process said.
    pub(super) fn told_last(&self) -> String {
        self.seen.told_last.clone()
    }

    /// The last two lines that were not empty: whoever complains gives his advice after it.
    pub(super) fn last_words(&self) -> String {
        self.seen.last.join(" / ").trim_start_matches(" / ").to_owned()
    }

    fn end_line(&mut self) -> anyhow::Result<()> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        self.seen.note(line);
        if self.seen.up && self.told == Told::Everyone && !line.is_empty() {
            let line = line.strip_prefix(TELLS).unwrap_or(line);
            writeln!(io::stderr(), "  | {line}").context("cannot tell what the board says")?;
        }
        Ok(())
    }
}

impl AsFd for Console {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.from.as_fd()
    }
}

impl Seen {
    fn note(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        self.last.swap(0, 1);
        line.clone_into(&mut self.last[1]);
        if let Some((_, told)) = line.split_once(TELLS) {
            self.up |= told == BEGUN;
            told.clone_into(&mut self.told_last);
        }
        if let Some((_, why)) = line.split_once(PANIC) {
            self.panic.get_or_insert_with(|| why.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_board_says_is_kept_and_what_matters_remembered() {
        let directory = tempfile::TempDir::new().unwrap();
        let log = directory.path().join("console.log");
        let (mut console, mut to) = Console::start(&log, Told::Nobody).unwrap();
        let said = [
            &b"boot\r\nfailop-init: no storage\r\n"[..],
            b"[ 1.2] Kernel panic - not syncing: No init found.\nCPU: 0\n\nend",
        ];
        for it in said {
            to.write_all(it).unwrap();
        }
        drop(to);
        console.read_rest().unwrap();
        assert_eq!(console.told_last(), "no storage");
        assert_eq!(console.panic(), Some("No init found."));
        assert_eq!(console.last_words().split(" / ").last(), Some("end"));
        assert_eq!(std::fs::read(log).unwrap(), said.concat());
    }
}
