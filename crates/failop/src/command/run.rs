//! `failop run`: scenarios on real processes, then their reports.

use crate::absent::Absent;
use crate::bus::Bus;
use crate::carry_out::{HostSide, Turn, carry_out, twin_of};
use crate::cli::RunArguments;
use crate::command::check::{load_all, refusal};
use crate::done::Done;
use crate::exit::Code;
use crate::lacking::lacking;
use crate::live::Style;
use crate::{outputs, repetitions, twin};
use analysis::Summary;
use anyhow::Context;
use scenario::{Loaded, Twin};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
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
    let (out, junit) = (arguments.out.clone(), arguments.junit.clone());
    let mut done = match Done::start(out, junit, arguments.repeat) {
        Ok(done) => done,
        Err(error) => {
            writeln!(std::io::stderr(), "failop: --out or --junit: {error:#}")?;
            return Ok(Code::Invalid);
        }
    };
    let machine = board.as_ref().map(|it| it.board.clone()).unwrap_or_default();
    for scenario in &mut scenarios {
        scenario.plan.board = machine.clone();
        if arguments.without_faults {
            *scenario = twin_of(scenario, Twin::WithoutFaults)?;
        }
        scenario.plan.seed = arguments.seed.unwrap_or(scenario.plan.seed);
    }
    let bus = start_bus(arguments)?;
    let lacking = supervisor::needs::lacking(&machine);
    let host = HostSide { lacking, stop, board, bus, reached: arguments.reached };
    let turns =
        scenarios.iter().flat_map(|scenario| (1..=arguments.repeat).map(move |n| (scenario, n)));
    let all = scenarios.len() * arguments.repeat as usize;
    for (turn, (scenario, repetition)) in (1..).zip(turns) {
        let ending = match run_one(arguments, (scenario, repetition), &host) {
            Ok((ending, Some(summary))) => {
                if !arguments.quiet {
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
    // What ran went on without it.
    if let Some(Err(error)) = host.bus.map(Bus::finish) {
        writeln!(std::io::stderr(), "failop: --dbus: {:#}", anyhow::Error::from(error))?;
    }
    done.finish(all)
}

/// Why there is no summary of a run.
fn absent(error: &anyhow::Error) -> Absent {
    lacking(error).map_or_else(|| Absent::Broken(format!("{error:#}")), Absent::Skipped)
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
    let of = (repetition, arguments.repeat);
    repetitions::directory(&arguments.out, &scenario.plan.name, of)
}

fn run_one(
    arguments: &RunArguments,
    (scenario, repetition): (&Loaded, u32),
    host: &HostSide,
) -> anyhow::Result<(Ending, Option<Summary>)> {
    let name = &scenario.plan.name;
    if arguments.repeat > 1 && repetition == 1 {
        repetitions::clear(&arguments.out.join(name), name, arguments.repeat)?;
    }
    let style = match (arguments.quiet, std::io::stderr().is_terminal()) {
        (true, _) => Style::Quiet,
        (false, true) => Style::Terminal,
        (false, false) => Style::Plain,
    };
    let directory = &directory(arguments, scenario, repetition);
    let repetitions = arguments.repeat;
    twin::remove(directory)?;
    let wanted = arguments.twin || scenario.plan.expect.safety.needs_twin();
    if wanted && !scenario.plan.faults.is_empty() {
        // What stands there is not what this twin is of.
        outputs::remove(directory)?;
        let mut without = twin_of(scenario, Twin::ToCompare)?;
        without.plan.seed = scenario.plan.seed;
        let folder = &twin::folder(directory);
        let turn =
            Turn { scenario: &without, repetition: 1, repetitions: 1, directory: folder, style };
        let (ending, _) = carry_out(&turn, host)?;
        if ending == Ending::Interrupted {
            return Ok((ending, None));
        }
    }
    let turn = Turn { scenario, repetition, repetitions, directory, style };
    carry_out(&turn, host)
}
