//! Parameters that are wrong only together: [`Flaw`].

/// A parameter that the others do not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Its key.
    pub key: &'static str,
    /// What is allowed, in words that follow what it is.
    pub allowed: String,
}

/// An amount nearer to 0 is none: a millimetre, a millimetre a second, a microsecond.
pub(super) const LEAST_AMOUNT: f64 = 0.001;

/// That an amount which `how` uses is not there, or changes nothing.
pub(super) fn lacks_amount(key: &'static str, how: &str, amount: f64) -> Option<Flaw> {
    let allowed = format!(
        "with `how = \"{how}\"` it must be {LEAST_AMOUNT} or more, or -{LEAST_AMOUNT} or less"
    );
    (amount.abs() < LEAST_AMOUNT).then_some(Flaw { key, allowed })
}
