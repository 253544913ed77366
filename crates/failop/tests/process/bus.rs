//! A run with the service on D-Bus: what others see of it, what they can do to it, and what they cannot.

use crate::binary::command;
use crate::rig::{PATIENT, Rig, Running, scenario, wait};
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};

const NAME: &str = "org.failop.Run";
const OBJECT: &str = "/org/failop/run";
const INTERFACE: &str = "org.failop.Run1";
/// A fault that waits for a person, and one that does not.
const FAULTS: &str = "\
    [[fault]]\nid = \"lost\"\ntarget = \"camera\"\nwhen.by-hand = {}\n\
    inject.drop = { percent = 100, for-s = 0.3 }\n\
    [[fault]]\nid = \"timed\"\ntarget = \"radar\"\nat-s = 0.5\n\
    inject.drop = { percent = 100, for-s = 0.2 }\n";

/// A bus of the test's own.
struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    /// `None`, told in plain sight, on a host without `dbus-daemon` or `busctl`.
    fn start(rig: &Rig) -> Option<Bus> {
        for program in ["dbus-daemon", "busctl"] {
            if let Err(error) = command(program).arg("--version").stdout(Stdio::null()).status() {
                writeln!(std::io::stderr(), "SKIPPED: {program}: {error}")
                    .expect("a place to tell");
                return None;
            }
        }
        let path = rig.path("bus");
        let address = format!("unix:path={}", path.display());
        let daemon = command("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--address", &address])
            .stderr(Stdio::null())
            .spawn()
            .expect("a bus");
        wait("the socket of the bus", || path.exists().then_some(()));
        Some(Bus { daemon, address })
    }

    fn busctl(&self) -> std::process::Command {
        let mut busctl = command("busctl");
        busctl.args(["--address", &self.address]);
        busctl
    }

    /// What `busctl` prints.
    fn ask(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.busctl().args(arguments).output().expect("busctl runs");
        let text = |bytes| String::from_utf8(bytes).expect("text").trim_end().to_owned();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    fn property(&self, property: &str) -> Result<String, String> {
        self.ask(&["get-property", NAME, OBJECT, INTERFACE, property])
    }

    fn call(&self, method: &[&str]) -> Result<String, String> {
        self.ask(&[&["call", NAME, OBJECT, INTERFACE], method].concat())
    }

    fn elapsed_ns(&self) -> u64 {
        let text = self.property("ElapsedNs").unwrap_or_default();
        text.strip_prefix("t ").and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// Every message on the bus of the service, line by line, into a file.
    fn listen(&self, rig: &Rig, name: &str) -> (Listener, PathBuf) {
        let path = rig.path(name);
        let file = File::create(&path).expect("a file for what it hears");
        let child = command("dbus-monitor")
            .args(["--address", &self.address, &format!("interface='{INTERFACE}'")])
            .stdout(file)
            .stderr(Stdio::null())
            .spawn();
        let listener = Listener(child.expect("dbus-monitor stands beside dbus-daemon"));
        // It tells of its own name first.
        wait("the first words of the listener", || {
            (std::fs::metadata(&path).ok()?.len() > 0).then_some(())
        });
        (listener, path)
    }

    fn run(&self, rig: &Rig, name: &str, more: &str) -> Running {
        let text = scenario(name, 3.0, &format!("{PATIENT}{more}"));
        rig.file("bus.toml", &text);
        let address = format!("--dbus={}", self.address);
        rig.start(&["run", &address, "--out", "out", "bus.toml"])
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        end(&mut self.daemon);
    }
}

struct Listener(Child);

impl Drop for Listener {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

fn end(child: &mut Child) {
    // It may have ended before.
    if child.kill().is_ok() && child.wait().is_err() {}
}

fn signal(pid: u32, signal: &str) {
    let status = command("kill").args([signal, &pid.to_string()]).status();
    assert!(status.expect("kill runs").success());
}

fn fault<'a>(run: &'a Value, id: &str) -> &'a Value {
    let faults = run["faults"].as_array().expect("faults");
    faults.iter().find(|fault| fault["id"] == id).expect("the fault")
}

#[test]
fn a_run_is_described_on_the_bus_and_a_fault_injected_by_hand_is_recorded() {
    let rig = Rig::new();
    let Some(bus) = Bus::start(&rig) else { return };
    let (_listener, heard) = bus.listen(&rig, "heard");
    let mut running = bus.run(&rig, "by-hand", FAULTS);
    wait("the schedule", || (bus.elapsed_ns() > 0).then_some(()));
    assert_eq!(bus.property("Scenario").unwrap(), "s \"by-hand\"");
    assert_eq!(bus.property("FaultsByHand").unwrap(), "as 1 \"lost\"");
    assert_eq!(bus.call(&["Inject", "s", "lost"]).unwrap(), "");
    for (wrong, why) in [("lost", "before"), ("timed", "by itself"), ("x", "no fault")] {
        let error = bus.call(&["Inject", "s", wrong]).unwrap_err();
        assert!(error.contains(why), "{wrong}: {error}");
    }
    assert_eq!(bus.property("SystemState").unwrap(), "s \"normal\"");
    assert_eq!(bus.property("FaultsByHand").unwrap(), "as 0");
    let processes = bus.call(&["ListProcesses"]).unwrap();
    let camera = processes.strip_prefix("a(ssuuu) 3 \"camera\" \"running\" 1 ");
    let pid = camera.and_then(|rest| rest.split(' ').next()).map(str::to_owned);
    assert_eq!(pid, running.node(wire::Node::Camera).map(|pid| pid.to_string()), "{processes}");
    let counters = bus.call(&["Counters"]).unwrap();
    assert!(counters.contains("\"frames-sent\" "), "{counters}");
    let all = bus.ask(&["introspect", NAME, OBJECT]).unwrap();
    for part in [".Inject", ".ListProcesses", ".Counters", ".ProcessStateChanged", ".ElapsedNs"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(bus.ask(&["tree", NAME]).unwrap().contains(OBJECT));
    let unknown = bus.call(&["Explode"]).unwrap_err();
    assert!(unknown.contains("no such method"), "{unknown}");
    let ended = running.wait();
    let run = rig.run_json("by-hand");
    assert_eq!(ended.code, Some(0), "{ended:?}: {}", run["expectations"]);
    assert!(ended.stderr.contains("on the bus as org.failop.Run"), "{ended:?}");
    for id in ["lost", "timed"] {
        assert_eq!(fault(&run, id)["activated"], true, "{}", fault(&run, id));
    }
    let heard = std::fs::read_to_string(heard).expect("what was heard");
    for word in ["ProcessStateChanged", "\"starting\"", "\"running\"", "\"down\""] {
        assert!(heard.contains(word), "{word}: {heard}");
    }
}

#[test]
fn a_fault_that_nobody_injects_leaves_the_run_inconclusive() {
    let rig = Rig::new();
    let (ended, run) = rig.run("nobody", &scenario("nobody", 1.0, &format!("{PATIENT}{FAULTS}")));
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(run["expectations"].to_string().contains("nobody injected it"), "{run}");
}

#[test]
fn clients_that_stand_still_or_flood_change_nothing() {
    let rig = Rig::new();
    let Some(bus) = Bus::start(&rig) else { return };
    let (stuck, _) = bus.listen(&rig, "stuck");
    signal(stuck.0.id(), "-STOP");
    let mut running = bus.run(&rig, "flooded", "");
    wait("the service", || bus.property("Scenario").ok());
    // Calls without end, whose answers nobody reads; with what is no call among them.
    let address = bus.address.clone();
    let flood = std::thread::spawn(move || flood(&address));
    let ended = running.wait();
    assert_eq!(ended.code, Some(0), "{ended:?}: {}", rig.run_json("flooded")["expectations"]);
    assert!(flood.join().expect("the flood") > 1000);
    drop(stuck);
}

/// Calls methods until the service is gone, and returns how often.
fn flood(address: &str) -> u64 {
    use channel::bus::{Connection, Limits, Message, Queued};
    let limits = Limits { received_bytes: 1000, queued_bytes: 64 << 10 };
    let mut connection = Connection::open(address, limits).expect("the bus");
    let (mut calls, deadline_ns) = (0, sys::clock::now_ns() + 1_500_000_000);
    while sys::clock::now_ns() < deadline_ns {
        let call = Message::call(NAME, OBJECT, (INTERFACE, "ListProcesses"));
        let long = Message::call(NAME, OBJECT, (INTERFACE, "Inject")).with(&("x".repeat(50_000),));
        for message in [call, long] {
            match connection.send(&message) {
                Ok(Queued::As(_)) => calls += 1,
                Ok(Queued::NoRoom) => {
                    connection.flush().expect("the bus lives");
                    sys::clock::sleep_until(sys::clock::now_ns() + 100_000);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    calls
}

#[test]
fn a_bus_that_stands_still_or_dies_changes_nothing() {
    let rig = Rig::new();
    for (name, end) in [("frozen", "-STOP"), ("dead", "-KILL")] {
        let Some(mut bus) = Bus::start(&rig) else { return };
        let mut running = bus.run(&rig, name, "");
        wait("the schedule", || (bus.elapsed_ns() > 0).then_some(()));
        signal(bus.daemon.id(), end);
        let ended = running.wait();
        assert_eq!(ended.code, Some(0), "{ended:?}: {}", rig.run_json(name)["expectations"]);
        assert_eq!(ended.stderr.contains("the connection to the bus broke"), name == "dead");
        bus.daemon.kill().expect("it can be killed");
        std::fs::remove_file(rig.path("bus")).expect("the socket of the bus");
    }
}

#[test]
fn a_second_run_has_a_name_of_its_own() {
    let rig = Rig::new();
    let Some(bus) = Bus::start(&rig) else { return };
    let mut first = bus.run(&rig, "first", "");
    wait("the service", || bus.property("Scenario").ok());
    let other = Rig::new();
    let mut second = bus.run(&other, "second", "");
    let name = format!("{NAME}.p{}", second.pid());
    wait("the second service", || {
        let scenario = bus.ask(&["get-property", &name, OBJECT, INTERFACE, "Scenario"]).ok()?;
        (scenario == "s \"second\"").then_some(())
    });
    for running in [&mut first, &mut second] {
        assert!(running.wait().code.is_some());
    }
}

#[test]
fn a_bus_that_is_not_there_or_does_not_answer_is_told_before_anything_runs() {
    let rig = Rig::new();
    let path = rig.path("silent");
    let _silent = UnixListener::bind(&path).expect("a socket that nobody serves");
    let silent = format!("--dbus=unix:path={}", path.display());
    rig.file("bus.toml", &scenario("never", 1.0, PATIENT));
    for (address, why) in [
        (silent.as_str(), "has not answered within 5 s"),
        ("--dbus=unix:path=/nonexistent", "cannot connect to the bus"),
        ("--dbus=carrier-pigeon", "is neither"),
    ] {
        let ended = rig.failop(&["run", address, "--out", "out", "bus.toml"]);
        assert_eq!(ended.code, Some(3), "{ended:?}");
        assert!(ended.stderr.contains(why), "{ended:?}");
        assert!(!rig.run_directory("never").exists());
    }
}
