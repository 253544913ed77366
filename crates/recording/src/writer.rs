//! Writes a recording: [`Writer`].
//!
//! Every batch is handed to the kernel at once, so that a killed watchdog loses only what still
//! stands in the event rings, which outlive it as files.

use crate::codec::{self, CodecError};
use crate::{Entry, FILE_NAME, Header};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// An open recording.
#[derive(Debug)]
pub struct Writer {
    file: File,
    batch: Vec<u8>,
}

/// A recording could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file system refused.
    #[error("cannot write the recording")]
    Io(#[from] io::Error),
    /// An entry could not be encoded.
    #[error("cannot encode an entry")]
    Codec(#[from] CodecError),
}

impl Writer {
    /// Creates the recording in `directory` and writes its header.
    pub fn create(directory: &Path, header: Header) -> Result<Writer, WriteError> {
        let mut file = File::create(directory.join(FILE_NAME))?;
        file.write_all(&codec::MAGIC)?;
        let mut writer = Writer { file, batch: Vec::with_capacity(64 << 10) };
        writer.append([Entry::Header(Box::new(header))])?;
        Ok(writer)
    }

    /// Appends entries and hands them to the kernel in one call.
    pub fn append(&mut self, entries: impl IntoIterator<Item = Entry>) -> Result<(), WriteError> {
        self.batch.clear();
        for entry in entries {
            codec::append(&mut self.batch, &entry)?;
        }
        self.file.write_all(&self.batch)?;
        Ok(())
    }
}
