//! Faults of the camera's capture device, by the controls with which its driver injects errors: [`begin`],
//! [`end`].
//!
//! They are those of the kernel's test driver `vivid` (`Documentation/admin-guide/media/vivid.rst`, "Error
//! Injection"). The device is opened for each of them and closed: whoever kept it open would keep it from
//! coming back after a disconnection.

use fault::act::{DeviceError as Failure, DeviceFault, SignalState, Wrap};
use std::io;
use sys::v4l2::{Device, DeviceError};

/// Share of frames that are dropped, percent.
const DROP: &str = "Percentage of Dropped Buffers";
const BUFFER_ERROR: &str = "Inject V4L2_BUF_FLAG_ERROR";
const STREAMING_ERROR: &str = "Inject Fatal Streaming Error";
const SIGNAL: &str = "DV Timings Signal Mode";
const DISCONNECT: &str = "Disconnect";
/// These two count when streaming begins.
const WRAP_SEQUENCE: &str = "Wrap Sequence Number";
const WRAP_TIMESTAMP: &str = "Wrap Timestamp";
const ALL: [&str; 7] =
    [DROP, BUFFER_ERROR, STREAMING_ERROR, SIGNAL, DISCONNECT, WRAP_SEQUENCE, WRAP_TIMESTAMP];

/// Why the driver of a device injects no errors, if it does not.
pub(crate) fn why_lacking(path: &str) -> Option<String> {
    let control = |name| Device::open(path).and_then(|device| device.control(name));
    ALL.into_iter().find_map(|name| match control(name) {
        Ok(_) => None,
        Err(DeviceError::NoControl { .. }) => {
            Some(format!("the driver of {path} has no control `{name}`"))
        }
        Err(error) => Some(match error.system() {
            Some(system) => format!("{path}: {error}: {system}"),
            None => format!("{path}: {error}"),
        }),
    })
}

/// What is set for a fault: the control, its value, and whether streaming must begin anew for it to count.
fn setting(fault: DeviceFault) -> (&'static str, i32, bool) {
    match fault {
        DeviceFault::Drop(percent) => (DROP, percent.cast_signed(), false),
        DeviceFault::Error(Failure::Buffer) => (BUFFER_ERROR, 1, false),
        DeviceFault::Error(Failure::Streaming) => (STREAMING_ERROR, 1, false),
        DeviceFault::Signal(SignalState::NoSignal) => (SIGNAL, 1, false),
        DeviceFault::Signal(SignalState::NoLock) => (SIGNAL, 2, false),
        DeviceFault::Signal(SignalState::OutOfRange) => (SIGNAL, 3, false),
        DeviceFault::Disconnect => (DISCONNECT, 1, false),
        DeviceFault::Wrap(Wrap::Sequence) => (WRAP_SEQUENCE, 1, true),
        DeviceFault::Wrap(Wrap::Timestamp) => (WRAP_TIMESTAMP, 1, true),
    }
}

/// Lets the device go wrong. Returns the value that was read back; 1 for what has no value.
pub(crate) fn begin(path: &str, fault: DeviceFault) -> io::Result<u64> {
    let (name, value, anew) = setting(fault);
    set(path, name, value, anew)
}

/// Whether it happens once, at the press of a button: there is nothing to end, and whatever value is set
/// presses it again.
pub(crate) fn is_button(fault: DeviceFault) -> bool {
    matches!(fault, DeviceFault::Disconnect | DeviceFault::Error(_))
}

/// Whether two faults set the same control.
pub(crate) fn are_alike(one: DeviceFault, other: DeviceFault) -> bool {
    setting(one).0 == setting(other).0
}

/// Lets it go right again.
pub(crate) fn end(path: &str, fault: DeviceFault) -> io::Result<()> {
    let (name, _, anew) = setting(fault);
    set(path, name, 0, anew).map(|_| ())
}

fn set(path: &str, name: &str, value: i32, anew: bool) -> io::Result<u64> {
    let set = || {
        let device = Device::open(path)?;
        device.set_control(name, value)?;
        if anew {
            device.set_control(STREAMING_ERROR, 1)?;
        }
        // What vanishes answers no more.
        if name == DISCONNECT { Ok(None) } else { device.control(name) }
    };
    let found = set().map_err(|error: DeviceError| match error.system() {
        Some(system) => copy(system),
        None => io::Error::other(error),
    })?;
    match found {
        None => Ok(1),
        Some(found) if found == i64::from(value) => Ok(found.unsigned_abs()),
        Some(found) => {
            Err(io::Error::other(format!("`{name}` is {found} after it was set to {value}")))
        }
    }
}

/// The same error once more.
fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_alike_that_set_the_same_control() {
        let signal = DeviceFault::Signal;
        assert!(are_alike(signal(SignalState::NoSignal), signal(SignalState::OutOfRange)));
        assert!(are_alike(DeviceFault::Drop(10), DeviceFault::Drop(90)));
        assert!(!are_alike(DeviceFault::Drop(10), signal(SignalState::NoLock)));
        assert!(!are_alike(DeviceFault::Wrap(Wrap::Sequence), DeviceFault::Wrap(Wrap::Timestamp)));
    }

    #[test]
    fn what_is_no_capture_device_injects_nothing_and_says_why() {
        let why = why_lacking("/dev/null").unwrap();
        assert!(why.starts_with("/dev/null: cannot ask what it can do: "), "{why}");
        assert!(begin("/dev/no-such-video", DeviceFault::Disconnect).is_err());
    }
}
