//! A person on foot: [`Person`], limbs that swing with each step.

use std::f64::consts::TAU;

use super::body::Ink;
use super::body::Ink::{Grey, Paint};

/// Length of a double step, in body heights, and the walking speed at which legs swing in full, m/s.
const STRIDE: f64 = 0.8;
const FULL_SWING_MPS: f64 = 1.3;
/// How far feet and hands reach at the most while walking, and how far they are to the side of the
/// middle while standing, in body heights.
const LEG_SWING: f64 = 0.17;
const ARM_SWING: f64 = 0.14;
const STANCE: f64 = 0.045;
const ARMS_APART: f64 = 0.13;

/// Where hips and shoulders are, in body heights.
const HIP: f64 = 0.48;
const SHOULDER: f64 = 0.80;

/// A person at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    /// 1 seen from the front or the back, 0 from the side.
    frontal: f64,
    /// How far one foot is to the left, in body heights, and the other to the right.
    foot: f64,
    /// The same of the hands.
    hand: f64,
}

/// A part of a row of a person, in body heights left of the middle.
pub(super) struct Part {
    pub(super) middle: f64,
    pub(super) half: f64,
    pub(super) ink: Ink,
}

impl Person {
    /// A person of this height who walks `speed_mps`, of that `across_mps` to the side as the camera sees
    /// it: the steps of who comes straight on hardly show.
    pub(super) fn new(t_s: f64, height_m: f64, speed_mps: f64, across_mps: f64) -> Self {
        let sideways = if speed_mps > 0.0 { (across_mps / speed_mps).abs().min(1.0) } else { 0.0 };
        let frontal = 1.0 - sideways;
        let strides = t_s * speed_mps / (STRIDE * height_m);
        let swing = libm::sin(TAU * (strides - strides.floor()));
        let reach = swing * (speed_mps / FULL_SWING_MPS).min(1.0) * sideways;
        Self {
            frontal,
            foot: LEG_SWING * reach + STANCE * frontal,
            hand: -ARM_SWING * reach + ARMS_APART * frontal,
        }
    }

    /// What of them is at this height, in body heights; later parts cover earlier ones.
    pub(super) fn parts(&self, z: f64) -> impl Iterator<Item = Part> {
        let part = |from: f64, to: f64, middle: f64, half: f64, ink: Ink| {
            (from <= z && z < to).then_some(Part { middle, half, ink })
        };
        // How far down a leg and an arm this is, and half the width of what is there.
        let leg = 1.0 - z / HIP;
        let thigh = 0.055 - 0.027 * leg;
        let arm = (SHOULDER - z) / (SHOULDER - HIP);
        let torso = (0.085 + 0.04 * self.frontal) - (0.015 + 0.02 * self.frontal) * arm;
        let head = round(z, 0.93, 0.07) * 0.055;
        let apart = STANCE * self.frontal;
        let (left, right) =
            (self.foot * leg + apart * (1.0 - leg), -self.foot * leg - apart * (1.0 - leg));
        let hand =
            |side: f64| side * (0.08 * self.frontal + (self.hand - 0.08 * self.frontal) * arm);
        [
            part(0.0, 0.025, 0.0, 0.17, Grey(34)), // shadow
            part(HIP - 0.06, SHOULDER, hand(-1.0), 0.03, Paint(62)), // far arm
            part(0.0, HIP, right, thigh, Grey(38)), // far leg
            part(0.0, HIP, left, thigh, Grey(48)),
            part(0.0, 0.03, left, 0.055, Grey(24)), // shoes
            part(0.0, 0.03, right, 0.055, Grey(24)),
            part(HIP - 0.06, SHOULDER, 0.0, torso, Paint(84)),
            part(SHOULDER, SHOULDER + 0.04, 0.0, torso * round(z, SHOULDER, 0.04), Paint(84)),
            part(HIP - 0.06, SHOULDER - 0.02, hand(1.0), 0.03, Paint(72)), // near arm
            part(SHOULDER + 0.03, 0.88, 0.0, 0.03, Grey(118)),             // neck
            part(0.86, 1.0, 0.0, head, Grey(134)),
            part(0.955, 1.0, 0.0, head, Grey(46)), // hair
        ]
        .into_iter()
        .flatten()
    }
}

/// Half the width at z of a circle around `middle`, of its largest.
fn round(z: f64, middle: f64, radius: f64) -> f64 {
    let off = (z - middle) / radius;
    (1.0 - off * off).max(0.0).sqrt()
}
