//! What a child of the test program becomes and does to itself: [`main`].

use std::os::fd::RawFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use sys::calls::{self, Call};
use sys::clock::{now_ns, sleep_until};
use sys::crash;
use sys::limits;
use sys::process::{die_with_parent, inherited};
use sys::shm::{Memory, Shared, SharedView};

/// First argument of a child; no test has this name.
pub(crate) const MARK: &str = "become";
/// Bytes of the page in which a child tells what came of it.
pub(crate) const PAGE_BYTES: usize = 4096;
/// Words of that page.
pub(crate) mod told {
    /// 1 when the child is ready for what will be done to it.
    pub(crate) const READY: usize = 0;
    /// Goes up as long as the child runs.
    pub(crate) const TURNS: usize = 1;
    /// The error number that the child got.
    pub(crate) const ERRNO: usize = 2;
    /// How many succeeded before.
    pub(crate) const DONE: usize = 3;
    /// A word for the child to write to, through a mapping that does not allow it.
    pub(crate) const WRITTEN: usize = 0;
}
/// What a child touches at a time when it takes memory.
pub(crate) const BITE_BYTES: usize = 1 << 20;
/// Content of all words of what the child keeps on its heap.
const KEPT: u64 = 0x5151_5151_5151_5151;
/// Bytes on the heap, in pieces that are too small to be mapped for themselves.
const KEPT_PIECES: usize = 64;
const KEPT_PIECE_WORDS: usize = 8 << 10;

/// Becomes the victim that the arguments name.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let [role, parent, page, view] = arguments else { return ExitCode::from(2) };
    die_with_parent(parent.parse().expect("a number")).expect("a living parent");
    crash::disable_core_files().expect("no core files");
    let page = Shared::map(taken(page), 0, PAGE_BYTES).expect("the page");
    let view = SharedView::map(taken(view), 0, PAGE_BYTES).expect("the view");
    let words = page.words();
    match role.as_str() {
        "overflow" => crash::overflow_stack(),
        "overflow-thread" => {
            std::thread::spawn(|| crash::overflow_stack()).join().expect("it does not panic");
        }
        "exhaust" => crash::exhaust_memory(),
        "illegal" => crash::illegal_instruction(),
        "write" => crash::write_to(&view),
        "kill-self" => crash::kill_self(),
        "deadlock" => crash::deadlock(),
        "ignore-terminate" => {
            crash::ignore_terminate().expect("a signal can be ignored");
            turn(words);
        }
        "turn" => turn(words),
        "threads" => {
            std::thread::spawn(|| sleep_until(u64::MAX / 2));
            turn(words);
        }
        "keep" => keep(words),
        "take-memory" => take_memory(words),
        "open" => open(words),
        "write-file" => write_file(words),
        "refuse" => refuse(),
        other => panic!("no victim is called {other}"),
    }
    ExitCode::SUCCESS
}

fn taken(fd: &str) -> std::os::fd::OwnedFd {
    inherited(fd.parse::<RawFd>().expect("a number")).expect("a descriptor that was handed down")
}

fn tell(words: &[AtomicU64], index: usize, value: u64) {
    // Release: pairs with the owner's Acquire, so that what was told before is seen with it.
    words[index].store(value, Ordering::Release);
}

/// Runs without end and shows it.
fn turn(words: &[AtomicU64]) {
    tell(words, told::READY, 1);
    for number in 1.. {
        tell(words, told::TURNS, number);
        sleep_until(now_ns() + 1_000_000);
    }
}

/// Keeps words on the heap and counts the bits that are not as they were.
fn keep(words: &[AtomicU64]) {
    let kept: Vec<_> = (0..KEPT_PIECES).map(|_| vec![KEPT; KEPT_PIECE_WORDS]).collect();
    tell(words, told::READY, 1);
    loop {
        let flips = std::hint::black_box(&kept).iter().flatten();
        let flips: u32 = flips.map(|word| (word ^ KEPT).count_ones()).sum();
        tell(words, told::DONE, flips.into());
        sleep_until(now_ns() + 1_000_000);
    }
}

/// Takes ever more memory from when it is told to.
fn take_memory(words: &[AtomicU64]) {
    wait_to_go(words);
    let mut taken = Vec::new();
    for bites in 1.. {
        taken.push(vec![1_u8; BITE_BYTES]);
        std::hint::black_box(&mut taken);
        tell(words, told::DONE, bites);
    }
}

/// Opens files until it is refused, once it is told to.
fn open(words: &[AtomicU64]) {
    wait_to_go(words);
    let (opened, errno) = limits::open_until_refused().expect("a refusal for lack of descriptors");
    tell(words, told::DONE, opened.len() as u64);
    tell(words, told::ERRNO, errno.cast_unsigned().into());
}

/// Writes to a file without a name until it is refused, once it is told to.
fn write_file(words: &[AtomicU64]) {
    limits::survive_file_size().expect("a signal can be ignored");
    let mut file = tempfile::tempfile().expect("a file");
    wait_to_go(words);
    let error = loop {
        match std::io::Write::write(&mut file, &[0; 1000]) {
            Ok(bytes) => tell(words, told::DONE, load(words, told::DONE) + bytes as u64),
            Err(error) => break error,
        }
    };
    tell(words, told::ERRNO, error.raw_os_error().unwrap_or(0).cast_unsigned().into());
}

/// Refuses its own calls one way, then the other, and fails unless each is refused in all its
/// threads from then on, and nothing else is.
fn refuse() {
    const NO_BUFFERS: i32 = 105;
    const IO: i32 = 5;
    let (near, far) = sys::socket::datagram_pair().expect("sockets");
    let mut buffer = [0; 8];
    std::thread::scope(|scope| {
        let (go, gone) = std::sync::mpsc::channel();
        let (near, far) = (&near, &far);
        let other = scope.spawn(move || {
            gone.recv().expect("it is told to go");
            sys::socket::receive(far, &mut [0; 8]).expect_err("a refusal").raw_os_error()
        });
        assert!(sys::socket::send(near, b"before").expect("no refusal yet").is_sent());
        calls::refuse(Call::Send, NO_BUFFERS).expect("a filter");
        let refused = sys::socket::send(near, b"after").expect("a full queue");
        assert_eq!(refused, sys::socket::Sent::QueueFull);
        let received = sys::socket::receive(far, &mut buffer).expect("no refusal of this");
        assert_eq!(received, Some(6));
        calls::refuse(Call::Receive, IO).expect("a second filter");
        let refused = sys::socket::receive(far, &mut buffer).expect_err("a refusal");
        assert_eq!(refused.raw_os_error(), Some(IO));
        go.send(()).expect("the other thread listens");
        assert_eq!(other.join().expect("no panic"), Some(IO));
    });
    Memory::anonymous("others", PAGE_BYTES).expect("other calls are allowed");
    assert!(calls::refuse(Call::Send, 0).is_err() && calls::refuse(Call::Send, 4096).is_err());
}

fn wait_to_go(words: &[AtomicU64]) {
    tell(words, told::READY, 1);
    while load(words, told::READY) != 2 {
        sleep_until(now_ns() + 1_000_000);
    }
}

fn load(words: &[AtomicU64], index: usize) -> u64 {
    // Acquire: pairs with the Release of whoever told it.
    words[index].load(Ordering::Acquire)
}
