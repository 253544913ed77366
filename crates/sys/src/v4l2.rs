//! Cameras behind Video for Linux: [`Device`] is opened and set up, [`Stream`] brings its frames.
//!
//! Single-planar capture into buffers of the driver that are mapped, as every capture driver for sensors
//! and HDMI inputs offers it. Source: `Documentation/userspace-api/media/v4l` of the kernel.

mod layout;
mod stream;

pub use stream::{Filled, Stamps, Stream};

use layout::{
    CAP_DEVICE_CAPS, CAP_STREAMING, CAP_TIME_PER_FRAME, CAP_VIDEO_CAPTURE, CAPTURE, CONTROL_BUTTON,
    CONTROL_DISABLED, Control, ControlDescription, EnumFormat, EnumInput, FIELD_NONE, Format,
    FormatDescription, GetControl, GetInput, Input, NEXT_CONTROL, Parameters, QueryCapability,
    QueryControl, SetControl, SetFormat, SetInput, SetParameters, SetTimings, Timings, request,
};
use nix::errno::Errno;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

/// Most formats, inputs and controls that are looked at: far more than any driver has. The rest does not
/// count as offered.
const LISTED_MAX: u32 = 1024;

/// An open capture device.
#[derive(Debug)]
pub struct Device {
    file: File,
    card: String,
}

/// What is the matter with a device.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// It cannot be opened.
    #[error("cannot open it")]
    Open(#[source] io::Error),
    /// It is something else.
    #[error("it is no capture device that streams (capabilities {0:#x})")]
    NoCapture(u32),
    /// A request was refused.
    #[error("cannot {0}")]
    Refused(&'static str, #[source] io::Error),
    /// It has no such input.
    #[error("it has no input `{asked}`, but {offered}")]
    NoInput {
        /// Number or name.
        asked: String,
        /// What it has.
        offered: String,
    },
    /// It has no such control.
    #[error("it has no control `{asked}`, but {offered}")]
    NoControl {
        /// Name.
        asked: String,
        /// What it has.
        offered: String,
    },
    /// There are no such timings.
    #[error(
        "no timings of 1080 rows are known for {0} frames a second, but for 24, 25, 30, 50 and 60"
    )]
    NoTimings(u32),
}

impl DeviceError {
    /// The error of the system that is behind it, if one is.
    pub fn system(&self) -> Option<&io::Error> {
        match self {
            DeviceError::Open(error) | DeviceError::Refused(_, error) => Some(error),
            _ => None,
        }
    }
}

/// Four characters that name a format: `GREY`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FourCc(pub [u8; 4]);

impl std::fmt::Display for FourCc {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The kernel marks big-endian formats in the topmost bit.
        let [first @ .., last] = self.0;
        let name = [first.as_slice(), &[last & 0x7f]].concat();
        let order = if last & 0x80 == 0 { "" } else { "-BE" };
        write!(to, "{}{order}", String::from_utf8_lossy(&name).trim_end())
    }
}

impl std::fmt::Debug for FourCc {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{self}")
    }
}

/// What pictures look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Format of the pixels.
    pub format: FourCc,
    /// Pixels in a row.
    pub width_px: u32,
    /// Rows.
    pub height_px: u32,
    /// From one row to the next.
    pub stride_bytes: u32,
    /// Of a whole picture.
    pub bytes: u32,
}

impl Device {
    /// Opens a device without waiting for anything.
    pub fn open(path: &str) -> Result<Device, DeviceError> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true);
        let file = options.custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_CLOEXEC);
        let file = file.open(path).map_err(DeviceError::Open)?;
        let mut about = QueryCapability::default();
        refused("ask what it can do", request(&file, &mut about))?;
        let QueryCapability(about) = about;
        let of_device = about.capabilities & CAP_DEVICE_CAPS != 0;
        let can = if of_device { about.device_caps } else { about.capabilities };
        if can & CAP_VIDEO_CAPTURE == 0 || can & CAP_STREAMING == 0 {
            return Err(DeviceError::NoCapture(can));
        }
        let card = format!("{} ({})", text(&about.card), text(&about.driver));
        Ok(Device { file, card })
    }

    /// What it calls itself, and its driver.
    pub fn card(&self) -> &str {
        &self.card
    }

    /// Uses an input, by its name or its number.
    pub fn set_input(&self, asked: &str) -> Result<(), DeviceError> {
        let inputs = self.inputs()?;
        let is_asked = |it: &&Input| text(&it.name) == asked || it.index.to_string() == asked;
        let Some(input) = inputs.iter().find(is_asked) else {
            let offered = inputs.iter().map(|it| format!("{} `{}`", it.index, text(&it.name)));
            return Err(DeviceError::NoInput { asked: asked.to_owned(), offered: list(offered) });
        };
        refused("use the input", request(self, &mut SetInput(input.index)))
    }

    fn inputs(&self) -> Result<Vec<Input>, DeviceError> {
        let inputs = (0..LISTED_MAX).map_while(|index| {
            let mut input = EnumInput(Input { index, ..Input::default() });
            listed(request(self, &mut input).map(|()| input.0))
        });
        refused("list its inputs", inputs.collect())
    }

    /// What is wrong with the signal of the input in use: `V4L2_IN_ST_*`, 0 for nothing.
    pub fn signal(&self) -> io::Result<u32> {
        let mut index = GetInput::default();
        request(self, &mut index)?;
        let mut input = EnumInput(Input { index: index.0, ..Input::default() });
        request(self, &mut input)?;
        Ok(input.0.status)
    }

    /// Sets the timings of an input for digital video to 1920x1080 at this many frames a second.
    pub fn set_full_hd_timings(&self, fps: u32) -> Result<(), DeviceError> {
        let timings = Timings::full_hd(fps).ok_or(DeviceError::NoTimings(fps))?;
        refused("set the timings of the input", request(self, &mut SetTimings(timings)))
    }

    /// The formats that it offers.
    pub fn formats(&self) -> Result<Vec<FourCc>, DeviceError> {
        let formats = (0..LISTED_MAX).map_while(|index| {
            let asked = FormatDescription { index, kind: CAPTURE, ..FormatDescription::default() };
            let mut format = EnumFormat(asked);
            listed(request(self, &mut format).map(|()| FourCc(format.0.four_cc)))
        });
        refused("list its formats", formats.collect())
    }

    /// Sets a format; what pictures will be like may differ from what was asked.
    pub fn set_format(
        &self,
        format: FourCc,
        (width_px, height_px): (u32, u32),
    ) -> Result<Picture, DeviceError> {
        let asked = Format {
            kind: CAPTURE,
            width_px,
            height_px,
            four_cc: format.0,
            field: FIELD_NONE,
            ..Format::default()
        };
        let mut got = SetFormat(asked);
        refused("set the format", request(self, &mut got))?;
        let SetFormat(got) = got;
        Ok(Picture {
            format: FourCc(got.four_cc),
            width_px: got.width_px,
            height_px: got.height_px,
            stride_bytes: got.bytes_per_line,
            bytes: got.image_bytes,
        })
    }

    /// Asks for a frame rate; the interval between frames that it then has, ns. `None` where the device
    /// does not let it be set.
    pub fn set_rate(&self, fps: u32) -> Result<Option<u64>, DeviceError> {
        let asked = Parameters { kind: CAPTURE, interval: [1, fps], ..Parameters::default() };
        let mut got = SetParameters(asked);
        match request(self, &mut got) {
            Err(error) if error.raw_os_error() == Some(Errno::ENOTTY as i32) => return Ok(None),
            result => refused("set the frame rate", result)?,
        }
        let [numerator, denominator] = got.0.interval.map(u64::from);
        let known = got.0.capability & CAP_TIME_PER_FRAME != 0 && denominator > 0;
        Ok(known.then(|| numerator * 1_000_000_000 / denominator))
    }

    /// The value of a control, by its name; `None` of a button, which has none.
    pub fn control(&self, name: &str) -> Result<Option<i64>, DeviceError> {
        let found = self.find_control(name)?;
        if found.kind == CONTROL_BUTTON {
            return Ok(None);
        }
        let mut control = GetControl(Control { id: found.id, value: 0 });
        refused("read a control", request(self, &mut control))?;
        Ok(Some(control.0.value.into()))
    }

    /// Sets a control, by its name; a button is pressed, whatever the value.
    pub fn set_control(&self, name: &str, value: i32) -> Result<(), DeviceError> {
        let id = self.find_control(name)?.id;
        refused("set a control", request(self, &mut SetControl(Control { id, value })))
    }

    fn find_control(&self, name: &str) -> Result<ControlDescription, DeviceError> {
        let controls = self.controls()?;
        controls.iter().find(|it| text(&it.name) == name).copied().ok_or_else(|| {
            let offered = list(controls.iter().map(|it| format!("`{}`", text(&it.name))));
            DeviceError::NoControl { asked: name.to_owned(), offered }
        })
    }

    fn controls(&self) -> Result<Vec<ControlDescription>, DeviceError> {
        let mut last = 0;
        let controls = (0..LISTED_MAX).map_while(|_| {
            let id = last | NEXT_CONTROL;
            let mut control = QueryControl(ControlDescription { id, ..Default::default() });
            let found = listed(request(self, &mut control).map(|()| control.0));
            last = control.0.id;
            found
        });
        let controls: Vec<_> = refused("list its controls", controls.collect())?;
        Ok(controls.into_iter().filter(|it| it.flags & CONTROL_DISABLED == 0).collect())
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn refused<T>(what: &'static str, result: io::Result<T>) -> Result<T, DeviceError> {
    result.map_err(|error| DeviceError::Refused(what, error))
}

/// One more entry of a list; at its end, and where there is no such list, nothing.
fn listed<T>(result: io::Result<T>) -> Option<io::Result<T>> {
    const END: [i32; 2] = [Errno::EINVAL as i32, Errno::ENOTTY as i32];
    match result {
        Err(error) if error.raw_os_error().is_some_and(|it| END.contains(&it)) => None,
        result => Some(result),
    }
}

/// A name that ends at its first zero.
fn text(bytes: &[u8]) -> String {
    let name = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

fn list(offered: impl Iterator<Item = String>) -> String {
    let offered = offered.collect::<Vec<_>>().join(", ");
    if offered.is_empty() { "none at all".to_owned() } else { offered }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_capture_device_is_refused_with_the_reason() {
        let absent = Device::open("/dev/no-such-video").unwrap_err();
        let errno = absent.system().and_then(io::Error::raw_os_error);
        assert_eq!(errno, Some(Errno::ENOENT as i32), "{absent:?}");
        let none = Device::open("/dev/null").unwrap_err();
        assert_eq!(none.to_string(), "cannot ask what it can do");
        let errno = none.system().and_then(io::Error::raw_os_error);
        assert_eq!(errno, Some(Errno::ENOTTY as i32), "{none:?}");
    }

    #[test]
    fn names_end_at_their_first_zero() {
        assert_eq!(text(b"vivid\0\0x"), "vivid");
        assert_eq!(text(b"full"), "full");
        assert_eq!(FourCc(*b"Y10 ").to_string(), "Y10");
        assert_eq!(FourCc([b'Y', b'1', b'6', 0xa0]).to_string(), "Y16-BE");
        assert_eq!(list(["a".to_owned(), "b".to_owned()].into_iter()), "a, b");
        assert_eq!(list([].into_iter()), "none at all");
    }
}
