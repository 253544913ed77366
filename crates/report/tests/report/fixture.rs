//! Made-up runs that look like real ones.

mod parts;
mod scene;
mod torn;

use analysis::Verdict;
use analysis::series::Series;
use analysis::summary::{
    Cause, Expectation, FaultResult, HostLoad, Incarnation, Isolation, LimitChanged, ModeSpan,
    SCHEMA, Safety, Stream, Streams, Summary, WhyNot,
};
use fault::{Outcome, Target};
use parts::{
    CAMERA_PERIOD_MS, RADAR_PERIOD_MS, cut, expectation, hang, isolated, life, line, lose, name,
    process, quantiles, restarted, span, stream, tabled, wobble,
};
use recording::{Host, Reached};
use std::collections::BTreeMap;
pub(crate) use torn::torn;
use wire::Node;
use wire::event::{Detector, LifeState, Mode, Reaction};

/// A run with what is drawn of it.
#[derive(Debug)]
pub(crate) struct Run {
    /// What is known.
    pub(crate) summary: Summary,
    /// What is drawn.
    pub(crate) series: Series,
}

/// The text that stands for the scenario file.
pub(crate) const SCENARIO: &str =
    "schema = 1\nname = \"camera-kill-cut-in\" # <not> & \"markup\"\n";

/// Eight seconds in which nothing happens.
pub(crate) fn nominal() -> Run {
    let duration_ms = 8000.0;
    let latency = vec![
        line(Node::Camera, "captured_to_published", CAMERA_PERIOD_MS, (duration_ms, 4.1)),
        line(Node::Camera, "published_to_received", CAMERA_PERIOD_MS, (duration_ms, 0.06)),
        line(Node::Fusion, "camera_captured_to_fused", CAMERA_PERIOD_MS, (duration_ms, 6.4)),
        line(Node::Radar, "sent_to_received", RADAR_PERIOD_MS, (duration_ms, 0.045)),
        line(Node::Fusion, "radar_captured_to_fused", RADAR_PERIOD_MS, (duration_ms, 0.31)),
    ];
    let lives = Node::ALL
        .iter()
        .flat_map(|node| {
            [
                life(*node, 1, LifeState::Starting, (-20.0, -12.0)),
                life(*node, 1, LifeState::Running, (-12.0, duration_ms)),
            ]
        })
        .collect();
    let series = Series {
        latency,
        expected: vec![(Node::Camera, 240), (Node::Radar, 160)],
        lives,
        ..Series::default()
    };
    tabled(Run { summary: nominal_summary(duration_ms), series })
}

fn nominal_summary(duration_ms: f64) -> Summary {
    let camera = stream(240, &[("captured_to_published", 4100.0), ("published_to_received", 58.0)]);
    let radar = stream(160, &[("sent_to_received", 44.0)]);
    let fusion =
        stream(400, &[("camera_captured_to_fused", 6400.0), ("radar_captured_to_fused", 310.0)]);
    Summary {
        schema: SCHEMA,
        program_version: "0.1.0".to_owned(),
        scenario: "nominal".to_owned(),
        description: "A car cuts in; nothing is broken. The others are judged against this."
            .to_owned(),
        scenario_path: "scenarios/nominal.toml".to_owned(),
        seed: 42,
        repetition: 1,
        started_unix_ms: 1_763_680_000_000,
        duration_ms,
        verdict: Verdict::Pass,
        reasons: Vec::new(),
        ended: "completed".to_owned(),
        camera_link: "shm".to_owned(),
        radar_link: "unix-dgram".to_owned(),
        limits_changed: Vec::new(),
        streams: Streams { camera, radar, fusion },
        frames_torn: 0,
        faults: Vec::new(),
        detection_matrix: Vec::new(),
        false_alarms: BTreeMap::new(),
        interference: Vec::new(),
        expectations: vec![
            expectation("every fault took effect", "0 of 0", "0 of 0"),
            expectation("expect.camera.frames-lost-max", "≤ 0", "0"),
            expectation("expect.fusion.latency-p99-ms", "≤ 50.0 ms", "7.91 ms"),
        ],
        isolation: Vec::new(),
        processes: ["camera", "radar", "fusion", "watchdog"].map(process).to_vec(),
        accuracy: Vec::new(),
        tracks_through_faults: Vec::new(),
        safety: Safety::default(),
        modes: vec![ModeSpan { mode: Mode::Fused, from_ms: 41.0, to_ms: duration_ms }],
        board: None,
        host: Host {
            name: "bench-03".to_owned(),
            kernel: "Linux 6.8.0-45-generic #45-Ubuntu SMP PREEMPT_DYNAMIC".to_owned(),
            architecture: "x86_64".to_owned(),
            cpu_model: "AMD EPYC 9B14".to_owned(),
            cpus: 2,
            memory_mib: 7_948,
            scheduling: "SCHED_OTHER: SCHED_FIFO was refused (EPERM)".to_owned(),
            idle_policy: "unknown: a virtual machine without cpuidle".to_owned(),
            lacks: BTreeMap::new(),
            reached: Reached::Here,
        },
        host_load: HostLoad { stalls: 0, worst_stall_ms: 0.4 },
        placements: Vec::new(),
        unwritten: Vec::new(),
        records_lost: BTreeMap::new(),
    }
}

/// The camera is killed while a car cuts in, and comes back.
pub(crate) fn kill() -> Run {
    let mut run = nominal();
    name(
        &mut run,
        "camera-kill-cut-in",
        "SIGKILL the camera while a car cuts in: radar and fusion must not notice.",
    );
    run.summary.board = Some(parts::board());
    run.summary.placements = vec![parts::placement()];
    run.summary.unwritten = vec![parts::unwritten()];
    let fault = restarted("F1", Node::Camera, 4003.2);
    let steps = [(4003.2, 4004.1, LifeState::Waiting, 1), (4004.1, 4005.6, LifeState::Starting, 2)];
    run.series.lives.retain(|l| l.node != Node::Camera || l.state == LifeState::Starting);
    run.series.lives.push(life(Node::Camera, 1, LifeState::Running, (-12.0, 4003.2)));
    run.series.lives.extend(steps.map(|(a, b, state, n)| life(Node::Camera, n, state, (a, b))));
    run.series.lives.push(life(Node::Camera, 2, LifeState::Running, (4005.6, 8000.0)));
    lose(&mut run, Node::Camera, &[(4000.0, Cause::NotProduced), (4033.3, Cause::Superseded)]);
    cut(&mut run, Node::Camera, (4003.0, 4066.0));
    run.series.fault_spans.push(span(&fault, 4003.2 + 64.9));
    run.summary.faults.push(fault);
    run.summary.expectations.push(expectation(
        "expect.fault.F1.detect-within-ms",
        "≤ 20.0 ms",
        "0.31 ms",
    ));
    run.summary.expectations.push(expectation(
        "expect.fault.F1.recover-within-ms",
        "≤ 150.0 ms",
        "64.9 ms",
    ));
    run.summary.isolation = [Node::Radar, Node::Fusion].map(|node| isolated(node, "F1")).to_vec();
    run.summary.processes[0].incarnations = vec![
        Incarnation {
            number: 1,
            pid: 48_211,
            started_ms: -20.4,
            ended_ms: Some(4003.6),
            exit: Some("signal SIGKILL".to_owned()),
        },
        Incarnation {
            number: 2,
            pid: 48_219,
            started_ms: 4004.1,
            ended_ms: Some(8001.0),
            exit: Some("ended by the watchdog".to_owned()),
        },
    ];
    run.summary.modes = vec![
        ModeSpan { mode: Mode::Fused, from_ms: 41.0, to_ms: 4100.0 },
        ModeSpan { mode: Mode::RadarOnly, from_ms: 4100.0, to_ms: 4150.0 },
        ModeSpan { mode: Mode::Fused, from_ms: 4150.0, to_ms: 8000.0 },
    ];
    scene::add(&mut run);
    tabled(run)
}

/// A fault that did not take effect, on an overloaded host.
pub(crate) fn inconclusive() -> Run {
    let mut run = nominal();
    name(&mut run, "radar-corrupt", "Flip bits in the radar's datagrams; fusion must refuse them.");
    run.summary.verdict = Verdict::Inconclusive;
    run.summary.reasons = vec![
        "F1 did not take effect: no corrupted sample was recorded".to_owned(),
        "the host stalled the watchdog 14 times, at worst for 212 ms".to_owned(),
    ];
    run.summary.host_load = HostLoad { stalls: 14, worst_stall_ms: 212.3 };
    run.summary.faults.push(FaultResult {
        activated: false,
        evidence: Vec::new(),
        injected_at_ms: None,
        ended_at_ms: None,
        detections: Vec::new(),
        fdti_ms: None,
        frti_ms: None,
        fhti_ms: None,
        margin_ms: None,
        outcome: Some(Outcome::NotActivated),
        outcome_reason: "no corrupted sample was recorded.".to_owned(),
        reactions: Vec::new(),
        recovered_after_ms: None,
        recovery_chain_ms: BTreeMap::new(),
        frames_lost: 0,
        kind: "corrupt".to_owned(),
        detail: "3 bits for 0.4 s".to_owned(),
        ..restarted("F1", Node::Radar, 0.0)
    });
    run.summary.records_lost.insert("fusion".to_owned(), 118);
    for point in &mut run.series.latency[2].points {
        if (3000.0..3200.0).contains(&point.0) {
            point.1 = 180.0;
        }
    }
    tabled(run)
}

/// Fusion crashes until its restart budget is spent; a second fault overlaps.
pub(crate) fn crash_loop() -> Run {
    let mut run = nominal();
    name(
        &mut run,
        "fusion-crash-loop",
        "Fusion crashes on each start until the watchdog gives up; the radar hangs meanwhile.",
    );
    run.summary.limits_changed = vec![LimitChanged {
        at_ms: 1500.0,
        process: Node::Radar,
        limit: "heartbeat timeout (ns)".to_owned(),
        before: 200_000_000,
        after: 150_000_000,
    }];
    run.series.lives.retain(|l| l.node != Node::Fusion);
    run.summary.processes[2].incarnations.clear();
    for n in 1..=6u32 {
        let at = f64::from(n) * 420.0;
        let from = if n == 1 { -12.0 } else { at - 417.0 };
        run.series.lives.push(life(Node::Fusion, n, LifeState::Starting, (from - 3.0, from)));
        run.series.lives.push(life(Node::Fusion, n, LifeState::Running, (from, at)));
        let fault = restarted(&format!("F{n}"), Node::Fusion, at);
        run.series.fault_spans.push(span(&fault, at + if n == 6 { 5480.0 } else { 64.9 }));
        run.summary.faults.push(fault);
        run.summary.processes[2].incarnations.push(Incarnation {
            number: n,
            pid: 900 + n,
            started_ms: from - 3.0,
            ended_ms: Some(at + 0.4),
            exit: Some("signal SIGSEGV".to_owned()),
        });
    }
    run.series.lives.push(life(Node::Fusion, 6, LifeState::Down, (2520.4, 8000.0)));
    run.series.lives.sort_by(|a, b| a.from_ms.total_cmp(&b.from_ms));
    let hang = hang();
    run.series.fault_spans.push(span(&hang, 2600.0));
    run.summary.faults.push(hang);
    if let Some(last) = run.summary.faults.get_mut(5) {
        last.recovered_after_ms = None;
        last.reactions[0].reaction = Reaction::GiveUp;
        last.recovery_chain_ms.clear();
    }
    let lost: Vec<(f64, Cause)> = (0..164)
        .map(|i| {
            (
                2533.0 + f64::from(i) * CAMERA_PERIOD_MS,
                if i % 9 == 0 { Cause::Late } else { Cause::Superseded },
            )
        })
        .collect();
    lose(&mut run, Node::Camera, &lost);
    lose(
        &mut run,
        Node::Radar,
        &[(1300.0, Cause::NotProduced), (1350.0, Cause::Overrun), (2550.0, Cause::Rejected)],
    );
    cut(&mut run, Node::Camera, (2520.0, 8000.0));
    cut(&mut run, Node::Radar, (2520.0, 8000.0));
    run.summary.verdict = Verdict::Fail;
    run.summary.reasons = vec![
        "expect.fault.F6.recover-within-ms: fusion never recovered; it stayed down when its restart budget of 5 in 10 s was spent".to_owned(),
        "fusion is not isolated from F7: its latency p99 rose from 7.91 ms to 48.2 ms, margin 2 ms".to_owned(),
    ];
    run.summary.expectations.push(Expectation {
        verdict: Verdict::Fail,
        reason: Some("fusion never recovered".to_owned()),
        ..expectation("expect.fault.F6.recover-within-ms", "≤ 150.0 ms", "not observed")
    });
    run.summary.isolation = vec![
        isolated(Node::Camera, "F6"),
        Isolation {
            verdict: Verdict::Fail,
            lost: 2,
            kept_its_process: false,
            reason: Some("its latency p99 rose from 7.91 ms to 48.2 ms".to_owned()),
            ..isolated(Node::Fusion, "F7")
        },
    ];
    run.summary.processes[2].state_at_end = Some(LifeState::Down);
    run.summary.modes = vec![
        ModeSpan { mode: Mode::Fused, from_ms: 41.0, to_ms: 1400.0 },
        ModeSpan { mode: Mode::CameraOnly, from_ms: 1400.0, to_ms: 2400.0 },
        ModeSpan { mode: Mode::Blind, from_ms: 2400.0, to_ms: 2520.0 },
    ];
    tabled(run)
}

/// The host lacks what the one fault needs.
pub(crate) fn skipped() -> Run {
    let mut run = inconclusive();
    name(&mut run, "camera-suspended", "The camera is frozen in its control group.");
    let why = "the host lacks a control group freezer: none may be written";
    run.summary.verdict = Verdict::Skipped;
    run.summary.reasons = vec![format!("fault F1 took effect: {why}.")];
    run.summary.host.lacks.insert("a control group freezer".to_owned(), "none".to_owned());
    run.summary.expectations.push(Expectation {
        verdict: Verdict::Skipped,
        reason: Some(format!("{why}.")),
        cause: Some(WhyNot::Skipped),
        ..expectation("fault F1 took effect", "evidence of its effect", "nothing")
    });
    let fault = &mut run.summary.faults[0];
    (fault.outcome, fault.outcome_reason) = (None, format!("{why}."));
    (fault.skipped, fault.kind) = (Some(why.to_owned()), "suspend".to_owned());
    tabled(run)
}

/// A loaded machine that stalls now and then, under supervision that dozes.
pub(crate) fn host_faults() -> Run {
    let mut run = nominal();
    name(&mut run, "load-and-doze", "The machine is loaded, then the watchdog does nothing.");
    let faults = [("F1", Target::Host, "load", 2000.0), ("F2", Target::Watchdog, "doze", 5000.0)];
    for (id, target, kind, at_ms) in faults {
        let kind = kind.to_owned();
        let fault = FaultResult { target, kind, ..restarted(id, Node::Camera, at_ms) };
        run.series.fault_spans.push(span(&fault, at_ms + 1200.0));
        run.summary.faults.push(fault);
    }
    run.series.stalls = vec![(2100.0, 2160.0), (2900.0, 2912.0)];
    run.summary.host_load = HostLoad { stalls: 2, worst_stall_ms: 60.0 };
    run.summary.false_alarms.insert(Detector::Silence, 2);
    tabled(run)
}

/// A hundred thousand points a line and as many losses, over a minute.
pub(crate) fn large() -> Run {
    let mut run = kill();
    run.summary.duration_ms = 60_000.0;
    for line in &mut run.series.latency {
        let base = line.points[0].1;
        line.points =
            (0..100_000).map(|i| (f64::from(i) * 0.6, wobble(i as usize, base))).collect();
    }
    run.series.latency[2].points[70_000].1 = 812.0;
    let lost: Vec<(f64, Cause)> =
        (0..100_000u32).map(|i| (f64::from(i) * 0.6, Cause::ALL[i as usize % 5])).collect();
    run.summary.streams.camera.expected = 150_000;
    run.summary.streams.camera.delivered = 150_000;
    run.series.losses.clear();
    lose(&mut run, Node::Camera, &lost);
    run
}

/// Text that breaks out of every format that forgets to escape it.
pub(crate) const NASTY: &str =
    "</title><script>alert('x')</script> & \"q\" |*_`[a](b)\u{1b}[31m\u{7}\n車";

/// A run with nasty text wherever a person can put some.
pub(crate) fn nasty() -> Run {
    let mut run = crash_loop();
    let summary = &mut run.summary;
    let long = NASTY.repeat(8);
    for text in [
        &mut summary.scenario,
        &mut summary.description,
        &mut summary.scenario_path,
        &mut summary.ended,
        &mut summary.program_version,
        &mut summary.host.name,
    ] {
        text.clone_from(&long);
    }
    summary.reasons.push(long.clone());
    summary.records_lost.insert(NASTY.to_owned(), 3);
    for row in &mut summary.expectations {
        (row.name, row.expected, row.actual) = (long.clone(), long.clone(), long.clone());
        row.reason = Some(long.clone());
    }
    for row in &mut summary.isolation {
        (row.fault, row.latency, row.reason) =
            (NASTY.to_owned(), NASTY.to_owned(), Some(long.clone()));
    }
    for fault in &mut summary.faults {
        fault.id.push_str(NASTY);
        (fault.kind, fault.detail, fault.evidence) =
            (NASTY.to_owned(), long.clone(), vec![long.clone()]);
        fault.recovery_chain_ms.insert(NASTY.to_owned(), 3.0);
    }
    for (span, fault) in run.series.fault_spans.iter_mut().zip(&summary.faults) {
        span.id.clone_from(&fault.id);
    }
    for line in &mut run.series.latency {
        NASTY.clone_into(&mut line.interval);
    }
    summary.streams.radar.latency_us.insert(NASTY.to_owned(), quantiles(3.0, 9));
    NASTY.clone_into(&mut summary.processes[1].name);
    summary.processes[1].incarnations[0].exit = Some(NASTY.to_owned());
    tabled(run)
}

/// A run of which nothing but its header was recorded.
pub(crate) fn empty() -> Run {
    let mut run = nominal();
    run.series = Series::default();
    let summary = &mut run.summary;
    summary.duration_ms = 0.0;
    summary.verdict = Verdict::Inconclusive;
    summary.expectations.clear();
    summary.processes.clear();
    summary.modes.clear();
    summary.reasons = vec!["the camera could not be started".to_owned()];
    for stream in
        [&mut summary.streams.camera, &mut summary.streams.radar, &mut summary.streams.fusion]
    {
        *stream = Stream { expected: 0, delivered: 0, ..stream.clone() };
        stream.latency_us.clear();
    }
    run
}
