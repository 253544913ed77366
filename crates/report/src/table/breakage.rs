//! Links whose processes were broken, for the terminal: [`breakage_lines`].

use super::printable;
use analysis::breakage::{Breakage, Breakages};

/// Below the tables: what their heads mean.
const LEGEND: [&str; 6] = [
    "sending: kills that met the sender while it handed a message over. torn: messages taken for whole that",
    "were not. damaged: times that something was told to be no whole message. lost, again: messages per kill;",
    "the one in hand of a killed sender is lost unless the kernel had all of it. p50, max ms: to the first",
    "message of, or to, the successor. kept ms: the longest time in handing one message over. ring kept ms:",
    "of the next who rang after a ringer was killed.",
    "stale: older than 100 ms. left: things that stand in the system after the owner of the link was killed.",
];

/// A table for each way to break a link, a line for each mechanism.
pub fn breakage_lines(breakages: &Breakages) -> String {
    let Breakages { message_bytes, kills, realtime, rows, skipped, .. } = breakages;
    let class = if *realtime { "SCHED_FIFO 50" } else { "the normal class" };
    let mut lines = vec![format!(
        "messages of {message_bytes} B; each process killed {kills} times; all in {class}"
    )];
    let mut table = |head: String, row: fn(&Breakage) -> String| {
        lines.extend([String::new(), head]);
        lines.extend(rows.iter().map(row));
    };
    table(
        format!(
            "{:<22}{:>8}{:>8}{:>8}{:>8}{:>10}{:>10}",
            "sender killed", "sending", "torn", "damaged", "lost", "p50 ms", "max ms"
        ),
        sender_killed,
    );
    table(
        format!(
            "{:<22}{:>10}{:>8}{:>8}{:>8}{:>8}{:>10}{:>10}",
            "receiver killed", "kept ms", "torn", "damaged", "lost", "again", "p50 ms", "max ms"
        ),
        receiver_killed,
    );
    table(
        format!(
            "{:<22}{:>10}{:>9}{:>8}{:>11}{:>9}{:>14}{:>6}",
            "receiver stopped 1 s",
            "kept ms",
            "refused",
            "stale",
            "oldest ms",
            "damaged",
            "ring kept ms",
            "left"
        ),
        receiver_stopped,
    );
    lines.push(String::new());
    lines.extend(LEGEND.map(str::to_owned));
    lines.extend(skipped.iter().map(|it| format!("SKIPPED {}: {}", it.mechanism, it.why)));
    lines.iter().map(|line| printable(line) + "\n").collect()
}

fn sender_killed(row: &Breakage) -> String {
    let it = &row.sender_killed;
    format!(
        "  {:<20}{:>8}{:>8}{:>8}{:>8.1}{:>10.1}{:>10.1}",
        row.mechanism,
        it.while_sending,
        it.torn,
        it.damaged,
        it.lost_per_kill,
        it.recovered_p50_ms,
        it.recovered_max_ms
    )
}

fn receiver_killed(row: &Breakage) -> String {
    let it = &row.receiver_killed;
    format!(
        "  {:<20}{:>10.1}{:>8}{:>8}{:>8.1}{:>8.1}{:>10.1}{:>10.1}",
        row.mechanism,
        it.sender_blocked_max_ms,
        it.torn,
        it.damaged,
        it.lost_per_kill,
        it.repeated_per_kill,
        it.recovered_p50_ms,
        it.recovered_max_ms
    )
}

fn receiver_stopped(row: &Breakage) -> String {
    let (it, ring) = (&row.receiver_stopped, &row.ringer_killed);
    format!(
        "  {:<20}{:>10.1}{:>9}{:>8}{:>11.0}{:>9}{:>14.2}{:>6}",
        row.mechanism,
        it.sender_blocked_max_ms,
        it.refused,
        it.stale,
        it.oldest_ms,
        it.damaged,
        ring.blocked_max_ms,
        row.owner_killed.left_when_killed.len()
    )
}
