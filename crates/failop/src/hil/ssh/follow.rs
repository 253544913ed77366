//! One run on a board: it is started there, listened to until its end, and its folder fetched.

use super::client::{OWN_FAILURE, Told};
use super::reconnect::{Found, Silence};
use super::{Error, INPUTS, RESULTS, Visit, script};
use crate::hil::{self, Job, Outcome};
use scenario::Loaded;
use std::io::Write;
use sys::clock::now_ns;

/// What is kept of what a run printed, for an error message: its end.
const TAIL_BYTES: usize = 2000;
/// Exit codes of `failop run` that are verdicts, or the lack of one: its recordings tell more.
const TRIED: [i32; 3] = [0, 1, 3];
/// That of an invalid file or command line.
const INVALID: i32 = 2;
/// What a shell adds to the number of the signal that ended a program.
const SIGNALLED: i32 = 128;

/// Lets `failop run` go on with what a reset cut off.
const RESUME: &str = "--resume";

/// What is known of a run that goes on.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) started_ns: u64,
    /// Bytes that it printed and the user has seen.
    shown: usize,
    tail: Vec<u8>,
    /// Whether the user has asked for its end.
    asked: Asked,
    /// When the board did not answer.
    pub(super) silences: Vec<Silence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    End,
}

/// How a run ended.
#[derive(Debug)]
enum How {
    /// It returned this code.
    Code(i32),
    /// By a reset of the board, after which it is not to go on.
    Reset,
}

/// How listening ended.
#[derive(Debug)]
enum Heard {
    /// The run ended with this code.
    Code(i32),
    /// The connection is lost.
    Loss,
}

impl Visit<'_> {
    /// Runs one scenario and fetches its folder.
    pub(super) fn run(&mut self, job: &Job, scenario: &Loaded) -> Result<Outcome, Error> {
        let name = scenario.plan.name.as_str();
        let mut progress = Progress {
            started_ns: now_ns(),
            shown: 0,
            tail: Vec::new(),
            asked: Asked::Nothing,
            silences: Vec::new(),
        };
        let order = job.command(scenario, INPUTS, RESULTS);
        let how = match self.run_to_end(name, order, &mut progress) {
            Err(Error::Interrupted) => return Err(self.left(name)),
            ended => ended?,
        };
        loop {
            match self.fetch(name, job.folder(scenario)) {
                Ok(()) => break,
                Err(Error::Lost { .. }) => self.find_again(&mut progress)?,
                Err(error) => return Err(error),
            };
        }
        Self::write_silences(&job.folder(scenario), &progress)?;
        self.judge(name, &how, &progress)
    }

    /// The code that the run ended with, or what else ended it.
    fn run_to_end(
        &mut self,
        name: &str,
        mut order: Vec<String>,
        run: &mut Progress,
    ) -> Result<How, Error> {
        let mut started = self.start(&order);
        loop {
            let heard = match started {
                Ok(()) => self.listen(name, run)?,
                Err(Error::Lost { .. }) => Heard::Loss,
                Err(error) => return Err(error),
            };
            if let Heard::Code(code) = heard {
                return Ok(How::Code(code));
            }
            started = match self.find_again(run)? {
                Found::AtWork => Ok(()),
                Found::NotStarted => self.start(&order),
                Found::Over => return Ok(How::Reset),
                // Nobody wants it to go on.
                Found::ToResume if run.asked == Asked::End => return Ok(How::Reset),
                Found::ToResume => {
                    run.shown = 0;
                    if order.last().is_none_or(|last| last != RESUME) {
                        order.push(RESUME.to_owned());
                    }
                    self.start(&order)
                }
            };
        }
    }

    fn start(&mut self, order: &[String]) -> Result<(), Error> {
        let words = order.iter().map(String::as_str).collect::<Vec<_>>();
        self.session.start(&words, &self.bench.stop)
    }

    /// Shows what the run prints, until its end or that of the connection.
    fn listen(&self, name: &str, run: &mut Progress) -> Result<Heard, Error> {
        let mut listening = self.client.listen(script::FOLLOW, &[self.directory()])?;
        // It is told from the beginning each time.
        let mut heard = 0;
        loop {
            match listening.next(&self.bench.stop)? {
                Told::Bytes(bytes) => {
                    let known = run.shown.saturating_sub(heard).min(bytes.len());
                    heard += bytes.len();
                    self.show(run, &bytes[known..]);
                }
                Told::Stop => self.ask_to_end(name, run)?,
                Told::End => break,
            }
        }
        Ok(match listening.end()? {
            OWN_FAILURE => Heard::Loss,
            code => Heard::Code(code),
        })
    }

    fn show(&self, run: &mut Progress, bytes: &[u8]) {
        run.shown += bytes.len();
        run.tail.extend_from_slice(bytes);
        run.tail.drain(..run.tail.len().saturating_sub(TAIL_BYTES));
        if self.bench.told == hil::Told::Everyone {
            // Nobody is left to tell if standard error is gone; the run goes on.
            if let Err(_gone) = std::io::stderr().write_all(bytes) {}
        }
    }

    /// The user asks for the end: the run is told so and ends in order. One who asks again does not wait.
    fn ask_to_end(&self, name: &str, run: &mut Progress) -> Result<(), Error> {
        if run.asked == Asked::End {
            return Err(self.left(name));
        }
        run.asked = Asked::End;
        self.tell(&"the run on the board is asked to end; Ctrl-C once more leaves it there");
        match self.client.ask(script::STOP, &[self.directory()]) {
            Err(Error::Interrupted) => Err(self.left(name)),
            // Who listens will hear of the loss as well.
            Ok(_) | Err(Error::Lost { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn left(&self, name: &str) -> Error {
        Error::Left {
            board: self.client.destination().to_owned(),
            scenario: name.to_owned(),
            directory: self.directory().to_owned(),
        }
    }

    fn judge(&self, name: &str, how: &How, run: &Progress) -> Result<Outcome, Error> {
        let board = self.client.destination().to_owned();
        let scenario = name.to_owned();
        let said = String::from_utf8_lossy(&run.tail).trim().to_owned();
        let how = match *how {
            _ if run.asked == Asked::End => return Ok(Outcome::Interrupted),
            How::Code(code) if TRIED.contains(&code) => return Ok(Outcome::Complete),
            How::Code(INVALID) => {
                let program = self.bench.program().to_owned();
                return Err(Error::Refused { board, scenario, program, said });
            }
            How::Code(script::NO_CODE) => "the run was killed on the board".to_owned(),
            How::Code(code) if code > SIGNALLED => {
                format!("signal {} ended the run on the board", code - SIGNALLED)
            }
            How::Code(code) => format!("the run ended with the exit code {code} on the board"),
            How::Reset => "a reset of the board ended the run".to_owned(),
        };
        Err(Error::Killed { board, scenario, how, said })
    }
}
