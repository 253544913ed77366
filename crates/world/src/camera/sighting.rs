//! One thing on the road in the picture: [`Sighting`], a box in perspective, its near face and one
//! side painted panel by panel, with its shadow, its mirror image and its lights.

use std::ops::Range;

use super::CameraModel;
use super::body::{Body, Ink, body};
use super::glow::Glow;
use super::lens::{SUN_AZIMUTH, SUN_ELEVATION};
use super::person::Person;
use super::row::{Ellipse, MAX_HALF_PX, columns, fill, mix, of_256};
use super::shade::{Lighting, Shade};
use crate::motion::Object;
use crate::traffic::Kind;

/// Depth in front of the camera at which everything is cut off, m. What has come closer is painted
/// at this depth.
const NEAR_M: f64 = 0.5;

/// What a low sun leaves of the light in a shadow, and the longest shadow, m: farther off its
/// penumbra has eaten it.
const SUN_SHADOW_GREY_SHARE: f64 = 0.45;
const SUN_SHADOW_MAX_M: f64 = 12.0;

/// Share of a thing that a wet road mirrors at its foot.
const MIRROR_SHARE: f64 = 0.3;

/// Glow of lamps at night: radius, m and at least px, and grey levels.
const TAIL_GLOW: (f64, f64, i32) = (0.26, 5.0, 90);
const BRAKE_GLOW: (f64, f64, i32) = (0.42, 7.0, 150);
const HEAD_GLOW: (f64, f64, i32) = (0.85, 14.0, 230);

/// How something moves, as far as the picture shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gait {
    /// Came towards the ego when it started.
    pub(super) comes_nearer: bool,
    pub(super) brakes: bool,
    /// Ground speed, m/s, and the part of it across the view.
    pub(super) speed_mps: f64,
    pub(super) across_mps: f64,
}

pub(super) struct Sighting {
    /// The rows it may touch.
    pub(super) rows: Range<usize>,
    /// The row in which it stands, and its height in rows.
    foot_px: f64,
    height_px: f64,
    near_m: f64,
    length_m: f64,
    height_m: f64,
    y_m: f64,
    /// How far it leads to the left per metre of depth.
    slant: f64,
    /// The near face in the picture: u of its middle, half its width.
    middle_px: f64,
    half_width_px: f64,
    half_width_m: f64,
    /// Where the side that can be seen is, m to the left of the middle.
    side_half_m: Option<f64>,
    shade: Shade,
    looks: Looks,
    comes_nearer: bool,
    /// Depth at which the shadow of a low sun ends.
    shadow_to_m: f64,
    glows: [Option<Glow>; 4],
}

#[derive(Clone, Copy)]
enum Looks {
    Body(&'static Body),
    Person(Person),
}

impl Sighting {
    /// `None` where all of it is behind the camera or beyond the edges of the picture.
    pub(super) fn new(
        model: &CameraModel,
        light: &Lighting,
        object: &Object,
        (paint, gait, t_s): (u8, Gait, f64),
    ) -> Option<Self> {
        let (sin, cos) = libm::sincos(object.heading_rad);
        let depth_m = object.size.length_m * cos.max(0.2);
        let far_m = object.x_m + depth_m;
        if far_m <= NEAR_M {
            return None;
        }
        let near_m = object.x_m.max(NEAR_M);
        let slant = sin / cos.max(0.2);
        let height_m = object.size.height_m;
        let half_width_m = object.size.width_m / 2.0;
        let (right_m, left_m) = (object.y_m - half_width_m, object.y_m + half_width_m);
        let lead_m = slant * (far_m - near_m);

        // The outline is widest and highest at the near face, or else at the far one.
        let leftmost_px = model.u(near_m, left_m).min(model.u(far_m, left_m + lead_m));
        let rightmost_px = model.u(near_m, right_m).max(model.u(far_m, right_m + lead_m));
        if rightmost_px <= 0.0 || leftmost_px >= f64::from(model.width_px) {
            return None;
        }
        let top_px = model.v(near_m, height_m).min(model.v(far_m, height_m));
        let foot_px = model.v(near_m, 0.0);
        let height_px = foot_px - model.v(near_m, height_m);
        // Which side faces the camera: where the camera is, seen along the thing.
        let off_m = object.y_m - slant * object.x_m;
        let side_half_m = if off_m - half_width_m > 0.0 {
            Some(-half_width_m)
        } else if off_m + half_width_m < 0.0 {
            Some(half_width_m)
        } else {
            None
        };
        let looks = match object.kind {
            Kind::Pedestrian => {
                Looks::Person(Person::new(t_s, height_m, gait.speed_mps, gait.across_mps))
            }
            kind => Looks::Body(body(kind, gait.comes_nearer)),
        };
        let mut sighting = Self {
            rows: top_px as usize..foot_px as usize + 1,
            foot_px,
            height_px,
            near_m,
            length_m: far_m - near_m,
            height_m,
            y_m: object.y_m,
            slant,
            middle_px: model.u(near_m, object.y_m),
            half_width_px: model.focal_px * half_width_m / near_m,
            half_width_m,
            side_half_m,
            shade: Shade::new(light, paint, near_m, object.y_m / near_m, gait.brakes),
            looks,
            comes_nearer: gait.comes_nearer,
            shadow_to_m: near_m,
            glows: [None; 4],
        };
        sighting.add_light(model, light);
        Some(sighting)
    }

    /// Shadow, mirror image and glow, which reach beyond the box.
    fn add_light(&mut self, model: &CameraModel, light: &Lighting) {
        if light.is_low_sun {
            let length_m = (self.height_m / SUN_ELEVATION).min(SUN_SHADOW_MAX_M);
            self.shadow_to_m = (self.near_m - length_m).max(NEAR_M);
            self.reach(model.v(self.shadow_to_m, 0.0));
        }
        if light.wet > 0.0 {
            self.reach(self.foot_px + self.height_px);
        }
        let Looks::Body(Body { lamps: Some((z, off)), .. }) = self.looks else { return };
        if !light.is_night {
            return;
        }
        let (radius_m, least_px, grey) = match (self.comes_nearer, self.shade.brakes) {
            (true, _) => HEAD_GLOW,
            (false, true) => BRAKE_GLOW,
            (false, false) => TAIL_GLOW,
        };
        let radius_px = (model.focal_px * radius_m / self.near_m).clamp(least_px, MAX_HALF_PX);
        let grey = (f64::from(grey) * self.shade.passes) as i32;
        let places = if *off > 0.0 { [Some(-off), Some(*off)] } else { [Some(0.0), None] };
        for (index, place) in places.into_iter().enumerate() {
            let Some(place) = place else { continue };
            let u_px = self.middle_px + place * self.half_width_px;
            let lamp = Ellipse {
                middle_px: (u_px, self.foot_px - z * self.height_px),
                half_px: (radius_px, radius_px),
            };
            self.glows[index] = Some(Glow { ellipse: lamp, grey });
            let mirrored = Ellipse {
                middle_px: (u_px, self.foot_px + z * self.height_px),
                half_px: (radius_px, 4.0 * radius_px),
            };
            let grey = (f64::from(grey) * 0.5 * light.wet) as i32;
            self.glows[2 + index] = (grey > 0).then_some(Glow { ellipse: mirrored, grey });
        }
        for glow in self.glows.into_iter().flatten() {
            let rows = glow.ellipse.rows();
            self.rows = self.rows.start.min(rows.start)..self.rows.end.max(rows.end);
        }
    }

    fn reach(&mut self, v_px: f64) {
        self.rows.end = self.rows.end.max(v_px as usize + 1);
    }

    /// Paints what a row shows of it: along the rays of a row z falls evenly with x.
    pub(super) fn paint(
        &self,
        model: &CameraModel,
        light: &Lighting,
        index: usize,
        row: &mut [u8],
    ) {
        let ray = Ray {
            z_at_camera: model.mount_height_m / self.height_m,
            z_per_m: -model.descent(index) / self.height_m,
        };
        let z = ray.z(self.near_m);
        if z < 0.0 {
            self.paint_ground(model, light, index, row);
        }
        match &self.looks {
            Looks::Body(body) => {
                if let Some(side_half_m) = self.side_half_m {
                    self.paint_side(model, light, (body, side_half_m), &ray, row);
                }
                self.paint_face(light, body, z, row);
            }
            Looks::Person(person) => self.paint_person(light, person, z, row),
        }
        // The last two are mirror images, in the road alone.
        let shown = if z < 0.0 { &self.glows[..] } else { &self.glows[..2] };
        for glow in shown.iter().flatten() {
            glow.shine(light.kernels, index, row);
        }
    }

    /// On the road before it: the shadow of a low sun, and what a wet road mirrors.
    fn paint_ground(&self, model: &CameraModel, light: &Lighting, index: usize, row: &mut [u8]) {
        let middle_px = index as f64 + 0.5;
        let depth_m = model.mount_height_m / model.descent(index);
        if depth_m > self.shadow_to_m {
            // Away from the sun.
            let middle_m = self.y_m + SUN_AZIMUTH * (self.near_m - depth_m);
            let [from_px, to_px] =
                [1.0, -1.0].map(|end| model.u(depth_m, middle_m + end * self.half_width_m));
            let dark =
                light.air.fade(light.tones.asphalt * SUN_SHADOW_GREY_SHARE, self.shade.passes);
            let columns = columns(row.len(), from_px, to_px);
            mix(&mut row[columns], dark as u8, 200);
        }
        let below = (middle_px - self.foot_px) / self.height_px;
        if light.wet > 0.0 && below < 1.0 {
            let share = of_256(MIRROR_SHARE * light.wet * (1.0 - below));
            let grey =
                self.shade.grey(light, Ink::Paint(60), light.tones.face, self.height_m * below);
            let (from_px, to_px) =
                (self.middle_px - self.half_width_px, self.middle_px + self.half_width_px);
            let columns = columns(row.len(), from_px, to_px);
            mix(&mut row[columns], grey, share);
        }
    }

    fn paint_face(&self, light: &Lighting, body: &Body, z: f64, row: &mut [u8]) {
        for panel in body.face.iter().filter(|panel| panel.z.0 <= z && z < panel.z.1) {
            let outer_px = self.half_width_px * panel.outer.at(z);
            let inner_px = self.half_width_px * panel.inner;
            let grey = self.shade.grey(light, panel.ink, light.tones.face, z * self.height_m);
            if inner_px > 0.0 {
                fill(row, self.middle_px - outer_px, self.middle_px - inner_px, grey);
                fill(row, self.middle_px + inner_px, self.middle_px + outer_px, grey);
            } else {
                fill(row, self.middle_px - outer_px, self.middle_px + outer_px, grey);
            }
        }
    }

    fn paint_person(&self, light: &Lighting, person: &Person, z: f64, row: &mut [u8]) {
        for part in person.parts(z) {
            let middle_px = self.middle_px - part.middle * self.height_px;
            let half_px = part.half * self.height_px;
            let grey = self.shade.grey(light, part.ink, light.tones.face, z * self.height_m);
            fill(row, middle_px - half_px, middle_px + half_px, grey);
        }
    }

    fn paint_side(
        &self,
        model: &CameraModel,
        light: &Lighting,
        (body, half_m): (&Body, f64),
        ray: &Ray,
        row: &mut [u8],
    ) {
        let m_per_z = ray.m_per_z();
        for panel in body.side {
            // Lengths count from the rear, which is the far end of who comes nearer.
            let (rear, front) =
                if self.comes_nearer { (1.0 - panel.x.1, 1.0 - panel.x.0) } else { panel.x };
            let [bottom_m, top_m] = [panel.z.0, panel.z.1].map(|z| (z - ray.z_at_camera) * m_per_z);
            let from_m = bottom_m.min(top_m).max(self.near_m + rear * self.length_m);
            let to_m = bottom_m.max(top_m).min(self.near_m + front * self.length_m);
            if from_m < to_m {
                let u = |x_m: f64| {
                    let off_m = half_m * panel.outer.at(ray.z(x_m));
                    model.u(x_m, self.y_m + self.slant * (x_m - self.near_m) + off_m)
                };
                let (a_px, b_px) = (u(from_m), u(to_m));
                let z_m = ray.z(from_m) * self.height_m;
                let grey = self.shade.grey(light, panel.ink, light.tones.side, z_m);
                fill(row, a_px.min(b_px), a_px.max(b_px), grey);
            }
        }
    }
}

/// The plane of rays that make a row; z in heights of the thing.
struct Ray {
    z_at_camera: f64,
    z_per_m: f64,
}

impl Ray {
    fn z(&self, x_m: f64) -> f64 {
        self.z_at_camera + self.z_per_m * x_m
    }

    /// How far it goes while z grows by one; very far, not infinitely, where it is level.
    fn m_per_z(&self) -> f64 {
        self.z_per_m.abs().max(f64::MIN_POSITIVE).copysign(self.z_per_m).recip()
    }
}
