//! What becomes of an injected fault: [`Outcome`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The class of a trial: of one fault in one run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// nothing shows that the fault took effect
    NotActivated,
    /// it took effect, nothing was lost or wrong, and nothing had to notice it
    Masked,
    /// it was detected and handled within the fault tolerant time interval
    Handled,
    /// it was detected, and handled too late
    Late,
    /// it was detected, and what was done about it was wrong or did not bring the function back
    WrongReaction,
    /// nothing noticed it, and no demand was violated
    Latent,
    /// nothing noticed it, and a demand was violated
    UndetectedViolation,
    /// the run cannot tell: the host or the record was not sound, or the fault could not be injected
    HarnessError,
}

impl Outcome {
    /// Every class, in the order of the documentation.
    pub const ALL: [Outcome; 8] = [
        Outcome::NotActivated,
        Outcome::Masked,
        Outcome::Handled,
        Outcome::Late,
        Outcome::WrongReaction,
        Outcome::Latent,
        Outcome::UndetectedViolation,
        Outcome::HarnessError,
    ];

    /// The name used in scenario files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::NotActivated => "not-activated",
            Outcome::Masked => "masked",
            Outcome::Handled => "handled",
            Outcome::Late => "late",
            Outcome::WrongReaction => "wrong-reaction",
            Outcome::Latent => "latent",
            Outcome::UndetectedViolation => "undetected-violation",
            Outcome::HarnessError => "harness-error",
        }
    }
}
