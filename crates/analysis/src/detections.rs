//! Who noticed which fault: [`matrix`].

use wire::event::Detector;

use crate::faults::FaultFacts;
use crate::summary::{Detection, DetectionCell, DetectionRow};

/// A row for each fault, a cell for each detector.
pub(crate) fn matrix(faults: &[FaultFacts]) -> Vec<DetectionRow> {
    faults.iter().map(row).collect()
}

fn row(facts: &FaultFacts) -> DetectionRow {
    let detections = &facts.result.detections;
    let first = detections.first().map(|it| it.detector);
    let expected = facts.fault.injection.kind().detectors;
    let cell = |detector: &Detector| {
        let own = |it: &&Detection| it.detector == *detector;
        // In the order of time: the first process in which it responded.
        let fired = detections.iter().find(own);
        DetectionCell {
            detector: *detector,
            expected: expected.contains(detector),
            fired: fired.is_some(),
            after_ms: fired.map(|it| it.after_ms),
            first: first == Some(*detector),
        }
    };
    DetectionRow {
        fault: facts.fault.id.clone(),
        detectors: Detector::ALL.iter().map(cell).collect(),
    }
}
