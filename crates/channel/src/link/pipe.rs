//! Pipes as links: without a name, opened by a name (FIFO), or with the sender's pages lent to them
//! (`vmsplice`).
//!
//! Order: kept. Boundaries: none, a stream. Back-pressure: the pipe holds what it was made to hold, in
//! pages; then the sender is told. `pipe` is what the kernel gives everyone, 64 KiB; `fifo` and
//! `vmsplice` are made larger, up to `fs.pipe-max-size`. Priority: none. Credentials: none; who inherited a descriptor. What went in survives its sender, lent
//! pages too, as long as somebody has the receiving end. The owner keeps both, so neither side sees
//! the other's end as an end of the stream. Nothing has a name (that of a FIFO is gone before
//! anyone sees the link): all vanishes with the last process that has it.
//!
//! A lent page is copied once, by the reader. Its sender fills other buffers meanwhile, as many as
//! the link has slots, and takes one back when `FIONREAD` counts none of its bytes any more: the
//! kernel counts them down under the pipe's lock, only after it has copied them for the reader.
//! Bytes come out in the order in which they went in, so those still counted are the last that
//! went.

use super::descriptor::{Carry, Pair};
use super::{LinkError, Spec, Urgency, framing, refused};
use std::io;
use std::os::fd::BorrowedFd;
use sys::pipe::Pipe;

/// What the kernel makes a pipe hold if nobody asks for more (pipe(7)).
const DEFAULT_CAPACITY_BYTES: usize = 64 << 10;
/// Unit in which a pipe holds bytes.
const PAGE_BYTES: usize = 4096;

/// A link by a pipe without a name, as everyone gets it.
pub(super) fn anonymous(spec: Spec) -> Result<Box<Pair>, LinkError> {
    pair(spec, Pipe::anonymous(DEFAULT_CAPACITY_BYTES))
}

/// A link by a pipe that was opened by a name, made as large as its messages, or as the host allows.
pub(super) fn named(spec: Spec) -> Result<Box<Pair>, LinkError> {
    pair(spec, Pipe::named(framing::all_bytes(spec)))
}

/// A link by a pipe to which pages are lent: one that is touched in part takes as much room as
/// others.
pub(super) fn lent(spec: Spec) -> Result<Box<Pair>, LinkError> {
    let message_bytes = framing::whole_bytes(spec).next_multiple_of(PAGE_BYTES) + PAGE_BYTES;
    pair(spec, Pipe::anonymous(spec.slots * message_bytes))
}

fn pair(spec: Spec, made: io::Result<Pipe>) -> Result<Box<Pair>, LinkError> {
    let Pipe { reader, writer } = made.map_err(refused(spec))?;
    Ok(Box::new(Pair { sender: writer, receiver: reader }))
}

/// Bytes that are copied into the pipe.
#[derive(Debug)]
pub(super) struct Copied;

impl Carry for Copied {
    const KEEPS_BOUNDARIES: bool = false;

    fn piece_bytes_max(end: BorrowedFd<'_>) -> io::Result<usize> {
        sys::pipe::capacity(end)
    }

    fn send(end: BorrowedFd<'_>, piece: &[u8], _urgency: Urgency) -> io::Result<Option<usize>> {
        sys::pipe::write(end, piece)
    }

    fn receive(end: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        sys::pipe::read(end, buffer)
    }
}

/// Bytes that stay in the sender's memory until they are read.
#[derive(Debug)]
pub(super) struct Lent;

impl Carry for Lent {
    const KEEPS_BOUNDARIES: bool = false;

    fn piece_bytes_max(end: BorrowedFd<'_>) -> io::Result<usize> {
        sys::pipe::capacity(end)
    }

    fn send(end: BorrowedFd<'_>, piece: &[u8], _urgency: Urgency) -> io::Result<Option<usize>> {
        sys::pipe::lend(end, piece)
    }

    fn receive(end: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        sys::pipe::read(end, buffer)
    }

    fn lent_bytes(end: BorrowedFd<'_>) -> io::Result<usize> {
        sys::pipe::unread_bytes(end)
    }
}
