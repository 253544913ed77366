//! A board with a processor, a kernel and a boot of its own, which its hardware watchdog resets: QEMU's,
//! behind the ssh server and the shell that small boards have.
//!
//! Skipped visibly where something for it is missing; `cargo xtask hil` prepares it.

use crate::binary;
use crate::board::{Board, run, skipped, text};
use crate::rig::{Ended, PATIENT, Rig, scenario, wait_for};
use crate::whole::is_alone_until_ctrl_c;
use recording::{Recording, Truncation};
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

const QEMU: &str = "qemu-system-aarch64";
/// Not in the `PATH` of every user.
const MKFS: &str = "/usr/sbin/mkfs.ext4";
const PROGRAM: &str = "target/aarch64-unknown-linux-gnu/release/failop";
const KERNEL: &str = "target/hil/virt/vmlinuz";
const INITRAMFS: &str = "target/hil/remote/initramfs";
/// What its first process tells when the ssh server listens.
const REACHABLE: &str = "@reachable";
const DISK_BYTES: u64 = 256 << 20;
/// For what takes seconds on an idle machine.
const PATIENCE_NS: u64 = 600_000_000_000;
/// `WDIOF_CARDRESET`: this watchdog has reset the board.
const CARD_RESET: u32 = 0x20;

/// A busy machine emulates the board: nobody judges how long anything takes there, and nobody keeps the ssh
/// server out by being in the real-time class.
const UNHURRIED: &str = "host.realtime = false\n\
    [watchdog]\ndisable = [\"silence\", \"late\", \"deadline\", \"plausibility\"]\n";

/// The radar is killed.
const KILLED: &str = "[[fault]]\nid = \"F1\"\ntarget = \"radar\"\nat-s = 1.0\n\
    inject.kill = { signal = \"SIGKILL\" }\n\
    [expect.radar]\nrestarts-max = 1\nup-at-end = true\n";

/// Nobody keeps the board alive any more.
const RESET: &str = "[[fault]]\nid = \"F1\"\ntarget = \"watchdog\"\nat-s = 1.5\n\
    inject.kill-watchdog = {}\n\
    [expect.fusion]\nup-at-end = true\n\
    [expect.fault.F1]\ndetected-by = [\"hardware-watchdog\"]\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What of all that the board needs is not there.
fn missing() -> Option<String> {
    let prepared = [PROGRAM, KERNEL, INITRAMFS].into_iter().find(|it| !root().join(it).exists());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let qemu = || std::env::split_paths(&path).any(|it| it.join(QEMU).is_file());
    prepared.map(|it| format!("no {it}: cargo xtask hil")).or_else(|| {
        let programs = [(QEMU, qemu()), (MKFS, Path::new(MKFS).exists())];
        programs.into_iter().find(|(_, found)| !found).map(|(it, _)| format!("no {it}"))
    })
}

/// Starts the board; `None`, and told, where that is not possible.
fn start() -> Option<Board> {
    if let Some(why) = missing() {
        skipped(&why);
        return None;
    }
    let board = Board::behind(power_on);
    let (client, program) = (board.rig.path("config"), root().join(PROGRAM));
    let text = format!(
        "schema = 1\nname = \"emulated\"\n[reach.ssh]\ndestination = \"root@board\"\n\
         options = [\"-F\", \"{}\", \"-o\", \"ConnectTimeout=30\"]\n\
         reboot-within-s = 600.0\ntimes = \"emulated\"\n\
         [files]\ndirectory = \"/disk/failop\"\nprogram = \"{}\"\n\
         [watchdog]\ndevice = \"/dev/watchdog0\"\ntimeout-s = 6\non-reset = \"resume\"\n",
        client.display(),
        program.display()
    );
    board.rig.file("board.toml", &text);
    Some(board)
}

/// Switches it on and waits until it can be reached at this port; `None` if somebody has that.
fn power_on(rig: &Rig, port: u16) -> Option<Child> {
    let (disk, console) = (disk(rig), rig.path("console"));
    let out = File::create(&console).expect("a file for what it says");
    let (kernel, initramfs) = (root().join(KERNEL), root().join(INITRAMFS));
    let parent = std::process::id().to_string();
    let mut qemu = binary::failop()
        .args(["tether", &parent, QEMU])
        .args(["-machine", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024"])
        .args(["-accel", "tcg,thread=multi", "-nographic", "-nodefaults", "-serial", "stdio"])
        .args(["-kernel", text(&kernel), "-initrd", text(&initramfs)])
        .args(["-append", "console=ttyAMA0 quiet panic=-1"])
        .args(["-drive", &format!("file={},if=none,id=disk,format=raw,cache=unsafe", text(&disk))])
        .args(["-device", "virtio-blk-pci,drive=disk"])
        .args(["-netdev", &format!("user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22")])
        .args(["-device", "virtio-net-pci,netdev=net,romfile="])
        .args(["-device", "i6300esb", "-action", "watchdog=reset"])
        .stdin(Stdio::null())
        .stderr(out.try_clone().expect("the same file"))
        .stdout(out)
        .spawn()
        .expect("it starts");
    let up = wait_for(PATIENCE_NS, "a board that can be reached", || {
        let said = std::fs::read(&console).expect("what it says");
        if String::from_utf8_lossy(&said).contains(REACHABLE) {
            return Some(true);
        }
        qemu.try_wait().expect("our child can be waited for").map(|_| false)
    });
    up.then_some(qemu)
}

/// A disk with the keys. What is on it outlives a reset.
fn disk(rig: &Rig) -> PathBuf {
    let keys = rig.path("disk/keys");
    std::fs::create_dir_all(&keys).expect("a directory");
    for (from, to) in [("host", "host"), ("user.pub", "authorized_keys")] {
        std::fs::copy(rig.path(from), keys.join(to)).expect("a key");
    }
    let disk = rig.path("disk.ext4");
    File::create(&disk).and_then(|file| file.set_len(DISK_BYTES)).expect("room for a disk");
    run(MKFS, &["-q", "-F", "-d", text(&rig.path("disk")), text(&disk)]);
    disk
}

fn unhurried(name: &str, duration_s: f64, more: &str) -> String {
    scenario(name, duration_s, &format!("{UNHURRIED}{PATIENT}{more}"))
}

/// Runs a scenario on the board; what came of it.
fn run_there(board: &Board, name: &str, more: &str) -> (Ended, Value) {
    let ended = board.begin(&unhurried(name, 3.0, more), &[]).wait_for(PATIENCE_NS);
    let page = std::fs::read_to_string(board.rig.run_directory(name).join("run.json"));
    let page = page.unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let judged: Value = serde_json::from_str(&page).expect("run.json is JSON");
    // The host of an emulated board may be too busy for a verdict; nothing else may be in its way.
    let demands = judged["expectations"].as_array().expect("a list").iter();
    let unmet = demands.filter(|it| it["verdict"] != "pass").collect::<Vec<_>>();
    let excused = unmet.iter().all(|it| it["cause"] == "host-stall");
    assert_eq!(ended.code, Some(if unmet.is_empty() { 0 } else { 3 }), "{unmet:#?} {ended:?}");
    assert!(excused, "{unmet:#?} {ended:?}");
    (ended, judged)
}

#[test]
fn a_board_that_boots_by_itself_runs_and_goes_on_after_a_reset_by_its_watchdog() {
    let Some(board) = start() else { return };
    a_whole_run(&board);
    let endless = board.begin(&unhurried("endless", 600.0, ""), &[]);
    wait_for(PATIENCE_NS, "the first output of fusion", || {
        let said = std::fs::read_to_string(board.rig.path("stderr")).expect("text");
        said.contains("  fusion  mode blind -> ").then_some(())
    });
    is_alone_until_ctrl_c(&board, endless);
    a_reset(&board);
    board.nothing_is_left();
}

fn a_whole_run(board: &Board) {
    let (ended, judged) = run_there(board, "killed", KILLED);
    assert!(ended.stderr.contains("copying"), "{ended:?}");
    assert_eq!(judged["faults"][0]["activated"], true, "{ended:?}");
    let whole = Recording::open(&board.rig.run_directory("killed")).expect("a recording");
    assert_eq!((whole.parts.len(), whole.truncation), (1, Truncation::Complete));
    assert_eq!(whole.header.host.architecture, "aarch64");
    assert!(!whole.header.host.reached.measures(), "the times are an emulator's");
}

fn a_reset(board: &Board) {
    let (ended, judged) = run_there(board, "reset", RESET);
    assert!(!ended.stderr.contains("copying"), "the program is there: {ended:?}");
    assert!(ended.stderr.contains("it was started anew (boot status "), "{ended:?}");
    let directory = board.rig.run_directory("reset");
    let whole = Recording::open(&directory).expect("both parts");
    assert_eq!((whole.parts.len(), whole.truncation), (2, Truncation::Complete), "{ended:?}");

    let note = std::fs::read_to_string(directory.join("connection.json")).expect("a note");
    let silences: Vec<Value> = serde_json::from_str(&note).expect("a list");
    let resets = silences.iter().filter(|it| it["reset"] == true).collect::<Vec<_>>();
    assert_eq!(resets.len(), 1, "{note}");
    let status = resets[0]["boot-status"].as_str().and_then(|it| it.parse::<u32>().ok());
    assert!(status.is_some_and(|it| it & CARD_RESET != 0), "{note}");

    assert_eq!(judged["faults"][0]["activated"], true, "{ended:?}");
    let rows = judged["board"]["rows"].as_array().expect("a table");
    let told = rows.iter().filter(|row| row["topic"] == "reset of the board");
    assert_eq!(told.count(), 1, "{rows:?}");
}
