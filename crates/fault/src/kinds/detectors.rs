//! What responds to faults that are alike.

use wire::event::Detector;

/// What responds to the end of a process.
pub(super) const END: &[Detector] = &[
    Detector::Exit,
    Detector::EarlyDeath,
    // The dead are silent, too, where nobody looks for their end.
    Detector::Heartbeat,
    Detector::Alive,
    Detector::Deadline,
    Detector::Status,
    Detector::Silence,
    Detector::Sequence,
];
/// What responds to a process that does nothing.
pub(super) const STANDSTILL: &[Detector] = &[
    Detector::Heartbeat,
    Detector::Alive,
    Detector::Deadline,
    Detector::Status,
    Detector::Silence,
    Detector::Sequence,
    Detector::Late,
];
/// What responds to work that does not keep its time.
pub(super) const TIMING: &[Detector] = &[
    Detector::Deadline,
    Detector::Alive,
    Detector::Heartbeat,
    Detector::Late,
    Detector::Silence,
    Detector::Sequence,
    Detector::Status,
];
/// What responds to a process that cannot be started.
pub(super) const START: &[Detector] =
    &[Detector::Startup, Detector::Exit, Detector::EarlyDeath, Detector::Status, Detector::Silence];
/// What responds to samples that are missing.
pub(super) const LOSS: &[Detector] = &[Detector::Sequence, Detector::Silence, Detector::Late];
/// What responds to a radar whose bus brings nothing, or nothing in time.
pub(super) const BUS: &[Detector] =
    &[Detector::Silence, Detector::Sequence, Detector::Late, Detector::Alive, Detector::Deadline];
/// What responds to samples that are not what was sent.
pub(super) const DAMAGE: &[Detector] = &[Detector::Integrity, Detector::Silence];
/// What responds to content that is wrong.
pub(super) const CONTENT: &[Detector] = &[Detector::Plausibility, Detector::Silence];
