//! A directory of a test's own, scenarios in it, and the program running in it: [`Rig`], [`Running`],
//! [`Ended`].

use crate::binary;
use crate::processes;
use serde_json::Value;
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use sys::clock::{now_ns, sleep_until};
use tempfile::TempDir;
use wire::shared::ring;
use wire::{Node, Source};

/// How long an event is waited for before the test fails.
const PATIENCE_NS: u64 = 60_000_000_000;
/// How often the test looks.
const LOOK_NS: u64 = 2_000_000;

/// Waits for an event.
pub(crate) fn wait<T>(event: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_for(PATIENCE_NS, event, look)
}

/// Waits for an event that takes its time.
pub(crate) fn wait_for<T>(patience_ns: u64, event: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = now_ns() + patience_ns;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(now_ns() < deadline, "never came: {event}");
        sleep_until(now_ns() + LOOK_NS);
    }
}

/// The text of a scenario: `more` follows the keys that every one needs.
pub(crate) fn scenario(name: &str, duration_s: f64, more: &str) -> String {
    format!(
        "schema = 1\nname = \"{name}\"\nseed = 7\nduration-s = {duration_s:?}\n\
         ego.speed-kph = 60.0\n{more}\n"
    )
}

/// Supervision that gives up on nobody, however slow the machine is today.
pub(crate) const PATIENT: &str = "\
    [watchdog.camera]\nstartup-timeout-ms = 60000\nheartbeat-timeout-ms = 60000\nalive.min = 0\n\
    [watchdog.radar]\nstartup-timeout-ms = 60000\nheartbeat-timeout-ms = 60000\nalive.min = 0\n\
    [watchdog.fusion]\nstartup-timeout-ms = 60000\nheartbeat-timeout-ms = 60000\nalive.min = 0\n";

/// A directory that nobody else uses.
pub(crate) struct Rig {
    directory: TempDir,
}

impl Rig {
    pub(crate) fn new() -> Rig {
        let directory = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        std::fs::create_dir(directory.path().join("tmp")).expect("a place for temporary files");
        Rig { directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file in a directory of its own");
        path.display().to_string()
    }

    /// The directory of the run of scenario `name`.
    pub(crate) fn run_directory(&self, name: &str) -> PathBuf {
        self.path("out").join(name)
    }

    /// `run.json` of the run of scenario `name`.
    pub(crate) fn run_json(&self, name: &str) -> Value {
        run_json(&self.run_directory(name))
    }

    /// Runs the program to its end.
    pub(crate) fn failop(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).wait()
    }

    /// Runs the scenario to its end; returns its `run.json`.
    pub(crate) fn run(&self, name: &str, text: &str) -> (Ended, Value) {
        let ended = self.begin(name, text).wait();
        assert!(matches!(ended.code, Some(0 | 1 | 3)), "{ended:?}");
        (ended, self.run_json(name))
    }

    /// Starts a run of the scenario.
    pub(crate) fn begin(&self, name: &str, text: &str) -> Running {
        let file = self.file(&format!("{name}.toml"), text);
        let out = self.path("out").display().to_string();
        self.start(&["run", "--out", &out, &file])
    }

    /// Starts the program in the directory and in a process group of its own.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        self.start_program(binary::failop(), arguments)
    }

    /// The same with another program.
    pub(crate) fn start_program(
        &self,
        mut program: std::process::Command,
        arguments: &[&str],
    ) -> Running {
        let output = |name| {
            let path = self.path(name);
            (File::create(&path).expect("a file for what it prints"), path)
        };
        let ((stdout, stdout_path), (stderr, stderr_path)) = (output("stdout"), output("stderr"));
        let child = program
            .args(arguments)
            .current_dir(self.directory.path())
            .env("TMPDIR", self.path("tmp"))
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .process_group(0)
            .spawn()
            .expect("the program starts");
        Running { child, stdout: stdout_path, stderr: stderr_path }
    }

    /// Waits until no process has anything to do with the directory, and checks that nothing was
    /// left where temporary files and shared memory are.
    pub(crate) fn nothing_is_left(&self) {
        wait("the end of every process of the run", || {
            processes::using(self.directory.path()).is_empty().then_some(())
        });
        assert_eq!(names(&self.path("tmp")), [""; 0], "temporary files");
        let shared = names(Path::new("/dev/shm"));
        let ours = shared.iter().filter(|name| name.contains("failop")).collect::<Vec<_>>();
        assert!(ours.is_empty(), "shared memory with a name: {ours:?}");
    }
}

/// `run.json` in a run directory.
pub(crate) fn run_json(directory: &Path) -> Value {
    let text = std::fs::read_to_string(directory.join("run.json")).expect("a run.json");
    serde_json::from_str(&text).expect("run.json is JSON")
}

/// Names in a directory.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

/// Records that `source` has written into its ring in `run_directory`; 0 without a ring.
pub(crate) fn records(run_directory: &Path, source: Source) -> u64 {
    let bytes = std::fs::read(run_directory.join(recording::ring_file_name(source, 1)));
    let head = bytes.ok().and_then(|bytes| bytes[ring::HEAD * 8..].first_chunk().copied());
    head.map_or(0, u64::from_le_bytes)
}

/// Waits until `count` records of fusion tell that data flows.
pub(crate) fn wait_for_records(run_directory: &Path, count: u64) {
    wait("data through the pipeline", || {
        (records(run_directory, Source::Node(Node::Fusion)) >= count).then_some(())
    });
}

/// The program at work.
pub(crate) struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process that is `node` at the moment.
    pub(crate) fn node(&self, node: Node) -> Option<u32> {
        processes::role_of(self.pid(), node.name())
    }

    /// Waits until `node` is there.
    pub(crate) fn wait_for_node(&self, node: Node) -> u32 {
        wait("a process of the pipeline", || self.node(node))
    }

    /// Kills it: it gets no chance to do anything about it.
    pub(crate) fn kill(mut self) -> Ended {
        self.child.kill().expect("it can be killed");
        self.wait()
    }

    /// Waits until it ends.
    pub(crate) fn wait(&mut self) -> Ended {
        self.wait_for(PATIENCE_NS)
    }

    /// Waits until it ends, which takes its time.
    pub(crate) fn wait_for(&mut self, patience_ns: u64) -> Ended {
        let status = wait_for(patience_ns, "the end of the program", || {
            self.child.try_wait().expect("our child can be waited for")
        });
        Ended::new(status, &self.stdout, &self.stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended, unless the test failed; its children end with it.
        if self.child.kill().is_ok() && self.child.wait().is_err() {}
    }
}

/// How the program ended and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    fn new(status: ExitStatus, stdout: &Path, stderr: &Path) -> Ended {
        let read = |path| std::fs::read_to_string(path).expect("what it printed is text");
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout: read(stdout),
            stderr: read(stderr),
        }
    }
}
