//! Which mechanism is made of what: the one table of all of them.

use super::carrier::{Incoming, Outgoing, Owner};
use super::{Inherited, LinkError, Mechanism, Pattern, Spec, framing, pool, queue, unix};
use std::io;

/// What a link consists of.
pub(super) fn owner(spec: Spec) -> Result<Box<dyn Owner>, LinkError> {
    let system = |source: io::Error| LinkError::System { mechanism: spec.mechanism, source };
    Ok(match (spec.mechanism, spec.pattern) {
        (Mechanism::Shm, Pattern::Newest) => Box::new(pool::create(spec)?),
        (Mechanism::Shm, Pattern::Queue) => Box::new(queue::create(spec)?),
        (Mechanism::UnixDgram, _) => Box::new(unix::Pair::create().map_err(system)?),
        _ => return Err(lacking(spec)),
    })
}

/// The sender's end.
pub(super) fn outgoing(spec: Spec, end: Inherited) -> Result<Box<dyn Outgoing>, LinkError> {
    Ok(match (spec.mechanism, spec.pattern) {
        (Mechanism::Shm, Pattern::Newest) => Box::new(pool::outlet(spec, end)?),
        (Mechanism::Shm, Pattern::Queue) => Box::new(queue::outlet(spec, end)?),
        (Mechanism::UnixDgram, _) => framing::outgoing(spec, Box::new(unix::outlet(spec, end)?)),
        _ => return Err(lacking(spec)),
    })
}

/// The receiver's end.
pub(super) fn incoming(spec: Spec, end: Inherited) -> Result<Box<dyn Incoming>, LinkError> {
    Ok(match (spec.mechanism, spec.pattern) {
        (Mechanism::Shm, Pattern::Newest) => Box::new(pool::inlet(spec, &end)?),
        (Mechanism::Shm, Pattern::Queue) => Box::new(queue::inlet(spec, &end)?),
        (Mechanism::UnixDgram, _) => framing::incoming(spec, Box::new(unix::inlet(spec, end)?)),
        _ => return Err(lacking(spec)),
    })
}

fn lacking(spec: Spec) -> LinkError {
    LinkError::Lacking { mechanism: spec.mechanism, why: "it is not built in".to_owned() }
}
