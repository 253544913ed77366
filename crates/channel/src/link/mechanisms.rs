//! Which mechanism is made of what: the one table of all of them.

use super::carrier::{Incoming, Outgoing, Owner};
use super::{
    Inherited, LinkError, Mechanism, Pattern, Spec, framing, hybrid, memfd_passing, pool, queue,
    unix,
};
use crate::store::StoreKind;
use std::io;

/// What a link consists of.
pub(super) fn owner(spec: Spec) -> Result<Box<dyn Owner>, LinkError> {
    let system = |source: io::Error| LinkError::System { mechanism: spec.mechanism, source };
    if let Some(kind) = StoreKind::of(spec.mechanism) {
        return Ok(match spec.pattern {
            Pattern::Newest => Box::new(pool::create(kind, spec)?),
            Pattern::Queue => Box::new(queue::create(kind, spec)?),
        });
    }
    Ok(match (spec.mechanism, spec.pattern) {
        (Mechanism::Hybrid, _) => Box::new(hybrid::create_link(spec)?),
        (Mechanism::UnixDgram | Mechanism::MemfdPassing, _) => {
            Box::new(unix::Pair::create().map_err(system)?)
        }
        _ => return Err(lacking(spec)),
    })
}

/// The sender's end.
pub(super) fn outgoing(spec: Spec, end: Inherited) -> Result<Box<dyn Outgoing>, LinkError> {
    if let Some(_shared) = StoreKind::of(spec.mechanism) {
        return Ok(match spec.pattern {
            Pattern::Newest => Box::new(pool::outlet(spec, end)?),
            Pattern::Queue => Box::new(queue::outlet(spec, end)?),
        });
    }
    Ok(match (spec.mechanism, spec.pattern) {
        (Mechanism::Hybrid, _) => Box::new(hybrid::outlet(spec, end)?),
        (Mechanism::MemfdPassing, _) => Box::new(memfd_passing::outlet(spec, end)?),
        (Mechanism::UnixDgram, _) => framing::outgoing(spec, Box::new(unix::outlet(spec, end)?)),
        _ => return Err(lacking(spec)),
    })
}

/// The receiver's end.
pub(super) fn incoming(spec: Spec, end: Inherited) -> Result<Box<dyn Incoming>, LinkError> {
    if let Some(_shared) = StoreKind::of(spec.mechanism) {
        return Ok(match spec.pattern {
            Pattern::Newest => Box::new(pool::inlet(spec, end)?),
            Pattern::Queue => Box::new(queue::inlet(spec, end)?),
        });
    }
    Ok(match (spec.mechanism, spec.pattern) {
        (Mechanism::Hybrid, _) => Box::new(hybrid::inlet(spec, end)?),
        (Mechanism::MemfdPassing, _) => Box::new(memfd_passing::inlet(spec, end)?),
        (Mechanism::UnixDgram, _) => framing::incoming(spec, Box::new(unix::inlet(spec, end)?)),
        _ => return Err(lacking(spec)),
    })
}

fn lacking(spec: Spec) -> LinkError {
    LinkError::Lacking { mechanism: spec.mechanism, why: "it is not built in".to_owned() }
}
