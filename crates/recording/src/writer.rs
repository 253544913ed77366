//! Writes a recording: [`Writer`].
//!
//! Every batch is handed to the kernel at once, so that a killed watchdog loses only what still
//! stands in the event rings, which outlive it as files.

use crate::codec::{self, CodecError};
use crate::{Entry, Header, PARTS_MAX, file_name};
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// An open recording.
#[derive(Debug)]
pub struct Writer {
    file: File,
    /// Where the last whole entry ends.
    end: u64,
    /// What is written to in place of the file, while the disk is to be full.
    full: Option<File>,
    batch: Vec<u8>,
}

/// A recording could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file system refused.
    #[error("cannot write the recording")]
    Io(#[from] io::Error),
    /// Another run writes its recording there.
    #[error("another run is at work in this directory")]
    InUse,
    /// An entry could not be encoded.
    #[error("cannot encode an entry")]
    Codec(#[from] CodecError),
}

impl Writer {
    /// Creates a part of the recording in `directory`, in place of an old one and all that follow it, and
    /// writes its header. Until the writer is dropped, nobody else can.
    pub fn create(directory: &Path, header: Header) -> Result<Writer, WriteError> {
        let path = directory.join(file_name(header.part.number));
        let file = File::options().write(true).create(true).truncate(false).open(path)?;
        // The lock is on the file, and ends with the process that holds it, however it ends.
        file.try_lock().map_err(|refused| match refused {
            TryLockError::WouldBlock => WriteError::InUse,
            TryLockError::Error(error) => WriteError::Io(error),
        })?;
        for later in header.part.number + 1..=PARTS_MAX {
            match std::fs::remove_file(directory.join(file_name(later))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        file.set_len(0)?;
        file.write_all_at(&codec::MAGIC, 0)?;
        let end = codec::MAGIC.len() as u64;
        let mut writer = Writer { file, end, full: None, batch: Vec::with_capacity(64 << 10) };
        writer.append(&[Entry::Header(Box::new(header))])?;
        Ok(writer)
    }

    /// Lets every further write fail with what the kernel says of a full disk (`ENOSPC`): the writer
    /// goes on with a device that is always full.
    pub fn fill_disk(&mut self) -> Result<(), WriteError> {
        self.full = Some(File::options().write(true).open("/dev/full")?);
        Ok(())
    }

    /// Goes on with the file.
    pub fn free_disk(&mut self) {
        self.full = None;
    }

    /// Waits until everything that was written, and the name of the file, is on storage: it is there after a
    /// reset of the machine.
    pub fn sync(&self, directory: &Path) -> Result<(), WriteError> {
        self.file.sync_all()?;
        Ok(File::open(directory)?.sync_all()?)
    }

    /// Appends entries and hands them to the kernel in one call, all or none: of a write that failed
    /// half-way nothing stays.
    pub fn append<'a>(
        &mut self,
        entries: impl IntoIterator<Item = &'a Entry>,
    ) -> Result<(), WriteError> {
        self.batch.clear();
        for entry in entries {
            codec::append(&mut self.batch, entry)?;
        }
        let file = self.full.as_ref().unwrap_or(&self.file);
        if let Err(error) = file.write_all_at(&self.batch, self.end) {
            self.file.set_len(self.end)?;
            return Err(error.into());
        }
        self.end += self.batch.len() as u64;
        Ok(())
    }

    /// Waits until what was appended is on storage, as far as the name of the file is.
    pub fn sync_data(&self) -> Result<(), WriteError> {
        Ok(self.file.sync_data()?)
    }
}
