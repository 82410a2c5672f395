//! How figures, and texts of others, are shown to people.

/// `1 page`, `1,000 pages`.
pub fn plural(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A number with a comma between thousands.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Bytes in MiB: `21.3 MiB`, `0.02 MiB`; in GiB from 10 GiB on.
pub fn bytes(bytes: f64) -> String {
    let mib = bytes / f64::from(1 << 20);
    match mib.abs() {
        size if size >= 10_240.0 => format!("{:.1} GiB", mib / 1024.0),
        size if size < 0.005 => "0 MiB".to_owned(),
        size if size < 9.995 => format!("{mib:.2} MiB"),
        _ => format!("{mib:.1} MiB"),
    }
}

/// Milliseconds as they are best read: `0.42 ms`, `4.2 ms`, `412 ms`, `1.23 s`, `12.3 s`, `2 min 03 s`.
pub fn time(ms: f64) -> String {
    match ms.abs() {
        0.0 => "0 ms".to_owned(),
        size if size < 0.995 => format!("{ms:.2} ms"),
        size if size < 9.95 => format!("{ms:.1} ms"),
        size if size < 999.5 => format!("{ms:.0} ms"),
        size if size < 9_995.0 => format!("{:.2} s", ms / 1000.0),
        size if size < 99_950.0 => format!("{:.1} s", ms / 1000.0),
        _ => {
            let seconds = (ms / 1000.0).round();
            let minutes = (seconds / 60.0).trunc();
            format!("{minutes:.0} min {:02.0} s", (seconds - minutes * 60.0).abs())
        }
    }
}

/// A count that is no whole number, in few digits: `0.42`, `4.2`, `412`, `41,200`.
pub fn rate(rate: f64) -> String {
    match rate {
        0.0 => "0".to_owned(),
        rate if rate < 0.995 => format!("{rate:.2}"),
        rate if rate < 9.95 => format!("{rate:.1}"),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 9")]
        rate => grouped(rate.round() as u64),
    }
}

/// A ratio as the change that it is: 1.1 is `+10.0%`, 2.5 is `+150%`.
pub fn change(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    match percent.abs() {
        size if size < 0.05 => "0.0%".to_owned(),
        size if size < 99.95 => format!("{percent:+.1}%"),
        size if size < 99_999.5 => format!("{percent:+.0}%"),
        _ => format!("x{ratio:.0}"),
    }
}

/// `text` without control characters: what a page holds must not steer the terminal.
pub fn plain(text: &str) -> String {
    let steers = |c: char| c.is_control() && c != '\n';
    text.chars()
        .map(|c| if steers(c) { if c == '\t' { ' ' } else { '\u{fffd}' } } else { c })
        .collect()
}

/// A share of a whole: 0.424 is `42%`.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.0}%", share * 100.0) } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_nouns_follow_them() {
        assert_eq!(plural(0, "page"), "0 pages");
        assert_eq!(plural(1, "page"), "1 page");
        assert_eq!(plural(1000, "page"), "1,000 pages");
        assert_eq!(plural(123_456_789, "page"), "123,456,789 pages");
    }

    #[test]
    fn sizes_and_times_have_three_digits_at_most_and_a_unit() {
        let mib = f64::from(1 << 20);
        for (size, shown) in [
            (0.0, "0 MiB"),
            (1000.0, "0 MiB"),
            (-20_000.0, "-0.02 MiB"),
            (9.99 * mib, "9.99 MiB"),
            (9.999 * mib, "10.0 MiB"),
            (340.04 * mib, "340.0 MiB"),
            (12_288.0 * mib, "12.0 GiB"),
        ] {
            assert_eq!(bytes(size), shown);
        }
        for (ms, shown) in [
            (0.0, "0 ms"),
            (0.42, "0.42 ms"),
            (0.996, "1.0 ms"),
            (4.24, "4.2 ms"),
            (9.96, "10 ms"),
            (412.4, "412 ms"),
            (999.6, "1.00 s"),
            (12_340.0, "12.3 s"),
            (99_960.0, "1 min 40 s"),
            (123_400.0, "2 min 03 s"),
        ] {
            assert_eq!(time(ms), shown);
        }
    }

    #[test]
    fn slower_is_plus() {
        for (ratio, shown) in
            [(1.0, "0.0%"), (1.1, "+10.0%"), (0.5, "-50.0%"), (3.5, "+250%"), (20_000.0, "x20000")]
        {
            assert_eq!(change(ratio), shown);
        }
        assert_eq!(
            (rate(0.5), rate(9.96), rate(41_200.4)),
            ("0.50".into(), "10".into(), "41,200".into())
        );
    }
}
