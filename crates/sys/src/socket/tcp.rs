//! Two ends of a TCP connection over the loopback interface: [`pair`].

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

/// Connections of others that are turned away before this gives up: the port is open to every
/// process of the machine for a moment, and ours is in the queue of accepted ones at the latest
/// after them.
const STRANGERS_MAX: usize = 16;

/// Two connected sockets that neither wait nor hold small messages back (`TCP_NODELAY`). Nobody can
/// connect any more: the listener is closed.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    // The kernel completes the connection before anyone accepts it: no second thread is needed.
    let near = TcpStream::connect(listener.local_addr()?)?;
    let far = accept(&listener, &near)?;
    for end in [&near, &far] {
        end.set_nodelay(true)?;
        end.set_nonblocking(true)?;
    }
    Ok((near.into(), far.into()))
}

fn accept(listener: &TcpListener, near: &TcpStream) -> io::Result<TcpStream> {
    let wanted = near.local_addr()?;
    for _ in 0..STRANGERS_MAX {
        let (far, address) = listener.accept()?;
        if address == wanted {
            return Ok(far);
        }
    }
    Err(io::Error::other("others crowd the port of a connection to ourselves"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::{wait_readable, wait_writable};
    use crate::socket::{receive_some, send_some};

    const FOREVER_NS: u64 = u64::MAX / 2;

    #[test]
    fn bytes_come_in_order_and_a_full_connection_is_told() {
        let (near, far) = pair().unwrap();
        let mut buffer = [0; 8];
        assert_eq!(receive_some(&far, &mut buffer).unwrap(), None);
        assert_eq!(send_some(&near, b"one").unwrap(), Some(3));
        wait_readable(&far, FOREVER_NS).unwrap();
        assert_eq!(receive_some(&far, &mut buffer).unwrap(), Some(3));
        let mut taken = 0;
        while let Some(count) = send_some(&near, &[0; 16384]).unwrap() {
            taken += count;
            assert!(taken < 1_000_000_000, "the buffers must end");
        }
        let mut received = 0;
        let mut buffer = vec![0; 1 << 20];
        while received < taken {
            wait_readable(&far, FOREVER_NS).unwrap();
            received += receive_some(&far, &mut buffer).unwrap().unwrap_or(0);
        }
        wait_writable(&near, FOREVER_NS).unwrap();
        assert_eq!(send_some(&near, b"x").unwrap(), Some(1));
    }

    #[test]
    fn the_end_of_a_peer_is_told_as_what_it_is() {
        let (near, far) = pair().unwrap();
        drop(near);
        wait_readable(&far, FOREVER_NS).unwrap();
        let error = receive_some(&far, &mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
