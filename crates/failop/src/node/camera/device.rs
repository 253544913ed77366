//! A capture device as a board file describes it, set up and streaming: [`open`].

use super::luma::Luma;
use anyhow::{Context, bail, ensure};
use scenario::board::{PixelFormat, Timestamps, Timings, V4l2};
use sys::clock::now_ns;
use sys::v4l2::{Device, DeviceError, FourCc, Picture, Stream};
use wire::Event;
use wire::frame::{HEIGHT_PX, WIDTH_PX};

/// The frame buffer's size.
const SIZE_PX: (u32, u32) = (WIDTH_PX as u32, HEIGHT_PX as u32);
/// How far the device's interval between frames may be from the scenario's: one part in this many.
const RATE_PARTS: u64 = 50;

/// A device that streams.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) stream: Stream,
    pub(super) luma: Luma,
    /// Tells the record what it is like.
    pub(super) told: Event,
}

/// Opens the device, sets it up, and lets it stream.
pub(super) fn open(settings: &V4l2, fps: u32) -> anyhow::Result<Opened> {
    set_up(settings, fps).with_context(|| format!("the capture device {}", settings.device))
}

/// The error of the system that kept a device from being opened; 0 where it was another.
pub(super) fn errno(error: &anyhow::Error) -> u32 {
    let system = error.downcast_ref::<DeviceError>().and_then(DeviceError::system);
    system.and_then(std::io::Error::raw_os_error).unwrap_or(0).unsigned_abs()
}

fn set_up(settings: &V4l2, fps: u32) -> anyhow::Result<Opened> {
    let begun_ns = now_ns();
    let device = Device::open(&settings.device)?;
    if let Some(input) = &settings.input {
        device.set_input(input)?;
    }
    if settings.timings == Timings::FullHd {
        device.set_full_hd_timings(fps)?;
    }
    for (name, value) in &settings.controls {
        device.set_control(name, *value).with_context(|| format!("control `{name}`"))?;
    }
    let (format, picture) = set_format(&device, &settings.formats)?;
    let period_ns = device.set_rate(fps)?;
    check_rate(period_ns, fps)?;
    let luma = Luma::of(format, &picture);
    ensure!(luma.fits(), "its rows have {} bytes, too few for their pixels", picture.stride_bytes);
    let stream = Stream::start(device, settings.buffers)?;
    check_stamps(&stream, settings.timestamps)?;
    let told = Event::DeviceOpened {
        format: u32::from_le_bytes(picture.format.0),
        stride_bytes: picture.stride_bytes,
        buffers: stream.buffers() as u32,
        period_ns: period_ns.unwrap_or(0),
        opening_ns: now_ns() - begun_ns,
    };
    Ok(Opened { stream, luma, told })
}

/// Sets the first of the wanted formats that the device offers in the frame buffer's size.
fn set_format(device: &Device, wanted: &[PixelFormat]) -> anyhow::Result<(PixelFormat, Picture)> {
    let offered = device.formats()?;
    let mut tried = Vec::new();
    let codes = |kind: &PixelFormat| kind.codes().iter().map(|code| FourCc(**code));
    let kinds = wanted.iter().flat_map(|kind| codes(kind).map(|code| (*kind, code)));
    for (kind, name) in kinds.filter(|(_, name)| offered.contains(name)) {
        let got = device.set_format(name, SIZE_PX)?;
        if (got.format, got.width_px, got.height_px) == (name, SIZE_PX.0, SIZE_PX.1) {
            return Ok((kind, got));
        }
        tried.push(format!("{} at {}x{}", got.format, got.width_px, got.height_px));
    }
    let words = |of: &[String]| if of.is_empty() { "none".to_owned() } else { of.join(", ") };
    let offered: Vec<String> = offered.iter().map(FourCc::to_string).collect();
    let wanted = wanted.iter().flat_map(codes).map(|code| code.to_string());
    bail!(
        "{} gives no picture of {}x{} in {}: asked for them, it gives {}; its formats are {}",
        device.card(),
        SIZE_PX.0,
        SIZE_PX.1,
        words(&wanted.collect::<Vec<_>>()),
        words(&tried),
        words(&offered),
    )
}

fn check_rate(period_ns: Option<u64>, fps: u32) -> anyhow::Result<()> {
    let Some(period_ns) = period_ns else { return Ok(()) };
    let wanted_ns = 1_000_000_000 / u64::from(fps);
    ensure!(
        period_ns.abs_diff(wanted_ns) <= wanted_ns / RATE_PARTS,
        "asked for {fps} frames a second, it gives {:.3}",
        1e9 / period_ns as f64
    );
    Ok(())
}

fn check_stamps(stream: &Stream, wanted: Timestamps) -> anyhow::Result<()> {
    let stamps = stream.stamps();
    ensure!(stamps.monotonic, "the times of its frames are not of CLOCK_MONOTONIC");
    let found =
        if stamps.start_of_exposure { Timestamps::StartOfExposure } else { Timestamps::EndOfFrame };
    let name = |it| match it {
        Timestamps::StartOfExposure => "start-of-exposure",
        Timestamps::EndOfFrame => "end-of-frame",
    };
    ensure!(
        found == wanted,
        "the times of its frames are `{}`, and the board file says `timestamps = \"{}\"`",
        name(found),
        name(wanted)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_device_that_is_not_there_is_named_with_the_reason() {
        let settings = V4l2 {
            device: "/dev/no-such-video".to_owned(),
            input: None,
            timings: Timings::AsTheyAre,
            formats: vec![PixelFormat::Grey],
            buffers: 4,
            timestamps: Timestamps::StartOfExposure,
            controls: BTreeMap::new(),
        };
        let error = open(&settings, 30).unwrap_err();
        let words = format!("{error:#}");
        let expected = "the capture device /dev/no-such-video: cannot open it: No such file";
        assert!(words.starts_with(expected), "{words}");
        assert_eq!(errno(&error), 2);
    }

    #[test]
    fn a_rate_that_is_not_the_scenarios_is_refused() {
        assert!(check_rate(None, 30).is_ok());
        assert!(check_rate(Some(33_366_700), 30).is_ok());
        let slow = check_rate(Some(200_000_000), 30).unwrap_err().to_string();
        assert_eq!(slow, "asked for 30 frames a second, it gives 5.000");
    }
}
