//! A drive: rendered frames and simulated radar lists go through the monitors into fusion, and a
//! fault may change them on the way. Main type: [`Drive`].

use crate::wiring::{calibration, off_the_wire, on_the_wire};
use fusion::plausibility::{
    Belief, ClockMonitor, ConsistencyMonitor, Doubt, PictureMonitor, RadarMonitor, Regularity,
};
use fusion::{BrakeRequest, Config, Detection, EgoMotion, Fusion};
use world::traffic::Traffic;
use world::{CameraModel, Odometry, OwnMotion, Plant, RadarModel, RadarSensor, Renderer, Request};

const CAMERA_PERIOD_NS: u64 = 33_333_333;
pub(crate) const RADAR_PERIOD_NS: u64 = 50_000_000;
/// From a measurement to its arrival; measurements are made late enough for ages to be positive.
const CAMERA_LATENCY_NS: u64 = 12_000_000;
const RADAR_LATENCY_NS: u64 = 3_000_000;
/// Time between two requests to the brakes, and between two samples of the odometry.
const TICK_NS: u64 = 10_000_000;

/// Changes a list that is the n-th, from 0, since a fault began, and tells how much it changed.
pub(crate) type OnList<'a> = &'a dyn Fn(&mut Vec<wire::radar::Detection>, u32) -> u32;

/// What is driven.
pub(crate) struct Drive<'a> {
    pub(crate) traffic: &'a Traffic,
    pub(crate) seed: u64,
    pub(crate) end_ns: u64,
    /// When the fault begins, and what it does.
    pub(crate) fault: Option<(u64, OnList<'a>)>,
}

/// A doubt of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Whether it is of the radar; else of the camera.
    pub(crate) by_radar: bool,
    /// Number of the sample in its stream.
    pub(crate) sample: u64,
    pub(crate) doubt: Doubt,
}

impl Drive<'_> {
    /// All doubts, in their order. A doubtful sample is withheld from fusion, unless it is merely
    /// inconsistent.
    pub(crate) fn run(&self) -> Vec<Told> {
        let model = CameraModel::default();
        let config = Config::new(calibration(&model));
        let mut renderer = Renderer::new(model, self.traffic, self.seed);
        let sensor = RadarSensor::new(RadarModel::default(), self.traffic, self.seed);
        let mut vehicle = Vehicle::new(self.traffic);
        let mut fusion = Fusion::new(config);
        let mut pictures = PictureMonitor::new(model.width_px as usize);
        let mut lists = RadarMonitor::new(&config);
        let mut clocks = [CAMERA_PERIOD_NS, RADAR_PERIOD_NS]
            .map(|period| ClockMonitor::new(period, Regularity::Scheduled));
        let mut consistency = [ConsistencyMonitor::of_camera(), ConsistencyMonitor::of_radar()];
        let mut pixels = vec![0; model.pixels()];
        let mut seen = Vec::new();
        let mut told = Vec::new();
        for (received_ns, sample, by_radar) in self.arrivals() {
            vehicle.drive_until(received_ns, &mut fusion, &mut lists);
            let period_ns = if by_radar { RADAR_PERIOD_NS } else { CAMERA_PERIOD_NS };
            let captured_ns = sample * period_ns;
            let captured_s = captured_ns as f64 * 1e-9;
            let ego = vehicle.plant.way().at(captured_s);
            let clock = clocks[usize::from(by_radar)].check(captured_ns, received_ns);
            let doubt = if by_radar {
                sensor.measure(captured_s, ego, sample as u32, &mut seen);
                let list = self.over_the_link(&seen, captured_ns);
                let belief = Belief { at_ns: received_ns, output: fusion.output_at(received_ns) };
                let doubt = clock.or_else(|| lists.check(captured_ns, &list, belief));
                doubt.or_else(|| {
                    let output = fusion.on_radar(captured_ns, received_ns, &list);
                    consistency[1].check(output.expect("it is sound in form"))
                })
            } else {
                renderer.render(captured_s, ego, sample, &mut pixels);
                let doubt = clock.or_else(|| pictures.check(&pixels));
                doubt.or_else(|| {
                    let output = fusion.on_frame(captured_ns, received_ns, &pixels);
                    consistency[0].check(output.expect("it is sound in form"))
                })
            };
            vehicle.asked = fusion.output_at(received_ns).brake;
            told.extend(doubt.map(|doubt| Told { by_radar, sample, doubt }));
        }
        told
    }

    /// (arrival, number, by the radar) of all samples, in the order of their arrival.
    fn arrivals(&self) -> Vec<(u64, u64, bool)> {
        let stream = |period_ns: u64, latency_ns: u64, by_radar| {
            let samples = 1..=self.end_ns / period_ns;
            samples.map(move |sample| (sample * period_ns + latency_ns, sample, by_radar))
        };
        let mut all: Vec<_> = stream(CAMERA_PERIOD_NS, CAMERA_LATENCY_NS, false)
            .chain(stream(RADAR_PERIOD_NS, RADAR_LATENCY_NS, true))
            .collect();
        all.sort_unstable();
        all
    }

    fn over_the_link(&self, seen: &[world::Detection], captured_ns: u64) -> Vec<Detection> {
        let mut list: Vec<_> = seen.iter().map(on_the_wire).collect();
        if let Some((start_ns, fault)) = self.fault
            && captured_ns >= start_ns
        {
            fault(&mut list, ((captured_ns - start_ns) / RADAR_PERIOD_NS) as u32);
        }
        list.iter().map(off_the_wire).collect()
    }
}

/// The ego, which brakes as fusion asks if its traffic lets it, and its odometry.
struct Vehicle {
    plant: Plant,
    brakes: bool,
    odometry: Odometry,
    asked: BrakeRequest,
    next_ns: u64,
}

impl Vehicle {
    fn new(traffic: &Traffic) -> Vehicle {
        let ego = traffic.ego;
        Vehicle {
            plant: Plant::new(ego.speed_mps, ego.brakes.unwrap_or_default()),
            brakes: ego.brakes.is_some(),
            odometry: Odometry::new(traffic),
            asked: BrakeRequest::NO_STATEMENT,
            next_ns: 0,
        }
    }

    /// Tells how it moves up to this time, and brakes as it was asked.
    fn drive_until(&mut self, now_ns: u64, fusion: &mut Fusion, lists: &mut RadarMonitor) {
        while self.next_ns <= now_ns {
            let now_s = self.next_ns as f64 * 1e-9;
            if self.brakes {
                let BrakeRequest { valid, deceleration_mps2, .. } = self.asked;
                let braking = Request::Decelerate(deceleration_mps2);
                self.plant.tick(now_s, if valid { braking } else { Request::NoStatement });
            }
            let OwnMotion { speed_mps, yaw_rate_radps } =
                self.odometry.measure(self.plant.way().at(now_s));
            fusion.set_ego_motion(self.next_ns, EgoMotion { speed_mps, yaw_rate_radps });
            lists.set_ego_speed_mps(speed_mps);
            self.next_ns += TICK_NS;
        }
    }
}
