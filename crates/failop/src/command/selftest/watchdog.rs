//! The watchdog is killed in the middle of a run: [`kill`].

use super::findings::{Finding, Noticed};
use crate::outputs;
use analysis::{Summary, Verdict};
use anyhow::Context;
use scenario::Loaded;
use std::io;
use std::path::{Path, PathBuf};
use sys::clock::{now_ns, sleep_until};
use sys::process::{Child, Stranger, children_of, spawn};
use wire::Node;

/// Where the run takes place.
const FOLDER: &str = "watchdog-killed";
/// How long each step is waited for: far longer than it takes on a machine that is not stuck.
const PATIENCE_NS: u64 = 20_000_000_000;
/// How often it is looked.
const LOOK_NS: u64 = 5_000_000;
/// From the start of the processes to the kill: data flow by then.
const AT_WORK_NS: u64 = 800_000_000;

/// Starts this program with the scenario, kills it, and looks what is left.
pub(super) fn kill(out: &Path, scenario: &Loaded) -> anyhow::Result<Finding> {
    let (watchdog, run) = begin(&out.join(FOLDER), scenario)?;
    let nodes = nodes_at_work(&watchdog);
    // First of all: what was begun is ended.
    watchdog.kill().context("cannot kill the watchdog")?;
    watchdog.reap().context("cannot bury the watchdog")?;
    let nodes = nodes.context("cannot look for processes")?;
    if nodes.len() < Node::ALL.len() {
        let why = "the processes did not start in time".to_owned();
        return Ok(finding(Noticed::HostStalled, None, vec![why]));
    }
    wait(|| Ok(!nodes.iter().any(Stranger::lives)))?;
    let left = nodes.iter().filter(|node| node.lives());
    let mut reasons: Vec<String> =
        left.map(|node| format!("process {} outlives the watchdog", node.pid)).collect();
    // What `failop report` does.
    let summary = outputs::write(&run);
    match &summary {
        Ok(summary) => reasons.extend(untold(summary)),
        Err(error) => reasons.push(format!("the record cannot be read: {error:#}")),
    }
    let noticed = if reasons.is_empty() { Noticed::Yes } else { Noticed::No };
    Ok(finding(noticed, summary.ok().map(|it| it.verdict), reasons))
}

fn finding(noticed: Noticed, without: Option<Verdict>, reasons: Vec<String>) -> Finding {
    Finding { mechanism: "the watchdog".to_owned(), with: None, without, noticed, reasons }
}

/// Starts the run; the directory in which it records.
fn begin(folder: &Path, scenario: &Loaded) -> anyhow::Result<(Child, PathBuf)> {
    let directory = folder.join(&scenario.plan.name);
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    outputs::remove(&directory)?;
    let file = folder.join("scenario.toml");
    std::fs::write(&file, &scenario.text)
        .with_context(|| format!("cannot write {}", file.display()))?;
    let text = |path: &Path| path.to_str().map(str::to_owned).context("a path that is no text");
    let (out, file) = (text(folder)?, text(&file)?);
    let arguments = ["run", "--quiet", "--out", &out, &file];
    let watchdog = spawn(Path::new("/proc/self/exe"), &arguments, &[]);
    Ok((watchdog.context("cannot start a second failop")?, directory))
}

/// The processes of the watchdog, once they are all there and at work.
fn nodes_at_work(watchdog: &Child) -> io::Result<Vec<Stranger>> {
    let all = || children_of(watchdog.pid());
    if wait(|| Ok(all()?.len() >= Node::ALL.len()))? {
        sleep_until(now_ns() + AT_WORK_NS);
    }
    all()
}

/// Waits until it is so; tells whether it came to be.
fn wait(mut is_so: impl FnMut() -> io::Result<bool>) -> io::Result<bool> {
    let deadline = now_ns() + PATIENCE_NS;
    while !is_so()? {
        if now_ns() > deadline {
            return Ok(false);
        }
        sleep_until(now_ns() + LOOK_NS);
    }
    Ok(true)
}

/// What the record should tell and does not.
fn untold(summary: &Summary) -> Option<String> {
    if summary.verdict != Verdict::Inconclusive {
        return Some("the run is judged as if it had ended".to_owned());
    }
    let told = summary.streams.camera.delivered > 0 && summary.records_lost.is_empty();
    (!told).then(|| "the record does not tell what happened before the kill".to_owned())
}
