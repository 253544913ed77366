//! What each kind of thing looks like: [`Body`], panels on the near face and on a side of a box.

use Ink::{Grey, Head, Paint, Retro, Tail};

use crate::traffic::Kind;

/// What something looks like. Later panels cover earlier ones.
pub(super) struct Body {
    pub(super) face: &'static [FacePanel],
    pub(super) side: &'static [SidePanel],
    /// Where lamps glow at night: height in heights, place in half widths off the middle (0 for a
    /// single lamp).
    pub(super) lamps: Option<(f64, f64)>,
}

/// A panel of the near face, mirrored to both sides.
pub(super) struct FacePanel {
    /// Bottom and top in heights.
    pub(super) z: (f64, f64),
    /// Where it begins, in half widths off the middle.
    pub(super) inner: f64,
    pub(super) outer: Outer,
    pub(super) ink: Ink,
}

/// A panel of the side.
pub(super) struct SidePanel {
    /// Bottom and top in heights.
    pub(super) z: (f64, f64),
    /// Rear and front end in lengths.
    pub(super) x: (f64, f64),
    pub(super) outer: Outer,
    pub(super) ink: Ink,
}

/// How far off the middle a panel is or ends, in half widths: a straight line over z.
pub(super) struct Outer {
    at_zero: f64,
    per_z: f64,
}

impl Outer {
    /// From the first of `values` at the lower z to the second at the upper.
    const fn new(z: (f64, f64), values: (f64, f64)) -> Self {
        let per_z = (values.1 - values.0) / (z.1 - z.0);
        Self { at_zero: values.0 - per_z * z.0, per_z }
    }

    pub(super) fn at(&self, z: f64) -> f64 {
        self.at_zero + self.per_z * z
    }
}

/// A brightness.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    /// In percent of the paint.
    Paint(u16),
    Grey(u8),
    /// What throws light back to the beams it came from.
    Retro(u8),
    /// A tail light, and a headlight: their grey while they are off.
    Tail(u8),
    Head(u8),
}

/// The body that something shows to the camera.
pub(super) fn body(kind: Kind, comes_nearer: bool) -> &'static Body {
    match (kind, comes_nearer) {
        (Kind::Car, false) => &CAR_REAR,
        (Kind::Car, true) => &CAR_FRONT,
        (Kind::Van, false) => &VAN_REAR,
        (Kind::Van, true) => &VAN_FRONT,
        (Kind::Lorry, false) => &LORRY_REAR,
        (Kind::Lorry, true) => &LORRY_FRONT,
        (Kind::Motorcycle, false) => &BIKE_REAR,
        (Kind::Motorcycle, true) => &BIKE_FRONT,
        (Kind::Obstacle, _) => &CRATE,
        (Kind::Pedestrian, _) => &NOTHING,
    }
}

const fn face(z: (f64, f64), inner: f64, outer: (f64, f64), ink: Ink) -> FacePanel {
    FacePanel { z, inner, outer: Outer::new(z, outer), ink }
}

const fn side(z: (f64, f64), x: (f64, f64), outer: (f64, f64), ink: Ink) -> SidePanel {
    SidePanel { z, x, outer: Outer::new(z, outer), ink }
}

static NOTHING: Body = Body { face: &[], side: &[], lamps: None };

static CAR_REAR: Body = Body {
    face: &[
        face((0.00, 0.20), 0.00, (1.00, 1.00), Grey(29)), // shadow below the floor
        face((0.00, 0.22), 0.70, (0.97, 0.97), Grey(19)), // tyres
        face((0.16, 0.26), 0.00, (1.00, 1.00), Grey(42)), // apron
        face((0.25, 0.42), 0.00, (1.00, 1.00), Paint(86)), // bumper
        face((0.42, 0.66), 0.00, (1.00, 1.00), Paint(100)), // boot
        face((0.66, 0.96), 0.00, (0.96, 0.78), Paint(90)), // pillars
        face((0.96, 1.00), 0.00, (0.78, 0.70), Paint(112)), // roof edge
        face((0.69, 0.92), 0.00, (0.84, 0.70), Grey(46)), // window
        face((0.66, 0.68), 0.00, (0.96, 0.95), Paint(112)), // edge of the boot
        face((0.41, 0.43), 0.00, (1.00, 1.00), Paint(60)), // seam
        face((0.48, 0.60), 0.66, (0.98, 0.98), Tail(122)),
        face((0.52, 0.56), 0.72, (0.95, 0.95), Tail(176)),
        face((0.30, 0.37), 0.00, (0.28, 0.28), Retro(182)), // number plate
    ],
    side: CAR_SIDE,
    lamps: Some((0.54, 0.83)),
};

static CAR_FRONT: Body = Body {
    face: &[
        face((0.00, 0.18), 0.00, (1.00, 1.00), Grey(29)), // shadow below the floor
        face((0.00, 0.20), 0.70, (0.97, 0.97), Grey(19)), // tyres
        face((0.15, 0.60), 0.00, (1.00, 0.98), Paint(92)), // apron and grille
        face((0.18, 0.30), 0.00, (0.62, 0.62), Grey(34)), // air intake
        face((0.37, 0.49), 0.00, (0.46, 0.46), Grey(38)), // grille
        face((0.58, 0.66), 0.00, (0.98, 0.94), Paint(116)), // bonnet
        face((0.66, 0.96), 0.00, (0.94, 0.76), Paint(80)), // pillars
        face((0.68, 0.93), 0.00, (0.88, 0.70), Grey(58)), // windscreen
        face((0.96, 1.00), 0.00, (0.76, 0.68), Paint(112)), // roof edge
        face((0.44, 0.55), 0.60, (0.97, 0.97), Head(176)),
        face((0.46, 0.53), 0.68, (0.92, 0.92), Head(226)),
        face((0.30, 0.35), 0.00, (0.28, 0.28), Retro(182)), // number plate
    ],
    side: CAR_SIDE,
    lamps: Some((0.495, 0.80)),
};

const CAR_SIDE: &[SidePanel] = &[
    side((0.60, 0.96), (0.00, 0.70), (0.96, 0.78), Paint(62)), // cabin
    side((0.69, 0.92), (0.08, 0.34), (0.95, 0.80), Grey(40)),  // windows
    side((0.69, 0.92), (0.37, 0.64), (0.95, 0.80), Grey(40)),
    side((0.00, 0.20), (0.00, 1.00), (1.00, 1.00), Grey(27)), // shadow below the floor
    side((0.18, 0.66), (0.00, 1.00), (1.00, 1.00), Paint(70)), // body
    side((0.00, 0.40), (0.12, 0.25), (1.00, 1.00), Grey(21)), // wheels
    side((0.00, 0.40), (0.75, 0.88), (1.00, 1.00), Grey(21)),
];

static VAN_REAR: Body = Body {
    face: &[
        face((0.00, 0.12), 0.00, (1.00, 1.00), Grey(28)), // shadow below the floor
        face((0.00, 0.14), 0.68, (0.96, 0.96), Grey(18)), // tyres
        face((0.11, 0.18), 0.00, (1.00, 1.00), Grey(52)), // bumper
        face((0.17, 0.97), 0.00, (1.00, 0.93), Paint(94)),
        face((0.55, 0.86), 0.08, (0.84, 0.80), Grey(44)), // windows of the doors
        face((0.17, 0.95), 0.00, (0.015, 0.015), Paint(56)), // gap of the doors
        face((0.97, 1.00), 0.00, (0.93, 0.86), Paint(110)), // roof edge
        face((0.26, 0.42), 0.88, (0.99, 0.98), Tail(128)),
        face((0.24, 0.29), 0.00, (0.26, 0.26), Retro(182)), // number plate
    ],
    side: TALL_SIDE,
    lamps: Some((0.34, 0.93)),
};

static VAN_FRONT: Body = Body {
    face: &[
        face((0.00, 0.12), 0.00, (1.00, 1.00), Grey(28)), // shadow below the floor
        face((0.00, 0.14), 0.70, (0.96, 0.96), Grey(18)), // tyres
        face((0.11, 0.48), 0.00, (1.00, 1.00), Paint(92)),
        face((0.12, 0.20), 0.00, (0.96, 0.96), Grey(48)), // bumper
        face((0.27, 0.36), 0.00, (0.52, 0.52), Grey(40)), // grille
        face((0.48, 0.97), 0.00, (1.00, 0.90), Paint(84)),
        face((0.50, 0.80), 0.00, (0.94, 0.86), Grey(56)), // windscreen
        face((0.97, 1.00), 0.00, (0.90, 0.84), Paint(110)), // roof edge
        face((0.28, 0.37), 0.64, (0.97, 0.97), Head(210)),
    ],
    side: TALL_SIDE,
    lamps: Some((0.325, 0.80)),
};

static LORRY_REAR: Body = Body {
    face: &[
        face((0.00, 0.14), 0.00, (1.00, 1.00), Grey(28)), // shadow below the floor
        face((0.00, 0.14), 0.62, (0.96, 0.96), Grey(18)), // tyres
        face((0.12, 0.16), 0.00, (1.00, 1.00), Grey(58)), // underrun guard
        face((0.16, 1.00), 0.00, (1.00, 1.00), Paint(94)),
        face((0.18, 0.97), 0.00, (0.01, 0.01), Paint(60)), // gap of the doors
        face((0.97, 1.00), 0.00, (1.00, 1.00), Paint(110)), // roof edge
        face((0.17, 0.22), 0.72, (0.96, 0.96), Tail(128)),
        face((0.235, 0.255), 0.00, (0.98, 0.98), Retro(150)), // contour marking
    ],
    side: LORRY_SIDE,
    lamps: Some((0.195, 0.84)),
};

static LORRY_FRONT: Body = Body {
    face: &[
        face((0.00, 0.10), 0.00, (1.00, 1.00), Grey(28)), // shadow below the floor
        face((0.00, 0.14), 0.70, (0.96, 0.96), Grey(18)), // tyres
        face((0.09, 0.92), 0.00, (1.00, 0.98), Paint(90)), // cab
        face((0.10, 0.20), 0.00, (0.98, 0.98), Grey(52)), // bumper
        face((0.24, 0.40), 0.00, (0.60, 0.60), Grey(42)), // grille
        face((0.46, 0.72), 0.00, (0.94, 0.92), Grey(54)), // windscreen
        face((0.92, 1.00), 0.00, (0.96, 0.90), Paint(108)), // wind deflector
        face((0.13, 0.19), 0.62, (0.94, 0.94), Head(210)),
    ],
    side: LORRY_SIDE,
    lamps: Some((0.16, 0.78)),
};

const TALL_SIDE: &[SidePanel] = &[
    side((0.00, 0.16), (0.00, 1.00), (1.00, 1.00), Grey(28)), // shadow below the floor
    side((0.13, 0.97), (0.00, 0.90), (1.00, 0.94), Paint(68)),
    side((0.13, 0.50), (0.88, 1.00), (1.00, 1.00), Paint(68)), // bonnet
    side((0.55, 0.82), (0.66, 0.86), (0.98, 0.94), Grey(42)),  // window
    side((0.00, 0.26), (0.12, 0.25), (1.00, 1.00), Grey(20)),  // wheels
    side((0.00, 0.26), (0.78, 0.91), (1.00, 1.00), Grey(20)),
];

const LORRY_SIDE: &[SidePanel] = &[
    side((0.00, 0.16), (0.00, 1.00), (1.00, 1.00), Grey(28)), // shadow below the floor
    side((0.14, 1.00), (0.00, 1.00), (1.00, 1.00), Paint(68)),
    side((0.14, 1.00), (0.80, 0.82), (1.00, 1.00), Grey(34)), // behind the cab
    side((0.46, 0.72), (0.87, 0.96), (1.00, 1.00), Grey(42)), // window
    side((0.00, 0.22), (0.08, 0.15), (1.00, 1.00), Grey(20)), // wheels
    side((0.00, 0.22), (0.17, 0.24), (1.00, 1.00), Grey(20)),
    side((0.00, 0.22), (0.84, 0.92), (1.00, 1.00), Grey(20)),
    side((0.235, 0.255), (0.00, 0.80), (1.00, 1.00), Retro(150)), // contour marking
];

static BIKE_REAR: Body = Body {
    face: &[
        face((0.00, 0.06), 0.00, (0.90, 0.70), Grey(30)), // shadow
        face((0.00, 0.42), 0.00, (0.22, 0.22), Grey(20)), // tyre
        face((0.28, 0.56), 0.00, (0.46, 0.60), Paint(80)), // tail and panniers
        face((0.22, 0.34), 0.40, (0.72, 0.72), Grey(34)), // boots
        face((0.50, 0.84), 0.00, (0.62, 0.86), Grey(48)), // jacket
        face((0.60, 0.70), 0.70, (1.00, 0.96), Grey(44)), // arms and grips
        face((0.66, 0.69), 0.00, (0.74, 0.78), Retro(140)), // reflective band
        face((0.83, 0.95), 0.00, (0.32, 0.34), Paint(110)), // helmet
        face((0.95, 1.00), 0.00, (0.33, 0.18), Paint(110)),
        face((0.44, 0.52), 0.00, (0.30, 0.30), Tail(150)),
        face((0.34, 0.42), 0.00, (0.26, 0.26), Retro(182)), // number plate
    ],
    side: BIKE_SIDE,
    lamps: Some((0.48, 0.0)),
};

static BIKE_FRONT: Body = Body {
    face: &[
        face((0.00, 0.06), 0.00, (0.90, 0.70), Grey(30)), // shadow
        face((0.00, 0.46), 0.00, (0.20, 0.20), Grey(20)), // tyre
        face((0.24, 0.36), 0.40, (0.70, 0.70), Grey(34)), // boots
        face((0.40, 0.68), 0.00, (0.44, 0.56), Paint(90)), // fairing
        face((0.55, 0.84), 0.00, (0.70, 0.84), Grey(50)), // jacket
        face((0.50, 0.62), 0.00, (0.46, 0.46), Paint(90)), // fairing
        face((0.64, 0.68), 0.60, (1.00, 1.00), Grey(30)), // handlebar
        face((0.83, 0.95), 0.00, (0.32, 0.34), Paint(110)), // helmet
        face((0.95, 1.00), 0.00, (0.33, 0.18), Paint(110)),
        face((0.87, 0.94), 0.00, (0.28, 0.28), Grey(30)), // visor
        face((0.50, 0.60), 0.00, (0.26, 0.26), Head(230)),
    ],
    side: BIKE_SIDE,
    lamps: Some((0.55, 0.0)),
};

/// In the middle plane of the motorcycle.
const BIKE_SIDE: &[SidePanel] = &[
    side((0.00, 0.05), (0.00, 1.00), (0.10, 0.10), Grey(30)), // shadow
    side((0.00, 0.42), (0.02, 0.28), (0.10, 0.10), Grey(22)), // wheels
    side((0.00, 0.42), (0.72, 0.98), (0.10, 0.10), Grey(22)),
    side((0.16, 0.56), (0.22, 0.74), (0.10, 0.10), Paint(64)), // engine, tank
    side((0.22, 0.66), (0.36, 0.54), (0.30, 0.30), Grey(38)),  // leg
    side((0.52, 0.84), (0.28, 0.52), (0.40, 0.40), Grey(44)),  // jacket
    side((0.83, 1.00), (0.36, 0.50), (0.30, 0.30), Paint(90)), // helmet
];

/// A crate on a pallet, with a reflective band and boards at its corners.
static CRATE: Body = Body {
    face: &[
        face((0.00, 0.10), 0.00, (1.00, 1.00), Grey(26)), // below the pallet
        face((0.00, 0.10), 0.84, (1.00, 1.00), Grey(58)), // blocks of the pallet
        face((0.00, 0.10), 0.00, (0.10, 0.10), Grey(58)),
        face((0.09, 0.13), 0.00, (1.00, 1.00), Grey(74)), // deck
        face((0.13, 1.00), 0.00, (0.98, 0.98), Paint(78)), // boards
        face((0.40, 0.42), 0.00, (0.98, 0.98), Paint(48)),
        face((0.70, 0.72), 0.00, (0.98, 0.98), Paint(48)),
        face((0.97, 1.00), 0.00, (1.00, 1.00), Paint(104)), // lid
        face((0.50, 0.62), 0.12, (0.36, 0.36), Retro(205)), // band of bright and dark fields
        face((0.50, 0.62), 0.60, (0.84, 0.84), Retro(205)),
        face((0.50, 0.62), 0.36, (0.60, 0.60), Grey(40)),
        face((0.20, 0.36), 0.86, (0.95, 0.95), Retro(205)), // corner reflectors
    ],
    side: &[
        side((0.00, 0.12), (0.00, 1.00), (1.00, 1.00), Grey(26)),
        side((0.12, 1.00), (0.00, 1.00), (1.00, 1.00), Paint(54)),
        side((0.50, 0.62), (0.10, 0.90), (1.00, 1.00), Retro(170)),
    ],
    lamps: None,
};
