//! One output beside the truth: [`Compared`].

use std::collections::BTreeMap;
use wire::Node;
use world::Object;

use super::gospa::{CUT_OFF_M, Gospa, ORDER, Place};
use crate::timeline::{Covariance, Moment, Output, Timeline, TrackSeen};
use crate::truth::{Truth, in_region, owed};

/// What one output came to.
#[derive(Debug)]
pub(super) struct Compared {
    /// The time that its tracks are made for: when fusion took the sample.
    pub(super) at: Moment,
    /// Incarnation of fusion.
    pub(super) by: u32,
    /// The lead, if it is owed a track.
    pub(super) lead: Option<usize>,
    /// Who is owed a track.
    pub(super) owed: Vec<usize>,
    /// Those of them that have one.
    pub(super) pairs: Vec<Pair>,
    /// Parts of GOSPA, m²: of pairs, missed, false.
    pub(super) gospa: [f64; 3],
    /// The stream of its sample, and the normalised innovations squared of that.
    pub(super) nis: (Node, Vec<f64>),
    /// Who was near which track: each actor and track within the cut-off, for switches.
    near: Vec<(usize, u32)>,
}

/// An actor and its track.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) actor: usize,
    pub(super) id: u32,
    pub(super) position_error_m: f64,
    pub(super) velocity_error_mps: f64,
    /// Normalised estimation error squared.
    pub(super) nees: Option<f64>,
    pub(super) ages_us: [Option<u32>; 2],
}

impl Compared {
    pub(super) fn new(timeline: &Timeline, truth: &Truth, output: &Output) -> Compared {
        let at = output.received;
        let tracks = &timeline.fusion.tracks[output.tracks.clone()];
        let everyone: Vec<Object> = truth.objects(at).collect();
        let owed = owed(&everyone);
        let place = |object: &Object| [object.x_m, object.y_m];
        let truths: Vec<Place> = everyone.iter().map(place).collect();
        let estimates: Vec<Place> = tracks.iter().map(|track| [track.x_m, track.y_m]).collect();
        // A track on somebody who is owed none is neither right nor wrong. Without such pairs the
        // assignment of the rest is still the best.
        let assigned = Gospa::new(&truths, &estimates, (CUT_OFF_M, ORDER)).pairs;
        let paired: Vec<_> = assigned.iter().filter(|(t, _)| owed.contains(t)).copied().collect();
        let lone = |index: &usize| {
            let [x_m, y_m] = estimates[*index];
            !assigned.iter().any(|(_, e)| e == index) && in_region(x_m, y_m)
        };
        let counted: Vec<usize> =
            paired.iter().map(|(_, e)| *e).chain((0..tracks.len()).filter(lone)).collect();
        let truths: Vec<Place> = owed.iter().map(|actor| truths[*actor]).collect();
        let estimates: Vec<Place> = counted.iter().map(|track| estimates[*track]).collect();
        let gospa = Gospa::new(&truths, &estimates, (CUT_OFF_M, ORDER));
        let near = everyone.iter().flat_map(|object| {
            let own = tracks.iter().filter(|track| distance_m(object, track) < CUT_OFF_M);
            own.map(|track| (object.actor, track.id))
        });
        let objects = timeline.fusion.objects[output.objects.clone()].iter();
        Compared {
            at,
            by: output.by,
            lead: truth.lead(at).map(|lead| lead.actor).filter(|lead| owed.contains(lead)),
            pairs: paired.iter().map(|(t, e)| Pair::new(&everyone[*t], &tracks[*e])).collect(),
            owed,
            gospa: [gospa.localisation, gospa.missed, gospa.r#false],
            nis: (output.stream, objects.filter_map(|object| object.nis).collect()),
            near: near.collect(),
        }
    }

    /// The track of an actor.
    pub(super) fn track_of(&self, actor: usize) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.actor == actor)
    }
}

impl Pair {
    fn new(object: &Object, track: &TrackSeen) -> Pair {
        let error = [
            track.x_m - object.x_m,
            track.y_m - object.y_m,
            track.vx_mps - object.vx_mps,
            track.vy_mps - object.vy_mps,
        ];
        Pair {
            actor: object.actor,
            id: track.id,
            position_error_m: error[0].hypot(error[1]),
            velocity_error_mps: error[2].hypot(error[3]),
            nees: track.covariance.and_then(|covariance| normalised(&error, &covariance)),
            ages_us: track.ages_us,
        }
    }
}

fn distance_m(object: &Object, track: &TrackSeen) -> f64 {
    (track.x_m - object.x_m).hypot(track.y_m - object.y_m)
}

/// eᵀ·P⁻¹·e by Cholesky's decomposition; `None` where P is not positive definite.
fn normalised(error: &[f64; 4], covariance: &Covariance) -> Option<f64> {
    let mut lower = [[0.0; 4]; 4];
    let mut whitened = [0.0; 4];
    for row in 0..4 {
        for column in 0..=row {
            let known: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            let rest = covariance[row][column] - known;
            if row == column {
                lower[row][row] = Some(rest).filter(|rest| *rest > 0.0)?.sqrt();
            } else {
                lower[row][column] = rest / lower[column][column];
            }
        }
        let known: f64 = (0..row).map(|k| lower[row][k] * whitened[k]).sum();
        whitened[row] = (error[row] - known) / lower[row][row];
    }
    let sum: f64 = whitened.iter().map(|value| value * value).sum();
    sum.is_finite().then_some(sum)
}

/// When which actor changed its track. An actor keeps the track that it had while that is within the
/// cut-off, even if another is nearer; ids belong to one incarnation of fusion.
pub(super) fn switches(timeline: &Timeline, all: &[Compared]) -> Vec<(Moment, usize)> {
    let actors = timeline.plan.traffic.actors.len();
    let mut held: BTreeMap<(u32, usize), u32> = BTreeMap::new();
    let mut switches = Vec::new();
    for compared in all {
        for actor in 0..actors {
            let Some(pair) = compared.track_of(actor) else { continue };
            let before = held.entry((compared.by, actor)).or_insert(pair.id);
            if *before != pair.id && !compared.near.contains(&(actor, *before)) {
                *before = pair.id;
                switches.push((compared.at, actor));
            }
        }
    }
    switches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_measured_in_its_own_spread() {
        let mut covariance = [[0.0; 4]; 4];
        for (axis, variance) in [4.0, 1.0, 0.25, 9.0].into_iter().enumerate() {
            covariance[axis][axis] = variance;
        }
        let seen = normalised(&[2.0, 1.0, 0.5, 3.0], &covariance).unwrap();
        assert!((seen - 4.0).abs() < 1e-12, "{seen}");
        // [2 1; 1 2]⁻¹ = [2 −1; −1 2]/3.
        covariance[0] = [2.0, 1.0, 0.0, 0.0];
        covariance[1] = [1.0, 2.0, 0.0, 0.0];
        let seen = normalised(&[1.0, -1.0, 0.0, 0.0], &covariance).unwrap();
        assert!((seen - 2.0).abs() < 1e-12, "{seen}");
        covariance[3][3] = 0.0;
        assert_eq!(normalised(&[1.0; 4], &covariance), None);
    }
}
