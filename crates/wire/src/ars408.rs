//! The frames of a Continental ARS 408-21 radar on a CAN bus: [`decode`], [`encode`], and
//! [`Assembler`], which makes lists of them.
//!
//! Layouts are those of the vendor's "Standardized ARS Interface", as two public drivers have them:
//! `tier4/ars408_driver` (`src/ars408_can_parser.cpp`, whose unit tests are repeated here) and the
//! drawings in the message definitions of `radar_conti`, made from the vendor's DBC file. All fields are
//! big-endian, bit 7 of byte 0 first. The measurement counter of `Obj_0_Status` stands in bytes 1 and 2,
//! as everywhere else; `tier4/ars408_driver` reads bytes 2 and 3 the wrong way round, across the
//! interface version.
//!
//! A cycle is a status frame that says how many follow, one general frame for each, then one quality
//! frame for each where the sensor is configured so. Nothing but the counts tells that a list is
//! complete, and no frame carries a checksum of the whole.

mod assembler;
mod bits;
mod quality;
#[cfg(test)]
mod tests;

pub use assembler::{Assembler, Detail, Item, List, Strays};
use bits::{Bits, Scaled, read, write};
pub use quality::Quality;

/// Most objects in a list.
pub const OBJECTS_MAX: usize = 100;
/// Most clusters in a list.
pub const CLUSTERS_MAX: usize = 250;
/// Largest number of a sensor: it shifts each identifier by 16 times itself.
pub const SENSOR_ID_MAX: u8 = 7;

/// Bytes of a CAN frame.
const BYTES: usize = 8;
/// Each message's identifier, of sensor 0, and its length.
const RADAR_STATE: (u16, usize) = (0x201, 8);
const CLUSTER_STATUS: (u16, usize) = (0x600, 5);
const OBJECT_STATUS: (u16, usize) = (0x60a, 4);
const OBJECT_GENERAL: (u16, usize) = (0x60b, 8);
const OBJECT_QUALITY: (u16, usize) = (0x60c, 7);
const CLUSTER_GENERAL: (u16, usize) = (0x701, 8);
const CLUSTER_QUALITY: (u16, usize) = (0x702, 5);
/// What [`ids`] tells of.
const ALL: [(u16, usize); 7] = [
    RADAR_STATE,
    CLUSTER_STATUS,
    OBJECT_STATUS,
    OBJECT_GENERAL,
    OBJECT_QUALITY,
    CLUSTER_GENERAL,
    CLUSTER_QUALITY,
];
/// The version of the interface that status frames tell.
const INTERFACE_VERSION: u32 = 1;

/// What a frame of the sensor says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Message {
    /// `RadarState`: how the sensor is, once a second.
    State(State),
    /// `Obj_0_Status` or `Cluster_0_Status`: a list begins.
    Status(Status),
    /// `Obj_1_General` or `Cluster_1_General`.
    General(Kind, Point),
    /// `Obj_2_Quality` or `Cluster_2_Quality`.
    Quality(Kind, Quality),
}

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Tracked objects.
    Objects,
    /// Clusters of reflections, of a single cycle.
    Clusters,
}

impl Kind {
    /// Most of them in a list.
    pub const fn most(self) -> usize {
        match self {
            Kind::Objects => OBJECTS_MAX,
            Kind::Clusters => CLUSTERS_MAX,
        }
    }
}

/// The beginning of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// What the list is of.
    pub kind: Kind,
    /// How many follow.
    pub announced: u16,
    /// Cycles since the sensor's start; it wraps.
    pub counter: u16,
}

/// An object or a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Its number in the list.
    pub id: u8,
    /// Distance along the sensor's axis, m, in steps of 0.2.
    pub x_m: f32,
    /// Distance to the left of it, m, in steps of 0.2.
    pub y_m: f32,
    /// Relative speed along it, m/s, in steps of 0.25.
    pub vx_mps: f32,
    /// Relative speed to the left, m/s, in steps of 0.25.
    pub vy_mps: f32,
    /// Radar cross-section, dB m², in steps of 0.5.
    pub rcs_dbsm: f32,
}

/// How the sensor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The number that it is configured to have.
    pub sensor_id: u8,
    /// Persistent error, interference, temperature error, temporary error, voltage error: bits 0 to 4.
    pub errors: u8,
}

/// A frame, ready for a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its identifier, 11 bits.
    pub id: u16,
    /// How many of the bytes count.
    pub length: u8,
    /// Its bytes.
    pub bytes: [u8; BYTES],
}

/// A frame is not one of this sensor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Another's identifier, or a message that is not read.
    #[error("identifier {0:#x} is none of this sensor's messages")]
    Unknown(u16),
    /// It is shorter than its message.
    #[error("the frame {id:#x} has {found} bytes instead of {expected}")]
    Short {
        /// Its identifier.
        id: u16,
        /// Its length.
        found: usize,
        /// The message's.
        expected: usize,
    },
}

const ID: Bits = Bits(0, 8);
const OBJECT_COUNTER: Bits = Bits(8, 16);
const OBJECT_VERSION: Bits = Bits(24, 4);
const CLUSTERS_NEAR: Bits = Bits(0, 8);
const CLUSTERS_FAR: Bits = Bits(8, 8);
const CLUSTER_COUNTER: Bits = Bits(16, 16);
const CLUSTER_VERSION: Bits = Bits(32, 4);
const X: Scaled = Scaled { bits: Bits(8, 13), step: 0.2, from: -500.0 };
const OBJECT_Y: Scaled = Scaled { bits: Bits(21, 11), step: 0.2, from: -204.6 };
const CLUSTER_Y: Scaled = Scaled { bits: Bits(22, 10), step: 0.2, from: -102.3 };
const VX: Scaled = Scaled { bits: Bits(32, 10), step: 0.25, from: -128.0 };
const VY: Scaled = Scaled { bits: Bits(42, 9), step: 0.25, from: -64.0 };
const RCS: Scaled = Scaled { bits: Bits(56, 8), step: 0.5, from: -64.0 };
/// Persistent error, interference, temperature error, temporary error, voltage error.
const STATE_ERRORS: Bits = Bits(18, 5);
const STATE_SENSOR_ID: Bits = Bits(37, 3);

/// Variance that the steps of a distance add, m².
pub const DISTANCE_STEP_VARIANCE_M2: f32 = 0.2 * 0.2 / 12.0;
/// Variance that the steps of a speed add, m²/s².
pub const SPEED_STEP_VARIANCE_M2PS2: f32 = 0.25 * 0.25 / 12.0;

/// The identifiers of the messages that [`decode`] reads.
pub fn ids(sensor_id: u8) -> impl Iterator<Item = u16> {
    ALL.into_iter().map(move |(id, _)| id + shift(sensor_id))
}

const fn shift(sensor_id: u8) -> u16 {
    sensor_id as u16 * 0x10
}

/// Reads a frame of the sensor with this number.
pub fn decode(sensor_id: u8, id: u16, data: &[u8]) -> Result<Message, DecodeError> {
    let unknown = DecodeError::Unknown(id);
    let of_sensor_0 = id.checked_sub(shift(sensor_id)).ok_or(unknown)?;
    let message = ALL.into_iter().find(|message| message.0 == of_sensor_0).ok_or(unknown)?;
    let expected = message.1;
    let given = data.get(..expected);
    let given = given.ok_or(DecodeError::Short { id, found: data.len(), expected })?;
    let mut bytes = [0; BYTES];
    bytes[..expected].copy_from_slice(given);
    Ok(match message {
        OBJECT_STATUS => Message::Status(Status {
            kind: Kind::Objects,
            announced: read(bytes, ID) as u16,
            counter: read(bytes, OBJECT_COUNTER) as u16,
        }),
        CLUSTER_STATUS => Message::Status(Status {
            kind: Kind::Clusters,
            announced: (read(bytes, CLUSTERS_NEAR) + read(bytes, CLUSTERS_FAR)) as u16,
            counter: read(bytes, CLUSTER_COUNTER) as u16,
        }),
        OBJECT_GENERAL => Message::General(Kind::Objects, point(bytes, OBJECT_Y)),
        CLUSTER_GENERAL => Message::General(Kind::Clusters, point(bytes, CLUSTER_Y)),
        OBJECT_QUALITY => Message::Quality(Kind::Objects, quality::of_object(bytes)),
        CLUSTER_QUALITY => Message::Quality(Kind::Clusters, quality::of_cluster(bytes)),
        _ => {
            let (sensor_id, errors) = (STATE_SENSOR_ID, STATE_ERRORS);
            let errors = read(bytes, errors).reverse_bits() >> (u32::BITS - STATE_ERRORS.1);
            Message::State(State { sensor_id: read(bytes, sensor_id) as u8, errors: errors as u8 })
        }
    })
}

fn point(bytes: [u8; BYTES], y: Scaled) -> Point {
    Point {
        id: read(bytes, ID) as u8,
        x_m: X.read(bytes),
        y_m: y.read(bytes),
        vx_mps: VX.read(bytes),
        vy_mps: VY.read(bytes),
        rcs_dbsm: RCS.read(bytes),
    }
}

/// The frame that says this, of the sensor with this number. What is beyond the range of a field, or
/// more than a list can have, becomes the nearest that it can hold; how often is added to `saturated`.
pub fn encode(sensor_id: u8, message: &Message, saturated: &mut u64) -> Frame {
    let mut bytes = [0; BYTES];
    let (id, length) = match *message {
        Message::Status(Status { kind, announced, counter }) => {
            let most = kind.most() as u32;
            *saturated += u64::from(u32::from(announced) > most);
            let announced = u32::from(announced).min(most);
            match kind {
                Kind::Objects => {
                    write(&mut bytes, ID, announced);
                    write(&mut bytes, OBJECT_COUNTER, counter.into());
                    write(&mut bytes, OBJECT_VERSION, INTERFACE_VERSION);
                    OBJECT_STATUS
                }
                Kind::Clusters => {
                    write(&mut bytes, CLUSTERS_NEAR, announced);
                    write(&mut bytes, CLUSTER_COUNTER, counter.into());
                    write(&mut bytes, CLUSTER_VERSION, INTERFACE_VERSION);
                    CLUSTER_STATUS
                }
            }
        }
        Message::General(kind, point) => {
            let (y, message) = match kind {
                Kind::Objects => (OBJECT_Y, OBJECT_GENERAL),
                Kind::Clusters => (CLUSTER_Y, CLUSTER_GENERAL),
            };
            write(&mut bytes, ID, point.id.into());
            let fields = [
                (X, point.x_m),
                (y, point.y_m),
                (VX, point.vx_mps),
                (VY, point.vy_mps),
                (RCS, point.rcs_dbsm),
            ];
            for (field, value) in fields {
                *saturated += u64::from(!field.write(&mut bytes, value).fits());
            }
            message
        }
        Message::Quality(Kind::Objects, quality) => {
            *saturated += quality::write_object(&mut bytes, &quality);
            OBJECT_QUALITY
        }
        Message::Quality(Kind::Clusters, quality) => {
            *saturated += quality::write_cluster(&mut bytes, &quality);
            CLUSTER_QUALITY
        }
        Message::State(State { sensor_id, errors }) => {
            write(&mut bytes, STATE_SENSOR_ID, sensor_id.into());
            let errors = u32::from(errors).reverse_bits() >> (u32::BITS - STATE_ERRORS.1);
            write(&mut bytes, STATE_ERRORS, errors);
            RADAR_STATE
        }
    };
    Frame { id: id + shift(sensor_id), length: length as u8, bytes }
}
