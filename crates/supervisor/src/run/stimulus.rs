//! The stimulus of a radar on a bus: started before everyone, watched, gone after everyone.

use super::{RunError, STIMULUS_TOKEN, Watchdog, kernel, status};
use crate::stimulus::{self, StimulusError, ready_bus};
use scenario::board::RadarSource;
use wire::Source;
use wire::event::{Ending, Event};

impl Watchdog<'_> {
    /// Makes the radar's bus ready, if it has one, and starts who plays its part on it, if somebody is to.
    pub(super) fn start_stimulus(&mut self) -> Result<(), RunError> {
        let RadarSource::Can(can) = &self.plan.board.radar else { return Ok(()) };
        ready_bus(can).map_err(StimulusError::from)?;
        if can.stimulus.is_some() {
            let fds = self.resources.stimulus();
            let stimulus = stimulus::start(self.program, self.plan, fds)?;
            let placed = self.placing.ask(Source::Stimulus, 1, stimulus.pid());
            self.poller.add(&stimulus, STIMULUS_TOKEN).map_err(kernel("watch the stimulus"))?;
            self.stimulus = Some(stimulus);
            self.keep_placed(placed)?;
        }
        Ok(())
    }

    /// Whether the stimulus has ended. That ends the run: the radar hears nobody from then on.
    pub(super) fn lost_stimulus(&mut self) -> Result<Option<Ending>, RunError> {
        let Some(stimulus) = &self.stimulus else { return Ok(None) };
        let ended = stimulus.ended().map_err(kernel("look at the stimulus"))?;
        Ok(ended.map(|exit| {
            self.events.tell(Event::StimulusLost { status: status(exit) });
            Ending::StimulusLost
        }))
    }

    /// Ends the stimulus.
    pub(super) fn end_stimulus(&mut self) -> Result<(), RunError> {
        if let Some(stimulus) = self.stimulus.take() {
            self.poller.remove(&stimulus).map_err(kernel("forget the stimulus"))?;
        }
        Ok(())
    }
}
