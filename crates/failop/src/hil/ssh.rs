//! A board behind `ssh`: [`carry`].
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

use super::{Afterwards, Job, Outcome, Told};
use client::{Client, Session};
use error::Error;
use scenario::board::Ssh;
use std::io::Write;

/// Where, in the directory on the board, inputs are, and results come to be.
const INPUTS: &str = "job";
const RESULTS: &str = "reports";

/// Brings the job to the board, and the folders of its runs back.
pub(crate) fn carry(job: &Job, way: &Ssh) -> anyhow::Result<Outcome> {
    match Visit::begin(job, way).and_then(|mut visit| visit.carry()) {
        Err(Error::Interrupted) => Ok(Outcome::Interrupted),
        ended => Ok(ended?),
    }
}

/// A job on its board.
struct Visit<'a> {
    job: &'a Job,
    way: &'a Ssh,
    client: Client<'a>,
    /// Nobody else's: tells this job from others in the same directory.
    token: String,
    session: Session,
}

impl<'a> Visit<'a> {
    fn directory(&self) -> &'a str {
        &self.job.board.board.directory
    }

    fn carry(&mut self) -> Result<Outcome, Error> {
        let mut first = None;
        for scenario in &self.job.scenarios {
            // Not at all, if the user has ended it.
            self.client.sleep_until(0)?;
            match self.run(scenario) {
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
        if self.job.afterwards == Afterwards::Remove {
            self.client.ask(script::CLEAR, &[self.directory()])?;
        }
        first.map_or(Ok(Outcome::Complete), Err)
    }

    /// Tells the user.
    fn tell(&self, what: &dyn std::fmt::Display) {
        if self.job.told == Told::Everyone {
            // Nobody is left to tell if standard error is gone.
            if let Err(_gone) = writeln!(std::io::stderr(), "failop: {what}") {}
        }
    }
}
