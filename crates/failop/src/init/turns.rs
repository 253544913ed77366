//! Which CAN controller of an emulated board is the first one: [`take`].
//!
//! QEMU resets its SJA1000 but for the place at which the next frame goes into the receive buffer, while
//! reading begins at the buffer's start. A controller that has received before a reset hears late for ever
//! after it, frame upon frame of the time before, or loses count and hears no more; taking it
//! down and up does not help. One that has only sent is as new. So the controllers take turns: with each
//! start the next one becomes the first, on which the radar is heard, and the one after it sends.

use anyhow::Context;
use std::io::ErrorKind;
use std::path::Path;

/// Where the kernel shows the driver of these controllers.
pub(super) const DRIVER: &str = "/sys/bus/pci/drivers/kvaser_pci";

/// What became of the turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Turn {
    /// The first controller is as new, or there is none.
    New,
    /// The first controller has been the first one before.
    Again,
}

/// Names the controllers of a driver anew, in the turn of this start.
pub(super) fn take(driver: &Path, start: u32) -> anyhow::Result<Turn> {
    let cannot = || format!("cannot name the controllers of {} anew", driver.display());
    let mut controllers = controllers(driver).with_context(cannot)?;
    if controllers.is_empty() {
        return Ok(Turn::New);
    }
    let before = start.saturating_sub(1) as usize;
    let count = controllers.len();
    controllers.rotate_left(before % count);
    // The kernel gives names in the order in which the driver gets its devices.
    for file in ["unbind", "bind"] {
        for controller in &controllers {
            std::fs::write(driver.join(file), controller).with_context(cannot)?;
        }
    }
    Ok(if before < count { Turn::New } else { Turn::Again })
}

/// Addresses of the devices that a driver has, in the order of the bus.
fn controllers(driver: &Path) -> std::io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(driver) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        found.extend(entry?.file_name().into_string().ok().filter(|name| is_address(name)));
    }
    found.sort();
    Ok(found)
}

/// Whether this is the address of a device on PCI, `0000:00:02.0`: the other files are words.
fn is_address(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.')) && name.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A driver whose last orders are kept.
    fn driver(controllers: &[&str]) -> tempfile::TempDir {
        let driver = tempfile::TempDir::new().unwrap();
        for name in controllers.iter().chain(&["bind", "module", "new_id", "unbind"]) {
            fs::write(driver.path().join(name), "").unwrap();
        }
        driver
    }

    fn last(driver: &tempfile::TempDir, file: &str) -> String {
        fs::read_to_string(driver.path().join(file)).unwrap()
    }

    #[test]
    fn with_each_start_another_controller_is_the_first() {
        let driver = driver(&["0000:00:02.0", "0000:00:03.0", "0000:00:0a.0"]);
        for (start, named_last, turn) in [
            (1, "0000:00:0a.0", Turn::New),
            (2, "0000:00:02.0", Turn::New),
            (3, "0000:00:03.0", Turn::New),
            (4, "0000:00:0a.0", Turn::Again),
        ] {
            assert_eq!(take(driver.path(), start).unwrap(), turn, "start {start}");
            assert_eq!(last(&driver, "unbind"), named_last, "start {start}");
            assert_eq!(last(&driver, "bind"), named_last, "start {start}");
        }
    }

    #[test]
    fn a_board_without_such_controllers_has_nothing_to_take_turns() {
        let driver = driver(&[]);
        assert_eq!(take(driver.path(), 2).unwrap(), Turn::New);
        assert_eq!(last(&driver, "bind"), "");
        assert_eq!(take(&driver.path().join("none"), 2).unwrap(), Turn::New);
    }
}
