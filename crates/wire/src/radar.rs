//! The radar link: 1,024-byte datagrams, protected with AUTOSAR E2E Profile 4.
//!
//! A 64-byte header is followed by up to 40 detections, a command, or its acknowledgement.

use crate::e2e::{CheckError, PROFILE4_BYTES, Profile4};
use crate::field::{Field, bytes_of, invert};
use zerocopy::little_endian::{F32, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bytes of every message on the link.
pub const MESSAGE_BYTES: usize = 1024;
/// Most detections in one message.
pub const DETECTIONS_MAX: usize = 40;
/// Version of this layout.
pub const RADAR_VERSION: u8 = 1;
/// First bytes of every message after its protection: "fR".
const MAGIC: u16 = 0x5266;

/// What a message is. Each kind has a data id of its own, so that one cannot pass for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Radar → fusion: what the radar sees.
    Detections = 1,
    /// Fusion → radar: mode and ego speed.
    Command = 2,
    /// Radar → fusion: a command was taken.
    Acknowledgement = 3,
}

impl Kind {
    const fn data_id(self) -> u32 {
        0x4652_0000 | self as u32
    }
}

/// Header of every message on the link.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Header {
    e2e: Profile4,
    magic: U16,
    version: u8,
    kind: u8,
    incarnation: U32,
    /// Radar cycle, or number of the command.
    number: U32,
    captured_ns: U64,
    sent_ns: U64,
    detection_count: u8,
    truncated_count: u8,
    /// Continental ARS408 status bits: persistent error, interference, temperature error,
    /// temporary error, voltage error; above them the blockage level (0 none … 4 blind).
    status: u8,
    sensor_id: u8,
    /// ASAM OSI `SensorDetectionHeader::DataQualifier`; 1 = available.
    data_qualifier: u8,
    /// ASAM OSI `SensorDetectionHeader::ExtendedQualifier`; 1 = normal.
    extended_qualifier: u8,
    /// Mode asked for by a command: 0 standby, 1 measuring.
    mode: u8,
    reserved: u8,
    ambiguous_speed_mps: F32,
    range_max_m: F32,
    ego_speed_mps: F32,
    ego_yaw_rate_radps: F32,
}

const HEADER_BYTES: usize = size_of::<Header>();
const _: () = assert!(HEADER_BYTES == 64);

/// One radar detection, 24 bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Detection {
    /// Distance, metres.
    pub range_m: F32,
    /// Bearing, radians, left positive.
    pub azimuth_rad: F32,
    /// Radial speed relative to the sensor, metres a second; negative when closing.
    pub range_rate_mps: F32,
    /// Radar cross-section, dBm².
    pub rcs_dbsm: F32,
    /// Standard deviation of the range, millimetres.
    pub range_sigma_mm: U16,
    /// Standard deviation of the bearing, 10⁻⁴ rad.
    pub azimuth_sigma_e4rad: U16,
    /// Standard deviation of the radial speed, millimetres a second.
    pub range_rate_sigma_mmps: U16,
    /// Probability that it is an object, percent.
    pub existence_percent: u8,
    /// Reserved, zero.
    pub flags: u8,
}
const _: () = assert!(HEADER_BYTES + DETECTIONS_MAX * size_of::<Detection>() == MESSAGE_BYTES);

/// A message on the link, as bytes ready to be sent.
pub type Message = [u8; MESSAGE_BYTES];

/// What every message says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageInfo {
    /// Radar cycle, or number of the command.
    pub number: u32,
    /// Incarnation of the sender.
    pub incarnation: u32,
    /// Measurement time, `CLOCK_MONOTONIC` nanoseconds; for a command, when it was decided.
    pub captured_ns: u64,
    /// When the sender handed it to the socket.
    pub sent_ns: u64,
}

/// A received and checked message.
#[derive(Clone, Debug, PartialEq)]
pub enum Received<'a> {
    /// What the radar sees.
    Detections(MessageInfo, &'a [Detection]),
    /// What fusion asks of the radar.
    Command(MessageInfo, Command),
    /// The radar took the command of this number.
    Acknowledgement(MessageInfo),
}

/// What fusion asks of the radar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Command {
    /// What it is to do.
    pub mode: Mode,
    /// How fast the ego car drives over ground.
    pub ego_speed_mps: f32,
}

/// What the radar does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// It sends nothing and waits for commands.
    Standby = 0,
    /// It sends a detection list every cycle.
    Measuring = 1,
}

/// Why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// It is not 1,024 bytes long.
    #[error("message of {found} bytes, expected {MESSAGE_BYTES}")]
    Size {
        /// Bytes received.
        found: usize,
    },
    /// Magic, version or kind is not of this program.
    #[error("unknown message: magic {magic:#x}, version {version}, kind {kind}")]
    Unknown {
        /// Magic number found.
        magic: u16,
        /// Version found.
        version: u8,
        /// Kind found.
        kind: u8,
    },
    /// The end-to-end protection failed.
    #[error("end-to-end check failed")]
    EndToEnd(#[from] CheckError),
    /// It asks for a mode that does not exist.
    #[error("command asks for mode {found}; 0 is standby, 1 is measuring")]
    Mode {
        /// Mode asked for.
        found: u8,
    },
    /// It claims more detections than fit.
    #[error("message claims {found} detections, at most {DETECTIONS_MAX} fit")]
    Count {
        /// Detections claimed.
        found: u8,
    },
}

/// A detection list. Detections beyond [`DETECTIONS_MAX`] are left out and counted in the message.
pub fn detections(info: MessageInfo, ego_speed_mps: f32, list: &[Detection]) -> Message {
    let kept = list.len().min(DETECTIONS_MAX);
    let header = Header {
        detection_count: kept as u8,
        truncated_count: u8::try_from(list.len() - kept).unwrap_or(u8::MAX),
        data_qualifier: 1,
        extended_qualifier: 1,
        ..header(Kind::Detections, info, ego_speed_mps)
    };
    let mut message = [0; MESSAGE_BYTES];
    message[HEADER_BYTES..HEADER_BYTES + kept * size_of::<Detection>()]
        .copy_from_slice(list[..kept].as_bytes());
    seal(message, header, Kind::Detections)
}

/// A command.
pub fn command(info: MessageInfo, command: Command) -> Message {
    let mode = command.mode as u8;
    let header = Header { mode, ..header(Kind::Command, info, command.ego_speed_mps) };
    seal([0; MESSAGE_BYTES], header, Kind::Command)
}

/// The acknowledgement of the command with this number.
pub fn acknowledgement(info: MessageInfo) -> Message {
    seal([0; MESSAGE_BYTES], header(Kind::Acknowledgement, info, 0.0), Kind::Acknowledgement)
}

fn header(kind: Kind, info: MessageInfo, ego_speed_mps: f32) -> Header {
    Header {
        magic: MAGIC.into(),
        version: RADAR_VERSION,
        kind: kind as u8,
        incarnation: info.incarnation.into(),
        number: info.number.into(),
        captured_ns: info.captured_ns.into(),
        sent_ns: info.sent_ns.into(),
        ego_speed_mps: ego_speed_mps.into(),
        ..Header::default()
    }
}

fn seal(mut message: Message, header: Header, kind: Kind) -> Message {
    message[..HEADER_BYTES].copy_from_slice(header.as_bytes());
    Profile4::protect(&mut message, kind.data_id(), header.number.get() as u16);
    message
}

/// Inverts all bits of a field of a message and leaves the protection as it was. Returns how many bits
/// that are; none where the message is too short to have the field.
pub fn invert_field(message: &mut [u8], field: Field) -> u32 {
    // The protection is the first member of the header.
    let bytes = Profile4::bytes_of(field).unwrap_or_else(|| match field {
        Field::Number => bytes_of!(Header, number: U32),
        Field::Incarnation => bytes_of!(Header, incarnation: U32),
        Field::Captured => bytes_of!(Header, captured_ns: U64),
        _ => bytes_of!(Header, version: u8),
    });
    invert(message, bytes)
}

/// Takes the protection away from a message: what a sender hands over that has not protected it yet.
pub fn strip(message: &mut Message) {
    message[..PROFILE4_BYTES].fill(0);
}

/// Number and sender of a message as far as they can be read, unchecked.
pub fn peek(bytes: &[u8]) -> Option<MessageInfo> {
    let (header, _) = Header::ref_from_prefix(bytes).ok()?;
    Some(header.info())
}

/// Checks and reads a received message.
pub fn receive(bytes: &[u8]) -> Result<Received<'_>, MessageError> {
    read(bytes, |kind| Profile4::check(bytes, kind.data_id()).map(|_counter| ()))
}

/// Reads a received message without a look at its protection: what a receiver believes that has no
/// integrity check.
pub fn receive_unprotected(bytes: &[u8]) -> Result<Received<'_>, MessageError> {
    read(bytes, |_| Ok(()))
}

fn read(
    bytes: &[u8],
    check: impl FnOnce(Kind) -> Result<(), CheckError>,
) -> Result<Received<'_>, MessageError> {
    if bytes.len() != MESSAGE_BYTES {
        return Err(MessageError::Size { found: bytes.len() });
    }
    let (header, body) = Header::ref_from_prefix(bytes)
        .map_err(|_short| MessageError::Size { found: bytes.len() })?;
    let kind = match (header.magic.get(), header.version, header.kind) {
        (MAGIC, RADAR_VERSION, 1) => Kind::Detections,
        (MAGIC, RADAR_VERSION, 2) => Kind::Command,
        (MAGIC, RADAR_VERSION, 3) => Kind::Acknowledgement,
        (magic, version, kind) => return Err(MessageError::Unknown { magic, version, kind }),
    };
    check(kind)?;
    let info = header.info();
    Ok(match kind {
        Kind::Detections => {
            let count = usize::from(header.detection_count);
            let (list, _) = <[Detection]>::ref_from_prefix_with_elems(body, count).map_err(
                |_claims_too_many| MessageError::Count { found: header.detection_count },
            )?;
            Received::Detections(info, list)
        }
        Kind::Command => {
            let mode = match header.mode {
                0 => Mode::Standby,
                1 => Mode::Measuring,
                found => return Err(MessageError::Mode { found }),
            };
            let ego_speed_mps = header.ego_speed_mps.get();
            Received::Command(info, Command { mode, ego_speed_mps })
        }
        Kind::Acknowledgement => Received::Acknowledgement(info),
    })
}

impl Header {
    fn info(&self) -> MessageInfo {
        MessageInfo {
            number: self.number.get(),
            incarnation: self.incarnation.get(),
            captured_ns: self.captured_ns.get(),
            sent_ns: self.sent_ns.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: MessageInfo =
        MessageInfo { number: 70_001, incarnation: 2, captured_ns: 5, sent_ns: 6 };

    fn detection(range_m: f32) -> Detection {
        Detection { range_m: range_m.into(), ..Detection::default() }
    }

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let list: Vec<_> = (0..7).map(|i| detection(i as f32)).collect();
        let message = detections(INFO, 16.0, &list);
        assert_eq!(receive(&message), Ok(Received::Detections(INFO, &list)));
        for mode in [Mode::Standby, Mode::Measuring] {
            let asked = Command { mode, ego_speed_mps: 16.5 };
            assert_eq!(receive(&command(INFO, asked)), Ok(Received::Command(INFO, asked)));
        }
        assert_eq!(receive(&acknowledgement(INFO)), Ok(Received::Acknowledgement(INFO)));
    }

    #[test]
    fn detections_beyond_the_limit_are_left_out_and_counted() {
        let message = detections(INFO, 0.0, &[detection(1.0); 50]);
        assert_eq!(message[41], 10, "truncated count");
        let Ok(Received::Detections(_, list)) = receive(&message) else { panic!("accepted") };
        assert_eq!(list.len(), DETECTIONS_MAX);
    }

    #[test]
    fn garbage_of_any_length_is_refused() {
        for bytes in [0, 1, 63, 64, 1023, 1024, 1025] {
            assert!(receive(&vec![0xa5; bytes]).is_err(), "{bytes} bytes");
        }
        let mut message = acknowledgement(INFO);
        message[500] ^= 4;
        assert!(matches!(receive(&message), Err(MessageError::EndToEnd(_))));
    }

    #[test]
    fn an_inverted_field_is_that_field_alone_and_never_passes_the_check() {
        let sealed = detections(INFO, 16.0, &[detection(1.0)]);
        for (field, seen, bits) in [
            (Field::Number, MessageInfo { number: !70_001, ..INFO }, 32),
            (Field::Incarnation, MessageInfo { incarnation: !2, ..INFO }, 32),
            (Field::Captured, MessageInfo { captured_ns: !5, ..INFO }, 64),
            (Field::Length, INFO, 16),
            (Field::Counter, INFO, 16),
            (Field::DataId, INFO, 32),
            (Field::Version, INFO, 8),
        ] {
            let mut message = sealed;
            assert_eq!(invert_field(&mut message, field), bits, "{field:?}");
            assert_eq!(peek(&message), Some(seen), "{field:?}");
            assert!(receive(&message).is_err(), "{field:?}");
            invert_field(&mut message, field);
            assert_eq!(message, sealed, "{field:?} as it was");
        }
        assert_eq!(invert_field(&mut [0; 8], Field::Number), 0, "nothing there");
    }

    #[test]
    fn who_does_not_look_at_the_protection_reads_a_message_without_one() {
        let list = [detection(1.0)];
        let mut message = detections(INFO, 16.0, &list);
        strip(&mut message);
        assert!(matches!(receive(&message), Err(MessageError::EndToEnd(_))));
        assert_eq!(receive_unprotected(&message), Ok(Received::Detections(INFO, &list)));
        assert!(receive_unprotected(&message[..1000]).is_err(), "a length is no protection");
    }
}
