//! Whether a fault took effect, and how that is known: [`collect`].
//!
//! - a fault that ends its victim: the victim ended in the way that this fault ends it, and not by the
//!   watchdog's own stopping;
//! - a fault that hangs its victim: the kernel showed the victim stopped, spinning or blocked; or, for
//!   one that was over before anyone looked, the victim recorded its beginning and its end;
//! - a fault of a capture device: the watchdog read back that it is set to it, and the camera told that its
//!   device failed or lost frames;
//! - every other kind: whoever injects it recorded what it did, at the seam where it acts.

use fault::kind::{Evidence, Unit};
use fault::kinds::Ending;
use fault::{Cause, Start};
use wire::event::Proof;

use super::{Case, recovery};
use crate::timeline::HowEnded;
use crate::words::{self, count, in_ms};

/// The bit of a boot status that says that the watchdog reset the machine (`linux/watchdog.h`).
const WDIOF_CARDRESET: u32 = 0x20;
/// `SIGTERM`, which a process at work answers by an end in order, and another dies of.
const SIGTERM: u32 = 15;

/// How long after a device was struck once the camera may tell what came of it: some frames.
const AFTER_DEVICE_NS: i64 = 500_000_000;

/// What speaks for a fault, or, if nothing does, what speaks against it.
pub(super) struct Findings {
    pub(super) activated: bool,
    pub(super) sentences: Vec<String>,
}

pub(super) fn collect(case: &Case) -> Findings {
    let injection = &case.fault.injection;
    let proofs = match injection.kind().evidence {
        Evidence::Ended => injection.ending().map_or_else(Vec::new, |ending| ended(case, ending)),
        Evidence::Hung => injection.posture().map_or_else(Vec::new, |wanted| hung(case, wanted)),
        Evidence::Samples(what, unit) => {
            touched(case, words::sample_of(case.fault.target), what, unit)
        }
        Evidence::Steps(what, unit) => touched(case, "step", what, unit),
        Evidence::Whole(what, unit) => whole(case, what, unit),
        Evidence::Device(what) => by_device(case, what),
    };
    if proofs.is_empty() {
        Findings { activated: false, sentences: vec![without_effect(case)] }
    } else {
        Findings { activated: case.acted.is_some(), sentences: proofs }
    }
}

/// The victims that ended as they should.
fn ended(case: &Case, ending: Ending) -> Vec<String> {
    let how = match ending {
        Ending::Signal(signal) => HowEnded::Signal(signal),
        Ending::Code(code) => HowEnded::Code(code),
    };
    let (Some(acted), Some(target)) = (case.acted, case.node) else { return Vec::new() };
    let mut proofs = Vec::new();
    for &victim in &case.victims {
        let Some(exit) = case.exit_of(victim).filter(|exit| exit.at >= acted) else { continue };
        let as_asked = how == HowEnded::Signal(SIGTERM) && exit.how() == HowEnded::Code(0);
        if exit.how() != how && !as_asked || case.timeline.ended_by_watchdog(exit) {
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
        proofs.push(format!(
            "{target} ({pid}) ended by {}, {after} after the fault began",
            words::exit(exit.how())
        ));
    }
    proofs
}

fn hung(case: &Case, wanted: Proof) -> Vec<String> {
    let Some(acted) = case.acted else { return Vec::new() };
    let target = case.fault.target;
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
            format!("{target} {}{amount} {after} after it began", seen_as(wanted))
        })
        .collect();
    let mut resumed = case.timeline.processes.resumed.iter();
    if let Some((at, _)) = resumed.find(|(at, fault)| *fault == case.index && *at >= acted)
        && wanted != Proof::SeenStopped
    {
        proofs.push(format!("{target} recorded that it hung for {}", in_ms(at - acted)));
    }
    proofs
}

fn seen_as(proof: Proof) -> &'static str {
    match proof {
        Proof::SeenStopped => "seen stopped by the kernel",
        Proof::SeenSpinning => "seen spinning without a heartbeat",
        _ => "seen blocked without a heartbeat",
    }
}

/// How many samples or steps were touched, and how much.
fn touched(case: &Case, noun: &str, what: &str, unit: Unit) -> Vec<String> {
    let (number, sum) = case.amount();
    if number == 0 || (unit == Unit::Bits && sum == 0) {
        return Vec::new();
    }
    let things = count(number, noun);
    let mean = in_ms(i64::try_from(sum / number).unwrap_or(i64::MAX));
    vec![match unit {
        Unit::Nanoseconds => format!("{things} {what} by {mean} on average"),
        Unit::None | Unit::Errno => format!("{things} {what}"),
        Unit::Bits => format!("{things} {what}: {} in all", count(sum, "bit")),
        Unit::Bytes => format!("{things} {what}: {} in all", count(sum, "byte")),
        Unit::Count => format!("{things} {what}, {sum} times in all"),
    }]
}

/// What was done to a process or the machine.
fn whole(case: &Case, what: &str, unit: Unit) -> Vec<String> {
    let (number, sum) = case.amount();
    if number == 0 || (matches!(unit, Unit::Bits | Unit::Count | Unit::Nanoseconds) && sum == 0) {
        return Vec::new();
    }
    let target = case.fault.target;
    let told = match unit {
        Unit::None => format!("{target} {what}"),
        Unit::Nanoseconds => {
            format!("{target} {what} {}", in_ms(i64::try_from(sum).unwrap_or(i64::MAX)))
        }
        Unit::Bits => format!("{target} {what}: {}", count(sum, "bit")),
        Unit::Bytes => format!("{target} {what}: {}", count(sum, "byte")),
        Unit::Count => format!("{target} {what} {sum}"),
        Unit::Errno => format!("{target} {what} (errno {})", sum / number),
    };
    std::iter::once(told).chain(reset(case)).collect()
}

/// What is known of the reset of the board that a fault brought about.
fn reset(case: &Case) -> Vec<String> {
    let Some(reset) = case.acted.and_then(|acted| recovery::reset_after(case, acted)) else {
        return Vec::new();
    };
    let status = reset.boot_status;
    let why = if status & WDIOF_CARDRESET == 0 {
        format!("the kernel started anew; its watchdog does not know why (boot status {status:#x})")
    } else {
        format!("the board's watchdog says that it reset the board (boot status {status:#x})")
    };
    let clock = if reset.clock_went_on {
        "times across the reset are as exact as the board's clock, about 1 s"
    } else {
        "the board's clock stood still meanwhile: for how long it was away is not known"
    };
    vec![why, clock.to_owned()]
}

/// What the camera told of its device once it was set to go wrong.
fn by_device(case: &Case, what: &str) -> Vec<String> {
    let (Some(acted), Some(set)) = (case.acted, case.applied.first()) else { return Vec::new() };
    let lasts = case.fault.injection.duration_ns().map_or(AFTER_DEVICE_NS, u64::cast_signed);
    let until = acted.saturating_add(lasts);
    let troubles = case.timeline.device.troubles.iter();
    let seen = troubles.filter(|at| (acted..=until).contains(*at)).count() as u64;
    if seen == 0 {
        return Vec::new();
    }
    let device = format!("the device of the {}", case.fault.target);
    let (value, told) = (set.value, count(seen, "trouble"));
    vec![format!("{device} {what}: its control was read back as {value}, the camera told {told}")]
}

/// Why a fault without proof had no effect, as far as it is known.
fn without_effect(case: &Case) -> String {
    let target = case.fault.target;
    let Some(begins) = case.begins else {
        let by_hand = matches!(case.fault.start, Start::After(Cause::ByHand(_), _));
        let why = if by_hand { "nobody injected it" } else { "what sets it off did not happen" };
        return why.to_owned();
    };
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
