//! Telling the service manager how this service does (`sd_notify(3)`, by hand: one datagram for each
//! message): [`ServiceManager`].

use crate::clock::now_ns;
use std::cell::Cell;
use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Signs of life per timeout: one may be lost, and the one after it late.
const SIGNS_PER_TIMEOUT: u64 = 3;

/// Whoever started this process as a service.
#[derive(Debug)]
pub struct ServiceManager {
    socket: UnixDatagram,
    address: SocketAddr,
    /// How often it wants a sign of life.
    sign_period_ns: Option<u64>,
    /// When the last one left.
    signed_ns: Cell<u64>,
}

/// What the service manager says of itself cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ManagerError {
    /// The address is no address.
    #[error(
        "NOTIFY_SOCKET is {address}; it must be a path from the root, or an abstract name after @"
    )]
    Address {
        /// As given.
        address: String,
    },
    /// There is no socket to be had.
    #[error("cannot make a socket to the service manager")]
    Socket(#[from] io::Error),
}

impl ServiceManager {
    /// The one that this process was started by; `None` where it was not, or does not want to be told.
    pub fn find() -> Result<Option<ServiceManager>, ManagerError> {
        let Some(address) = env::var_os("NOTIFY_SOCKET").filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let number = |name| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        // The timeout is for the process that was started, not for those whom it starts.
        let ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let timeout_us = number("WATCHDOG_USEC").filter(|&us| us > 0 && ours);
        ServiceManager::at(&address, timeout_us).map(Some)
    }

    /// The one at this address, which wants a sign of life within so many microseconds.
    pub fn at(address: &OsStr, timeout_us: Option<u64>) -> Result<ServiceManager, ManagerError> {
        let told = || ManagerError::Address { address: address.display().to_string() };
        let address = match address.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(address)?,
            _ => return Err(told()),
        };
        let socket = UnixDatagram::unbound()?;
        // A manager that does not read must not hold up whoever tells it something.
        socket.set_nonblocking(true)?;
        let sign_period_ns = timeout_us.map(|us| us.saturating_mul(1000) / SIGNS_PER_TIMEOUT);
        Ok(ServiceManager { socket, address, sign_period_ns, signed_ns: Cell::new(0) })
    }

    /// The service is up.
    pub fn ready(&self) -> io::Result<()> {
        self.tell("READY=1")
    }

    /// What it does, for people.
    pub fn status(&self, what: &str) -> io::Result<()> {
        self.tell(&format!("STATUS={what}"))
    }

    /// The service ends.
    pub fn stopping(&self) -> io::Result<()> {
        self.tell("STOPPING=1")
    }

    /// When the next sign of life is due; `None` where none is wanted.
    fn sign_due_ns(&self) -> Option<u64> {
        self.sign_period_ns.map(|period| self.signed_ns.get().saturating_add(period))
    }

    /// Gives a sign of life if one is due; one that finds no room stays due.
    pub fn sign(&self) -> io::Result<()> {
        let now = now_ns();
        if self.sign_due_ns().is_some_and(|due| due <= now) && self.send("WATCHDOG=1")? {
            self.signed_ns.set(now);
        }
        Ok(())
    }

    /// What finds no room is lost: nobody waits for who does not read.
    fn tell(&self, message: &str) -> io::Result<()> {
        self.send(message).map(drop)
    }

    /// Whether the manager has room for it.
    fn send(&self, message: &str) -> io::Result<bool> {
        match self.socket.send_to_addr(message.as_bytes(), &self.address) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            sent => sent.map(|_| true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    fn life_is_told(address: &OsStr, manager: &UnixDatagram) {
        let told = ServiceManager::at(address, Some(1)).unwrap();
        told.ready().unwrap();
        told.status("scenario 1 of 2").unwrap();
        told.sign().unwrap();
        told.stopping().unwrap();
        for expected in ["READY=1", "STATUS=scenario 1 of 2", "WATCHDOG=1", "STOPPING=1"] {
            assert_eq!(heard(manager), expected);
        }
    }

    #[test]
    fn a_manager_with_a_path_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        life_is_told(path.as_os_str(), &UnixDatagram::bind(&path).unwrap());
    }

    #[test]
    fn a_manager_with_an_abstract_name_is_told() {
        let name = format!("failop-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        life_is_told(OsStr::new(&format!("@{name}")), &UnixDatagram::bind_addr(&address).unwrap());
    }

    #[test]
    fn a_sign_of_life_is_given_when_it_is_due_and_where_it_is_wanted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let told = ServiceManager::at(path.as_os_str(), Some(u64::MAX)).unwrap();
        told.signed_ns.set(now_ns());
        told.sign().unwrap();
        let unwanted = ServiceManager::at(path.as_os_str(), None).unwrap();
        unwanted.sign().unwrap();
        unwanted.stopping().unwrap();
        assert_eq!(heard(&manager), "STOPPING=1", "and nothing before it");
    }

    #[test]
    fn a_full_queue_holds_nobody_up_and_a_bad_address_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let _deaf = UnixDatagram::bind(&path).unwrap();
        let told = ServiceManager::at(path.as_os_str(), Some(1)).unwrap();
        for _ in 0..10_000 {
            told.ready().unwrap();
        }
        told.sign().unwrap();
        assert_eq!(told.signed_ns.get(), 0, "a sign that did not leave is still due");
        let error = ServiceManager::at(OsStr::new("relative"), None).unwrap_err();
        assert!(error.to_string().starts_with("NOTIFY_SOCKET is relative; it must be"));
    }
}
