//! Shared pages that say what they are: [`create`], [`attach`], [`attach_view`].

use crate::store::{Store, StoreKind};
use std::io;
use std::sync::atomic::Ordering;
use sys::shm::{Memory, Shared, SharedView, Source};
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
    let memory = Memory::anonymous(&name(what), PAGE_BYTES + more).map_err(map)?;
    let header = head(what, memory.fd())?;
    Ok((memory, header))
}

/// The same in memory of another kind.
pub(crate) fn create_in(
    kind: StoreKind,
    what: PageKind,
    more: usize,
) -> Result<(Store, Shared), AttachError> {
    let map = |source| AttachError::Map { what, source };
    let store = Store::create(kind, &name(what), PAGE_BYTES + more).map_err(map)?;
    let header = head(what, store.place())?;
    Ok((store, header))
}

fn name(what: PageKind) -> String {
    format!("failop-{what:?}")
}

/// Marks the header page as what it is.
fn head(what: PageKind, source: impl Source) -> Result<Shared, AttachError> {
    let map = |source| AttachError::Map { what, source };
    let header = Shared::map(source, 0, PAGE_BYTES).map_err(map)?;
    header.words()[0].store(magic(what), Ordering::Release);
    Ok(header)
}

/// Maps `bytes` of existing memory of this kind for reading and writing.
pub(crate) fn attach(
    what: PageKind,
    source: impl Source,
    bytes: usize,
) -> Result<Shared, AttachError> {
    let shared =
        Shared::map(source, 0, bytes).map_err(|source| AttachError::Map { what, source })?;
    check(what, shared.words()[0].load(Ordering::Acquire))?;
    Ok(shared)
}

/// Maps `bytes` of existing memory of this kind for reading.
pub(crate) fn attach_view(
    what: PageKind,
    source: impl Source,
    bytes: usize,
) -> Result<SharedView, AttachError> {
    let view =
        SharedView::map(source, 0, bytes).map_err(|source| AttachError::Map { what, source })?;
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
