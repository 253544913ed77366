//! Which mechanism is made of what: the one table of all of them.

use super::carrier::{Incoming, Outgoing, Owner, Pieces};
use super::descriptor::End;
use super::{
    Inherited, LinkError, Mechanism, Pattern, Spec, dbus, framing, hybrid, memfd_passing, pipe,
    pool, posix_queue, queue, sysv_queue, tcp, unix, unsynchronised,
};
use crate::store::StoreKind;
use sys::socket::Kind;

/// Whether something becomes readable when a message comes by it.
pub(crate) fn has_descriptor(mechanism: Mechanism) -> bool {
    StoreKind::of(mechanism).is_none() && mechanism != Mechanism::SysvMsg
}

/// What a link consists of.
pub(super) fn owner(spec: Spec) -> Result<Box<dyn Owner>, LinkError> {
    if let Some(kind) = StoreKind::of(spec.mechanism) {
        return Ok(match spec.pattern {
            Pattern::Newest => Box::new(pool::create(kind, spec)?),
            Pattern::Queue => Box::new(queue::create(kind, spec)?),
            Pattern::Unsynchronised => Box::new(unsynchronised::owner(spec)?),
        });
    }
    Ok(match spec.mechanism {
        Mechanism::Hybrid => Box::new(hybrid::create_link(spec)?),
        Mechanism::Pipe => pipe::anonymous(spec)?,
        Mechanism::Fifo => pipe::named(spec)?,
        Mechanism::Vmsplice => pipe::lent(spec)?,
        Mechanism::UnixStream => unix::create(spec, Kind::Stream)?,
        Mechanism::MemfdPassing => memfd_passing::create(spec)?,
        Mechanism::UnixDgram => unix::create(spec, Kind::Datagram)?,
        Mechanism::UnixSeqpacket => unix::create(spec, Kind::Seqpacket)?,
        Mechanism::Tcp => tcp::create(spec)?,
        Mechanism::PosixMq => posix_queue::create(spec)?,
        Mechanism::SysvMsg => sysv_queue::create(spec)?,
        Mechanism::Dbus => dbus::create(spec)?,
        _ => return Err(lacking(spec)),
    })
}

/// The sender's end.
pub(super) fn outgoing(spec: Spec, end: Inherited) -> Result<Box<dyn Outgoing>, LinkError> {
    if StoreKind::of(spec.mechanism).is_some() {
        return Ok(match spec.pattern {
            Pattern::Newest => Box::new(pool::outlet(spec, end)?),
            Pattern::Queue => Box::new(queue::outlet(spec, end)?),
            Pattern::Unsynchronised => Box::new(unsynchronised::outlet(spec, end)?),
        });
    }
    Ok(match spec.mechanism {
        Mechanism::Hybrid => Box::new(hybrid::outlet(spec, end)?),
        Mechanism::MemfdPassing => Box::new(memfd_passing::outlet(spec, end)?),
        Mechanism::Dbus => framing::outgoing(spec, dbus::outlet(spec, &end)?),
        _ => framing::outgoing(spec, pieces(spec, end)?),
    })
}

/// The receiver's end.
pub(super) fn incoming(spec: Spec, end: Inherited) -> Result<Box<dyn Incoming>, LinkError> {
    if StoreKind::of(spec.mechanism).is_some() {
        return Ok(match spec.pattern {
            Pattern::Newest => Box::new(pool::inlet(spec, end)?),
            Pattern::Queue => Box::new(queue::inlet(spec, end)?),
            Pattern::Unsynchronised => Box::new(unsynchronised::inlet(spec, end)?),
        });
    }
    Ok(match spec.mechanism {
        Mechanism::Hybrid => Box::new(hybrid::inlet(spec, end)?),
        Mechanism::MemfdPassing => Box::new(memfd_passing::inlet(spec, end)?),
        Mechanism::Dbus => framing::incoming(spec, dbus::inlet(spec, &end)?),
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
