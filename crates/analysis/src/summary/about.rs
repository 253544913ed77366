//! What a demand is about, by its name, and its name, by what it is about: [`About`].
//!
//! Names are what `run.json` keeps, so this is the one place that writes and reads them.

use wire::Node;

/// What a demand is about. Keys are those of the scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About<'a> {
    /// The run as a whole, whatever its scenario demands: `no false alarm`.
    Run(&'a str),
    /// A fault, whatever its scenario demands: `fault F1 took effect`.
    Trial { fault: &'a str, what: &'a str },
    /// A process and its stream: `expect.camera.frames-lost-max`.
    Process { process: Node, key: &'a str },
    /// The tracks outside the faults: `expect.tracking.gospa-max-m`.
    Tracking(&'a str),
    /// What came of it for the car: `expect.safety.collision`.
    Safety(&'a str),
    /// One fault and its handling: `expect.fault.F1.detect-within-ms`.
    Fault { fault: &'a str, key: &'a str },
}

impl<'a> About<'a> {
    /// Reads a name.
    pub(crate) fn of(name: &'a str) -> About<'a> {
        let Some(path) = name.strip_prefix("expect.") else {
            let trial = name.strip_prefix("fault ").and_then(|rest| rest.split_once(' '));
            return trial.map_or(About::Run(name), |(fault, what)| About::Trial { fault, what });
        };
        let (section, key) = path.split_once('.').unwrap_or((path, ""));
        let process = Node::ALL.into_iter().find(|node| node.name() == section);
        match (section, process) {
            (_, Some(process)) => About::Process { process, key },
            ("tracking", _) => About::Tracking(key),
            ("safety", _) => About::Safety(key),
            ("fault", _) => key
                .rsplit_once('.')
                .map_or(About::Run(name), |(fault, key)| About::Fault { fault, key }),
            _ => About::Run(name),
        }
    }

    /// Writes it.
    pub(crate) fn name(self) -> String {
        match self {
            About::Run(name) => name.to_owned(),
            About::Trial { fault, what } => format!("fault {fault} {what}"),
            About::Process { process, key } => format!("expect.{process}.{key}"),
            About::Tracking(key) => format!("expect.tracking.{key}"),
            About::Safety(key) => format!("expect.safety.{key}"),
            About::Fault { fault, key } => format!("expect.fault.{fault}.{key}"),
        }
    }

    /// Whether a scenario has to ask for it.
    pub(crate) fn is_of_scenario(self) -> bool {
        !matches!(self, About::Run(_) | About::Trial { .. })
    }

    /// Whether it is on a time of this fault.
    pub(crate) fn is_time_of(self, id: &str) -> bool {
        matches!(self, About::Fault { fault, key } if fault == id && key.ends_with("-within-ms"))
    }

    /// Whether it wants something to go wrong so often at least: frames to be lost, or read torn.
    pub(crate) fn wants_losses(self) -> bool {
        matches!(self, About::Process { key, .. } if key.ends_with("-min"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written() {
        let process = Node::Camera;
        for (name, about) in [
            ("no false alarm", About::Run("no false alarm")),
            ("fault F1 took effect", About::Trial { fault: "F1", what: "took effect" }),
            ("expect.camera.frames-lost-max", About::Process { process, key: "frames-lost-max" }),
            (
                "expect.fusion.follows.lead",
                About::Process { process: Node::Fusion, key: "follows.lead" },
            ),
            ("expect.tracking.gospa-max-m", About::Tracking("gospa-max-m")),
            ("expect.safety.collision", About::Safety("collision")),
            ("expect.fault.F1.outcome", About::Fault { fault: "F1", key: "outcome" }),
        ] {
            assert_eq!(About::of(name), about);
            assert_eq!(about.name(), name);
        }
    }
}
