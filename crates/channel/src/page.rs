//! Shared pages that say what they are: [`create`], [`attach`], [`attach_view`].

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared, SharedView};
use wire::shared::{PAGE_BYTES, PageKind, magic};

/// A shared page could not be attached.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// It could not be created or mapped.
    #[error("cannot map {what:?}")]
    Map {
        /// What was to be mapped.
        what: PageKind,
        /// Why not.
        source: io::Error,
    },
    /// It is something else, or of another version.
    #[error("expected {what:?} (magic {expected:#x}), found magic {found:#x}")]
    Foreign {
        /// What was to be mapped.
        what: PageKind,
        /// Magic of that kind.
        expected: u64,
        /// Magic found.
        found: u64,
    },
    /// It describes something impossible.
    #[error("{what:?} describes {detail}")]
    Impossible {
        /// What was mapped.
        what: PageKind,
        /// What it claims.
        detail: String,
    },
}

/// New anonymous memory of this kind: a header page and `more` bytes after it.
pub(crate) fn create(what: PageKind, more: usize) -> Result<(Memory, Shared), AttachError> {
    let map = |source| AttachError::Map { what, source };
    let memory = Memory::anonymous(&format!("failop-{what:?}"), PAGE_BYTES + more).map_err(map)?;
    let shared = Shared::map(memory.fd(), 0, PAGE_BYTES).map_err(map)?;
    shared.words()[0].store(magic(what), Ordering::Release);
    Ok((memory, shared))
}

/// Maps `bytes` of existing memory of this kind for reading and writing.
pub(crate) fn attach(what: PageKind, fd: impl AsFd, bytes: usize) -> Result<Shared, AttachError> {
    let shared = Shared::map(fd, 0, bytes).map_err(|source| AttachError::Map { what, source })?;
    check(what, shared.words()[0].load(Ordering::Acquire))?;
    Ok(shared)
}

/// Maps `bytes` of existing memory of this kind for reading.
pub(crate) fn attach_view(
    what: PageKind,
    fd: impl AsFd,
    bytes: usize,
) -> Result<SharedView, AttachError> {
    let view = SharedView::map(fd, 0, bytes).map_err(|source| AttachError::Map { what, source })?;
    check(what, view.load(0, Ordering::Acquire))?;
    Ok(view)
}

fn check(what: PageKind, found: u64) -> Result<(), AttachError> {
    let expected = magic(what);
    if found == expected {
        return Ok(());
    }
    Err(AttachError::Foreign { what, expected, found })
}
