//! A person on foot: [`Person`], limbs that swing with each step.

use std::f64::consts::TAU;

use super::body::Ink;
use super::body::Ink::{Grey, Paint};

/// Length of a double step, in body heights, and the walking speed at which legs swing in full, m/s.
const STRIDE: f64 = 0.8;
const FULL_SWING_MPS: f64 = 1.3;
/// How far apart the feet are at the most while walking, and standing, in body heights.
const SWING: f64 = 0.15;
const STANCE: f64 = 0.05;

/// Where hips and shoulders are, in body heights.
const HIP: f64 = 0.48;
const SHOULDER: f64 = 0.82;

/// A person at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    /// Left foot off the middle, in body heights; the right one is as far on the other side.
    foot: f64,
    /// Left hand, against the leg of its side.
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
    /// it: who comes straight on hardly swings.
    pub(super) fn new(t_s: f64, height_m: f64, speed_mps: f64, across_mps: f64) -> Self {
        let sideways = if speed_mps > 0.0 { (across_mps / speed_mps).abs().min(1.0) } else { 0.0 };
        let strides = t_s * speed_mps / (STRIDE * height_m);
        let swing = libm::sin(TAU * (strides - strides.floor()));
        let reach = (speed_mps / FULL_SWING_MPS).min(1.0) * sideways;
        // The feet stand side by side, seen from the front; in line, seen from the side.
        let foot = SWING * reach * swing + STANCE * (1.0 - sideways);
        Self { foot, hand: -0.8 * SWING * reach * swing + 0.12 * (1.0 - sideways) }
    }

    /// What of them is at this height, in body heights; later parts cover earlier ones.
    pub(super) fn parts(&self, z: f64) -> impl Iterator<Item = Part> {
        let leg = 1.0 - z / HIP;
        let arm = (SHOULDER - z) / (SHOULDER - HIP);
        let part = |from: f64, to: f64, middle: f64, half: f64, ink: Ink| {
            (from <= z && z < to).then_some(Part { middle, half, ink })
        };
        let around_head = (z - 0.93) / 0.07;
        [
            part(0.0, 0.025, 0.0, 0.17, Grey(34)), // shadow
            part(0.0, HIP, -self.foot * leg, 0.045, Grey(40)),
            part(0.0, HIP, self.foot * leg, 0.045, Grey(48)),
            part(0.0, 0.03, self.foot, 0.06, Grey(24)), // shoes
            part(0.0, 0.03, -self.foot, 0.06, Grey(24)),
            part(HIP, SHOULDER, -self.hand * arm, 0.035, Paint(66)),
            part(HIP - 0.04, SHOULDER + 0.02, 0.0, 0.115 - 0.03 * arm, Paint(84)),
            part(HIP, SHOULDER, self.hand * arm, 0.035, Paint(74)),
            part(SHOULDER, 0.87, 0.0, 0.035, Grey(128)), // neck
            part(
                0.86,
                1.0,
                0.0,
                0.06 * (1.0 - around_head * around_head).max(0.0).sqrt(),
                Grey(134),
            ),
            part(
                0.95,
                1.0,
                0.0,
                0.05 * (1.0 - around_head * around_head).max(0.0).sqrt(),
                Grey(46),
            ),
        ]
        .into_iter()
        .flatten()
    }
}
