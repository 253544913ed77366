//! The words for links compared: what was measured of a claim, and why a stream should have a link.

use crate::number;
use analysis::ipc::{
    Advice, Candidate, Claim, ClaimVerdict, Family, Machine, Measure, Standing, Subject,
};
use wire::Mechanism;

/// Most candidates that are told apart from the recommended one.
const OTHERS_MAX: usize = 3;

/// What is known of the machine, by name.
pub(crate) fn machine(machine: &Machine) -> [(&'static str, String); 8] {
    let Machine { cpu, cpus, cpu_features, kernel, idle_policy, scheduling, placement, .. } =
        machine;
    [
        ("processor", format!("{cpu}, {cpus} usable")),
        ("features", cpu_features.clone()),
        ("kernel", kernel.clone()),
        ("idle policy", idle_policy.clone()),
        ("scheduling", scheduling.clone()),
        ("placement", placement.clone()),
        ("program", format!("failop {}", machine.program_version)),
        ("rounds", format!("{}, all mechanisms by turns in each", machine.rounds)),
    ]
}

/// A family of mechanisms.
pub(crate) fn family(family: Family) -> &'static str {
    match family {
        Family::SharedMemory => "shared memory",
        Family::Handle => "handles to memory",
        Family::Pipe => "pipes",
        Family::UnixSocket => "Unix sockets",
        Family::Tcp => "TCP",
        Family::MessageQueue => "message queues",
        Family::Bus => "D-Bus",
    }
}

/// What became of a claim.
pub(crate) fn claim_verdict(claim: &Claim) -> &'static str {
    use analysis::ipc::ClaimKind::{Classical, Goal};
    match (claim.kind, claim.verdict) {
        (Goal, ClaimVerdict::Holds) => "met",
        (Goal, ClaimVerdict::DoesNotHold) => "MISSED",
        (Classical, ClaimVerdict::Holds) => "holds here",
        (Classical, ClaimVerdict::DoesNotHold) => "does not hold here",
        (_, ClaimVerdict::NotMeasured) => "not measured",
    }
}

/// The measured figure, median of the rounds, with the least and the greatest: `41.2 × (38.0 to 44.1)`.
pub(crate) fn measured(claim: &Claim) -> String {
    let Some(ratio) = claim.measured else { return number::NONE.to_owned() };
    let unit = if claim.subject.is_some_and(|it| it.worse.is_none()) { "µs" } else { "×" };
    let [median, least, greatest] = [ratio.median, ratio.least, ratio.greatest].map(number::short);
    format!("{median} {unit} ({least} to {greatest})")
}

/// With what figure the claim holds: `≥ 30 ×`.
pub(crate) fn wanted(claim: &Claim) -> String {
    let unit = if claim.subject.is_some_and(|it| it.worse.is_none()) { "µs" } else { "×" };
    match claim.wanted {
        (least, None) => format!("≥ {least} {unit}"),
        (0.0, Some(greatest)) => format!("≤ {greatest} {unit}"),
        (least, Some(greatest)) => format!("{least} to {greatest} {unit}"),
    }
}

/// What was compared: `throughput, 2 073 600 B: shm, pipe`.
pub(crate) fn subject(subject: Option<Subject>) -> String {
    let Some(Subject { measure, better, worse, payload_bytes }) = subject else {
        return format!("{}, all mechanisms", self::measure(Measure::PacedLatency));
    };
    let names = [Some(better), worse]
        .into_iter()
        .flatten()
        .map(Mechanism::name)
        .collect::<Vec<_>>()
        .join(", ");
    format!("{}, {} B: {names}", self::measure(measure), number::count(payload_bytes))
}

/// Messages a second.
pub(crate) fn rate(rate_hz: f64) -> String {
    let rounded = (rate_hz * 10.0).round() / 10.0;
    format!("{rounded}")
}

/// Several sizes.
pub(crate) fn sizes(payloads_bytes: &[u64]) -> String {
    let sizes: Vec<String> = payloads_bytes.iter().map(|it| number::count(*it)).collect();
    format!("{} B", sizes.join(", "))
}

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::PacedLatency => "latency at the stream's rate",
        Measure::BackToBackLatency => "latency back to back",
        Measure::Throughput => "throughput",
        Measure::Cpu => "CPU time of both ends",
    }
}

/// The recommendation in a sentence.
pub(crate) fn advice(advice: &Advice) -> String {
    let stream = &advice.stream;
    let (size, rate) = (number::count(stream.payload_bytes), self::rate(stream.rate_hz));
    let to_use = match advice.recommended {
        Some(mechanism) => format!("use {mechanism}"),
        None => "nothing that was measured carries it".to_owned(),
    };
    format!("{}, {size} B {rate} times a second: {to_use}", stream.name)
}

/// Why: what was measured of the recommended one, of the scenario's own, and of the next best.
pub(crate) fn reasons(advice: &Advice) -> Vec<String> {
    let mut reasons = Vec::new();
    let best = advice.candidates.first().map(|it| it.mechanism);
    let recommended = advice.recommended.and_then(|it| advice.candidate(it));
    reasons.extend(recommended.map(|it| candidate(it, best, advice.stream.rate_hz)));
    reasons.extend(recommended.map(|it| it.guarantees.to_owned()));
    reasons.push(standing(
        "the scenario's own choice",
        advice.stream.choice,
        advice.choice,
        advice,
    ));
    if advice.stream.default != advice.stream.choice {
        reasons.push(standing("the default", advice.stream.default, advice.default, advice));
    }
    let others = advice.candidates.iter().filter(|it| Some(it.mechanism) != advice.recommended);
    let others: Vec<String> = others.take(OTHERS_MAX).map(beside).collect();
    if !others.is_empty() {
        reasons.push(format!("beside it: {}", others.join("; ")));
    }
    reasons
}

fn candidate(candidate: &Candidate, best: Option<Mechanism>, rate_hz: f64) -> String {
    let Candidate { mechanism, over_best, p50_us, p99_us, cpu_us, headroom, .. } = candidate;
    let rank = match best {
        Some(best) if best != *mechanism => {
            let over = number::short(over_best.median);
            format!(", round by round {over} × that of {best}, which has the least")
        }
        _ => ", the least of all".to_owned(),
    };
    let [p50, p99, cpu] = [*p50_us, *p99_us, *cpu_us].map(number::short);
    let (share, headroom) = (number::short(cpu_us * rate_hz / 1e4), number::short(*headroom));
    format!(
        "{mechanism}: p50 {p50} µs, p99 {p99} µs{rank}; {cpu} µs of CPU time a message \
         ({share} % of a processor); carries {headroom} × the rate, lost nothing"
    )
}

fn standing(whose: &str, mechanism: Mechanism, standing: Standing, advice: &Advice) -> String {
    let over = advice.candidate(mechanism).map_or(f64::NAN, |it| it.over_best.median);
    let found = match standing {
        Standing::Best => "is the best".to_owned(),
        Standing::Near => {
            format!("is within 10 % of the best: {} ×", number::short(over))
        }
        Standing::Beyond => {
            format!("is not: it takes {} × as long as the best", number::short(over))
        }
        Standing::DoesNotHold => "does not carry the stream here".to_owned(),
        Standing::NotMeasured => "was not measured".to_owned(),
    };
    format!("{whose}, {mechanism}, {found}")
}

fn beside(candidate: &Candidate) -> String {
    let Candidate { mechanism, over_best, cpu_us, .. } = candidate;
    let (over, cpu) = (number::short(over_best.median), number::short(*cpu_us));
    format!("{mechanism} {over} × the best, {cpu} µs CPU")
}
