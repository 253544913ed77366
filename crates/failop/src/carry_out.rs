//! One run of one scenario, from the plan to the reports: [`carry_out`].

use crate::command::check::refusal;
use crate::live::{Live, Style};
use crate::outputs;
use crate::remote::Remote;
use analysis::Summary;
use anyhow::Context;
use crossbeam_channel::never;
use fault::Need;
use recording::{Header, Host, Part, Reached};
use scenario::{Loaded, LoadedBoard, Plan, Twin};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use supervisor::{Order, Reload, Resumed};
use sys::service_manager::ServiceManager;
use sys::signals::StopSignals;
use wire::event::Ending;

/// One run of one scenario.
pub(crate) struct Turn<'a> {
    pub(crate) scenario: &'a Loaded,
    pub(crate) repetition: u32,
    /// How many there are.
    pub(crate) repetitions: u32,
    pub(crate) directory: &'a Path,
    pub(crate) style: Style,
    /// What was before, of a run that goes on.
    pub(crate) resumed: Option<Resumed>,
}

/// What all runs of an invocation have in common.
pub(crate) struct HostSide {
    /// What this host lacks, and why.
    pub(crate) lacking: BTreeMap<Need, String>,
    pub(crate) stop: StopSignals,
    /// What is told of this machine.
    pub(crate) board: Option<LoadedBoard>,
    /// How it was reached. Where it is not here, reports are not made here.
    pub(crate) reached: Reached,
    /// Whom it tells of the runs, and who may inject faults.
    pub(crate) remote: Option<Remote>,
    /// Who started it as a service.
    pub(crate) service_manager: Option<ServiceManager>,
}

/// Runs, and makes every output from the recording, where that is the part of this machine.
pub(crate) fn carry_out(turn: &Turn, host: &HostSide) -> anyhow::Result<(Ending, Option<Summary>)> {
    let Turn { scenario, repetition, repetitions, directory, style, .. } = *turn;
    let name = &scenario.plan.name;
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    outputs::remove(directory)?;
    let mut plan = scenario.plan.clone();
    plan.draw_phases(repetition, repetitions);
    if let Some(resumed) = &turn.resumed {
        plan.duration_ns = resumed.duration_ns;
    }
    let live = Live::start(style, &plan, repetition, turn.resumed.as_ref().map(|it| it.t0_ns));
    let ties = host.remote.as_ref().map(|remote| remote.watch(&plan, &host.lacking));
    let order = Order {
        plan: &plan,
        // The very file that runs, also if another was built in its place meanwhile.
        program: Path::new("/proc/self/exe"),
        directory,
        header: header(turn, host),
        stop: &host.stop,
        reload: Some(Reload { path: scenario.path.clone(), load: read_again }),
        lacking: &host.lacking.keys().copied().collect::<Vec<_>>(),
        observers: ties.iter().map(|ties| ties.observer.clone()).chain(live.observer()).collect(),
        by_hand: ties.as_ref().map_or_else(never, |ties| ties.by_hand.clone()),
        resumed: turn.resumed.clone(),
        service_manager: host.service_manager.as_ref(),
    };
    let ending = supervisor::run(order);
    live.finish();
    let ending = ending.with_context(|| {
        let directory = directory.display();
        format!("cannot run {name}; what there is of it: failop report {directory}")
    })?;
    let summary = reports(directory, host)?;
    let told = summary.iter().filter(|_| style != Style::Quiet);
    for warning in told.flat_map(report::warnings) {
        writeln!(std::io::stderr(), "{warning}")?;
    }
    Ok((ending, summary))
}

/// Every output of the run in `directory`, where they are made on this machine.
pub(crate) fn reports(directory: &Path, host: &HostSide) -> anyhow::Result<Option<Summary>> {
    (host.reached == Reached::Here).then(|| outputs::write(directory)).transpose()
}

/// Reads the file of a run that goes on; what is wrong with it is told, and changes nothing.
fn read_again(path: &Path) -> Option<Plan> {
    let error = match scenario::load(path) {
        Ok(loaded) => return Some(loaded.plan),
        Err(error) => error,
    };
    let stays = "failop: the limits of supervision stay as they are";
    // Where nobody reads, the run itself is not at stake.
    if let Err(_nobody_reads) = writeln!(std::io::stderr(), "{}\n{stays}", refusal(error)) {}
    None
}

fn header(turn: &Turn, side: &HostSide) -> Header {
    let Turn { scenario, repetition, repetitions, .. } = *turn;
    let host = sys::host::describe();
    let lacks = side.lacking.iter().map(|(need, why)| (need.name().to_owned(), why.clone()));
    Header {
        scenario_path: scenario.path.display().to_string(),
        scenario_text: scenario.text.clone(),
        board_text: side.board.as_ref().map(|board| board.text.clone()),
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
            reached: side.reached,
        },
        // The supervisor knows.
        part: Part::default(),
    }
}

/// The twin of a scenario, of the same file.
pub(crate) fn twin_of(scenario: &Loaded, which: Twin) -> anyhow::Result<Loaded> {
    let name = scenario.path.display().to_string();
    let text = scenario::twin(&scenario.text, which).with_context(|| name.clone())?;
    let mut plan = scenario::parse(&name, &text).context("the twin is no scenario")?;
    plan.board = scenario.plan.board.clone();
    Ok(Loaded { plan, text, path: scenario.path.clone() })
}
