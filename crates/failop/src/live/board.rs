//! The state of a run as a person follows it: [`Board`], fed with records, asked for lines.

use fault::Target;
use scenario::Plan;
use std::collections::VecDeque;
use wire::event::{LifeState, Proof, Reaction, SystemState};
use wire::{Event, Node, Record, Source};

/// Time over which a rate is counted.
const RATE_WINDOW_NS: u64 = 1_000_000_000;

pub(super) struct Board {
    /// In the order of the plan.
    faults: Vec<FaultSeen>,
    /// Time between two samples, by sensor.
    periods_ns: [u64; 2],
    duration_ns: u64,
    t0_ns: Option<u64>,
    now_ns: u64,
    stalled_until_ns: u64,
    lives: [Life; Node::ALL.len()],
}

struct FaultSeen {
    id: String,
    target: Target,
    /// From and to, from the start of the schedule, of a fault with an end of its own.
    span: Option<(u64, u64)>,
    /// Whether it has struck and is not over; for a fault without an end, until its victim is back.
    struck: bool,
    /// Whether it was told that it acts.
    told: bool,
}

#[derive(Default)]
struct Life {
    state: Option<LifeState>,
    incarnation: u32,
    /// Times of the newest samples: frames, messages or outputs.
    samples: VecDeque<u64>,
    latency_ns: u64,
    /// Samples of a sensor that fusion received within a period of their due time, and used.
    used: u64,
    /// The number of the newest of them, and one more.
    next: u64,
}

impl Life {
    fn forget_before(&mut self, t_ns: u64) {
        while self.samples.front().is_some_and(|&at| at < t_ns) {
            self.samples.pop_front();
        }
    }
}

impl Board {
    pub(super) fn new(plan: &Plan, t0_ns: Option<u64>) -> Board {
        let faults = plan.faults.iter().map(|fault| FaultSeen {
            id: fault.id.clone(),
            target: fault.target,
            span: fault.start.at_ns().and_then(|at_ns| Some((at_ns, fault.end_ns(at_ns)?))),
            struck: false,
            told: false,
        });
        Board {
            faults: faults.collect(),
            periods_ns: [plan.camera.due_ns(1), plan.radar.period_ns],
            duration_ns: plan.duration_ns,
            t0_ns,
            now_ns: 0,
            stalled_until_ns: 0,
            lives: Default::default(),
        }
    }

    /// Takes a record in; returns what a person should read about it.
    pub(super) fn note(&mut self, source: Source, record: &Record) -> Option<String> {
        self.now_ns = self.now_ns.max(record.t_ns);
        let line = self.take(source, record)?;
        // After the schedule, silence is no news.
        if self.t0_ns.is_some_and(|t0| record.t_ns > t0 + self.duration_ns) {
            return None;
        }
        let at_s = self.t0_ns.map_or(0.0, |t0| (record.t_ns as f64 - t0 as f64) * 1e-9);
        Some(format!("{at_s:9.4} s  {line}"))
    }

    fn take(&mut self, source: Source, record: &Record) -> Option<String> {
        match record.event {
            Event::RunStarted { t0_ns } => {
                self.t0_ns = Some(t0_ns);
                None
            }
            Event::FramePublished { rendered_ns, captured_ns, .. } => {
                let latency_ns = rendered_ns.saturating_sub(captured_ns);
                self.sample(Node::Camera, record.t_ns, latency_ns);
                None
            }
            Event::RadarSent { captured_ns, .. } => {
                self.sample(Node::Radar, record.t_ns, record.t_ns.saturating_sub(captured_ns));
                None
            }
            Event::Fused { stream, item, captured_ns, received_ns, .. } => {
                self.sample(Node::Fusion, record.t_ns, record.t_ns.saturating_sub(captured_ns));
                let period_ns = self.periods_ns.get(stream.index()).copied().unwrap_or(0);
                let late_ns = item.saturating_add(1).saturating_mul(period_ns);
                let in_time = received_ns <= self.t0_ns.unwrap_or(0).saturating_add(late_ns);
                let sensor = &mut self.lives[stream.index()];
                if item >= sensor.next {
                    sensor.used += u64::from(in_time);
                    sensor.next = item.saturating_add(1);
                }
                None
            }
            Event::StateChanged { node, incarnation, state } => {
                let life = &mut self.lives[node.index()];
                (life.state, life.incarnation) = (Some(state), incarnation);
                let back = state == LifeState::Running;
                for fault in self.faults.iter_mut().filter(|it| back && it.target == node.into()) {
                    fault.struck = false;
                }
                None
            }
            _ => self.notable(source, record),
        }
    }

    fn sample(&mut self, node: Node, t_ns: u64, latency_ns: u64) {
        let life = &mut self.lives[node.index()];
        life.samples.push_back(t_ns);
        life.latency_ns = latency_ns;
        life.forget_before(t_ns.saturating_sub(RATE_WINDOW_NS));
    }

    /// Samples of the schedule that fusion has not used a period after they were due; for fusion,
    /// those of both sensors.
    fn lost(&self, node: Node) -> u64 {
        let Some(&period_ns) = self.periods_ns.get(node.index()) else {
            return self.lost(Node::Camera) + self.lost(Node::Radar);
        };
        let since_start_ns = self.now_ns.saturating_sub(self.t0_ns.unwrap_or(u64::MAX));
        let owed = since_start_ns.min(self.duration_ns) / period_ns.max(1);
        let life = &self.lives[node.index()];
        (owed + u64::from(life.next > owed)).saturating_sub(life.used)
    }

    fn strikes(&mut self, fault: u32, now: bool) {
        if let Some(fault) = self.faults.get_mut(fault as usize) {
            fault.struck = now;
        }
    }

    /// What is worth a line of its own.
    fn notable(&mut self, source: Source, record: &Record) -> Option<String> {
        match record.event {
            Event::Injecting { fault, .. } => {
                self.strikes(fault, true);
                self.first(fault, "is injected")
            }
            Event::Applied { fault, proof, .. } => {
                self.strikes(fault, true);
                match proof {
                    Proof::EndedBySignal | Proof::EndedWithCode => self.fault(fault, "crashes it"),
                    Proof::SeenSpinning => self.fault(fault, "makes it spin"),
                    Proof::SeenBlocked => self.fault(fault, "blocks it"),
                    _ => self.first(fault, "acts on its samples"),
                }
            }
            Event::NotInjected { fault, .. } => self.fault(fault, "found nobody to hit"),
            Event::Lifted { fault } | Event::Resumed { fault } => {
                self.strikes(fault, false);
                self.fault(fault, "is over")
            }
            Event::Detected { node, detector, .. } => {
                Some(format!("{node:<7} failure detected by {}", detector.name()))
            }
            Event::Reacted { node, incarnation, reaction } => Some(match reaction {
                Reaction::Restart => format!("{node:<7} restarted as number {incarnation}"),
                Reaction::GiveUp => format!("{node:<7} given up: restart budget spent"),
                other => format!("{node:<7} {}", other.name()),
            }),
            Event::Stopping { by } => {
                Some(format!("{:<7} asked to end by process {by}", source.name()))
            }
            Event::DebugSwitched { errno, .. } if errno != 0 => {
                let why = std::io::Error::from_raw_os_error(errno.cast_signed());
                Some(format!("{:<7} cannot tell its steps: {why}", source.name()))
            }
            Event::DebugSwitched { on: 0, dropped, .. } if dropped > 0 => {
                Some(format!("{:<7} {dropped} lines of its steps found no room", source.name()))
            }
            Event::LimitChanged { node, limit, before, after } => {
                Some(format!("{node:<7} {}: {after}, not {before}", limit.name()))
            }
            Event::SpawnFailed { node, incarnation, errno } => {
                let why = std::io::Error::from_raw_os_error(errno.cast_signed());
                Some(format!("{node:<7} number {incarnation} cannot be started: {why}"))
            }
            Event::HardwareWatchdogUnfed { why } => {
                Some(format!("host    hardware watchdog not kept alive: {}", why.name()))
            }
            Event::HardwareWatchdogFed {} => {
                Some("host    hardware watchdog kept alive again".to_owned())
            }
            Event::BoardReset { .. } => Some("host    was reset; the run goes on".to_owned()),
            Event::SystemState { state: SystemState::Safe } => {
                Some("system  goes to its safe state".to_owned())
            }
            Event::ModeChanged { from, to } => {
                Some(format!("{:<7} mode {} -> {}", source.name(), from.name(), to.name()))
            }
            // Of stalls of several processors at once, the first that is seen is told.
            Event::HostStall { due_ns, late_ns } if due_ns >= self.stalled_until_ns => {
                self.stalled_until_ns = due_ns.saturating_add(late_ns);
                Some(format!("host    stalled for {:.1} ms", late_ns as f64 * 1e-6))
            }
            _ => None,
        }
    }

    /// Of faults that act again and again, only the first time is told.
    fn first(&mut self, fault: u32, what: &str) -> Option<String> {
        let told = &mut self.faults.get_mut(fault as usize)?.told;
        if std::mem::replace(told, true) {
            return None;
        }
        self.fault(fault, what)
    }

    fn fault(&self, fault: u32, what: &str) -> Option<String> {
        let FaultSeen { target, id, .. } = self.faults.get(fault as usize)?;
        Some(format!("{target:<7} fault {id} {what}"))
    }

    /// The line of one process.
    pub(super) fn line(&mut self, node: Node) -> String {
        let now_ns = self.now_ns;
        let faults = self.faults_in_force(node);
        let lost = self.lost(node);
        let life = &mut self.lives[node.index()];
        life.forget_before(now_ns.saturating_sub(RATE_WINDOW_NS));
        format!(
            "{node:<7} {:<8} #{:<2} {:3}/s  {:6.2} ms  lost {lost:<4} {faults}",
            life.state.map_or("-", LifeState::name),
            life.incarnation,
            life.samples.len(),
            life.latency_ns as f64 * 1e-6,
        )
    }

    fn faults_in_force(&self, node: Node) -> String {
        let Some(t0_ns) = self.t0_ns else { return String::new() };
        let now = self.now_ns.saturating_sub(t0_ns);
        let in_force = |fault: &&FaultSeen| {
            let acts = fault.span.map_or(fault.struck, |(from, to)| from <= now && now <= to);
            acts && fault.target == node.into()
        };
        let ids: Vec<&str> = self.faults.iter().filter(in_force).map(|it| it.id.as_str()).collect();
        ids.join(" ")
    }

    /// How much of the schedule is over.
    pub(super) fn progress_permille(&self) -> u64 {
        let Some(t0_ns) = self.t0_ns else { return 0 };
        (self.now_ns.saturating_sub(t0_ns) * 1000 / self.duration_ns).min(1000)
    }
}
