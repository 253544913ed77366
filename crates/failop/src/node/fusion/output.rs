//! What fusion tells of what came out: its mode, its outputs ([`tell_output`]).

use super::Sample;
use crate::node::runtime::Runtime;
use ::fusion::{Output, Rejection, Status, Track};
use wire::event::{Detector, Mode, pack_pair};
use wire::{Checkpoint, Event, Node};

/// Tells a change of mode.
pub(super) fn tell_mode(runtime: &mut Runtime, from: &mut Mode, to: Mode) {
    if *from != to {
        runtime.events.tell(Event::ModeChanged { from: *from, to });
        *from = to;
    }
}

/// Tells what came of a sample that was let through: the mode first, then the output made in it.
/// Returns what the step has come to by that.
pub(super) fn tell_output(
    (runtime, mode): (&mut Runtime, &mut Mode),
    stream: Node,
    sample: Sample,
    result: Result<&Output, Rejection>,
) -> Checkpoint {
    let Sample { item, from, captured_ns, received_ns } = sample;
    let output = match result {
        Ok(output) => output,
        Err(Rejection::Repeated { .. }) => return Checkpoint::Refused,
        Err(rejection) => {
            let detector = match rejection {
                Rejection::TooOld { .. } => Detector::Late,
                _ => Detector::Integrity,
            };
            runtime.events.tell(Event::Rejected { stream, item, detector });
            return Checkpoint::Refused;
        }
    };
    let confirmed = |track: &&Track| track.status == Status::Confirmed;
    let tracks = output.tracks.iter().filter(confirmed);
    let output_mode = on_the_record(runtime, output.mode);
    tell_mode(runtime, mode, output_mode);
    let mode_tracks = Event::pack_mode_tracks(*mode, tracks.clone().count());
    runtime.events.tell(Event::Fused { stream, item, from, captured_ns, received_ns, mode_tracks });
    for track in tracks {
        runtime.events.tell(Event::Track {
            id: track.id,
            x_m: track.x_m.into(),
            y_m: track.y_m.into(),
            vx_mps: track.vx_mps.into(),
            vy_mps: track.vy_mps.into(),
            ages_us: age_us(track.camera_age_ns) | age_us(track.radar_age_ns) << 32,
        });
        runtime.events.tell(covariance(track));
    }
    for seen in &output.seen {
        runtime.events.tell(Event::ObjectSeen {
            stream,
            item,
            azimuth_rad: seen.azimuth_rad,
            range_m: seen.range_m,
            track: seen.track.unwrap_or(0),
            nis: seen.nis,
        });
    }
    Checkpoint::Fused
}

fn covariance(track: &Track) -> Event {
    let pair = |[first, second]: [[usize; 2]; 2]| {
        let of = |[row, column]: [usize; 2]| f64::from(track.covariance[row][column]);
        pack_pair(of(first), of(second))
    };
    // Rows and columns: x, y, vx, vy.
    Event::TrackCovariance {
        id: track.id,
        xx_xy: pair([[0, 0], [0, 1]]),
        xvx_xvy: pair([[0, 2], [0, 3]]),
        yy_yvx: pair([[1, 1], [1, 2]]),
        yvy_vxvx: pair([[1, 3], [2, 2]]),
        vxvy_vyvy: pair([[2, 3], [3, 3]]),
    }
}

fn age_us(age_ns: Option<u64>) -> u64 {
    let us = age_ns.and_then(|ns| u32::try_from(ns / 1000).ok());
    us.unwrap_or(u32::MAX).into()
}

/// In the safe state nobody drives by what fusion says, whatever it is based on.
pub(super) fn on_the_record(runtime: &Runtime, mode: ::fusion::Mode) -> Mode {
    match mode {
        _ if runtime.status.is_safe() => Mode::Safe,
        ::fusion::Mode::Fused => Mode::Fused,
        ::fusion::Mode::CameraOnly => Mode::CameraOnly,
        ::fusion::Mode::RadarOnly => Mode::RadarOnly,
        ::fusion::Mode::Coasting => Mode::Coasting,
        ::fusion::Mode::Blind => Mode::Blind,
    }
}
