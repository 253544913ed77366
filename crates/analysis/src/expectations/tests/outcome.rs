//! Demands against the truth: on tracks, on safety, and on the plant that both depend on.

use super::*;
use crate::summary::{Summary, WhyNot};

/// The verdict and the cause of the demand with this key.
fn seen(summary: &Summary, key: &str) -> (Verdict, Option<WhyNot>) {
    let row = expectation(summary, &format!("expect.{key}"));
    (row.verdict, row.cause)
}

/// A run with a car 30 m ahead at 36 km/h, under a track that is 0.51 m off.
fn tracked(expect: &str) -> Summary {
    Script::new(plan(expect)).play(fine).summary()
}

#[test]
fn a_limit_on_the_tracks_holds_or_not() {
    let expect = "[expect.tracking]\nposition-rmse-max-m = 0.52\nvelocity-rmse-max-mps = 0.1\n\
                  gospa-max-m = 0.5\nid-switches-max = 0\n";
    let summary = tracked(expect);
    for (key, verdict) in [
        ("tracking.position-rmse-max-m", Pass),
        ("tracking.velocity-rmse-max-mps", Pass),
        ("tracking.gospa-max-m", Fail),
        ("tracking.id-switches-max", Pass),
    ] {
        assert_eq!(seen(&summary, key).0, verdict, "{key}");
    }
}

#[test]
fn a_limit_on_the_tracks_in_a_fault_needs_the_fault() {
    let expect = "[expect.fault.F1]\nposition-rmse-max-m = 0.6\ngospa-max-m = 0.1\n\
                  id-switches-max = 0\nreconfirm-within-ms = 100\n";
    let keys = ["position-rmse-max-m", "gospa-max-m", "id-switches-max", "reconfirm-within-ms"];
    let summary = camera_kill(expect).play(fine).summary();
    let verdicts = keys.map(|key| seen(&summary, &format!("fault.F1.{key}")).0);
    assert_eq!(verdicts, [Pass, Fail, Pass, Pass]);
    let mut script = camera_kill(expect).play(fine);
    script.records.retain(|(_, it)| !matches!(it.event, Event::Injecting { .. }));
    let summary = script.summary();
    for key in keys {
        let unclear = (Inconclusive, Some(WhyNot::NoEffect));
        assert_eq!(seen(&summary, &format!("fault.F1.{key}")), unclear);
    }
}

/// A run towards a standing car 30 m ahead at 36 km/h, 4 s.
fn crash(expect: &str) -> Script {
    let mut plan = plan(&format!("[ego.brakes]\n[expect.safety]\n{expect}"));
    plan.traffic.actors[0].start.speed_mps = 0.0;
    Script::new(plan)
}

#[test]
fn a_lead_that_was_lost_fails_the_demand_on_its_error() {
    let expect = "[expect.tracking]\nposition-rmse-max-m = 0.6\nid-switches-max = 0\n";
    let lost = |share: usize| {
        let mut script = Script::new(plan(expect)).play(fine);
        let mut nth = 0;
        script.records.retain(|(_, record)| {
            let is_track = matches!(record.event, Event::Track { .. });
            nth += usize::from(is_track);
            !is_track || nth % share != 0
        });
        script.summary()
    };
    for (share, verdict, switches) in [
        (25, Pass, (Pass, None)),
        (10, Fail, (Pass, None)),
        (1, Fail, (Inconclusive, Some(WhyNot::NoData))),
    ] {
        let summary = lost(share);
        assert_eq!(seen(&summary, "tracking.position-rmse-max-m").0, verdict, "{share}");
        assert_eq!(seen(&summary, "tracking.id-switches-max"), switches, "{share}");
    }
}

#[test]
fn a_collision_is_demanded_or_forbidden() {
    let check = |expect: &str, key: &str, verdict: Verdict| {
        let summary = crash(expect).play(fine).summary();
        assert_eq!(seen(&summary, &format!("safety.{key}")).0, verdict, "{expect}");
    };
    check("collision = true", "collision", Pass);
    check("collision = false", "collision", Fail);
    check("gap-min-m = 1.0", "gap-min-m", Fail);
    check("ttc-min-s = 1.0", "ttc-min-s", Fail);
    check("impact-speed-max-kph = 35", "impact-speed-max-kph", Fail);
    check("impact-speed-max-kph = 37", "impact-speed-max-kph", Pass);
    check("brake-request = true", "brake-request", Fail);
    check("brake-request = false", "brake-request", Pass);
    let free = tracked(
        "[ego.brakes]\n[expect.safety]\ncollision = false\ngap-min-m = 29.0\nttc-min-s = 2.0\n",
    );
    for key in ["collision", "gap-min-m", "ttc-min-s"] {
        assert_eq!(seen(&free, &format!("safety.{key}")).0, Pass, "{key}");
    }
}

/// The script with a first brake request then.
fn braking(mut script: Script, at_ms: f64) -> Script {
    let event = Event::BrakeRequested { deceleration_mps2: 6.0, ttc_s: 1.2, track: 7, valid: 1 };
    script.node(Node::Fusion, 1, at_ms, event);
    script.play(fine)
}

#[test]
fn braking_is_compared_with_the_twin() {
    let killed = || {
        let mut script = camera_kill("[expect.safety]\nbrake-delay-max-ms = 50\n");
        script.plan.traffic.actors[0].start.speed_mps = 0.0;
        script
    };
    let mut sound = braking(crash(""), 1500.0);
    sound.plan.name = scenario::Twin::ToCompare.name_for(&sound.plan.name);
    let with = |own: &Script, twin: &Script| {
        let twin = (&twin.recording(), &twin.plan);
        crate::analyse_with_twin((&own.recording(), &own.plan), Some(twin)).0
    };
    let beside = |own: &Script| with(own, &sound);
    let key = "safety.brake-delay-max-ms";
    let (soon, late, never) =
        (braking(killed(), 1540.0), braking(killed(), 1560.0), killed().play(fine));
    for (own, verdict) in [(&soon, Pass), (&late, Fail), (&never, Fail)] {
        let summary = beside(own);
        assert_eq!(seen(&summary, key).0, verdict);
        assert_eq!(summary.safety.twin.unwrap().outcome_changed, Some(false));
    }
    let (mut other, mut late_plant) = (sound.clone(), sound.clone());
    other.plan.seed += 1;
    late_plant.node(
        Node::Camera,
        1,
        1000.0,
        Event::PlantBehind { item: 30, behind_ns: 11_000_000 },
    );
    for (twin, cause) in [(other, WhyNot::NoData), (late_plant, WhyNot::Plant)] {
        let summary = with(&soon, &twin);
        assert_eq!(seen(&summary, key), (Inconclusive, Some(cause)));
        let twin = summary.safety.twin.unwrap();
        assert_eq!(
            (twin.unsound, twin.outcome_changed, twin.brake_delay_ms),
            (Some(cause), None, None)
        );
    }
    assert_eq!(seen(&soon.summary(), key), (Inconclusive, Some(WhyNot::NoData)));
}

#[test]
fn without_a_sound_plant_nothing_counts_against_the_truth() {
    let expect = "[expect.safety]\nbrake-request = true\n[expect.tracking]\ngospa-max-m = 0.1\n\
                  [expect.fusion]\nfollows = [\"lead\"]\n";
    let behind = |behind_ns| {
        let mut script = Script::new(plan(expect)).play(fine);
        script.node(Node::Camera, 1, 1000.0, Event::PlantBehind { item: 30, behind_ns });
        script.summary()
    };
    let sound = behind(9_000_000);
    assert_eq!(seen(&sound, "safety.brake-request").0, Fail);
    assert!(sound.expectations.iter().all(|it| it.name != "the plant keeps up"));
    let mut lost = Script::new(plan(expect)).play(fine);
    lost.put(Source::Watchdog, 1, 1000.0, Event::PlantLost { status: 256 + 9 });
    for summary in [behind(11_000_000), lost.summary()] {
        assert_eq!(summary.verdict, Inconclusive);
        for key in ["safety.brake-request", "tracking.gospa-max-m", "fusion.follows.lead"] {
            let (verdict, cause) = seen(&summary, key);
            let followed = (verdict, cause) == (Pass, None) && key.starts_with("fusion");
            assert!(followed || (verdict, cause) == (Inconclusive, Some(WhyNot::Plant)), "{key}");
        }
        assert_eq!(verdict(&summary, "the plant keeps up"), Inconclusive);
    }
}
