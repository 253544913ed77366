//! Made-up tracks beside a known truth.

use crate::summary::{AccuracyPhase, Phase, Summary};
use crate::testing::{Script, camera_kill, fine, plan};
use wire::event::pack_pair;
use wire::{Event, Node, Record};

/// Replaces each track of a played script by what `tracks` makes of the time, in s: id, x and y.
fn with_tracks(script: &mut Script, tracks: impl Fn(f64, u32) -> Vec<(u32, f64, f64)>) {
    let played = std::mem::take(&mut script.records);
    for (source, record) in played {
        let is_track = matches!(record.event, Event::Track { .. });
        if !is_track {
            script.records.push((source, record));
        }
        let Event::Fused { received_ns, .. } = record.event else { continue };
        let t_s = (received_ns - crate::testing::T0_NS) as f64 / 1e9;
        for (id, x_m, y_m) in tracks(t_s, record.incarnation) {
            let (vx_mps, vy_mps, ages_us) = (0.3, 0.4, u64::from(u32::MAX) << 32);
            let track = Event::Track { id, x_m, y_m, vx_mps, vy_mps, ages_us };
            let unit = pack_pair(1.0, 0.0);
            let covariance = Event::TrackCovariance {
                id,
                xx_xy: unit,
                xvx_xvy: 0,
                yy_yvx: unit,
                yvy_vxvx: pack_pair(0.0, 0.25),
                vxvy_vyvy: pack_pair(0.0, 0.25),
            };
            for event in [track, covariance] {
                script.records.push((source, Record { event, ..record }));
            }
        }
    }
}

fn phase(summary: &Summary, phase: Phase) -> &AccuracyPhase {
    let mut found = summary.accuracy.iter().filter(|it| it.phase == phase);
    let first = found.next().unwrap_or_else(|| panic!("no {phase:?}"));
    assert!(found.next().is_none());
    first
}

fn close(seen: Option<f64>, expected: f64) {
    assert!((seen.unwrap() - expected).abs() < 1e-6, "{seen:?} for {expected}");
}

#[test]
fn without_faults_the_whole_run_is_one_phase() {
    let mut script = Script::new(plan("")).play(fine);
    with_tracks(&mut script, |_, _| vec![(7, 30.3, 0.4)]);
    let summary = script.summary();
    assert_eq!(summary.accuracy.len(), 1);
    let whole = phase(&summary, Phase::Whole);
    assert_eq!((whole.lead.owed, whole.lead.paired), (whole.outputs, whole.outputs));
    close(whole.lead.position_rmse_m, 0.5);
    close(whole.all.position_max_m, 0.5);
    close(whole.lead.velocity_rmse_mps, 0.5);
    let gospa = whole.gospa.unwrap();
    close(Some(gospa.total_m), 0.5);
    close(Some(gospa.localisation_m), 0.5);
    // 0.25 in place and 0.25/0.25 in speed.
    close(whole.nees.map(|it| it.mean), 1.25);
    assert_eq!(whole.ages_us.keys().collect::<Vec<_>>(), [&Node::Camera]);
    assert!(whole.id_switches.is_empty() && summary.tracks_through_faults.is_empty());
}

#[test]
fn missed_and_false_make_up_the_rest_of_gospa() {
    let mut script = Script::new(plan("")).play(fine);
    with_tracks(&mut script, |_, _| vec![(8, 60.0, 0.0), (9, 120.0, 0.0)]);
    let whole = phase(&script.summary(), Phase::Whole).clone();
    assert_eq!((whole.lead.paired, whole.lead.position_rmse_m), (0, None));
    let gospa = whole.gospa.unwrap();
    // What lies out of range is not counted.
    close(Some(gospa.total_m), 5.0);
    close(Some(gospa.missed_m), 2.5);
    close(Some(gospa.false_m), 2.5);
}

#[test]
fn another_track_on_the_same_actor_is_a_switch() {
    let mut script = Script::new(plan("")).play(fine);
    with_tracks(&mut script, |t_s, _| {
        // A second one beside it does not take the actor over; a successor does.
        match t_s {
            t_s if t_s < 2.0 => vec![(1, 30.5, 0.0), (2, 30.0, 0.0)],
            t_s if t_s < 3.0 => vec![(1, 30.0, 0.0), (2, 30.5, 0.0)],
            _ => vec![(3, 30.0, 0.0)],
        }
    });
    let whole = phase(&script.summary(), Phase::Whole).clone();
    assert_eq!(whole.id_switches.get("lead"), Some(&1));
}

#[test]
fn a_fault_divides_the_run() {
    let mut script = camera_kill("").play(fine);
    with_tracks(&mut script, |t_s, _| {
        let away_m = if (2.01..2.02).contains(&t_s) { 1.0 } else { 0.1 };
        vec![(7, 30.0 + away_m, 0.0)]
    });
    let summary = script.summary();
    let kinds: Vec<Phase> = summary.accuracy.iter().map(|it| it.phase).collect();
    assert_eq!(kinds, [Phase::Before, Phase::During, Phase::After, Phase::Outside]);
    close(phase(&summary, Phase::Before).lead.position_rmse_m, 0.1);
    close(phase(&summary, Phase::Outside).lead.position_rmse_m, 0.1);
    assert!(phase(&summary, Phase::During).lead.position_rmse_m.unwrap() > 0.5);
    let [through] = &summary.tracks_through_faults[..] else { panic!("one fault, one actor") };
    assert!(through.lead && through.same_track);
    assert_eq!(through.reconfirmed_after_ms, Some(0.0));
}

#[test]
fn a_track_that_is_gone_for_a_while_is_reconfirmed() {
    let mut script = camera_kill("").play(fine);
    with_tracks(&mut script, |t_s, _| match t_s {
        t_s if t_s < 2.1 => vec![(7, 30.0, 0.0)],
        t_s if t_s < 2.51 => Vec::new(),
        _ => vec![(8, 30.0, 0.0)],
    });
    let summary = script.summary();
    let through = &summary.tracks_through_faults[0];
    assert!(!through.same_track);
    let after_ms = through.reconfirmed_after_ms.unwrap();
    assert!((490.0..560.0).contains(&after_ms), "{after_ms}");
}

#[test]
fn innovations_are_told_by_sensor() {
    let mut script = Script::new(plan("")).play(fine);
    with_tracks(&mut script, |_, _| vec![(7, 30.0, 0.0)]);
    let played = std::mem::take(&mut script.records);
    for (source, record) in played {
        script.records.push((source, record));
        let Event::Fused { stream, item, .. } = record.event else { continue };
        for (track, nis) in [(7, 1.5), (0, 0.0)] {
            let event =
                Event::ObjectSeen { stream, item, azimuth_rad: 0.0, range_m: 30.0, track, nis };
            script.records.push((source, Record { event, ..record }));
        }
    }
    let whole = phase(&script.summary(), Phase::Whole).clone();
    let camera = whole.nis[&Node::Camera];
    assert_eq!((camera.dof, whole.nis[&Node::Radar].dof), (2, 3));
    close(Some(camera.mean), 1.5);
    assert!(camera.band_95.0 < 2.0 && camera.band_95.1 > 2.0);
}
