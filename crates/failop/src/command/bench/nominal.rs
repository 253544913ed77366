//! `failop bench nominal`: what the pipeline costs while nothing goes wrong: processor time and page
//! faults of each process, rendering, protection and detection included.

use super::context::Context;
use super::{Goal, NominalArguments, code, pipeline, write_goals, write_json};
use crate::exit::Code;
use analysis::summary::{Process, Usage};
use anyhow::Context as _;
use serde::Serialize;
use std::io::{self, Write};
use sys::signals::StopSignals;

#[derive(Debug, Serialize)]
struct Report {
    benchmark: &'static str,
    seconds: u32,
    processes: Vec<Cost>,
    core_percent: f64,
    page_faults: u64,
    goals: Vec<Goal>,
    context: Context,
    pipeline_scheduling: String,
}

/// What a process used in the steady state.
#[derive(Debug, Serialize)]
struct Cost {
    name: String,
    #[serde(flatten)]
    usage: Usage,
}

pub(super) fn bench(arguments: &NominalArguments) -> anyhow::Result<Code> {
    // Before any thread: one that started earlier would still be killed by Ctrl-C.
    let stop = StopSignals::take().context("cannot take over Ctrl-C")?;
    let directory = tempfile::tempdir().context("no temporary directory")?;
    let name = "bench-nominal.toml";
    let text = scenario_text(arguments.seconds);
    let (plan, recording) = pipeline::run(name, &text, directory.path(), &stop)?;
    let (summary, _) = analysis::analyse(&recording, &plan);
    let cost = |it: Process| Some(Cost { name: it.name, usage: it.usage? });
    let processes: Option<Vec<Cost>> = summary.processes.into_iter().map(cost).collect();
    let processes = processes.context("a process was not seen at work twice")?;
    let usages = || processes.iter().map(|it| it.usage);
    let core_percent = usages().map(|it| it.core_percent).sum();
    let page_faults = usages().map(|it| it.minor_faults + it.major_faults).sum();
    let report = Report {
        benchmark: "nominal",
        seconds: arguments.seconds,
        processes,
        core_percent,
        page_faults,
        goals: vec![
            Goal::at_most("all processes, share of one core", core_percent, 8.0, "%"),
            Goal::at_most("page faults in the steady state", page_faults as f64, 0.0, ""),
        ],
        context: Context::observe(),
        pipeline_scheduling: summary.host.scheduling,
    };
    if arguments.json {
        write_json(&report)?;
    } else {
        report.write(&mut io::stdout().lock())?;
    }
    Ok(code(&report.goals))
}

/// A car ahead and one that cuts in, at 30 FPS and 20 Hz.
fn scenario_text(seconds: u32) -> String {
    format!(
        "schema = 1\nname = \"bench-nominal\"\nseed = 1\nduration-s = {seconds}.0\n\
         [ego]\nspeed-kph = 60.0\n\
         [[actor]]\nid = \"lead\"\nstart = {{ x-m = 50.0, y-m = 0.0, speed-kph = 60.0 }}\n\
         [[actor]]\nid = \"cut-in\"\nstart = {{ x-m = 30.0, y-m = 3.5, speed-kph = 60.0 }}\n\
         script = [{{ at-s = 1.0, do.lane-change = {{ dy-m = -3.5, peak-lateral-mps = 2.0 }} }}]\n"
    )
}

impl Report {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "30 FPS and 20 Hz, {} s", self.seconds)?;
        writeln!(out)?;
        writeln!(
            out,
            "process    seen, s   % of a core   minor faults   major faults   resident KiB"
        )?;
        for Cost { name, usage } in &self.processes {
            writeln!(
                out,
                "{name:<10}{:>8.2}{:>14.2}{:>15}{:>15}{:>15}",
                usage.interval_ms * 1e-3,
                usage.core_percent,
                usage.minor_faults,
                usage.major_faults,
                usage.rss_kib
            )?;
        }
        write_goals(out, &self.goals)?;
        writeln!(out)?;
        self.context.write(out)?;
        writeln!(out, "pipeline    {}", self.pipeline_scheduling)
    }
}
