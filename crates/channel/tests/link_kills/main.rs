//! Links between real processes, one of which is killed in the middle of a message: whatever was
//! cut off is told, no message that is accepted is torn, and whoever comes next gets on.
//!
//! The program starts itself again as its own children, so it has no libtest in it; `harness`
//! stands in for that.
#![forbid(unsafe_code)]

mod child;
#[path = "../kill_storm/harness.rs"]
mod harness;
mod rig;

use channel::link::{Inlet, Mechanism, Outlet, Taken};
use child::{message_number, state};
use harness::{Test, say};
use rig::{Actor, Rig, own};
use std::process::ExitCode;
use sys::clock::{now_ns, sleep_until};
use sys::process::{Exit, RunState};

/// Mechanisms that move a message in pieces, between which its sender or its receiver can die.
const IN_PIECES: [Mechanism; 9] = [
    Mechanism::Pipe,
    Mechanism::Fifo,
    Mechanism::Vmsplice,
    Mechanism::UnixStream,
    Mechanism::UnixDgram,
    Mechanism::UnixSeqpacket,
    Mechanism::Tcp,
    Mechanism::PosixMq,
    Mechanism::SysvMsg,
];
/// Mechanisms that move a message, or where it lies, at once: there is no middle.
const AT_ONCE: [Mechanism; 5] = [
    Mechanism::MemfdPassing,
    Mechanism::Hybrid,
    Mechanism::Shm,
    Mechanism::PosixShmFutex,
    Mechanism::SysvShmSemaphore,
];
/// Kills for each of them.
const KILLS: u64 = 10;
/// By how much later than in the life before a kill comes: over the lives, all of what a frame takes.
const SPREAD_NS: u64 = 3_000;
/// Messages that a test sends at most before a link that nobody reads must be full.
const SENDS_MAX: u32 = 1000;

const TESTS: &[Test] = &[
    Test {
        name: "a_sender_killed_in_the_middle_of_a_message_costs_that_message_alone",
        run: || IN_PIECES.into_iter().for_each(senders_are_killed),
    },
    Test {
        name: "a_sender_killed_at_any_moment_damages_nothing_that_moves_at_once",
        run: || AT_ONCE.into_iter().for_each(senders_are_killed_anywhere),
    },
    Test {
        name: "a_receiver_killed_at_any_moment_holds_no_slot_for_ever",
        run: || AT_ONCE.into_iter().for_each(receivers_are_killed_anywhere),
    },
    Test {
        name: "a_receiver_stopped_and_killed_holds_nobody_up",
        run: || IN_PIECES.into_iter().for_each(receivers_are_killed),
    },
    Test { name: "whoever_writes_into_a_pipe_for_nobody_lives", run: a_lonely_writer_lives },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == child::MARK => child::main(rest),
        _ => harness::main(TESTS, &arguments),
    }
}

/// What a receiver has heard so far.
#[derive(Default)]
struct Heard {
    newest: u64,
    accepted: u64,
    damaged: u64,
}

impl Heard {
    /// Listens until two messages of this life have come, whatever the one before left in the link.
    fn listen(&mut self, sender: &Actor, inlet: &mut Inlet, life: u64) {
        let before = self.accepted;
        sender.wait("a message of this life arrives", || match inlet.take().expect("an inlet") {
            Taken::Nothing => false,
            Taken::Damaged => {
                self.damaged += 1;
                false
            }
            Taken::Message(held) => {
                let number = message_number(held.bytes()).expect("no message is torn");
                assert!(number > self.newest, "{number:#x} after {:#x}", self.newest);
                (self.newest, self.accepted) = (number, self.accepted + 1);
                number >> 32 == life && self.accepted > before + 1
            }
        });
    }
}

fn senders_are_killed(mechanism: Mechanism) {
    let rig = Rig::new(mechanism);
    let mut inlet = Inlet::attach(rig.link.spec(), own(rig.link.inlet())).expect("an inlet");
    let mut heard = Heard::default();
    for life in 1..=KILLS {
        let sender = rig.start("sender", life);
        heard.listen(&sender, &mut inlet, life);
        // It sleeps when it finds no room, and that is in the middle of a message.
        sender.wait_until(RunState::Sleeping);
        sender.kill();
        rig.link.bury_sender();
    }
    let Heard { accepted, damaged, .. } = heard;
    say(&format!("{mechanism}: {accepted} messages verified, {damaged} times damage was told"));
    assert!(damaged > 0, "{mechanism}: no kill hit a sender in the middle of a message");
}

fn senders_are_killed_anywhere(mechanism: Mechanism) {
    let rig = Rig::new(mechanism);
    let mut inlet = Inlet::attach(rig.link.spec(), own(rig.link.inlet())).expect("an inlet");
    let mut heard = Heard::default();
    for life in 1..=3 * KILLS {
        let sender = rig.start("sender", life);
        heard.listen(&sender, &mut inlet, life);
        sleep_until(now_ns() + life * SPREAD_NS);
        sender.kill();
        rig.link.bury_sender();
    }
    say(&format!("{mechanism}: {} messages verified", heard.accepted));
    assert_eq!(heard.damaged, 0, "{mechanism}");
}

fn receivers_are_killed_anywhere(mechanism: Mechanism) {
    let rig = Rig::new(mechanism);
    let mut outlet = Outlet::attach(rig.link.spec(), own(rig.link.outlet()), None).expect("an end");
    let mut number = 0;
    for life in 1..=3 * KILLS {
        let receiver = rig.start("receiver", life);
        let before = receiver.word(state::ACCEPTED);
        receiver.wait("messages are accepted in this life", || {
            number += 1;
            child::send(&mut outlet, number);
            receiver.word(state::ACCEPTED) > before + 2
        });
        sleep_until(now_ns() + life * SPREAD_NS);
        receiver.kill();
        rig.link.bury_receiver();
        assert_eq!(receiver.word(state::TORN), 0, "{mechanism}: torn messages were accepted");
    }
}

fn receivers_are_killed(mechanism: Mechanism) {
    let rig = Rig::new(mechanism);
    let mut outlet = Outlet::attach(rig.link.spec(), own(rig.link.outlet()), None).expect("an end");
    let mut number = 0;
    let mut send = || {
        number += 1;
        child::send(&mut outlet, number)
    };
    for life in 1..=KILLS {
        let receiver = rig.start("receiver", life);
        let before = receiver.word(state::ACCEPTED);
        receiver.wait("a message is accepted in this life", || {
            send();
            receiver.word(state::ACCEPTED) > before + 1
        });
        if life % 2 == 0 {
            receiver.stop();
            let sends = (0..SENDS_MAX).take_while(|_| send()).count();
            assert!(sends < SENDS_MAX as usize, "{mechanism}: a full link is told");
        }
        receiver.kill();
        rig.link.bury_receiver();
        assert_eq!(receiver.word(state::TORN), 0, "{mechanism}: torn messages were accepted");
    }
}

fn a_lonely_writer_lives() {
    let rig = Rig::new(Mechanism::Pipe);
    let child = rig.start("lonely", 1);
    assert_eq!(child.reap(), Exit::Code(child::TOLD));
}

/// Sleeps a little, for those that look again and again.
fn nap() {
    sleep_until(now_ns() + 50_000);
}
