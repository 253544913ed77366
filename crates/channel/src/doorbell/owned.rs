//! The owner's doorbell: [`Owned`] makes what its [`Kind`] consists of and hands it down.

use super::descriptors::{Listening, Noticing};
use super::locks::Condition;
use super::signal::{self, Signal};
use super::{Chime, Doorbell, futex};
use crate::link::{HandDown, Inherited};
use crate::page::{AttachError, attach, create};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;
use sys::mutex::Mutex;
use sys::notify::{Touched, Watch};
use sys::poll::Waker;
use sys::queued::Ear;
use sys::semaphore::Semaphore;
use sys::shm::Memory;
use sys::sysv::semaphore::{Semaphore as SysvSemaphore, SemaphoreEnd};
use wire::Mechanism;
use wire::shared::{PAGE_BYTES, PageKind, doorbell};

/// What makes a doorbell heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A futex on the counter.
    #[default]
    Futex,
    /// A process-shared POSIX semaphore.
    Semaphore,
    /// A robust process-shared mutex and a condition.
    Condvar,
    /// An eventfd.
    Eventfd,
    /// A System V semaphore.
    SysvSemaphore,
    /// A queued real-time signal.
    Signal,
    /// Inotify on a file in memory.
    Inotify,
    /// An eventfd for those who have no descriptor, and the descriptors of the others
    /// ([`Doorbell::listen`]).
    Poll,
}

impl Kind {
    /// Every kind, by its number in the page.
    pub const ALL: [Kind; 8] = [
        Kind::Futex,
        Kind::Semaphore,
        Kind::Condvar,
        Kind::Eventfd,
        Kind::SysvSemaphore,
        Kind::Signal,
        Kind::Inotify,
        Kind::Poll,
    ];

    /// What wakes the receiver of a link by this mechanism.
    pub fn of(mechanism: Mechanism) -> Kind {
        match mechanism {
            Mechanism::Shm | Mechanism::PosixShmFutex => Kind::Futex,
            Mechanism::PosixShmSemaphore => Kind::Semaphore,
            Mechanism::PosixShmCondvar => Kind::Condvar,
            Mechanism::PosixShmEventfd => Kind::Eventfd,
            Mechanism::SysvShmSemaphore => Kind::SysvSemaphore,
            Mechanism::ShmSignal => Kind::Signal,
            Mechanism::ShmInotify => Kind::Inotify,
            _ => Kind::Poll,
        }
    }
}

/// A doorbell with everything that it consists of. Dropped, everything is given back.
#[derive(Debug)]
pub struct Owned {
    bell: Doorbell,
    memory: Memory,
    more: Vec<OwnedFd>,
    semaphore: Option<SysvSemaphore>,
}

impl Owned {
    /// Makes one.
    pub fn create(kind: Kind) -> Result<Owned, AttachError> {
        let (memory, page) = create(PageKind::Doorbell, PAGE_BYTES)?;
        // Release pairs with Acquire in `inherit`.
        page.words()[doorbell::KIND].store(kind as u64, Ordering::Release);
        let (more, semaphore) = parts(kind, memory.fd()).map_err(map)?;
        let chime = {
            let own = more.iter().map(OwnedFd::try_clone);
            let own = own.collect::<io::Result<Vec<_>>>().map_err(map)?;
            chime(kind, memory.fd(), own, semaphore.as_ref().map(SysvSemaphore::id))?
        };
        Ok(Owned { bell: Doorbell { page, chime }, memory, more, semaphore })
    }

    /// The doorbell, for its owner.
    pub fn bell(&self) -> &Doorbell {
        &self.bell
    }

    /// The doorbell for everyone else, who rings or waits.
    pub fn end(&self) -> HandDown<'_> {
        let mut fds = vec![self.memory.fd()];
        fds.extend(self.more.iter().map(OwnedFd::as_fd));
        let ids = self.semaphore.iter().map(|it| it.id().cast_unsigned().into()).collect();
        HandDown { fds, ids }
    }

    /// Keeps rings from a process that waited and has died. Call it *before* it is buried (`waitpid`):
    /// after that its number may be another's.
    pub fn bury_waiter(&self, pid: u32) {
        signal::forget(&self.bell.page, pid);
    }
}

/// What a kind consists of beside the memory.
fn parts(kind: Kind, memory: BorrowedFd<'_>) -> io::Result<(Vec<OwnedFd>, Option<SysvSemaphore>)> {
    let mut semaphore = None;
    let mut more = Vec::new();
    match kind {
        Kind::Futex => {}
        Kind::Semaphore => drop(Semaphore::create(memory, PAGE_BYTES)?),
        Kind::Condvar => drop(Mutex::create(memory, PAGE_BYTES)?),
        Kind::Eventfd | Kind::Poll => more.push(Waker::new()?.as_fd().try_clone_to_owned()?),
        Kind::SysvSemaphore => semaphore = Some(SysvSemaphore::create()?),
        Kind::Signal => more.push(Ear::new()?.as_fd().try_clone_to_owned()?),
        Kind::Inotify => {
            let touched = Touched::create()?;
            let watch = Watch::of(&touched)?;
            more.push(touched.as_fd().try_clone_to_owned()?);
            more.push(watch.as_fd().try_clone_to_owned()?);
        }
    }
    Ok((more, semaphore))
}

pub(super) fn inherit(end: Inherited) -> Result<Doorbell, AttachError> {
    let mut descriptors = end.descriptors.into_iter();
    let memory = descriptors.next().ok_or_else(|| impossible("no memory".to_owned()))?;
    let page = attach(PageKind::Doorbell, &memory, PAGE_BYTES)?;
    // Acquire pairs with Release in `create`.
    let number = page.words()[doorbell::KIND].load(Ordering::Acquire);
    let kind = Kind::ALL.get(number as usize).copied();
    let kind = kind.ok_or_else(|| impossible(format!("kind {number}")))?;
    let id = end.ids.first().map(|&id| id as i32);
    let chime = chime(kind, memory.as_fd(), descriptors.collect(), id)?;
    Ok(Doorbell { page, chime })
}

/// What makes a doorbell heard, of its parts.
fn chime(
    kind: Kind,
    memory: BorrowedFd<'_>,
    more: Vec<OwnedFd>,
    id: Option<i32>,
) -> Result<Box<dyn Chime>, AttachError> {
    let foreign = impossible(format!("{kind:?} of {} descriptors and id {id:?}", more.len()));
    let mut more = more.into_iter();
    Ok(match (kind, more.next(), more.next(), id) {
        (Kind::Futex, None, None, None) => Box::new(futex::Futex),
        (Kind::Semaphore, None, None, None) => {
            Box::new(Semaphore::attach(memory, PAGE_BYTES).map_err(map)?)
        }
        (Kind::Condvar, None, None, None) => {
            Box::new(Condition::new(Mutex::attach(memory, PAGE_BYTES).map_err(map)?))
        }
        (Kind::SysvSemaphore, None, None, Some(id)) => Box::new(SemaphoreEnd::new(id)),
        (Kind::Eventfd, Some(event), None, None) => Box::new(Waker::from_fd(event)),
        (Kind::Poll, Some(event), None, None) => Box::new(Listening::new(Waker::from_fd(event))),
        (Kind::Signal, Some(ear), None, None) => Box::new(Signal::new(Ear::from_fd(ear))),
        (Kind::Inotify, Some(file), Some(watch), None) => {
            Box::new(Noticing::new(Touched::from_fd(file), Watch::from_fd(watch)))
        }
        _ => return Err(foreign),
    })
}

fn map(source: io::Error) -> AttachError {
    AttachError::Map { what: PageKind::Doorbell, source }
}

fn impossible(detail: String) -> AttachError {
    AttachError::Impossible { what: PageKind::Doorbell, detail }
}
