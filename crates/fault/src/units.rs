//! The units of the keys of scenario and board files, each of which says its own at its end: [`split`].
//!
//! And what becomes of those that are times: nanoseconds.

/// Unit by the end of a key; of two that fit, the first.
const UNITS: [(&str, &str); 16] = [
    ("per-s", "a second"),
    ("-mps3", "m/s³"),
    ("-mps2", "m/s²"),
    ("-mps", "m/s"),
    ("-kph", "km/h"),
    ("-mmph", "mm/h"),
    ("-ms", "ms"),
    ("-s", "s"),
    ("-m", "m"),
    ("-kib", "KiB"),
    ("-mib", "MiB"),
    ("-kbps", "kbit/s"),
    ("-db", "dB"),
    ("-percent", "%"),
    ("percent", "%"),
    ("fps", "frames/s"),
];

/// What a key names, without its unit, and the unit.
pub fn split(key: &str) -> (&str, Option<&'static str>) {
    let unit = UNITS.iter().find_map(|(end, unit)| Some((key.strip_suffix(end)?, Some(*unit))));
    unit.unwrap_or((key, None))
}

/// Nanoseconds of a time in seconds.
pub fn ns_from_s(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

/// Nanoseconds of a time in milliseconds.
pub fn ns_from_ms(milliseconds: f64) -> u64 {
    (milliseconds * 1e6).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_with_its_unit() {
        for (key, expected) in [
            ("by-ms", ("by", Some("ms"))),
            ("for-s", ("for", Some("s"))),
            ("per-s", ("", Some("a second"))),
            ("decel-mps2", ("decel", Some("m/s²"))),
            ("limit-kib", ("limit", Some("KiB"))),
            ("percent", ("", Some("%"))),
            ("impact-percent", ("impact", Some("%"))),
            ("cpus", ("cpus", None)),
            ("mean-burst", ("mean-burst", None)),
        ] {
            assert_eq!(split(key), expected);
        }
    }
}
