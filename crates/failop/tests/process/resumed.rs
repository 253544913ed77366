//! A run that a reset of the board ended goes on: both parts are one run. There is no board here that could be
//! reset: the watchdog is killed, and the recording says that this was in another life of the kernel.

use crate::rig::{Rig, scenario, wait_for_records};
use analysis::summary::Cause;
use recording::{Entry, Recording, Truncation, Writer, ring_file_name};
use scenario::Plan;
use std::collections::HashMap;
use std::path::Path;
use supervisor::{Order, Resumed};
use sys::clock::{now_ns, sleep_until};
use sys::signals::StopSignals;
use wire::event::{Detector, Ending};
use wire::{Event, Node, Record, Source};

/// Long enough to be killed in, short enough to be waited for twice.
const DURATION_S: f64 = 6.0;
/// Some periods of each sensor.
const OUTAGE_NS: u64 = 500_000_000;
/// The second one waits for what happens in the second part only, and has begun in the first.
const FAULTS: &str = "[[fault]]\nid = \"F1\"\ntarget = \"watchdog\"\nat-s = 0.05\n\
    inject.kill-watchdog = {}\n\
    [[fault]]\nid = \"F2\"\ntarget = \"radar\"\n\
    when.state = { of = \"radar\", is = \"running\" }\n\
    inject.drop = { percent = 100, for-s = 0.1 }\n";

#[test]
fn a_run_that_a_reset_ended_goes_on_as_one_run() {
    let rig = Rig::new();
    let directory = rig.run_directory("reset");
    let text = scenario("reset", DURATION_S, FAULTS);
    let running = rig.begin("reset", &text);
    wait_for_records(&directory, 100);
    assert_eq!(running.kill().signal, Some(9));
    rig.nothing_is_left();
    die_by_the_fault(&directory);

    // A reset costs time.
    sleep_until(now_ns() + OUTAGE_NS);
    let mut plan = scenario::parse("reset.toml", &text).expect("a sound scenario");
    go_on(&directory, &mut plan);

    let whole = Recording::open(&directory).expect("both parts");
    assert_eq!((whole.parts.len(), whole.truncation), (2, Truncation::Complete));
    let starts =
        whole.records.iter().filter(|(_, it)| matches!(it.event, Event::RunStarted { .. }));
    assert_eq!(starts.count(), 1, "one schedule");
    let armed = whole.records.iter().filter(|(_, it)| matches!(it.event, Event::Armed { .. }));
    assert_eq!(armed.count(), 1, "a fault begins once");
    let born = |node| {
        let of = whole.records.iter().filter_map(move |(_, it)| match it.event {
            Event::Spawned { node: of, incarnation, .. } if of == node => Some(incarnation),
            _ => None,
        });
        of.collect::<Vec<_>>()
    };
    assert_eq!(Node::ALL.map(born), [vec![1, 2], vec![1, 2], vec![1, 2]]);

    let (summary, _) = analysis::analyse(&whole, &plan);
    assert_eq!(summary.ended, "completed");
    let fault = &summary.faults[0];
    assert!(fault.activated, "{fault:?}");
    assert_eq!(fault.detections[0].detector, Detector::HardwareWatchdog);
    assert!(fault.recovered_after_ms > Some(0.0), "{fault:?}");
    let chain: Vec<&str> = fault.recovery_chain_ms.keys().map(String::as_str).collect();
    assert_eq!(chain, ["booted", "fused", "running"]);
    for stream in [&summary.streams.camera, &summary.streams.radar, &summary.streams.fusion] {
        assert!(stream.lost[&Cause::BoardReset] > 0, "{stream:?}");
    }
    for name in ["the record is consistent", "no reset of the board unexpectedly"] {
        let it = summary.expectations.iter().find(|it| it.name == name).expect("it is judged");
        assert_eq!(it.verdict, analysis::Verdict::Pass, "{it:?}");
    }
    // Another machine has the recording, and nothing else.
    let report = rig.failop(&["report", &directory.display().to_string()]);
    assert!(matches!(report.code, Some(0 | 1 | 3)), "{report:?}");
    assert_eq!(rig.run_json("reset")["faults"][0]["activated"], true);
}

/// Makes the recording one that a fault ended in another life of the kernel.
fn die_by_the_fault(directory: &Path) {
    let killed = Recording::open(directory).expect("a recording");
    assert_eq!(killed.truncation, Truncation::WatchdogEnded);
    let t_ns = killed.records.last().expect("records").1.t_ns;
    let told = |event| (Source::Watchdog, Record { t_ns, incarnation: 1, event });
    let armed = told(Event::Armed { fault: 1, at_ns: t_ns });
    let last = told(Event::Injecting { fault: 0, incarnation: 0 });
    let mut header = killed.header;
    "another life".clone_into(&mut header.part.boot_id);
    let mut indices = HashMap::new();
    let entries = killed.records.into_iter().chain([armed, last]).map(|(source, record)| {
        let next: &mut u64 = indices.entry(source.index()).or_default();
        *next += 1;
        Entry::Record { source, index: *next - 1, record }
    });
    let entries = entries.collect::<Vec<_>>();
    Writer::create(directory, header).and_then(|mut it| it.append(&entries)).expect("a recording");
    for source in Source::ALL {
        std::fs::remove_file(directory.join(ring_file_name(source, 1))).expect("its ring");
    }
}

fn go_on(directory: &Path, plan: &mut Plan) {
    let recording = Recording::open(directory).expect("the first part");
    let resumed = Resumed::of(&recording, plan).expect("there is something to go on with");
    assert_eq!(resumed.part, 2);
    plan.duration_ns = resumed.duration_ns;
    let stop = StopSignals::take().expect("this thread's signals");
    let order = Order {
        plan,
        program: Path::new(env!("CARGO_BIN_EXE_failop")),
        directory,
        header: recording.header,
        stop: &stop,
        reload: None,
        lacking: &[],
        observers: Vec::new(),
        by_hand: crossbeam_channel::never(),
        resumed: Some(resumed),
        service_manager: None,
    };
    let ending = supervisor::run(order).expect("the run is recorded");
    assert_eq!(ending, Ending::Completed);
}
