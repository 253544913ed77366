//! The files of a run, in one stream from the board: [`Visit::fetch`].

use super::client::{OWN_FAILURE, Told};
use super::{Error, RESULTS, Visit, script};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// Longest line before the bytes of a file: a number and a path of Linux.
const LINE_MAX: usize = 4200;

impl Visit<'_> {
    /// Brings the folder of a run here. A file is here whole, or under its name with `.part` behind it.
    pub(super) fn fetch(&self, name: &str, into: PathBuf) -> Result<(), Error> {
        let mut unpacking = Unpacking::into(into);
        let folder = format!("{RESULTS}/{name}");
        let mut listening = self.client.listen(script::FETCH, &[self.directory(), &folder])?;
        let garbled = |found: String| Error::Garbled {
            board: self.client.destination().to_owned(),
            scenario: name.to_owned(),
            found,
        };
        loop {
            match listening.next(&self.bench.stop)? {
                Told::Bytes(bytes) => unpacking.take(bytes).map_err(|error| match error {
                    Unpack::Here(error) => Error::Here(error),
                    Unpack::Garbled(found) => garbled(found),
                })?,
                Told::Stop => return Err(Error::Interrupted),
                Told::End => break,
            }
        }
        match (listening.end()?, unpacking.is_between_files()) {
            (OWN_FAILURE, _) => Err(Error::lost()),
            (0, true) => Ok(()),
            (code, _) => {
                Err(garbled(format!("an end with the code {code} in the middle of a file")))
            }
        }
    }
}

/// The stream, taken apart as it comes.
#[derive(Debug)]
struct Unpacking {
    folder: PathBuf,
    line: Vec<u8>,
    file: Option<Incoming>,
}

/// A file that is on its way.
#[derive(Debug)]
struct Incoming {
    path: PathBuf,
    part: PathBuf,
    file: File,
    left: u64,
}

/// Why a stream could not be taken apart.
#[derive(Debug)]
enum Unpack {
    Here(io::Error),
    /// This stood where a file was announced.
    Garbled(String),
}

impl From<io::Error> for Unpack {
    fn from(error: io::Error) -> Unpack {
        Unpack::Here(error)
    }
}

impl Unpacking {
    fn into(folder: PathBuf) -> Unpacking {
        Unpacking { folder, line: Vec::new(), file: None }
    }

    fn is_between_files(&self) -> bool {
        self.file.is_none() && self.line.is_empty()
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Unpack> {
        while !bytes.is_empty() {
            bytes = if self.file.is_some() { self.content(bytes)? } else { self.head(bytes)? };
        }
        Ok(())
    }

    /// Takes what belongs to the file; the rest.
    fn content<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Unpack> {
        let Some(incoming) = &mut self.file else { return Ok(bytes) };
        let count = bytes.len().min(usize::try_from(incoming.left).unwrap_or(usize::MAX));
        incoming.file.write_all(&bytes[..count])?;
        incoming.left -= count as u64;
        self.close_if_whole()?;
        Ok(&bytes[count..])
    }

    /// Takes what belongs to the line before a file; the rest.
    fn head<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Unpack> {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        self.line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        let garbled = |line: &[u8]| {
            Unpack::Garbled(String::from_utf8_lossy(&line[..line.len().min(200)]).into_owned())
        };
        if self.line.len() > LINE_MAX {
            return Err(garbled(&self.line));
        }
        let Some(end) = end else { return Ok(&[]) };
        let line = std::mem::take(&mut self.line);
        let (size, name) = announced(&line).ok_or_else(|| garbled(&line))?;
        self.file = Some(Incoming::create(self.folder.join(name), size)?);
        self.close_if_whole()?;
        Ok(&bytes[end + 1..])
    }

    fn close_if_whole(&mut self) -> io::Result<()> {
        match self.file.take_if(|incoming| incoming.left == 0) {
            Some(whole) => std::fs::rename(whole.part, whole.path),
            None => Ok(()),
        }
    }
}

impl Incoming {
    fn create(path: PathBuf, left: u64) -> io::Result<Incoming> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        Ok(Incoming { file: File::create(&part)?, path, part, left })
    }
}

/// Size and path of the file that a line announces. The path leads nowhere but down.
fn announced(line: &[u8]) -> Option<(u64, &Path)> {
    let (size, name) = std::str::from_utf8(line).ok()?.trim_start().split_once(' ')?;
    let path = Path::new(name);
    let down = path.components().all(|part| matches!(part, Component::Normal(_)));
    (down && !name.is_empty()).then_some((size.parse().ok()?, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn files_arrive_however_the_stream_is_cut() {
        let stream = b"5 a b\nhello0 empty\n  6 twin/r.bin\n7 x\ny\n";
        for step in 1..=stream.len() {
            let folder = TempDir::new().unwrap();
            let mut unpacking = Unpacking::into(folder.path().to_owned());
            for bytes in stream.chunks(step) {
                unpacking.take(bytes).unwrap();
            }
            assert!(unpacking.is_between_files());
            for (name, text) in [("a b", "hello"), ("empty", ""), ("twin/r.bin", "7 x\ny\n")] {
                assert_eq!(std::fs::read_to_string(folder.path().join(name)).unwrap(), text);
            }
        }
    }

    #[test]
    fn a_file_that_is_cut_off_does_not_get_its_name() {
        let folder = TempDir::new().unwrap();
        let mut unpacking = Unpacking::into(folder.path().to_owned());
        unpacking.take(b"5 a\nhel").unwrap();
        assert!(!unpacking.is_between_files());
        assert!(!folder.path().join("a").exists());
        assert_eq!(std::fs::read(folder.path().join("a.part")).unwrap(), b"hel");
    }

    #[test]
    fn what_is_no_file_below_the_folder_is_refused() {
        for line in ["5 ../a\n", "5 /etc/a\n", "x a\n", "5 \n", "5\n", "-1 a\n"] {
            let folder = TempDir::new().unwrap();
            let refused = Unpacking::into(folder.path().join("in")).take(line.as_bytes());
            assert!(matches!(refused, Err(Unpack::Garbled(_))), "{line:?}");
        }
    }
}
