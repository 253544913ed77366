//! What all runs of an invocation exercise together: [`coverage()`], the content of `coverage.json`.
//!
//! It counts what was tried of the catalogue of faults and of the list of interferences. How surely a
//! fault is detected, the repetitions of its run tell ([`crate::campaign`]).
//!
//! Field names are a public interface, as those of `run.json` are.

#[cfg(test)]
mod tests;

use fault::kind::Group;
use fault::{Interference, KINDS, Kind, Outcome, Target};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use crate::interference;
use crate::summary::{Exercise, FaultResult, Summary};

/// Version of the format of `coverage.json`.
pub const SCHEMA: u32 = 1;

/// What several runs exercise together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Version of the program that made the first recording.
    pub program_version: String,
    /// Runs.
    pub runs: u64,
    /// The scenarios, each once, in the order of their first run.
    pub scenarios: Vec<String>,
    /// Trials by class; every class is listed, also with 0.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Each interference between software elements, in the order of ISO 26262-6, Annex D.
    pub interference: Vec<InterferenceCoverage>,
    /// Each kind of fault of the catalogue, in its order.
    pub kinds: Vec<KindCoverage>,
    /// Faults that were skipped in at least one run.
    pub skipped: Vec<SkippedFault>,
    /// Kinds of fault that no run tried.
    pub never_injected: Vec<String>,
}

/// What was shown of one interference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterferenceCoverage {
    /// The item.
    pub item: Interference,
    /// Its class.
    pub class: String,
    /// The item in words.
    pub name: String,
    /// What came of it; the worst trial decides.
    pub result: Exercise,
    /// The faults that exercise it, with their classes.
    pub faults: Vec<FaultCoverage>,
    /// Why it was not exercised, where it was not.
    pub reason: Option<String>,
}

/// What became of one fault of a scenario in all of its runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultCoverage {
    /// The scenario.
    pub scenario: String,
    /// The fault's id in it.
    pub fault: String,
    /// Its kind.
    pub kind: String,
    /// The victim.
    pub target: Target,
    /// Trials by class; those that were not seen are left out.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Trials that were skipped.
    pub skipped: u64,
}

/// What was shown of one kind of fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindCoverage {
    /// Its name.
    pub kind: String,
    /// Its group.
    pub group: String,
    /// Trials, the skipped ones left out.
    pub trials: u64,
    /// Trials by class; those that were not seen are left out.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Trials that were skipped.
    pub skipped: u64,
}

/// A fault that was skipped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SkippedFault {
    /// The scenario.
    pub scenario: String,
    /// The fault's id in it.
    pub fault: String,
    /// Its kind.
    pub kind: String,
    /// Why.
    pub reason: String,
}

/// What these runs exercise together.
pub fn coverage(runs: &[Summary]) -> Coverage {
    let trials = || runs.iter().flat_map(|run| run.faults.iter().map(move |fault| (run, fault)));
    let mut scenarios: Vec<String> = Vec::new();
    for run in runs {
        if !scenarios.contains(&run.scenario) {
            scenarios.push(run.scenario.clone());
        }
    }
    let mut outcomes: BTreeMap<Outcome, u64> = Outcome::ALL.map(|outcome| (outcome, 0)).into();
    for outcome in trials().filter_map(|(_, fault)| fault.outcome) {
        *outcomes.entry(outcome).or_default() += 1;
    }
    let skipped: BTreeSet<SkippedFault> = trials()
        .filter_map(|(run, fault)| {
            Some(SkippedFault {
                scenario: run.scenario.clone(),
                fault: fault.id.clone(),
                kind: fault.kind.clone(),
                reason: fault.skipped.clone()?,
            })
        })
        .collect();
    let kinds: Vec<KindCoverage> = KINDS.iter().map(|kind| of_kind(kind, trials())).collect();
    let never = kinds.iter().filter(|it| it.trials == 0).map(|it| it.kind.clone());
    Coverage {
        schema: SCHEMA,
        program_version: runs.first().map_or(String::new(), |run| run.program_version.clone()),
        runs: runs.len() as u64,
        scenarios,
        outcomes,
        interference: Interference::ALL.map(|item| of_interference(item, runs)).into(),
        never_injected: never.collect(),
        kinds,
        skipped: skipped.into_iter().collect(),
    }
}

fn of_kind<'r>(
    kind: &Kind,
    trials: impl Iterator<Item = (&'r Summary, &'r FaultResult)>,
) -> KindCoverage {
    let group: Group = kind.group;
    let mut coverage = KindCoverage {
        kind: kind.name.to_owned(),
        group: group.name().to_owned(),
        trials: 0,
        outcomes: BTreeMap::new(),
        skipped: 0,
    };
    for (_, fault) in trials.filter(|(_, fault)| fault.kind == kind.name) {
        coverage.trials += u64::from(fault.outcome.is_some());
        count(fault.outcome, &mut coverage.outcomes, &mut coverage.skipped);
    }
    coverage
}

fn count(outcome: Option<Outcome>, outcomes: &mut BTreeMap<Outcome, u64>, skipped: &mut u64) {
    match outcome {
        Some(outcome) => *outcomes.entry(outcome).or_default() += 1,
        None => *skipped += 1,
    }
}

fn of_interference(item: Interference, runs: &[Summary]) -> InterferenceCoverage {
    let mut faults: Vec<FaultCoverage> = Vec::new();
    let mut reasons: BTreeSet<&str> = BTreeSet::new();
    for run in runs {
        let row = run.interference.iter().find(|row| row.item == item);
        for exercised in row.iter().flat_map(|row| &row.faults) {
            let Some(fault) = run.faults.iter().find(|it| it.id == exercised.fault) else {
                continue;
            };
            let same = |it: &FaultCoverage| (&it.scenario, &it.fault) == (&run.scenario, &fault.id);
            let at = faults.iter().position(same).unwrap_or_else(|| {
                faults.push(of_fault(run, fault));
                faults.len() - 1
            });
            let known = &mut faults[at];
            count(exercised.outcome, &mut known.outcomes, &mut known.skipped);
            reasons.insert(&fault.outcome_reason);
        }
    }
    let outcomes = faults.iter().flat_map(|it| it.outcomes.keys().copied().map(Some));
    let result = interference::worst(outcomes);
    let reason = match (result, item.out_of_reach()) {
        (Exercise::NotExercised, Some(why)) if faults.is_empty() => Some(why.to_owned()),
        (Exercise::NotExercised, _) if faults.is_empty() => {
            Some("no fault of these scenarios exercises it".to_owned())
        }
        (Exercise::NotExercised, _) => Some(reasons.into_iter().collect::<Vec<_>>().join("; ")),
        _ => None,
    };
    let (class, name) = (item.class().to_owned(), item.name().to_owned());
    InterferenceCoverage { item, class, name, result, faults, reason }
}

fn of_fault(run: &Summary, fault: &FaultResult) -> FaultCoverage {
    FaultCoverage {
        scenario: run.scenario.clone(),
        fault: fault.id.clone(),
        kind: fault.kind.clone(),
        target: fault.target,
        outcomes: BTreeMap::new(),
        skipped: 0,
    }
}
