//! Which mechanism is made of what: the one table of all of them.

use super::carrier::{Incoming, Outgoing, Owner, Pieces};
use super::descriptor::End;
use super::{
    Inherited, LinkError, Mechanism, Pattern, Spec, dbus, framing, pipe, pool, posix_queue, queue,
    sysv_queue, tcp, unix,
};
use sys::socket::Kind;

/// What a link consists of.
pub(super) fn owner(spec: Spec) -> Result<Box<dyn Owner>, LinkError> {
    Ok(match (spec.mechanism, spec.pattern) {
        (Mechanism::Shm, Pattern::Newest) => Box::new(pool::create(spec)?),
        (Mechanism::Shm, Pattern::Queue) => Box::new(queue::create(spec)?),
        (Mechanism::Pipe, _) => pipe::anonymous(spec)?,
        (Mechanism::Fifo, _) => pipe::named(spec)?,
        (Mechanism::Vmsplice, _) => pipe::lent(spec)?,
        (Mechanism::UnixStream, _) => unix::create(spec, Kind::Stream)?,
        (Mechanism::UnixDgram, _) => unix::create(spec, Kind::Datagram)?,
        (Mechanism::UnixSeqpacket, _) => unix::create(spec, Kind::Seqpacket)?,
        (Mechanism::Tcp, _) => tcp::create(spec)?,
        (Mechanism::PosixMq, _) => posix_queue::create(spec)?,
        (Mechanism::SysvMsg, _) => sysv_queue::create(spec)?,
        (Mechanism::Dbus, _) => dbus::create(spec)?,
        _ => return Err(lacking(spec)),
    })
}

/// The sender's end.
pub(super) fn outgoing(spec: Spec, end: Inherited) -> Result<Box<dyn Outgoing>, LinkError> {
    Ok(match (spec.mechanism, spec.pattern) {
        (Mechanism::Shm, Pattern::Newest) => Box::new(pool::outlet(spec, end)?),
        (Mechanism::Shm, Pattern::Queue) => Box::new(queue::outlet(spec, end)?),
        (Mechanism::Dbus, _) => framing::outgoing(spec, dbus::outlet(spec, &end)?),
        _ => framing::outgoing(spec, pieces(spec, end)?),
    })
}

/// The receiver's end.
pub(super) fn incoming(spec: Spec, end: Inherited) -> Result<Box<dyn Incoming>, LinkError> {
    Ok(match (spec.mechanism, spec.pattern) {
        (Mechanism::Shm, Pattern::Newest) => Box::new(pool::inlet(spec, &end)?),
        (Mechanism::Shm, Pattern::Queue) => Box::new(queue::inlet(spec, &end)?),
        (Mechanism::Dbus, _) => framing::incoming(spec, dbus::inlet(spec, &end)?),
        _ => framing::incoming(spec, pieces(spec, end)?),
    })
}

/// Either end of a mechanism that copies.
fn pieces(spec: Spec, end: Inherited) -> Result<Box<dyn Pieces>, LinkError> {
    Ok(match spec.mechanism {
        Mechanism::Pipe | Mechanism::Fifo => End::<pipe::Copied>::attach(spec, end)?,
        Mechanism::Vmsplice => End::<pipe::Lent>::attach(spec, end)?,
        Mechanism::UnixStream | Mechanism::Tcp => End::<unix::Stream>::attach(spec, end)?,
        Mechanism::UnixDgram | Mechanism::UnixSeqpacket => {
            End::<unix::Messages>::attach(spec, end)?
        }
        Mechanism::PosixMq => End::<posix_queue::Queue>::attach(spec, end)?,
        Mechanism::SysvMsg => sysv_queue::attach(spec, &end)?,
        _ => return Err(lacking(spec)),
    })
}

fn lacking(spec: Spec) -> LinkError {
    LinkError::Lacking { mechanism: spec.mechanism, why: "it is not built in".to_owned() }
}
