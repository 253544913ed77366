//! The scheduling class of a process in one word: [`Scheduling`].

use super::words::Word;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bits of a time in a word, in microseconds: 16 s; the kernel takes periods up to 4 s.
const TIME_BITS: u32 = 24;

/// A scheduling class with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheduling {
    /// `SCHED_OTHER`.
    Normal,
    /// `SCHED_FIFO`.
    Fifo {
        /// 1 (lowest) to 99.
        priority: u8,
    },
    /// `SCHED_DEADLINE`, each deadline at the end of its period.
    Deadline {
        /// Processor time in each period, µs.
        runtime_us: u32,
        /// Period, µs.
        period_us: u32,
    },
    /// One that is never asked for, by the number of sched(7), up to 255.
    Other {
        /// Its number.
        policy: u8,
    },
}

const FIFO: u8 = 1;
const DEADLINE: u8 = 6;

/// `policy: 8 bits | priority: 8 | runtime: 24 | period: 24`, from the low end.
impl Word for Scheduling {
    fn to_word(self) -> u64 {
        let time = |us: u32| u64::from(us.min((1 << TIME_BITS) - 1));
        match self {
            Scheduling::Normal => 0,
            Scheduling::Fifo { priority } => u64::from(FIFO) | u64::from(priority) << 8,
            Scheduling::Deadline { runtime_us, period_us } => {
                u64::from(DEADLINE) | time(runtime_us) << 16 | time(period_us) << (16 + TIME_BITS)
            }
            Scheduling::Other { policy } => u64::from(policy),
        }
    }

    fn from_word(word: u64) -> Option<Self> {
        let time = |word: u64| (word & ((1 << TIME_BITS) - 1)) as u32;
        Some(match word as u8 {
            0 => Scheduling::Normal,
            FIFO => Scheduling::Fifo { priority: (word >> 8) as u8 },
            DEADLINE => Scheduling::Deadline {
                runtime_us: time(word >> 16),
                period_us: time(word >> (16 + TIME_BITS)),
            },
            policy => Scheduling::Other { policy },
        })
    }
}

impl fmt::Display for Scheduling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |us: u32| f64::from(us) / 1e3;
        match *self {
            Scheduling::Normal => write!(f, "SCHED_OTHER"),
            Scheduling::Fifo { priority } => write!(f, "SCHED_FIFO {priority}"),
            Scheduling::Deadline { runtime_us, period_us } => {
                write!(f, "SCHED_DEADLINE {} ms of {} ms", ms(runtime_us), ms(period_us))
            }
            Scheduling::Other { policy } => write!(f, "class {policy}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_survives_its_word() {
        for (class, text) in [
            (Scheduling::Normal, "SCHED_OTHER"),
            (Scheduling::Fifo { priority: 98 }, "SCHED_FIFO 98"),
            (
                Scheduling::Deadline { runtime_us: 6666, period_us: 33_333 },
                "SCHED_DEADLINE 6.666 ms of 33.333 ms",
            ),
            (Scheduling::Other { policy: 2 }, "class 2"),
        ] {
            assert_eq!(Scheduling::from_word(class.to_word()), Some(class));
            assert_eq!(class.to_string(), text);
        }
    }
}
