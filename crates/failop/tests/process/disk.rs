//! A disk that is full for a while, or to the end, ends no run.

use crate::rig::{PATIENT, Rig, names, records, run_json, scenario, wait, wait_for_records};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use sys::process::{Exit, spawn};
use wire::{Node, Source};

/// Room for the rings and the reports, and for some seconds of a recording.
const DISK: &str = "size=8m";
/// Records that fusion writes in less than the rings hold.
const RECORDS_WITHOUT_ROOM: u64 = 1000;

fn full_disk(duration: &str) -> String {
    let fault = "[[fault]]\nid = \"F1\"\ntarget = \"watchdog\"\nat-s = 1.0\n";
    format!("{PATIENT}{fault}inject.full-disk = {{ {duration} }}")
}

#[test]
fn a_disk_that_is_full_to_the_end_leaves_the_rest_in_the_rings() {
    let rig = Rig::new();
    let (ended, run) = rig.run("full", &scenario("full", 2.0, &full_disk("")));
    assert!(ended.stderr.contains("No space left on device"), "{ended:?}");
    rig.nothing_is_left();
    assert_eq!(run["ended"], "completed");
    assert_eq!(run["unwritten"][0]["to_ms"], serde_json::Value::Null, "{}", run["unwritten"]);
    assert_eq!(run["records_lost"], serde_json::json!({}));
    assert!(names(&rig.run_directory("full")).contains(&"ring-fusion.events".to_owned()));
    let fault = &run["faults"][0];
    assert_eq!(fault["activated"], true, "{fault}");
    let evidence = fault["evidence"][0].as_str().expect("a sentence");
    assert!(evidence.contains("was refused a write (errno 28)"), "{evidence}");
}

#[test]
fn a_disk_that_is_full_for_a_while_costs_no_record() {
    let rig = Rig::new();
    let (_, run) = rig.run("freed", &scenario("freed", 3.0, &full_disk("for-s = 0.5")));
    assert!(run["unwritten"][0]["to_ms"].is_number(), "{}", run["unwritten"]);
    assert_eq!(run["records_lost"], serde_json::json!({}));
    let left = names(&rig.run_directory("freed"));
    assert!(!left.iter().any(|name| name.starts_with("ring-")), "{left:?}");
    rig.nothing_is_left();
}

/// A small disk. Dropped, it is gone.
struct Disk {
    path: PathBuf,
}

impl Disk {
    fn mount(path: PathBuf) -> Option<Disk> {
        std::fs::create_dir(&path).expect("a place to mount");
        let text = path.display().to_string();
        let mounted = run("mount", &["-t", "tmpfs", "-o", DISK, "failop-test", &text]);
        mounted.then_some(Disk { path })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if !run("umount", &["-l", &self.path.display().to_string()]) {
            tell(&format!("{} stays mounted", self.path.display()));
        }
    }
}

/// On standard error itself: what the macros print is hidden where a test passes.
fn tell(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).expect("a standard error");
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let path = Path::new("/usr/bin").join(program);
    spawn(&path, arguments, &[]).and_then(|child| child.reap()).is_ok_and(|it| it == Exit::Code(0))
}

/// Writes until there is no room left.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("an empty file needs no room");
    while file.write_all(&[0; 4096]).is_ok() {}
}

#[test]
fn a_real_disk_that_fills_and_is_freed_ends_no_run() {
    let rig = Rig::new();
    let Some(disk) = Disk::mount(rig.path("disk")) else {
        return tell("SKIPPED: no file system can be mounted here");
    };
    let file = rig.file("disk.toml", &scenario("disk", 8.0, PATIENT));
    let out = disk.path.display().to_string();
    let mut running = rig.start(&["run", "--out", &out, &file]);
    let directory = disk.path.join("disk");
    wait_for_records(&directory, 100);
    let filler = disk.path.join("filler");
    fill(&filler);
    let fusion = Source::Node(Node::Fusion);
    let full_since = records(&directory, fusion);
    wait("records that find no room", || {
        (records(&directory, fusion) >= full_since + RECORDS_WITHOUT_ROOM).then_some(())
    });
    std::fs::remove_file(&filler).expect("our file");
    let ended = running.wait();
    assert!(matches!(ended.code, Some(0 | 1 | 3)), "{ended:?}");
    let run = run_json(&directory);
    assert_eq!(run["ended"], "completed", "{ended:?}");
    assert!(run["unwritten"][0]["to_ms"].is_number(), "{}", run["unwritten"]);
    let reason = run["unwritten"][0]["reason"].as_str().expect("a sentence");
    assert!(reason.contains("No space left on device"), "{reason}");
    assert!(!names(&directory).contains(&"room-for-reports".to_owned()));
    drop(disk);
    rig.nothing_is_left();
}
