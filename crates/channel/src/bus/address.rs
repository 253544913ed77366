//! Where a bus is: [`Address`].

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::str::FromStr;

/// Where the system bus is unless the environment says otherwise.
const SYSTEM: &str = "unix:path=/run/dbus/system_bus_socket";

/// Sockets of which one leads to the bus.
#[derive(Clone, Debug)]
pub struct Address {
    text: String,
    sockets: Vec<SocketAddr>,
}

/// What is given is no address of a bus that can be reached.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Nothing says where the session bus is.
    #[error("neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR says where the session bus is")]
    NoSession,
    /// It is of no kind that is understood.
    #[error("`{0}` is neither `session`, `system`, `unix:path=…` nor `unix:abstract=…`")]
    Unknown(String),
    /// A socket cannot have that name.
    #[error("no socket is named `{name}`")]
    Name {
        /// The name.
        name: String,
        /// Why not.
        source: io::Error,
    },
}

impl Address {
    /// As it was given, `session` and `system` replaced.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn sockets(&self) -> &[SocketAddr] {
        &self.sockets
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// `session`, `system`, or an address as D-Bus writes it, of Unix sockets.
    fn from_str(text: &str) -> Result<Address, AddressError> {
        let text = match text {
            "session" => session()?,
            "system" => {
                std::env::var("DBUS_SYSTEM_BUS_ADDRESS").unwrap_or_else(|_| SYSTEM.to_owned())
            }
            text => text.to_owned(),
        };
        // Several stand one after the other; what has another kind of socket is left out.
        let sockets = text.split(';').filter_map(socket).collect::<Result<Vec<_>, _>>()?;
        if sockets.is_empty() {
            return Err(AddressError::Unknown(text));
        }
        Ok(Address { text, sockets })
    }
}

fn session() -> Result<String, AddressError> {
    let given = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    given("DBUS_SESSION_BUS_ADDRESS")
        .or_else(|| Some(format!("unix:path={}/bus", given("XDG_RUNTIME_DIR")?)))
        .ok_or(AddressError::NoSession)
}

fn socket(address: &str) -> Option<Result<SocketAddr, AddressError>> {
    let mut keys = address.strip_prefix("unix:")?.split(',').filter_map(|key| key.split_once('='));
    let (key, name) = keys.find(|(key, _)| matches!(*key, "path" | "abstract"))?;
    let bytes = unescaped(name)?;
    let address = match key {
        "path" => std::str::from_utf8(&bytes).ok().map(SocketAddr::from_pathname)?,
        _ => SocketAddr::from_abstract_name(&bytes),
    };
    Some(address.map_err(|source| AddressError::Name { name: name.to_owned(), source }))
}

/// `%20` is a blank.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn addresses_of_unix_sockets_are_understood() {
        let address: Address =
            "tcp:host=h,port=1;unix:path=/tmp/a%20b,guid=07;unix:abstract=x".parse().unwrap();
        let [path, name] = address.sockets() else { panic!("{address:?}") };
        assert_eq!(path.as_pathname(), Some(Path::new("/tmp/a b")));
        assert_eq!(name.as_abstract_name(), Some(&b"x"[..]));
        for wrong in ["", "tcp:host=h", "unix:", "unix:path=/a%2", "sessions"] {
            assert!(Address::from_str(wrong).is_err(), "{wrong}");
        }
        let long = format!("unix:path=/{}", "x".repeat(200));
        assert!(matches!(Address::from_str(&long), Err(AddressError::Name { .. })));
    }
}
