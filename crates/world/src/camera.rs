//! What the camera sees: [`Renderer`] makes 8-bit grey pictures of the road.
//!
//! Each row is composed in the cache (sky or ground, then the vehicles from far to near), gets its
//! noise and is written once. Geometry and shading are additions, multiplications and divisions
//! alone, which give the same bits on every platform.

mod noise;
mod scenery;
mod vehicle;

use serde::{Deserialize, Serialize};

use crate::motion::{Motion, Object};
use crate::plant::EgoState;
use crate::random::{Draws, Purpose};
use crate::traffic::Traffic;
use noise::Noise;
use scenery::Scenery;
use vehicle::Vehicle;

pub use noise::NOISE_SIGMA_GREY;

/// A pinhole camera that looks straight ahead, level, from above the origin of the ego frame.
///
/// In continuous image coordinates u grows to the right and v downwards, and pixel (i, j) covers
/// `[i, i+1) × [j, j+1)`. A point (x, y, z) of the ego frame is seen at
/// `u = centre_x − focal·y/x`, `v = centre_y − focal·(z − mount_height)/x`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CameraModel {
    /// Columns of the picture.
    pub width_px: u32,
    /// Rows of the picture.
    pub height_px: u32,
    /// Focal length, pixels.
    pub focal_px: f64,
    /// u of the optical axis.
    pub centre_x_px: f64,
    /// v of the optical axis, which is the horizon.
    pub centre_y_px: f64,
    /// Height of the camera above the ground, m.
    pub mount_height_m: f64,
}

impl Default for CameraModel {
    /// 1920 × 1080 at 52° across, the field of view of the main camera of common three-camera
    /// front units (28°, 52°, 150°): focal = 960 / tan 26°. The height is that of a camera behind
    /// the windscreen of a passenger car. The ground is seen from 4.7 m on.
    fn default() -> Self {
        Self {
            width_px: 1920,
            height_px: 1080,
            focal_px: 1968.0,
            centre_x_px: 960.0,
            centre_y_px: 540.0,
            mount_height_m: 1.3,
        }
    }
}

impl CameraModel {
    /// Bytes of one picture.
    pub fn pixels(&self) -> usize {
        self.width_px as usize * self.height_px as usize
    }

    /// u of a point at depth x and lateral position y.
    fn u(&self, x_m: f64, y_m: f64) -> f64 {
        self.centre_x_px - self.focal_px * y_m / x_m
    }

    /// v of a point at depth x and height z.
    fn v(&self, x_m: f64, z_m: f64) -> f64 {
        self.centre_y_px - self.focal_px * (z_m - self.mount_height_m) / x_m
    }

    /// How far the ray through the middle of a row falls per metre of depth.
    fn descent(&self, row: usize) -> f64 {
        (row as f64 + 0.5 - self.centre_y_px) / self.focal_px
    }
}

/// Draws what the camera sees.
pub struct Renderer {
    model: CameraModel,
    motion: Motion,
    seed: u64,
    scenery: Scenery,
    noise: Noise,
    /// Brightness of each actor's paint.
    paints: Vec<u8>,
    /// Scratch with room for all actors: everyone, and those in view, far to near.
    objects: Vec<Object>,
    vehicles: Vec<Vehicle>,
    /// Scratch: the row at work.
    row: Vec<u8>,
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer")
            .field("model", &self.model)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// Paints to choose from: light and dark ones, all apart from the asphalt.
const PAINTS: [u8; 6] = [196, 60, 168, 68, 208, 54];

impl Renderer {
    /// Prepares all that frames have in common; [`render`](Self::render) allocates nothing.
    ///
    /// # Panics
    /// As [`Motion::new`], and where the picture is empty or the focal length or the mount height
    /// is not above 0.
    pub fn new(model: CameraModel, traffic: &Traffic, seed: u64) -> Self {
        assert!(model.pixels() > 0, "a picture has pixels");
        assert!(model.focal_px > 0.0 && model.mount_height_m > 0.0, "a camera has a focal length");
        let mut draws = Draws::new(seed, Purpose::Scenery, 0);
        let first_paint = draws.bits() as usize % PAINTS.len();
        let actors = traffic.actors.len();
        Self {
            model,
            motion: Motion::new(traffic),
            seed,
            scenery: Scenery::new(model, &mut draws),
            noise: Noise::new(model.width_px as usize, seed),
            paints: (0..actors).map(|actor| PAINTS[(first_paint + actor) % PAINTS.len()]).collect(),
            objects: Vec::with_capacity(actors),
            vehicles: Vec::with_capacity(actors),
            row: vec![0; model.width_px as usize],
        }
    }

    /// Writes the picture at time `t_s`, when the ego is in this state, row by row from the top, every
    /// byte of it. `frame` picks the noise. The picture depends on the arguments and on those of [`new`](Self::new) alone.
    ///
    /// # Panics
    /// Where `pixels` is not as long as [`CameraModel::pixels`].
    pub fn render(&mut self, t_s: f64, ego: EgoState, frame: u64, pixels: &mut [u8]) {
        assert_eq!(pixels.len(), self.model.pixels(), "the buffer holds one picture");
        self.place_vehicles(t_s, ego);
        self.scenery.advance(ego.distance_m);
        let mut noise = self.noise.frame(self.seed, frame);
        for (index, out) in pixels.chunks_exact_mut(self.row.len()).enumerate() {
            self.scenery.paint(index, &mut self.row);
            for vehicle in self.vehicles.iter().filter(|vehicle| vehicle.rows.contains(&index)) {
                vehicle.paint(&self.model, index, &mut self.row);
            }
            noise.add(&self.row, out);
        }
    }

    fn place_vehicles(&mut self, t_s: f64, ego: EgoState) {
        self.objects.clear();
        self.objects.extend(self.motion.at(t_s, ego));
        self.objects
            .sort_unstable_by(|a, b| b.x_m.total_cmp(&a.x_m).then_with(|| a.actor.cmp(&b.actor)));
        self.vehicles.clear();
        let seen = |object: &Object| Vehicle::new(&self.model, object, self.paints[object.actor]);
        self.vehicles.extend(self.objects.iter().filter_map(seen));
    }
}

/// Fills the pixels of a row whose middles lie from `from_px` to `to_px`.
fn fill(row: &mut [u8], from_px: f64, to_px: f64, grey: u8) {
    let width = row.len() as i32;
    let column = |u: f64| ((u + 0.5) as i32).clamp(0, width) as usize;
    let (from, to) = (column(from_px), column(to_px));
    if from < to {
        row[from..to].fill(grey);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::Way;
    use crate::traffic::{Actor, Ego, Kind, Size, Start};

    /// An ego at 25 m/s and standing cars at these x and y.
    fn traffic(places: &[(f64, f64)]) -> Traffic {
        let actor = |&(x_m, y_m): &(f64, f64)| Actor {
            id: "car".into(),
            kind: Kind::Car,
            start: Start { x_m, y_m, speed_mps: 0.0 },
            size: Size::CAR,
            script: Vec::new(),
        };
        Traffic {
            ego: Ego { speed_mps: 25.0, brakes: None },
            actors: places.iter().map(actor).collect(),
            ..Traffic::default()
        }
    }

    fn renderer(places: &[(f64, f64)], seed: u64) -> Renderer {
        Renderer::new(CameraModel::default(), &traffic(places), seed)
    }

    /// Frame k at 30 frames a second.
    fn frame(renderer: &mut Renderer, k: u32) -> Vec<u8> {
        let mut pixels = vec![0; renderer.model.pixels()];
        let t_s = f64::from(k) / 30.0;
        renderer.render(t_s, Way::even(25.0).at(t_s), u64::from(k), &mut pixels);
        pixels
    }

    fn picture(places: &[(f64, f64)]) -> Vec<u8> {
        frame(&mut renderer(places, 1), 0)
    }

    /// Fowler-Noll-Vo, 64 bit, variant 1a.
    fn fnv(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    #[test]
    fn a_fresh_renderer_draws_what_the_old_one_would_have() {
        let places = [(30.0, 0.0), (60.0, 3.5)];
        let mut old = renderer(&places, 1);
        let run: Vec<_> = (0..8).map(|k| frame(&mut old, k)).collect();
        let mut fresh = renderer(&places, 1);
        assert!(frame(&mut fresh, 7) == run[7]);
        assert!(frame(&mut fresh, 2) == run[2]);
    }

    #[test]
    fn frames_times_and_seeds_each_make_another_picture() {
        let mut one = renderer(&[], 1);
        let mut draw = |t_s, frame| {
            let mut pixels = vec![0; one.model.pixels()];
            one.render(t_s, Way::even(25.0).at(t_s), frame, &mut pixels);
            fnv(&pixels)
        };
        let mut pictures =
            vec![draw(0.0, 0), draw(0.0, 1), draw(0.1, 0), fnv(&frame(&mut renderer(&[], 2), 0))];
        pictures.sort_unstable();
        pictures.dedup();
        assert_eq!(pictures.len(), 4);
    }

    #[test]
    fn every_byte_is_written() {
        let mut renderer = renderer(&[(20.0, 1.0)], 1);
        let [over_black, over_white] = [0, 255].map(|before| {
            let mut pixels = vec![before; renderer.model.pixels()];
            renderer.render(0.0, EgoState::default(), 0, &mut pixels);
            pixels
        });
        assert!(over_black == over_white);
    }

    /// Where this fails on one kind of machine only, pictures depend on the machine.
    #[test]
    fn a_picture_is_the_same_on_every_machine() {
        let places = [(12.0, 3.5), (20.0, -3.5), (40.0, 0.0), (90.0, 0.5)];
        assert_eq!(fnv(&picture(&places)), 14_066_693_488_252_473_396);
    }

    /// The first and the one-past-last column of the dark stretch around a column; dark is below
    /// half the asphalt's grey.
    fn dark_run(row: &[u8], column: usize) -> (usize, usize) {
        let dark = |grey: &u8| *grey < 46;
        let left = row[..column].iter().rev().take_while(|grey| dark(grey)).count();
        let right = row[column..].iter().take_while(|grey| dark(grey)).count();
        (column - left, column + right)
    }

    /// A detector that knows the calibration alone can tell range, place and width by the shadow
    /// under the vehicle.
    #[test]
    fn the_shadow_tells_where_a_vehicle_stands() {
        let model = CameraModel::default();
        let places =
            [(6.0, 0.5), (12.0, 0.0), (20.0, 3.5), (30.0, -0.8), (60.0, -3.5), (100.0, 0.0)];
        for (seed, (x_m, y_m)) in (0..).zip(places) {
            let pixels = frame(&mut renderer(&[(x_m, y_m)], seed), 0);
            let rows: Vec<_> = pixels.chunks(model.width_px as usize).collect();
            let middle = model.u(x_m, y_m) as usize;
            let bottom = rows.iter().rposition(|row| row[middle] < 46).unwrap();
            let ground = model.v(x_m, 0.0);
            assert!((bottom as f64 + 1.0 - ground).abs() <= 1.0, "{x_m} m: row {bottom}");

            let (left, right) = dark_run(rows[bottom], middle);
            let half_m = Size::CAR.width_m / 2.0;
            for (seen, edge_m) in [(left, y_m + half_m), (right, y_m - half_m)] {
                let expected = model.u(x_m, edge_m);
                assert!((seen as f64 - expected).abs() <= 2.0, "{x_m} m: {seen} for {expected}");
            }
        }
    }

    #[test]
    fn a_vehicle_in_the_next_lane_shows_its_inner_side() {
        for (y_m, side_m) in [(3.5, 3.5 - 0.925), (-3.5, -3.5 + 0.925)] {
            let model = CameraModel::default();
            let [with, without] = [&[(15.0, y_m)][..], &[]].map(picture);
            // A place on the middle of the side, 1.9 m ahead of the rear, 0.7 m high.
            let pixel = model.v(16.9, 0.7) as usize * 1920 + model.u(16.9, side_m) as usize;
            assert!(with[pixel].abs_diff(without[pixel]) > 15, "at {y_m} m");
        }
    }

    #[test]
    fn whoever_is_hidden_or_out_of_sight_changes_nothing() {
        let alone = picture(&[(12.0, 0.0)]);
        for other in [(60.0, 0.0), (-20.0, 0.0), (10.0, 30.0), (-4.5, 3.5)] {
            assert!(alone == picture(&[(12.0, 0.0), other]), "{other:?}");
        }
        assert!(alone != picture(&[(12.0, 0.0), (60.0, 3.5)]));
    }

    #[test]
    fn vehicles_anywhere_fit_every_picture() {
        for (centre_y_px, mount_height_m) in [(45.0, 1.3), (44.5, 2.6), (-20.0, 0.2)] {
            let model = CameraModel {
                width_px: 161,
                height_px: 90,
                focal_px: 164.0,
                centre_x_px: 80.0,
                centre_y_px,
                mount_height_m,
            };
            let mut pixels = vec![0; model.pixels()];
            for step in 0..200_u32 {
                let x_m = f64::from(step) * 0.25 - 6.0;
                let places = [-9.0, -0.925, 0.0, 1.5, 3.5].map(|y_m| (x_m, y_m));
                Renderer::new(model, &traffic(&places), 1).render(
                    0.0,
                    EgoState::default(),
                    0,
                    &mut pixels,
                );
            }
        }
    }

    #[test]
    #[should_panic(expected = "the buffer holds one picture")]
    fn a_buffer_of_another_size_is_refused() {
        renderer(&[], 1).render(0.0, EgoState::default(), 0, &mut [0; 100]);
    }
}
