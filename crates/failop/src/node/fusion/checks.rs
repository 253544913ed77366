//! What fusion looks for in samples that arrived intact, and in a stream as a whole: [`Checks`].
//!
//! One sample may be plausible or not; a stream is qualified by the E2E state machine, cycle by cycle.

use ::fusion::plausibility::{
    Belief, ClockMonitor, ConsistencyMonitor, Doubt, PictureMonitor, RadarMonitor,
};
use ::fusion::{Config, Detection, Output};
use wire::Node;
use wire::e2e::{Demands, State, StateMachine, Status};
use wire::event::{Detector, StreamState};

/// A cycle without a sample is over this many tenths of a period after the last one.
const CYCLE_TENTHS: u64 = 15;

/// Periods until a sensor counts as gone, where nobody listens for silence: however long nothing comes, its
/// last data count as fresh, and no cycle is missed.
pub(super) const NEVER: u32 = u32::MAX;

pub(super) struct Checks {
    picture: PictureMonitor,
    radar: RadarMonitor,
    /// By [`Node::index`]: camera, radar.
    clocks: [ClockMonitor; 2],
    /// Likewise, and whether each is suspicious.
    consistency: [(ConsistencyMonitor, bool); 2],
    streams: [Qualification; 2],
    listens: bool,
}

/// The qualification of one stream.
struct Qualification {
    machine: StateMachine,
    period_ns: u64,
    /// When the last cycle ended.
    cycle_ns: u64,
}

impl Checks {
    pub(super) fn new(config: &Config) -> Checks {
        let periods = [config.camera_period_ns, config.radar_period_ns];
        let stream = |demands, period_ns| {
            let mut machine = StateMachine::new(demands);
            machine.start();
            Qualification { machine, period_ns, cycle_ns: 0 }
        };
        Checks {
            picture: PictureMonitor::new(config.camera.width_px as usize),
            radar: RadarMonitor::new(config),
            clocks: [0, 1].map(|it| ClockMonitor::new(periods[it], config.regularity[it])),
            consistency: [ConsistencyMonitor::of_camera(), ConsistencyMonitor::of_radar()]
                .map(|monitor| (monitor, false)),
            streams: [stream(Demands::FRAMES, periods[0]), stream(Demands::RADAR, periods[1])],
            listens: config.periods_until_gone != NEVER,
        }
    }

    /// Tells the ego's own speed.
    pub(super) fn set_ego_speed_mps(&mut self, speed_mps: f64) {
        self.radar.set_ego_speed_mps(speed_mps);
    }

    /// Whether a sample's measurement time cannot be.
    pub(super) fn clock(&mut self, node: Node, captured_ns: u64, received_ns: u64) -> Found {
        let doubt = self.clocks[node.index()].check(captured_ns, received_ns);
        doubt.map(|doubt| (Detector::Time, doubt))
    }

    /// Whether a picture cannot be.
    pub(super) fn picture(&mut self, pixels: &[u8]) -> Found {
        self.picture.check(pixels).map(|doubt| (Detector::Plausibility, doubt))
    }

    /// Whether a list cannot be, beside what fusion believes.
    pub(super) fn list(
        &mut self,
        captured_ns: u64,
        list: &[Detection],
        belief: Belief<'_>,
    ) -> Found {
        let doubt = self.radar.check(captured_ns, list, belief);
        doubt.map(|doubt| (Detector::Plausibility, doubt))
    }

    /// Whether a sensor has become suspicious with the sample that this output was made from.
    pub(super) fn has_become_inconsistent(&mut self, node: Node, output: &Output) -> bool {
        let (monitor, suspicious) = &mut self.consistency[node.index()];
        let before = std::mem::replace(suspicious, monitor.check(output).is_some());
        *suspicious && !before
    }

    /// A cycle of a stream has brought this; tells the new state if it changes.
    pub(super) fn cycle(&mut self, node: Node, status: Status, now_ns: u64) -> Option<StreamState> {
        self.streams[node.index()].cycle(status, now_ns)
    }

    /// When a stream next misses a cycle, if nothing comes.
    pub(super) fn next_miss_ns(&self) -> u64 {
        let streams = self.streams.iter().filter(|_| self.listens);
        streams.map(Qualification::misses_ns).min().unwrap_or(u64::MAX)
    }

    /// Cycles that brought nothing up to `now_ns`; the new states.
    pub(super) fn misses(&mut self, now_ns: u64) -> Vec<(Node, StreamState)> {
        let mut changed = Vec::new();
        for (node, stream) in [Node::Camera, Node::Radar].into_iter().zip(&mut self.streams) {
            while self.listens && stream.misses_ns() <= now_ns {
                let at_ns = stream.cycle_ns + stream.period_ns;
                changed.extend(stream.cycle(Status::NoNewData, at_ns).map(|state| (node, state)));
            }
        }
        changed
    }
}

/// What found a sample wanting, and why.
pub(super) type Found = Option<(Detector, Doubt)>;

impl Qualification {
    fn misses_ns(&self) -> u64 {
        match (self.machine.state(), self.cycle_ns) {
            // What never began misses nothing, and what is invalid cannot become worse.
            (State::Deinit | State::NoData | State::Invalid, _) | (_, 0) => u64::MAX,
            (State::Init | State::Valid, at_ns) => at_ns + self.period_ns * CYCLE_TENTHS / 10,
        }
    }

    fn cycle(&mut self, status: Status, now_ns: u64) -> Option<StreamState> {
        self.cycle_ns = now_ns;
        let before = self.machine.state();
        let after = self.machine.check(status);
        (after != before).then_some(match after {
            State::Deinit | State::NoData => StreamState::NoData,
            State::Init => StreamState::Init,
            State::Valid => StreamState::Valid,
            State::Invalid => StreamState::Invalid,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn stream() -> Qualification {
        let mut machine = StateMachine::new(Demands::FRAMES);
        machine.start();
        Qualification { machine, period_ns: 30 * MS, cycle_ns: 0 }
    }

    #[test]
    fn a_stream_becomes_valid_and_loses_it_to_errors() {
        let mut stream = stream();
        let states: Vec<_> = [Status::Ok; 4]
            .into_iter()
            .zip(1..)
            .filter_map(|(status, n)| stream.cycle(status, n * 30 * MS))
            .collect();
        assert_eq!(states, [StreamState::Init, StreamState::Valid]);
        let error = Status::Error(wire::e2e::Failure::Crc);
        let lost = (5..10).find_map(|n| stream.cycle(error, n * 30 * MS));
        assert_eq!(lost, Some(StreamState::Invalid));
        assert_eq!(stream.misses_ns(), u64::MAX);
    }

    #[test]
    fn silence_is_a_cycle_without_data() {
        let mut stream = stream();
        assert_eq!(stream.misses_ns(), u64::MAX, "nothing was promised yet");
        for n in 1..5 {
            stream.cycle(Status::Ok, n * 30 * MS);
        }
        assert_eq!(stream.misses_ns(), 120 * MS + 45 * MS);
    }
}
