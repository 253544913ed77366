//! Numbers as people read them: three significant digits, thousands apart, `–` for what was not
//! observed.

/// What stands where nothing was observed.
pub(crate) const NONE: &str = "–";

/// A quantity with about three significant digits and no unit.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 10_000.0 {
        let whole = count(size.round() as u64);
        return if value < 0.0 { format!("-{whole}") } else { whole };
    }
    let decimals = match size {
        s if s == 0.0 || s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.9995 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// [`short`], or [`NONE`].
pub(crate) fn short_or_none(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), short)
}

/// A duration of so many milliseconds, with its unit; [`NONE`] without one.
pub(crate) fn ms(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |v| format!("{} ms", short(v)))
}

/// Microseconds, shown in milliseconds without a unit.
pub(crate) fn us_as_ms(value: f64) -> String {
    short(value / 1000.0)
}

/// A moment of the schedule, given in milliseconds, shown in seconds with a unit.
pub(crate) fn moment(at_ms: f64) -> String {
    format!("{:.3} s", at_ms / 1000.0)
}

/// A count with its thousands apart (narrow no-break space).
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && digits.len() > 4 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `part` of `whole` in percent, about two significant digits; [`NONE`] of nothing. Only nothing is 0 %,
/// and only all of it 100 %.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NONE.to_owned();
    }
    let value = 100.0 * part as f64 / whole as f64;
    match value {
        0.0 => "0 %".to_owned(),
        v if v < 0.005 => "< 0.01 %".to_owned(),
        v if part < whole && v >= 99.95 => "> 99.9 %".to_owned(),
        v if part < whole && v >= 99.5 => format!("{v:.1} %"),
        v if v >= 9.95 => format!("{v:.0} %"),
        v if v >= 0.995 => format!("{v:.1} %"),
        v => format!("{v:.2} %"),
    }
}

/// A lower bound on a share from 0 to 1, in percent: rounded down, so that it holds as written.
pub(crate) fn at_least(share: f64) -> String {
    format!("{:.2} %", (share * 1e4).floor() / 1e2)
}

/// Wall-clock time as ISO 8601 in UTC, whole seconds; the calendar is Howard Hinnant's
/// `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
pub(crate) fn utc(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000;
    let z = (seconds / 86_400) as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_keeps_three_significant_digits() {
        let cases = [
            (0.0, "0"),
            (0.0312, "0.031"),
            (0.9999, "1.00"),
            (4.256, "4.26"),
            (9.999, "10.0"),
            (42.21, "42.2"),
            (99.99, "100"),
            (8123.4, "8123"),
            (81_234.0, "81\u{202f}234"),
            (-0.42, "-0.420"),
        ];
        for (value, expected) in cases {
            assert_eq!(short(value), expected, "{value}");
        }
        assert_eq!(ms(None), "–");
        assert_eq!(ms(Some(3.0)), "3.00 ms");
    }

    #[test]
    fn thousands_stand_apart_from_five_digits_on() {
        for (value, expected) in
            [(0, "0"), (1024, "1024"), (12_345, "12 345"), (1_234_567, "1 234 567")]
        {
            assert_eq!(count(value).replace('\u{202f}', " "), expected);
        }
    }

    #[test]
    fn a_share_is_never_rounded_to_a_misleading_zero_or_all() {
        for (part, whole, expected) in [
            (0, 10, "0 %"),
            (1, 100_000, "< 0.01 %"),
            (1, 1800, "0.06 %"),
            (3, 240, "1.2 %"),
            (1, 2, "50 %"),
            (993, 1000, "99 %"),
            (999, 1000, "99.9 %"),
            (99_999, 100_000, "> 99.9 %"),
            (10, 10, "100 %"),
            (1, 0, "–"),
        ] {
            assert_eq!(percent(part, whole), expected);
        }
    }

    #[test]
    fn a_lower_bound_is_never_rounded_up() {
        for (share, expected) in [(0.950_49, "95.04 %"), (0.999_996, "99.99 %"), (0.0, "0.00 %")] {
            assert_eq!(at_least(share), expected);
        }
    }

    #[test]
    fn the_calendar_knows_leap_days_and_the_epoch() {
        for (unix_ms, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_767_225_599_999, "2025-12-31T23:59:59Z"),
        ] {
            assert_eq!(utc(unix_ms), expected);
        }
    }
}
