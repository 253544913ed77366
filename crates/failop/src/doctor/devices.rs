//! Cameras, CAN links and hardware watchdogs that there are.

use super::Finding;
use scenario::board::PixelFormat;
use sys::survey::Tree;
use sys::survey::devices::{CanLink, Capture, Watchdog};
use sys::v4l2::{Device, FourCc};

/// Why a machine was reset, by bit (`WDIOF_*` of the kernel's `include/uapi/linux/watchdog.h`).
const BOOT_STATUS: [(u32, &str); 7] = [
    (0x01, "overheated"),
    (0x02, "a fan failed"),
    (0x04, "external relay 1"),
    (0x08, "external relay 2"),
    (0x10, "power was low"),
    (0x20, "the last boot followed a reset by the watchdog"),
    (0x40, "power was high"),
];

pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings = any(
        tree.captures().iter().map(capture).collect(),
        ("camera", "frames are rendered: no `camera.v4l2`"),
    );
    findings.extend(any(
        tree.can_links().iter().map(can_link).collect(),
        ("CAN", "detection lists are simulated: no `radar.can`"),
    ));
    findings.extend(any(
        tree.watchdogs().iter().map(watchdog).collect(),
        ("hardware watchdog", "nobody resets a machine that hangs: no `watchdog`"),
    ));
    findings
}

/// What there is, or that there is nothing.
fn any(findings: Vec<Finding>, (topic, follows): (&str, &str)) -> Vec<Finding> {
    if findings.is_empty() { vec![Finding::warn(topic, "none").so(follows)] } else { findings }
}

fn capture(capture: &Capture) -> Finding {
    let Capture { device, name, driver } = capture;
    let found = format!("{device}: {name} ({})", named(driver));
    // A capture device that is opened and asked what it can do stays as it is.
    match Device::open(device).and_then(|device| device.formats()) {
        Ok(offered) => {
            let read = PixelFormat::ALL.iter().flat_map(|it| it.codes()).map(|it| FourCc(**it));
            let read = read.filter(|it| offered.contains(it)).map(|it| it.to_string());
            let (read, all) = (read.collect::<Vec<_>>(), offered.len());
            match read.as_slice() {
                [] => {
                    Finding::warn("camera", format!("{found}, none of its {all} formats is read"))
                        .so("no frames come from it")
                }
                read => {
                    let read = read.join(" ");
                    Finding::ok("camera", format!("{found}, formats {read}, of {all}"))
                }
            }
        }
        Err(error) => {
            Finding::warn("camera", format!("{found}: {error}")).so("no frames come from it")
        }
    }
}

fn can_link(link: &CanLink) -> Finding {
    let CanLink { name, driver, state, is_up, queue_length } = link;
    let found = format!("{name} ({}), {state}, room for {queue_length}", named(driver));
    if *is_up {
        return Finding::ok("CAN", found);
    }
    Finding::warn("CAN", found)
        .so("nothing is sent or heard on it")
        .unless(format!("ip link set {name} up type can bitrate 500000"))
}

fn watchdog(watchdog: &Watchdog) -> Finding {
    let Watchdog { device, identity, state, .. } = watchdog;
    let number = |number: Option<u32>| number.map_or("?".to_owned(), |it| it.to_string());
    let way_out = match watchdog.nowayout {
        Some(true) => ", cannot be stopped",
        Some(false) => ", can be stopped",
        None => "",
    };
    let bits = watchdog.boot_status.unwrap_or(0);
    let boot = BOOT_STATUS.iter().filter(|(bit, _)| bits & bit != 0);
    let boot: String = boot.flat_map(|(_, why)| ["; ", why]).collect();
    let timeout_s = number(watchdog.timeout_s);
    let found = format!("{device}: {identity}, {state}, {timeout_s} s{way_out}{boot}");
    if state == "active" {
        return Finding::warn("hardware watchdog", found)
            .so("somebody keeps it alive: a run cannot have it")
            .unless("RuntimeWatchdogSec=off in /etc/systemd/system.conf");
    }
    Finding::ok("hardware watchdog", found)
}

fn named(driver: &str) -> &str {
    if driver.is_empty() { "virtual" } else { driver }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Mark;

    #[test]
    fn a_watchdog_tells_why_the_machine_was_reset_and_who_has_it() {
        let mut device = Watchdog {
            device: "/dev/watchdog0".into(),
            identity: "i6300ESB timer".into(),
            timeout_s: Some(30),
            nowayout: Some(false),
            state: "inactive".into(),
            boot_status: Some(0x20),
            ..Watchdog::default()
        };
        let told = watchdog(&device);
        assert_eq!(told.mark, Mark::Ok);
        assert_eq!(
            told.found,
            "/dev/watchdog0: i6300ESB timer, inactive, 30 s, can be stopped; \
             the last boot followed a reset by the watchdog"
        );
        device.state = "active".into();
        assert_eq!(watchdog(&device).mark, Mark::Warn);
    }

    #[test]
    fn a_link_that_is_down_and_a_machine_without_one_are_told() {
        let mut link = CanLink {
            name: "can0".into(),
            driver: "flexcan".into(),
            state: "down".into(),
            is_up: false,
            queue_length: 10,
        };
        assert!(can_link(&link).helps.starts_with("ip link set can0 up"));
        link.is_up = true;
        assert_eq!(can_link(&link).mark, Mark::Ok);
        assert_eq!(any(Vec::new(), ("CAN", "so")).len(), 1);
    }
}
