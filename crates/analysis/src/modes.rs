//! Which sensors fusion based its output on, over time: [`mode_spans`].

use wire::Node;
use wire::event::Mode;
use wire::limits::{COAST_IN_OUTAGE_NS, PERIODS_UNTIL_GONE};

use crate::timeline::{Moment, Span, Timeline};

/// A stretch of one mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModeInForce {
    pub(crate) mode: Mode,
    pub(crate) span: Span,
}

/// Fusion calls a sensor gone after so many periods without fresh data; one more is for it to say so. A
/// fusion that is silent for this many of the longest sensor periods has no known mode, unless the last it
/// told was that it is blind: then it owes nothing; or that it coasts: then it owes word once no track is
/// left.
const SILENT_PERIODS: i64 = PERIODS_UNTIL_GONE as i64 + 1;
/// How long a track coasts in an outage of every sensor.
const COAST_NS: Moment = COAST_IN_OUTAGE_NS as Moment;

/// After this long without a word from fusion nothing is known of it.
pub(crate) fn silence_limit(timeline: &Timeline) -> i64 {
    timeline.rhythm(Node::Fusion).saturating_mul(SILENT_PERIODS)
}

/// The modes of all incarnations of fusion, in the order of time, up to the end of the run. While
/// fusion is down or silent there is no mode.
pub(crate) fn mode_spans(timeline: &Timeline) -> Vec<ModeInForce> {
    let limit = silence_limit(timeline);
    let mut spans: Vec<ModeInForce> = Vec::new();
    for (by, seen) in observations(timeline) {
        let exit = timeline.exit_of(Node::Fusion, by).map(|exit| exit.at);
        let end = exit.unwrap_or(timeline.end.cut).min(timeline.end.cut);
        let mut own: Vec<ModeInForce> = Vec::new();
        for (index, &(at, mode)) in seen.iter().enumerate() {
            let next = seen.get(index + 1).map_or(end, |&(next, _)| next).min(end);
            let to = match mode {
                Mode::Blind => next,
                Mode::Coasting => next.min(at.saturating_add(COAST_NS).saturating_add(limit)),
                _ => next.min(at.saturating_add(limit)),
            };
            match own.last_mut() {
                Some(last) if last.mode == mode && last.span.to == at => last.span.to = to.max(at),
                _ if at < to => own.push(ModeInForce { mode, span: Span { from: at, to } }),
                _ => {}
            }
        }
        spans.extend(own);
    }
    spans.sort_by_key(|it| it.span.from);
    spans
}

/// How a run ended for fusion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastMode {
    /// `None` if fusion was down or silent.
    pub(crate) mode: Option<Mode>,
    /// For how long it had been so.
    pub(crate) span: Span,
}

/// The mode at the end of the run.
pub(crate) fn at_end(timeline: &Timeline, spans: &[ModeInForce]) -> LastMode {
    let to = timeline.end.cut;
    let (mode, from) = match spans.last() {
        Some(last) if last.span.to >= to => (Some(last.mode), last.span.from),
        Some(last) => (None, last.span.to),
        None => (None, 0),
    };
    LastMode { mode, span: Span { from, to } }
}

type Observations = Vec<(u32, Vec<(Moment, Mode)>)>;

/// For each incarnation of fusion, when it was seen in which mode.
fn observations(timeline: &Timeline) -> Observations {
    let fusion = &timeline.fusion;
    let mut seen: Vec<(u32, Moment, Mode)> = Vec::new();
    let mut attached = timeline.processes.attached.iter();
    for (at, source, by) in attached.by_ref() {
        let first = fusion.modes.iter().find(|change| change.by == *by);
        if let Some(first) = first.filter(|_| *source == wire::Source::Node(Node::Fusion)) {
            seen.push((*by, *at, first.from));
        }
    }
    seen.extend(fusion.modes.iter().map(|change| (change.by, change.at, change.to)));
    seen.extend(fusion.outputs.iter().filter_map(|it| Some((it.by, it.at, it.mode?))));
    seen.sort_by_key(|&(by, at, _)| (by, at));
    let mut grouped: Observations = Vec::new();
    for (by, at, mode) in seen {
        match grouped.last_mut() {
            Some((last_by, modes)) if *last_by == by => modes.push((at, mode)),
            _ => grouped.push((by, vec![(at, mode)])),
        }
    }
    grouped
}
