//! What goes to and comes from the kernel for Video for Linux: the requests and their structures, as
//! `include/uapi/linux/videodev2.h` lays them out on 64-bit machines.
//!
//! Everything is plain integers, so that whatever the kernel writes is a value of its type.

use nix::errno::Errno;
use nix::libc;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Type of a queue and of a format: single-planar video capture.
pub(super) const CAPTURE: u32 = 1;
/// Memory of the driver that we map.
pub(super) const MMAP: u32 = 1;
/// No interlacing.
pub(super) const FIELD_NONE: u32 = 1;
/// Capabilities of a device.
pub(super) const CAP_VIDEO_CAPTURE: u32 = 0x1;
pub(super) const CAP_STREAMING: u32 = 0x0400_0000;
pub(super) const CAP_DEVICE_CAPS: u32 = 0x8000_0000;
/// An interval between frames can be set.
pub(super) const CAP_TIME_PER_FRAME: u32 = 0x1000;
/// Flags of a buffer.
pub(super) const BUF_ERROR: u32 = 0x40;
pub(super) const TIMESTAMP_MASK: u32 = 0xe000;
pub(super) const TIMESTAMP_MONOTONIC: u32 = 0x2000;
pub(super) const SOURCE_MASK: u32 = 0x7_0000;
pub(super) const SOURCE_START_OF_EXPOSURE: u32 = 0x1_0000;
/// Asks for the next control after an id.
pub(super) const NEXT_CONTROL: u32 = 0x8000_0000;
/// A control that the driver has and does not use.
pub(super) const CONTROL_DISABLED: u32 = 1;
/// A control without a value: setting it does something.
pub(super) const CONTROL_BUTTON: u32 = 4;
/// Type of timings: BT.656 and BT.1120, which HDMI has too.
const BT_656_1120: u32 = 0;
/// Positive synchronisation pulses, vertical and horizontal.
const POSITIVE_SYNC: u32 = 3;

/// A structure that a request takes.
///
/// # Safety
/// `NUMBER` must be a request for which the kernel reads and writes at most a `Self`, and every pattern of
/// bits must be a `Self`.
pub(super) unsafe trait Request: Sized {
    const NUMBER: u64;
}

/// The number of a request that reads and writes `bytes`: `_IOC` of `asm-generic/ioctl.h`.
const fn number(direction: u64, number: u64, bytes: usize) -> u64 {
    direction << 30 | (bytes as u64) << 16 | (b'V' as u64) << 8 | number
}
const WRITE: u64 = 1;
const READ: u64 = 2;

/// Makes a request. A signal that interrupts it is none of the caller's business.
pub(super) fn request<T: Request>(fd: impl AsFd, argument: &mut T) -> io::Result<()> {
    let fd = fd.as_fd().as_raw_fd();
    loop {
        // SAFETY: `Request` promises that the kernel stays within the argument, which is ours alone, and
        // that whatever it writes is a value; the descriptor is open.
        let result = unsafe { libc::ioctl(fd, T::NUMBER, std::ptr::from_mut(argument)) };
        match Errno::result(result) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

macro_rules! requests {
    ($($(#[doc = $doc:literal])+ $name:ident of $inner:ident = $direction:expr, $number:literal;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default)]
        #[repr(transparent)]
        pub(super) struct $name(pub(super) $inner);

        // SAFETY: the number holds the size of the structure, and the kernel keeps to the size in the number;
        // the structure consists of integers.
        unsafe impl Request for $name {
            const NUMBER: u64 = number($direction, $number, size_of::<$inner>());
        }
    )+ };
}

requests! {
    /// What the device is: `VIDIOC_QUERYCAP`.
    QueryCapability of Capability = READ, 0;
    /// A format that it offers: `VIDIOC_ENUM_FMT`.
    EnumFormat of FormatDescription = READ | WRITE, 2;
    /// Sets the format: `VIDIOC_S_FMT`.
    SetFormat of Format = READ | WRITE, 5;
    /// Makes or frees buffers: `VIDIOC_REQBUFS`.
    RequestBuffers of Buffers = READ | WRITE, 8;
    /// Where a buffer is: `VIDIOC_QUERYBUF`.
    QueryBuffer of Buffer = READ | WRITE, 9;
    /// Gives a buffer to the driver: `VIDIOC_QBUF`.
    Queue of Buffer = READ | WRITE, 15;
    /// Takes a buffer that is filled: `VIDIOC_DQBUF`.
    Dequeue of Buffer = READ | WRITE, 17;
    /// Begins to stream: `VIDIOC_STREAMON`.
    StreamOn of Number = WRITE, 18;
    /// Sets the interval between frames: `VIDIOC_S_PARM`.
    SetParameters of Parameters = READ | WRITE, 22;
    /// An input that it has: `VIDIOC_ENUMINPUT`.
    EnumInput of Input = READ | WRITE, 26;
    /// The value of a control: `VIDIOC_G_CTRL`.
    GetControl of Control = READ | WRITE, 27;
    /// Sets a control: `VIDIOC_S_CTRL`.
    SetControl of Control = READ | WRITE, 28;
    /// A control that it has: `VIDIOC_QUERYCTRL`.
    QueryControl of ControlDescription = READ | WRITE, 36;
    /// Which input it uses: `VIDIOC_G_INPUT`.
    GetInput of Number = READ, 38;
    /// Uses an input: `VIDIOC_S_INPUT`.
    SetInput of Number = READ | WRITE, 39;
    /// Sets the timings of a digital input: `VIDIOC_S_DV_TIMINGS`.
    SetTimings of Timings = READ | WRITE, 87;
}

/// An `int`.
pub(super) type Number = u32;

/// `struct v4l2_capability`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Capability {
    pub(super) driver: [u8; 16],
    pub(super) card: [u8; 32],
    pub(super) bus_info: [u8; 32],
    pub(super) version: u32,
    pub(super) capabilities: u32,
    pub(super) device_caps: u32,
    pub(super) reserved: [u32; 3],
}

/// `struct v4l2_fmtdesc`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct FormatDescription {
    pub(super) index: u32,
    pub(super) kind: u32,
    pub(super) flags: u32,
    pub(super) description: [u8; 32],
    pub(super) four_cc: [u8; 4],
    pub(super) mbus_code: u32,
    pub(super) reserved: [u32; 3],
}

/// `struct v4l2_format` with a `struct v4l2_pix_format`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(8))]
pub(super) struct Format {
    pub(super) kind: u32,
    pub(super) alignment: u32,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
    pub(super) four_cc: [u8; 4],
    pub(super) field: u32,
    pub(super) bytes_per_line: u32,
    pub(super) image_bytes: u32,
    pub(super) rest_of_picture: [u32; 6],
    pub(super) rest: [u64; 19],
}

/// `struct v4l2_requestbuffers`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Buffers {
    pub(super) count: u32,
    pub(super) kind: u32,
    pub(super) memory: u32,
    pub(super) capabilities: u32,
    pub(super) reserved: u32,
}

/// `struct v4l2_buffer`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Buffer {
    pub(super) index: u32,
    pub(super) kind: u32,
    pub(super) bytes_used: u32,
    pub(super) flags: u32,
    pub(super) field: u32,
    pub(super) timestamp_s: i64,
    pub(super) timestamp_us: i64,
    pub(super) timecode: [u32; 4],
    pub(super) sequence: u32,
    pub(super) memory: u32,
    pub(super) offset: u64,
    pub(super) length: u32,
    pub(super) reserved: [u32; 2],
}

/// `struct v4l2_streamparm` with a `struct v4l2_captureparm`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Parameters {
    pub(super) kind: u32,
    pub(super) capability: u32,
    pub(super) mode: u32,
    /// Time per frame: numerator and denominator, s.
    pub(super) interval: [u32; 2],
    pub(super) rest: [[u32; 23]; 2],
}

/// `struct v4l2_input`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Input {
    pub(super) index: u32,
    pub(super) name: [u8; 32],
    pub(super) kind: u32,
    pub(super) audioset: u32,
    pub(super) tuner: u32,
    pub(super) standards: u64,
    pub(super) status: u32,
    pub(super) capabilities: u32,
    pub(super) reserved: [u32; 4],
}

/// `struct v4l2_control`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Control {
    pub(super) id: u32,
    pub(super) value: i32,
}

/// `struct v4l2_queryctrl`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct ControlDescription {
    pub(super) id: u32,
    pub(super) kind: u32,
    pub(super) name: [u8; 32],
    pub(super) minimum: i32,
    pub(super) maximum: i32,
    pub(super) step: i32,
    pub(super) default: i32,
    pub(super) flags: u32,
    pub(super) reserved: [u32; 2],
}

/// `struct v4l2_dv_timings` with a `struct v4l2_bt_timings`, both packed.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(super) struct Timings {
    pub(super) kind: u32,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
    pub(super) interlaced: u32,
    pub(super) polarities: u32,
    /// Low word, high word.
    pub(super) pixel_clock_hz: [u32; 2],
    /// Front porch, pulse and back porch.
    pub(super) horizontal: [u32; 3],
    pub(super) vertical: [u32; 3],
    pub(super) second_field: [u32; 3],
    pub(super) standards: u32,
    pub(super) flags: u32,
    pub(super) rest: [u32; 15],
}

impl Timings {
    /// 1920x1080, progressive, at this many frames a second: CEA-861, formats 32, 33, 34, 31 and 16.
    pub(super) fn full_hd(fps: u32) -> Option<Timings> {
        let (pixel_clock_hz, front_porch) = match fps {
            24 => (74_250_000, 638),
            25 => (74_250_000, 528),
            30 => (74_250_000, 88),
            50 => (148_500_000, 528),
            60 => (148_500_000, 88),
            _ => return None,
        };
        Some(Timings {
            kind: BT_656_1120,
            width_px: 1920,
            height_px: 1080,
            polarities: POSITIVE_SYNC,
            pixel_clock_hz: [pixel_clock_hz, 0],
            horizontal: [front_porch, 44, 148],
            vertical: [4, 5, 36],
            standards: 1,
            ..Timings::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_have_the_numbers_and_sizes_of_the_kernel() {
        // From a C program that prints them on x86-64 and on aarch64.
        for (name, ours, kernels) in [
            ("VIDIOC_QUERYCAP", QueryCapability::NUMBER, 0x8068_5600_u64),
            ("VIDIOC_ENUM_FMT", EnumFormat::NUMBER, 0xc040_5602),
            ("VIDIOC_S_FMT", SetFormat::NUMBER, 0xc0d0_5605),
            ("VIDIOC_REQBUFS", RequestBuffers::NUMBER, 0xc014_5608),
            ("VIDIOC_QUERYBUF", QueryBuffer::NUMBER, 0xc058_5609),
            ("VIDIOC_QBUF", Queue::NUMBER, 0xc058_560f),
            ("VIDIOC_DQBUF", Dequeue::NUMBER, 0xc058_5611),
            ("VIDIOC_STREAMON", StreamOn::NUMBER, 0x4004_5612),
            ("VIDIOC_S_PARM", SetParameters::NUMBER, 0xc0cc_5616),
            ("VIDIOC_ENUMINPUT", EnumInput::NUMBER, 0xc050_561a),
            ("VIDIOC_G_CTRL", GetControl::NUMBER, 0xc008_561b),
            ("VIDIOC_S_CTRL", SetControl::NUMBER, 0xc008_561c),
            ("VIDIOC_QUERYCTRL", QueryControl::NUMBER, 0xc044_5624),
            ("VIDIOC_G_INPUT", GetInput::NUMBER, 0x8004_5626),
            ("VIDIOC_S_INPUT", SetInput::NUMBER, 0xc004_5627),
            ("VIDIOC_S_DV_TIMINGS", SetTimings::NUMBER, 0xc084_5657),
        ] {
            assert_eq!(ours, kernels, "{name}: {ours:#x}");
        }
    }

    #[test]
    fn fields_lie_where_the_kernel_has_them() {
        use std::mem::offset_of;
        for (name, ours, kernels) in [
            ("capability.capabilities", offset_of!(Capability, capabilities), 84),
            ("fmtdesc.pixelformat", offset_of!(FormatDescription, four_cc), 44),
            ("format.pix", offset_of!(Format, width_px), 8),
            ("format.pix.sizeimage", offset_of!(Format, image_bytes), 28),
            ("buffer.timestamp", offset_of!(Buffer, timestamp_s), 24),
            ("buffer.sequence", offset_of!(Buffer, sequence), 56),
            ("buffer.m", offset_of!(Buffer, offset), 64),
            ("buffer.length", offset_of!(Buffer, length), 72),
            ("streamparm.timeperframe", offset_of!(Parameters, interval), 12),
            ("input.status", offset_of!(Input, status), 56),
            ("queryctrl.name", offset_of!(ControlDescription, name), 8),
            ("queryctrl.flags", offset_of!(ControlDescription, flags), 56),
            ("dv_timings.pixelclock", offset_of!(Timings, pixel_clock_hz), 20),
            ("dv_timings.standards", offset_of!(Timings, standards), 64),
        ] {
            assert_eq!(ours, kernels, "{name}");
        }
    }

    #[test]
    fn timings_of_full_hd_give_the_frame_rate() {
        for fps in [24, 25, 30, 50, 60] {
            let timings = Timings::full_hd(fps).unwrap();
            let total = |active: u32, blank: [u32; 3]| active + blank.iter().sum::<u32>();
            let pixels = total(1920, timings.horizontal) * total(1080, timings.vertical);
            assert_eq!(timings.pixel_clock_hz[0], pixels * fps, "{fps}");
        }
        assert!(Timings::full_hd(31).is_none());
    }
}
