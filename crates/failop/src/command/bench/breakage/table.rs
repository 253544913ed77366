//! What came of it, for the terminal: [`write()`].

use analysis::breakage::{Breakage, Breakages};
use std::io::{self, Write};

pub(super) fn write(out: &mut impl Write, report: &Breakages) -> io::Result<()> {
    let Breakages { message_bytes, kills, realtime, rows, skipped, .. } = report;
    let class = if *realtime { "SCHED_FIFO 50" } else { "the normal class" };
    writeln!(
        out,
        "messages of {message_bytes} B; each process killed {kills} times; all in {class}"
    )?;
    writeln!(out)?;
    let title = |text: &str| format!("{text:<22}");
    writeln!(
        out,
        "{}{:>8}{:>8}{:>8}{:>8}{:>10}{:>10}",
        title("sender killed"),
        "sending",
        "torn",
        "damaged",
        "lost",
        "p50 ms",
        "max ms"
    )?;
    for Breakage { mechanism, sender_killed: it, .. } in rows {
        writeln!(
            out,
            "  {mechanism:<20}{:>8}{:>8}{:>8}{:>8.1}{:>10.1}{:>10.1}",
            it.while_sending,
            it.torn,
            it.damaged,
            it.lost_per_kill,
            it.recovered_p50_ms,
            it.recovered_max_ms
        )?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "{}{:>10}{:>8}{:>8}{:>8}{:>8}{:>10}{:>10}",
        title("receiver killed"),
        "blocked",
        "torn",
        "damaged",
        "lost",
        "again",
        "p50 ms",
        "max ms"
    )?;
    for Breakage { mechanism, receiver_killed: it, .. } in rows {
        writeln!(
            out,
            "  {mechanism:<20}{:>10.1}{:>8}{:>8}{:>8.1}{:>8.1}{:>10.1}{:>10.1}",
            it.sender_blocked_max_ms,
            it.torn,
            it.damaged,
            it.lost_per_kill,
            it.repeated_per_kill,
            it.recovered_p50_ms,
            it.recovered_max_ms
        )?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "{}{:>10}{:>9}{:>8}{:>11}{:>9}{:>14}{:>6}",
        title("receiver stopped 1 s"),
        "blocked",
        "refused",
        "stale",
        "oldest ms",
        "damaged",
        "ring blocked",
        "left"
    )?;
    for row in rows {
        let (it, ring) = (&row.receiver_stopped, &row.ringer_killed);
        writeln!(
            out,
            "  {:<20}{:>10.1}{:>9}{:>8}{:>11.0}{:>9}{:>14.2}{:>6}",
            row.mechanism,
            it.sender_blocked_max_ms,
            it.refused,
            it.stale,
            it.oldest_ms,
            it.damaged,
            ring.blocked_max_ms,
            row.owner_killed.left_when_killed.len()
        )?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "blocked: longest time in handing one message over, ms. lost, again: messages per kill; the one"
    )?;
    writeln!(
        out,
        "in hand is always lost. ring blocked: the next who rang after a ringer was killed, ms. left:"
    )?;
    writeln!(out, "things in the system after the owner of the link was killed.")?;
    for it in skipped {
        writeln!(out, "SKIPPED {}: {}", it.mechanism, it.why)?;
    }
    Ok(())
}
