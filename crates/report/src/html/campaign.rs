//! The page on repeated runs: [`campaign_html`].

use super::markup::{Cell, Table, note, section, terms};
use super::overview::{banner, card_list, lead};
use super::page::{document, figure, machine};
use crate::number::{self, NONE};
use crate::plot::distribution_svg;
use crate::words;
use analysis::Campaign;
use analysis::Verdict;
use analysis::campaign::{FaultTrials, Times};

/// Most rows of trials and of runs; `campaign.json` has them all.
const ROWS_MAX: usize = 40;

/// The report of repeated runs of a scenario as one self-contained page: verdicts, coverage and
/// times of each fault with their bounds, detectors, and whatever does not count.
pub fn campaign_html(campaign: &Campaign) -> String {
    let name = format!("{}, {}", campaign.scenario, runs(campaign));
    let reasons: Vec<String> = campaign.not_passed.iter().map(words::not_passed).collect();
    let faults = &campaign.faults;
    let mut content = banner(campaign.verdict(), &name, &reasons);
    content.push_str(&lead(&campaign.description));
    content.push_str(&cards(campaign));
    if faults.is_empty() {
        content.push_str(&section("Faults", &note("This scenario injects no fault.")));
    } else {
        content.push_str(&coverage(faults));
        content.push_str(&times(faults));
        content.extend((1..).zip(faults).map(|(nth, fault)| {
            let title = format!("{}: {}", fault.id, words::fault(fault));
            figure(&title, distribution_svg(fault, nth))
        }));
        content.push_str(&detectors(faults));
        content.push_str(&set_aside(faults));
    }
    content.push_str(&not_passed(campaign));
    content.push_str(&section("Host of the first run", &terms(machine(&campaign.host))));
    content.push_str(&footer(campaign));
    document(campaign.verdict(), &name, &content)
}

fn runs(campaign: &Campaign) -> String {
    words::runs(|verdict| with(campaign, verdict))
}

fn with(campaign: &Campaign, verdict: Verdict) -> u64 {
    campaign.runs.get(&verdict).copied().unwrap_or(0)
}

fn cards(campaign: &Campaign) -> String {
    let faults = &campaign.faults;
    let sum = |of: fn(&FaultTrials) -> u64| number::count(faults.iter().map(of).sum());
    let least = faults.iter().map(|fault| fault.coverage.lower_bound).min_by(f64::total_cmp);
    let least = least.map_or_else(|| NONE.to_owned(), |it| format!("≥ {}", number::at_least(it)));
    let longest = |of: fn(&FaultTrials) -> &Times| {
        let never = faults.iter().any(|fault| of(fault).censored > 0);
        let longest = faults.iter().filter_map(|fault| of(fault).max_ms).max_by(f64::total_cmp);
        if never { "never".to_owned() } else { number::ms(longest) }
    };
    let others = format!(
        "{} failed, {} inconclusive",
        number::count(with(campaign, Verdict::Fail)),
        number::count(with(campaign, Verdict::Inconclusive)),
    );
    card_list([
        ("runs passed", number::count(with(campaign, Verdict::Pass)), others),
        (
            "trials that count",
            sum(|fault| fault.coverage.trials),
            format!("of {}: a fault in a run", sum(|fault| fault.trials)),
        ),
        ("campaign coverage", least, "of the least covered fault".to_owned()),
        ("worst FDTI", longest(|fault| &fault.fdti), "to detection".to_owned()),
        ("worst recovery", longest(|fault| &fault.recovery), "to fresh fused output".to_owned()),
    ])
}

fn coverage(faults: &[FaultTrials]) -> String {
    let mut table = Table::new(
        "How surely each fault is detected. Coverage is the exact one-sided lower bound at 95 % \
         confidence; it speaks of this fault as the scenario describes it, and is not the \
         diagnostic coverage of ISO 26262-5. Needed: trials in all that show 0.95 and 0.99, with as \
         many misses.",
        &[
            "id",
            "fault",
            "#trials",
            "#took effect",
            "#do not count",
            "#count",
            "#detected",
            "#coverage",
            "#Wilson 95 %",
            "#needed",
        ],
    );
    for fault in faults {
        let coverage = &fault.coverage;
        let [low, high] = coverage.wilson_interval.map(|share| share * 100.0);
        let needed = coverage.needed.iter().filter(|it| [0.95, 0.99].contains(&it.coverage));
        let needed: Vec<String> = needed.map(|it| number::count(it.trials)).collect();
        let undetected = coverage.detected < coverage.trials;
        let detected = Cell::count(coverage.detected);
        table.row(vec![
            Cell::name(&fault.id),
            Cell::text(words::fault(fault)),
            Cell::count(fault.trials),
            Cell::count(fault.activated),
            Cell::count(fault.set_aside.len() as u64),
            Cell::count(coverage.trials),
            if undetected { detected.marked() } else { detected },
            Cell::figure(format!("≥ {}", number::at_least(coverage.lower_bound))),
            Cell::figure(format!("{low:.1} – {high:.1} %")),
            Cell::figure(needed.join(" / ")),
        ]);
    }
    section("Coverage", &table.finish())
}

fn times(faults: &[FaultTrials]) -> String {
    let mut table = Table::new(
        "Times in ms from the effect of the fault. Quantiles are values that were seen; a bound is \
         what the quantile of all future trials is at most, at 95 % confidence, whatever the \
         distribution. A trial in which it never came exceeds every bound.",
        &[
            "id", "time", "#trials", "#never", "#min", "#p50", "#p95", "#bound", "#p99", "#bound",
            "#max",
        ],
    );
    for fault in faults {
        for (name, times) in
            [("FDTI", &fault.fdti), ("FHTI", &fault.fhti), ("recovered", &fault.recovery)]
        {
            let never = Cell::count(times.censored);
            let mut row = vec![
                Cell::name(&fault.id),
                Cell::word(name),
                Cell::count(times.trials),
                if times.censored > 0 { never.marked() } else { never },
            ];
            row.extend(quantiles(times));
            table.row(row);
        }
    }
    section("Times", &table.finish())
}

fn quantiles(times: &Times) -> [Cell; 7] {
    let time = |quantile_ms| words::time(quantile_ms, times);
    [
        time(times.min_ms),
        time(times.p50_ms),
        time(times.p95_ms),
        words::bound(times.p95_bound),
        time(times.p99_ms),
        words::bound(times.p99_bound),
        time(times.max_ms),
    ]
    .map(Cell::figure)
}

fn detectors(faults: &[FaultTrials]) -> String {
    let mut table = Table::new(
        "Who noticed each fault, in how many trials, and in how many before all others. Times in ms, \
         of the trials in which this one noticed it.",
        &[
            "id", "detector", "#fired", "#first", "#min", "#p50", "#p95", "#bound", "#p99",
            "#bound", "#max",
        ],
    );
    for fault in faults {
        for it in &fault.detectors {
            let mut row = vec![
                Cell::name(&fault.id),
                Cell::word(format!("{} ({})", it.detector.name(), it.by.name())),
                Cell::count(it.fired),
                Cell::count(it.first),
            ];
            row.extend(quantiles(&it.times));
            table.row(row);
        }
    }
    section("Detectors", &table.finish())
}

fn set_aside(faults: &[FaultTrials]) -> String {
    let all = faults.iter().flat_map(|fault| fault.set_aside.iter().map(move |it| (fault, it)));
    let count = all.clone().count();
    if count == 0 {
        return section("Trials that do not count", &note("None: every trial counts."));
    }
    let mut table = Table::new(
        "The fault did not take effect, the run as a whole proves nothing, or a stall of the host may \
         explain a late time.",
        &["id", "run", "", "reason"],
    );
    for (fault, it) in all.take(ROWS_MAX) {
        table.row(vec![
            Cell::name(&fault.id),
            Cell::word(format!("#{}", it.repetition)),
            Cell::word(words::why_aside(it.because)),
            Cell::text(&it.reason),
        ]);
    }
    section("Trials that do not count", &(table.finish() + &left_out(count)))
}

fn not_passed(campaign: &Campaign) -> String {
    let all = &campaign.not_passed;
    if all.is_empty() {
        return section("Runs that did not pass", &note("None: every run passed."));
    }
    let mut table = Table::new("Each in the folder of its number.", &["", "run", "reasons"]);
    for run in all.iter().take(ROWS_MAX) {
        table.row(vec![
            Cell::verdict(run.verdict),
            Cell::word(format!("#{}", run.repetition)),
            Cell::lines(&run.reasons),
        ]);
    }
    section("Runs that did not pass", &(table.finish() + &left_out(all.len())))
}

fn left_out(rows: usize) -> String {
    match rows.saturating_sub(ROWS_MAX) {
        0 => String::new(),
        n => note(&format!("{n} more in campaign.json.")),
    }
}

fn footer(campaign: &Campaign) -> String {
    let about = terms([
        ("program", format!("failop {}", campaign.program_version)),
        ("format", format!("campaign.json schema {}", campaign.schema)),
        ("scenario file", campaign.scenario_path.clone()),
        ("seed", campaign.seed.to_string()),
        ("started", number::utc(campaign.started_unix_ms)),
    ]);
    let definitions = terms([
        ("FDTI", "fault detection time interval: effect of the fault → first detection"),
        ("FHTI", "fault handling time interval: effect → first reaction finished"),
        ("recovered", "first valid fused output from fresh data of the restarted process"),
        ("coverage", "Clopper-Pearson bound on the probability that the fault is detected"),
        ("quantile", "nearest rank: the ⌈p·n⌉-th smallest of all n trials"),
        ("bound", "X(r) with the least r for which P(Bin(n, p) < r) is at least 95 %"),
    ]);
    format!(
        "<footer>\n{about}{definitions}<p>Evidence, not certification: this page tells what these \
         runs on one machine showed. Bounds take trials to be independent and alike.</p>\n</footer>\n"
    )
}
