//! Other limits while the run goes on.

use super::{RunError, Watchdog, kernel};
use sys::clock::now_ns;
use sys::signals::ToWatchdog;
use wire::Node;
use wire::event::{Event, Limit};

impl Watchdog<'_> {
    /// Whether signals ask for an end. Where there is a file to read limits from, `SIGHUP` asks for
    /// them.
    pub(super) fn is_asked_to_end(&mut self) -> Result<bool, RunError> {
        while let Some(asked) = self.stop.next().map_err(kernel("read a signal"))? {
            match (asked, &self.reader) {
                (ToWatchdog::Reload, Some(reader)) => reader.ask(),
                (ToWatchdog::End | ToWatchdog::Reload, _) => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Lets the limits hold that have been read, and tells each that has changed. What is done about
    /// a failure, by whom it is found and who has a standby, stays as it was.
    pub(super) fn take_limits(&mut self) -> Result<(), RunError> {
        let Some(reader) = &self.reader else { return Ok(()) };
        let Some(read) = reader.take().map_err(kernel("take what was read"))? else {
            return Ok(());
        };
        for node in Node::ALL {
            let limits = &mut self.limits[node.index()];
            for &limit in Limit::ALL {
                let (before, after) =
                    (limits.limit(limit), read.supervision[node.index()].limit(limit));
                if before != after {
                    limits.set_limit(limit, after);
                    self.events.tell(Event::LimitChanged { node, limit, before, after });
                }
            }
            self.resources.status.show_heartbeat_timeout(node, limits.heartbeat_timeout_ns);
            // It may sleep for longer than it may now.
            self.resources.ring(node);
        }
        self.policy.set_limits(&self.limits, now_ns());
        Ok(())
    }
}
