//! What belongs to an output of fusion, or keeps it from one: its tracks, the objects of its sample, torn
//! frames, the brakes: [`TrackSeen`], [`Seen`], [`ReadTorn`], [`BrakeChange`].

use wire::Event;
use wire::event::unpack_pair;

use super::{FusionLog, Moment};

/// A confirmed track at one output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrackSeen {
    pub(crate) id: u32,
    pub(crate) x_m: f64,
    pub(crate) y_m: f64,
    pub(crate) vx_mps: f64,
    pub(crate) vy_mps: f64,
    /// Age of the newest data of camera and radar in it, µs.
    pub(crate) ages_us: [Option<u32>; 2],
    /// Of x, y, vx and vy, where fusion told it.
    pub(crate) covariance: Option<Covariance>,
}

/// A symmetric matrix.
pub(crate) type Covariance = [[f64; 4]; 4];

/// An object that a sample showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) azimuth_rad: f64,
    pub(crate) range_m: f64,
    /// The normalised innovation squared against the track that it was taken for.
    pub(crate) nis: Option<f64>,
}

/// A frame that fusion read torn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadTorn {
    pub(crate) at: Moment,
    /// The number that it carried.
    pub(crate) frame: u64,
    /// Its first row of the older frame; `u32::MAX` where that is not known.
    pub(crate) row: u32,
}

/// Fusion changed what it asks of the brakes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BrakeChange {
    pub(crate) at: Moment,
    /// m/s²; `None` where fusion cannot tell.
    pub(crate) deceleration_mps2: Option<f64>,
}

impl FusionLog {
    /// What belongs to the output written just before.
    pub(super) fn file_content(&mut self, by: u32, event: &Event) {
        let Some(output) = self.outputs.last_mut().filter(|output| output.by == by) else { return };
        match *event {
            Event::Track { id, x_m, y_m, vx_mps, vy_mps, ages_us } => {
                let age = |us: u64| Some(us as u32).filter(|us| *us != u32::MAX);
                let ages_us = [age(ages_us), age(ages_us >> 32)];
                let covariance = None;
                self.tracks.push(TrackSeen { id, x_m, y_m, vx_mps, vy_mps, ages_us, covariance });
                output.tracks.end += 1;
            }
            Event::TrackCovariance { id, xx_xy, xvx_xvy, yy_yvx, yvy_vxvx, vxvy_vyvy } => {
                let [(xx, xy), (xvx, xvy), (yy, yvx), (yvy, vxvx), (vxvy, vyvy)] =
                    [xx_xy, xvx_xvy, yy_yvx, yvy_vxvx, vxvy_vyvy].map(unpack_pair);
                let own = self.tracks[output.tracks.clone()].iter_mut().rfind(|it| it.id == id);
                if let Some(track) = own {
                    track.covariance = Some([
                        [xx, xy, xvx, xvy],
                        [xy, yy, yvx, yvy],
                        [xvx, yvx, vxvx, vxvy],
                        [xvy, yvy, vxvy, vyvy],
                    ]);
                }
            }
            Event::ObjectSeen { azimuth_rad, range_m, track, nis, .. } => {
                let nis = (track != 0).then_some(nis);
                self.objects.push(Seen { azimuth_rad, range_m, nis });
                output.objects.end += 1;
            }
            _ => {}
        }
    }
}
