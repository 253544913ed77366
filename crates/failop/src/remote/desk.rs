//! The thread that knows the run and serves everyone at the doors: [`Desk`]. It never waits for them.

use super::Doors;
use super::state::{Change, Refusal, State};
use channel::bus::BusError;
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use supervisor::Observation;
use sys::clock::{now_ns, sleep_until};

/// From one look at records and requests to the next: as often as the recorder hands records over. Who
/// asks waits so long at the most.
const TICK_NS: u64 = 20_000_000;

/// A run that is to be told of.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) state: State,
    pub(super) records: Receiver<Observation>,
    pub(super) missed: Arc<AtomicU64>,
    pub(super) orders: Sender<u32>,
}

/// Why an order is not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum OrderError {
    #[error("no scenario runs")]
    NoRun,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the run takes no orders any more")]
    NoOrders,
}

impl Watched {
    /// Orders the injection of a fault.
    pub(super) fn inject(&mut self, id: &str) -> Result<(), OrderError> {
        let fault = self.state.inject(id, now_ns())?;
        self.orders.try_send(fault).or(Err(OrderError::NoOrders))
    }

    /// Records that found no room on their way here.
    pub(super) fn records_missed(&self) -> u64 {
        // Relaxed: a number that stands for itself.
        self.missed.load(Ordering::Relaxed)
    }

    /// What its records tell, in their order, each with its time.
    fn take_records(&mut self) -> Vec<(Change, u64)> {
        let Watched { state, records, .. } = self;
        let note = |(_, record)| Some((state.note(&record)?, record.t_ns));
        records.try_iter().filter_map(note).collect()
    }
}

#[derive(Debug)]
pub(super) struct Desk {
    doors: Doors,
    /// The newest run.
    run: Option<Watched>,
}

impl Desk {
    pub(super) fn new(doors: Doors) -> Desk {
        Desk { doors, run: None }
    }

    /// Serves until there are no more runs. An error is why the bus was left before that.
    pub(super) fn work(mut self, runs: &Receiver<Watched>) -> Result<(), BusError> {
        let mut tick_ns = now_ns();
        let mut left = Ok(());
        loop {
            // Whether it was the last run is known before its last records are taken.
            let next = runs.try_recv();
            let changes = self.run.as_mut().map_or(Vec::new(), Watched::take_records);
            let over = matches!(next, Err(TryRecvError::Disconnected));
            self.run = next.ok().or(self.run);
            if let Some(bus) = &mut self.doors.bus
                && let Err(error) = bus.serve(self.run.as_mut(), changes)
            {
                left = Err(error);
                self.doors.bus = None;
            }
            if over {
                return left;
            }
            if let Some(control) = &mut self.doors.control {
                control.serve(self.run.as_mut());
            }
            // After a stall it does not catch up.
            tick_ns = now_ns().max(tick_ns + TICK_NS);
            sleep_until(tick_ns);
        }
    }
}
