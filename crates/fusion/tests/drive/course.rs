//! A drive with rendered frames, simulated radar lists and an ego that brakes as it is asked. Main
//! type: [`Course`].

use std::ops::{ControlFlow, Range};

use crate::wiring::{calibration, off_the_wire, on_the_wire};
use fusion::{BrakeRequest, Config, Detection, EgoMotion, Fusion, Output};
use world::traffic::{Actor, Ego, Kind, Start, Step, Traffic};
use world::{Brakes, CameraModel, Motion, Object, Plant, RadarModel, RadarSensor, Renderer};
use world::{Request, Way};

const MS: u64 = 1_000_000;
const CAMERA_PERIOD_NS: u64 = 33_333_333;
const RADAR_PERIOD_NS: u64 = 50 * MS;
const TICK_NS: u64 = 10 * MS;
/// From a measurement to its arrival.
const CAMERA_LATENCY_NS: u64 = 12 * MS;
const RADAR_LATENCY_NS: u64 = 3 * MS;
/// Where nothing has arrived for so long, fusion says anew what it asks of the brakes.
const REQUEST_PERIOD_NS: u64 = 100 * MS;

/// What is driven and what goes wrong with the sensors, in measurement time.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) traffic: Traffic,
    pub(crate) seed: u64,
    pub(crate) end_ns: u64,
    pub(crate) no_camera: Range<u64>,
    pub(crate) no_radar: Range<u64>,
    /// Who dies when.
    pub(crate) kill: Option<Kill>,
    /// What the radar's measurement times are off by.
    pub(crate) radar_clock_ns: i64,
    /// What the radar's ranges are off by.
    pub(crate) range_bias_m: f32,
    /// From this time on the radar repeats its list.
    pub(crate) stuck_ns: Option<u64>,
}

/// The death of a process and its cold restart.
///
/// What the victim was at work on, and what is due or arrives until it is back, is lost: in truth a
/// frame due then is only late, and a datagram waits. A dead sensor is reported gone at once. A dead
/// fusion loses its state; the brakes hold what it asked for last as long as they are built to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kill {
    pub(crate) victim: Victim,
    pub(crate) at_ns: u64,
    /// From the death to the restarted process.
    pub(crate) restart_ns: u64,
}

/// Who dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Victim {
    Camera,
    Radar,
    Fusion,
}

impl Kill {
    /// Whether an item of these times is lost.
    fn loses(&self, arrival: Arrival, captured_ns: u64, now_ns: u64) -> bool {
        let back_ns = self.at_ns + self.restart_ns;
        let is_dead = |from_ns: u64| now_ns >= self.at_ns && from_ns < back_ns;
        match (self.victim, arrival) {
            (Victim::Camera, Arrival::Frame) | (Victim::Radar, Arrival::List) => {
                is_dead(captured_ns)
            }
            (Victim::Fusion, _) => is_dead(now_ns),
            _ => false,
        }
    }

    /// What fusion notices of it.
    fn strike(&self, fusion: &mut Fusion, config: &Config) {
        match self.victim {
            Victim::Camera => fusion.on_camera_gone(),
            Victim::Radar => fusion.on_radar_gone(),
            Victim::Fusion => *fusion = Fusion::new(*config),
        }
    }
}

/// One moment of a drive: what is believed, and the truth of the same time.
pub(crate) struct Moment<'a> {
    pub(crate) now_ns: u64,
    /// What the output was made from.
    pub(crate) sample: Option<Sample>,
    /// What fusion says just now: with each sample, and in a silence time and again.
    pub(crate) output: Option<&'a Output>,
    pub(crate) truth: &'a [Object],
    pub(crate) ego_mps: f64,
}

/// Whose sample arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    Camera,
    Radar,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Arrival {
    Tick,
    Frame,
    List,
}

impl Arrival {
    fn sample(self) -> Option<Sample> {
        match self {
            Arrival::Tick => None,
            Arrival::Frame => Some(Sample::Camera),
            Arrival::List => Some(Sample::Radar),
        }
    }
}

/// The two sensors of a course, with what goes wrong with them.
struct Sensors<'a> {
    course: &'a Course,
    renderer: Renderer,
    radar: RadarSensor,
    pixels: Vec<u8>,
    seen: Vec<world::Detection>,
    list: Vec<Detection>,
}

impl Sensors<'_> {
    fn new(course: &Course) -> Sensors<'_> {
        let model = CameraModel::default();
        Sensors {
            course,
            renderer: Renderer::new(model, &course.traffic, course.seed),
            radar: RadarSensor::new(RadarModel::default(), &course.traffic, course.seed),
            pixels: vec![0; model.pixels()],
            seen: Vec::new(),
            list: Vec::new(),
        }
    }

    fn frame(&mut self, captured_ns: u64, way: &Way, item: u64) -> &[u8] {
        let captured_s = captured_ns as f64 * 1e-9;
        self.renderer.render(captured_s, way.at(captured_s), item, &mut self.pixels);
        &self.pixels
    }

    fn list(&mut self, captured_ns: u64, way: &Way, item: u64) -> &[Detection] {
        let captured_s = captured_ns as f64 * 1e-9;
        let Sensors { course, radar, seen, list, .. } = self;
        if course.stuck_ns.is_none_or(|at_ns| captured_ns < at_ns) {
            radar.measure(captured_s, way.at(captured_s), item as u32, seen);
        }
        list.clear();
        list.extend(seen.iter().map(|seen| off_the_wire(&on_the_wire(seen))));
        for detection in &mut *list {
            detection.range_m += course.range_bias_m;
        }
        list
    }
}

/// Someone on the road.
pub(crate) fn actor(kind: Kind, x_m: f64, y_m: f64, speed_mps: f64, script: Vec<Step>) -> Actor {
    let start = Start { x_m, y_m, speed_mps };
    Actor { id: "other".into(), kind, start, size: kind.size(), script }
}

impl Course {
    pub(crate) fn new(speed_mps: f64, actors: Vec<Actor>, end_s: f64) -> Course {
        let ego = Ego { speed_mps, brakes: Some(Brakes::default()) };
        Course {
            traffic: Traffic { ego, actors, ..Traffic::default() },
            seed: 1,
            end_ns: (end_s * 1e9) as u64,
            no_camera: 0..0,
            no_radar: 0..0,
            kill: None,
            radar_clock_ns: 0,
            range_bias_m: 0.0,
            stuck_ns: None,
        }
    }

    /// Drives and shows each output to `watch`; returns the way of the ego.
    pub(crate) fn run(&self, mut watch: impl FnMut(Moment)) -> Way {
        self.run_while(|moment| {
            watch(moment);
            ControlFlow::Continue(())
        })
    }

    /// As [`run`](Self::run), as long as `watch` wants to see more.
    pub(crate) fn run_while(&self, mut watch: impl FnMut(Moment) -> ControlFlow<()>) -> Way {
        let traffic = &self.traffic;
        let config = Config::new(calibration(&CameraModel::default()));
        let mut sensors = Sensors::new(self);
        let motion = Motion::new(traffic);
        let mut plant = traffic.ego.brakes.map(|brakes| Plant::new(traffic.ego.speed_mps, brakes));
        let mut way = Way::even(traffic.ego.speed_mps);
        let mut fusion = Fusion::new(config);
        let mut truth = Vec::new();
        let (mut brake, mut said_ns) = (BrakeRequest::NO_STATEMENT, 0);
        let mut kill = self.kill;
        for (now_ns, arrival, captured_ns, item) in self.arrivals() {
            let now_s = now_ns as f64 * 1e-9;
            if let Some(kill) = kill.take_if(|kill| now_ns >= kill.at_ns) {
                kill.strike(&mut fusion, &config);
                // Whoever begins speaks at once.
                said_ns = if kill.victim == Victim::Fusion { 0 } else { said_ns };
            }
            let lost = self.kill.is_some_and(|kill| kill.loses(arrival, captured_ns, now_ns));
            if lost && arrival != Arrival::Tick {
                continue;
            }
            let output = match arrival {
                Arrival::Tick => {
                    if let Some(plant) = &mut plant
                        && plant.tick(now_s, request(&brake))
                    {
                        way = plant.way().clone();
                    }
                    let ego = way.at(now_s);
                    let yaw_rate_radps = motion.yaw_rate_radps(ego);
                    let odometry = EgoMotion { speed_mps: ego.speed_mps, yaw_rate_radps };
                    if !lost {
                        fusion.set_ego_motion(now_ns, odometry);
                    }
                    let is_due = !lost && now_ns >= said_ns + REQUEST_PERIOD_NS;
                    is_due.then(|| fusion.output_at(now_ns))
                }
                Arrival::Frame => {
                    let frame = sensors.frame(captured_ns, &way, item);
                    Some(fusion.on_frame(captured_ns, now_ns, frame).expect("it is sound in form"))
                }
                Arrival::List => {
                    let list = sensors.list(captured_ns, &way, item);
                    let told_ns = captured_ns.saturating_add_signed(self.radar_clock_ns);
                    Some(fusion.on_radar(told_ns, now_ns, list).expect("it is sound in form"))
                }
            };
            if let Some(output) = output {
                (brake, said_ns) = (output.brake, now_ns);
            }
            let ego = way.at(now_s);
            truth.clear();
            truth.extend(motion.at(now_s, ego));
            let sample = arrival.sample();
            let ego_mps = ego.speed_mps;
            if watch(Moment { now_ns, sample, output, truth: &truth, ego_mps }).is_break() {
                break;
            }
        }
        way
    }

    /// (arrival, what, measurement, number), in the order of arrival.
    fn arrivals(&self) -> Vec<(u64, Arrival, u64, u64)> {
        let mut all = Vec::new();
        let late_ns = RADAR_LATENCY_NS + self.radar_clock_ns.max(0) as u64;
        for (arrival, period_ns, latency_ns) in [
            (Arrival::Tick, TICK_NS, 0),
            (Arrival::Frame, CAMERA_PERIOD_NS, CAMERA_LATENCY_NS),
            (Arrival::List, RADAR_PERIOD_NS, late_ns),
        ] {
            let items = 1..=self.end_ns / period_ns;
            let arrivals = items.map(|k| (k * period_ns + latency_ns, arrival, k * period_ns, k));
            all.extend(arrivals.filter(|&(_, arrival, captured_ns, _)| match arrival {
                Arrival::Tick => true,
                Arrival::Frame => !self.no_camera.contains(&captured_ns),
                Arrival::List => captured_ns > 200 * MS && !self.no_radar.contains(&captured_ns),
            }));
        }
        all.sort_unstable();
        all
    }
}

fn request(brake: &BrakeRequest) -> Request {
    if brake.valid { Request::Decelerate(brake.deceleration_mps2) } else { Request::NoStatement }
}
