//! What the board did not give, in words: [`warnings`].

use analysis::Summary;
use analysis::summary::{Placement, Unwritten};

use crate::number;

/// A line for each process that is not scheduled as was asked, and for each time in which the recording
/// could not be written.
pub fn warnings(run: &Summary) -> Vec<String> {
    let mut lines: Vec<(String, u64)> = Vec::new();
    let odd = run.placements.iter().filter(|it| !it.as_asked || !it.refused.is_empty());
    for line in odd.map(placement) {
        match lines.iter_mut().find(|(other, _)| *other == line) {
            Some((_, times)) => *times += 1,
            None => lines.push((line, 1)),
        }
    }
    let placed = lines.into_iter().map(|(line, times)| match times {
        1 => line,
        _ => format!("{line} ({times} incarnations)"),
    });
    let lost: u64 = run.records_lost.values().sum();
    placed.chain(run.unwritten.iter().map(|it| unwritten(it, lost))).collect()
}

fn placement(it: &Placement) -> String {
    let Placement { process, asked, found, refused, .. } = it;
    let mut line = format!("{process}: asked {asked}, read back {found}");
    if !refused.is_empty() {
        line += &format!("; refused: {}", refused.join(", "));
    }
    line
}

fn unwritten(it: &Unwritten, lost: u64) -> String {
    let Unwritten { from_ms, to_ms, reason } = it;
    let to = to_ms.map_or("the end of the run".to_owned(), number::moment);
    let kept = match lost {
        0 => "nothing is lost, the event rings held what happened".to_owned(),
        lost => format!("{} records not written in this run", number::count(lost)),
    };
    format!(
        "the recording could not be written from {} to {to} ({reason}): {kept}",
        number::moment(*from_ms)
    )
}
