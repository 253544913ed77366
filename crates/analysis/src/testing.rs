//! Makes recordings for tests: [`Script`], a run told by its lives and mishaps.
//!
//! A script knows how drivers write events, and nothing of how they are judged.

use recording::{Header, Host, Part, Recording, Torn, Truncation};
use scenario::Plan;
use std::ops::Range;
use wire::event::{Detector, Ending, LifeState, Mode, Reaction};
use wire::{Event, Node, Record, Source};

use crate::series::Series;
use crate::summary::{Expectation, FaultResult, Summary, Verdict};

/// Start of the schedule on the clock of the test.
pub(crate) const T0_NS: u64 = 1_000_000_000_000;

/// What befalls one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    /// Handed over, taken, and an output made.
    Used,
    /// The same, but taken this many milliseconds after it was due.
    UsedAfter(f64),
    /// Handed over this many milliseconds later, and refused for its age.
    Held(f64),
    NotMade,
    Overrun,
    /// Handed over and never taken.
    Superseded,
    /// Taken, and nothing came of it.
    Swallowed,
    Rejected(Detector),
    /// Taken and rejected with its number destroyed.
    Garbled,
}

/// One incarnation of a process.
#[derive(Clone, Copy, Debug)]
struct Life {
    node: Node,
    incarnation: u32,
    from_ms: f64,
    to_ms: f64,
}

/// A run.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) plan: Plan,
    pub(crate) records: Vec<(Source, Record)>,
    pub(crate) lost: Vec<(Source, u64)>,
    pub(crate) torn: Option<Torn>,
    pub(crate) truncation: Truncation,
    pub(crate) host: Host,
    lives: Vec<Life>,
    /// (process, from, to): alive, and doing nothing.
    hung: Vec<(Node, f64, f64)>,
}

/// A plan of 4 s at 30 FPS and 20 Hz with one car ahead; `more` is appended to the file.
pub(crate) fn plan(more: &str) -> Plan {
    let head = r#"
        schema = 1
        name = "test"
        description = "A test."
        seed = 1
        duration-s = 4.0
        [ego]
        speed-kph = 36.0
        [[actor]]
        id = "lead"
        start = { x-m = 30.0, y-m = 0.0, speed-kph = 36.0 }
    "#;
    scenario::parse("test.toml", &format!("{head}\n{more}")).unwrap()
}

/// A fault for [`plan`].
pub(crate) fn fault(id: &str, target: &str, at_s: f64, inject: &str) -> String {
    format!("[[fault]]\nid = \"{id}\"\ntarget = \"{target}\"\nat-s = {at_s:.3}\ninject.{inject}\n")
}

pub(crate) fn t_ns(at_ms: f64) -> u64 {
    (T0_NS as f64 + at_ms * 1e6).round() as u64
}

impl Script {
    pub(crate) fn new(plan: Plan) -> Script {
        let end_ms = plan.duration_ns as f64 / 1e6 + 20.0;
        let life = |node| Life { node, incarnation: 1, from_ms: -50.0, to_ms: end_ms };
        Script {
            plan,
            records: Vec::new(),
            lost: Vec::new(),
            torn: None,
            truncation: Truncation::Complete,
            host: Host::default(),
            lives: Node::ALL.map(life).into(),
            hung: Vec::new(),
        }
    }

    pub(crate) fn put(&mut self, source: Source, incarnation: u32, at_ms: f64, event: Event) {
        self.records.push((source, Record { t_ns: t_ns(at_ms), incarnation, event }));
    }

    pub(crate) fn watchdog(&mut self, at_ms: f64, event: Event) {
        self.put(Source::Watchdog, 1, at_ms, event);
    }

    pub(crate) fn node(&mut self, node: Node, incarnation: u32, at_ms: f64, event: Event) {
        self.put(Source::Node(node), incarnation, at_ms, event);
    }

    /// The newest incarnation of a process ends with this status, and nobody replaces it.
    pub(crate) fn dies(&mut self, node: Node, at_ms: f64, status: u32) -> u32 {
        let life = self.lives.iter_mut().rfind(|life| life.node == node).unwrap();
        life.to_ms = at_ms;
        let incarnation = life.incarnation;
        self.watchdog(at_ms + 0.2, Event::Exited { node, incarnation, status });
        incarnation
    }

    /// The same, with an exit detector that works.
    pub(crate) fn dies_detected(&mut self, node: Node, at_ms: f64, status: u32) {
        let incarnation = self.dies(node, at_ms, status);
        let detector = Detector::Exit;
        self.watchdog(at_ms + 0.3, Event::Detected { node, incarnation, detector });
        let state = LifeState::Waiting;
        self.watchdog(at_ms + 0.3, Event::StateChanged { node, incarnation, state });
    }

    /// A next incarnation of a process is spawned.
    pub(crate) fn reborn(&mut self, node: Node, at_ms: f64) {
        let last = self.lives.iter().rfind(|life| life.node == node).unwrap();
        let incarnation = last.incarnation + 1;
        let to_ms = self.plan.duration_ns as f64 / 1e6 + 20.0;
        self.lives.push(Life { node, incarnation, from_ms: at_ms, to_ms });
        let reaction = Reaction::Restart;
        self.watchdog(at_ms, Event::Reacted { node, incarnation, reaction });
    }

    pub(crate) fn hangs(&mut self, node: Node, from_ms: f64, to_ms: f64) {
        self.hung.push((node, from_ms, to_ms));
    }

    /// Plays the run, with this fate for each sample, to its end.
    pub(crate) fn play(mut self, fate: impl Fn(Node, u64) -> Fate) -> Script {
        let end_ms = self.plan.duration_ns as f64 / 1e6;
        self.watchdog(-1.0, Event::RunStarted { t0_ns: T0_NS });
        for life in self.lives.clone() {
            self.birth(life);
            if life.to_ms > end_ms {
                let Life { node, incarnation, to_ms, .. } = life;
                let state = LifeState::Ending;
                self.watchdog(to_ms, Event::StateChanged { node, incarnation, state });
                self.watchdog(to_ms + 1.0, Event::Exited { node, incarnation, status: 256 + 15 });
            }
        }
        self.watchdog(end_ms + 30.0, Event::RunEnded { ending: Ending::Completed });
        for sensor in [Node::Camera, Node::Radar] {
            for item in 0.. {
                let due_ms = self.due_ms(sensor, item);
                if due_ms >= end_ms {
                    break;
                }
                self.sample(sensor, item, due_ms, fate(sensor, item));
            }
        }
        self.records.sort_by_key(|(_, record)| record.t_ns);
        self
    }

    pub(crate) fn due_ms(&self, sensor: Node, item: u64) -> f64 {
        match sensor {
            Node::Camera => self.plan.camera.due_ns(item) as f64 / 1e6,
            _ => (item * self.plan.radar.period_ns) as f64 / 1e6,
        }
    }

    fn birth(&mut self, life: Life) {
        let Life { node, incarnation, from_ms, .. } = life;
        let pid = 100 * (node.index() as u32 + 1) + incarnation;
        let called_ns = t_ns(from_ms - 0.3);
        self.watchdog(from_ms, Event::Spawned { node, incarnation, pid, called_ns });
        self.node(node, incarnation, from_ms + 0.5, Event::Started { pid });
        self.node(node, incarnation, from_ms + 1.0, Event::Attached {});
        let state = LifeState::Running;
        self.watchdog(from_ms + 1.1, Event::StateChanged { node, incarnation, state });
        if node == Node::Fusion {
            let mode = Event::ModeChanged { from: Mode::Blind, to: Mode::Fused };
            self.node(node, incarnation, from_ms + 1.2, mode);
        }
    }

    /// Who of a process is alive and awake.
    fn awake(&self, node: Node, at_ms: f64) -> Option<u32> {
        let hung =
            self.hung.iter().any(|&(who, from, to)| who == node && from <= at_ms && at_ms < to);
        let mut lives = self.lives.iter().filter(|life| life.node == node);
        let life = lives.find(|life| life.from_ms + 1.0 <= at_ms && at_ms < life.to_ms)?;
        (!hung).then_some(life.incarnation)
    }

    fn sample(&mut self, sensor: Node, item: u64, due_ms: f64, fate: Fate) {
        if let Some(from) = self.awake(sensor, due_ms).filter(|_| fate != Fate::NotMade) {
            self.hand_over(sensor, item, (due_ms, from), fate);
        }
        // A newborn serves the current slot of the grid, whether or not it was served before.
        let period_ms = self.due_ms(sensor, 1);
        let born = self.lives.iter().filter(|it| it.node == sensor && it.incarnation > 1);
        let again = born.map(|it| (it.from_ms + 1.5, it.incarnation));
        let again: Vec<(f64, u32)> =
            again.filter(|(at, _)| (due_ms..due_ms + period_ms).contains(at)).collect();
        for (at_ms, incarnation) in again {
            self.hand_over(sensor, item, (at_ms, incarnation), Fate::Used);
        }
    }

    /// A sample captured at this time by this incarnation.
    fn hand_over(&mut self, sensor: Node, item: u64, (at_ms, from): (f64, u32), fate: Fate) {
        let sent_ms = match fate {
            Fate::Held(by_ms) => at_ms + 2.0 + by_ms,
            _ => at_ms + 2.0,
        };
        let captured_ns = t_ns(at_ms);
        let overrun = fate == Fate::Overrun;
        let event = match sensor {
            Node::Camera if overrun => Event::FrameOverrun { frame: item },
            Node::Camera => Event::FramePublished {
                frame: item,
                captured_ns,
                rendered_ns: t_ns(at_ms + 1.5),
                protected_ns: t_ns(at_ms + 1.9),
            },
            _ if overrun => Event::RadarOverrun { cycle: item },
            _ => Event::RadarSent { cycle: item, captured_ns, detections: 3 },
        };
        self.node(sensor, from, sent_ms, event);
        let taken_ms = match fate {
            Fate::UsedAfter(after_ms) => self.due_ms(sensor, item) + after_ms,
            _ => sent_ms + 0.1,
        };
        let reader = self.awake(Node::Fusion, taken_ms);
        if let Some(by) = reader.filter(|_| !matches!(fate, Fate::Overrun | Fate::Superseded)) {
            self.take(sensor, item, (from, by), [at_ms, sent_ms, taken_ms], fate);
        }
    }

    fn take(&mut self, sensor: Node, item: u64, who: (u32, u32), times_ms: [f64; 3], fate: Fate) {
        let (from, by) = who;
        let [captured_ns, sent_ns, received_ns] = times_ms.map(t_ns);
        let taken_ms = times_ms[2];
        let told = if fate == Fate::Garbled { item + (1 << 40) } else { item };
        let event = match sensor {
            Node::Camera => {
                Event::FrameReceived { frame: told, from, captured_ns, published_ns: sent_ns }
            }
            _ => Event::RadarReceived { cycle: told, from, captured_ns, sent_ns },
        };
        self.node(Node::Fusion, by, taken_ms, event);
        let after_ms = taken_ms + if sensor == Node::Camera { 3.0 } else { 0.2 };
        let refused = match fate {
            Fate::Rejected(detector) => Some(detector),
            Fate::Garbled => Some(Detector::Integrity),
            Fate::Held(_) => Some(Detector::Late),
            _ => None,
        };
        if let Some(detector) = refused {
            let event = Event::Rejected { stream: sensor, item: told, detector };
            self.node(Node::Fusion, by, taken_ms + 0.1, event);
        } else if fate != Fate::Swallowed {
            let mode_tracks = Event::pack_mode_tracks(Mode::Fused, 1);
            let event =
                Event::Fused { stream: sensor, item, from, captured_ns, received_ns, mode_tracks };
            self.node(Node::Fusion, by, after_ms, event);
            let (id, ages_us) = (7, 0);
            let track = Event::Track { id, x_m: 30.5, y_m: 0.1, vx_mps: 0.0, vy_mps: 0.0, ages_us };
            self.node(Node::Fusion, by, after_ms, track);
        }
    }

    pub(crate) fn recording(&self) -> Recording {
        let mut records = self.records.clone();
        records.sort_by_key(|(_, record)| record.t_ns);
        let header = Header {
            scenario_path: "test.toml".into(),
            scenario_text: String::new(),
            board_text: None,
            seed: 1,
            repetition: 1,
            repetitions: 1,
            program_version: "0".into(),
            started_unix_ms: 0,
            host: self.host.clone(),
            part: Part::default(),
        };
        let (lost, truncation) = (self.lost.clone(), self.truncation);
        let parts = vec![header.part.clone()];
        Recording { header, parts, records, lost, torn: self.torn.clone(), truncation }
    }

    pub(crate) fn analyse(&self) -> (Summary, Series) {
        crate::analyse(&self.recording(), &self.plan)
    }

    pub(crate) fn summary(&self) -> Summary {
        self.analyse().0
    }
}

/// Every sample is used.
pub(crate) fn fine(_: Node, _: u64) -> Fate {
    Fate::Used
}

/// These samples of a sensor are never made; every other is used.
pub(crate) fn without(sensor: Node, gone: Range<u64>) -> impl Fn(Node, u64) -> Fate {
    move |node, item| {
        let is_gone = node == sensor && gone.contains(&item);
        if is_gone { Fate::NotMade } else { Fate::Used }
    }
}

pub(crate) fn expectation<'a>(summary: &'a Summary, name: &str) -> &'a Expectation {
    let found = summary.expectations.iter().find(|it| it.name == name);
    found.unwrap_or_else(|| panic!("no {name} among {:#?}", summary.expectations))
}

pub(crate) fn verdict(summary: &Summary, name: &str) -> Verdict {
    expectation(summary, name).verdict
}

pub(crate) fn fault_result<'a>(summary: &'a Summary, id: &str) -> &'a FaultResult {
    summary.faults.iter().find(|it| it.id == id).unwrap()
}

/// A run in which the camera is killed at 2 s and comes back 3 ms later.
pub(crate) fn camera_kill(expect: &str) -> Script {
    let kill = fault("F1", "camera", 2.01, "kill = { signal = \"SIGKILL\" }");
    let mut script = Script::new(plan(&format!("{kill}{expect}")));
    script.watchdog(2010.0, Event::Injecting { fault: 0, incarnation: 1 });
    script.dies_detected(Node::Camera, 2010.0, 256 + 9);
    script.reborn(Node::Camera, 2013.0);
    script
}
