//! What an invocation that runs scenarios comes to: [`Done`].
//!
//! `failop run` and `failop hil run` end alike: table, JUnit, campaigns, coverage, exit code.

use crate::absent::Absent;
use crate::exit::Code;
use crate::{coverage, outputs, repetitions};
use analysis::{Summary, Verdict};
use anyhow::Context;
use report::NotRun;
use std::io::Write;
use std::path::PathBuf;
use wire::event::Ending;

/// What came of the runs so far, and where it goes.
#[derive(Debug)]
pub(crate) struct Done {
    out: PathBuf,
    junit: PathBuf,
    /// Runs of each scenario.
    repeat: u32,
    summaries: Vec<Summary>,
    /// Runs that the machine cannot carry out.
    not_run: Vec<NotRun>,
    /// Runs that went wrong.
    broken: usize,
    /// Runs whose recording is judged elsewhere.
    recorded: usize,
}

impl Done {
    /// Nothing yet. It removes what tells of earlier runs together, and is an error if nothing can be
    /// written there.
    pub(crate) fn start(out: PathBuf, junit: Option<PathBuf>, repeat: u32) -> anyhow::Result<Done> {
        let junit = junit.unwrap_or_else(|| out.join("junit.xml"));
        let (summaries, not_run) = (Vec::new(), Vec::new());
        let done = Done { out, junit, repeat, summaries, not_run, broken: 0, recorded: 0 };
        done.write_junit()?;
        coverage::clear(&done.out)?;
        Ok(done)
    }

    /// A run that has a summary.
    pub(crate) fn add(&mut self, summary: Summary) -> anyhow::Result<()> {
        self.summaries.push(summary);
        self.write_together()
    }

    /// A run that ended like this, and whose recording is judged elsewhere.
    pub(crate) fn leave(&mut self, ending: Ending) {
        self.recorded += usize::from(ending != Ending::Interrupted);
    }

    /// A run without a verdict; one that went wrong is told at once.
    pub(crate) fn lack(&mut self, scenario: &str, why: Absent) -> std::io::Result<()> {
        match why {
            Absent::Skipped(why) => {
                self.not_run.push(NotRun { scenario: scenario.to_owned(), why });
                Ok(())
            }
            Absent::Broken(why) => {
                self.broken += 1;
                writeln!(std::io::stderr(), "failop: {why}")
            }
        }
    }

    /// What the runs so far come to together: after each run, so that a later failure loses nothing.
    fn write_together(&self) -> anyhow::Result<()> {
        self.write_junit()?;
        let summaries = &self.summaries;
        if self.repeat > 1
            && let Some(campaign) = repetitions::campaigns(summaries).next_back()
        {
            // Of the scenario that ran last.
            repetitions::write(&self.out.join(&campaign.scenario), &campaign)?;
        }
        if summaries.iter().any(|run| run.scenario != summaries[0].scenario) {
            coverage::write(&self.out, summaries)?;
        }
        Ok(())
    }

    fn write_junit(&self) -> anyhow::Result<()> {
        if let Some(parent) = self.junit.parent() {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("cannot make {}", parent.display()))?;
        }
        std::fs::write(&self.junit, report::junit(&self.summaries, &self.not_run))
            .with_context(|| format!("cannot write {}", self.junit.display()))
    }

    /// Tells what it came to, of so many runs that there were to be.
    pub(crate) fn finish(&self, all: usize) -> anyhow::Result<Code> {
        self.write_junit()?;
        let Done { summaries, not_run, broken, .. } = self;
        let mut out = std::io::stdout().lock();
        if self.recorded == 0 {
            write!(out, "{}", report::table(summaries, outputs::style()))?;
        }
        if self.repeat > 1 {
            for campaign in repetitions::campaigns(summaries) {
                write!(out, "\n{}", report::campaign_lines(&campaign))?;
            }
            writeln!(out)?;
        }
        for NotRun { scenario, why } in not_run {
            writeln!(out, "SKIPPED {scenario}: {why}")?;
        }
        let left = self.left(all);
        if *broken > 0 {
            writeln!(out, "{broken} could not be carried out")?;
        }
        if left > 0 {
            writeln!(out, "interrupted: {left} more not run")?;
        }
        if self.recorded == 0 {
            writeln!(out, "reports: {}", self.out.display())?;
        }
        Ok(self.code(all))
    }

    fn left(&self, all: usize) -> usize {
        all - self.summaries.len() - self.recorded - self.not_run.len() - self.broken
    }

    fn code(&self, all: usize) -> Code {
        let unjudged = (self.broken + self.left(all) > 0).then_some(Verdict::Inconclusive);
        Code::of(self.summaries.iter().map(|summary| summary.verdict).chain(unjudged))
    }
}
