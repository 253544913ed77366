//! The end of a run: everyone who still lives is asked to end, waited for, killed, buried.

use super::{RunError, Watchdog, kernel, status};
use crate::children::{Seat, Seated};
use sys::clock::now_ns;
use sys::process::Exit;
use wire::event::{Event, LifeState};

/// Time between the request to end and the kill at the end of a run.
const STOP_TIMEOUT_NS: u64 = 500_000_000;

impl Watchdog<'_> {
    /// Ends everyone who still lives: asks, waits, kills, buries. Whatever fails keeps nothing else from being
    /// ended; the first failure is told.
    pub(super) fn end_all(&mut self) -> Result<(), RunError> {
        let relented = self.end_assaults();
        let used = self.sample_last_usage(now_ns());
        let asked = Seat::all().map(|seat| self.ask_to_end(seat)).fold(Ok(()), Result::and);
        let waited = self.wait_for_ends();
        let killed = Seat::all().map(|seat| self.kill_and_bury(seat)).fold(Ok(()), Result::and);
        let ended = self.end_stimulus().and(self.end_plant());
        relented.and(used).and(asked).and(waited).and(killed).and(ended)
    }

    fn end_assaults(&mut self) -> Result<(), RunError> {
        let (told, ended) = self.assaults.end_all();
        for event in told {
            self.events.tell(event);
        }
        ended.map_err(kernel("end a fault"))
    }

    fn ask_to_end(&mut self, seat: Seat) -> Result<(), RunError> {
        let Some(Seated { child, incarnation }) = self.children.at(seat) else { return Ok(()) };
        let (node, incarnation, state) = (seat.node, *incarnation, LifeState::Ending);
        self.events.tell(Event::StateChanged { node, incarnation, state });
        let asked = child.terminate().map_err(kernel("end a child"));
        // A stopped process takes its end only when it goes on.
        asked.and(child.resume().map_err(kernel("resume a child")))
    }

    fn wait_for_ends(&mut self) -> Result<(), RunError> {
        // A second Ctrl-C changes nothing and would end each wait below at once; the deaths are ours.
        self.poller.remove(self.stop).map_err(kernel("forget the stop signals"))?;
        self.poller.remove(&self.deaths).map_err(kernel("forget the deaths"))?;
        let deadline = now_ns() + STOP_TIMEOUT_NS;
        let mut ready = Vec::new();
        while now_ns() < deadline && self.children.iter().next().is_some() {
            self.poller.wait(deadline, &mut ready).map_err(kernel("wait"))?;
            for seat in Seat::all() {
                let Some(Seated { child, .. }) = self.children.at(seat) else { continue };
                if !child.runs_no_more().map_err(kernel("look at a child"))? {
                    continue;
                }
                self.resources.forget_waiter(seat.node, child.pid());
                if let Some(exit) = child.try_reap().map_err(kernel("bury a child"))? {
                    self.buried(seat, exit)?;
                }
            }
        }
        Ok(())
    }

    fn kill_and_bury(&mut self, seat: Seat) -> Result<(), RunError> {
        let Some(Seated { child, .. }) = self.children.at(seat) else { return Ok(()) };
        child.kill().map_err(kernel("kill a child"))?;
        self.resources.forget_waiter(seat.node, child.pid());
        let exit = child.reap().map_err(kernel("bury a child"))?;
        self.buried(seat, exit)
    }

    fn buried(&mut self, seat: Seat, exit: Exit) -> Result<(), RunError> {
        let Some(Seated { child, incarnation }) = self.children.take(seat) else {
            return Ok(());
        };
        if !self.ended_unfound.contains(&seat) {
            self.poller.remove(&child).map_err(kernel("forget a child"))?;
        }
        let (node, state) = (seat.node, LifeState::Down);
        self.events.tell(Event::Exited { node, incarnation, status: status(exit) });
        self.events.tell(Event::StateChanged { node, incarnation, state });
        Ok(())
    }
}
