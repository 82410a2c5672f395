//! Names and offsets of zones, as they stand behind a time of day.

/// Minutes ahead of UTC of the zones that mail and the web name by letters.
const NAMED: &[(&str, i32)] = &[
    ("utc", 0),
    ("gmt", 0),
    ("z", 0),
    ("ut", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("cest", 120),
    ("met", 60),
    ("mest", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("ist", 330),
    ("jst", 540),
    ("kst", 540),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("nst", -210),
    ("ndt", -150),
    ("ast", -240),
    ("adt", -180),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
    ("akst", -540),
    ("akdt", -480),
    ("hst", -600),
    ("brt", -180),
];

/// Seconds ahead of UTC of the zone that `text`, in lower case, begins with, and what follows it:
/// `z`, `cet`, `+01:00`, `+0100`, `+1`, `gmt+1`.
pub fn offset(text: &str) -> Option<(i32, &str)> {
    let letters = text.len() - text.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
    let (name, rest) = text.split_at(letters);
    if name.is_empty() {
        return numeric(rest);
    }
    let (_, minutes) = NAMED.iter().find(|(known, _)| *known == name)?;
    match numeric(rest) {
        Some(found) if matches!(name, "utc" | "gmt") => Some(found),
        _ => Some((minutes * 60, rest)),
    }
}

/// `+01:00`, `+01:00:00`, `+0100`, `+010000`, `+01` or `+1`.
fn numeric(text: &str) -> Option<(i32, &str)> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, mut rest) = digits(&text[1..])?;
    let mut parts = [0_i32; 3];
    if hours.len() <= 2 {
        parts[0] = hours.parse().ok()?;
        for part in &mut parts[1..] {
            let Some((more, after)) = rest.strip_prefix(':').and_then(digits) else { break };
            *part = more.parse().ok()?;
            rest = after;
        }
    } else {
        let mut pairs = hours.as_bytes().chunks(2);
        for (part, pair) in parts.iter_mut().zip(&mut pairs) {
            *part = std::str::from_utf8(pair).ok()?.parse().ok()?;
        }
    }
    let valid = parts[0] < 24 && parts[1] < 60 && parts[2] < 60 && hours.len() <= 6;
    valid.then_some((sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]), rest))
}

/// The digits that `text` begins with, if any, and what follows.
pub fn digits(text: &str) -> Option<(&str, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    (length > 0).then(|| text.split_at(length))
}
