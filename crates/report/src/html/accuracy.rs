//! How good the tracks were, and what came of it for the car.

use super::markup::{self, Cell, Table};
use super::overview::card_list;
use crate::number::{self, short_or_none};
use crate::words;
use analysis::Summary;
use analysis::summary::{AccuracyPhase, Consistency, Quantiles, TrackErrors};
use wire::Node;

/// The tables of tracks against the truth.
pub(super) fn tracks(summary: &Summary) -> String {
    if summary.accuracy.is_empty() {
        return String::new();
    }
    let body = errors(summary) + &consistency(summary) + &through(summary);
    markup::section("Tracks against the truth", &body)
}

fn errors(summary: &Summary) -> String {
    let mut table = Table::new(
        "Errors in m and m/s, root mean square. The lead is the nearest actor ahead in the ego's path. \
         GOSPA is the distance of all tracks from all actors (c = 5 m, p = 2); its parts make it up.",
        &[
            "phase",
            "#from",
            "#to",
            "#outputs",
            "#lead: position",
            "#worst",
            "#velocity",
            "#tracked",
            "#all: position",
            "#velocity",
            "#tracked",
            "#GOSPA",
            "#located",
            "#missed",
            "#false",
        ],
    );
    for phase in &summary.accuracy {
        let AccuracyPhase { lead, all, .. } = phase;
        let gospa = phase.gospa;
        let mut row = vec![
            Cell::name(words::phase(phase)),
            Cell::figure(number::moment(phase.from_ms)),
            Cell::figure(number::moment(phase.to_ms)),
            Cell::count(phase.outputs),
        ];
        row.extend([lead.position_rmse_m, lead.position_max_m, lead.velocity_rmse_mps].map(figure));
        row.push(tracked(lead));
        row.extend([all.position_rmse_m, all.velocity_rmse_mps].map(figure));
        row.push(tracked(all));
        row.push(figure(gospa.map(|it| it.total_m)));
        row.push(figure(gospa.map(|it| it.localisation_m)));
        row.push(figure(gospa.map(|it| it.missed_m)));
        row.push(figure(gospa.map(|it| it.false_m)));
        table.row(row);
    }
    table.finish()
}

fn figure(value: Option<f64>) -> Cell {
    Cell::figure(short_or_none(value))
}

/// How often who was owed a track had one; whatever is missing stands out.
fn tracked(errors: &TrackErrors) -> Cell {
    let cell = Cell::figure(number::percent(errors.paired, errors.owed));
    if errors.paired == errors.owed { cell } else { cell.bold() }
}

fn consistency(summary: &Summary) -> String {
    let mut table = Table::new(
        "Whether errors are as large as fusion says: means of normalised squares, which should be 4 \
         (state), 2 (camera) and 3 (radar); in brackets where 95 of 100 independent means would lie. \
         Age of the newest data in the tracks, ms.",
        &[
            "phase",
            "#NEES",
            "#NIS camera",
            "#NIS radar",
            "#camera age p50",
            "#p99",
            "#radar age p50",
            "#p99",
            "changes of track",
        ],
    );
    for phase in &summary.accuracy {
        let mut row = vec![Cell::name(words::phase(phase)), mean(phase.nees)];
        let sensors = [Node::Camera, Node::Radar];
        row.extend(sensors.map(|sensor| mean(phase.nis.get(&sensor).copied())));
        for sensor in sensors {
            let ages = phase.ages_us.get(&sensor);
            let quantile = |of: fn(&Quantiles) -> f64| figure(ages.map(|it| of(it) / 1e3));
            row.extend([quantile(|it| it.p50), quantile(|it| it.p99)]);
        }
        row.push(Cell::text(words::id_switches(phase)));
        table.row(row);
    }
    table.finish()
}

fn mean(consistency: Option<Consistency>) -> Cell {
    Cell::figure(consistency.map_or(number::NONE.to_owned(), |it| {
        let (low, high) = it.band_95;
        format!("{} [{}, {}]", number::short(it.mean), number::short(low), number::short(high))
    }))
}

fn through(summary: &Summary) -> String {
    if summary.tracks_through_faults.is_empty() {
        return String::new();
    }
    let mut table = Table::new(
        "Whoever had a track when a fault took effect.",
        &["fault", "actor", "lead", "same track afterwards", "#under a track again after, ms"],
    );
    for it in &summary.tracks_through_faults {
        let again = match it.reconfirmed_after_ms {
            Some(0.0) => Cell::figure("never without"),
            Some(after_ms) => Cell::figure(number::short(after_ms)),
            None => Cell::figure("never").marked(),
        };
        table.row(vec![
            Cell::name(&it.fault),
            Cell::text(&it.actor),
            Cell::word(if it.lead { "yes" } else { "no" }),
            Cell::word(if it.same_track { "yes" } else { "no" }),
            again,
        ]);
    }
    table.finish()
}

/// The figures of safety.
pub(super) fn safety(summary: &Summary) -> String {
    let safety = &summary.safety;
    let twin = safety.twin;
    let with_unit = |value: Option<f64>, unit: &str| {
        value.map_or(number::NONE.to_owned(), |value| format!("{} {unit}", number::short(value)))
    };
    let at = |at_ms: Option<f64>| at_ms.map_or(number::NONE.to_owned(), number::moment);
    let beside = |text: Option<String>| text.unwrap_or_default();
    let impact_kph = safety.impact.map(|impact| impact.speed_mps * 3.6);
    let cards = [
        (
            "collision",
            match (safety.impact, safety.closed_loop) {
                (None, _) => "none",
                (Some(_), true) => "YES",
                (Some(_), false) => "open loop",
            }
            .to_owned(),
            beside(twin.map(|it| match it.impact_speed_mps {
                Some(mps) => format!("without faults {} km/h", number::short(mps * 3.6)),
                None => "without faults none".to_owned(),
            })),
        ),
        ("impact speed", with_unit(impact_kph, "km/h"), "relative".to_owned()),
        (
            "smallest gap",
            with_unit(safety.gap_min_m, "m"),
            beside(twin.map(|it| format!("without faults {}", with_unit(it.gap_min_m, "m")))),
        ),
        ("smallest TTC", with_unit(safety.ttc_min_s, "s"), "time to collision".to_owned()),
        (
            "brake request",
            at(safety.brake_requested_ms),
            beside(twin.map(|it| format!("without faults {}", at(it.brake_requested_ms)))),
        ),
        (
            "speed taken off",
            with_unit(safety.speed_reduction_mps.map(|mps| mps * 3.6), "km/h"),
            "since the brake request".to_owned(),
        ),
    ];
    let open = if safety.closed_loop {
        String::new()
    } else {
        markup::note("Open loop: no brake request moves the ego in this run.")
    };
    let told = format!("<p>{}</p>\n", markup::escaped(&words::safety(summary)));
    markup::section("Safety", &(card_list(cards) + &told + &open))
}
