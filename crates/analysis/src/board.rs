//! What is told of the board that a run took place on: [`of`].
//!
//! A topic in one row: what the board file asks for, and what was found. Whoever adds something that a board
//! file can ask for adds its row here.

use crate::summary::{self, Board, BoardRow};
use recording::{Host, Reached};
use scenario::board::{CameraSource, RadarSource};
use wire::Source;

use crate::placements::asked;
use crate::processes::runs;
use crate::timeline::{Armed, Reset, Timeline};
use crate::words::in_ms;

/// The board of a run; `None` where there was no board file.
pub(crate) fn of(timeline: &Timeline, host: &Host, placed: &[summary::Placement]) -> Option<Board> {
    let plan = timeline.plan;
    let board = &plan.board;
    if board.name.is_empty() {
        return None;
    }
    let mut rows = vec![
        row("reached", reached(host.reached), &host.name),
        row("kernel", "", &host.kernel),
        row("camera", &camera(&board.camera), ""),
        row("radar", &radar(&board.radar), ""),
    ];
    let sources = Source::ALL.into_iter().filter(|&it| runs(plan, it));
    rows.extend(sources.map(|source| {
        row(
            &format!("scheduling of {}", source.name()),
            &asked(plan, source),
            &found(source, placed),
        )
    }));
    rows.push(row("scheduling", "", &host.scheduling));
    let watchdog = board.watchdog.as_ref().map_or_else(
        || "none".to_owned(),
        |it| format!("{}, reset after {} s without a sign of life", it.device, it.timeout_s),
    );
    let armed = timeline.watchdog.armed_device.as_ref().map(armed);
    rows.push(row("hardware watchdog", &watchdog, &armed.unwrap_or_default()));
    let resets = timeline.watchdog.resets.iter();
    rows.extend(resets.map(|it| row("reset of the board", "", &reset(timeline, it))));
    Some(Board { name: board.name.clone(), description: board.description.clone(), rows })
}

/// What each life of a process was found to have, where they differ, and what was refused.
fn found(source: Source, placed: &[summary::Placement]) -> String {
    let mut all: Vec<String> = Vec::new();
    for it in placed.iter().filter(|it| it.process == source.name()) {
        let mut found = vec![it.found.clone()];
        found.extend(it.refused.iter().map(|why| format!("refused: {why}")));
        let found = found.join("; ");
        if !all.contains(&found) {
            all.push(found);
        }
    }
    all.join(", then ")
}

fn armed(device: &Armed) -> String {
    let Armed { timeout_s, boot_status, stoppable } = device;
    let stop = if *stoppable { "it can be stopped" } else { "it cannot be stopped (nowayout)" };
    format!("a timeout of {timeout_s} s, boot status {boot_status:#x}; {stop}")
}

fn reset(timeline: &Timeline, reset: &Reset) -> String {
    let Reset { last, booted, resumed, .. } = *reset;
    let back = timeline.back_after(reset).map(|back| {
        format!(
            ", the first output came at {} ({} after the last record)",
            in_ms(back),
            in_ms(back - last)
        )
    });
    let [last, booted, resumed] = [last, booted, resumed].map(in_ms);
    let back = back.unwrap_or_else(|| ", and no output came any more".to_owned());
    format!(
        "the last record is of {last}, the kernel started again at about {booted}, the run went on at \
         {resumed}{back}"
    )
}

fn row(topic: &str, asked: &str, found: &str) -> BoardRow {
    BoardRow { topic: topic.to_owned(), asked: asked.to_owned(), found: found.to_owned() }
}

fn reached(reached: Reached) -> &'static str {
    match reached {
        Reached::Here => "it made the reports, too",
        Reached::Ssh => "with ssh",
        Reached::Emulated => "emulated, free-running",
        Reached::Deterministic => "emulated, deterministic: time is a count of instructions",
    }
}

fn camera(source: &CameraSource) -> String {
    match source {
        CameraSource::Rendered => "rendered by the camera process".to_owned(),
        CameraSource::V4l2(device) => format!("Video for Linux, {}", device.device),
    }
}

fn radar(source: &RadarSource) -> String {
    match source {
        RadarSource::Simulated => "simulated by the radar process".to_owned(),
        RadarSource::Can(can) => {
            let by = match &can.stimulus {
                Some(stimulus) => format!("its part is played on {stimulus}"),
                None => "a real one".to_owned(),
            };
            format!("ARS408 on {}, {by}", can.interface)
        }
    }
}
