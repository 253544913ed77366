//! What is said of these mechanisms, tested: our own goals and the classical claims, each a line of a
//! table.

use super::advice::{Advice, NEAR, Standing};
use super::rounds::{Cell, Measure};
use super::{Ratio, find};
use serde::Serialize;
use wire::Mechanism;

/// Size of a camera frame.
const FRAME: u64 = 2_073_600;
/// Size of a radar message.
const MESSAGE: u64 = 1024;
/// Size at which copies begin to matter and a pipe is just filled.
const BLOCK: u64 = 65_536;

/// Whose claim it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// We set it to ourselves.
    Goal,
    /// It is in every textbook.
    Classical,
}

/// What became of a claim in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimVerdict {
    /// It is so here.
    Holds,
    /// It is not so here.
    DoesNotHold,
    /// What it is about was not measured.
    NotMeasured,
}

/// What a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// What is compared.
    pub measure: Measure,
    /// The mechanism that is said to be better; for a figure of its own, the only one.
    pub better: Mechanism,
    /// The one that is said to be worse.
    pub worse: Option<Mechanism>,
    /// Bytes of a message.
    pub payload_bytes: u64,
}

/// A claim and what was measured of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// Whose it is.
    pub kind: ClaimKind,
    /// The claim in words.
    pub name: String,
    /// What was compared; `None` for a rank among all mechanisms.
    pub subject: Option<Subject>,
    /// How many times better it was, or the figure itself, round by round.
    pub measured: Option<Ratio>,
    /// Least and greatest figure with which it holds.
    pub wanted: (f64, Option<f64>),
    /// What became of it.
    pub verdict: ClaimVerdict,
}

/// A claim as it stands in the table.
struct Statement {
    kind: ClaimKind,
    name: &'static str,
    subject: Subject,
    wanted: (f64, Option<f64>),
}

const fn against(
    kind: ClaimKind,
    name: &'static str,
    (measure, payload_bytes): (Measure, u64),
    (better, worse): (Mechanism, Mechanism),
    times: f64,
) -> Statement {
    let subject = Subject { measure, better, worse: Some(worse), payload_bytes };
    Statement { kind, name, subject, wanted: (times, None) }
}

/// What is claimed. A goal's factor is the one that was set; a classical claim says which is better,
/// and holds as soon as it is.
const STATEMENTS: &[Statement] = {
    use ClaimKind::{Classical, Goal};
    use Measure::{BackToBackLatency, Cpu, PacedLatency, Throughput};
    use Mechanism::{Dbus, Hybrid, Pipe, PosixMq, Shm, SysvMsg, Tcp, UnixDgram, UnixStream};
    const STREAMED: (Measure, u64) = (Throughput, FRAME);
    const BLOCKS: (Measure, u64) = (Throughput, BLOCK);
    const PACED: (Measure, u64) = (PacedLatency, FRAME);
    const SMALL: (Measure, u64) = (BackToBackLatency, MESSAGE);
    &[
        against(
            Goal,
            "frames stream 30 × as fast as through a default pipe",
            STREAMED,
            (Shm, Pipe),
            30.0,
        ),
        against(Goal, "a frame at its rate is there 5 × as soon", PACED, (Shm, Pipe), 5.0),
        against(Goal, "frames stream 6 × as fast as over TCP", STREAMED, (Shm, Tcp), 6.0),
        against(Goal, "frames stream 100 × as fast as over D-Bus", STREAMED, (Shm, Dbus), 100.0),
        against(Classical, "shared memory outruns a Unix socket", STREAMED, (Shm, UnixStream), 1.0),
        against(Classical, "shared memory outruns a message queue", STREAMED, (Shm, PosixMq), 1.0),
        against(Classical, "shared memory outruns a pipe", BLOCKS, (Shm, Pipe), 1.0),
        against(Classical, "shared memory outruns TCP", BLOCKS, (Shm, Tcp), 1.0),
        against(
            Classical,
            "a Unix socket outruns a message queue",
            BLOCKS,
            (UnixStream, PosixMq),
            1.0,
        ),
        against(Classical, "a message queue outruns a pipe", BLOCKS, (PosixMq, Pipe), 1.0),
        against(Classical, "a pipe outruns TCP", BLOCKS, (Pipe, Tcp), 1.0),
        against(
            Classical,
            "shared memory is sooner than a Unix socket",
            SMALL,
            (Shm, UnixDgram),
            1.0,
        ),
        against(
            Classical,
            "shared memory is sooner than a message queue",
            SMALL,
            (Shm, PosixMq),
            1.0,
        ),
        against(Classical, "shared memory is sooner than a pipe", SMALL, (Shm, Pipe), 1.0),
        against(Classical, "a Unix socket is sooner than TCP", SMALL, (UnixStream, Tcp), 1.0),
        against(
            Classical,
            "a POSIX queue is sooner than a System V one",
            SMALL,
            (PosixMq, SysvMsg),
            1.0,
        ),
        Statement {
            kind: Classical,
            name: "a D-Bus message takes about 100 µs",
            subject: Subject {
                measure: BackToBackLatency,
                better: Dbus,
                worse: None,
                payload_bytes: MESSAGE,
            },
            wanted: (50.0, Some(200.0)),
        },
        against(
            Classical,
            "the hybrid saves CPU time over a socket",
            (Cpu, FRAME),
            (Hybrid, UnixStream),
            1.0,
        ),
    ]
};

/// Tests every claim.
pub(super) fn test(cells: &[Cell], advice: &[Advice]) -> Vec<Claim> {
    let ranks = advice.iter().map(of_default);
    let statements = STATEMENTS.iter().map(|statement| of_statement(statement, cells));
    let (goals, classical): (Vec<Claim>, _) =
        statements.partition(|claim| claim.kind == ClaimKind::Goal);
    goals.into_iter().chain(ranks).chain(classical).collect()
}

fn of_statement(statement: &Statement, cells: &[Cell]) -> Claim {
    let Statement { kind, name, subject, wanted } = statement;
    let measured = measured(subject, cells);
    let verdict = verdict(measured, *wanted);
    let (name, subject) = ((*name).to_owned(), Some(*subject));
    Claim { kind: *kind, name, subject, measured, wanted: *wanted, verdict }
}

/// How many times better, or the figure of the only one.
fn measured(subject: &Subject, cells: &[Cell]) -> Option<Ratio> {
    let Subject { measure, better, worse, payload_bytes } = *subject;
    let better = find(cells, better, payload_bytes)?;
    let Some(worse) = worse else {
        let figures = better.by_round(measure);
        return Ratio::of(&figures, &vec![1.0; figures.len()]);
    };
    let worse = find(cells, worse, payload_bytes)?;
    if measure.more_is_better() {
        Ratio::between(measure, better, worse)
    } else {
        Ratio::between(measure, worse, better)
    }
}

fn verdict(measured: Option<Ratio>, (least, greatest): (f64, Option<f64>)) -> ClaimVerdict {
    match measured {
        None => ClaimVerdict::NotMeasured,
        Some(Ratio { median, .. }) if median >= least && greatest.is_none_or(|it| median <= it) => {
            ClaimVerdict::Holds
        }
        Some(_) => ClaimVerdict::DoesNotHold,
    }
}

/// The link of a scenario that says nothing should be as good as any.
fn of_default(advice: &Advice) -> Claim {
    let stream = &advice.stream;
    let verdict = match advice.default {
        Standing::Best | Standing::Near => ClaimVerdict::Holds,
        Standing::Beyond | Standing::DoesNotHold => ClaimVerdict::DoesNotHold,
        Standing::NotMeasured => ClaimVerdict::NotMeasured,
    };
    Claim {
        kind: ClaimKind::Goal,
        name: format!("{}: the default, {}, is the best or near it", stream.name, stream.default),
        subject: None,
        measured: advice.candidate(stream.default).map(|it| it.over_best),
        wanted: (0.0, Some(NEAR)),
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipc::rounds::tests::cell;
    use Mechanism::{Dbus, Pipe, PosixMq, Shm, Tcp, UnixStream};

    fn verdicts(cells: &[Cell], name: &str) -> Vec<ClaimVerdict> {
        let claims = test(cells, &[]);
        claims.iter().filter(|claim| claim.name.contains(name)).map(|it| it.verdict).collect()
    }

    #[test]
    fn a_goal_wants_its_factor_and_a_classical_claim_only_the_order() {
        let cells = |pipe_us| [cell(Shm, FRAME, 100), cell(Pipe, FRAME, pipe_us)];
        for (pipe_us, expected) in [(3000, ClaimVerdict::Holds), (2900, ClaimVerdict::DoesNotHold)]
        {
            assert_eq!(verdicts(&cells(pipe_us), "30 × as fast"), [expected]);
        }
        let queue_first = [cell(PosixMq, BLOCK, 100), cell(Pipe, BLOCK, 101)];
        assert_eq!(verdicts(&queue_first, "queue outruns a pipe"), [ClaimVerdict::Holds]);
    }

    #[test]
    fn less_latency_is_better_and_a_figure_stands_alone() {
        let cells = [cell(UnixStream, MESSAGE, 40), cell(Tcp, MESSAGE, 60)];
        assert_eq!(verdicts(&cells, "sooner than TCP"), [ClaimVerdict::Holds]);
        for (us, expected) in [(120, ClaimVerdict::Holds), (400, ClaimVerdict::DoesNotHold)] {
            assert_eq!(verdicts(&[cell(Dbus, MESSAGE, us)], "D-Bus message"), [expected]);
        }
    }

    #[test]
    fn what_was_not_measured_is_told() {
        let claims = test(&[], &[]);
        assert_eq!(claims.len(), STATEMENTS.len());
        assert!(claims.iter().all(|claim| claim.verdict == ClaimVerdict::NotMeasured));
    }
}
