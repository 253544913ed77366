//! What only several keys together can tell to be wrong with the demands on safety:
//! [`demands_agree`].

use super::{is_closed_loop, list};
use crate::mistake::Finding;
use crate::tree::Value;

/// Every contradiction in `[expect.safety]`.
pub(super) fn demands_agree(document: &Value, findings: &mut Vec<Finding>) {
    let Some(safety) = document.at(&["expect", "safety"]) else { return };
    let wanted = |key| safety.get(key).and_then(Value::boolean);
    let mut refuse = |key: &str, why: &str| {
        if let Some(value) = safety.get(key) {
            findings.push(Finding::wrong(&value.span, format!("`{key}` {why}")));
        }
    };
    if !is_closed_loop(document) {
        for key in ["collision", "gap-min-m", "ttc-min-s", "impact-speed-max-kph"] {
            refuse(
                key,
                "is decided by this file alone: the ego car does not brake; [ego.brakes] or a preset makes it",
            );
        }
    }
    match wanted("collision") {
        Some(true) => {
            for key in ["gap-min-m", "ttc-min-s"] {
                refuse(key, "cannot hold in a collision, and `collision` demands one");
            }
        }
        Some(false) => {
            refuse("impact-speed-max-kph", "allows a collision that `collision` forbids");
        }
        None => {}
    }
    if wanted("brake-request") == Some(false) {
        refuse("brake-delay-max-ms", "needs a request to brake that `brake-request` forbids");
    }
    if list(document, "fault").is_empty() {
        refuse(
            "brake-delay-max-ms",
            "compares with the run without faults, but there is no [[fault]]",
        );
    }
}
