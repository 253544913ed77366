//! Which points of an actor reflect, and how strongly: [`echoes`], and what stands in their way:
//! [`Shadow`].
//!
//! Scattering centres as in Schuler, Becker, Wiesbeck, "Extraction of Virtual Scattering Centers of
//! Vehicles by Ray-Tracing Simulations", IEEE Trans. Antennas Propag. 56 (2008): the rear, its
//! corners, and the wheel arches; the strengths among them are ours.

use super::Echo;
use crate::motion::Object;
use crate::plant::EgoState;
use crate::random::Draws;
use crate::traffic::Kind;

/// A point that reflects.
struct Centre {
    /// Place behind the nearest face, in lengths.
    behind: f64,
    /// Place left of the middle, in half widths.
    left: f64,
    /// Strength against the middle of the nearest face, dB.
    against_middle_db: f64,
    part: Part,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// Seen from wherever the nearest face is.
    Face,
    /// Seen as far as its side is turned to the sensor.
    Side,
    /// Arms and legs, which swing.
    Limb,
}

const fn centre(behind: f64, left: f64, against_middle_db: f64, part: Part) -> Centre {
    Centre { behind, left, against_middle_db, part }
}

/// A car or a van: rear, its corners; the wheel arches of the side; the front axle, by the way below.
const CAR: &[Centre] = &[
    centre(0.0, 0.0, 0.0, Part::Face),
    centre(0.0, 0.85, -6.0, Part::Face),
    centre(0.0, -0.85, -6.0, Part::Face),
    centre(0.2, 0.95, 0.0, Part::Side),
    centre(0.2, -0.95, 0.0, Part::Side),
    centre(0.8, 0.95, -3.0, Part::Side),
    centre(0.8, -0.95, -3.0, Part::Side),
    centre(0.75, 0.0, -20.0, Part::Face),
];

/// A lorry: rear, its corners, the underride guard's ends; axles along the side; the axles below.
const LORRY: &[Centre] = &[
    centre(0.0, 0.0, 0.0, Part::Face),
    centre(0.0, 0.9, -6.0, Part::Face),
    centre(0.0, -0.9, -6.0, Part::Face),
    centre(0.0, 0.45, -8.0, Part::Face),
    centre(0.0, -0.45, -8.0, Part::Face),
    centre(0.15, 0.95, 0.0, Part::Side),
    centre(0.15, -0.95, 0.0, Part::Side),
    centre(0.5, 0.95, -3.0, Part::Side),
    centre(0.5, -0.95, -3.0, Part::Side),
    centre(0.9, 0.95, -3.0, Part::Side),
    centre(0.9, -0.95, -3.0, Part::Side),
    centre(0.2, 0.0, -15.0, Part::Face),
    centre(0.85, 0.0, -25.0, Part::Face),
];

/// A motorcycle: rear wheel with plate and rider; the front wheel from the side.
const MOTORCYCLE: &[Centre] = &[
    centre(0.0, 0.0, 0.0, Part::Face),
    centre(0.8, 0.5, -3.0, Part::Side),
    centre(0.8, -0.5, -3.0, Part::Side),
];

/// A person: trunk and limbs.
const PEDESTRIAN: &[Centre] =
    &[centre(0.0, 0.0, 0.0, Part::Face), centre(0.4, 0.0, -6.0, Part::Limb)];

/// A thing with a flat face.
const OBSTACLE: &[Centre] = &[
    centre(0.0, 0.0, 0.0, Part::Face),
    centre(0.0, 0.85, -6.0, Part::Face),
    centre(0.0, -0.85, -6.0, Part::Face),
];

/// Standard deviation of the radial speed of limbs and trunk, in walking speeds: a foot goes between
/// nothing and more than twice the speed of the trunk, which sways (Chen, The Micro-Doppler Effect
/// in Radar, 2011, chapter 4).
const LIMB_SWING: f64 = 0.6;
/// See [`LIMB_SWING`].
const TRUNK_SWAY: f64 = 0.1;

/// A side that is turned to the sensor by less than this, as a sine, is not seen.
const MIN_SIDE_EXPOSURE: f64 = 0.02;

/// Cross-section of the middle of the nearest face, dB m².
///
/// Pedestrian: −8 dB m² in the mean at 76 GHz, the rear of a car 15 to 20 dB more (Yamada, Tanaka,
/// Nishikawa, "Radar Cross Section for Pedestrian in 76 GHz Band", European Microwave
/// Conference 2005). Lorry 20 dB m² is the
/// figure in common use at 77 GHz; van, motorcycle and obstacle lie between by their size.
pub(super) fn rcs_dbsm(kind: Kind) -> f64 {
    match kind {
        Kind::Car => 10.0,
        Kind::Van => 13.0,
        Kind::Lorry => 20.0,
        Kind::Motorcycle => 3.0,
        Kind::Pedestrian => -8.0,
        Kind::Obstacle => 5.0,
    }
}

/// What an actor takes of the waves that pass it there and back, dB: some find the way below a
/// vehicle, and past a person.
fn hides_by_db(kind: Kind) -> f64 {
    match kind {
        Kind::Car | Kind::Van | Kind::Lorry | Kind::Obstacle => 15.0,
        Kind::Motorcycle => 5.0,
        Kind::Pedestrian => 3.0,
    }
}

/// The echoes of the points of an actor that are turned to the sensor, first that of the middle of
/// its nearest face.
pub(super) fn echoes(object: &Object, ego: EgoState, draws: &mut Draws) -> Vec<Echo> {
    let centres = match object.kind {
        Kind::Car | Kind::Van => CAR,
        Kind::Lorry => LORRY,
        Kind::Motorcycle => MOTORCYCLE,
        Kind::Pedestrian => PEDESTRIAN,
        Kind::Obstacle => OBSTACLE,
    };
    let (sin, cos) = libm::sincos(object.heading_rad);
    let (over_x_mps, over_y_mps) = (object.vx_mps + ego.speed_mps, object.vy_mps);
    let walks_mps = (over_x_mps * over_x_mps + over_y_mps * over_y_mps).sqrt();
    let echo = |centre: &Centre| {
        let place = place(object, (sin, cos), centre.behind, centre.left);
        let rcs_dbsm = rcs_dbsm(object.kind) + centre.against_middle_db;
        let mut echo = Echo::new(place, [object.vx_mps, object.vy_mps], rcs_dbsm);
        if centre.part == Part::Side {
            // How far the side's outward normal points to the sensor.
            let [x_m, y_m] = place;
            let turned = centre.left.signum() * (x_m * sin - y_m * cos) / echo.range_m;
            if turned < MIN_SIDE_EXPOSURE {
                return None;
            }
            echo.rcs_dbsm += 20.0 * libm::log10(turned);
        }
        if object.kind == Kind::Pedestrian {
            let spread = if centre.part == Part::Limb { LIMB_SWING } else { TRUNK_SWAY };
            echo.range_rate_mps += spread * walks_mps * draws.normal();
        }
        Some(echo)
    };
    centres.iter().filter_map(echo).collect()
}

/// Where a point of an actor is, so many lengths behind its nearest face and half widths left of its
/// middle.
fn place(object: &Object, (sin, cos): (f64, f64), behind: f64, left: f64) -> [f64; 2] {
    let (behind_m, left_m) = (behind * object.size.length_m, left * object.size.width_m / 2.0);
    [object.x_m + behind_m * cos - left_m * sin, object.y_m + behind_m * sin + left_m * cos]
}

/// The sector behind an actor that the waves hardly reach.
pub(super) struct Shadow {
    actor: usize,
    range_m: f64,
    right_rad: f64,
    left_rad: f64,
    loss_db: f64,
}

impl Shadow {
    /// None of what is not ahead.
    pub(super) fn of(object: &Object) -> Option<Shadow> {
        if object.x_m <= 0.0 {
            return None;
        }
        let heading = libm::sincos(object.heading_rad);
        let corners = [(0.0, 1.0), (0.0, -1.0), (1.0, 1.0), (1.0, -1.0)];
        let azimuths = corners.map(|(behind, left)| {
            let [x_m, y_m] = place(object, heading, behind, left);
            libm::atan2(y_m, x_m)
        });
        Some(Shadow {
            actor: object.actor,
            range_m: (object.x_m * object.x_m + object.y_m * object.y_m).sqrt(),
            right_rad: azimuths.into_iter().fold(f64::INFINITY, f64::min),
            left_rad: azimuths.into_iter().fold(f64::NEG_INFINITY, f64::max),
            loss_db: hides_by_db(object.kind),
        })
    }
}

/// What an echo of this actor loses by those who are nearer in the same direction, dB.
pub(super) fn shadow_loss_db(object: &Object, echo: &Echo, shadows: &[Shadow]) -> f64 {
    let hides = |shadow: &&Shadow| {
        shadow.actor != object.actor
            && shadow.range_m < echo.range_m
            && (shadow.right_rad..=shadow.left_rad).contains(&echo.azimuth_rad)
    };
    shadows.iter().filter(hides).map(|shadow| shadow.loss_db).sum()
}
