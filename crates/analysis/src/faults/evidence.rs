//! Whether a fault took effect, and how that is known: [`collect`].
//!
//! - kill: the victim ended by that very signal, not by the watchdog's own stopping;
//! - crash: the victim said that it was about to crash, and ended in the way of that crash;
//! - hang: the kernel showed the victim stopped, spinning or blocked; or, for one that was over
//!   before anyone looked, the victim recorded its beginning and its end;
//! - every other kind: the victim recorded at least one sample or step that was touched.

use fault::catalogue::{CrashHow, HangHow, Injection};
use wire::event::Proof;

use super::Case;
use crate::timeline::HowEnded;
use crate::words::{self, count, in_ms};

/// What speaks for a fault, or, if nothing does, what speaks against it.
pub(super) struct Findings {
    pub(super) activated: bool,
    pub(super) sentences: Vec<String>,
}

pub(super) fn collect(case: &Case) -> Findings {
    let proofs = match &case.fault.injection {
        Injection::Kill { signal } => ended(case, HowEnded::Signal(signal.number().unsigned_abs())),
        Injection::Crash { how, .. } => ended(case, ending_of(*how)),
        Injection::Hang { how, .. } => hung(case, *how),
        Injection::Slow { .. } => touched(case, Proof::Slowed),
        Injection::Drop { .. } => touched(case, Proof::Withheld),
        Injection::Delay { .. } => touched(case, Proof::HeldBack),
        Injection::Corrupt { .. } => touched(case, Proof::BitsFlipped),
        Injection::Freeze { .. } => touched(case, Proof::Frozen),
    };
    if proofs.is_empty() {
        Findings { activated: false, sentences: vec![without_effect(case)] }
    } else {
        Findings { activated: case.acted.is_some(), sentences: proofs }
    }
}

/// How a process ends that crashes like this; see [`CrashHow`].
fn ending_of(how: CrashHow) -> HowEnded {
    const SIGABRT: u32 = 6;
    const SIGSEGV: u32 = 11;
    match how {
        CrashHow::Segfault => HowEnded::Signal(SIGSEGV),
        CrashHow::Abort => HowEnded::Signal(SIGABRT),
        CrashHow::Panic => HowEnded::Code(101),
        CrashHow::Exit => HowEnded::Code(0),
    }
}

/// The victims that ended as they should.
fn ended(case: &Case, how: HowEnded) -> Vec<String> {
    let Some(acted) = case.acted else { return Vec::new() };
    let target = case.fault.target;
    let mut proofs = Vec::new();
    for &victim in &case.victims {
        let Some(exit) = case.exit_of(victim).filter(|exit| exit.at >= acted) else { continue };
        if exit.how() != how || case.timeline.ended_by_watchdog(exit) {
            continue;
        }
        // Each incarnation that a crash loop strikes has a beginning of its own.
        let own = case.applied.iter().find(|it| it.incarnation == victim).map(|it| it.at);
        let after = in_ms(exit.at - own.unwrap_or(acted));
        let spawned = case.timeline.watchdog.spawned.iter();
        let pid = spawned
            .filter(|it| (it.node, it.incarnation) == (target, victim))
            .map(|it| format!("pid {}", it.pid))
            .next()
            .unwrap_or_else(|| format!("incarnation {victim}"));
        let begun = match case.fault.injection {
            Injection::Kill { .. } => "the signal was sent",
            _ => "the crash began",
        };
        proofs
            .push(format!("{target} ({pid}) ended by {}, {after} after {begun}", words::exit(how)));
    }
    proofs
}

fn hung(case: &Case, how: HangHow) -> Vec<String> {
    let Some(acted) = case.acted else { return Vec::new() };
    let target = case.fault.target;
    let wanted = match how {
        HangHow::Stop => Proof::SeenStopped,
        HangHow::Spin => Proof::SeenSpinning,
        HangHow::Block => Proof::SeenBlocked,
    };
    let seen = case.timeline.watchdog.evidence.iter();
    let seen = seen.filter(|it| it.fault == case.index && it.proof == wanted);
    let mut proofs: Vec<String> = seen
        .take(1)
        .map(|it| {
            let amount = match wanted {
                Proof::SeenSpinning => format!(" ({} µs of CPU time)", it.value),
                _ => String::new(),
            };
            let after = in_ms(it.at - acted);
            format!("{target} {}{amount} {after} after it began", seen_as(how))
        })
        .collect();
    let mut resumed = case.timeline.processes.resumed.iter();
    if let Some((at, _)) = resumed.find(|(at, fault)| *fault == case.index && *at >= acted)
        && how != HangHow::Stop
    {
        proofs.push(format!("{target} recorded that it hung for {}", in_ms(at - acted)));
    }
    proofs
}

fn seen_as(how: HangHow) -> &'static str {
    match how {
        HangHow::Stop => "seen stopped by the kernel",
        HangHow::Spin => "seen spinning without a heartbeat",
        HangHow::Block => "seen blocked without a heartbeat",
    }
}

/// How many samples or steps were touched, and how much.
fn touched(case: &Case, proof: Proof) -> Vec<String> {
    let touched = case.applied.iter().filter(|it| it.proof == proof);
    let (number, sum) =
        touched.fold((0, 0_u64), |(number, sum), it| (number + 1, sum.saturating_add(it.value)));
    if number == 0 || (proof == Proof::BitsFlipped && sum == 0) {
        return Vec::new();
    }
    let samples = count(number, words::sample(case.fault.target));
    let mean = in_ms(i64::try_from(sum / number).unwrap_or(i64::MAX));
    vec![match proof {
        Proof::Slowed => format!("{} slowed by {mean} on average", count(number, "step")),
        Proof::HeldBack => format!("{samples} held back by {mean} on average"),
        Proof::BitsFlipped => format!("{} flipped in {samples}", count(sum, "bit")),
        Proof::Frozen => format!("content frozen in {samples}"),
        _ => format!("{samples} withheld"),
    }]
}

/// Why a fault without proof had no effect, as far as it is known.
fn without_effect(case: &Case) -> String {
    let target = case.fault.target;
    let begins = i64::try_from(case.fault.start_ns).unwrap_or(i64::MAX);
    let refusal = case.timeline.watchdog.refusals.iter().find(|it| it.fault == case.index);
    match (refusal, case.acted) {
        (Some(refusal), _) if refusal.errno != 0 => {
            format!("the kernel refused the signal to {target} (errno {})", refusal.errno)
        }
        (Some(_), _) => format!("{target} was not alive when the fault was due"),
        (None, _) if begins >= case.timeline.end.cut => {
            "the run ended before the fault was due".to_owned()
        }
        (None, Some(_)) => {
            let exit = case.victims.first().and_then(|&victim| case.exit_of(victim));
            let exit = exit.filter(|exit| !case.timeline.ended_by_watchdog(exit));
            match exit {
                Some(exit) => format!("{target} ended by {} instead", words::exit(exit.how())),
                None => format!(
                    "the fault was begun, and nothing shows that it had an effect on {target}"
                ),
            }
        }
        (None, None) => format!("nothing in {target} was touched"),
    }
}
