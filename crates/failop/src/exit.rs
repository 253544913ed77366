//! Exit codes, a public interface: [`Code`].

use analysis::Verdict;
use std::process::ExitCode;

/// What the process returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// Every scenario passed, or was skipped because the host lacks what its faults need.
    Pass = 0,
    /// An expectation failed.
    Fail = 1,
    /// A scenario file or the command line is invalid. (clap returns the same code.)
    Invalid = 2,
    /// It cannot be judged: a fault did not take effect, the host was overloaded, a process could
    /// not be started, the run was interrupted, a file could not be written.
    Inconclusive = 3,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> ExitCode {
        ExitCode::from(code as u8)
    }
}

impl Code {
    /// The code of several runs: one failure outweighs everything.
    pub(crate) fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Code {
        match verdicts.into_iter().max() {
            None | Some(Verdict::Pass | Verdict::Skipped) => Code::Pass,
            Some(Verdict::Inconclusive) => Code::Inconclusive,
            Some(Verdict::Fail) => Code::Fail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_outweighs_everything() {
        use Verdict::{Fail, Inconclusive, Pass, Skipped};
        assert_eq!(Code::of([Pass, Pass]), Code::Pass);
        assert_eq!(Code::of([Pass, Skipped]), Code::Pass);
        assert_eq!(Code::of([Skipped, Inconclusive]), Code::Inconclusive);
        assert_eq!(Code::of([Pass, Inconclusive]), Code::Inconclusive);
        assert_eq!(Code::of([Fail, Inconclusive, Pass]), Code::Fail);
    }
}
