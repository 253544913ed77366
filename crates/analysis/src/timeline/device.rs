//! What the camera told of its capture device: [`DeviceLog`].

use std::ops::Range;
use wire::Event;
use wire::event::Withheld;

use super::{FAR_NS, Moment, Span, Timeline};

/// What the camera told of its capture device.
#[derive(Debug, Default)]
pub(crate) struct DeviceLog {
    /// From which frame on frames come how long after their slots.
    aligned: Vec<(u64, i64)>,
    /// Frames that the device dropped.
    dropped: Vec<Range<u64>>,
    /// Frames that were of no use.
    useless: Vec<u64>,
    /// When frames came whose time is wrong, so that nobody knows which they are.
    timeless: Vec<Moment>,
    /// From a failure to the first frame after it.
    down: Vec<Span>,
    /// Times of copies of a frame.
    pub(crate) copies: Vec<(u64, Span)>,
    /// When it failed or lost something.
    pub(crate) troubles: Vec<Moment>,
}

impl Timeline<'_> {
    pub(super) fn file_device(&mut self, at: Moment, event: &Event) {
        let copied = match *event {
            Event::FrameCaptured { frame, dequeued_ns, copied_ns, .. } => {
                let [from, to] = [dequeued_ns, copied_ns].map(|t_ns| self.moment(t_ns));
                Some((frame, Span { from, to }))
            }
            _ => None,
        };
        self.device.copies.extend(copied);
        self.device.file(at, event);
    }
}

impl DeviceLog {
    fn file(&mut self, at: Moment, event: &Event) {
        match *event {
            Event::DeviceAligned { frame, phase_ns } => {
                self.aligned.push((frame, i128::from(phase_ns).min(FAR_NS) as i64));
                if let Some(down) = self.down.last_mut().filter(|down| down.to == Moment::MAX) {
                    down.to = at;
                }
            }
            Event::DeviceLost { first, count } => {
                self.dropped.push(first..first.saturating_add(count));
                self.troubles.push(at);
            }
            Event::FrameWithheld { frame, why, .. } => match why {
                Withheld::Damaged | Withheld::NoSignal | Withheld::Short => {
                    self.useless.push(frame);
                    self.troubles.push(at);
                }
                Withheld::WrongTime => {
                    self.timeless.push(at);
                    self.troubles.push(at);
                }
                Withheld::Stale | Withheld::Surplus => {}
            },
            Event::DeviceFailed { .. } => {
                self.troubles.push(at);
                if self.down.last().is_none_or(|down| down.to != Moment::MAX) {
                    self.down.push(Span { from: at, to: Moment::MAX });
                }
            }
            _ => {}
        }
    }

    /// How long after the due time of its slot a frame comes.
    pub(crate) fn phase(&self, frame: u64) -> i64 {
        let later = self.aligned.partition_point(|(first, _)| *first <= frame);
        let told =
            later.checked_sub(1).map_or(self.aligned.first(), |index| self.aligned.get(index));
        told.map_or(0, |(_, phase)| *phase)
    }

    /// Whether the device is why the camera did not have this frame, which was due then.
    pub(crate) fn lost(&self, frame: u64, due: Moment, period: i64) -> bool {
        // A frame that was on its way when the device failed was due before.
        let down = |span: &Span| (span.from - period..=span.to).contains(&due);
        let came = |at: &Moment| (due..due + period).contains(at);
        self.dropped.iter().any(|range| range.contains(&frame))
            || self.useless.contains(&frame)
            || self.timeless.iter().any(came)
            || self.down.iter().any(down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, fine, plan};
    use wire::Node;

    #[test]
    fn frames_are_lost_to_the_device_where_it_dropped_damaged_or_failed() {
        let mut log = DeviceLog::default();
        assert_eq!(log.phase(3), 0);
        log.file(5, &Event::DeviceAligned { frame: 0, phase_ns: 5 });
        log.file(40, &Event::DeviceLost { first: 2, count: 2 });
        log.file(62, &Event::FrameWithheld { frame: 6, sequence: 6, why: Withheld::Damaged });
        log.file(72, &Event::FrameWithheld { frame: 7, sequence: 7, why: Withheld::Stale });
        let why = Withheld::WrongTime;
        log.file(51, &Event::FrameWithheld { frame: 99, sequence: 4, why });
        log.file(91, &Event::DeviceFailed { errno: 5 });
        log.file(92, &Event::DeviceFailed { errno: 16 });
        log.file(127, &Event::DeviceAligned { frame: 12, phase_ns: 7 });
        log.file(131, &Event::DeviceFailed { errno: 5 });
        let due = |frame| frame as i64 * 10 + log.phase(frame);
        let lost: Vec<u64> = (0..20).filter(|frame| log.lost(*frame, due(*frame), 10)).collect();
        assert_eq!(lost, [2, 3, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
        assert_eq!([log.phase(0), log.phase(11), log.phase(12)], [5, 5, 7]);
        assert_eq!(log.troubles.len(), 6);
    }

    #[test]
    fn a_phase_that_cannot_be_overflows_nothing() {
        for phase_ns in [i64::MAX as u64, u64::MAX] {
            let mut script = Script::new(plan(""));
            script.node(Node::Camera, 1, -10.0, Event::DeviceAligned { frame: 0, phase_ns });
            script.play(fine).summary();
        }
    }
}
