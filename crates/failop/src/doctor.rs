//! What a machine can do as a test bench, and what it lacks: [`examine`], an [`Examination`].
//!
//! It reads what the kernel tells and tries things out on itself for a second; it changes nothing, and opens no
//! hardware watchdog.

mod demands;
mod devices;
mod machine;
mod timing;

use scenario::Board;
use serde::Serialize;
use std::fmt::Write as _;
use sys::survey::Tree;

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mark {
    /// As it should be.
    Ok,
    /// It works, worse than it could.
    Warn,
    /// It does not work.
    No,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    mark: Mark,
    /// What was looked at; of a demand, the key of the board file.
    topic: String,
    /// What was found.
    found: String,
    /// What follows from it for a run; empty where all is well.
    follows: String,
    /// What would help; empty where nothing need or can be done.
    helps: String,
}

impl Finding {
    fn ok(topic: impl Into<String>, found: impl Into<String>) -> Finding {
        let (topic, found) = (topic.into(), found.into());
        Finding { mark: Mark::Ok, topic, found, follows: String::new(), helps: String::new() }
    }

    fn warn(topic: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding { mark: Mark::Warn, ..Finding::ok(topic, found) }
    }

    fn no(topic: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding { mark: Mark::No, ..Finding::ok(topic, found) }
    }

    fn so(mut self, follows: impl Into<String>) -> Finding {
        self.follows = follows.into();
        self
    }

    fn unless(mut self, helps: impl Into<String>) -> Finding {
        self.helps = helps.into();
        self
    }
}

/// All that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Examination {
    /// What the machine has.
    machine: Vec<Finding>,
    /// What the board file asks for; none without one.
    demands: Vec<Finding>,
}

/// Examines this machine, and what of the board's demands it meets; `None` stands for no board file.
pub(crate) fn examine(board: Option<&Board>) -> anyhow::Result<Examination> {
    let tree = Tree::here();
    let mut machine = machine::findings(&tree);
    machine.extend(timing::findings(&tree)?);
    machine.extend(devices::findings(&tree));
    machine.push(machine::storage(&tree, board)?);
    machine.extend(machine::faults(&board.cloned().unwrap_or_default()));
    let demands = board.map_or(Ok(Vec::new()), |board| demands::findings(&tree, board))?;
    Ok(Examination { machine, demands })
}

impl Examination {
    /// Whether every demand is met, be it with a warning.
    pub(crate) fn meets_demands(&self) -> bool {
        self.demands.iter().all(|finding| finding.mark < Mark::No)
    }

    /// For a person.
    pub(crate) fn lines(&self) -> String {
        let mut out = String::new();
        let all =
            [("This machine", &self.machine), ("What the board file asks for", &self.demands)];
        for (title, findings) in all.into_iter().filter(|(_, findings)| !findings.is_empty()) {
            write_section(&mut out, title, findings).expect("a text takes everything");
        }
        out
    }

    /// For a program.
    pub(crate) fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("findings have a text");
        text.push('\n');
        text
    }
}

fn write_section(out: &mut String, title: &str, findings: &[Finding]) -> std::fmt::Result {
    let width = findings.iter().map(|it| it.topic.len()).max().unwrap_or(0);
    writeln!(out, "{title}")?;
    for Finding { mark, topic, found, follows, helps } in findings {
        let mark = match mark {
            Mark::Ok => "ok  ",
            Mark::Warn => "warn",
            Mark::No => "NO  ",
        };
        writeln!(out, "  {mark}  {topic:width$}  {found}")?;
        for (what, text) in [("so:", follows), ("helps:", helps)] {
            if !text.is_empty() {
                writeln!(out, "        {:width$}  {what} {text}", "")?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demand_with_a_warning_is_met_and_one_that_cannot_be_is_not() {
        let with = |demands| Examination { machine: Vec::new(), demands };
        assert!(with(Vec::new()).meets_demands());
        let warned = Finding::warn("process.camera.cpus", "3");
        assert!(with(vec![warned.clone()]).meets_demands());
        let missing = Finding::no("camera.v4l2.device", "/dev/video9 is not there");
        assert!(!with(vec![warned, missing]).meets_demands());
    }

    #[test]
    fn the_table_aligns_and_tells_what_follows_and_what_helps() {
        let machine = vec![
            Finding::ok("kernel", "6.12"),
            Finding::warn("isolated cpus", "none").so("others run there").unless("isolcpus=2"),
        ];
        let lines = Examination { machine, demands: Vec::new() }.lines();
        assert_eq!(
            lines,
            "This machine\n  ok    kernel         6.12\n  warn  isolated cpus  none\n\
             \x20                      so: others run there\n\
             \x20                      helps: isolcpus=2\n"
        );
    }
}
