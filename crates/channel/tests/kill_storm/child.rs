//! The processes that are killed: [`main`] becomes one of them.

use crate::authors;
use crate::ends::{FRAMES, Message, Put, RING, Take};
use crate::pattern::{self, FRAME_BYTES};
use channel::frames::{Reader, Writer};
use channel::ring::{Consumer, Producer};
use std::os::fd::{OwnedFd, RawFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use sys::process::{die_with_parent, inherited};
use sys::shm::{HUGE_PAGE_BYTES, Shared};
use wire::shared::{PAGE_BYTES, frames};

/// First argument of a child; no test has this name.
pub(crate) const MARK: &str = "become";

/// Words of a child's state page, which outlives it.
pub(crate) mod state {
    /// What it is doing: one of the values below.
    pub(crate) const DOING: usize = 0;
    /// Nothing that a kill could tear.
    pub(crate) const IDLE: u64 = 0;
    /// A writer fills a slot.
    pub(crate) const FILLING: u64 = 1;
    /// A reader holds a slot.
    pub(crate) const READING: u64 = 2;
    /// Writer: number of the newest frame begun. Reader: number of the newest frame accepted.
    pub(crate) const NUMBER: usize = 1;
    /// Rounds: asked for a slot, or for a frame.
    pub(crate) const TURNS: usize = 2;
    /// Frames published, or accepted.
    pub(crate) const DONE: usize = 3;
    /// Reader: accepted frames that were not whole.
    pub(crate) const TORN: usize = 4;
    /// Reader: accepted frames older than one before.
    pub(crate) const BACKWARDS: usize = 5;
    /// Reader: frames with the time of publication of another.
    pub(crate) const MISMATCHED: usize = 6;
    /// Reader: the first wrong place of the last torn frame.
    pub(crate) const WRONG_PLACE: usize = 7;
    /// Reader of a channel that numbers its messages: those that were not the one after the last, nor
    /// that one again.
    pub(crate) const MISSED: usize = 8;
}

/// Becomes `role` at `channel` with the descriptors and the parent named in the arguments; returns only
/// when it cannot.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let [role, channel, numbers @ ..] = arguments else { return ExitCode::from(2) };
    let numbers: Vec<RawFd> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
    let [parent, fds @ .., state] = &numbers[..] else { return ExitCode::from(3) };
    if die_with_parent(parent.cast_unsigned()).is_err() {
        return ExitCode::from(4);
    }
    let take = |fd: &RawFd| inherited(*fd).expect("the owner hands it down");
    let state = Shared::map(take(state), 0, PAGE_BYTES).expect("the owner made the state page");
    let mut fds: Vec<OwnedFd> = fds.iter().map(take).collect();
    if role == authors::ROLE {
        return authors::main(channel, fds, &state);
    }
    let (Some(cell), Some(slots)) = (fds.pop(), fds.pop()) else { return ExitCode::from(6) };
    let made = "the owner made the channel";
    match (role.as_str(), channel.as_str()) {
        ("writer", FRAMES) => {
            write(&mut Writer::attach(&slots, &[cell]).expect(made), &state, |_, _| {})
        }
        ("writer", RING) => {
            write(&mut Producer::attach(&slots, cell).expect(made), &state, |_, _| {})
        }
        ("reader", FRAMES) => read(&mut Reader::attach(&slots, cell).expect(made), &state),
        ("reader", RING) => read(&mut Consumer::attach(&slots, cell).expect(made), &state),
        ("scribbler", FRAMES) => {
            let memory = whole(&slots);
            let mut writer = Writer::attach(&slots, &[cell]).expect(made);
            write(&mut writer, &state, |number, turn| scribble(&memory, number, turn))
        }
        _ => ExitCode::from(5),
    }
}

/// Publishes frame after frame; `after` is called with the number of each that was published.
fn write(writer: &mut impl Put, state: &Shared, after: impl Fn(u64, u64)) -> ExitCode {
    let words = state.words();
    for turn in 0_u64.. {
        add_one(&words[state::TURNS]);
        let put = writer.put(&mut |bytes, given| {
            words[state::DOING].store(state::FILLING, Ordering::Release);
            let number = given.unwrap_or_else(|| words[state::NUMBER].load(Ordering::Relaxed)) + 1;
            words[state::NUMBER].store(number, Ordering::Release);
            pattern::fill(bytes, number);
            words[state::DOING].store(state::IDLE, Ordering::Release);
            // The number stands for the time: a reader can tell whose it is.
            number
        });
        let Some(number) = put else {
            std::thread::yield_now();
            continue;
        };
        add_one(&words[state::DONE]);
        after(number, turn);
    }
    ExitCode::SUCCESS
}

/// Verifies frame after frame.
fn read(reader: &mut impl Take, state: &Shared) -> ExitCode {
    let words = state.words();
    loop {
        add_one(&words[state::TURNS]);
        let taken = reader.take(&mut |message| {
            words[state::DOING].store(state::READING, Ordering::Release);
            verify(words, message);
            words[state::DOING].store(state::IDLE, Ordering::Release);
        });
        if !taken {
            std::thread::yield_now();
        }
    }
}

fn verify(words: &[AtomicU64], &Message { bytes, published_ns, given }: &Message) {
    let number = pattern::number(bytes);
    // Twice: a writer that follows right behind the first pass would go unseen.
    let wrong = (0..2).find_map(|_| pattern::first_wrong(bytes, number));
    if let Some(place) = wrong {
        words[state::WRONG_PLACE].store(place as u64, Ordering::Relaxed);
        add_one(&words[state::TORN]);
    }
    if published_ns != number || given.is_some_and(|given| given + 1 != number) {
        add_one(&words[state::MISMATCHED]);
    }
    let last = words[state::NUMBER].load(Ordering::Relaxed);
    if number < last {
        add_one(&words[state::BACKWARDS]);
    }
    if given.is_some() && !(last..=last + 1).contains(&number) {
        add_one(&words[state::MISSED]);
    }
    words[state::NUMBER].store(number, Ordering::Relaxed);
    add_one(&words[state::DONE]);
}

/// Adds one and returns the sum. Only the child stores to its page.
fn add_one(word: &AtomicU64) -> u64 {
    word.fetch_add(1, Ordering::Release) + 1
}

/// The header page and the slots, past every guard.
fn whole(frames: &OwnedFd) -> Shared {
    let header = Shared::map(frames, 0, PAGE_BYTES).expect("the header page");
    let slots = header.words()[frames::SLOTS].load(Ordering::Relaxed) as usize;
    let bytes = HUGE_PAGE_BYTES + slots * FRAME_BYTES.next_multiple_of(PAGE_BYTES);
    Shared::map(frames, 0, bytes).expect("header and slots")
}

/// Breaks the protocol: writes the frame after `number` over the one that was just published.
fn scribble(memory: &Shared, number: u64, turn: u64) {
    let words = memory.words();
    let slot = (words[frames::LATEST].load(Ordering::Relaxed) & 0xff) as usize;
    let stride = FRAME_BYTES.next_multiple_of(PAGE_BYTES);
    let first = (HUGE_PAGE_BYTES + slot * stride) / 8;
    // From a place that wanders, so that it meets the reader somewhere.
    let from = 1 + (turn as usize * 4099) % (FRAME_BYTES / 16);
    for place in from..FRAME_BYTES / 8 {
        words[first + place].store(pattern::word(number + 1, place), Ordering::Relaxed);
    }
}
