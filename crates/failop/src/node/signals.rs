//! What signals ask of a node between its steps: [`Signals`].
//!
//! `SIGTERM` asks it to end: it finishes the step in hand, tells who asked, and exits with 0. There is
//! nothing to flush: records and samples are in shared memory as soon as they are written.
//! `SIGUSR1` lets it tell each step on standard error, a line a step, until the next one.
//!
//! They are held back, and looked for before each sleep. One that comes between the look and the sleep
//! does not end it: the watchdog rings the doorbell after it has sent one; anybody else's is seen when
//! the next sample or command is due, at the latest when the next sign of life is, a quarter of the
//! heartbeat timeout. A node that hangs sees none: it is killed after its stop timeout.

use channel::events::EventWriter;
use std::fmt::Arguments;
use std::io;
use sys::lines::Lines;
use sys::signals::{NodeSignals, ToNode};

use wire::Event;

/// The signals of a node, and what they have switched on.
#[derive(Debug)]
pub(super) struct Signals {
    taken: NodeSignals,
    /// Where each step is told.
    debug: Option<Lines>,
}

impl Signals {
    /// Takes them over: from here on they end no process by themselves.
    pub(super) fn take() -> io::Result<Signals> {
        Ok(Signals { taken: NodeSignals::take()?, debug: None })
    }

    /// Does what they ask. Who stands by has no `record`: it is its predecessor's.
    pub(super) fn heed(&mut self, mut record: Option<&mut EventWriter>) {
        while let Some(asked) = self.taken.next() {
            let event = match asked {
                ToNode::End { by } => Event::Stopping { by },
                ToNode::ToggleDebug => self.toggle_debug(),
            };
            if let Some(record) = &mut record {
                record.tell(event);
            }
            if let Event::Stopping { .. } = event {
                std::process::exit(0);
            }
        }
    }

    fn toggle_debug(&mut self) -> Event {
        if let Some(lines) = self.debug.take() {
            return Event::DebugSwitched { on: 0, dropped: lines.dropped(), errno: 0 };
        }
        let opened = Lines::open(io::stderr());
        let errno = opened.as_ref().err().and_then(io::Error::raw_os_error).unwrap_or(0);
        self.debug = opened.ok();
        let on = u32::from(self.debug.is_some());
        Event::DebugSwitched { on, dropped: 0, errno: errno.cast_unsigned() }
    }

    /// Tells a step, if steps are told.
    pub(super) fn debug(&self, step: Arguments) {
        if let Some(lines) = &self.debug {
            lines.tell(&format!("{step}\n"));
        }
    }
}
