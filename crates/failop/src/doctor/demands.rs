//! What a board file asks for, against what there is.

use super::timing::list;
use super::{Finding, Mark};
use scenario::Board;
use scenario::board::{
    CameraSource, Class, HardwareWatchdog, OnReset, Placement, RadarSource, WithoutPrivilege,
};
use std::path::Path;
use sys::capability::{Capability, missing};
use sys::survey::Tree;
use sys::survey::devices::Watchdog;
use sys::survey::kernel::Privileges;
use wire::Source;

pub(super) fn findings(tree: &Tree, board: &Board) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    if let CameraSource::V4l2(camera) = &board.camera {
        findings.push(capture(tree, &camera.device));
    }
    if let RadarSource::Can(can) = &board.radar {
        findings.push(interface(tree, "radar.can.interface", &can.interface));
        let stimulus = can.stimulus.iter();
        findings.extend(stimulus.map(|name| interface(tree, "radar.can.stimulus", name)));
    }
    for source in Source::ALL {
        findings.extend(placement(tree, board, source));
    }
    if let Some(asked) = &board.watchdog {
        findings.extend(watchdog(&tree.watchdogs(), asked));
        findings.extend(left_after_reset(tree, board, asked)?);
    }
    Ok(findings)
}

fn capture(tree: &Tree, device: &str) -> Finding {
    let topic = "camera.v4l2.device";
    // It may be a link that udev has made (/dev/v4l/by-path/…).
    let node = Path::new(device).canonicalize().ok();
    let known = tree.captures();
    let found = known.iter().find(|it| node.as_deref() == Some(Path::new(&it.device)));
    match found {
        Some(capture) => Finding::ok(topic, format!("{device}: {}", capture.name)),
        None if known.is_empty() => Finding::no(topic, format!("{device}: there is no camera"))
            .so("a run is refused")
            .unless("the driver of the camera, and its node below /dev"),
        None => {
            let there = known.iter().map(|it| it.device.as_str()).collect::<Vec<_>>().join(" ");
            Finding::no(topic, format!("{device} is no camera; there are: {there}"))
                .so("a run is refused")
        }
    }
}

fn interface(tree: &Tree, topic: &str, name: &str) -> Finding {
    let links = tree.can_links();
    match links.iter().find(|it| it.name == name) {
        Some(link) if link.is_up => Finding::ok(topic, format!("{name}, {}", link.state)),
        Some(_) if Privileges::own().has("net_admin") => {
            Finding::warn(topic, format!("{name} is down")).so("a run takes it up first")
        }
        Some(_) => Finding::no(topic, format!("{name} is down"))
            .so("nothing is sent or heard on it, and a run may not take it up")
            .unless(format!("ip link set {name} up type can bitrate 500000, or CAP_NET_ADMIN")),
        None => {
            let there = links.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ");
            let there = if there.is_empty() { "none" } else { &there };
            Finding::no(topic, format!("no CAN link {name}; there are: {there}"))
                .so("a run is refused")
                .unless(format!("its driver, or: ip link add {name} type vcan"))
        }
    }
}

/// What cannot be had of how a process is to be scheduled, and in one line what can.
fn placement(tree: &Tree, board: &Board, source: Source) -> Vec<Finding> {
    let Placement { cpus, class, priority, lock_memory, .. } = board.placement(source);
    let topic = format!("process.{}", source.name());
    let online = tree.processors().online;
    let absent: Vec<u32> = cpus.iter().copied().filter(|cpu| !online.contains(cpu)).collect();
    let mut missed = Vec::new();
    if !absent.is_empty() {
        let found = format!("no processor {}; there are: {}", list(&absent), list(&online));
        missed.push((format!("{topic}.cpus"), found, "other numbers".to_owned()));
    }
    if *class != Class::Normal
        && let Some(why) = missing(Capability::RealTime)
    {
        let helps = "root, CAP_SYS_NICE, or LimitRTPRIO=98".to_owned();
        missed.push((format!("{topic}.class"), why, helps));
    }
    let privileges = Privileges::own();
    let lockable = privileges.has("ipc_lock") || privileges.lockable_bytes == u64::MAX;
    if *lock_memory && !lockable {
        let found = format!("at most {} KiB may be locked", privileges.lockable_bytes >> 10);
        let helps = "CAP_IPC_LOCK, or LimitMEMLOCK=infinity".to_owned();
        missed.push((format!("{topic}.lock-memory"), found, helps));
    }
    if missed.is_empty() {
        let class = match class {
            Class::Fifo => format!("fifo {priority}"),
            Class::Deadline => "deadline".to_owned(),
            Class::Normal => "normal".to_owned(),
        };
        let cpus =
            if cpus.is_empty() { "all cpus".to_owned() } else { format!("cpus {}", list(cpus)) };
        let locked = if *lock_memory { ", memory locked" } else { "" };
        return vec![Finding::ok(topic, format!("{class}, {cpus}{locked}"))];
    }
    missed.into_iter().map(|it| refused(board.without_privilege, it)).collect()
}

/// What follows is what the board file says.
fn refused(then: WithoutPrivilege, (topic, found, helps): (String, String, String)) -> Finding {
    let (mark, follows) = match then {
        WithoutPrivilege::Degrade => {
            (Mark::Warn, "the run goes on without, and the report says so")
        }
        WithoutPrivilege::Refuse => (Mark::No, "a run is refused"),
    };
    Finding { mark, ..Finding::ok(topic, found) }.so(follows).unless(helps)
}

fn watchdog(known: &[Watchdog], asked: &HardwareWatchdog) -> Vec<Finding> {
    let HardwareWatchdog { device, timeout_s, .. } = asked;
    let topic = "watchdog.device";
    // The old name leads to the first one.
    let first = if device == "/dev/watchdog" { "/dev/watchdog0" } else { device };
    let Some(found) = known.iter().find(|it| it.device == first) else {
        let there = known.iter().map(|it| it.device.as_str()).collect::<Vec<_>>().join(" ");
        let there = if there.is_empty() { "none" } else { &there };
        return vec![
            Finding::no(topic, format!("no watchdog {device}; there are: {there}"))
                .so("a run is refused")
                .unless("its driver, or `modprobe softdog`, which resets through the kernel"),
        ];
    };
    let device = if found.state == "active" {
        Finding::no(topic, format!("{device}: somebody keeps it alive"))
            .so("a run cannot have it")
            .unless("RuntimeWatchdogSec=off in /etc/systemd/system.conf")
    } else {
        Finding::ok(topic, format!("{device}: {}", found.identity))
    };
    vec![device, timeout(found, *timeout_s)]
}

fn timeout(found: &Watchdog, asked_s: u32) -> Finding {
    let topic = "watchdog.timeout-s";
    let (least, most) = (found.min_timeout_s.unwrap_or(0), found.max_timeout_s.unwrap_or(0));
    if asked_s < least || (most > 0 && asked_s > most) {
        return Finding::no(topic, format!("{asked_s} s; the device takes {least} to {most} s"))
            .so("a run is refused");
    }
    Finding::ok(topic, format!("{asked_s} s"))
}

fn left_after_reset(
    tree: &Tree,
    board: &Board,
    asked: &HardwareWatchdog,
) -> anyhow::Result<Option<Finding>> {
    if asked.on_reset != OnReset::Resume || board.directory.is_empty() {
        return Ok(None);
    }
    let place = tree.place(Path::new(&board.directory))?;
    let found = format!("{} lies in {}", board.directory, place.kind);
    let topic = "files.directory";
    Ok(Some(if place.survives_reset() {
        Finding::ok(topic, found)
    } else {
        Finding::no(topic, found)
            .so("after a reset nothing is left that could be resumed")
            .unless("a directory on storage, or `watchdog.on-reset = \"end\"`")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(timeout_s: u32) -> HardwareWatchdog {
        let device = "/dev/watchdog".to_owned();
        HardwareWatchdog { device, timeout_s, on_reset: OnReset::Resume }
    }

    #[test]
    fn a_watchdog_must_be_there_and_idle_and_take_the_timeout() {
        let marks = |known: &[Watchdog], timeout_s| {
            watchdog(known, &asked(timeout_s)).iter().map(|it| it.mark).collect::<Vec<_>>()
        };
        assert_eq!(marks(&[], 10), [Mark::No]);
        let mut device = Watchdog {
            device: "/dev/watchdog0".into(),
            state: "inactive".into(),
            min_timeout_s: Some(1),
            max_timeout_s: Some(128),
            ..Watchdog::default()
        };
        assert_eq!(marks(&[device.clone()], 10), [Mark::Ok, Mark::Ok]);
        assert_eq!(marks(&[device.clone()], 129), [Mark::Ok, Mark::No]);
        device.max_timeout_s = Some(0);
        device.state = "active".into();
        assert_eq!(marks(&[device], 600), [Mark::No, Mark::Ok]);
    }

    #[test]
    fn processors_that_are_not_there_follow_what_the_file_says() {
        let mut board = Board::default();
        board.placements[Source::Watchdog.index()].cpus = vec![4095];
        for (then, mark) in
            [(WithoutPrivilege::Degrade, Mark::Warn), (WithoutPrivilege::Refuse, Mark::No)]
        {
            board.without_privilege = then;
            let found = placement(&Tree::here(), &board, Source::Watchdog);
            assert_eq!(found[0].mark, mark);
            assert_eq!(found[0].topic, "process.watchdog.cpus");
        }
    }

    #[test]
    fn a_device_that_no_machine_has_is_missed() {
        let board = scenario::parse_board(
            "b.toml",
            "schema = 1\nname = \"b\"\n[camera.v4l2]\ndevice = \"/dev/nothing\"\n\
             [radar.can]\ninterface = \"nothing\"\n",
        );
        let found = findings(&Tree::here(), &board.unwrap()).unwrap();
        let missed: Vec<&str> =
            found.iter().filter(|it| it.mark == Mark::No).map(|it| it.topic.as_str()).collect();
        assert_eq!(missed, ["camera.v4l2.device", "radar.can.interface"]);
    }
}
