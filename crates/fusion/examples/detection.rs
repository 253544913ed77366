//! Prints how well the detector sees, by distance and weather: `cargo run --release -p fusion
//! --example detection`. Each entry is the recall of a class of objects, or the precision of all
//! sightings and of those that may start a track, with the number of cases.
#![forbid(unsafe_code)]

#[path = "../tests/detection/scenes.rs"]
mod scenes;

use std::io::Write;

use scenes::{BINS_M, Class, Score, Tally, weathers};

/// Scenes of each weather.
const SCENES: u64 = 120;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    write!(out, "{:16}{:13}", "", "")?;
    for bin in BINS_M.windows(2) {
        write!(out, "{:>14}", format!("{}-{} m", bin[0], bin[1]))?;
    }
    writeln!(out)?;
    for (name, weather) in weathers() {
        let score = Score::of(weather, 0..SCENES);
        for class in Class::ALL {
            line(&mut out, name, &format!("{class:?}"), &score.recall[class as usize])?;
        }
        line(&mut out, name, "precision", &score.precision)?;
        line(&mut out, name, "starting", &score.starting)?;
        let [range, azimuth] = score.squares.map(|sum| sum / score.matched as f64);
        writeln!(out, "{name:16}NIS: range {range:.2}, azimuth {azimuth:.2}\n")?;
    }
    Ok(())
}

fn line(out: &mut impl Write, name: &str, what: &str, tallies: &[Tally]) -> std::io::Result<()> {
    write!(out, "{name:16}{what:13}")?;
    for tally in tallies {
        write!(out, "{:>14}", format!("{:.2} ({})", tally.share(), tally.of))?;
    }
    writeln!(out)
}
