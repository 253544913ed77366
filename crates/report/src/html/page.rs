//! The page around the sections, in the order in which they are read.

use super::markup::{escaped, note, section, terms};
use super::{accuracy, board, demands, faults, matrix, overview, processes, streams, strip, torn};
use crate::plot::{PlotError, birds_eye_svg, drive_svg, frame_loss_svg, latency_svg, timeline_svg};
use crate::{number, words};
use analysis::series::Series;
use analysis::summary::Cause;
use analysis::{Summary, Verdict};
use recording::Host;

const STYLE: &str = include_str!("style.css");

/// The report of a run as one self-contained page: verdict, key figures, faults, plots, demands,
/// streams, processes, host, and the scenario file as it was read.
pub fn html(summary: &Summary, series: &Series, scenario_text: &str) -> String {
    let name = words::run_name(summary);
    let sections = [
        overview::banner(summary.verdict, &name, &summary.reasons),
        board::banner(summary),
        overview::lead(&summary.description),
        overview::cards(summary),
        faults::section(&summary.faults),
        matrix::detections(summary),
        accuracy::safety(summary),
        figure("Gap, speed and brakes", drive_svg(summary, series)),
        torn::section_of(summary, series),
        strip::section_of(series),
        accuracy::tracks(summary),
        figure("Bird's-eye view", birds_eye_svg(summary, series)),
        figure("Timeline", timeline_svg(summary, series)),
        figure("Latency", latency_svg(summary, series)),
        figure("Lost samples", frame_loss_svg(summary, series)),
        demands::expectations(&summary.expectations),
        demands::isolation(&summary.isolation),
        matrix::interference(&summary.interference),
        streams::section(&summary.streams),
        processes::section(summary),
        processes::modes(summary),
        board::section(summary),
        host(summary),
        scenario(summary, scenario_text),
        footer(summary),
    ];
    document(summary.verdict, &name, &sections.concat())
}

/// A page that needs nothing beside it.
pub(super) fn document(verdict: Verdict, name: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         {content}</main>\n</body>\n</html>\n",
        words::verdict(verdict),
        escaped(name),
    )
}

/// A section with a plot.
pub(super) fn figure(title: &str, plot: Result<String, PlotError>) -> String {
    let body = match plot {
        // In a page, SVG needs no namespace; without it the page names no other place.
        Ok(svg) => svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1),
        Err(error) => return section(title, &note(&error.to_string())),
    };
    section(title, &format!("<div class=\"figure\">{body}</div>\n"))
}

fn host(summary: &Summary) -> String {
    let lost: Vec<String> = summary
        .records_lost
        .iter()
        .map(|(source, count)| format!("{source} {}", number::count(*count)))
        .collect();
    let lost = if lost.is_empty() { "none".to_owned() } else { lost.join(", ") };
    let run = [
        ("load", format!("{} (probes on each processor)", words::stalls(summary.host_load))),
        ("records lost before they were drained", lost),
    ];
    let warnings = words::board::warnings(summary);
    let warnings = (!warnings.is_empty()).then(|| ("not as asked", warnings.join("; ")));
    section("Host", &terms(machine(&summary.host).into_iter().chain(run).chain(warnings)))
}

/// What is known of the machine.
pub(super) fn machine(host: &Host) -> [(&'static str, String); 6] {
    [
        ("host", host.name.clone()),
        ("kernel", host.kernel.clone()),
        ("processor", format!("{}, {} usable, {}", host.cpu_model, host.cpus, host.architecture)),
        ("memory", format!("{} MiB", number::count(host.memory_mib))),
        ("scheduling", host.scheduling.clone()),
        ("idle policy", host.idle_policy.clone()),
    ]
}

fn scenario(summary: &Summary, text: &str) -> String {
    let body = format!(
        "<details>\n<summary>{}</summary>\n<pre><code>{}</code></pre>\n</details>\n",
        escaped(&summary.scenario_path),
        escaped(text),
    );
    section("Scenario file", &body)
}

fn limits_changed(summary: &Summary) -> String {
    match &words::limits_changed(summary)[..] {
        [] => "none".to_owned(),
        changes => changes.join("; "),
    }
}

fn footer(summary: &Summary) -> String {
    let run = terms([
        ("program", format!("failop {}", summary.program_version)),
        ("format", format!("run.json schema {}", summary.schema)),
        ("links", format!("frames by {}, lists by {}", summary.camera_link, summary.radar_link)),
        ("limits changed", limits_changed(summary)),
        ("seed", summary.seed.to_string()),
        ("repetition", summary.repetition.to_string()),
        ("started", number::utc(summary.started_unix_ms)),
    ]);
    let definitions = terms([
        ("FDTI", "fault detection time interval: effect of the fault → first detection"),
        ("FRTI", "fault reaction time interval: first detection → first reaction finished"),
        ("FHTI", "fault handling time interval: FDTI + FRTI (terms of ISO 26262-1:2018)"),
        ("FTTI", "fault tolerant time interval: the scenario gives it; handled means FHTI < FTTI"),
        ("masked", "the fault took effect, and nothing was lost, late, rejected or wrong"),
        ("latent", "nobody noticed the fault, no demand was missed, and something is still wrong"),
        ("harness error", "the run cannot tell: the host or the record was not sound"),
        ("recovered", "first valid fused output from fresh data of the restarted process"),
    ]);
    let causes = terms(Cause::ALL.map(|it| (it.words(), words::cause_means(it))));
    format!(
        "<footer>\n{run}{definitions}{causes}<p>Evidence, not certification: this page tells what one run \
         on one machine showed.</p>\n</footer>\n"
    )
}
