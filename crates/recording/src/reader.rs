//! Reads a recording, whole or cut off: [`Recording`].
//!
//! Bytes come from the run directory alone: the recording itself, part by part, and, after the watchdog was
//! killed, the event rings that it could not drain any more. What is read of a part that a reset of the board
//! ended is what was on storage; how much that took with it is nowhere counted, the gap in time tells.

use crate::codec::Front;
use crate::{Entry, Header, PARTS_MAX, Part, codec, file_name, ring_file_name};
use std::io;
use std::path::{Path, PathBuf};
use wire::event::{RECORD_BYTES, RECORD_WORDS};
use wire::shared::{PageKind, magic, ring};
use wire::{Record, Source};

/// Everything that is known of a run, in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// What was to be run, where and when.
    pub header: Header,
    /// The parts of the run: more than one where the board was reset.
    pub parts: Vec<Part>,
    /// What happened. Records of one source keep their order where times are equal.
    pub records: Vec<(Source, Record)>,
    /// Records that are known to be missing, by source.
    pub lost: Vec<(Source, u64)>,
    /// A torn frame that fusion read; of a run that was cut short, none.
    pub torn: Option<Torn>,
    /// Whether the run ended in order.
    pub truncation: Truncation,
}

/// A frame of which the upper rows are of one frame and the rest of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Number of the older frame.
    pub frame: u64,
    /// Its first row of the older frame.
    pub row: u32,
    /// Grey values, row by row from the top.
    pub pixels: Vec<u8>,
}

/// Whether a recording is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncation {
    /// The run ended in order.
    Complete,
    /// The watchdog ended before the run did, or found no room for the end of the recording; the rest was
    /// taken from the event rings.
    WatchdogEnded,
    /// An entry is not what was written; it and what stands after it is not used.
    Damaged,
}

/// A recording could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no readable file.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is something else, or of another version.
    #[error("{path} is not a recording of format version {}", codec::FORMAT_VERSION)]
    NotARecording {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no header: the run never began.
    #[error("{path} ends before its header")]
    NoHeader {
        /// The file.
        path: PathBuf,
    },
}

impl Recording {
    /// Reads the run in `directory`, all parts of it.
    pub fn open(directory: &Path) -> Result<Recording, OpenError> {
        let mut recording = open_part(directory, 1)?;
        for number in 2..=PARTS_MAX {
            if !directory.join(file_name(number)).exists() {
                break;
            }
            match open_part(directory, number) {
                Ok(next) => recording.continues(next),
                // It was reset again before it could tell anything.
                Err(OpenError::NoHeader { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        recording.records.sort_by_key(|(_, record)| record.t_ns);
        Ok(recording)
    }

    /// The part that was begun last.
    pub fn last_part(&self) -> &Part {
        self.parts.last().expect("the first part was opened")
    }

    /// Adds the part that goes on after a reset: that this one is cut, and where, is part of the run.
    fn continues(&mut self, next: Recording) {
        self.records.extend(next.records);
        self.lost.extend(next.lost);
        self.torn = next.torn.or(self.torn.take());
        self.truncation = next.truncation;
        self.parts.extend(next.parts);
    }
}

fn open_part(directory: &Path, number: u32) -> Result<Recording, OpenError> {
    let path = directory.join(file_name(number));
    let bytes =
        std::fs::read(&path).map_err(|source| OpenError::Io { path: path.clone(), source })?;
    let Some(mut rest) = bytes.strip_prefix(&codec::MAGIC[..]) else {
        // A reset may have taken the first bytes of a later part.
        return Err(match number {
            1 => OpenError::NotARecording { path },
            _ => OpenError::NoHeader { path },
        });
    };
    let mut header = None;
    let mut records = Vec::new();
    let mut lost = Vec::new();
    let mut torn = None;
    let mut drained = [0; Source::ALL.len()];
    let mut truncation = Truncation::WatchdogEnded;
    // A cut or damaged envelope ends the recording: what stands after it has no known start.
    loop {
        let entry = match codec::first(rest) {
            Front::Whole(entry, after) => {
                rest = after;
                entry
            }
            Front::Cut => break,
            Front::Damaged => {
                truncation = Truncation::Damaged;
                break;
            }
        };
        match entry {
            Entry::Header(first) => header = Some(*first),
            Entry::Record { source, index, record } => {
                drained[source.index()] = index + 1;
                records.push((source, record));
            }
            Entry::Lost { source, count } => lost.push((source, count)),
            Entry::TornFrame { frame, row, pixels } => torn = Some(Torn { frame, row, pixels }),
            Entry::End => truncation = Truncation::Complete,
        }
    }
    let header = header.ok_or(OpenError::NoHeader { path })?;
    let was_reset = directory.join(file_name(number + 1)).exists();
    if truncation != Truncation::Complete {
        for source in Source::ALL {
            let path = directory.join(ring_file_name(source, number));
            let Some(bytes) = ring_bytes(path)? else { continue };
            let left = undrained(&bytes, drained[source.index()]);
            records.extend(left.records.into_iter().map(|record| (source, record)));
            // What a reset tore in a ring was never a record.
            lost.extend((left.lost > 0 && !was_reset).then_some((source, left.lost)));
        }
    }
    let parts = vec![header.part.clone()];
    Ok(Recording { header, parts, records, lost, torn, truncation })
}

/// What is in a ring file; `None` where there is none: all of it was drained, or nobody ever wrote.
fn ring_bytes(path: PathBuf) -> Result<Option<Vec<u8>>, OpenError> {
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OpenError::Io { path, source }),
    }
}

struct Undrained {
    records: Vec<Record>,
    lost: u64,
}

/// What a ring file holds from record `from` on.
fn undrained(file: &[u8], from: u64) -> Undrained {
    let word = |index: usize| {
        file.get(index * 8..index * 8 + 8)
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u64::from_le_bytes)
    };
    if file.len() != ring::FILE_BYTES || word(0) != magic(PageKind::Ring) {
        return Undrained { records: Vec::new(), lost: 0 };
    }
    let head = word(ring::HEAD);
    let oldest = head.saturating_sub(ring::CAPACITY as u64);
    let records: Vec<_> = (from.max(oldest)..head)
        .filter_map(|index| {
            let slot = (index % ring::CAPACITY as u64) as usize;
            let first = ring::RECORDS + slot * (RECORD_BYTES / 8);
            let words: [u64; RECORD_WORDS] = std::array::from_fn(|i| word(first + i));
            Record::from_words(&words)
        })
        .collect();
    // Overwritten, or not understood.
    let lost = head.saturating_sub(from) - records.len() as u64;
    Undrained { records, lost }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FILE_NAME, Host, Writer};
    use wire::event::Event;

    fn header() -> Header {
        Header {
            scenario_path: "scenarios/x.toml".into(),
            scenario_text: "schema = 1".into(),
            board_text: None,
            seed: 7,
            repetition: 1,
            repetitions: 1,
            program_version: "0.1.0".into(),
            started_unix_ms: 1,
            host: Host::default(),
            part: Part::default(),
        }
    }

    fn record(t_ns: u64) -> Record {
        Record { t_ns, incarnation: 1, event: Event::Started { pid: t_ns as u32 } }
    }

    fn entry(source: Source, index: u64) -> Entry {
        Entry::Record { source, index, record: record(100 + index) }
    }

    fn ring_file(head: u64) -> Vec<u8> {
        let mut words = vec![0_u64; ring::FILE_BYTES / 8];
        words[0] = magic(PageKind::Ring);
        words[ring::HEAD] = head;
        for index in head.saturating_sub(ring::CAPACITY as u64)..head {
            let first = ring::RECORDS + (index as usize % ring::CAPACITY) * RECORD_WORDS;
            words[first..first + RECORD_WORDS].copy_from_slice(&record(100 + index).to_words());
        }
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    const CAMERA: Source = Source::Node(wire::Node::Camera);

    #[test]
    fn a_complete_recording_reads_back_in_the_order_of_time() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(directory.path(), header()).unwrap();
        writer.append(&[entry(Source::Watchdog, 5), entry(CAMERA, 2)]).unwrap();
        let pixels = vec![7; 2_073_600];
        writer.append(&[Entry::Lost { source: CAMERA, count: 3 }]).unwrap();
        let kept = Entry::TornFrame { frame: 4, row: 500, pixels: pixels.clone() };
        writer.append(&[kept, Entry::End]).unwrap();
        let read = Recording::open(directory.path()).unwrap();
        assert_eq!(read.header, header());
        assert_eq!(read.records, [(CAMERA, record(102)), (Source::Watchdog, record(105))]);
        assert_eq!(read.lost, [(CAMERA, 3)]);
        assert_eq!(read.torn, Some(Torn { frame: 4, row: 500, pixels }));
        assert_eq!(read.truncation, Truncation::Complete);
    }

    #[test]
    fn what_the_watchdog_could_not_drain_comes_from_the_rings() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(directory.path(), header()).unwrap();
        writer.append(&[entry(CAMERA, 0), entry(CAMERA, 1)]).unwrap();
        std::fs::write(directory.path().join(ring_file_name(CAMERA, 1)), ring_file(4)).unwrap();
        let read = Recording::open(directory.path()).unwrap();
        let times: Vec<_> = read.records.iter().map(|(_, record)| record.t_ns).collect();
        assert_eq!(times, [100, 101, 102, 103]);
        assert_eq!(read.truncation, Truncation::WatchdogEnded);
    }

    #[test]
    fn a_ring_that_cannot_be_read_is_told() {
        let directory = tempfile::tempdir().unwrap();
        Writer::create(directory.path(), header()).unwrap();
        let ring = directory.path().join(ring_file_name(CAMERA, 1));
        std::fs::create_dir(&ring).unwrap();
        let error = Recording::open(directory.path()).unwrap_err();
        assert!(matches!(error, OpenError::Io { ref path, .. } if *path == ring), "{error:?}");
    }

    #[test]
    fn parts_are_one_run_and_a_part_without_a_header_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let part = |number| Header { part: Part { number, ..Part::default() }, ..header() };
        let mut writer = Writer::create(directory.path(), header()).unwrap();
        writer.append(&[entry(CAMERA, 0), Entry::Lost { source: CAMERA, count: 1 }]).unwrap();
        writer.sync(directory.path()).unwrap();
        drop(writer);
        let mut writer = Writer::create(directory.path(), part(2)).unwrap();
        writer.append(&[entry(CAMERA, 9), Entry::End]).unwrap();
        drop(writer);
        std::fs::write(directory.path().join(file_name(3)), b"").unwrap();
        let read = Recording::open(directory.path()).unwrap();
        assert_eq!(read.records, [(CAMERA, record(100)), (CAMERA, record(109))]);
        let numbers: Vec<_> = read.parts.iter().map(|part| part.number).collect();
        assert_eq!((numbers, read.last_part().number), (vec![1, 2], 2));
        assert_eq!((read.truncation, read.lost), (Truncation::Complete, vec![(CAMERA, 1)]));
        Writer::create(directory.path(), header()).unwrap();
        assert_eq!(Recording::open(directory.path()).unwrap().parts.len(), 1, "a new run");
    }

    #[test]
    fn overwritten_records_are_counted() {
        let directory = tempfile::tempdir().unwrap();
        Writer::create(directory.path(), header()).unwrap();
        let head = ring::CAPACITY as u64 + 10;
        std::fs::write(directory.path().join(ring_file_name(CAMERA, 1)), ring_file(head)).unwrap();
        let read = Recording::open(directory.path()).unwrap();
        assert_eq!(read.lost, [(CAMERA, 10)]);
        assert_eq!(read.records.len(), ring::CAPACITY);
    }

    #[test]
    fn a_recording_cut_anywhere_is_readable_up_to_the_cut() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(directory.path(), header()).unwrap();
        writer.append(&(0..5).map(|index| entry(CAMERA, index)).collect::<Vec<_>>()).unwrap();
        let path = directory.path().join(FILE_NAME);
        let whole = std::fs::read(&path).unwrap();
        let mut most = 0;
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            match Recording::open(directory.path()) {
                Ok(read) => {
                    assert!(read.records.len() >= most, "cut at {cut}");
                    most = read.records.len();
                }
                Err(OpenError::NotARecording { .. }) => assert!(cut < 8),
                Err(OpenError::NoHeader { .. }) => assert_eq!(most, 0),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(most, 4);
    }

    #[test]
    fn a_write_that_found_no_room_leaves_no_trace() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(directory.path(), header()).unwrap();
        writer.append(&[entry(CAMERA, 0)]).unwrap();
        writer.fill_disk().unwrap();
        assert!(writer.append(&[entry(CAMERA, 1)]).is_err());
        writer.free_disk();
        writer.append(&[entry(CAMERA, 2), Entry::End]).unwrap();
        let read = Recording::open(directory.path()).unwrap();
        assert_eq!(read.records, [(CAMERA, record(100)), (CAMERA, record(102))]);
        assert_eq!(read.truncation, Truncation::Complete);
    }

    #[test]
    fn damage_ends_the_recording_and_never_panics() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(directory.path(), header()).unwrap();
        writer.append(&(0..5).map(|index| entry(CAMERA, index)).collect::<Vec<_>>()).unwrap();
        let path = directory.path().join(FILE_NAME);
        let whole = std::fs::read(&path).unwrap();
        let mut damaged_seen = false;
        for at in 8..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            std::fs::write(&path, &damaged).unwrap();
            if let Ok(read) = Recording::open(directory.path()) {
                assert!(read.records.len() < 5, "damage at {at}");
                damaged_seen |= read.truncation == Truncation::Damaged;
            }
        }
        assert!(damaged_seen);
    }
}
