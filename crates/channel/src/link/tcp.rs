//! TCP over the loopback interface as a link: two connected sockets.
//!
//! Order: kept. Boundaries: none, a stream. Back-pressure: what the sender's and the receiver's
//! buffers hold (`net.core.wmem_max`, `rmem_max`); then the sender is told. Priority: none.
//! Credentials: none; the owner has accepted its own connection only and closed the port. What was
//! sent survives its sender as long as somebody has the receiving end. The owner keeps both, so
//! neither side sees the other's end. The connection vanishes with the last process that has it;
//! its port stays in `TIME_WAIT` for a minute.

use super::descriptor::Pair;
use super::{LinkError, Spec, framing, refused};

/// A link by a connection.
pub(super) fn create(spec: Spec) -> Result<Box<Pair>, LinkError> {
    let make = || {
        let (sender, receiver) = sys::socket::tcp::pair()?;
        sys::socket::grow_buffers(&sender, framing::all_bytes(spec))?;
        sys::socket::grow_buffers(&receiver, framing::all_bytes(spec))?;
        Ok(Pair { sender, receiver })
    };
    Ok(Box::new(make().map_err(refused(spec))?))
}
