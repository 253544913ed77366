//! The `ssh` program of this machine, and one connection of it that all steps share: [`Client`],
//! [`Session`].
//!
//! It asks nobody anything (`BatchMode`): where a password would be typed, there is an error.

use super::{Error, script};
use crate::hil::Bench;
use scenario::board::{HardwareWatchdog, Ssh};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use sys::clock::now_ns;
use sys::poll::wait_any;
use sys::signals::{StopSignals, ToWatchdog};
use tempfile::TempDir;

/// Longest name of the directory of the control socket: with `/control` and the 17 bytes that ssh adds
/// while it makes it, it fits in the 108 of a socket's address. A longer one is replaced by `/tmp`.
const SOCKET_DIRECTORY_MAX: usize = 80;
/// What no board file changes: one connection, nobody asked, no terminal, nothing forwarded.
const FIRST: [&str; 8] = [
    "BatchMode=yes",
    "ControlPersist=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
];
/// What holds where the board file and the user's configuration say nothing of it; the address answers
/// within 10 s, and a connection that is dead is noticed after 15 s.
const LAST: [&str; 3] = ["ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3"];
/// From the start of `ssh` until the board's shell has answered; at it, the attempt has failed.
const ANSWER_NS: u64 = 60_000_000_000;
/// How long the board has to end a session; after it, the lock there may be free a little later.
const CLOSING_NS: u64 = 5_000_000_000;
/// Longer than any wait.
const FAR_NS: u64 = 3_600_000_000_000;
/// What `ssh` ends with when it is `ssh` that failed.
pub(super) const OWN_FAILURE: i32 = 255;

/// `ssh` to one board.
#[derive(Debug)]
pub(super) struct Client<'a> {
    bench: &'a Bench,
    way: &'a Ssh,
    /// With the control socket and what programs say on standard error.
    private: TempDir,
}

/// What a command on the board came to.
#[derive(Debug)]
pub(super) struct Answer {
    /// What it ended with.
    pub(super) code: i32,
    /// What it printed.
    pub(super) output: Vec<u8>,
    /// What it said on standard error.
    pub(super) said: String,
}

/// The connection. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Session {
    child: Child,
    /// There until it is closed.
    orders: Option<ChildStdin>,
    answers: ChildStdout,
    /// What the board told at its start, a line each.
    pub(super) told: String,
}

impl<'a> Client<'a> {
    pub(super) fn new(bench: &'a Bench, way: &'a Ssh) -> Result<Client<'a>, Error> {
        let usual = std::env::temp_dir();
        // ssh would take a percent sign for a placeholder.
        let fits = usual.as_os_str().len() <= SOCKET_DIRECTORY_MAX
            && !usual.as_os_str().as_encoded_bytes().contains(&b'%');
        let parent = if fits { usual.as_path() } else { Path::new("/tmp") };
        let private = tempfile::Builder::new().prefix("failop-").tempdir_in(parent)?;
        Ok(Client { bench, way, private })
    }

    pub(super) fn destination(&self) -> &str {
        &self.way.destination
    }

    /// Connects.
    pub(super) fn open(&self) -> Result<Session, Error> {
        let (board, stop) = (self.bench.board(), &self.bench.stop);
        let directory = board.directory.as_str();
        // An ssh that was killed has left its socket, and the next one would share its connection with nobody.
        match std::fs::remove_file(self.socket()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let watchdog = board.watchdog.as_ref();
        let reset_within_s = watchdog.map_or(0, HardwareWatchdog::reset_within_s).to_string();
        let errors = self.private.path().join("session");
        let mut command = self.ssh("ControlMaster=yes", &[]);
        command
            .arg(script::command(script::SESSION, &[directory, script::KEEPER, &reset_within_s]));
        let mut child = start(command, Stdio::piped(), &errors)?;
        let orders = child.stdin.take();
        let answers = child.stdout.take().expect("it was asked for");
        let mut session = Session { child, orders, answers, told: String::new() };
        let ready = session.read_until(script::READY, stop)?;
        if let Some(told) = ready {
            session.told = told;
            return Ok(session);
        }
        let code = end(&mut session.child)?;
        let said = read_said(&errors)?;
        Err(match code {
            script::UNUSABLE => self.unusable(directory, said),
            _ => Error::connect(self.destination(), &said),
        })
    }

    /// Runs a script on the board to its end, over the connection that stands.
    pub(super) fn ask(&self, script: &str, arguments: &[&str]) -> Result<Answer, Error> {
        self.ask_with(script, arguments, Stdio::null())
    }

    /// The same, with something on its standard input.
    pub(super) fn ask_with(
        &self,
        script: &str,
        arguments: &[&str],
        input: Stdio,
    ) -> Result<Answer, Error> {
        let errors = self.private.path().join("step");
        let mut started = self.start(script, arguments, input, &errors)?;
        let mut output = Vec::new();
        loop {
            match started.next(&self.bench.stop)? {
                Told::Bytes(bytes) => output.extend_from_slice(bytes),
                Told::Stop => return Err(Error::Interrupted),
                Told::End => break,
            }
        }
        let code = started.end()?;
        let said = read_said(&errors)?;
        match code {
            OWN_FAILURE => Err(Error::Lost { said }),
            _ => Ok(Answer { code, output, said }),
        }
    }

    /// Starts a script that is read from while it runs.
    pub(super) fn listen(&self, script: &str, arguments: &[&str]) -> Result<Listening, Error> {
        let errors = self.private.path().join("listening");
        self.start(script, arguments, Stdio::null(), &errors)
    }

    fn start(
        &self,
        script: &str,
        arguments: &[&str],
        input: Stdio,
        errors: &Path,
    ) -> Result<Listening, Error> {
        // Without the connection it must fail, not make another one.
        let mut command = self.ssh("ControlMaster=no", &["ProxyCommand=false"]);
        command.arg(script::command(script, arguments));
        let mut child = start(command, input, errors)?;
        let output = child.stdout.take().expect("it was asked for");
        Ok(Listening { child, output, buffer: vec![0; 1 << 16] })
    }

    /// Where the steps find the connection.
    fn socket(&self) -> PathBuf {
        self.private.path().join("control")
    }

    fn ssh(&self, role: &str, more: &[&str]) -> Command {
        let mut command = program("ssh");
        command.arg("-S").arg(self.socket());
        for option in [role].iter().chain(&FIRST).chain(more) {
            command.args(["-o", option]);
        }
        command.args(&self.way.options);
        for option in LAST {
            command.args(["-o", option]);
        }
        command.arg("--").arg(self.destination());
        command
    }

    /// The directory cannot be used.
    pub(super) fn unusable(&self, directory: &str, said: String) -> Error {
        Error::Unusable {
            board: self.destination().to_owned(),
            directory: directory.to_owned(),
            said,
        }
    }

    /// A file with this text, to be read by a program that is started.
    pub(super) fn text(&self, text: &str) -> Result<Stdio, Error> {
        let path = self.private.path().join("text");
        std::fs::write(&path, text)?;
        Ok(File::open(path)?.into())
    }

    /// Sleeps until then; an error if the user ends it.
    pub(super) fn sleep_until(&self, deadline_ns: u64) -> Result<(), Error> {
        loop {
            if asked_to_end(&self.bench.stop)? {
                return Err(Error::Interrupted);
            }
            if now_ns() >= deadline_ns {
                return Ok(());
            }
            wait_any(&[self.bench.stop.as_fd()], deadline_ns)?;
        }
    }
}

impl Session {
    /// Starts the program with these arguments, apart from the connection.
    pub(super) fn start(&mut self, arguments: &[&str], stop: &StopSignals) -> Result<(), Error> {
        let order = script::words(arguments) + "\n";
        let orders = self.orders.as_mut().expect("it is closed by the drop alone");
        match orders.write_all(order.as_bytes()).and_then(|()| orders.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Error::lost()),
            Err(error) => Err(error.into()),
            Ok(()) => self.read_until(script::STARTED, stop)?.map(|_| ()).ok_or(Error::lost()),
        }
    }

    /// What is told before that line; `None` if the connection ends first.
    fn read_until(&mut self, line: &str, stop: &StopSignals) -> Result<Option<String>, Error> {
        let deadline_ns = now_ns() + ANSWER_NS;
        let (mut told, mut buffer) = (Vec::new(), [0; 4096]);
        let last = format!("{line}\n");
        loop {
            match wait_any(&[self.answers.as_fd(), stop.as_fd()], deadline_ns)? {
                Some(0) => match self.answers.read(&mut buffer)? {
                    0 => return Ok(None),
                    count => told.extend_from_slice(&buffer[..count]),
                },
                Some(_) if asked_to_end(stop)? => return Err(Error::Interrupted),
                _ if now_ns() >= deadline_ns => {
                    self.child.kill()?;
                    return Ok(None);
                }
                _ => {}
            }
            let text = String::from_utf8_lossy(&told);
            if text == last || text.ends_with(&format!("\n{last}")) {
                return Ok(Some(text.into_owned()));
            }
        }
    }

    /// The fact with this name; empty if the board does not know.
    pub(super) fn fact(&self, name: &str) -> &str {
        let lines = self.told.lines().filter_map(|line| line.split_once(' '));
        lines.filter(|(key, _)| *key == name).map(|(_, value)| value.trim()).next().unwrap_or("")
    }

    /// Ends it at once, whatever the board says to that.
    pub(super) fn hang_up(&mut self) -> Result<(), Error> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Lets the board end it, so that the lock is free when this returns.
    fn close(&mut self) -> io::Result<()> {
        self.orders = None;
        let deadline_ns = now_ns() + CLOSING_NS;
        let mut buffer = [0; 4096];
        while now_ns() < deadline_ns {
            let readable = wait_any(&[self.answers.as_fd()], deadline_ns)?.is_some();
            if readable && self.answers.read(&mut buffer)? == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Ended, or not to be waited for; there is nobody to tell of a child that is gone.
        if let (Ok(()), Ok(()), Ok(_)) = (self.close(), self.child.kill(), self.child.wait()) {}
    }
}

/// A command on the board that is listened to.
#[derive(Debug)]
pub(super) struct Listening {
    child: Child,
    output: ChildStdout,
    buffer: Vec<u8>,
}

/// What happens next.
#[derive(Debug)]
pub(super) enum Told<'a> {
    /// It has printed something.
    Bytes(&'a [u8]),
    /// It prints nothing more.
    End,
    /// The user asks for the end.
    Stop,
}

impl Listening {
    /// Waits for what happens next.
    pub(super) fn next(&mut self, stop: &StopSignals) -> Result<Told<'_>, Error> {
        loop {
            match wait_any(&[self.output.as_fd(), stop.as_fd()], now_ns() + FAR_NS)? {
                Some(0) => break,
                Some(_) if asked_to_end(stop)? => return Ok(Told::Stop),
                _ => {}
            }
        }
        Ok(match self.output.read(&mut self.buffer)? {
            0 => Told::End,
            count => Told::Bytes(&self.buffer[..count]),
        })
    }

    /// What it ended with; [`OWN_FAILURE`] is the end of the connection.
    pub(super) fn end(&mut self) -> Result<i32, Error> {
        end(&mut self.child)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // As that of the session.
        if let (Ok(()), Ok(_)) = (self.child.kill(), self.child.wait()) {}
    }
}

/// What a program of this machine prints, if it ends well.
pub(super) fn printed_here(name: &'static str, argument: &Path) -> Result<Option<String>, Error> {
    let output = program(name).arg(argument).stdin(Stdio::null()).output();
    let output = match output {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        output => output?,
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(output.status.success().then_some(text))
}

fn asked_to_end(stop: &StopSignals) -> Result<bool, Error> {
    Ok(stop.next()? == Some(ToWatchdog::End))
}

/// What a child ended with; a signal is a failure of the connection.
fn end(child: &mut Child) -> Result<i32, Error> {
    Ok(child.wait()?.code().unwrap_or(OWN_FAILURE))
}

fn read_said(path: &Path) -> Result<String, Error> {
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).trim().to_owned())
}

fn start(mut command: Command, input: Stdio, errors: &Path) -> Result<Child, Error> {
    let started = command.stdin(input).stdout(Stdio::piped()).stderr(File::create(errors)?).spawn();
    started.map_err(|source| Error::NoSsh { source })
}

/// A program of this machine.
#[expect(clippy::disallowed_methods, reason = "what it prints is read, and it gets no descriptors")]
fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    // A Ctrl-C at the terminal is for failop, which ends the run first.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}
