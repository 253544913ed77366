//! Whether a stream as a whole can be used: [`StateMachine`], the E2E state machine of AUTOSAR PRS
//! E2E Protocol (doc. 849, `E2E_SM`).
//!
//! One sample says little; the machine counts good and bad cycles in a window of the last few. It
//! has no clock: its caller tells it of each cycle, also of one in which nothing came.

use super::CheckError;

/// What came of one cycle of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A sample that passed every check, next in the sequence.
    Ok,
    /// A sample that passed every check, after a gap that is short enough.
    OkSomeLost,
    /// A sample with the counter of the one before.
    Repeated,
    /// A sample whose counter went back, or too far ahead.
    WrongSequence,
    /// A sample that failed a check.
    Error(Failure),
    /// No sample came.
    NoNewData,
}

/// Which check a sample failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The CRC does not fit the bytes.
    Crc,
    /// The length does not fit the bytes.
    Length,
    /// It is not the sample that this receiver expects.
    DataId,
}

impl From<CheckError> for Status {
    fn from(error: CheckError) -> Status {
        Status::Error(match error {
            CheckError::Crc { .. } => Failure::Crc,
            CheckError::Short { .. } | CheckError::Length { .. } => Failure::Length,
            CheckError::DataId { .. } => Failure::DataId,
        })
    }
}

/// Whether a stream can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The machine is not running: nothing that comes is judged.
    Deinit,
    /// Nothing usable came since the start.
    NoData,
    /// Something came, not enough to rely on.
    Init,
    /// The stream can be used.
    Valid,
    /// The stream cannot be used.
    Invalid,
}

/// How many cycles of the window must be good, and how many may be bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Fewest cycles that are [`Status::Ok`] or [`Status::OkSomeLost`].
    pub ok_min: u32,
    /// Most cycles that are [`Status::Error`]. Silence, repetition and a wrong sequence count as
    /// neither good nor bad, as the specification has it: they show as good ones missing.
    pub error_max: u32,
}

/// What the machine demands of a stream. The names in brackets are the specification's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    /// Cycles that are remembered, 1 to [`WINDOW_MAX`] (`WindowSize`).
    pub window: u32,
    /// To become valid after the start (`MinOkStateInit`, `MaxErrorStateInit`).
    pub init: Tolerance,
    /// To stay valid (`MinOkStateValid`, `MaxErrorStateValid`).
    pub valid: Tolerance,
    /// To become valid again (`MinOkStateInvalid`, `MaxErrorStateInvalid`).
    pub invalid: Tolerance,
}

/// Longest window: the cycles are the bits of a word.
pub const WINDOW_MAX: u32 = 32;

impl Demands {
    /// For frames at 30 Hz. Invalid at the third bad frame of five or the fourth that is missing
    /// (100 and 133 ms); valid again once three of five are good and at most two bad (100 ms).
    pub const FRAMES: Demands = Demands {
        window: 5,
        init: Tolerance { ok_min: 2, error_max: 2 },
        valid: Tolerance { ok_min: 2, error_max: 2 },
        invalid: Tolerance { ok_min: 3, error_max: 2 },
    };

    /// For radar messages at 20 Hz. Invalid at the second bad message of four or the fourth that
    /// is missing (100 and 200 ms): half of the messages may be lost. Valid again once two of four
    /// are good and at most one bad (150 ms).
    pub const RADAR: Demands = Demands {
        window: 4,
        init: Tolerance { ok_min: 1, error_max: 1 },
        valid: Tolerance { ok_min: 1, error_max: 1 },
        invalid: Tolerance { ok_min: 2, error_max: 1 },
    };
}

/// Judges a stream cycle by cycle.
#[derive(Clone, Debug)]
pub struct StateMachine {
    demands: Demands,
    state: State,
    /// Bit n: the cycle n before the newest was good.
    ok: u32,
    /// Bit n: the cycle n before the newest was bad.
    errors: u32,
}

impl StateMachine {
    /// Not running yet: [`State::Deinit`] until [`start`](Self::start).
    ///
    /// # Panics
    /// If the window is empty or longer than [`WINDOW_MAX`], or if more good cycles are demanded to
    /// stay valid than to become valid: the stream would be invalid at once.
    pub fn new(demands: Demands) -> StateMachine {
        assert!((1..=WINDOW_MAX).contains(&demands.window), "a window fits a word");
        let needed = [demands.init, demands.invalid].map(|tolerance| tolerance.ok_min);
        assert!(needed.iter().all(|&ok| ok >= demands.valid.ok_min), "who gets in may stay");
        StateMachine { demands, state: State::Deinit, ok: 0, errors: 0 }
    }

    /// Forgets all cycles and waits for the first sample: at the start, and when another sender
    /// takes over.
    pub fn start(&mut self) {
        (self.state, self.ok, self.errors) = (State::NoData, 0, 0);
    }

    /// Takes in one cycle and tells whether the stream can be used. The cycle that ends
    /// [`State::NoData`] is not counted.
    pub fn check(&mut self, status: Status) -> State {
        let Demands { init, valid, invalid, .. } = self.demands;
        self.state = match self.state {
            State::Deinit => State::Deinit,
            State::NoData => match status {
                Status::Error(_) | Status::NoNewData => State::NoData,
                _ => State::Init,
            },
            from => {
                let (ok, errors) = self.note(status);
                let is_met = |by: Tolerance| ok >= by.ok_min && errors <= by.error_max;
                match from {
                    State::Init if is_met(init) => State::Valid,
                    State::Init if errors <= init.error_max => State::Init,
                    State::Valid if is_met(valid) => State::Valid,
                    State::Invalid if is_met(invalid) => State::Valid,
                    _ => State::Invalid,
                }
            }
        };
        self.state
    }

    /// What the last cycle left.
    pub fn state(&self) -> State {
        self.state
    }

    /// Puts a cycle into the window and counts the good and the bad ones in it.
    fn note(&mut self, status: Status) -> (u32, u32) {
        let is_ok = matches!(status, Status::Ok | Status::OkSomeLost);
        let is_error = matches!(status, Status::Error(_));
        let window = u32::MAX >> (WINDOW_MAX - self.demands.window);
        self.ok = (self.ok << 1 | u32::from(is_ok)) & window;
        self.errors = (self.errors << 1 | u32::from(is_error)) & window;
        (self.ok.count_ones(), self.errors.count_ones())
    }
}

#[cfg(test)]
mod tests {
    use super::State::{Init, Invalid, NoData, Valid};
    use super::*;

    const OK: Status = Status::Ok;
    const LOST: Status = Status::OkSomeLost;
    const AGAIN: Status = Status::Repeated;
    const WRONG: Status = Status::WrongSequence;
    const BAD: Status = Status::Error(Failure::Crc);
    const NONE: Status = Status::NoNewData;

    const DEMANDS: Demands = Demands {
        window: 4,
        init: Tolerance { ok_min: 2, error_max: 1 },
        valid: Tolerance { ok_min: 1, error_max: 1 },
        invalid: Tolerance { ok_min: 3, error_max: 0 },
    };

    /// The states that follow from the start by the given cycles.
    fn check(demands: Demands, table: &[(Status, State)]) {
        let mut machine = StateMachine::new(demands);
        machine.start();
        for (cycle, &(status, expected)) in table.iter().enumerate() {
            assert_eq!(machine.check(status), expected, "cycle {cycle}: {status:?}");
        }
    }

    #[test]
    fn a_machine_that_is_not_started_judges_nothing() {
        let mut machine = StateMachine::new(DEMANDS);
        for status in [OK, LOST, AGAIN, WRONG, BAD, NONE] {
            assert_eq!(machine.check(status), State::Deinit);
        }
        machine.start();
        assert_eq!(machine.state(), NoData);
    }

    #[test]
    fn only_a_sound_sample_ends_the_wait_for_data() {
        for status in [BAD, NONE, Status::Error(Failure::Length), Status::Error(Failure::DataId)] {
            check(DEMANDS, &[(status, NoData), (status, NoData)]);
        }
        for status in [OK, LOST, AGAIN, WRONG] {
            check(DEMANDS, &[(NONE, NoData), (status, Init)]);
        }
    }

    #[test]
    fn a_stream_becomes_valid_by_good_cycles_and_invalid_by_bad_ones() {
        check(DEMANDS, &[(OK, Init), (OK, Init), (LOST, Valid)]);
        check(DEMANDS, &[(OK, Init), (OK, Init), (BAD, Init), (OK, Valid)]);
        check(DEMANDS, &[(OK, Init), (BAD, Init), (BAD, Invalid)]);
        check(DEMANDS, &[(OK, Init), (OK, Init), (BAD, Init), (BAD, Invalid)]);
    }

    #[test]
    fn what_is_neither_good_nor_bad_changes_nothing_at_the_start() {
        let idle = [AGAIN, WRONG, NONE].map(|status| (status, Init));
        check(DEMANDS, &[&[(OK, Init)][..], &idle, &idle, &[(OK, Init), (OK, Valid)]].concat());
    }

    #[test]
    fn a_valid_stream_bears_what_it_may_and_no_more() {
        let up = [(OK, Init), (OK, Init), (OK, Valid)];
        let after = |table: &[(Status, State)]| check(DEMANDS, &[&up[..], table].concat());
        after(&[(BAD, Valid), (OK, Valid), (OK, Valid), (OK, Valid), (BAD, Valid)]);
        after(&[(BAD, Valid), (BAD, Invalid)]);
        after(&[(BAD, Valid), (OK, Valid), (OK, Valid), (BAD, Invalid)]);
        for silence in [NONE, AGAIN, WRONG] {
            let three = [(silence, Valid); 3];
            after(&[&three[..], &[(LOST, Valid)], &three, &[(silence, Invalid)]].concat());
        }
    }

    #[test]
    fn an_invalid_stream_must_earn_its_way_back() {
        let down = [(OK, Init), (BAD, Init), (BAD, Invalid)];
        let after = |table: &[(Status, State)]| check(DEMANDS, &[&down[..], table].concat());
        let good = [(OK, Invalid); 3];
        // Three good cycles, but a bad one is still in the window; then it is not.
        after(&[&good[..], &[(OK, Valid)]].concat());
        after(&[&good[..2], &[(NONE, Invalid), (OK, Valid)]].concat());
        after(&[&good[..2], &[(NONE, Invalid), (AGAIN, Invalid), (WRONG, Invalid)]].concat());
        after(&[&good[..], &[(BAD, Invalid), (OK, Invalid)]].concat());
    }

    #[test]
    fn another_start_forgets_everything() {
        let mut machine = StateMachine::new(DEMANDS);
        machine.start();
        for status in [OK, OK, OK, BAD] {
            machine.check(status);
        }
        machine.start();
        let states = [OK, BAD, OK, OK].map(|status| machine.check(status));
        assert_eq!(states, [Init, Init, Init, Valid], "the bad cycle before it is not counted");
    }

    #[test]
    fn the_defaults_fall_and_rise_as_fast_as_they_say() {
        let (good, bad) = ([(OK, Valid); 5], (BAD, Valid));
        let frames = [&[(OK, Init), (OK, Init)][..], &good].concat();
        let fall = [bad, bad, (BAD, Invalid), (BAD, Invalid), (BAD, Invalid)];
        let rise = [(OK, Invalid), (OK, Invalid), (OK, Valid)];
        check(Demands::FRAMES, &[&frames[..], &fall, &rise].concat());
        let silence = [(NONE, Valid), (NONE, Valid), (NONE, Valid), (NONE, Invalid)];
        check(Demands::FRAMES, &[&frames[..], &silence].concat());
        let radar = [&[(OK, Init)][..], &good].concat();
        let fall = [bad, (BAD, Invalid), (BAD, Invalid), (BAD, Invalid)];
        check(Demands::RADAR, &[&radar[..], &fall, &rise].concat());
        check(Demands::RADAR, &[&radar[..], &silence].concat());
    }

    #[test]
    fn the_longest_window_holds_as_many_cycles_as_it_says() {
        let demands = Demands { window: WINDOW_MAX, ..DEMANDS };
        let bad_once_per_window = [&[(OK, Valid); 31][..], &[(BAD, Valid)]].concat();
        let up = [(OK, Init), (OK, Init), (OK, Valid)];
        check(demands, &[&up[..], &bad_once_per_window, &bad_once_per_window].concat());
    }

    #[test]
    fn a_failed_check_is_a_bad_cycle_of_its_kind() {
        for (error, failure) in [
            (CheckError::Short { found: 1, expected: 12 }, Failure::Length),
            (CheckError::Length { stated: 1, found: 2 }, Failure::Length),
            (CheckError::Crc { stated: 1, found: 2 }, Failure::Crc),
            (CheckError::DataId { found: 1, expected: 2 }, Failure::DataId),
        ] {
            assert_eq!(Status::from(error), Status::Error(failure));
        }
    }

    #[test]
    #[should_panic(expected = "who gets in may stay")]
    fn demands_that_would_flap_are_refused() {
        let valid = Tolerance { ok_min: 3, error_max: 1 };
        StateMachine::new(Demands { valid, ..DEMANDS });
    }
}
