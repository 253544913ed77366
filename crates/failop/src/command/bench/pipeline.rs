//! The real pipeline, run for a benchmark: [`run`].

use anyhow::Context as _;
use crossbeam_channel::never;
use recording::{Header, Host, Part, Recording};
use scenario::Plan;
use std::path::Path;
use supervisor::Order;
use sys::signals::StopSignals;
use wire::event::Ending;

/// Runs a scenario to its end in `directory`; fails if it ends early.
pub(super) fn run(
    name: &str,
    text: &str,
    directory: &Path,
    stop: &StopSignals,
) -> anyhow::Result<(Plan, Recording)> {
    let plan = scenario::parse(name, text).context("the benchmark's scenario")?;
    let header = Header {
        scenario_path: name.to_owned(),
        scenario_text: text.to_owned(),
        board_text: None,
        seed: plan.seed,
        repetition: 1,
        repetitions: 1,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_unix_ms: sys::clock::unix_ms(),
        host: Host::default(),
        part: Part::default(),
    };
    let program = std::env::current_exe().context("cannot find this program")?;
    let order = Order {
        plan: &plan,
        program: &program,
        directory,
        header,
        stop,
        reload: None,
        lacking: &[],
        observers: Vec::new(),
        by_hand: never(),
        resumed: None,
        service_manager: None,
    };
    let ending = supervisor::run(order)?;
    if ending != Ending::Completed {
        anyhow::bail!("the pipeline's run ended early: {}", ending.name());
    }
    Ok((plan, Recording::open(directory)?))
}
