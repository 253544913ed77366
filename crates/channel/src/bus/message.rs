//! One message of D-Bus, and its bytes: [`Message`].

use serde::{Deserialize, Serialize};
use zbus::wire::serialized::{Context, Data};
use zbus::wire::{DynamicType, Endian, LE, Type, to_bytes};
use zbus::{ObjectPath, Signature, Variant};

/// Bytes of a message before its fields, the length of these included.
pub(super) const PREFIX_BYTES: usize = 16;
/// The specification's limit of a message. What claims to be longer is no message.
const MESSAGE_BYTES_MAX: u64 = 128 << 20;
/// Version of the protocol.
const VERSION: u8 = 1;
/// The type of an array of bytes.
const BYTES: &str = "ay";
/// Flag: the sender waits for no answer.
const NO_REPLY: u8 = 1;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A method is called.
    Call,
    /// Its result.
    Reply,
    /// Its failure.
    Error,
    /// Something happened.
    Signal,
}

/// A message. Which of its names it has depends on its kind.
#[derive(Clone, Debug)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    /// Whether the caller of a method waits for its result.
    pub wants_reply: bool,
    /// Its number, which its sender gives it; 0 before it is sent.
    pub serial: u32,
    /// Object.
    pub path: Option<String>,
    /// Interface.
    pub interface: Option<String>,
    /// Method or signal.
    pub member: Option<String>,
    /// Name of an error.
    pub error: Option<String>,
    /// The call that a result or an error answers.
    pub reply_serial: Option<u32>,
    /// To whom.
    pub destination: Option<String>,
    /// From whom; the bus fills it in.
    pub sender: Option<String>,
    signature: String,
    endian: Endian,
    body: Vec<u8>,
}

/// Bytes are no message, or a body is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The first bytes belong to no message.
    #[error("no message begins there")]
    Prefix,
    /// Something in it is malformed.
    #[error("a malformed message")]
    Wire(#[from] zbus::Error),
    /// The body has other types.
    #[error("a body of the types `{found}` instead of `{expected}`")]
    Body {
        /// The signature that it must have.
        expected: String,
        /// The one that it has.
        found: String,
    },
}

/// The header as it travels: byte order, kind, flags, version, bytes of the body, serial, fields.
type Header<'a> = (u8, u8, u8, u8, u32, u32, Vec<(u8, Variant<'a>)>);

impl Message {
    /// Calls a method.
    pub fn call(destination: &str, path: &str, (interface, member): (&str, &str)) -> Message {
        Message {
            path: Some(path.to_owned()),
            interface: Some(interface.to_owned()),
            member: Some(member.to_owned()),
            destination: Some(destination.to_owned()),
            wants_reply: true,
            ..Message::empty(Kind::Call)
        }
    }

    /// Tells everyone who wants to know.
    pub fn signal(path: &str, (interface, member): (&str, &str)) -> Message {
        Message {
            path: Some(path.to_owned()),
            interface: Some(interface.to_owned()),
            member: Some(member.to_owned()),
            ..Message::empty(Kind::Signal)
        }
    }

    /// Answers this call.
    pub fn reply(&self) -> Message {
        Message {
            reply_serial: Some(self.serial),
            destination: self.sender.clone(),
            ..Message::empty(Kind::Reply)
        }
    }

    /// Refuses this call.
    pub fn refuse(&self, error: &str, why: &str) -> Message {
        Message { kind: Kind::Error, error: Some(error.to_owned()), ..self.reply() }.with(&(why,))
    }

    /// The same with a body: a tuple of what it consists of.
    ///
    /// # Panics
    /// If the body is none that D-Bus can carry.
    pub fn with<B: Serialize + DynamicType>(mut self, body: &B) -> Message {
        let bytes = to_bytes(Context::new(LE, 0), body).expect("a body of types that D-Bus has");
        self.body = bytes.bytes().to_vec();
        self.signature = body.signature().to_string_no_parens();
        self
    }

    /// The same with an array of bytes as its body: what `with` does byte by byte, at once.
    pub fn with_bytes(mut self, bytes: &[u8]) -> Message {
        self.body = [&(bytes.len() as u32).to_le_bytes(), bytes].concat();
        BYTES.clone_into(&mut self.signature);
        self
    }

    /// The array of bytes that the body is.
    pub fn bytes(&self) -> Option<&[u8]> {
        // Its length is the body's: there is nothing else in it.
        self.body.get(4..).filter(|_| self.signature == BYTES)
    }

    /// The body as a tuple of what it consists of.
    pub fn body<B: for<'d> Deserialize<'d> + Type>(&self) -> Result<B, MessageError> {
        let expected = B::SIGNATURE.to_string_no_parens();
        if self.signature != expected {
            return Err(MessageError::Body { expected, found: self.signature.clone() });
        }
        let data = Data::new(self.body.as_slice(), Context::new(self.endian, 0));
        Ok(data.deserialize::<B>()?.0)
    }

    /// Interface and member.
    pub fn name(&self) -> (&str, &str) {
        (self.interface.as_deref().unwrap_or(""), self.member.as_deref().unwrap_or(""))
    }

    fn empty(kind: Kind) -> Message {
        Message {
            kind,
            wants_reply: false,
            serial: 0,
            path: None,
            interface: None,
            member: None,
            error: None,
            reply_serial: None,
            destination: None,
            sender: None,
            signature: String::new(),
            endian: LE,
            body: Vec::new(),
        }
    }

    /// Its bytes under this number.
    pub(super) fn encode(&self, serial: u32) -> Vec<u8> {
        let flags = if self.wants_reply { 0 } else { NO_REPLY };
        let mut bytes = vec![b'l', self.kind as u8 + 1, flags, VERSION];
        for number in [self.body.len() as u32, serial, 0] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for (code, kind, text) in [
            (1, b'o', &self.path),
            (2, b's', &self.interface),
            (3, b's', &self.member),
            (4, b's', &self.error),
            (6, b's', &self.destination),
        ] {
            let Some(text) = text else { continue };
            begin_field(&mut bytes, code, kind);
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(0);
        }
        if let Some(serial) = self.reply_serial {
            begin_field(&mut bytes, 5, b'u');
            bytes.extend_from_slice(&serial.to_le_bytes());
        }
        if !self.signature.is_empty() {
            begin_field(&mut bytes, 8, b'g');
            bytes.push(self.signature.len() as u8);
            bytes.extend_from_slice(self.signature.as_bytes());
            bytes.push(0);
        }
        let fields_bytes = (bytes.len() - PREFIX_BYTES) as u32;
        bytes[PREFIX_BYTES - 4..PREFIX_BYTES].copy_from_slice(&fields_bytes.to_le_bytes());
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The message that these bytes are, all of them.
    pub(super) fn decode(bytes: &[u8]) -> Result<Message, MessageError> {
        let endian = endian(bytes)?;
        let data = Data::new(bytes, Context::new(endian, 0));
        let (header, header_bytes) = data.deserialize::<Header>()?;
        let (_, kind, flags, _, _, serial, fields) = header;
        let kind = match kind {
            1 => Kind::Call,
            2 => Kind::Reply,
            3 => Kind::Error,
            4 => Kind::Signal,
            _ => return Err(MessageError::Prefix),
        };
        let mut message = Message {
            wants_reply: flags & NO_REPLY == 0,
            serial,
            endian,
            body: bytes[header_bytes.next_multiple_of(8).min(bytes.len())..].to_vec(),
            ..Message::empty(kind)
        };
        for (code, value) in fields {
            match code {
                1 => message.path = Some(value.downcast::<ObjectPath>()?.to_string()),
                2 => message.interface = Some(value.downcast()?),
                3 => message.member = Some(value.downcast()?),
                4 => message.error = Some(value.downcast()?),
                5 => message.reply_serial = Some(value.downcast()?),
                6 => message.destination = Some(value.downcast()?),
                7 => message.sender = Some(value.downcast()?),
                8 => message.signature = value.downcast::<Signature>()?.to_string_no_parens(),
                // Descriptors, which nobody sends who was not asked to; and what is yet to come.
                _ => {}
            }
        }
        Ok(message)
    }
}

/// A field is a number and a variant: the type, then what is of that type.
fn begin_field(bytes: &mut Vec<u8>, code: u8, kind: u8) {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend_from_slice(&[code, 1, kind, 0]);
}

fn endian(bytes: &[u8]) -> Result<Endian, MessageError> {
    match bytes.first() {
        Some(b'l') => Ok(Endian::Little),
        Some(b'B') => Ok(Endian::Big),
        _ => Err(MessageError::Prefix),
    }
}

/// How long the message is that begins with these bytes.
pub(super) fn message_bytes(prefix: &[u8; PREFIX_BYTES]) -> Result<usize, MessageError> {
    let endian = endian(prefix)?;
    let number = |at: usize| {
        let bytes = [prefix[at], prefix[at + 1], prefix[at + 2], prefix[at + 3]];
        u64::from(endian.read_u32(&bytes))
    };
    let fields_bytes = number(12).next_multiple_of(8);
    let bytes = PREFIX_BYTES as u64 + fields_bytes + number(4);
    if bytes > MESSAGE_BYTES_MAX {
        return Err(MessageError::Prefix);
    }
    Ok(usize::try_from(bytes).expect("the limit is an address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(message: &Message, serial: u32) -> Message {
        let bytes = message.encode(serial);
        let length = message_bytes(bytes.first_chunk().unwrap()).unwrap();
        assert_eq!(length, bytes.len());
        Message::decode(&bytes).unwrap()
    }

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        let call = Message::call("org.a.B", "/org/a", ("org.a.B1", "Do")).with(&("x", 7_u32));
        let back = again(&call, 9);
        assert_eq!((back.kind, back.serial, back.wants_reply), (Kind::Call, 9, true));
        assert_eq!(back.destination.as_deref(), Some("org.a.B"));
        assert_eq!(back.path.as_deref(), Some("/org/a"));
        assert_eq!(back.name(), ("org.a.B1", "Do"));
        assert_eq!(back.body::<(String, u32)>().unwrap(), ("x".to_owned(), 7));
        let wrong = back.body::<(u32,)>().unwrap_err().to_string();
        assert_eq!(wrong, "a body of the types `su` instead of `u`");
        let refused = again(&back.refuse("org.a.Error", "why not"), 1);
        assert_eq!((refused.kind, refused.reply_serial), (Kind::Error, Some(9)));
        assert_eq!(refused.body::<(String,)>().unwrap().0, "why not");
        let bytes = again(&call.with_bytes(b"abc"), 3);
        assert_eq!(bytes.bytes(), Some(&b"abc"[..]));
        assert_eq!(bytes.body::<(Vec<u8>,)>().unwrap().0, b"abc");
        assert_eq!(refused.bytes(), None);
        let empty = again(&Message::signal("/", ("org.a.B1", "Done")), 2);
        assert_eq!((empty.kind, empty.wants_reply), (Kind::Signal, false));
        assert!(empty.body::<()>().is_ok());
    }

    #[test]
    fn bytes_that_are_no_message_are_refused() {
        assert!(message_bytes(b"HTTP/1.1 200 OK\r").is_err());
        let mut bytes = Message::signal("/", ("org.a.B1", "Done")).encode(1);
        bytes[1] = 99;
        assert!(Message::decode(&bytes).is_err());
        bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(message_bytes(bytes.first_chunk().unwrap()).is_err());
    }
}
