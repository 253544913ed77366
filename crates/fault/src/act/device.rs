//! What goes wrong with the capture device of a camera: [`DeviceFault`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What goes wrong with a capture device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceFault {
    /// It drops this share of its frames, percent.
    Drop(u32),
    /// It fails.
    Error(DeviceError),
    /// Its input has no usable signal.
    Signal(SignalState),
    /// It vanishes.
    Disconnect,
    /// It counts anew.
    Wrap(Wrap),
}

words! {
    /// What fails of a capture device.
    DeviceError {
        /// a buffer, which comes back as damaged
        Buffer = "buffer",
        /// streaming, until the device is opened anew
        Streaming = "streaming",
    }

    /// What is wrong with the signal at an input.
    SignalState {
        /// there is none
        NoSignal = "no-signal",
        /// the device cannot follow it
        NoLock = "no-lock",
        /// its timings are beyond what the device can take
        OutOfRange = "out-of-range",
    }

    /// What of a capture device wraps.
    Wrap {
        /// the number of a frame
        Sequence = "sequence",
        /// the time of a frame
        Timestamp = "timestamp",
    }
}
