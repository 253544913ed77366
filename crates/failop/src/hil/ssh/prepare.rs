//! What comes before anything is done on a board: it is looked at, then program and files go there.

use super::client::{Answer, Client, printed_here};
use super::{Error, INPUTS, Visit, script};
use crate::hil::program::Program;
use crate::hil::{Bench, Job};
use scenario::board::Ssh;
use std::fs::File;
use std::process::Stdio;

/// Room for what a job makes there, KiB: recordings of some minutes. With less, it is not begun; a disk
/// that gets full later costs the end of a recording, which then says so.
const ROOM_KIB: u64 = 16 * 1024;
/// The program on the board.
const PROGRAM: &str = "failop";

impl<'a> Visit<'a> {
    /// Connects, and sees whether the board can be used.
    pub(super) fn begin(bench: &'a Bench, way: &'a Ssh) -> Result<Visit<'a>, Error> {
        let token = format!("{}-{}-{}", here(), std::process::id(), sys::clock::unix_ms());
        let unfit = |source| Error::Program { board: way.destination.clone(), source };
        // Before anything is tried: one that is no program at all needs no board to tell.
        Program::look(bench.program()).map_err(unfit)?;
        let client = Client::new(bench, way)?;
        let session = client.open()?;
        let visit = Visit { bench, way, client, token, session };
        visit.check_free()?;
        let machine = visit.session.fact("machine");
        Program::for_machine(bench.program(), machine).map_err(unfit)?;
        Ok(visit)
    }

    /// The destination and the directory there.
    pub(super) fn place(&self) -> (String, String) {
        (self.client.destination().to_owned(), self.directory().to_owned())
    }

    fn check_free(&self) -> Result<(), Error> {
        let holder = self.session.fact("holder").to_owned();
        let (board, directory) = self.place();
        match self.session.fact("lock") {
            "other" => Err(Error::InUse { board, directory, holder }),
            "mine" => Ok(()),
            _ => {
                self.tell(&format!(
                    "{board} has no `flock`: see that nobody else uses {directory}"
                ));
                Ok(())
            }
        }
    }

    /// Whether the program is on the board already, byte by byte. Where a digest is missing, it is not.
    fn has_program(&self) -> Result<bool, Error> {
        let here = printed_here("sha256sum", self.bench.program())?;
        let digest = |text: &str| text.split_whitespace().next().map(str::to_owned);
        let here = here.as_deref().and_then(digest);
        Ok(here.is_some() && here == digest(self.session.fact("digest")))
    }

    fn check_room(&self, known: bool) -> Result<(), Error> {
        // A board without `df` tells nothing.
        let Ok(free_kib) = self.session.fact("free").parse() else { return Ok(()) };
        let program_kib = if known { 0 } else { self.bench.program().metadata()?.len() / 1024 + 1 };
        let needed_kib = program_kib + ROOM_KIB;
        if free_kib >= needed_kib {
            return Ok(());
        }
        let (board, directory) = self.place();
        Err(Error::Full { board, directory, free_kib, needed_kib })
    }

    /// Brings the program there, if it is not, and sees whether it starts.
    pub(super) fn bring_program(&self) -> Result<(), Error> {
        let known = self.has_program()?;
        self.check_room(known)?;
        if !known {
            let program = self.bench.program();
            self.tell(&format!("copying {} to {}", program.display(), self.place().0));
            self.put(PROGRAM, "755", File::open(program)?.into())?;
        }
        self.check_start()
    }

    /// Brings the files of a job there, in place of what is left of the one before.
    pub(super) fn bring(&self, job: &Job) -> Result<(), Error> {
        let who = format!("failop {} on {}", std::process::id(), here());
        let reset = self.client.ask(script::RESET, &[self.directory(), &self.token, &who])?;
        self.succeeded(&reset)?;
        self.bring_program()?;
        let text = self.client.text(&self.bench.file.text)?;
        self.put(&format!("{INPUTS}/board.toml"), "644", text)?;
        for scenario in &job.scenarios {
            let name = Job::scenario_file(scenario);
            self.put(&format!("{INPUTS}/{name}"), "644", self.client.text(&scenario.text)?)?;
        }
        Ok(())
    }

    /// Lets the program there answer to a command.
    pub(super) fn call(&self, arguments: &[String], input: Stdio) -> Result<Answer, Error> {
        let words = arguments.iter().map(String::as_str);
        let words = [self.directory()].into_iter().chain(words).collect::<Vec<_>>();
        self.client.ask_with(script::CALL, &words, input)
    }

    fn put(&self, name: &str, mode: &str, content: Stdio) -> Result<(), Error> {
        let arguments = [self.directory(), name, mode];
        let answer = self.client.ask_with(script::PUT, &arguments, content)?;
        if answer.code == 0 {
            return Ok(());
        }
        let (board, directory) = self.place();
        Err(Error::Copy { board, directory, name: name.to_owned(), said: answer.said })
    }

    fn succeeded(&self, answer: &Answer) -> Result<(), Error> {
        match answer.code {
            0 => Ok(()),
            _ => Err(self.client.unusable(self.directory(), answer.said.clone())),
        }
    }

    /// Starts the program there once, to no purpose but to see that it does.
    fn check_start(&self) -> Result<(), Error> {
        let Answer { code, said, .. } = self.call(&["--version".to_owned()], Stdio::null())?;
        if code == 0 {
            return Ok(());
        }
        let advice = start_advice(code, &said);
        Err(Error::Unstartable { board: self.place().0, code, said, advice })
    }
}

/// The name of this machine.
fn here() -> String {
    sys::host::describe().name
}

/// What to do about a program that does not start on the board.
fn start_advice(code: i32, said: &str) -> &'static str {
    if said.contains("GLIBC_")
        || said.contains("error while loading shared libraries")
        || code == 127
    {
        "its C library is not there, or too old: a program that is linked statically needs none (`cargo xtask cross`)"
    } else if said.contains("ermission denied") {
        "its directory may be mounted `noexec`: take another `files.directory` in the board file"
    } else {
        "try it there by hand: ./failop --version"
    }
}
