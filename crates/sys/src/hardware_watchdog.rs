//! A timer of the hardware that resets the machine unless somebody shows life: [`HardwareWatchdog`], behind
//! the kernel's watchdog devices (`Documentation/watchdog/watchdog-api.rst`).
//!
//! Opening the device starts the timer. Whoever ends without [`HardwareWatchdog::disarm`] leaves it running:
//! that is what it is for.

use nix::errno::Errno;
use nix::libc::{self, Ioctl, c_int};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::linux::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// `WDIOC_GETSUPPORT`: `_IOR('W', 0, struct watchdog_info)`.
const GET_SUPPORT: Ioctl = 0x8028_5700;
/// `WDIOC_GETBOOTSTATUS`: `_IOR('W', 2, int)`.
const GET_BOOT_STATUS: Ioctl = 0x8004_5702;
/// `WDIOC_KEEPALIVE`: `_IOR('W', 5, int)`.
const KEEP_ALIVE: Ioctl = 0x8004_5705;
/// `WDIOC_SETTIMEOUT`: `_IOWR('W', 6, int)`.
const SET_TIMEOUT: Ioctl = 0xc004_5706;
/// `WDIOC_GETTIMEOUT`: `_IOR('W', 7, int)`.
const GET_TIMEOUT: Ioctl = 0x8004_5707;
/// `WDIOF_CARDRESET` of a boot status: the watchdog reset the machine before this start.
pub const CARD_RESET: u32 = 0x0020;
/// `WDIOF_MAGICCLOSE` of the options: the device stops when it is told so before it is closed.
pub const MAGIC_CLOSE: u32 = 0x0100;
/// What tells the device to stop with the next close.
const STOP: &[u8] = b"V";

/// `struct watchdog_info`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Info {
    options: u32,
    firmware_version: u32,
    identity: [u8; 32],
}

/// What a watchdog is and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What its driver calls it.
    pub identity: String,
    /// What it can do: the `WDIOF_…` bits.
    pub options: u32,
    /// Why the machine was started: the `WDIOF_…` bits, 0 where the device does not know or it was no
    /// watchdog.
    pub boot_status: u32,
    /// Its timeout from here on, s: the device rounds what it is asked for.
    pub timeout_s: u32,
    /// Whether it can be stopped again: neither the driver nor the kernel's configuration (`nowayout`)
    /// forbids it.
    pub stoppable: bool,
}

/// A watchdog cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such device.
    #[error("there is no {}: no driver is loaded, or the machine has no watchdog", path.display())]
    Missing {
        /// The device.
        path: PathBuf,
    },
    /// Somebody else keeps it alive.
    #[error(
        "{} is held by {holder}; where that is systemd, `RuntimeWatchdogSec=off` in /etc/systemd/system.conf frees it",
        path.display()
    )]
    Busy {
        /// The device.
        path: PathBuf,
        /// By whom, as far as `/proc` tells.
        holder: String,
    },
    /// It is not for this user.
    #[error("{} may not be opened by this user: root, or a udev rule for the group", path.display())]
    NotPermitted {
        /// The device.
        path: PathBuf,
        /// What the kernel says.
        source: io::Error,
    },
    /// It is no watchdog, or it refuses what a watchdog must do.
    #[error("{} refuses to {doing}", path.display())]
    Refused {
        /// The device.
        path: PathBuf,
        /// What was asked of it.
        doing: &'static str,
        /// Why not.
        source: io::Error,
    },
}

/// A watchdog whose timer runs.
#[derive(Debug)]
pub struct HardwareWatchdog {
    device: File,
}

impl HardwareWatchdog {
    /// Opens the device, which starts its timer, and asks for a timeout.
    pub fn open(path: &Path, timeout_s: u32) -> Result<(HardwareWatchdog, Found), OpenError> {
        let refused =
            |doing| move |source| OpenError::Refused { path: path.to_owned(), doing, source };
        let device = OpenOptions::new().write(true).open(path).map_err(|e| not_open(path, e))?;
        let mut watchdog = HardwareWatchdog { device };
        let info = match watchdog.info() {
            Ok(info) => info,
            Err(source) => {
                // Whatever it is: its timer must not run for nobody.
                watchdog.disarm().map_err(refused("be stopped"))?;
                return Err(refused("tell what it is")(source));
            }
        };
        let asked = c_int::try_from(timeout_s).unwrap_or(c_int::MAX);
        // One with a fixed timeout refuses; which it has is asked next.
        let set = watchdog.number(SET_TIMEOUT, asked);
        let given = watchdog.number(GET_TIMEOUT, 0).or(set);
        let given = match given {
            Ok(given) => given,
            Err(source) => {
                watchdog.disarm().map_err(refused("be stopped"))?;
                return Err(refused("tell its timeout")(source));
            }
        };
        let found = Found {
            identity: text(&info.identity),
            options: info.options,
            boot_status: watchdog.number(GET_BOOT_STATUS, 0).unwrap_or(0).cast_unsigned(),
            timeout_s: given.cast_unsigned(),
            stoppable: info.options & MAGIC_CLOSE != 0 && !no_way_out(path),
        };
        Ok((watchdog, found))
    }

    /// Shows life: the timer begins again.
    pub fn keep_alive(&self) -> io::Result<()> {
        self.number(KEEP_ALIVE, 0).map(drop)
    }

    /// Stops the timer, as far as that is possible, and lets go of the device.
    pub fn disarm(&mut self) -> io::Result<()> {
        self.device.write_all(STOP)
    }

    fn info(&self) -> io::Result<Info> {
        let mut info = Info::default();
        // SAFETY: WDIOC_GETSUPPORT fills a `watchdog_info`, which `info` has the layout of (repr(C), 40
        // bytes, as the request's number says); it lives until the call returns. Another device refuses.
        let done = unsafe { libc::ioctl(self.device.as_raw_fd(), GET_SUPPORT, &raw mut info) };
        Errno::result(done)?;
        Ok(info)
    }

    fn number(&self, request: Ioctl, given: c_int) -> io::Result<c_int> {
        let mut number = given;
        // SAFETY: each of these requests reads or writes one int, which `number` is, and which lives until
        // the call returns. Another device refuses.
        let done = unsafe { libc::ioctl(self.device.as_raw_fd(), request, &raw mut number) };
        Errno::result(done)?;
        Ok(number)
    }
}

/// Why the device at `path` could not be had by this user at this moment, without touching its timer.
pub fn missing(path: &Path) -> Option<String> {
    let error = match nix::unistd::access(path, nix::unistd::AccessFlags::W_OK) {
        Ok(()) => holder(path).map(|holder| OpenError::Busy { path: path.to_owned(), holder })?,
        Err(error) => not_open(path, error.into()),
    };
    Some(error.to_string())
}

fn not_open(path: &Path, source: io::Error) -> OpenError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => OpenError::Missing { path },
        io::ErrorKind::PermissionDenied => OpenError::NotPermitted { path, source },
        io::ErrorKind::ResourceBusy => {
            let holder = holder(&path).unwrap_or_else(|| "another process".to_owned());
            OpenError::Busy { path, holder }
        }
        _ => match source.raw_os_error() {
            // No driver behind the node.
            Some(libc::ENXIO | libc::ENODEV) => OpenError::Missing { path },
            _ => OpenError::Refused { path, doing: "be opened", source },
        },
    }
}

/// The kernel's directory of the watchdog behind a device. `/dev/watchdog` is another name of the first.
fn attributes(path: &Path) -> Option<PathBuf> {
    let device = std::fs::metadata(path).ok()?.st_rdev();
    let classes = std::fs::read_dir("/sys/class/watchdog").ok()?;
    let classes = classes.filter_map(Result::ok).map(|entry| entry.path());
    let mut classes: Vec<PathBuf> = classes.collect();
    classes.sort();
    let number = format!("{}:{}", libc::major(device), libc::minor(device));
    let is_it = |it: &&PathBuf| {
        std::fs::read_to_string(it.join("dev")).is_ok_and(|dev| dev.trim() == number)
    };
    // The old node has a number of its own (misc, 10:130).
    classes.iter().find(is_it).or(classes.first()).cloned()
}

fn no_way_out(path: &Path) -> bool {
    let told = attributes(path).map(|it| std::fs::read_to_string(it.join("nowayout")));
    told.is_some_and(|told| told.is_ok_and(|told| told.trim() == "1"))
}

/// Who holds the device open, of those whose descriptors this user may see.
fn holder(path: &Path) -> Option<String> {
    let wanted = std::fs::metadata(path).ok()?.st_rdev();
    let numbers = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    // Beside numbers there is `self`, another name of this one.
    let is_number = |it: &PathBuf| {
        it.file_name().is_some_and(|name| name.to_string_lossy().parse::<u32>().is_ok())
    };
    let mut processes = numbers.map(|entry| entry.path()).filter(is_number);
    let holds = |process: &PathBuf| {
        let Ok(fds) = std::fs::read_dir(process.join("fd")) else { return false };
        let mut fds = fds.filter_map(Result::ok);
        fds.any(|fd| std::fs::metadata(fd.path()).is_ok_and(|it| it.st_rdev() == wanted))
    };
    let process = processes.find(holds)?;
    let name = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
    Some(format!("{} (pid {})", name.trim(), process.file_name()?.display()))
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_there_is_missing() {
        let path = Path::new("/dev/no-such-watchdog");
        let error = HardwareWatchdog::open(path, 10).unwrap_err();
        assert!(matches!(error, OpenError::Missing { .. }), "{error:?}");
        assert_eq!(missing(path), Some(error.to_string()));
    }

    #[test]
    fn what_is_no_watchdog_refuses_and_is_told() {
        let error = HardwareWatchdog::open(Path::new("/dev/null"), 10).unwrap_err();
        assert_eq!(error.to_string(), "/dev/null refuses to tell what it is");
    }

    #[test]
    fn who_holds_a_device_is_named() {
        let held = File::open("/dev/zero").unwrap();
        let told = holder(Path::new("/dev/zero")).unwrap();
        assert!(told.contains("(pid ") && !told.contains("self"), "{told}");
        drop(held);
    }

    #[test]
    fn an_identity_ends_at_its_zero() {
        assert_eq!(text(b"i6300ESB timer\0\0\0"), "i6300ESB timer");
    }

    #[test]
    fn the_layout_is_that_of_the_request() {
        assert_eq!(size_of::<Info>() as u64, GET_SUPPORT >> 16 & 0x3fff);
    }
}
