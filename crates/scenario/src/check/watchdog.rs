//! Limits of supervision that contradict each other: [`limits_agree`].

use wire::Node;

use crate::mistake::Finding;
use crate::tree::Value;

/// A least that is more than the most would fail every process.
pub(super) fn limits_agree(document: &Value, findings: &mut Vec<Finding>) {
    for node in Node::ALL {
        for table in ["alive", "deadline-ms"] {
            let limit = |key| document.at(&["watchdog", node.name(), table, key]);
            let Some((low, high)) = limit("min").zip(limit("max")) else { continue };
            if let (Some(least), Some(most)) = (low.number(), high.number())
                && least > most
            {
                let message =
                    format!("`{table}` of the {node} has `min` {least}, more than `max`, {most}");
                findings.push(Finding::wrong(&low.span, message));
            }
        }
    }
}
