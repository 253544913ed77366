//! What notices a death: [`Detector`], and somebody who waits for one death by it: [`Lookout`].

use super::victim::Victim;
use channel::heartbeat::Mourner;
use serde::Serialize;
use std::io;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use sys::clock::now_ns;
use sys::connector::{Connector, Ended, News};
use sys::poll::{Poller, wait_readable};
use sys::signals::ChildSignals;

/// A means of noticing a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Detector {
    Pidfd,
    RobustFutex,
    PipeEnd,
    SocketEnd,
    Sigchld,
    Connector,
}

impl Detector {
    /// The first is what the others are compared with.
    pub(super) const ALL: [Detector; 6] = [
        Detector::Pidfd,
        Detector::RobustFutex,
        Detector::PipeEnd,
        Detector::SocketEnd,
        Detector::Sigchld,
        Detector::Connector,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Detector::Pidfd => "pidfd in epoll",
            Detector::RobustFutex => "mark in a robust futex",
            Detector::PipeEnd => "end of a pipe",
            Detector::SocketEnd => "hang-up of a pair of sockets",
            Detector::Sigchld => "SIGCHLD by signalfd",
            Detector::Connector => "netlink process-event connector",
        }
    }

    /// Takes up its post for the death of `victim`.
    pub(super) fn post<'a>(
        self,
        victim: &'a Victim,
        signals: &'a ChildSignals,
    ) -> anyhow::Result<Lookout<'a>> {
        let means = match self {
            Detector::Pidfd => {
                let poller = Poller::new()?;
                poller.add(&victim.child, 0)?;
                Means::Pidfd(poller)
            }
            Detector::RobustFutex => Means::RobustFutex(Mourner::attach(victim.page.fd())?),
            Detector::PipeEnd => Means::PipeEnd(victim.pipe.as_fd()),
            Detector::SocketEnd => Means::SocketEnd(victim.socket.as_fd()),
            Detector::Sigchld => Means::Sigchld(signals),
            Detector::Connector => Means::Connector(Connector::open()?),
        };
        Ok(Lookout { pid: victim.child.pid(), means })
    }
}

/// Somebody who waits for the death of one process by one means.
pub(super) struct Lookout<'a> {
    pid: u32,
    means: Means<'a>,
}

enum Means<'a> {
    Pidfd(Poller),
    RobustFutex(Mourner),
    PipeEnd(BorrowedFd<'a>),
    SocketEnd(BorrowedFd<'a>),
    Sigchld(&'a ChildSignals),
    Connector(Connector),
}

impl Lookout<'_> {
    /// Sleeps until the death is told; when it was, and how often. `None` if it was not until
    /// `deadline_ns`.
    pub(super) fn watch(&mut self, deadline_ns: u64) -> io::Result<Option<(u64, u32)>> {
        loop {
            let told = self.look(deadline_ns)?;
            let at_ns = now_ns();
            if told > 0 {
                return Ok(Some((at_ns, told)));
            }
            if at_ns >= deadline_ns {
                return Ok(None);
            }
        }
    }

    /// How often it is told once more. What is a state and not a message cannot be.
    pub(super) fn told_again(&mut self) -> io::Result<u32> {
        match self.means {
            Means::Sigchld(_) | Means::Connector(_) => self.look(0),
            Means::Pidfd(_) | Means::RobustFutex(_) | Means::PipeEnd(_) | Means::SocketEnd(_) => {
                Ok(0)
            }
        }
    }

    /// Events of any kind that this means is known to have lost meanwhile.
    pub(super) fn lost(&self) -> u64 {
        match &self.means {
            Means::Connector(connector) => connector.missed(),
            _ => 0,
        }
    }

    /// Sleeps until there may be something, at the longest until `until_ns`; how often it told the
    /// death.
    pub(super) fn look(&mut self, until_ns: u64) -> io::Result<u32> {
        let pid = self.pid;
        let mut told = 0;
        match &mut self.means {
            Means::Pidfd(poller) => {
                let mut ready = Vec::new();
                poller.wait(until_ns, &mut ready)?;
                told = ready.len() as u32;
            }
            Means::RobustFutex(page) => told = page.wait(until_ns).into(),
            Means::PipeEnd(pipe) => {
                wait_readable(*pipe, until_ns)?;
                told = is_end(sys::pipe::read(*pipe, &mut [0]))?.into();
            }
            Means::SocketEnd(socket) => {
                wait_readable(*socket, until_ns)?;
                told = is_end(sys::socket::receive_some(*socket, &mut [0]))?.into();
            }
            Means::Sigchld(signals) => {
                wait_readable(*signals, until_ns)?;
                while let Some(child) = signals.next()? {
                    told += u32::from(child == pid);
                }
            }
            Means::Connector(connector) => {
                wait_readable(&*connector, until_ns)?;
                while let Some(news) = connector.read()? {
                    let its = |ended: Ended| ended.pid == pid && ended.group == pid;
                    told += u32::from(matches!(news, News::Ended(ended) if its(ended)));
                }
            }
        }
        Ok(told)
    }
}

fn is_end(read: io::Result<Option<usize>>) -> io::Result<bool> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(true),
        read => read.map(|_nothing| false),
    }
}
