//! Fusion and the car that it drives in: odometry in, brake requests out ([`Vehicle`]).

use super::Inherited;
use super::checks::Checks;
use crate::node::ego::Ego;
use crate::node::runtime::{Attaching, Runtime};
use crate::node::take;
use ::fusion::{BrakePolicy, BrakeRequest, EgoMotion, Fusion};
use channel::board::Board;
use sys::clock::now_ns;
use wire::Event;
use wire::plant::{BRAKE_WORDS, BrakeTold};
use wire::shared::PageKind;
use world::{Brakes, Odometry, OwnMotion};

/// Time between two samples of the odometry.
const ODOMETRY_PERIOD_NS: u64 = 10_000_000;
/// How far back a process that comes late learns of the ego's motion: as far as late samples are put in
/// their place.
const ODOMETRY_MEMORY_NS: u64 = 600_000_000;
/// Without an output a request is said anew this often: half of the time after which the brakes take
/// it for silence.
const REQUEST_PERIOD_NS: u64 = 100_000_000;

/// What passes between a measurement and the request that it leads to.
const DECISION_S: f64 = 0.05;

/// When to brake with such brakes: weaker ones begin at a smaller share of what is needed.
pub(super) fn policy(brakes: Option<Brakes>) -> BrakePolicy {
    let usual = BrakePolicy::default();
    let Some(Brakes { delay_s, jerk_mps3, deceleration_max_mps2, .. }) = brakes else {
        return usual;
    };
    let share = deceleration_max_mps2 / usual.full_mps2;
    BrakePolicy {
        dead_time_s: delay_s + DECISION_S,
        jerk_mps3,
        full_mps2: deceleration_max_mps2,
        partial_mps2: usual.partial_mps2 * share,
        partial_from_mps2: usual.partial_from_mps2 * share,
        full_from_mps2: usual.full_from_mps2 * share,
        ..usual
    }
}

pub(super) struct Vehicle {
    ego: Ego,
    odometry: Odometry,
    /// The next sample of the odometry, from the start of the schedule.
    next_ns: u64,
    own_motion: OwnMotion,
    /// In a closed loop.
    brakes: Option<Board<BRAKE_WORDS>>,
    asked: Option<BrakeRequest>,
    /// When it was said last, from the start of the schedule.
    said_ns: u64,
}

impl Vehicle {
    pub(super) fn attach(attaching: &Attaching, inherited: &Inherited) -> anyhow::Result<Vehicle> {
        let attach = |fd| -> anyhow::Result<Board<BRAKE_WORDS>> {
            Ok(Board::attach(PageKind::Brake, take(fd, "the brakes' board")?)?)
        };
        Ok(Vehicle {
            ego: attaching.ego()?,
            odometry: Odometry::new(&attaching.plan.traffic),
            next_ns: 0,
            own_motion: OwnMotion::default(),
            brakes: inherited.brake.map(attach).transpose()?,
            asked: None,
            said_ns: 0,
        })
    }

    /// Hands over all that the odometry has told up to now.
    pub(super) fn follow(&mut self, runtime: &Runtime, fusion: &mut Fusion, checks: &mut Checks) {
        let now = runtime.now_ns();
        let oldest = now.saturating_sub(ODOMETRY_MEMORY_NS).next_multiple_of(ODOMETRY_PERIOD_NS);
        self.next_ns = self.next_ns.max(oldest);
        while self.next_ns <= now {
            self.own_motion = self.odometry.measure(self.ego.at(self.next_ns).state);
            let OwnMotion { speed_mps, yaw_rate_radps } = self.own_motion;
            let motion = EgoMotion { speed_mps, yaw_rate_radps };
            fusion.set_ego_motion(runtime.absolute_ns(self.next_ns), motion);
            checks.set_ego_speed_mps(speed_mps);
            self.next_ns += ODOMETRY_PERIOD_NS;
        }
    }

    /// The newest sample of the odometry.
    pub(super) fn own_motion(&self) -> OwnMotion {
        self.own_motion
    }

    /// Says what is asked of the brakes. In the safe state nobody drives by what fusion says.
    pub(super) fn ask(&mut self, runtime: &mut Runtime, request: BrakeRequest) {
        let request = if runtime.status.is_safe() { BrakeRequest::NO_STATEMENT } else { request };
        self.said_ns = runtime.now_ns();
        if let Some(brakes) = &self.brakes {
            runtime.insist();
            let deceleration_mps2 = request.valid.then_some(request.deceleration_mps2);
            let (incarnation, at_ns) = (runtime.incarnation, now_ns());
            brakes.publish(&BrakeTold { incarnation, at_ns, deceleration_mps2 }.to_words());
        }
        let content = |it: BrakeRequest| (it.valid, it.deceleration_mps2.to_bits());
        if self.asked.map(content) != Some(content(request)) {
            self.asked = Some(request);
            runtime.events.tell(Event::BrakeRequested {
                deceleration_mps2: request.deceleration_mps2,
                ttc_s: request.ttc_s,
                track: request.track.unwrap_or(0),
                valid: request.valid.into(),
            });
        }
    }

    /// When to ask again if there is no output before, from the start of the schedule.
    pub(super) fn next_request_ns(&self) -> u64 {
        self.said_ns + REQUEST_PERIOD_NS
    }
}
