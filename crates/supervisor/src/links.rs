//! What the links of a run carry, as its scenario says: [`frames`], [`radar_messages`].

use channel::link::{Pattern, Spec};
use scenario::Plan;
use scenario::plan::FrameSync;
use wire::{Mechanism, frame, radar};

/// Messages of the radar, or to it, that a link holds where that can be chosen: most of a second of lists.
const RADAR_SLOTS: usize = 16;

/// Camera → fusion.
pub fn frames(plan: &Plan) -> Spec {
    Spec {
        mechanism: plan.camera.link,
        pattern: match plan.camera.sync {
            FrameSync::AtomicSwap => Pattern::Newest,
            FrameSync::None => Pattern::Unsynchronised,
        },
        message_bytes: frame::FRAME_BYTES,
        slots: plan.camera.buffers as usize,
    }
}

/// Radar → fusion, and fusion → radar.
pub fn radar_messages(plan: &Plan) -> Spec {
    radar_messages_by(plan.radar.link)
}

/// The same by any mechanism.
pub fn radar_messages_by(mechanism: Mechanism) -> Spec {
    Spec {
        mechanism,
        pattern: Pattern::Queue,
        message_bytes: radar::MESSAGE_BYTES,
        slots: RADAR_SLOTS,
    }
}
