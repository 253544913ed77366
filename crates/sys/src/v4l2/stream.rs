//! The frames of a capture device: [`Stream`].
//!
//! The driver and this process take turns with each buffer. What we were given and have not given back is
//! ours to read; at most one is, so that a borrow of the stream is the proof.

use super::layout::{
    BUF_ERROR, Buffer, Buffers, CAPTURE, Dequeue, MMAP, QueryBuffer, Queue, RequestBuffers,
    SOURCE_MASK, SOURCE_START_OF_EXPOSURE, StreamOn, TIMESTAMP_MASK, TIMESTAMP_MONOTONIC, request,
};
use super::{Device, DeviceError, refused};
use crate::clock;
use crate::poll::without_waiting;
use memmap2::{MmapOptions, MmapRaw};
use nix::errno::Errno;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// A device that streams. Dropped, it stops, and the driver has its memory back.
#[derive(Debug)]
pub struct Stream {
    // Unmapped before the device is closed.
    buffers: Vec<MmapRaw>,
    /// Which one is ours, and how much of it is filled.
    ours: Option<(u32, usize)>,
    stamps: Stamps,
    device: Device,
}

/// What the times of frames mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamps {
    /// They are of `CLOCK_MONOTONIC`.
    pub monotonic: bool,
    /// They tell when the exposure began; otherwise when the frame was complete.
    pub start_of_exposure: bool,
}

/// A frame that the driver handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Its time, ns, of the clock that the device uses.
    pub stamped_ns: u64,
    /// Its number; frames that the device or its driver dropped are missing.
    pub sequence: u32,
    /// Bytes in it.
    pub bytes: u32,
    /// The driver says that its content may be damaged.
    pub is_damaged: bool,
}

impl Stream {
    /// Maps buffers, about as many as asked, and begins to stream.
    pub fn start(device: Device, buffers: u32) -> Result<Stream, DeviceError> {
        let asked = Buffers { count: buffers, kind: CAPTURE, memory: MMAP, ..Buffers::default() };
        let mut made = RequestBuffers(asked);
        refused("make buffers", request(&device, &mut made))?;
        let stamps = Stamps { monotonic: false, start_of_exposure: false };
        let mut stream = Stream { buffers: Vec::new(), ours: None, stamps, device };
        for index in 0..made.0.count {
            refused("map a buffer", stream.map(index))?;
            refused("hand a buffer over", stream.give(index))?;
        }
        refused("begin to stream", request(&stream, &mut StreamOn(CAPTURE)))?;
        Ok(stream)
    }

    fn map(&mut self, index: u32) -> io::Result<()> {
        let mut buffer = QueryBuffer(buffer(index));
        request(&self.device, &mut buffer)?;
        let QueryBuffer(buffer) = buffer;
        self.stamps = Stamps {
            monotonic: buffer.flags & TIMESTAMP_MASK == TIMESTAMP_MONOTONIC,
            start_of_exposure: buffer.flags & SOURCE_MASK == SOURCE_START_OF_EXPOSURE,
        };
        let mut options = MmapOptions::new();
        // Of a device's mapping only the low word counts, for 32-bit programs.
        let options =
            options.offset(buffer.offset & u64::from(u32::MAX)).len(buffer.length as usize);
        self.buffers.push(options.map_raw_read_only(self.device.as_fd().as_raw_fd())?);
        Ok(())
    }

    /// How many buffers there are.
    pub fn buffers(&self) -> usize {
        self.buffers.len()
    }

    /// What the times of its frames mean.
    pub fn stamps(&self) -> Stamps {
        self.stamps
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Takes the next frame in hand; `None` while there is none. What was in hand is given back before.
    pub fn take(&mut self) -> io::Result<Option<Filled>> {
        self.give_back()?;
        let mut taken = Dequeue(buffer(0));
        // `without_waiting` takes errors of nix.
        let result = request(&self.device, &mut taken);
        let result = result.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)));
        if without_waiting(result)?.is_none() {
            return Ok(None);
        }
        let Dequeue(taken) = taken;
        let memory = self.buffers.get(taken.index as usize);
        let memory = memory.ok_or(io::Error::from(Errno::EPROTO))?;
        // How much is filled is the driver's word; the size of the mapping is ours.
        let bytes = memory.len().min(taken.bytes_used as usize);
        self.ours = Some((taken.index, bytes));
        let [seconds, micros] = [taken.timestamp_s, taken.timestamp_us].map(i64::cast_unsigned);
        let kernel_ns = seconds.saturating_mul(1_000_000_000).saturating_add(micros * 1000);
        Ok(Some(Filled {
            stamped_ns: clock::of_kernel(kernel_ns),
            sequence: taken.sequence,
            bytes: bytes as u32,
            is_damaged: taken.flags & BUF_ERROR != 0,
        }))
    }

    /// The bytes of the frame in hand; nothing where none is.
    pub fn in_hand(&self) -> &[u8] {
        let Some((index, filled)) = self.ours else { return &[] };
        let memory = self.buffers[index as usize].as_ptr();
        // SAFETY: the mapping is at least this long (`take`) and lives as long as `self`. The driver does
        // not write to a buffer between its dequeuing and its queuing, which needs `&mut self`.
        unsafe { std::slice::from_raw_parts(memory, filled) }
    }

    /// Gives the frame in hand back to the driver, which fills it again.
    pub fn give_back(&mut self) -> io::Result<()> {
        match self.ours.take() {
            Some((index, _)) => self.give(index),
            None => Ok(()),
        }
    }

    fn give(&self, index: u32) -> io::Result<()> {
        request(&self.device, &mut Queue(buffer(index)))
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

fn buffer(index: u32) -> Buffer {
    Buffer { index, kind: CAPTURE, memory: MMAP, ..Buffer::default() }
}
