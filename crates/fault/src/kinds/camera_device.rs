//! Parameters of the faults of a camera's capture device.

use super::Parameters;
use crate::act::{Act, DeviceError, DeviceFault, Outside, SignalState, Wrap};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Drops frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeviceDrop {
    /// Share of the frames that it drops, by draws of its own.
    #[schemars(range(min = 1, max = 100))]
    pub percent: u32,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for DeviceDrop {
    fn act(&self) -> Act {
        Act::Outside(Outside::Device(DeviceFault::Drop(self.percent)))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailDevice {
    /// What fails.
    pub how: DeviceError,
}

impl Parameters for FailDevice {
    fn act(&self) -> Act {
        Act::Outside(Outside::Device(DeviceFault::Error(self.how)))
    }
}

/// Has no signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeviceSignalLoss {
    /// What is wrong with the signal.
    pub how: SignalState,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for DeviceSignalLoss {
    fn act(&self) -> Act {
        Act::Outside(Outside::Device(DeviceFault::Signal(self.how)))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}

/// Vanishes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceDisconnect {}

impl Parameters for DeviceDisconnect {
    fn act(&self) -> Act {
        Act::Outside(Outside::Device(DeviceFault::Disconnect))
    }
}

/// Counts wrongly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeviceWrap {
    /// What wraps.
    pub what: Wrap,
    /// How long the fault lasts.
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub for_s: f64,
}

impl Parameters for DeviceWrap {
    fn act(&self) -> Act {
        Act::Outside(Outside::Device(DeviceFault::Wrap(self.what)))
    }
    fn for_s(&self) -> Option<f64> {
        Some(self.for_s)
    }
}
