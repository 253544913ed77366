//! `failop bench breakage`: what a link by each mechanism does when the processes at its ends are killed or
//! stopped.
//!
//! Real processes, real signals, messages of 2 MB of which every byte is verified. Nothing is restored but
//! what the owner of a link gives back for the dead.

mod leftovers;
mod peer;
mod rig;

use super::phases::Phases;
use super::spread::Spread;
use super::{BreakageArguments, job, write_json};
use crate::exit::Code;
use crate::lacking::lacking;
use analysis::breakage::{
    Breakage, Breakages, OwnerKilled, ReceiverKilled, ReceiverStopped, RingerKilled, SCHEMA,
    SenderKilled, Skipped,
};
use anyhow::Context;
use channel::doorbell::{Kind, Owned};
use channel::link::{Link, Mechanism, Pattern, Spec};
use indicatif::{ProgressBar, ProgressStyle};
use peer::word;
use rig::{Rig, bury, wait};
use std::io::Write;
use sys::clock::{now_ns, sleep_until};

pub(crate) use peer::run as become_broken;

/// Real-time priority of everyone, where it is permitted: that of the nodes of a run.
const PRIORITY: u8 = 50;
/// Slots of a link in shared memory: none of them is ever missing.
const SLOTS: usize = 3;
/// A kill comes at most so long after the link has shown progress.
const KILL_WITHIN_NS: u64 = 5_000_000;
/// How long a receiver is stopped.
const STOP_NS: u64 = 1_000_000_000;
/// Between two messages to a receiver that is stopped: those of a camera.
const PERIOD_NS: u64 = 33_333_333;
/// Messages at the camera's pace before and after a receiver stands still.
const MESSAGES_AROUND: u64 = 5;
/// Rings of its own after which a ringer is killed.
const RINGS: u64 = 20;

/// `failop bench breakage`.
pub(super) fn bench(arguments: &BreakageArguments) -> anyhow::Result<Code> {
    let wanted = match &arguments.mechanism[..] {
        [] => &Mechanism::ALL[..],
        some => some,
    };
    // As the nodes of a run, so that who else is busy disturbs little; the processes inherit it.
    let realtime = sys::sched::set_realtime(PRIORITY).is_ok();
    let bar = ProgressBar::new(wanted.len() as u64).with_style(style()?);
    let mut report = Breakages {
        schema: SCHEMA,
        message_bytes: job::FRAME_BYTES as u64,
        kills: arguments.kills,
        realtime,
        rows: Vec::new(),
        skipped: Vec::new(),
    };
    for &mechanism in wanted {
        bar.set_message(mechanism.name());
        match break_link(mechanism, arguments) {
            Ok(row) => report.rows.push(row),
            Err(error) => {
                let why = lacking(&error).unwrap_or_else(|| format!("{error:#}"));
                report.skipped.push(Skipped { mechanism, why });
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(path) = &arguments.html {
        std::fs::write(path, report::breakage_html(&report))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if arguments.json {
        write_json(&report)?;
    } else {
        std::io::stdout().write_all(report::breakage_lines(&report).as_bytes())?;
    }
    Ok(Code::of([report.verdict()]))
}

fn style() -> anyhow::Result<ProgressStyle> {
    Ok(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?)
}

fn break_link(mechanism: Mechanism, arguments: &BreakageArguments) -> anyhow::Result<Breakage> {
    let spec = |pattern| Spec { mechanism, pattern, message_bytes: job::FRAME_BYTES, slots: SLOTS };
    let mut phases = Phases(arguments.seed);
    let mut rig = Rig::start(spec(Pattern::Queue), 0)?;
    let sender_killed = kill_senders(&mut rig, arguments.kills, &mut phases)?;
    let receiver_killed = kill_receivers(&mut rig, arguments.kills, &mut phases)?;
    drop(rig);
    let rig = Rig::start(spec(Pattern::Newest), PERIOD_NS)?;
    let receiver_stopped = stop_receiver(&rig)?;
    let ringer_killed = kill_ringers(&rig, arguments.kills)?;
    drop(rig);
    let owner_killed = kill_owner(spec(Pattern::Queue))?;
    Ok(Breakage {
        mechanism,
        sender_killed,
        receiver_killed,
        receiver_stopped,
        ringer_killed,
        owner_killed,
    })
}

/// Lets both work for a while that nobody can foresee.
fn let_work(rig: &Rig, phases: &mut Phases) -> anyhow::Result<()> {
    rig.wait_for_messages(2)?;
    sleep_until(now_ns() + (phases.next() * KILL_WITHIN_NS as f64) as u64);
    Ok(())
}

fn kill_senders(rig: &mut Rig, kills: u32, phases: &mut Phases) -> anyhow::Result<SenderKilled> {
    let (mut while_sending, mut recovered_ns) = (0, Vec::new());
    for _ in 0..kills {
        let_work(rig, phases)?;
        let killed_ns = now_ns();
        let (number, was_sending) = rig.replace_sender()?;
        while_sending += u32::from(was_sending);
        recovered_ns.push(rig.wait_beyond(number)?.saturating_sub(killed_ns));
    }
    let receiver = &rig.receiver;
    let recovered_ms = Spread::of(&recovered_ns, 1e6);
    Ok(SenderKilled {
        while_sending,
        torn: receiver.word(word::TORN),
        damaged: receiver.word(word::DAMAGED),
        lost_per_kill: receiver.word(word::MISSING) as f64 / f64::from(kills),
        recovered_p50_ms: recovered_ms.p50,
        recovered_max_ms: recovered_ms.max,
    })
}

fn kill_receivers(
    rig: &mut Rig,
    kills: u32,
    phases: &mut Phases,
) -> anyhow::Result<ReceiverKilled> {
    use word::{BLOCKED_NS, DAMAGED, MISSING, REPEATED, TORN};
    rig.sender.clear(&[BLOCKED_NS]);
    rig.receiver.clear(&[TORN, DAMAGED, MISSING, REPEATED]);
    let mut recovered_ns = Vec::new();
    for _ in 0..kills {
        let_work(rig, phases)?;
        let killed_ns = now_ns();
        rig.replace_receiver()?;
        let count = rig.receiver.word(word::DONE);
        wait("a message", || rig.receiver.word(word::DONE) > count)?;
        recovered_ns.push(rig.receiver.word(word::CAME_NS).saturating_sub(killed_ns));
    }
    let receiver = &rig.receiver;
    let recovered_ms = Spread::of(&recovered_ns, 1e6);
    Ok(ReceiverKilled {
        sender_blocked_max_ms: ms(rig.sender.word(BLOCKED_NS)),
        torn: receiver.word(TORN),
        damaged: receiver.word(DAMAGED),
        lost_per_kill: receiver.word(MISSING) as f64 / f64::from(kills),
        repeated_per_kill: receiver.word(REPEATED) as f64 / f64::from(kills),
        recovered_p50_ms: recovered_ms.p50,
        recovered_max_ms: recovered_ms.max,
    })
}

fn stop_receiver(rig: &Rig) -> anyhow::Result<ReceiverStopped> {
    let Rig { sender, receiver, .. } = rig;
    rig.wait_for_messages(MESSAGES_AROUND)?;
    sender.clear(&[word::BLOCKED_NS, word::REFUSED]);
    receiver.clear(&[word::STALE, word::OLDEST_NS, word::DAMAGED, word::TORN]);
    receiver.child().stop()?;
    let stopped_ns = now_ns();
    sleep_until(stopped_ns + STOP_NS);
    let number = sender.word(word::NUMBER);
    receiver.child().resume()?;
    let stopped_ms = ms(now_ns() - stopped_ns);
    // What was sent from now on is fresh.
    rig.wait_beyond(number + 1)?;
    rig.wait_for_messages(MESSAGES_AROUND)?;
    Ok(ReceiverStopped {
        stopped_ms,
        sender_blocked_max_ms: ms(sender.word(word::BLOCKED_NS)),
        refused: sender.word(word::REFUSED),
        stale: receiver.word(word::STALE),
        oldest_ms: ms(receiver.word(word::OLDEST_NS)),
        damaged: receiver.word(word::DAMAGED),
        torn: receiver.word(word::TORN),
    })
}

fn kill_ringers(rig: &Rig, kills: u32) -> anyhow::Result<RingerKilled> {
    let (mut blocked_max_ns, mut not_woken) = (0, 0);
    for _ in 0..kills {
        let ringer = rig.ringer()?;
        wait("a ringer", || ringer.word(word::DONE) >= RINGS)?;
        bury(ringer.child())?;
        let overslept = rig.receiver.word(word::OVERSLEPT);
        let begun_ns = now_ns();
        rig.bell().ring();
        blocked_max_ns = blocked_max_ns.max(now_ns() - begun_ns);
        rig.wait_for_messages(1)?;
        not_woken += u32::from(rig.receiver.word(word::OVERSLEPT) != overslept);
    }
    Ok(RingerKilled { kills, blocked_max_ms: ms(blocked_max_ns), not_woken })
}

fn kill_owner(spec: Spec) -> anyhow::Result<OwnerKilled> {
    let before = leftovers::look()?;
    drop((Link::create(spec)?, Owned::create(Kind::of(spec.mechanism))?));
    let left_when_ended = leftovers::since(&before)?;
    let owner = rig::owner(spec)?;
    bury(owner.child())?;
    let left_when_killed = leftovers::since(&before)?;
    leftovers::remove(&left_when_killed, &owner.ids());
    Ok(OwnerKilled { left_when_ended, left_when_killed })
}

fn ms(ns: u64) -> f64 {
    ns as f64 * 1e-6
}
