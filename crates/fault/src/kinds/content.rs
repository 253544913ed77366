//! Parameters of the faults of content: what a sample says is wrong, its protection is right.

use super::Parameters;
use super::flaw::{Flaw, LEAST_AMOUNT, lacks_amount};
use crate::act::{Act, ObjectsHow, PictureHow, SampleFault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Repeats the last content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Freeze {
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Freeze {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Freeze)
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// How a picture is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Spoilt {
    /// every pixel is black
    Black,
    /// every pixel is white
    White,
    /// noise is added; `amount` is its standard deviation, grey levels
    Noise,
    /// it is out of focus; each pixel is the mean of a square `amount` pixels wide, at least 2
    Blur,
    /// a dark blotch covers `amount` percent of it
    Occlusion,
    /// `amount` drops of water stand on the lens
    Drops,
    /// its lower half shows one row
    StuckRows,
}

/// Spoils the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Picture {
    /// How it is spoilt.
    pub how: Spoilt,
    /// By how much; it means nothing where `how` does not name it.
    #[serde(default = "amount")]
    #[schemars(range(min = 1, max = 100))]
    pub amount: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Picture {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Picture(match self.how {
            Spoilt::Black => PictureHow::Black,
            Spoilt::White => PictureHow::White,
            Spoilt::Noise => PictureHow::Noise(self.amount),
            Spoilt::Blur => PictureHow::Blur(self.amount),
            Spoilt::Occlusion => PictureHow::Occlusion(self.amount),
            Spoilt::Drops => PictureHow::Drops(self.amount),
            Spoilt::StuckRows => PictureHow::StuckRows,
        }))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
    fn flaw(&self) -> Option<Flaw> {
        let allowed =
            "with `how = \"blur\"` it must be 2 or more: the mean of one pixel is the pixel";
        (self.how == Spoilt::Blur && self.amount < 2)
            .then(|| Flaw { key: "amount", allowed: allowed.to_owned() })
    }
}

fn amount() -> u32 {
    20
}

/// How detections are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// one object more than there is, `by` metres ahead
    Ghost,
    /// no object at all
    Missing,
    /// every range is `by` metres too large
    RangeBias,
    /// every range rate is `by` metres a second too large
    SpeedBias,
    /// every range grows by `by` metres a second
    RangeDrift,
    /// every range is beyond what the sensor can see
    OutOfRange,
}

/// Changes detections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objects {
    /// How they are changed.
    pub how: Changed,
    /// By how much; required, and not 0, where `how` names it, and meaningless where it does not.
    #[serde(default)]
    #[schemars(range(min = -1000.0, max = 1000.0))]
    pub by: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Objects {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Objects(match self.how {
            Changed::Ghost => ObjectsHow::Ghost(self.by),
            Changed::Missing => ObjectsHow::Missing,
            Changed::RangeBias => ObjectsHow::RangeBias(self.by),
            Changed::SpeedBias => ObjectsHow::SpeedBias(self.by),
            Changed::RangeDrift => ObjectsHow::RangeDrift(self.by),
            Changed::OutOfRange => ObjectsHow::OutOfRange,
        }))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
    fn flaw(&self) -> Option<Flaw> {
        match self.how {
            Changed::Ghost if self.by < LEAST_AMOUNT => {
                let allowed = format!(
                    "with `how = \"ghost\"` it must be {LEAST_AMOUNT} or more: it is ahead"
                );
                Some(Flaw { key: "by", allowed })
            }
            Changed::RangeBias => lacks_amount("by", "range-bias", self.by),
            Changed::SpeedBias => lacks_amount("by", "speed-bias", self.by),
            Changed::RangeDrift => lacks_amount("by", "range-drift", self.by),
            Changed::Ghost | Changed::Missing | Changed::OutOfRange => None,
        }
    }
}

/// Has another radar in its band.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Interference {
    /// By how much it raises the noise.
    #[schemars(range(min = 1.0, max = 60.0))]
    pub noise_db: f64,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for Interference {
    fn act(&self) -> Act {
        Act::Sample(SampleFault::Objects(ObjectsHow::Interference(self.noise_db)))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}
