//! `failop selftest`: whether verdicts on this host can be trusted.
//!
//! A run in which nothing goes wrong must pass. Each detector is switched off in a scenario in which
//! it is needed: the run must fail, and its twin with all detectors must pass. The watchdog is killed:
//! nobody may be left, and the record must tell.

mod findings;
mod host;
mod mechanisms;
mod watchdog;

use crate::carry_out::{HostSide, Turn, carry_out, twin_of};
use crate::cli::SelftestArguments;
use crate::exit::Code;
use crate::live::Style;
use analysis::Summary;
use anyhow::Context;
use findings::{Finding, Nominal, Noticed, SelfTest};
use mechanisms::Mechanism;
use recording::Reached;
use scenario::Board;
use scenario::{Loaded, Twin};
use std::io::Write;
use std::path::Path;
use sys::signals::StopSignals;
use wire::event::Ending;

/// How often a mechanism is tried that stalls of the host left unjudged.
const TRIES: u32 = 2;
/// The scenario in which nothing goes wrong.
const NOMINAL: &str = include_str!("../../../../scenarios/nominal.toml");
/// The file of the results.
const RESULTS: &str = "selftest.json";

/// `failop selftest`.
pub(crate) fn selftest(arguments: &SelftestArguments) -> anyhow::Result<Code> {
    // Before any thread: one that started earlier would still be killed by Ctrl-C.
    let stop = StopSignals::take().context("cannot take over Ctrl-C")?;
    let host = HostSide {
        lacking: supervisor::needs::lacking(&Board::default()),
        stop,
        board: None,
        remote: None,
        reached: Reached::Here,
        service_manager: None,
    };
    let out = &arguments.out;
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let bench = Bench { out, host: &host };
    let tell = |line: &str| if arguments.json { Ok(()) } else { print(line) };
    let capabilities = host::Capabilities::of(&host.lacking);
    tell(&capabilities.lines())?;
    let punctuality = host::Punctuality::look()?;
    tell(&punctuality.line())?;
    let Some(nominal) = bench.nominal()? else { return Ok(Code::Inconclusive) };
    tell(&nominal.line())?;
    tell(&findings::heading())?;
    let mut results = SelfTest::new(capabilities, punctuality, nominal);
    for mechanism in mechanisms::ALL {
        let Some(finding) = bench.judge(mechanism)? else { return Ok(Code::Inconclusive) };
        tell(&finding.line())?;
        results.add(finding);
        bench.write(&results)?;
    }
    let killed = watchdog::kill(out, &load("nominal.toml", NOMINAL)?)?;
    tell(&killed.line())?;
    results.add(killed);
    bench.write(&results)?;
    tell(&results.score())?;
    if arguments.json {
        print(&results.json()?)?;
    } else {
        print(&format!("results: {}\n", out.join(RESULTS).display()))?;
    }
    Ok(results.code())
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// A scenario that is part of this program.
fn load(name: &str, text: &str) -> anyhow::Result<Loaded> {
    let plan = scenario::parse(name, text).context("a scenario of the self-test")?;
    Ok(Loaded { plan, text: text.to_owned(), path: name.into() })
}

/// Where the runs of the self-test happen.
struct Bench<'a> {
    out: &'a Path,
    host: &'a HostSide,
}

impl Bench<'_> {
    /// Runs it; `None` if somebody interrupts.
    fn run(&self, scenario: &Loaded) -> anyhow::Result<Option<Summary>> {
        let directory = &self.out.join(&scenario.plan.name);
        let turn = Turn {
            scenario,
            repetition: 1,
            repetitions: 1,
            directory,
            style: Style::Quiet,
            resumed: None,
        };
        let (ending, summary) = carry_out(&turn, self.host)?;
        Ok(summary.filter(|_| ending != Ending::Interrupted))
    }

    fn nominal(&self) -> anyhow::Result<Option<Nominal>> {
        let scenario = twin_of(&load("nominal.toml", NOMINAL)?, Twin::WithoutFaults)?;
        Ok(self.run(&scenario)?.map(|summary| Nominal::of(&summary)))
    }

    /// Runs it with the detector and without it, again if the host stalled.
    fn judge(&self, mechanism: &Mechanism) -> anyhow::Result<Option<Finding>> {
        let without = load(mechanism.file, mechanism.text)?;
        let with = twin_of(&without, Twin::WithAllDetectors)?;
        let mut tries = 1;
        loop {
            let Some(with) = self.run(&with)? else { return Ok(None) };
            let Some(without) = self.run(&without)? else { return Ok(None) };
            let finding = Finding::of(mechanism.detector, &with.into(), &without.into());
            if finding.noticed != Noticed::HostStalled || tries == TRIES {
                return Ok(Some(finding));
            }
            tries += 1;
        }
    }

    /// After each finding, so that a later failure loses nothing.
    fn write(&self, results: &SelfTest) -> anyhow::Result<()> {
        let path = self.out.join(RESULTS);
        std::fs::write(&path, results.json()?)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}
