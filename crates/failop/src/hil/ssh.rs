//! A board behind `ssh`: [`carry`], [`ask`].
//!
//! The program of this machine with the user's configuration does the talking; a library would know neither
//! the user's keys, agent and jump hosts, nor what a company's policy says of them. A board needs no more than
//! a shell: files go there through `cat` (many boards have no scp, sftp or tar), results come back in one
//! stream. The run is detached from the connection: a lost one, a laptop that sleeps or a reset of the board
//! does not end it, it is found again.

mod client;
mod error;
mod fetch;
mod follow;
mod prepare;
mod reconnect;
mod refusal;
mod script;

use super::{Afterwards, Answer, Bench, Job, Outcome};
use client::{Client, Session};
use error::Error;
use scenario::board::Ssh;

/// Where, in the directory on the board, inputs are, and results come to be.
const INPUTS: &str = "job";
const RESULTS: &str = "reports";
/// What a command there reads that is sent along with it.
const INPUT: &str = "/dev/stdin";

/// Brings the job to the board, and the folders of its runs back.
pub(crate) fn carry(job: &Job, way: &Ssh) -> anyhow::Result<Outcome> {
    match Visit::begin(&job.bench, way).and_then(|mut visit| visit.carry(job)) {
        Err(Error::Interrupted) => Ok(Outcome::Interrupted),
        ended => Ok(ended?),
    }
}

/// What `failop` on the board answers to a command, given the board file; `None` if the user ended it.
/// Results that were left there stay as they are.
pub(crate) fn ask(
    bench: &Bench,
    way: &Ssh,
    command: impl Fn(&str) -> Vec<String>,
) -> anyhow::Result<Option<Answer>> {
    match Visit::begin(bench, way).and_then(|visit| visit.ask(&command(INPUT))) {
        Err(Error::Interrupted) => Ok(None),
        answer => Ok(Some(answer?)),
    }
}

/// A bench whose board is connected.
struct Visit<'a> {
    bench: &'a Bench,
    way: &'a Ssh,
    client: Client<'a>,
    /// Nobody else's: tells this visit from others in the same directory.
    token: String,
    session: Session,
}

impl<'a> Visit<'a> {
    fn directory(&self) -> &'a str {
        &self.bench.board().directory
    }

    fn carry(&mut self, job: &Job) -> Result<Outcome, Error> {
        self.bring(job)?;
        let mut first = None;
        for scenario in &job.scenarios {
            // Not at all, if the user has ended it.
            self.client.sleep_until(0)?;
            match self.run(job, scenario) {
                Ok(Outcome::Complete) => {}
                Ok(Outcome::Interrupted) => return Ok(Outcome::Interrupted),
                // One run that was killed does not cost the others.
                Err(error @ Error::Killed { .. }) => {
                    self.tell(&error);
                    first = first.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        if self.bench.afterwards == Afterwards::Remove {
            self.client.ask(script::CLEAR, &[self.directory()])?;
        }
        first.map_or(Ok(Outcome::Complete), Err)
    }

    fn ask(&self, arguments: &[String]) -> Result<Answer, Error> {
        self.bring_program()?;
        let file = self.client.text(&self.bench.file.text)?;
        let client::Answer { code, output, said } = self.call(arguments, file)?;
        if !said.is_empty() {
            self.tell(&said);
        }
        Ok(Answer { code, output })
    }

    fn tell(&self, what: &dyn std::fmt::Display) {
        self.bench.tell(format_args!("failop: {what}"));
    }
}
