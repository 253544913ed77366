//! `failop run`: scenarios on real processes, then their reports.

use crate::absent::Absent;
use crate::before::{self, Left};
use crate::carry_out::{HostSide, Turn, carry_out, reports, twin_of};
use crate::cli::RunArguments;
use crate::command::check::{load_all, refusal};
use crate::done::Done;
use crate::exit::Code;
use crate::lacking::lacking;
use crate::live::Style;
use crate::remote::bus::Bus;
use crate::remote::control::Control;
use crate::remote::{Doors, Remote};
use crate::{outputs, repetitions, twin};
use analysis::Summary;
use anyhow::Context;
use recording::Reached;
use scenario::board::{Board, Reach};
use scenario::{Loaded, LoadedBoard, Twin};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use sys::service_manager::ServiceManager;
use sys::signals::StopSignals;
use wire::event::Ending;

/// `failop run`.
pub(crate) fn run(arguments: &RunArguments) -> anyhow::Result<Code> {
    // Before any thread: one that started earlier would still be killed by Ctrl-C.
    let stop = StopSignals::take().context("cannot take over Ctrl-C")?;
    let Some(mut scenarios) = load_all(&arguments.runs.scenarios)? else {
        return Ok(Code::Invalid);
    };
    let board = match board(arguments) {
        Ok(board) => board,
        Err(why) => {
            writeln!(std::io::stderr(), "{why}")?;
            return Ok(Code::Invalid);
        }
    };
    // Tells now, not after the first run, if it cannot be written; and removes an old verdict.
    let (out, junit) = (arguments.runs.out.clone(), arguments.runs.junit.clone());
    let mut done = match Done::start(out, junit, arguments.runs.repeat) {
        Ok(done) => done,
        Err(error) => {
            writeln!(std::io::stderr(), "failop: --out or --junit: {error:#}")?;
            return Ok(Code::Invalid);
        }
    };
    let machine = board.as_ref().map(|it| it.board.clone()).unwrap_or_default();
    scenarios.iter_mut().try_for_each(|it| adapt(it, arguments, &machine))?;
    let remote = start_remote(arguments)?;
    let service_manager = ServiceManager::find().context("cannot tell the service manager")?;
    if !arguments.resume && machine.watchdog.is_some() {
        forget(arguments, &scenarios)?;
    }
    let lacking = supervisor::needs::lacking(&machine);
    let host =
        HostSide { lacking, stop, board, remote, reached: arguments.reached, service_manager };
    tell_manager(&host, ServiceManager::ready)?;
    let turns = scenarios
        .iter()
        .flat_map(|scenario| (1..=arguments.runs.repeat).map(move |n| (scenario, n)));
    let all = scenarios.len() * arguments.runs.repeat as usize;
    for (turn, (scenario, repetition)) in (1..).zip(turns) {
        let what = format!("{} ({turn} of {all})", scenario.plan.name);
        tell_manager(&host, |manager| manager.status(&what))?;
        let ending = match run_one(arguments, (scenario, repetition), &host) {
            Ok((ending, Some(summary))) => {
                if !arguments.runs.quiet {
                    let verdict = report::verdict_line(&summary);
                    writeln!(std::io::stderr(), "{verdict}  ({turn} of {all})\n")?;
                }
                done.add(summary)?;
                ending
            }
            Ok((ending, None)) => {
                done.leave(ending);
                ending
            }
            // One run that could not be carried out does not cost the others.
            Err(error) => {
                let absent = absent(&error);
                absent.write(&directory(arguments, scenario, repetition))?;
                done.lack(&scenario.plan.name, absent)?;
                continue;
            }
        };
        if ending == Ending::Interrupted {
            break;
        }
    }
    tell_manager(&host, ServiceManager::stopping)?;
    // What ran went on without it.
    if let Some(Err(error)) = host.remote.map(Remote::finish) {
        writeln!(std::io::stderr(), "failop: --dbus: {:#}", anyhow::Error::from(error))?;
    }
    done.finish(all)
}

/// Makes of a scenario what the command line asks for.
fn adapt(scenario: &mut Loaded, arguments: &RunArguments, machine: &Board) -> anyhow::Result<()> {
    scenario.plan.board = machine.clone();
    if arguments.runs.without_faults {
        *scenario = twin_of(scenario, Twin::WithoutFaults)?;
    }
    scenario.plan.seed = arguments.runs.seed.unwrap_or(scenario.plan.seed);
    Ok(())
}

/// What the board file tells, if there is one; or what is wrong with it.
fn board(arguments: &RunArguments) -> Result<Option<LoadedBoard>, String> {
    let loaded = arguments.board.as_deref().map(scenario::load_board).transpose();
    let board = loaded.map_err(refusal)?;
    let reach = board.as_ref().map(|it| &it.board.reach);
    if let (Reached::Here, Some(Reach::Emulated(_)), Some(file)) =
        (arguments.reached, reach, &arguments.board)
    {
        let file = file.display();
        return Err(format!("failop: {file}: an emulated board: failop hil run --board {file}"));
    }
    Ok(board)
}

/// Why there is no summary of a run.
fn absent(error: &anyhow::Error) -> Absent {
    lacking(error).map_or_else(|| Absent::Broken(format!("{error:#}")), Absent::Skipped)
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
        for repetition in 1..=arguments.runs.repeat {
            let directory = directory(arguments, scenario, repetition);
            before::forget(&directory)
                .with_context(|| format!("cannot clear {}", directory.display()))?;
        }
    }
    Ok(())
}

/// The service for those who look at the runs from outside.
fn start_remote(arguments: &RunArguments) -> anyhow::Result<Option<Remote>> {
    let bus = arguments.dbus.as_deref().map(Bus::open).transpose().context("--dbus")?;
    if let Some(bus) = &bus
        && !arguments.runs.quiet
    {
        writeln!(std::io::stderr(), "on the bus as {}", bus.name())?;
    }
    let control = Control::open(arguments.control.as_deref()).context("--control")?;
    Ok(Remote::start(Doors { bus, control }))
}

fn directory(arguments: &RunArguments, scenario: &Loaded, repetition: u32) -> PathBuf {
    let of = (repetition, arguments.runs.repeat);
    repetitions::directory(&arguments.runs.out, &scenario.plan.name, of)
}

fn run_one(
    arguments: &RunArguments,
    (scenario, repetition): (&Loaded, u32),
    host: &HostSide,
) -> anyhow::Result<(Ending, Option<Summary>)> {
    let name = &scenario.plan.name;
    if arguments.runs.repeat > 1 && repetition == 1 && !arguments.resume {
        repetitions::clear(&arguments.runs.out.join(name), name, arguments.runs.repeat)?;
    }
    // What a board's console shows is read elsewhere, line by line.
    let lines = arguments.reached != Reached::Here || !std::io::stderr().is_terminal();
    let style = match (arguments.runs.quiet, !lines) {
        (true, _) => Style::Quiet,
        (false, true) => Style::Terminal,
        (false, false) => Style::Plain,
    };
    let directory = &directory(arguments, scenario, repetition);
    let repetitions = arguments.runs.repeat;
    let left = if arguments.resume { before::left(directory, scenario) } else { Left::Nothing };
    let resumed = match left {
        Left::Whole => return Ok((Ending::Completed, reports(directory, host)?)),
        Left::Unfinished(resumed) => Some(resumed),
        Left::Nothing => {
            if run_twin(arguments, scenario, (directory, style), host)? == Ending::Interrupted {
                return Ok((Ending::Interrupted, None));
            }
            None
        }
    };
    carry_out(&Turn { scenario, repetition, repetitions, directory, style, resumed }, host)
}

/// Runs the scenario without its faults first, if somebody wants to compare.
fn run_twin(
    arguments: &RunArguments,
    scenario: &Loaded,
    (directory, style): (&Path, Style),
    host: &HostSide,
) -> anyhow::Result<Ending> {
    twin::remove(directory)?;
    let wanted = arguments.runs.twin || scenario.plan.expect.safety.needs_twin();
    if !wanted || scenario.plan.faults.is_empty() {
        return Ok(Ending::Completed);
    }
    // What stands there is not what this twin is of.
    outputs::remove(directory)?;
    let mut without = twin_of(scenario, Twin::ToCompare)?;
    without.plan.seed = scenario.plan.seed;
    let turn = Turn {
        scenario: &without,
        repetition: 1,
        repetitions: 1,
        directory: &twin::folder(directory),
        style,
        resumed: None,
    };
    Ok(carry_out(&turn, host)?.0)
}
