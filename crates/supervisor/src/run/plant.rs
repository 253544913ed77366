//! The plant of a closed loop: started before everyone, watched, gone after everyone.

use super::{PLANT_TOKEN, RunError, Watchdog, kernel, status};
use crate::plant::PlantProcess;
use wire::Source;
use wire::event::{Ending, Event};

/// What stands in the record in place of a status where the plant lives and stands still.
const STANDS_STILL: u32 = u32::MAX;

impl Watchdog<'_> {
    /// Starts the plant, if the loop is closed.
    pub(super) fn start_plant(&mut self) -> Result<(), RunError> {
        let Some(fds) = self.resources.plants() else { return Ok(()) };
        let plant = PlantProcess::start(self.program, self.plan, fds)?;
        let placed = self.placing.ask(Source::Plant, 1, plant.process.pid());
        self.poller.add(&plant.process, PLANT_TOKEN).map_err(kernel("watch the plant"))?;
        self.plant = Some(plant);
        self.keep_placed(placed)
    }

    /// Whether the sensors can know where the ego is, as far as they have to ask.
    pub(super) fn plant_is_ready(&self) -> bool {
        self.plant.as_ref().is_none_or(|plant| plant.known_until_ns().is_some())
    }

    /// Whether the plant has ended or stands still. That ends the run: what the sensors see from then
    /// on is not true.
    pub(super) fn lost_plant(&mut self, now: u64) -> Result<Option<Ending>, RunError> {
        let Some(plant) = &self.plant else { return Ok(None) };
        let ended = plant.process.ended().map_err(kernel("look at the plant"))?;
        let since_start = self.t0_ns.and_then(|t0| now.checked_sub(t0));
        let still = since_start.is_some_and(|now| plant.stands_still(now));
        let Some(status) = ended.map(status).or(still.then_some(STANDS_STILL)) else {
            return Ok(None);
        };
        self.events.tell(Event::PlantLost { status });
        Ok(Some(Ending::PlantLost))
    }

    /// Ends the plant.
    pub(super) fn end_plant(&mut self) -> Result<(), RunError> {
        if let Some(plant) = self.plant.take() {
            self.poller.remove(&plant.process).map_err(kernel("forget the plant"))?;
        }
        Ok(())
    }
}
