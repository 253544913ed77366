//! What a plan asks of the kernel for each process: [`Plan::scheduling`].

use crate::board::Class;
use crate::plan::Plan;
use wire::event::Scheduling;
use wire::{Node, Source};

/// Divisor of the period that a process of the class `deadline` gets for which no runtime is asked: a
/// fifth. Three nodes with a standby each, the watchdog and the plant are then 1.6 processors, within
/// the 95 % of two that the kernel gives away; no step takes more than a millisecond (`failop bench`).
const PERIOD_PER_RUNTIME: u64 = 5;
/// How often the watchdog looks at what no descriptor tells: its period, ns.
const WATCHDOG_PERIOD_NS: u64 = 20_000_000;
/// Between two ticks of the plant, ns.
const PLANT_PERIOD_NS: u64 = 10_000_000;

impl Plan {
    /// Class and priority of a process.
    pub fn scheduling(&self, source: Source) -> Scheduling {
        let placement = self.board.placement(source);
        match placement.class {
            _ if !self.host.realtime => Scheduling::Normal,
            Class::Normal => Scheduling::Normal,
            Class::Fifo => Scheduling::Fifo { priority: placement.priority },
            Class::Deadline => {
                let period_ns = self.work_period_ns(source);
                let runtime_ns = placement.runtime_ns.unwrap_or(period_ns / PERIOD_PER_RUNTIME);
                let us = |ns: u64| u32::try_from(ns / 1000).unwrap_or(u32::MAX);
                Scheduling::Deadline { runtime_us: us(runtime_ns), period_us: us(period_ns) }
            }
        }
    }

    /// How often a process has something to do.
    fn work_period_ns(&self, source: Source) -> u64 {
        let (camera, radar) = (self.camera.due_ns(1), self.radar.period_ns);
        match source {
            Source::Node(Node::Camera) => camera,
            Source::Node(Node::Radar) | Source::Stimulus => radar,
            Source::Node(Node::Fusion) => camera.min(radar),
            Source::Watchdog => WATCHDOG_PERIOD_NS,
            Source::Plant => PLANT_PERIOD_NS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse, parse_board};

    fn plan(host: &str, board: &str) -> Plan {
        let text =
            format!("schema = 1\nname = \"x\"\nduration-s = 2\n{host}\n[ego]\nspeed-kph = 72.0\n");
        let mut plan = parse("x.toml", &text).unwrap();
        let board = format!("schema = 1\nname = \"b\"\n{board}\n");
        plan.board = parse_board("b.toml", &board).unwrap();
        plan
    }

    #[test]
    fn a_deadline_is_the_period_of_the_sensor() {
        let deadline = "[process.camera]\nclass = \"deadline\"\n[process.fusion]\n\
                        class = \"deadline\"\nruntime-ms = 2.5\n";
        let plan = plan("", deadline);
        let of = |node| plan.scheduling(Source::Node(node));
        let period_us = (plan.camera.due_ns(1) / 1000) as u32;
        let runtime_us = (plan.camera.due_ns(1) / 5000) as u32;
        assert_eq!(of(Node::Camera), Scheduling::Deadline { runtime_us, period_us });
        assert_eq!(of(Node::Fusion), Scheduling::Deadline { runtime_us: 2500, period_us });
        assert_eq!(of(Node::Radar), Scheduling::Fifo { priority: 50 });
    }

    #[test]
    fn a_scenario_without_real_time_is_normal_whatever_the_board_says() {
        let plan = plan("host.realtime = false", "[process.camera]\npriority = 70\n");
        for source in Source::ALL {
            assert_eq!(plan.scheduling(source), Scheduling::Normal);
        }
    }
}
