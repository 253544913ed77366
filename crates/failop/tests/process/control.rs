//! A run with a control socket: what clients are told, what they can do to it, and what they cannot.

use crate::binary::{self, command};
use crate::rig::{PATIENT, Rig, Running, scenario, wait};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Stdio;
use std::time::Duration;

/// A fault that waits for a person.
const FAULT: &str = "\
    [[fault]]\nid = \"lost\"\ntarget = \"camera\"\nwhen.by-hand = {}\n\
    inject.drop = { percent = 100, for-s = 0.3 }\n";
/// How long an answer may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client.
struct Client(BufReader<UnixStream>);

impl Client {
    /// Waits until somebody listens there.
    fn connect(rig: &Rig) -> Client {
        let path = rig.path("control");
        let stream = wait("the control socket", || UnixStream::connect(&path).ok());
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        Client(BufReader::new(stream))
    }

    fn send(&mut self, request: &str) {
        writeln!(self.0.get_mut(), "{request}").expect("the socket takes it");
    }

    /// The next answer; `None` at the end.
    fn answer(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("an answer in time");
        (!line.is_empty()).then(|| serde_json::from_str(&line).expect("JSON"))
    }

    fn ask(&mut self, request: &str) -> Value {
        self.send(request);
        self.answer().expect("an answer")
    }

    /// Waits until the schedule has begun.
    fn wait_for_schedule(&mut self) {
        wait("the schedule", || {
            (self.ask("status")["elapsed_ns"].as_u64().unwrap_or(0) > 0).then_some(())
        });
    }
}

fn run(rig: &Rig, name: &str, duration_s: f64, more: &str) -> Running {
    rig.file("run.toml", &scenario(name, duration_s, &format!("{PATIENT}{more}")));
    let control = rig.path("control").display().to_string();
    rig.start(&["run", "--control", &control, "--out", "out", "run.toml"])
}

#[test]
fn a_client_sees_the_processes_injects_a_fault_once_and_ends_the_run() {
    let rig = Rig::new();
    let mut running = run(&rig, "asked", 120.0, FAULT);
    let mut client = Client::connect(&rig);
    client.wait_for_schedule();
    let status = client.ask("status");
    assert_eq!(
        (&status["ok"], &status["scenario"], &status["system"]),
        (&true.into(), &"asked".into(), &"normal".into())
    );
    assert_eq!(status["by_hand"], serde_json::json!(["lost"]));
    let camera = &status["processes"][0];
    assert_eq!((&camera["name"], &camera["incarnation"]), (&"camera".into(), &1.into()));
    assert_eq!(camera["pid"].as_u64(), running.node(wire::Node::Camera).map(u64::from));
    assert_eq!(client.ask("inject lost"), serde_json::json!({ "ok": true }));
    for (request, why) in [
        ("inject lost", "before"),
        ("inject x", "no fault"),
        ("inject", "no request `inject`"),
        ("explode", "`status`, `inject <fault id>`, `stop`"),
        ("", "no request ``"),
    ] {
        let answer = client.ask(request);
        assert_eq!(answer["ok"], false, "{answer}");
        assert!(answer["error"].as_str().is_some_and(|it| it.contains(why)), "{why}: {answer}");
    }
    wait("what the fault does", || {
        let told = std::fs::read_to_string(rig.path("stderr")).ok()?;
        told.contains("mode fused -> radar-only").then_some(())
    });
    assert_eq!(client.ask("stop")["ok"], true);
    let ended = running.wait();
    assert_eq!(ended.code, Some(3), "an interrupted run cannot be judged: {ended:?}");
    for told in ["control: `inject lost`, asked by process", "control: `stop`, asked by process"] {
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
    }
    let evidence = &rig.run_json("asked")["faults"][0]["evidence"];
    assert!(!evidence.to_string().contains("nobody injected it"), "{evidence}");
    assert!(!rig.path("control").exists(), "the name ends with the program");
}

#[test]
fn clients_that_flood_say_too_much_or_do_not_listen_change_nothing() {
    let rig = Rig::new();
    let mut running = run(&rig, "flooded", 3.0, "");
    let mut client = Client::connect(&rig);
    client.wait_for_schedule();
    // One that never reads: dropped, when there is no room for its answers any more.
    let mut deaf = UnixStream::connect(rig.path("control")).expect("a connection");
    deaf.set_write_timeout(Some(PATIENCE)).expect("a time limit");
    let flood = std::thread::spawn(move || {
        let mut lines = 0_u32;
        while lines < 1_000_000 && deaf.write_all(b"status\n").is_ok() {
            lines += 1;
        }
        lines
    });
    let mut long = Client::connect(&rig);
    long.send(&"x".repeat(5000));
    let answer = long.answer().expect("it is told");
    assert!(answer["error"].as_str().is_some_and(|it| it.contains("at most 1024")), "{answer}");
    drop(long);
    let mut many: Vec<Client> = (0..12).map(|_| Client::connect(&rig)).collect();
    let told = many.last_mut().expect("twelve").answer().expect("it is told");
    assert!(told["error"].as_str().is_some_and(|it| it.contains("connected already")), "{told}");
    drop(many);
    assert_eq!(client.ask("status")["scenario"], "flooded");
    let ended = running.wait();
    assert_eq!(ended.code, Some(0), "{ended:?}: {}", rig.run_json("flooded")["expectations"]);
    let lines = flood.join().expect("the flood");
    assert!((100..1_000_000).contains(&lines), "{lines} lines until it was dropped");
}

#[test]
fn a_socket_that_is_served_is_refused_before_anything_runs_and_one_that_was_left_is_taken() {
    let rig = Rig::new();
    let path = rig.path("control");
    let served = UnixListener::bind(&path).expect("a socket");
    let ended = run(&rig, "never", 1.0, "").wait();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("cannot listen at"), "{ended:?}");
    assert!(!rig.run_directory("never").exists());
    drop(served);
    let ended = run(&rig, "after", 1.0, "").wait();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn the_first_connection_starts_a_run_whose_socket_a_service_manager_has_made() {
    let activate = "systemd-socket-activate";
    if let Err(error) = command(activate).arg("--version").stdout(Stdio::null()).status() {
        writeln!(std::io::stderr(), "SKIPPED: {activate}: {error}").expect("a place to tell");
        return;
    }
    let rig = Rig::new();
    rig.file("run.toml", &scenario("activated", 120.0, PATIENT));
    let path = rig.path("control").display().to_string();
    let program = binary::failop().get_program().to_owned().into_string().expect("a path");
    let mut running = rig.start_program(
        command(activate),
        &["--listen", &path, "--fdname=control", &program, "run", "--out", "out", "run.toml"],
    );
    let mut client = Client::connect(&rig);
    client.wait_for_schedule();
    assert_eq!(client.ask("status")["scenario"], "activated");
    assert_eq!(client.ask("stop")["ok"], true);
    let ended = running.wait();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(rig.path("control").exists(), "the name belongs to who has made it");
    let mut rest = String::new();
    client.0.read_to_string(&mut rest).expect("the end of the connection");
}
