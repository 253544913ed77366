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

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For a person.
    Lines,
    /// For a program.
    Json,
}

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
    /// The machine's name.
    host: String,
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
    Ok(Examination { host: sys::host::describe().name, machine, demands })
}

impl Examination {
    /// Whether every demand is met, be it with a warning.
    pub(crate) fn meets_demands(&self) -> bool {
        self.demands.iter().all(|finding| finding.mark < Mark::No)
    }

    /// As text.
    pub(crate) fn text(&self, form: Form) -> String {
        match form {
            Form::Lines => self.lines(),
            Form::Json => report::json(self),
        }
    }

    fn lines(&self) -> String {
        let mut out = String::new();
        let all = [
            (format!("The machine {}", self.host), &self.machine),
            ("What the board file asks for".to_owned(), &self.demands),
        ];
        for (title, findings) in all.into_iter().filter(|(_, findings)| !findings.is_empty()) {
            write_section(&mut out, &title, findings).expect("a text takes everything");
        }
        out + &self.conclusion()
    }

    /// What it comes to; nothing without demands.
    fn conclusion(&self) -> String {
        let missed = self.demands.iter().filter(|finding| finding.mark == Mark::No);
        let missed = missed.map(|finding| finding.topic.as_str()).collect::<Vec<_>>();
        match (self.demands.len(), missed.as_slice()) {
            (0, _) => String::new(),
            (_, []) => "Everything that the board file asks for is there.\n".to_owned(),
            (_, missed) => {
                format!("The board file asks for what is not there: {}.\n", missed.join(", "))
            }
        }
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
        let with = |demands| Examination { host: String::new(), machine: Vec::new(), demands };
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
        let lines = Examination { host: "bench".to_owned(), machine, demands: Vec::new() }.lines();
        assert_eq!(
            lines,
            "The machine bench\n  ok    kernel         6.12\n  warn  isolated cpus  none\n\
             \x20                      so: others run there\n\
             \x20                      helps: isolcpus=2\n"
        );
    }
}
