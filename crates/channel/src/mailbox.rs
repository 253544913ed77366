//! Messages between two processes as Unix datagrams: [`Mailbox`].

use std::io;
use std::os::fd::OwnedFd;
pub use sys::socket::Sent;

/// One end of a pair. The kernel keeps messages whole and in order, queues a few, and tells the
/// sender when the queue is full.
#[derive(Debug)]
pub struct Mailbox {
    socket: OwnedFd,
}

/// A message as it came out of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    /// None is there.
    Empty,
    /// This many bytes of the buffer were filled.
    Message(usize),
    /// The message was longer than the buffer, by its true length; it is lost.
    TooLong(usize),
}

impl Mailbox {
    /// Takes over one end of a pair that was handed down.
    pub fn new(socket: OwnedFd) -> Mailbox {
        Mailbox { socket }
    }

    /// Sends without ever waiting.
    pub fn send(&self, message: &[u8]) -> io::Result<Sent> {
        sys::socket::send(&self.socket, message)
    }

    /// Takes one message without ever waiting.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<Mail> {
        Ok(match sys::socket::receive(&self.socket, buffer)? {
            None => Mail::Empty,
            Some(length) if length > buffer.len() => Mail::TooLong(length),
            Some(length) => Mail::Message(length),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_longer_than_the_buffer_is_told_and_does_not_spoil_the_next() {
        let (a, b) = sys::socket::datagram_pair().unwrap();
        let (a, b) = (Mailbox::new(a), Mailbox::new(b));
        assert_eq!(a.send(&[7; 20]).unwrap(), Sent::Taken);
        assert_eq!(a.send(&[8; 10]).unwrap(), Sent::Taken);
        let mut buffer = [0; 10];
        assert_eq!(b.receive(&mut buffer).unwrap(), Mail::TooLong(20));
        assert_eq!(b.receive(&mut buffer).unwrap(), Mail::Message(10));
        assert_eq!(buffer, [8; 10]);
        assert_eq!(b.receive(&mut buffer).unwrap(), Mail::Empty);
    }
}
