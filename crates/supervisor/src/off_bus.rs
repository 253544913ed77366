//! A controller that is kept off its CAN bus: [`OffBus`].

use scenario::board::Can;
use std::io;
use sys::can::link::{Condition, LinkError, down, find, up_again};

/// An interface that is down. Dropped, it is up again.
#[derive(Debug)]
pub(crate) struct OffBus {
    pub(crate) interface: String,
}

impl OffBus {
    pub(crate) fn begin(bus: &Can) -> io::Result<OffBus> {
        down(&bus.interface).map_err(system)?;
        let off = OffBus { interface: bus.interface.clone() };
        match find(&bus.interface).map_err(system)?.condition {
            Condition::Down => Ok(off),
            found => Err(io::Error::other(format!("the interface is {found:?} after all"))),
        }
    }

    /// Lets it take part again.
    pub(crate) fn end(&self) -> io::Result<()> {
        up_again(&self.interface).map_err(system)
    }
}

impl Drop for OffBus {
    fn drop(&mut self) {
        // One that is up stays as it is; who may take it down may take it up.
        if let Err(_gone) = self.end() {}
    }
}

/// With the number of the refusal, where there is one.
fn system(error: LinkError) -> io::Error {
    match error {
        LinkError::NotPermitted(_, source) | LinkError::System { source, .. } => source,
        LinkError::Missing(_) | LinkError::NotCan { .. } => io::Error::other(error),
    }
}
