//! What happened, as 64-byte [`Record`]s: eight little words that a process writes into its event
//! ring in a few nanoseconds.
//!
//! An [`Event`] is a table: number, name, meaning, up to six words. A new event is a new line
//! here and a compile error in each place that must know it.

#[macro_use]
mod table;
mod board;
mod packed;
mod record;
mod scheduling;
mod words;

use crate::node::Node;
use record::FIELDS;
pub use record::{RECORD_BYTES, RECORD_WORDS, Record};
pub use scheduling::Scheduling;
use serde::{Deserialize, Serialize};
use words::Word;
pub use words::{
    BusState, Detector, Ending, GlobalStatus, LifeState, Limit, LocalStatus, Mode, PlacementPart,
    Proof, Reaction, StreamState, SystemState, Unfed, Withheld, pack_pair, unpack_pair,
};

board::with_board_events! {
    // ---- written by every node about itself ----

    /// `main` was reached in a new process.
    1 Started {
        /// Its process id.
        pid: u32,
    }
    /// All channels are mapped; the first step follows.
    2 Attached {}
    /// A fault acted inside this process. Written just before a crash or hang, and once for each
    /// sample that a data fault touched.
    3 Applied {
        /// Index of the fault in the plan.
        fault: u32,
        /// What it did.
        proof: Proof,
        /// Frame number or radar cycle it acted on; 0 for a process fault; for a start that the
        /// watchdog spoils, the incarnation.
        item: u64,
        /// Amount, in the unit that `proof` names.
        value: u64,
    }
    /// A hang or slow-down inside this process ended by itself.
    4 Resumed {
        /// Index of the fault in the plan.
        fault: u32,
    }
    /// Asked to end (`SIGTERM`), the process does: its last record.
    5 Stopping {
        /// Process id of who asked.
        by: u32,
    }
    /// The telling of each step on standard error was switched (`SIGUSR1`).
    6 DebugSwitched {
        /// 1 on, 0 off.
        on: u32,
        /// Lines that found no room since it was switched on.
        dropped: u64,
        /// `errno` why it cannot be switched on; 0 if it could.
        errno: u32,
    }

    // ---- camera ----

    /// A frame became visible to readers; the record's time is the moment of publication.
    10 FramePublished {
        /// Frame number k of the schedule start + k/fps.
        frame: u64,
        /// Measurement time: the frame's due time, of which the scene is.
        captured_ns: u64,
        /// When the picture was complete, before protection.
        rendered_ns: u64,
        /// When the slot was protected, just before publication.
        protected_ns: u64,
    }
    /// No slot was free: the frame was dropped by the writer.
    11 FrameOverrun {
        /// Frame number.
        frame: u64,
    }

    // ---- radar ----

    /// A detection list was accepted by the socket; the record's time is the moment of sending.
    20 RadarSent {
        /// Radar cycle k of the schedule start + k·period.
        cycle: u64,
        /// Measurement time.
        captured_ns: u64,
        /// Detections in the list.
        detections: u32,
    }
    /// The socket's queue was full: the message was dropped by the sender.
    21 RadarOverrun {
        /// Radar cycle.
        cycle: u64,
    }
    /// A command from fusion was accepted and acknowledged.
    22 CommandAccepted {
        /// The command's number.
        command: u64,
    }
    /// A command (told by fusion) or its acknowledgement (told by the radar) found the socket's
    /// queue full and was dropped by its sender.
    23 CommandOverrun {
        /// The command's number.
        command: u64,
    }

    // ---- fusion ----

    /// A frame was taken by the reader, before its check; the record's time is the wake-up.
    30 FrameReceived {
        /// Frame number.
        frame: u64,
        /// Incarnation of the camera that made it.
        from: u32,
        /// Measurement time.
        captured_ns: u64,
        /// When the writer published it.
        published_ns: u64,
    }
    /// A detection list was taken from the socket; the record's time is the reception.
    31 RadarReceived {
        /// Radar cycle.
        cycle: u64,
        /// Incarnation of the radar that made it.
        from: u32,
        /// Measurement time.
        captured_ns: u64,
        /// When the sender handed it to the socket.
        sent_ns: u64,
    }
    /// A received sample was refused.
    32 Rejected {
        /// Which stream.
        stream: Node,
        /// Frame number or radar cycle as far as it could be read.
        item: u64,
        /// Which check refused it: integrity, frozen or late.
        detector: Detector,
    }
    /// Samples between the last one and this one never came.
    33 SequenceGap {
        /// Which stream.
        stream: Node,
        /// First missing frame number or radar cycle.
        first: u64,
        /// How many are missing.
        count: u64,
    }
    /// An output was made from one accepted sample; the record's time is the output's.
    34 Fused {
        /// The stream of the sample.
        stream: Node,
        /// Frame number or radar cycle.
        item: u64,
        /// Incarnation of the sensor process that made the sample.
        from: u32,
        /// Measurement time of the sample.
        captured_ns: u64,
        /// When fusion took the sample.
        received_ns: u64,
        /// Mode and number of confirmed tracks: mode in the low byte, tracks above it.
        mode_tracks: u64,
    }
    /// One confirmed track of the output written just before.
    35 Track {
        /// Track id, unique in one incarnation of fusion.
        id: u32,
        /// Longitudinal distance, ego frame, metres.
        x_m: f64,
        /// Lateral offset, left positive, ego frame, metres.
        y_m: f64,
        /// Longitudinal speed relative to ego, metres a second.
        vx_mps: f64,
        /// Lateral speed relative to ego, metres a second.
        vy_mps: f64,
        /// Age of the newest camera data (low 32 bits) and radar data (high 32 bits) in the
        /// track, microseconds, `u32::MAX` for none.
        ages_us: u64,
    }
    /// Fusion changed its mode.
    36 ModeChanged {
        /// Before.
        from: Mode,
        /// After.
        to: Mode,
    }
    /// A command was sent to the radar.
    37 CommandSent {
        /// The command's number.
        command: u64,
    }
    /// The integrity of a frame was checked; the record's time is the end of the check.
    40 FrameChecked {
        /// Frame number.
        frame: u64,
        /// When the check began.
        begun_ns: u64,
    }
    /// Tracks with a state that cannot be were dropped.
    41 TracksDropped {
        /// How many.
        count: u64,
    }
    /// A stream as a whole became usable or unusable.
    39 StreamQualified {
        /// Which stream.
        stream: Node,
        /// Its state.
        state: StreamState,
    }
    /// How sure fusion is of the track written just before: the covariance of x, y, vx and vy, as
    /// [`pack_pair`] packs pairs of its upper triangle.
    42 TrackCovariance {
        /// Track id.
        id: u32,
        /// Of x with x (m²) and with y (m²).
        xx_xy: u64,
        /// Of x with vx and with vy, m²/s.
        xvx_xvy: u64,
        /// Of y with y (m²) and with vx (m²/s).
        yy_yvx: u64,
        /// Of y with vy (m²/s) and of vx with vx (m²/s²).
        yvy_vxvx: u64,
        /// Of vx with vy and of vy with vy, m²/s².
        vxvy_vyvy: u64,
    }
    /// One object that a sensor's sample shows, as fusion made it out; written after the output that
    /// it went into.
    43 ObjectSeen {
        /// The stream of the sample.
        stream: Node,
        /// Frame number or radar cycle.
        item: u64,
        /// Bearing, rad, left positive.
        azimuth_rad: f64,
        /// Distance, metres.
        range_m: f64,
        /// The track that it was taken for; 0 for none.
        track: u32,
        /// Its normalised innovation squared against that track: χ² with 2 degrees of freedom for the
        /// camera, 3 for the radar. 0 without a track.
        nis: f64,
    }
    /// Fusion changed what it asks of the brakes.
    44 BrakeRequested {
        /// Deceleration asked for, m/s²; 0 is not to brake.
        deceleration_mps2: f64,
        /// Time to collision that it is asked for, s; infinite without one.
        ttc_s: f64,
        /// The track that it is asked for; 0 for none.
        track: u32,
        /// 1 where it is a statement; 0 where fusion cannot tell, and the brakes hold what they do.
        valid: u32,
    }
    /// A sensor's samples have come to surprise fusion more than they may (normalised innovations
    /// squared), or the other sensor's are wrong: which of the two it cannot tell.
    45 Inconsistent {
        /// Which stream.
        stream: Node,
    }
    /// What a sample was like that came in; written where its content is looked at.
    46 ContentSeen {
        /// Which stream.
        stream: Node,
        /// Frame number or radar cycle.
        item: u64,
        /// Of every 64th row of a frame, or of the whole list.
        digest: u64,
    }
    /// What the integrity check refused is of two frames: the camera was in the only slot of a frame
    /// buffer that nobody synchronises. Written just before the refusal.
    47 FrameTorn {
        /// Frame number that the header carries: that of the older frame.
        frame: u64,
        /// Its first row that the camera had not come to; `u32::MAX` if the camera stood still.
        row: u32,
    }
    /// The radar's acknowledgement of a command arrived.
    38 CommandAcknowledged {
        /// The command's number.
        command: u64,
        /// Time from sending to this, nanoseconds.
        round_trip_ns: u64,
    }

    // ---- watchdog ----

    /// The schedule begins: frame 0 and radar cycle 0 are due at `t0_ns`.
    50 RunStarted {
        /// Start of the schedule.
        t0_ns: u64,
    }
    /// A process was created; the record's time is when the spawn call returned.
    51 Spawned {
        /// Which.
        node: Node,
        /// Its number, from 1.
        incarnation: u32,
        /// Its process id.
        pid: u32,
        /// When the spawn call was made.
        called_ns: u64,
    }
    /// A process changed its state in the eyes of the watchdog.
    52 StateChanged {
        /// Which.
        node: Node,
        /// Incarnation.
        incarnation: u32,
        /// The new state.
        state: LifeState,
    }
    /// A process was reaped.
    53 Exited {
        /// Which.
        node: Node,
        /// Incarnation.
        incarnation: u32,
        /// Exit code in the low byte, or signal number + 256.
        status: u32,
    }
    /// The watchdog is about to inject a fault (signal); data faults and in-process faults show
    /// as `Applied` instead.
    54 Injecting {
        /// Index of the fault in the plan.
        fault: u32,
        /// Incarnation of the victim.
        incarnation: u32,
    }
    /// Evidence that a fault took effect, seen from outside the victim.
    55 Evidence {
        /// Index of the fault in the plan.
        fault: u32,
        /// What was seen.
        proof: Proof,
        /// Amount, in the unit that `proof` names.
        value: u64,
    }
    /// The watchdog noticed a failure.
    56 Detected {
        /// The failed process.
        node: Node,
        /// Incarnation.
        incarnation: u32,
        /// What noticed it.
        detector: Detector,
    }
    /// The watchdog finished a reaction.
    57 Reacted {
        /// The process acted on.
        node: Node,
        /// Its incarnation before (kill, give up) or after (restart) the reaction.
        incarnation: u32,
        /// What was done.
        reaction: Reaction,
    }
    /// A processor stood still: the watchdog's probe on it ran late by the stall threshold or more.
    /// Written when it runs again.
    58 HostStall {
        /// When the probe should have run.
        due_ns: u64,
        /// How late it was, nanoseconds.
        late_ns: u64,
    }
    /// Resources a process has used since its start, sampled from the kernel.
    59 Usage {
        /// Which process: index in `Source::ALL`.
        source: u32,
        /// Its incarnation; 1 for the watchdog.
        of: u32,
        /// User time, µs.
        user_us: u64,
        /// System time, µs.
        system_us: u64,
        /// Page faults, minor (low 32 bits) and major (high 32 bits).
        faults: u64,
        /// Resident set, KiB.
        rss_kib: u64,
    }
    /// The run is over.
    60 RunEnded {
        /// Why.
        ending: Ending,
    }
    /// A fault could not be delivered: its target was not alive, or the kernel refused.
    61 NotInjected {
        /// Index of the fault in the plan.
        fault: u32,
        /// `errno` of the refusal; 0 when the target was not alive.
        errno: u32,
    }
    /// A fault that waits for something to happen begins.
    70 Armed {
        /// Index of the fault in the plan.
        fault: u32,
        /// When it begins, `CLOCK_MONOTONIC` nanoseconds.
        at_ns: u64,
    }
    /// A process could not be created.
    63 SpawnFailed {
        /// Which.
        node: Node,
        /// Its number.
        incarnation: u32,
        /// `errno` of the refusal.
        errno: u32,
    }
    /// A hang that the watchdog imposed was lifted.
    62 Lifted {
        /// Index of the fault in the plan.
        fault: u32,
    }
    /// A process changed its local supervision status.
    64 StatusChanged {
        /// Which.
        node: Node,
        /// Incarnation.
        incarnation: u32,
        /// The status that it has from here on.
        status: LocalStatus,
        /// What brought it about; of a fresh incarnation, what its predecessor failed by.
        detector: Detector,
    }
    /// The global supervision status changed.
    65 GlobalStatus {
        /// From here on.
        status: GlobalStatus,
    }
    /// The system changed its state.
    66 SystemState {
        /// From here on.
        state: SystemState,
    }
    /// The plant is gone or stands still: what the sensors see is not true any more.
    67 PlantLost {
        /// As in `Exited`; `u32::MAX` where it lives and stands still.
        status: u32,
    }

    /// Told by `SIGHUP` to read its limits anew, the watchdog found this one changed. It holds from
    /// here on.
    68 LimitChanged {
        /// Whose.
        node: Node,
        /// Which.
        limit: Limit,
        /// Until here, in the limit's unit.
        before: u64,
        /// From here on.
        after: u64,
    }

    // ---- plant ----

    /// The way of the ego car from a time on; it replaces what was to follow that time.
    80 EgoStretch {
        /// When it begins, s from the start of the schedule.
        from_s: f64,
        /// Distance along the road, m.
        distance_m: f64,
        /// Speed, m/s.
        speed_mps: f64,
        /// Acceleration, m/s².
        acceleration_mps2: f64,
        /// Change of the acceleration, m/s³.
        jerk_mps3: f64,
    }

    // ---- sensors, of the plant ----

    /// A sensor had to know where the ego is at a time that the plant had not reached.
    81 PlantBehind {
        /// Frame number or radar cycle.
        item: u64,
        /// How far behind the plant was, nanoseconds.
        behind_ns: u64,
    }
}

#[cfg(test)]
mod tests;
