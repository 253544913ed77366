//! Parameters of the faults of samples on their way: frames and messages.

use super::{Ending, Flaw, Parameters};
use crate::act::{
    Act, Call, Damage, Errno, HeaderField, ImpostorHow, Outside, ProcessFault, PublishStep,
    SampleFault, Signal,
};
use crate::units::ns_from_ms;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

fn all() -> f64 {
    100.0
}

fn one() -> f64 {
    1.0
}

/// How bytes are damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CorruptHow {
    /// `bits` of them are flipped, at places drawn from the seed
    Bits,
    /// one run of `bits` is inverted, at a place drawn from the seed
    Burst,
    /// the second half of the sample is zero
    Zeroes,
    /// the second half of the sample is that of the one before
    StaleHalf,
}

fn flipped() -> CorruptHow {
    CorruptHow::Bits
}

/// Damages bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Corrupt {
    /// How they are damaged.
    #[serde(default = "flipped")]
    pub how: CorruptHow,
    /// How many bits of each sample are flipped or inverted; a radar message has 8192.
    #[serde(default = "one_bit")]
    #[schemars(range(min = 1, max = 8192))]
    pub bits: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Corrupt {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Damage(match self.how {
            CorruptHow::Bits => Damage::Bits(self.bits),
            CorruptHow::Burst => Damage::Burst(self.bits),
            CorruptHow::Zeroes => Damage::Zeroes,
            CorruptHow::StaleHalf => Damage::StaleHalf,
        }))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

fn one_bit() -> u32 {
    1
}

/// Damages a header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CorruptHeader {
    /// The field that is damaged: all its bits are inverted.
    pub field: HeaderField,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for CorruptHeader {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Header(self.field))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Tears frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tear {
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Tear {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Tear)
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Ends in the middle of a publication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DieAt {
    /// When.
    pub step: PublishStep,
}

impl Parameters for DieAt {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::DieAt(self.step))
    }
    fn ending(&self) -> Option<Ending> {
        Some(Ending::by(Signal::Sigkill))
    }
}

/// Withholds samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Drop {
    /// Share of the samples; which ones is drawn from the seed.
    #[schemars(range(max = 100.0), extend("exclusiveMinimum" = 0))]
    pub percent: f64,
    /// Mean length of a run of samples that are lost, where losses come in runs (Gilbert's model);
    /// 1 for losses that know nothing of each other. Between two runs lies one sample at the least, so
    /// that runs of `n` can be no more than `n / (n + 1)` of the samples.
    #[serde(default = "one")]
    #[schemars(range(min = 1.0, max = 32.0))]
    pub mean_burst: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Drop {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Drop)
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
    fn percent(&self) -> f64 {
        self.percent
    }
    fn mean_burst(&self) -> f64 {
        self.mean_burst
    }
    fn flaw(&self) -> Option<Flaw> {
        let burst = self.mean_burst;
        if burst <= 1.0 || self.percent / (100.0 - self.percent) <= burst {
            return None;
        }
        let most_percent = (burst / (burst + 1.0) * 1000.0).floor() / 10.0;
        let allowed = format!(
            "with `mean-burst = {burst}` it must be {most_percent} or less: one sample at the least \
             gets through between two runs"
        );
        Some(Flaw { key: "percent", allowed })
    }
}

/// Delays samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Delay {
    /// By how much; at most as long as 64 samples of the target take.
    #[schemars(range(min = 0.1, max = 10_000.0))]
    pub by_ms: f64,
    /// How much the delay of a sample differs from that, at the most, drawn from the seed.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10_000.0))]
    pub jitter_ms: f64,
    /// Share of the samples; which ones is drawn from the seed.
    #[serde(default = "all")]
    #[schemars(range(max = 100.0), extend("exclusiveMinimum" = 0))]
    pub percent: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Delay {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Delay(ns_from_ms(self.by_ms)))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
    fn percent(&self) -> f64 {
        self.percent
    }
    fn jitter_ns(&self) -> u64 {
        ns_from_ms(self.jitter_ms)
    }
}

/// Repeats samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Duplicate {
    /// Share of the samples; which ones is drawn from the seed.
    #[serde(default = "all")]
    #[schemars(range(max = 100.0), extend("exclusiveMinimum" = 0))]
    pub percent: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Duplicate {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Duplicate)
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
    fn percent(&self) -> f64 {
        self.percent
    }
}

/// Hands old samples over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Replay {
    /// How many samples older it is than the one in whose place it comes.
    #[schemars(range(min = 1, max = 64))]
    pub age: u32,
    /// Share of the samples; which ones is drawn from the seed.
    #[serde(default = "all")]
    #[schemars(range(max = 100.0), extend("exclusiveMinimum" = 0))]
    pub percent: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Replay {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Replay(self.age))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
    fn percent(&self) -> f64 {
        self.percent
    }
}

/// Changes the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reorder {
    /// Share of the samples; which ones is drawn from the seed.
    #[serde(default = "all")]
    #[schemars(range(max = 100.0), extend("exclusiveMinimum" = 0))]
    pub percent: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Reorder {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Reorder)
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
    fn percent(&self) -> f64 {
        self.percent
    }
}

/// Skips numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SkipNumbers {
    /// How many numbers are skipped.
    #[schemars(range(min = 1, max = 10_000))]
    pub by: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for SkipNumbers {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::SkipNumbers(self.by))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Cuts messages short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shorten {
    /// How many bytes are left.
    #[schemars(range(min = 0, max = 1023))]
    pub bytes: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Shorten {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Shorten(self.bytes))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Limits the rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitRate {
    /// Messages a second that get through.
    #[schemars(range(min = 0.1, max = 1000.0))]
    pub per_s: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for LimitRate {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::LimitRate(self.per_s))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Floods a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Flood {
    /// Foreign messages a second.
    #[schemars(range(min = 1, max = 100_000))]
    pub per_s: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Flood {
    fn act(&self) -> Act {
        Act::Outside(Outside::Flood(self.per_s))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Has an impostor beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Impostor {
    /// How the impostor shows.
    pub how: ImpostorHow,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Impostor {
    fn act(&self) -> Act {
        Act::Outside(Outside::Impostor(self.how))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Lets system calls fail, until the process is replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FailCalls {
    /// The call.
    pub call: Call,
    /// The error.
    pub errno: Errno,
}

impl Parameters for FailCalls {
    fn act(&self) -> Act {
        Act::Process(ProcessFault::RefuseCalls(self.call, self.errno))
    }
}
