//! Where the ego car is, as a node learns it: [`Ego`].

use super::take;
use channel::board::BoardView;
use std::os::fd::RawFd;
use wire::plant::{WAY_WORDS, WayTold};
use wire::shared::PageKind;
use world::plant::Stretch;
use world::{EgoState, Way};

/// The way of the ego car: the plant's in a closed loop, else at an even speed.
#[derive(Debug)]
pub(super) struct Ego {
    way: Way,
    plant: Option<Plant>,
}

/// What the plant tells.
#[derive(Debug)]
struct Plant {
    board: BoardView<WAY_WORDS>,
    /// The publication that the way was made from.
    number: u64,
    told: WayTold,
    stretches: Vec<Stretch>,
}

/// Where the ego is at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) state: EgoState,
    /// How far the plant is behind that time, nanoseconds; `None` where it is not, and the state is
    /// final.
    pub(super) behind_ns: Option<u64>,
}

impl Ego {
    /// Attaches to the plant's board, if there is one.
    pub(super) fn attach(board: Option<RawFd>, speed_mps: f64) -> anyhow::Result<Ego> {
        let attach = |fd| -> anyhow::Result<Plant> {
            let board = BoardView::attach(PageKind::Way, take(fd, "the way's board")?)?;
            Ok(Plant { board, number: 0, told: WayTold::default(), stretches: Vec::new() })
        };
        Ok(Ego { way: Way::even(speed_mps), plant: board.map(attach).transpose()? })
    }

    /// Where it is at this time from the start of the schedule.
    pub(super) fn at(&mut self, at_ns: u64) -> Seen {
        let at_s = at_ns as f64 * 1e-9;
        let behind_ns = self.plant.as_mut().and_then(|plant| {
            plant.follow(&mut self.way);
            let behind_s = at_s - plant.told.known_until_s;
            (behind_s > 0.0).then_some((behind_s * 1e9) as u64)
        });
        Seen { state: self.way.at(at_s), behind_ns }
    }
}

impl Plant {
    /// Takes over what is new on the board.
    fn follow(&mut self, way: &mut Way) {
        let Some((number, words)) = self.board.read() else { return };
        if number != self.number && self.told.read(&words) {
            self.number = number;
            self.stretches.clear();
            self.stretches.extend(self.told.stretches.iter().map(|told| Stretch {
                from_s: told.from_s,
                state: EgoState {
                    distance_m: told.distance_m,
                    speed_mps: told.speed_mps,
                    acceleration_mps2: told.acceleration_mps2,
                },
                jerk_mps3: told.jerk_mps3,
            }));
            way.replace(&self.stretches);
        }
    }
}
