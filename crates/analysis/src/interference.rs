//! What a run shows of each interference between software elements: [`results`].
//!
//! A fault exercises what the catalogue says of its kind and parameters, if it took effect and the run
//! can tell what became of it. The worst of them decides.

use fault::{Interference, Outcome};

use crate::faults::FaultFacts;
use crate::faults::outcome::Trial;
use crate::summary::{Exercise, Exercised, InterferenceResult};

/// A result for each item of the list, in its order.
pub(crate) fn results(faults: &[FaultFacts], trials: &[Trial]) -> Vec<InterferenceResult> {
    Interference::ALL.map(|item| result(item, faults, trials)).into()
}

fn result(item: Interference, faults: &[FaultFacts], trials: &[Trial]) -> InterferenceResult {
    let both = faults.iter().zip(trials);
    let exercising = both.filter(|(facts, _)| facts.fault.injection.interference().contains(&item));
    let (faults, reasons): (Vec<Exercised>, Vec<String>) = exercising
        .map(|(facts, trial)| {
            let fault = facts.fault.id.clone();
            let reason = format!("{fault}: {}", trial.reason);
            (Exercised { fault, outcome: trial.outcome }, reason)
        })
        .unzip();
    let result = worst(faults.iter().map(|it| it.outcome));
    let reason = match (result, item.out_of_reach()) {
        (Exercise::NotExercised, Some(why)) if faults.is_empty() => Some(why.to_owned()),
        (Exercise::NotExercised, _) if faults.is_empty() => {
            Some("no fault of the scenario exercises it".to_owned())
        }
        (Exercise::NotExercised, _) => Some(reasons.join("; ")),
        _ => None,
    };
    let (class, name) = (item.class().to_owned(), item.name().to_owned());
    InterferenceResult { item, class, name, result, faults, reason }
}

/// What the classes of several trials come to.
pub(crate) fn worst(outcomes: impl Iterator<Item = Option<Outcome>>) -> Exercise {
    outcomes.map(exercise).max().unwrap_or(Exercise::NotExercised)
}

fn exercise(outcome: Option<Outcome>) -> Exercise {
    match outcome {
        None | Some(Outcome::NotActivated | Outcome::HarnessError) => Exercise::NotExercised,
        Some(Outcome::Masked | Outcome::Handled) => Exercise::Passed,
        Some(Outcome::Latent) => Exercise::Latent,
        Some(Outcome::Late | Outcome::WrongReaction | Outcome::UndetectedViolation) => {
            Exercise::Failed
        }
    }
}
