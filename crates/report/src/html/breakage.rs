//! The page on links whose processes were broken: [`breakage_html`].

use super::markup::{Cell, Table, section};
use super::overview::{banner, lead};
use super::page::document;
use crate::number;
use analysis::breakage::{
    Breakage, Breakages, ReceiverKilled, ReceiverStopped, RingerKilled, SenderKilled,
};

const TITLE: &str = "what happens when links break";

/// What became of each link as one self-contained page.
pub fn breakage_html(breakages: &Breakages) -> String {
    let Breakages { message_bytes, kills, realtime, rows, skipped, .. } = breakages;
    let class = if *realtime { "real-time class" } else { "normal class" };
    let bytes = number::count(*message_bytes);
    let opening = format!(
        "Real processes, killed and stopped at random moments while messages of {bytes} bytes went from one \
         to the other, every byte verified: {kills} kills of each, everyone in the {class}. A message that \
         a receiver took for whole though it was not is torn; one that was cut off and told is damaged. The \
         message in hand of a killed sender is lost unless the kernel had all of it."
    );
    let torn: Vec<String> = rows
        .iter()
        .filter(|row| row.torn() > 0)
        .map(|row| format!("{}: {} torn messages", row.mechanism, row.torn()))
        .collect();
    let verdict = breakages.verdict();
    let mut gone = Table::new("What was not tried here.", &["mechanism", "why"]);
    for it in skipped {
        gone.row(vec![Cell::name(it.mechanism.name()), Cell::text(&it.why)]);
    }
    let gone = if skipped.is_empty() { String::new() } else { section("Skipped", &gone.finish()) };
    let content = [
        banner(verdict, TITLE, &torn),
        lead(&opening),
        sender_killed(rows),
        receiver_killed(rows),
        receiver_stopped(rows),
        left_behind(rows),
        gone,
    ];
    document(verdict, TITLE, &content.concat())
}

fn sender_killed(rows: &[Breakage]) -> String {
    let heads =
        &["mechanism", "#while sending", "#torn", "#damaged", "#lost", "#p50 ms", "#max ms"];
    let mut table =
        Table::new("Lost: messages per kill. Times: to the successor's first message.", heads);
    for Breakage { mechanism, sender_killed, .. } in rows {
        let SenderKilled { while_sending, torn, damaged, .. } = *sender_killed;
        table.row(vec![
            Cell::name(mechanism.name()),
            Cell::count(while_sending.into()),
            Cell::count(torn),
            Cell::count(damaged),
            Cell::figure(number::short(sender_killed.lost_per_kill)),
            Cell::figure(number::short(sender_killed.recovered_p50_ms)),
            Cell::figure(number::short(sender_killed.recovered_max_ms)),
        ]);
    }
    section("The sender is killed", &table.finish())
}

fn receiver_killed(rows: &[Breakage]) -> String {
    let heads = &[
        "mechanism",
        "#sender kept ms",
        "#torn",
        "#damaged",
        "#lost",
        "#came again",
        "#p50 ms",
        "#max ms",
    ];
    let mut table = Table::new("Lost and came again: messages per kill.", heads);
    for Breakage { mechanism, receiver_killed, .. } in rows {
        let ReceiverKilled { torn, damaged, .. } = *receiver_killed;
        table.row(vec![
            Cell::name(mechanism.name()),
            Cell::figure(number::short(receiver_killed.sender_blocked_max_ms)),
            Cell::count(torn),
            Cell::count(damaged),
            Cell::figure(number::short(receiver_killed.lost_per_kill)),
            Cell::figure(number::short(receiver_killed.repeated_per_kill)),
            Cell::figure(number::short(receiver_killed.recovered_p50_ms)),
            Cell::figure(number::short(receiver_killed.recovered_max_ms)),
        ]);
    }
    section("The receiver is killed", &table.finish())
}

fn receiver_stopped(rows: &[Breakage]) -> String {
    let heads =
        &["mechanism", "#sender kept ms", "#refused", "#stale", "#oldest ms", "#damaged", "#torn"];
    let about =
        "At the pace of a camera. Stale: messages older than 100 ms that came when it went on.";
    let mut table = Table::new(about, heads);
    for Breakage { mechanism, receiver_stopped, .. } in rows {
        let ReceiverStopped { refused, stale, damaged, torn, .. } = *receiver_stopped;
        table.row(vec![
            Cell::name(mechanism.name()),
            Cell::figure(number::short(receiver_stopped.sender_blocked_max_ms)),
            Cell::count(refused),
            Cell::count(stale),
            Cell::figure(number::short(receiver_stopped.oldest_ms)),
            Cell::count(damaged),
            Cell::count(torn),
        ]);
    }
    section("The receiver stands still for a second", &table.finish())
}

fn left_behind(rows: &[Breakage]) -> String {
    let heads = &["mechanism", "#next ringer kept ms", "#not woken", "left by a killed owner"];
    let mut table = Table::new("A process is killed while it rings; the owner is killed.", heads);
    for Breakage { mechanism, ringer_killed, owner_killed, .. } in rows {
        let RingerKilled { blocked_max_ms, not_woken, .. } = *ringer_killed;
        let left = match &owner_killed.left_when_killed[..] {
            [] => "nothing".to_owned(),
            left => left.join(", "),
        };
        table.row(vec![
            Cell::name(mechanism.name()),
            Cell::figure(number::short(blocked_max_ms)),
            Cell::count(not_woken.into()),
            Cell::text(&left),
        ]);
    }
    section("Who rings is killed, and who owns", &table.finish())
}
