//! Streams to a Unix socket with a name: [`connect`].

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, connect as nix_connect, socket,
};
use std::io;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

/// Connects without ever waiting: a listener whose queue is full is an error (`WouldBlock`). Neither
/// does the stream wait.
pub fn connect(address: &SocketAddr) -> io::Result<UnixStream> {
    let name = match (address.as_pathname(), address.as_abstract_name()) {
        (Some(path), _) => UnixAddr::new(path)?,
        (None, Some(name)) => UnixAddr::new_abstract(name)?,
        (None, None) => return Err(io::ErrorKind::InvalidInput.into()),
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let stream = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    nix_connect(stream.as_raw_fd(), &name)?;
    Ok(UnixStream::from(stream))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_stream_carries_bytes_and_never_waits() {
        let name = format!("failop-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(name).unwrap();
        assert_eq!(connect(&address).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        let listener = UnixListener::bind_addr(&address).unwrap();
        let mut stream = connect(&address).unwrap();
        let nothing = stream.read(&mut [0; 8]).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        listener.accept().unwrap().0.write_all(b"here").unwrap();
        let mut bytes = [0; 8];
        assert_eq!(stream.read(&mut bytes).unwrap(), 4);
    }
}
