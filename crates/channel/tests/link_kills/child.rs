//! The processes that are killed: [`main`] becomes one of them.

use channel::link::{Ends, Inlet, Outlet, Spec, Taken};
use std::os::fd::RawFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use sys::process::{die_with_parent, inherited};
use sys::shm::Shared;
use wire::shared::PAGE_BYTES;

/// First argument of a child; no test has this name.
pub(crate) const MARK: &str = "become";
/// Exit code of one that was told that nobody reads.
pub(crate) const TOLD: u8 = 42;

/// Words of the state page, which outlives the children.
pub(crate) mod state {
    /// Messages that receivers accepted.
    pub(crate) const ACCEPTED: usize = 0;
    /// Of these, those that were not whole.
    pub(crate) const TORN: usize = 1;
}

/// Becomes `role`, with the parent, the life, the state page and the end of the link named in the
/// arguments; returns only when it cannot, or is lonely.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let [role, parent, life, page, mechanism, ends @ ..] = arguments else {
        return ExitCode::from(2);
    };
    let number = |text: &str| text.parse::<u64>().expect("a number");
    die_with_parent(number(parent) as u32).expect("a parent");
    let page = inherited(number(page) as RawFd).expect("the owner hands it down");
    let state = Shared::map(page, 0, PAGE_BYTES).expect("the owner made the state page");
    let spec = super::rig::spec(mechanism.parse().expect("a mechanism"));
    let numbers = |mark: &str| -> Vec<u64> {
        ends.iter().filter_map(|end| end.strip_prefix(mark)).map(number).collect()
    };
    let descriptors = numbers("fd:").into_iter().map(|fd| fd as RawFd).collect();
    let ends = Ends { descriptors, ids: numbers("id:") };
    match role.as_str() {
        "sender" => send_for_ever(spec, &ends, number(life)),
        "receiver" => receive_for_ever(spec, &ends, state.words()),
        _ => write_to_nobody(),
    }
}

fn send_for_ever(spec: Spec, ends: &Ends, life: u64) -> ExitCode {
    let end = ends.take().expect("the owner hands it down");
    let mut outlet = Outlet::attach(spec, end, None).expect("an outlet");
    for number in 1.. {
        if !send(&mut outlet, life << 32 | number) {
            super::nap();
        }
    }
    ExitCode::FAILURE
}

/// Sends a message of this number, if there is room.
pub(crate) fn send(outlet: &mut Outlet, number: u64) -> bool {
    let Some(mut fill) = outlet.begin().expect("an outlet") else { return false };
    for word in fill.bytes().chunks_exact_mut(8) {
        word.copy_from_slice(&number.to_le_bytes());
    }
    fill.publish_at(number).expect("an outlet").wake().is_sent()
}

/// The number of a message, if all of it is of the same.
pub(crate) fn message_number(bytes: &[u8]) -> Option<u64> {
    let mut words = bytes.chunks_exact(8);
    let first = words.next()?;
    let is_whole = words.all(|word| word == first);
    is_whole.then(|| u64::from_le_bytes(first.try_into().expect("eight bytes")))
}

fn receive_for_ever(spec: Spec, ends: &Ends, state: &[AtomicU64]) -> ExitCode {
    let end = ends.take().expect("the owner hands it down");
    let mut inlet = Inlet::attach(spec, end).expect("an inlet");
    // Relaxed: one process counts, the other looks, and nothing else hangs on it.
    let count = |word: usize| state[word].fetch_add(1, Ordering::Relaxed);
    loop {
        match inlet.take().expect("an inlet") {
            Taken::Message(held) => {
                if message_number(held.bytes()).is_none() {
                    count(state::TORN);
                }
                count(state::ACCEPTED);
            }
            Taken::Nothing | Taken::Damaged => super::nap(),
        }
    }
}

/// The parent has reset all signals to their defaults; the Rust runtime ignores `SIGPIPE` again.
fn write_to_nobody() -> ExitCode {
    let pipe = sys::pipe::Pipe::anonymous(4096).expect("a pipe");
    drop(pipe.reader);
    match sys::pipe::write(&pipe.writer, b"hello?") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(TOLD),
        _ => ExitCode::FAILURE,
    }
}
