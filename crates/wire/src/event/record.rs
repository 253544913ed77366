//! One event with its circumstances, as 64 bytes: [`Record`].

use super::Event;
use serde::{Deserialize, Serialize};

/// 64-bit words in one record.
pub const RECORD_WORDS: usize = 8;
/// Bytes in one record.
pub const RECORD_BYTES: usize = RECORD_WORDS * 8;
pub(super) const FIELDS: usize = RECORD_WORDS - 2;

/// One event with its circumstances, as it stands in an event ring.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it was written, `CLOCK_MONOTONIC` nanoseconds.
    pub t_ns: u64,
    /// The incarnation of the process that wrote it, from 1.
    pub incarnation: u32,
    /// What happened.
    pub event: Event,
}

impl Record {
    /// The record as the words of its ring slot.
    pub fn to_words(&self) -> [u64; RECORD_WORDS] {
        let mut words = [0; RECORD_WORDS];
        let (number, fields) = self.event.encode();
        words[0] = u64::from(number) | u64::from(self.incarnation) << 32;
        words[1] = self.t_ns;
        words[2..].copy_from_slice(&fields);
        words
    }

    /// The record that these words hold; `None` if no version of this program wrote them.
    pub fn from_words(words: &[u64; RECORD_WORDS]) -> Option<Record> {
        let mut fields = [0; FIELDS];
        fields.copy_from_slice(&words[2..]);
        Some(Record {
            t_ns: words[1],
            incarnation: (words[0] >> 32) as u32,
            event: Event::decode(words[0] as u32, &fields)?,
        })
    }
}
