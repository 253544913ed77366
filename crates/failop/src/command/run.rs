//! `failop run`: scenarios on real processes, then their reports.

use crate::before::{self, Left};
use crate::bus::Bus;
use crate::carry_out::{HostSide, Turn, carry_out, twin_of};
use crate::cli::RunArguments;
use crate::command::check::{load_all, refusal};
use crate::exit::Code;
use crate::lacking::lacking;
use crate::live::Style;
use crate::{coverage, outputs, repetitions, twin};
use analysis::{Summary, Verdict};
use anyhow::Context;
use report::NotRun;
use scenario::{Loaded, Twin};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use sys::service_manager::ServiceManager;
use sys::signals::StopSignals;
use wire::event::Ending;

/// `failop run`.
pub(crate) fn run(arguments: &RunArguments) -> anyhow::Result<Code> {
    // Before any thread: one that started earlier would still be killed by Ctrl-C.
    let stop = StopSignals::take().context("cannot take over Ctrl-C")?;
    let Some(mut scenarios) = load_all(&arguments.scenarios)? else { return Ok(Code::Invalid) };
    let board = match arguments.board.as_deref().map(scenario::load_board).transpose() {
        Ok(board) => board,
        Err(error) => {
            writeln!(std::io::stderr(), "{}", refusal(error))?;
            return Ok(Code::Invalid);
        }
    };
    // Tells now, not after the first run, if it cannot be written; and removes an old verdict.
    if let Err(error) = write_junit(arguments, &Done::default()) {
        writeln!(std::io::stderr(), "failop: --out or --junit: {error:#}")?;
        return Ok(Code::Invalid);
    }
    let machine = board.as_ref().map(|it| it.board.clone()).unwrap_or_default();
    for scenario in &mut scenarios {
        scenario.plan.board = machine.clone();
        if arguments.without_faults {
            *scenario = twin_of(scenario, Twin::WithoutFaults)?;
        }
        scenario.plan.seed = arguments.seed.unwrap_or(scenario.plan.seed);
    }
    coverage::clear(&arguments.out)?;
    let bus = start_bus(arguments)?;
    let service_manager = ServiceManager::find().context("cannot tell the service manager")?;
    if !arguments.resume && machine.watchdog.is_some() {
        forget(arguments, &scenarios)?;
    }
    let lacking = supervisor::needs::lacking(&machine);
    let host = HostSide { lacking, stop, board, bus, service_manager };
    tell_manager(&host, ServiceManager::ready)?;
    let mut done = Done::default();
    let turns =
        scenarios.iter().flat_map(|scenario| (1..=arguments.repeat).map(move |n| (scenario, n)));
    let all = scenarios.len() * arguments.repeat as usize;
    for (turn, (scenario, repetition)) in (1..).zip(turns) {
        let what = format!("{} ({turn} of {all})", scenario.plan.name);
        tell_manager(&host, |manager| manager.status(&what))?;
        let ending = match run_one(arguments, (scenario, repetition), &host) {
            Ok((ending, None)) => ending,
            Ok((ending, Some(summary))) => {
                if !arguments.quiet {
                    let verdict = report::verdict_line(&summary);
                    writeln!(std::io::stderr(), "{verdict}  ({turn} of {all})\n")?;
                }
                done.summaries.push(summary);
                ending
            }
            // One run that could not be carried out does not cost the others.
            Err(error) => {
                done.note(&scenario.plan.name, &error)?;
                continue;
            }
        };
        write_together(arguments, &done)?;
        if ending == Ending::Interrupted {
            break;
        }
    }
    tell_manager(&host, ServiceManager::stopping)?;
    // What ran went on without it.
    if let Some(Err(error)) = host.bus.map(Bus::finish) {
        writeln!(std::io::stderr(), "failop: --dbus: {:#}", anyhow::Error::from(error))?;
    }
    write_junit(arguments, &done)?;
    let Done { summaries, not_run, broken } = &done;
    let mut out = std::io::stdout().lock();
    write!(out, "{}", report::table(summaries, outputs::style()))?;
    if arguments.repeat > 1 {
        for campaign in repetitions::campaigns(summaries) {
            write!(out, "\n{}", report::campaign_lines(&campaign))?;
        }
        writeln!(out)?;
    }
    for NotRun { scenario, why } in not_run {
        writeln!(out, "SKIPPED {scenario}: {why}")?;
    }
    let left = all - summaries.len() - not_run.len() - broken;
    if *broken > 0 {
        writeln!(out, "{broken} could not be carried out")?;
    }
    if left > 0 {
        writeln!(out, "interrupted: {left} more not run")?;
    }
    writeln!(out, "reports: {}", arguments.out.display())?;
    let unjudged = (broken + left > 0).then_some(Verdict::Inconclusive);
    Ok(Code::of(summaries.iter().map(|summary| summary.verdict).chain(unjudged)))
}

/// What came of the runs so far.
#[derive(Debug, Default)]
struct Done {
    summaries: Vec<Summary>,
    /// Runs that this host cannot carry out.
    not_run: Vec<NotRun>,
    /// Runs that went wrong.
    broken: usize,
}

impl Done {
    /// Notes a run without a summary, and tells why there is none.
    fn note(&mut self, scenario: &str, error: &anyhow::Error) -> std::io::Result<()> {
        if let Some(why) = lacking(error) {
            self.not_run.push(NotRun { scenario: scenario.to_owned(), why });
            return Ok(());
        }
        self.broken += 1;
        writeln!(std::io::stderr(), "failop: {error:#}")
    }
}

/// Tells who started this as a service, if somebody did.
fn tell_manager(
    host: &HostSide,
    tell: impl FnOnce(&ServiceManager) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    host.service_manager.as_ref().map_or(Ok(()), tell).context("cannot tell the service manager")
}

/// Removes the recordings of earlier runs: after a reset they would be taken for those of this invocation.
fn forget(arguments: &RunArguments, scenarios: &[Loaded]) -> anyhow::Result<()> {
    for scenario in scenarios {
        for repetition in 1..=arguments.repeat {
            let directory = directory(arguments, scenario, repetition);
            before::forget(&directory)
                .with_context(|| format!("cannot clear {}", directory.display()))?;
        }
    }
    Ok(())
}

/// The service that `--dbus` asks for.
fn start_bus(arguments: &RunArguments) -> anyhow::Result<Option<Bus>> {
    let Some(address) = &arguments.dbus else { return Ok(None) };
    let bus = Bus::start(address).context("--dbus")?;
    if !arguments.quiet {
        writeln!(std::io::stderr(), "on the bus as {}", bus.name())?;
    }
    Ok(Some(bus))
}

fn directory(arguments: &RunArguments, scenario: &Loaded, repetition: u32) -> PathBuf {
    let directory = arguments.out.join(&scenario.plan.name);
    match arguments.repeat {
        1 => directory,
        _ => directory.join(repetitions::folder(repetition)),
    }
}

fn run_one(
    arguments: &RunArguments,
    (scenario, repetition): (&Loaded, u32),
    host: &HostSide,
) -> anyhow::Result<(Ending, Option<Summary>)> {
    let name = &scenario.plan.name;
    if arguments.repeat > 1 && repetition == 1 && !arguments.resume {
        repetitions::clear(&arguments.out.join(name), name, arguments.repeat)?;
    }
    let style = match (arguments.quiet, std::io::stderr().is_terminal()) {
        (true, _) => Style::Quiet,
        (false, true) => Style::Terminal,
        (false, false) => Style::Plain,
    };
    let directory = &directory(arguments, scenario, repetition);
    let repetitions = arguments.repeat;
    let left = if arguments.resume { before::left(directory, scenario) } else { Left::Nothing };
    let resumed = match left {
        Left::Whole => return Ok((Ending::Completed, Some(outputs::write(directory)?))),
        Left::Unfinished(resumed) => {
            let resumed = Some(resumed);
            let turn = Turn { scenario, repetition, repetitions, directory, style, resumed };
            return carry_out(&turn, host).map(|(ending, summary)| (ending, Some(summary)));
        }
        Left::Nothing => None,
    };
    twin::remove(directory)?;
    let wanted = arguments.twin || scenario.plan.expect.safety.needs_twin();
    if wanted && !scenario.plan.faults.is_empty() {
        // What stands there is not what this twin is of.
        outputs::remove(directory)?;
        let mut without = twin_of(scenario, Twin::ToCompare)?;
        without.plan.seed = scenario.plan.seed;
        let folder = &twin::folder(directory);
        let turn = Turn {
            scenario: &without,
            repetition: 1,
            repetitions: 1,
            directory: folder,
            style,
            resumed: None,
        };
        let (ending, _) = carry_out(&turn, host)?;
        if ending == Ending::Interrupted {
            return Ok((ending, None));
        }
    }
    let turn = Turn { scenario, repetition, repetitions, directory, style, resumed };
    carry_out(&turn, host).map(|(ending, summary)| (ending, Some(summary)))
}

/// What the runs so far come to together: after each run, so that a later failure loses nothing.
fn write_together(arguments: &RunArguments, done: &Done) -> anyhow::Result<()> {
    write_junit(arguments, done)?;
    let summaries = &done.summaries;
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

fn write_junit(arguments: &RunArguments, done: &Done) -> anyhow::Result<()> {
    let path = arguments.junit.clone().unwrap_or_else(|| arguments.out.join("junit.xml"));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make {}", parent.display()))?;
    }
    std::fs::write(&path, report::junit(&done.summaries, &done.not_run))
        .with_context(|| format!("cannot write {}", path.display()))
}
