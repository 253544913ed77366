//! What a link does when one of its processes is broken: [`Breakage`], a row for each mechanism.
//!
//! Measured by real processes that are really killed and stopped (`failop bench breakage`); here are the
//! figures alone, with what they mean.

use crate::Verdict;
use serde::Serialize;
use wire::Mechanism;

/// Version of the JSON form of [`Breakages`].
pub const SCHEMA: u32 = 1;

/// Every mechanism that was broken, and those that this host has not.
#[derive(Clone, Debug, Serialize)]
pub struct Breakages {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Bytes of a message.
    pub message_bytes: u64,
    /// How often each process was killed.
    pub kills: u32,
    /// Whether everyone was in the real-time class.
    pub realtime: bool,
    /// A row for each mechanism.
    pub rows: Vec<Breakage>,
    /// Mechanisms that could not be tried, each with the reason.
    pub skipped: Vec<Skipped>,
}

impl Breakages {
    /// A message that was taken for whole though it was not fails; nothing else does.
    pub fn verdict(&self) -> Verdict {
        let is_torn = self.rows.iter().any(|row| row.torn() > 0);
        if is_torn { Verdict::Fail } else { Verdict::Pass }
    }
}

/// A mechanism that could not be tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Which.
    pub mechanism: Mechanism,
    /// Why not.
    pub why: String,
}

/// What became of a link when its processes were broken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Breakage {
    /// By what messages travelled.
    pub mechanism: Mechanism,
    /// The sender was killed at random moments while it sent as fast as it could.
    pub sender_killed: SenderKilled,
    /// The receiver was killed at random moments.
    pub receiver_killed: ReceiverKilled,
    /// The receiver was stopped while the sender sent at a steady pace.
    pub receiver_stopped: ReceiverStopped,
    /// Somebody was killed while it rang the receiver's bell.
    pub ringer_killed: RingerKilled,
    /// Who owned the link was killed, and everyone with it.
    pub owner_killed: OwnerKilled,
}

impl Breakage {
    /// Messages that were taken for whole though they were not, whoever was broken.
    pub fn torn(&self) -> u64 {
        self.sender_killed.torn + self.receiver_killed.torn + self.receiver_stopped.torn
    }
}

/// What the death of a sender costs its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SenderKilled {
    /// Kills that met it in the middle of handing a message over.
    pub while_sending: u32,
    /// Messages that the receiver got for whole though they were not.
    pub torn: u64,
    /// Times that the receiver was told of something that was no whole message.
    pub damaged: u64,
    /// Messages that never came, per kill. The one in hand is lost unless the kernel had all of it: 1 is
    /// what a kill between its beginning and its end costs at least.
    pub lost_per_kill: f64,
    /// From the kill to the first message of the successor, median, ms. The successor's start is in it.
    pub recovered_p50_ms: f64,
    /// The same, longest.
    pub recovered_max_ms: f64,
}

/// What the death of a receiver costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReceiverKilled {
    /// Longest time for which the sender was kept in handing a message over, ms.
    pub sender_blocked_max_ms: f64,
    /// Messages that its successor got for whole though they were not.
    pub torn: u64,
    /// Times that its successor was told of something that was no whole message.
    pub damaged: u64,
    /// Messages that were handed over and that nobody got, per kill.
    pub lost_per_kill: f64,
    /// Messages that came again, per kill.
    pub repeated_per_kill: f64,
    /// From the kill to the first message that the successor got, median, ms.
    pub recovered_p50_ms: f64,
    /// The same, longest.
    pub recovered_max_ms: f64,
}

/// What a receiver that stands still for a second costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReceiverStopped {
    /// For how long it stood still, ms.
    pub stopped_ms: f64,
    /// Longest time for which the sender was kept in handing a message over, ms.
    pub sender_blocked_max_ms: f64,
    /// Messages for which the sender was told that there is no room.
    pub refused: u64,
    /// Messages older than 100 ms that it got when it went on.
    pub stale: u64,
    /// Age of the oldest of all that it got, ms.
    pub oldest_ms: f64,
    /// Times that it was told of something that was no whole message.
    pub damaged: u64,
    /// Messages that it got for whole though they were not.
    pub torn: u64,
}

/// What the death of a process that rings costs the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RingerKilled {
    /// Kills.
    pub kills: u32,
    /// Longest time for which the next who rang was kept, ms.
    pub blocked_max_ms: f64,
    /// Times that the receiver was not woken by the next ring, but by its own deadline.
    pub not_woken: u32,
}

/// What is left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnerKilled {
    /// What stands in the system after an owner that ended in order.
    pub left_when_ended: Vec<String>,
    /// What stands in the system after an owner that was killed.
    pub left_when_killed: Vec<String>,
}
