//! Cameras, CAN links and hardware watchdogs, as the kernel lists them: [`Capture`], [`CanLink`],
//! [`Watchdog`].

use super::Tree;

/// `ARPHRD_CAN` of the kernel's `include/uapi/linux/if_arp.h`.
const TYPE_CAN: u32 = 280;

/// A Video for Linux device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Its path.
    pub device: String,
    /// As the driver names it.
    pub name: String,
    /// The driver; empty for one without a device below it.
    pub driver: String,
}

/// A CAN link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanLink {
    /// Its name.
    pub name: String,
    /// The driver; empty for a virtual one.
    pub driver: String,
    /// `up`, `down`, or `unknown`, which links of the kernel (`vcan`) are while they are up.
    pub state: String,
    /// Whether it was set up (`IFF_UP`).
    pub is_up: bool,
    /// Messages that may wait for the bus.
    pub queue_length: u32,
}

/// A hardware watchdog, or the kernel's own (`softdog`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watchdog {
    /// Its path.
    pub device: String,
    /// As the driver names it.
    pub identity: String,
    /// From the last sign of life to the reset at the moment, s.
    pub timeout_s: Option<u32>,
    /// Shortest timeout, s.
    pub min_timeout_s: Option<u32>,
    /// Longest timeout, s; none or 0 where the kernel bridges any.
    pub max_timeout_s: Option<u32>,
    /// Whether it cannot be stopped once it runs.
    pub nowayout: Option<bool>,
    /// `active` while it runs, else `inactive`.
    pub state: String,
    /// Why the machine was reset, in bits (`WDIOF_*`); not every driver knows.
    pub boot_status: Option<u32>,
}

impl Tree {
    /// Video for Linux devices.
    pub fn captures(&self) -> Vec<Capture> {
        let class = "sys/class/video4linux";
        let names = self.names(class).into_iter().filter(|name| name.starts_with("video"));
        let capture = |name: String| Capture {
            device: format!("/dev/{name}"),
            driver: self.link(&format!("{class}/{name}/device/driver")).unwrap_or_default(),
            name: self.text(&format!("{class}/{name}/name")).unwrap_or_default(),
        };
        names.map(capture).collect()
    }

    /// CAN links.
    pub fn can_links(&self) -> Vec<CanLink> {
        let class = "sys/class/net";
        let is_can = |name: &String| self.number(&format!("{class}/{name}/type")) == Some(TYPE_CAN);
        let link = |name: String| {
            let flags = self.text(&format!("{class}/{name}/flags")).unwrap_or_default();
            let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or(0);
            CanLink {
                driver: self.link(&format!("{class}/{name}/device/driver")).unwrap_or_default(),
                state: self.text(&format!("{class}/{name}/operstate")).unwrap_or_default(),
                is_up: flags & 1 == 1,
                queue_length: self.number(&format!("{class}/{name}/tx_queue_len")).unwrap_or(0),
                name,
            }
        };
        self.names(class).into_iter().filter(is_can).map(link).collect()
    }

    /// Watchdogs, none of which is opened.
    pub fn watchdogs(&self) -> Vec<Watchdog> {
        let class = "sys/class/watchdog";
        let watchdog = |name: String| {
            let number = |key: &str| self.number::<u32>(&format!("{class}/{name}/{key}"));
            let text = |key: &str| self.text(&format!("{class}/{name}/{key}")).unwrap_or_default();
            let bits = text("bootstatus");
            Watchdog {
                device: format!("/dev/{name}"),
                identity: text("identity"),
                timeout_s: number("timeout"),
                min_timeout_s: number("min_timeout"),
                max_timeout_s: number("max_timeout"),
                nowayout: number("nowayout").map(|it| it != 0),
                state: text("state"),
                boot_status: bits
                    .strip_prefix("0x")
                    .map_or(bits.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok()),
            }
        };
        self.names(class).into_iter().map(watchdog).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::survey::fixture::tree;

    #[test]
    fn a_watchdog_is_told_without_being_opened() {
        let (_root, board) = tree(&[
            ("sys/class/watchdog/watchdog0/identity", "imx2+ watchdog\n"),
            ("sys/class/watchdog/watchdog0/timeout", "60\n"),
            ("sys/class/watchdog/watchdog0/max_timeout", "0\n"),
            ("sys/class/watchdog/watchdog0/nowayout", "0\n"),
            ("sys/class/watchdog/watchdog0/state", "inactive\n"),
            ("sys/class/watchdog/watchdog0/bootstatus", "32\n"),
            ("sys/class/watchdog/watchdog1/bootstatus", "0x20\n"),
        ]);
        let found = board.watchdogs();
        assert_eq!(found[0].device, "/dev/watchdog0");
        assert_eq!((found[0].timeout_s, found[0].nowayout), (Some(60), Some(false)));
        assert_eq!((found[0].boot_status, found[1].boot_status), (Some(32), Some(32)));
        assert_eq!((found[1].timeout_s, found[1].nowayout), (None, None));
    }

    #[test]
    fn links_of_another_type_are_none_of_a_can_bus() {
        let (root, board) = tree(&[
            ("sys/class/net/eth0/type", "1\n"),
            ("sys/class/net/can0/type", "280\n"),
            ("sys/class/net/can0/flags", "0x40080\n"),
            ("sys/class/net/can0/operstate", "down\n"),
            ("sys/class/net/vcan0/type", "280\n"),
            ("sys/class/net/vcan0/flags", "0x400c1\n"),
            ("sys/class/net/vcan0/tx_queue_len", "1000\n"),
            ("sys/class/video4linux/video0/name", "mxc-isi-cap\n"),
            ("sys/class/video4linux/v4l-subdev0/name", "ov5640\n"),
        ]);
        let driver = root.path().join("sys/bus/platform/drivers/flexcan");
        std::fs::create_dir_all(&driver).unwrap();
        std::fs::create_dir_all(root.path().join("sys/class/net/can0/device")).unwrap();
        let link = root.path().join("sys/class/net/can0/device/driver");
        std::os::unix::fs::symlink(driver, link).unwrap();
        let links = board.can_links();
        assert_eq!(links.iter().map(|it| it.is_up).collect::<Vec<_>>(), [false, true]);
        assert_eq!((links[0].name.as_str(), links[0].driver.as_str()), ("can0", "flexcan"));
        assert_eq!(links[1].queue_length, 1000);
        assert_eq!(board.captures().len(), 1, "a sub-device delivers no frames");
    }
}
