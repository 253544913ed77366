//! A board that does not answer any more: it is asked until it does, and what has become of the run is
//! found out.

use super::follow::Progress;
use super::{Error, Visit, script};
use scenario::board::OnReset;
use serde::Serialize;
use std::path::Path;
use sys::clock::now_ns;

/// The first pause between two attempts; each is twice the one before, up to the longest.
const FIRST_PAUSE_NS: u64 = 250_000_000;
const LONGEST_PAUSE_NS: u64 = 5_000_000_000;
/// Losses of one run, at most: a board that resets again and again gets no further.
const SILENCES_MAX: usize = 64;

/// File in the folder of a run that tells them.
const SILENCES: &str = "connection.json";

/// A time in which the board did not answer, by this machine's clock, from the start of the run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Silence {
    /// When the connection was found lost.
    lost_after_s: f64,
    /// When there was one again.
    answered_after_s: f64,
    /// Whether the board was started anew meanwhile.
    reset: bool,
    /// Why, as its watchdog device tells (`WDIOF_…` bits); empty without such a device.
    boot_status: String,
}

/// What has become of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It goes on, or has ended in order.
    AtWork,
    /// It never began.
    NotStarted,
    /// A reset cut it off: it is to go on.
    ToResume,
    /// A reset ended it.
    Over,
}

impl Visit<'_> {
    /// Connects again and finds the run.
    pub(super) fn find_again(&mut self, run: &mut Progress) -> Result<Found, Error> {
        let lost_ns = now_ns();
        let boot = self.session.fact("boot").to_owned();
        let board = self.client.destination().to_owned();
        if run.silences.len() == SILENCES_MAX {
            return Err(self.gone(Error::lost()));
        }
        let within_s = self.within_s();
        self.tell(&format!("the connection to {board} is lost; trying again for {within_s} s"));
        self.session.hang_up()?;
        self.connect_again(lost_ns)?;
        let answered_ns = now_ns();
        let reset = self.session.fact("boot") != boot;
        let boot_status = if reset { self.boot_status()? } else { String::new() };
        let silent_s = (answered_ns - lost_ns) as f64 * 1e-9;
        let told = match (reset, boot_status.as_str()) {
            (false, _) => String::new(),
            (true, "") => ": it was started anew".to_owned(),
            (true, status) => format!(": it was started anew (boot status {status})"),
        };
        self.tell(&format!("{board} answers again after {silent_s:.1} s{told}"));
        let since_s = |ns: u64| (ns - run.started_ns) as f64 * 1e-9;
        let (lost_after_s, answered_after_s) = (since_s(lost_ns), since_s(answered_ns));
        run.silences.push(Silence { lost_after_s, answered_after_s, reset, boot_status });
        self.found(reset)
    }

    fn connect_again(&mut self, lost_ns: u64) -> Result<(), Error> {
        let deadline_ns = lost_ns + self.way.reboot_within_ns;
        let mut pause_ns = FIRST_PAUSE_NS;
        loop {
            // Any refusal may pass: a board that boots refuses first this, then that.
            match self.client.open() {
                Ok(session) => {
                    self.session = session;
                    return Ok(());
                }
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                Err(error) if now_ns() >= deadline_ns => return Err(self.gone(error)),
                Err(_again) => {}
            }
            self.client.sleep_until(now_ns() + pause_ns)?;
            pause_ns = (2 * pause_ns).min(LONGEST_PAUSE_NS);
        }
    }

    fn found(&self, reset: bool) -> Result<Found, Error> {
        let token = self.session.fact("token");
        if token != self.token {
            let (board, directory) = self.place();
            let found = if token.is_empty() { "nothing" } else { token }.to_owned();
            return Err(Error::Replaced { board, directory, found });
        }
        let on_reset = self.bench.board().watchdog.as_ref().map(|watchdog| watchdog.on_reset);
        Ok(match (reset, on_reset) {
            (false, _) if self.session.fact("keeper").is_empty() => Found::NotStarted,
            (false, _) => Found::AtWork,
            (true, Some(OnReset::Resume)) => Found::ToResume,
            (true, Some(OnReset::End) | None) => Found::Over,
        })
    }

    /// Why the board was started, as its watchdog device knows it; empty without one.
    fn boot_status(&self) -> Result<String, Error> {
        let Some(watchdog) = &self.bench.board().watchdog else { return Ok(String::new()) };
        // The kernel's name of the device that has the old name as well.
        let name = match watchdog.device.rsplit('/').next() {
            Some("watchdog") | None => "watchdog0",
            Some(name) => name,
        };
        match self.client.ask(script::BOOT_STATUS, &[name]) {
            Ok(answer) => Ok(String::from_utf8_lossy(&answer.output).trim().to_owned()),
            // Lost again: the next step hears of it as well, and looks for the run.
            Err(Error::Lost { .. }) => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// Writes when the board did not answer into the folder of the run; nothing if it always did.
    pub(super) fn write_silences(folder: &Path, run: &Progress) -> Result<(), Error> {
        if run.silences.is_empty() {
            return Ok(());
        }
        std::fs::create_dir_all(folder)?;
        Ok(std::fs::write(folder.join(SILENCES), report::json(&run.silences))?)
    }

    fn gone(&self, last: Error) -> Error {
        let (board, directory) = self.place();
        Error::Gone { board, directory, within_s: self.within_s(), last: Box::new(last) }
    }

    fn within_s(&self) -> f64 {
        self.way.reboot_within_ns as f64 / 1e9
    }
}
