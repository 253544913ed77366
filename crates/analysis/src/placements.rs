//! What the board was asked for each process against what was read back: [`placements`]; and when the
//! recording could not be written: [`unwritten`].

use std::io;

use scenario::Plan;
use wire::Source;

use crate::summary::{Placement, Unwritten};
use crate::timeline::{Placed, PlacementRefused, Timeline, ms};

/// Processors that a record can tell of.
const CPUS_TOLD: u32 = 64;

/// Every life that was looked at, in the order of time.
pub(crate) fn placements(timeline: &Timeline) -> Vec<Placement> {
    let log = &timeline.watchdog.board;
    let all = log.placed.iter();
    all.map(|placed| {
        let refused = log.refused.iter();
        let refused = refused.filter(|it| it.source == placed.source && it.of == placed.of);
        placement(timeline.plan, placed, refused)
    })
    .collect()
}

fn placement<'a>(
    plan: &Plan,
    placed: &Placed,
    refused: impl Iterator<Item = &'a PlacementRefused>,
) -> Placement {
    let wanted = plan.board.placement(placed.source);
    let class = plan.scheduling(placed.source);
    let bits = wanted.cpus.iter().filter(|&&cpu| cpu < CPUS_TOLD);
    let bits = bits.fold(0, |bits, &cpu| bits | 1_u64 << cpu);
    let on_those = wanted.cpus.is_empty() || bits == placed.cpus;
    let locked = placed.locked_kib > 0;
    let found_lock =
        if locked { format!(", {} KiB locked", placed.locked_kib) } else { String::new() };
    let told = |it: &PlacementRefused| format!("{}: {}", it.part.name(), reason(it.errno));
    let refused: Vec<String> = refused.map(told).collect();
    Placement {
        process: placed.source.name().to_owned(),
        incarnation: placed.of,
        asked: asked(plan, placed.source),
        found: format!("{}{}{found_lock}", placed.class, on(&of_mask(placed.cpus))),
        as_asked: placed.class == class
            && on_those
            && (locked || !wanted.lock_memory)
            && refused.is_empty(),
        refused,
    }
}

/// What the board was asked for a process, in words.
pub(crate) fn asked(plan: &Plan, source: Source) -> String {
    let placement = plan.board.placement(source);
    let lock = if placement.lock_memory { ", memory locked" } else { "" };
    format!("{}{}{lock}", plan.scheduling(source), on(&placement.cpus))
}

/// Processors of a mask.
fn of_mask(bits: u64) -> Vec<u32> {
    (0..CPUS_TOLD).filter(|cpu| bits >> cpu & 1 == 1).collect()
}

/// Processors in words; none are not told.
fn on(cpus: &[u32]) -> String {
    let all: Vec<String> = cpus.iter().map(u32::to_string).collect();
    if all.is_empty() { String::new() } else { format!(" on {}", all.join(", ")) }
}

fn reason(errno: u32) -> String {
    io::Error::from_raw_os_error(errno.cast_signed()).to_string()
}

/// When the recording could not be written.
pub(crate) fn unwritten(timeline: &Timeline) -> Vec<Unwritten> {
    let all = timeline.watchdog.board.unwritten.iter();
    all.map(|it| Unwritten { from_ms: ms(it.from), to_ms: it.to.map(ms), reason: reason(it.errno) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Node;
    use wire::event::{PlacementPart, Scheduling};

    fn plan(board: &str) -> Plan {
        let text = "schema = 1\nname = \"x\"\nduration-s = 2\n[ego]\nspeed-kph = 72.0\n";
        let mut plan = scenario::parse("x.toml", text).unwrap();
        let board = format!("schema = 1\nname = \"b\"\n{board}");
        plan.board = scenario::parse_board("b.toml", &board).unwrap();
        plan
    }

    fn found(class: Scheduling, cpus: u64, locked_kib: u64) -> Placed {
        Placed { source: Source::Node(Node::Camera), of: 1, class, cpus, locked_kib }
    }

    #[test]
    fn what_was_read_back_is_held_against_what_was_asked() {
        let plan = plan("[process.camera]\ncpus = [1]\npriority = 70\nlock-memory = true\n");
        let fifo = Scheduling::Fifo { priority: 70 };
        for (placed, as_asked) in [
            (found(fifo, 0b10, 4000), true),
            (found(fifo, 0b11, 4000), false),
            (found(fifo, 0b10, 0), false),
            (found(Scheduling::Normal, 0b10, 4000), false),
        ] {
            let judged = placement(&plan, &placed, [].iter());
            assert_eq!(judged.as_asked, as_asked, "{judged:?}");
            assert_eq!(judged.asked, "SCHED_FIFO 70 on 1, memory locked");
        }
    }

    #[test]
    fn a_refusal_is_told_with_its_reason() {
        let source = Source::Node(Node::Camera);
        let refused = PlacementRefused { source, of: 1, part: PlacementPart::Class, errno: 1 };
        let judged = placement(&plan(""), &found(Scheduling::Normal, 0b11, 0), [refused].iter());
        assert_eq!(judged.refused, ["scheduling class: Operation not permitted (os error 1)"]);
        assert_eq!((&*judged.found, judged.as_asked), ("SCHED_OTHER on 0, 1", false));
    }
}
