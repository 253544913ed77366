//! A board of a test, behind a real ssh server with keys, users and files of its own: [`Board`]. It is this
//! machine, behind `sshd` on loopback, but where a test makes another.

use crate::binary;
use crate::rig::{Rig, Running, wait};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// Other ports are tried when somebody takes one between its choice and its use.
const PORTS: u32 = 10;

/// A board.
pub(crate) struct Board {
    pub(crate) rig: Rig,
    /// Who answers for it.
    server: Child,
}

impl Board {
    /// Starts the server; `None`, and told, where there is none.
    pub(crate) fn start() -> Option<Board> {
        let Some(program) = sshd() else {
            skipped("no sshd on this machine (package openssh-server)");
            return None;
        };
        if is_root() {
            // sshd puts its unprivileged half there.
            std::fs::create_dir_all("/run/sshd").expect("root may");
        }
        let board = Board::behind(|rig, port| listen(rig, (&program, port), &[]));
        board.write_board("", &board.rig.path("board's own"));
        Some(board)
    }

    /// A board behind what `serve` starts at a port, which is nothing where the port is taken; with keys and
    /// a configuration of `ssh` for it.
    pub(crate) fn behind(serve: impl Fn(&Rig, u16) -> Option<Child>) -> Board {
        let rig = Rig::new();
        for key in ["host", "user", "other"] {
            let path = rig.path(key);
            run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", text(&path)]);
        }
        let at_a_port = || {
            let port = free_port();
            serve(&rig, port).map(|server| (server, port))
        };
        let served = (0..PORTS).find_map(|_| at_a_port());
        let (server, port) = served.expect("somebody answers at one of these ports");
        let board = Board { rig, server };
        board.write_client("config", port, "user", Some("host"));
        board
    }

    /// Writes a configuration of `ssh`, with one of our keys and one that the board is expected to have.
    pub(crate) fn write_client(&self, name: &str, port: u16, user: &str, host: Option<&str>) {
        let known = host.map_or_else(String::new, |host| {
            let key =
                std::fs::read_to_string(self.rig.path(&format!("{host}.pub"))).expect("a key");
            format!("[127.0.0.1]:{port} {key}")
        });
        let known = self.rig.file(&format!("{name}.known"), &known);
        let identity = self.rig.path(user).display().to_string();
        let text = format!(
            "Host board\n HostName 127.0.0.1\n Port {port}\n IdentityFile \"{identity}\"\n IdentitiesOnly yes\n \
             IdentityAgent none\n UserKnownHostsFile \"{known}\"\n GlobalKnownHostsFile /dev/null\n"
        );
        self.rig.file(name, &text);
    }

    /// The port of the configuration.
    pub(crate) fn port(&self) -> u16 {
        let text = std::fs::read_to_string(self.rig.path("config")).expect("a configuration");
        let port = text.lines().find_map(|line| line.trim().strip_prefix("Port "));
        port.expect("a port").parse().expect("a number")
    }

    /// Writes the board file, with `more` keys, and this directory on the board.
    pub(crate) fn write_board(&self, more: &str, directory: &Path) {
        self.write_board_of("board", "config", env!("CARGO_BIN_EXE_failop"), (more, directory));
    }

    pub(crate) fn write_board_of(
        &self,
        destination: &str,
        client: &str,
        program: &str,
        (more, directory): (&str, &Path),
    ) {
        let (client, directory) =
            (self.rig.path(client).display().to_string(), directory.display());
        let text = format!(
            "schema = 1\nname = \"loopback\"\n[reach.ssh]\ndestination = \"{destination}\"\n\
             options = [\"-F\", \"{client}\"]\nreboot-within-s = 120.0\n\
             [files]\ndirectory = \"{directory}\"\nprogram = \"{program}\"\n{more}\n"
        );
        self.rig.file("board.toml", &text);
    }

    /// Starts `failop hil run` on a scenario; its file has a name with all that a shell may trip over.
    pub(crate) fn begin(&self, scenario: &str, more: &[&str]) -> Running {
        let file = self.rig.file("it's \"one\" $HOME.toml", scenario);
        let (board, out) = (self.rig.path("board.toml"), self.rig.path("out"));
        let own = ["hil", "run", "--board", text(&board), "--out", text(&out), &file];
        self.rig.start(&[&own[..], more].concat())
    }

    /// Folder of a run on the board.
    pub(crate) fn far(&self, name: &str) -> PathBuf {
        self.rig.path("board's own").join("reports").join(name)
    }

    /// The server's process.
    pub(crate) fn server(&self) -> u32 {
        self.server.id()
    }

    /// Another server in place of this one, which was killed: as a board has after a reset.
    pub(crate) fn start_again(&mut self, before: &[&str]) {
        self.server.wait().expect("our child can be waited for");
        let program = sshd().expect("it was there");
        let port = self.port();
        self.server = wait("the port to be free", || listen(&self.rig, (&program, port), before));
    }

    /// Ends the server, and waits until nothing of the test is left.
    pub(crate) fn nothing_is_left(mut self) {
        self.server.kill().expect("it can be killed");
        self.server.wait().expect("our child can be waited for");
        self.rig.nothing_is_left();
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        // Ended, unless the test failed.
        if self.server.kill().is_ok() && self.server.wait().is_err() {}
    }
}

/// A port that nobody has, for a moment.
fn free_port() -> u16 {
    let free = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    free.local_addr().expect("an address").port()
}

/// Starts the server; `None` if the port was taken meanwhile.
fn listen(rig: &Rig, (program, port): (&Path, u16), before: &[&str]) -> Option<Child> {
    let path = |name: &str| rig.path(name).display().to_string();
    let config = rig.file(
        "sshd_config",
        &format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nSetEnv TMPDIR={}\n\
             PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin yes\n",
            path("host"),
            path("user.pub"),
            path("tmp")
        ),
    );
    let log = rig.path("sshd.log");
    let parent = std::process::id().to_string();
    let file = std::fs::File::create(&log).expect("a file for what it says");
    // It dies with the thread of the test.
    let tethered = ["tether", &parent];
    let mut child = binary::failop()
        .args(tethered)
        .args(before)
        .args([text(program), "-D", "-e", "-f", &config])
        .stdin(Stdio::null())
        .stderr(file)
        .spawn()
        .expect("it starts");
    let listens = wait("sshd", || {
        let said = std::fs::read_to_string(&log).expect("what it says is text");
        if said.contains("Server listening") {
            return Some(true);
        }
        child.try_wait().expect("our child can be waited for").map(|_| false)
    });
    listens.then_some(child)
}

/// The server's program; it wants to be called by its full name.
fn sshd() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("sshd")).find(|path| {
        path.is_absolute()
            && path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    })
}

/// Runs a program that must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) {
    let status = binary::command(program).args(arguments).status();
    assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?}");
}

/// Whether the test is run by root.
pub(crate) fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t")))
}

/// Tells why a test says nothing. Not by a macro: what those print is hidden while a test passes.
pub(crate) fn skipped(why: &str) {
    use std::io::Write;
    let line = format!("SKIPPED: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("a standard error");
}

/// A path as text.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a name that is text")
}
