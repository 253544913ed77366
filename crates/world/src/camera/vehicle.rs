//! One vehicle in the picture: [`Vehicle`], a box in perspective, its rear and one side painted
//! panel by panel.

use std::ops::Range;

use Ink::{Grey, Paint};

use super::{CameraModel, fill};
use crate::motion::Object;

/// Depth in front of the camera at which everything is cut off, m. A vehicle that has come closer
/// is painted at this depth.
const NEAR_M: f64 = 0.5;

/// Vehicles above this height are painted as vans and lorries, without a rear window, m.
const TALL_M: f64 = 2.2;

pub(super) struct Vehicle {
    /// The rows it may touch.
    pub(super) rows: Range<usize>,
    rear_m: f64,
    length_m: f64,
    y_m: f64,
    /// One over its height, 1/m.
    per_height: f64,
    /// The rear face in the picture: u of its middle, half its width.
    middle_px: f64,
    half_width_px: f64,
    /// Where the side that can be seen is, m to the left of the middle.
    side_half_m: Option<f64>,
    paint: u8,
    body: &'static Body,
}

/// What a vehicle looks like. Later panels cover earlier ones.
struct Body {
    rear: &'static [RearPanel],
    side: &'static [SidePanel],
}

/// A panel of the rear face, mirrored to both sides.
struct RearPanel {
    /// Bottom and top in vehicle heights.
    z: (f64, f64),
    /// Where it begins, in half widths off the middle.
    inner: f64,
    outer: Outer,
    ink: Ink,
}

/// A panel of the side face.
struct SidePanel {
    /// Bottom and top in vehicle heights.
    z: (f64, f64),
    /// Rear and front end in vehicle lengths.
    x: (f64, f64),
    outer: Outer,
    ink: Ink,
}

/// How far off the vehicle's middle a panel is or ends, in half widths: a straight line over z.
struct Outer {
    at_zero: f64,
    per_z: f64,
}

impl Outer {
    /// From the first of `values` at the lower z to the second at the upper.
    const fn new(z: (f64, f64), values: (f64, f64)) -> Self {
        let per_z = (values.1 - values.0) / (z.1 - z.0);
        Self { at_zero: values.0 - per_z * z.0, per_z }
    }

    fn at(&self, z: f64) -> f64 {
        self.at_zero + self.per_z * z
    }
}

/// A brightness.
enum Ink {
    /// In percent of the vehicle's paint.
    Paint(u16),
    Grey(u8),
}

impl Ink {
    fn grey(&self, paint: u8) -> u8 {
        match self {
            Paint(percent) => (u16::from(paint) * percent / 100).min(230) as u8,
            Grey(grey) => *grey,
        }
    }
}

const fn rear(z: (f64, f64), inner: f64, outer: (f64, f64), ink: Ink) -> RearPanel {
    RearPanel { z, inner, outer: Outer::new(z, outer), ink }
}

const fn side(z: (f64, f64), x: (f64, f64), outer: (f64, f64), ink: Ink) -> SidePanel {
    SidePanel { z, x, outer: Outer::new(z, outer), ink }
}

static CAR: Body = Body {
    rear: &[
        rear((0.00, 0.20), 0.00, (1.00, 1.00), Grey(29)), // shadow below the floor
        rear((0.00, 0.22), 0.70, (0.97, 0.97), Grey(19)), // tyres
        rear((0.16, 0.26), 0.00, (1.00, 1.00), Grey(42)), // apron
        rear((0.25, 0.42), 0.00, (1.00, 1.00), Paint(86)), // bumper
        rear((0.42, 0.66), 0.00, (1.00, 1.00), Paint(100)), // boot
        rear((0.66, 0.96), 0.00, (0.96, 0.78), Paint(90)), // pillars
        rear((0.96, 1.00), 0.00, (0.78, 0.70), Paint(112)), // roof edge
        rear((0.69, 0.92), 0.00, (0.84, 0.70), Grey(46)), // window
        rear((0.66, 0.68), 0.00, (0.96, 0.95), Paint(112)), // edge of the boot
        rear((0.41, 0.43), 0.00, (1.00, 1.00), Paint(60)), // seam
        rear((0.48, 0.60), 0.66, (0.98, 0.98), Grey(122)), // tail lights
        rear((0.52, 0.56), 0.72, (0.95, 0.95), Grey(176)),
        rear((0.30, 0.37), 0.00, (0.28, 0.28), Grey(182)), // number plate
    ],
    side: &[
        side((0.60, 0.96), (0.00, 0.70), (0.96, 0.78), Paint(62)), // cabin
        side((0.69, 0.92), (0.08, 0.34), (0.95, 0.80), Grey(40)),  // windows
        side((0.69, 0.92), (0.37, 0.64), (0.95, 0.80), Grey(40)),
        side((0.00, 0.20), (0.00, 1.00), (1.00, 1.00), Grey(27)), // shadow below the floor
        side((0.18, 0.66), (0.00, 1.00), (1.00, 1.00), Paint(70)), // body
        side((0.00, 0.40), (0.12, 0.25), (1.00, 1.00), Grey(21)), // wheels
        side((0.00, 0.40), (0.75, 0.88), (1.00, 1.00), Grey(21)),
    ],
};

static TALL: Body = Body {
    rear: &[
        rear((0.00, 0.14), 0.00, (1.00, 1.00), Grey(28)), // shadow below the floor
        rear((0.00, 0.14), 0.62, (0.96, 0.96), Grey(18)), // tyres
        rear((0.12, 0.16), 0.00, (1.00, 1.00), Grey(58)), // underrun guard
        rear((0.16, 1.00), 0.00, (1.00, 1.00), Paint(94)),
        rear((0.18, 0.97), 0.00, (0.01, 0.01), Paint(60)), // gap of the doors
        rear((0.97, 1.00), 0.00, (1.00, 1.00), Paint(110)), // roof edge
        rear((0.17, 0.22), 0.72, (0.96, 0.96), Grey(128)), // tail lights
    ],
    side: &[
        side((0.00, 0.16), (0.00, 1.00), (1.00, 1.00), Grey(28)), // shadow below the floor
        side((0.14, 1.00), (0.00, 1.00), (1.00, 1.00), Paint(68)),
        side((0.00, 0.22), (0.12, 0.27), (1.00, 1.00), Grey(20)), // wheels
        side((0.00, 0.22), (0.80, 0.90), (1.00, 1.00), Grey(20)),
    ],
};

impl Vehicle {
    /// `None` where all of it is behind the camera or beyond the edges of the picture.
    pub(super) fn new(model: &CameraModel, object: &Object, paint: u8) -> Option<Self> {
        let front_m = object.x_m + object.size.length_m;
        if front_m <= NEAR_M {
            return None;
        }
        let rear_m = object.x_m.max(NEAR_M);
        let height_m = object.size.height_m;
        let half_width_m = object.size.width_m / 2.0;
        let (right_m, left_m) = (object.y_m - half_width_m, object.y_m + half_width_m);

        // The outline is widest and highest at the rear, or else at the front.
        let leftmost_px = model.u(rear_m, left_m).min(model.u(front_m, left_m));
        let rightmost_px = model.u(rear_m, right_m).max(model.u(front_m, right_m));
        if rightmost_px <= 0.0 || leftmost_px >= f64::from(model.width_px) {
            return None;
        }
        let top_px = model.v(rear_m, height_m).min(model.v(front_m, height_m));
        let side_half_m = if right_m > 0.0 {
            Some(-half_width_m)
        } else if left_m < 0.0 {
            Some(half_width_m)
        } else {
            None
        };
        Some(Self {
            rows: top_px as usize..model.v(rear_m, 0.0) as usize + 1,
            rear_m,
            length_m: front_m - rear_m,
            y_m: object.y_m,
            per_height: height_m.recip(),
            middle_px: model.u(rear_m, object.y_m),
            half_width_px: model.focal_px * half_width_m / rear_m,
            side_half_m,
            paint,
            body: if height_m > TALL_M { &TALL } else { &CAR },
        })
    }

    /// Paints what a row shows of it: along the rays of a row z falls evenly with x.
    pub(super) fn paint(&self, model: &CameraModel, index: usize, row: &mut [u8]) {
        let ray = Ray {
            z_at_camera: model.mount_height_m * self.per_height,
            z_per_m: -model.descent(index) * self.per_height,
        };
        if let Some(side_half_m) = self.side_half_m {
            self.paint_side(model, side_half_m, &ray, row);
        }
        self.paint_rear(ray.z(self.rear_m), row);
    }

    fn paint_rear(&self, z: f64, row: &mut [u8]) {
        for panel in self.body.rear.iter().filter(|panel| panel.z.0 <= z && z < panel.z.1) {
            let outer_px = self.half_width_px * panel.outer.at(z);
            let inner_px = self.half_width_px * panel.inner;
            let grey = panel.ink.grey(self.paint);
            if inner_px > 0.0 {
                fill(row, self.middle_px - outer_px, self.middle_px - inner_px, grey);
                fill(row, self.middle_px + inner_px, self.middle_px + outer_px, grey);
            } else {
                fill(row, self.middle_px - outer_px, self.middle_px + outer_px, grey);
            }
        }
    }

    fn paint_side(&self, model: &CameraModel, half_m: f64, ray: &Ray, row: &mut [u8]) {
        let m_per_z = ray.m_per_z();
        for panel in self.body.side {
            let [bottom_m, top_m] = [panel.z.0, panel.z.1].map(|z| (z - ray.z_at_camera) * m_per_z);
            let from_m = bottom_m.min(top_m).max(self.rear_m + panel.x.0 * self.length_m);
            let to_m = bottom_m.max(top_m).min(self.rear_m + panel.x.1 * self.length_m);
            if from_m < to_m {
                let [a_px, b_px] = [from_m, to_m]
                    .map(|x_m| model.u(x_m, self.y_m + half_m * panel.outer.at(ray.z(x_m))));
                fill(row, a_px.min(b_px), a_px.max(b_px), panel.ink.grey(self.paint));
            }
        }
    }
}

/// The plane of rays that make a row; z in vehicle heights.
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
