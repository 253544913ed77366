//! `failop run`: scenarios on real processes, then their reports.

use crate::cli::RunArguments;
use crate::command::check::load_all;
use crate::exit::Code;
use crate::live::{Live, Style};
use crate::{coverage, outputs, repetitions};
use analysis::{Summary, Verdict};
use anyhow::Context;
use fault::Need;
use recording::{Header, Host};
use scenario::Loaded;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use supervisor::Order;
use sys::signals::StopSignals;
use wire::event::Ending;

/// `failop run`.
pub(crate) fn run(arguments: &RunArguments) -> anyhow::Result<Code> {
    // Before any thread: one that started earlier would still be killed by Ctrl-C.
    let stop = StopSignals::take().context("cannot take over Ctrl-C")?;
    let Some(mut scenarios) = load_all(&arguments.scenarios)? else { return Ok(Code::Invalid) };
    // Tells now, not after the first run, if it cannot be written; and removes an old verdict.
    if let Err(error) = write_junit(arguments, &[]) {
        writeln!(std::io::stderr(), "failop: --out or --junit: {error:#}")?;
        return Ok(Code::Invalid);
    }
    for scenario in &mut scenarios {
        scenario.plan.seed = arguments.seed.unwrap_or(scenario.plan.seed);
    }
    coverage::clear(&arguments.out)?;
    let lacking = supervisor::needs::lacking();
    let mut summaries = Vec::new();
    let mut broken = 0;
    let turns =
        scenarios.iter().flat_map(|scenario| (1..=arguments.repeat).map(move |n| (scenario, n)));
    let all = scenarios.len() * arguments.repeat as usize;
    for (turn, (scenario, repetition)) in (1..).zip(turns) {
        let turn_of = Turn { scenario, repetition, lacking: &lacking, stop: &stop };
        let ending = match run_one(arguments, &turn_of) {
            Ok((ending, summary)) => {
                if !arguments.quiet {
                    let verdict = report::verdict_line(&summary);
                    writeln!(std::io::stderr(), "{verdict}  ({turn} of {all})\n")?;
                }
                summaries.push(summary);
                ending
            }
            // One run that could not be carried out does not cost the others.
            Err(error) => {
                writeln!(std::io::stderr(), "failop: {error:#}")?;
                broken += 1;
                continue;
            }
        };
        write_together(arguments, &summaries)?;
        if ending == Ending::Interrupted {
            break;
        }
    }
    let mut out = std::io::stdout().lock();
    write!(out, "{}", report::table(&summaries, outputs::style()))?;
    if arguments.repeat > 1 {
        for campaign in repetitions::campaigns(&summaries) {
            write!(out, "\n{}", report::campaign_lines(&campaign))?;
        }
        writeln!(out)?;
    }
    let left = all - summaries.len() - broken;
    if broken > 0 {
        writeln!(out, "{broken} could not be carried out")?;
    }
    if left > 0 {
        writeln!(out, "interrupted: {left} more not run")?;
    }
    writeln!(out, "reports: {}", arguments.out.display())?;
    let unjudged = (broken + left > 0).then_some(Verdict::Inconclusive);
    Ok(Code::of(summaries.iter().map(|summary| summary.verdict).chain(unjudged)))
}

fn directory(arguments: &RunArguments, scenario: &Loaded, repetition: u32) -> PathBuf {
    let directory = arguments.out.join(&scenario.plan.name);
    match arguments.repeat {
        1 => directory,
        _ => directory.join(repetitions::folder(repetition)),
    }
}

/// One run of one scenario.
struct Turn<'a> {
    scenario: &'a Loaded,
    repetition: u32,
    lacking: &'a BTreeMap<Need, String>,
    stop: &'a StopSignals,
}

fn run_one(arguments: &RunArguments, turn: &Turn) -> anyhow::Result<(Ending, Summary)> {
    let Turn { scenario, repetition, lacking, stop } = *turn;
    let name = &scenario.plan.name;
    let directory = &directory(arguments, scenario, repetition);
    if arguments.repeat > 1 && repetition == 1 {
        repetitions::clear(&arguments.out.join(name), name, arguments.repeat)?;
    }
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    outputs::remove(directory)?;
    let style = match (arguments.quiet, std::io::stderr().is_terminal()) {
        (true, _) => Style::Quiet,
        (false, true) => Style::Terminal,
        (false, false) => Style::Plain,
    };
    let mut plan = scenario.plan.clone();
    plan.draw_phases(repetition, arguments.repeat);
    let live = Live::start(style, &plan, repetition);
    let order = Order {
        plan: &plan,
        // The very file that runs, also if another was built in its place meanwhile.
        program: Path::new("/proc/self/exe"),
        directory,
        header: header(turn, arguments.repeat),
        stop,
        lacking: &lacking.keys().copied().collect::<Vec<_>>(),
        observer: live.observer(),
    };
    let ending = supervisor::run(order);
    live.finish();
    let ending = ending.with_context(|| {
        let directory = directory.display();
        format!("cannot run {name}; what there is of it: failop report {directory}")
    })?;
    Ok((ending, outputs::write(directory)?))
}

fn header(turn: &Turn, repetitions: u32) -> Header {
    let Turn { scenario, repetition, lacking, .. } = *turn;
    let host = sys::host::describe();
    let lacks = lacking.iter().map(|(need, why)| (need.name().to_owned(), why.clone()));
    Header {
        scenario_path: scenario.path.display().to_string(),
        scenario_text: scenario.text.clone(),
        seed: scenario.plan.seed,
        repetition,
        repetitions,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_unix_ms: sys::clock::unix_ms(),
        host: Host {
            name: host.name,
            kernel: host.kernel,
            architecture: host.architecture,
            cpu_model: host.cpu_model,
            cpus: host.cpus,
            memory_mib: host.memory_mib,
            idle_policy: host.idle_policy,
            // The supervisor finds out.
            scheduling: String::new(),
            lacks: lacks.collect(),
        },
    }
}

/// What the runs so far come to together: after each run, so that a later failure loses nothing.
fn write_together(arguments: &RunArguments, summaries: &[Summary]) -> anyhow::Result<()> {
    write_junit(arguments, summaries)?;
    if arguments.repeat > 1 {
        write_campaign(arguments, summaries)?;
    }
    if summaries.iter().any(|run| run.scenario != summaries[0].scenario) {
        coverage::write(&arguments.out, summaries)?;
    }
    Ok(())
}

/// Of the scenario that ran last.
fn write_campaign(arguments: &RunArguments, summaries: &[Summary]) -> anyhow::Result<()> {
    let Some(campaign) = repetitions::campaigns(summaries).next_back() else { return Ok(()) };
    repetitions::write(&arguments.out.join(&campaign.scenario), &campaign)
}

fn write_junit(arguments: &RunArguments, summaries: &[Summary]) -> anyhow::Result<()> {
    let path = arguments.junit.clone().unwrap_or_else(|| arguments.out.join("junit.xml"));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make {}", parent.display()))?;
    }
    std::fs::write(&path, report::junit(summaries))
        .with_context(|| format!("cannot write {}", path.display()))
}
