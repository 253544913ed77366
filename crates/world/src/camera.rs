//! What the camera sees: [`Renderer`] makes 8-bit grey pictures of the road.
//!
//! Each row is composed in the cache (sky or ground, then who is on the road from far to near, then
//! rain), passes the lens (vignetting, stray light, dirt), gets the imager's noise and is written
//! once. Geometry and shading are additions, multiplications, divisions, roots and `libm`
//! functions, pixels are whole numbers: the same bits on every platform.

mod ahead;
mod body;
mod glow;
mod kernels;
mod lens;
mod light;
mod noise;
mod person;
mod rain;
mod row;
mod scenery;
mod shade;
mod sighting;

use serde::{Deserialize, Serialize};

use crate::motion::{Motion, Object};
use crate::plant::EgoState;
use crate::random::{Draws, Purpose};
use crate::traffic::Traffic;
use glow::Glow;
use lens::Lens;
use noise::Noise;
use rain::Rain;
use row::Ellipse;
use scenery::Scenery;
use shade::Lighting;
use sighting::{Gait, Sighting};

pub use noise::{NOISE_SIGMA_GREY, noise_sigma_grey};

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
    lighting: Lighting,
    scenery: Scenery,
    /// Of a low sun.
    sun: Option<Glow>,
    rain: Rain,
    lens: Lens,
    noise: Noise,
    /// Brightness of each actor's paint, and whether it set out towards the ego.
    paints: Vec<u8>,
    come_nearer: Vec<bool>,
    /// Scratch with room for all actors: everyone and their gait, and those in view, far to near.
    objects: Vec<(Object, Gait)>,
    sightings: Vec<Sighting>,
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

/// Brake lights burn for who has lost this much speed, m/s, in this time, s: above 0.7 m/s².
const BRAKES_BY_MPS: f64 = 0.07;
const BRAKES_IN_S: f64 = 0.1;

/// Radius of the glare of a low sun around its disc, px of a picture 1920 wide, and its grey levels.
const SUN_GLOW_PX: f64 = 110.0;
const SUN_GLOW_GREY: i32 = 255;

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
        let lighting = Lighting::new(&traffic.weather);
        Self {
            model,
            motion: Motion::new(traffic),
            seed,
            scenery: Scenery::new(model, traffic, &mut draws),
            sun: lighting.is_low_sun.then(|| sun(&model)),
            rain: Rain::new(traffic.weather.rain_mmph, lighting.tones.streak),
            lens: Lens::new(&model, &traffic.weather, seed),
            noise: Noise::new(model.width_px as usize, lighting.tones.gain, seed),
            lighting,
            paints: (0..actors).map(|actor| PAINTS[(first_paint + actor) % PAINTS.len()]).collect(),
            come_nearer: traffic.actors.iter().map(|actor| actor.start.speed_mps < 0.0).collect(),
            objects: Vec::with_capacity(actors),
            sightings: Vec::with_capacity(actors),
            row: vec![0; model.width_px as usize],
        }
    }

    /// Writes the picture at time `t_s`, when the ego is in this state, row by row from the top, every
    /// byte of it. `frame` picks noise and rain. The picture depends on the arguments and on those of
    /// [`new`](Self::new) alone.
    ///
    /// # Panics
    /// Where `pixels` is not as long as [`CameraModel::pixels`].
    pub fn render(&mut self, t_s: f64, ego: EgoState, frame: u64, pixels: &mut [u8]) {
        assert_eq!(pixels.len(), self.model.pixels(), "the buffer holds one picture");
        self.place_actors(t_s, ego);
        self.scenery.advance(self.motion.road(), ego);
        self.rain.fall(&self.model, self.seed, frame);
        let mut noise = self.noise.frame(self.seed, frame);
        for (index, out) in pixels.chunks_exact_mut(self.row.len()).enumerate() {
            self.scenery.paint(index, &mut self.row);
            if let Some(sun) = &self.sun {
                sun.shine(self.lighting.kernels, index, &mut self.row);
            }
            for sighting in self.sightings.iter().filter(|seen| seen.rows.contains(&index)) {
                sighting.paint(&self.model, &self.lighting, index, &mut self.row);
            }
            self.rain.paint(index, &mut self.row);
            noise.expose(&self.row, self.lens.row(index), out);
        }
    }

    fn place_actors(&mut self, t_s: f64, ego: EgoState) {
        let yaw_rate_radps = self.motion.yaw_rate_radps(ego);
        let over_ground = |object: &Object| {
            let x_mps = object.vx_mps + ego.speed_mps - yaw_rate_radps * object.y_m;
            (x_mps, object.vy_mps + yaw_rate_radps * object.x_m)
        };
        let speed_mps = |object: &Object| {
            let (x_mps, y_mps) = over_ground(object);
            (x_mps * x_mps + y_mps * y_mps).sqrt()
        };
        let before = self.motion.at(t_s - BRAKES_IN_S, ego);
        let gait = |object: &Object, before: &Object| Gait {
            comes_nearer: self.come_nearer[object.actor],
            brakes: speed_mps(before) - speed_mps(object) > BRAKES_BY_MPS,
            speed_mps: speed_mps(object),
            across_mps: over_ground(object).1,
        };
        self.objects.clear();
        let pairs = self.motion.at(t_s, ego).zip(before);
        self.objects.extend(pairs.map(|(object, before)| (object, gait(&object, &before))));
        self.objects.sort_unstable_by(|(a, _), (b, _)| {
            b.x_m.total_cmp(&a.x_m).then_with(|| a.actor.cmp(&b.actor))
        });
        self.sightings.clear();
        let seen = |(object, gait): &(Object, Gait)| {
            let looks = (self.paints[object.actor], *gait, t_s);
            Sighting::new(&self.model, &self.lighting, object, looks)
        };
        self.sightings.extend(self.objects.iter().filter_map(seen));
    }
}

/// The glare around the disc of a low sun.
fn sun(model: &CameraModel) -> Glow {
    let radius_px = SUN_GLOW_PX * f64::from(model.width_px) / 1920.0;
    let ellipse = Ellipse { middle_px: Lens::sun(model), half_px: (radius_px, radius_px) };
    Glow { ellipse, grey: SUN_GLOW_GREY }
}

#[cfg(test)]
mod tests;
