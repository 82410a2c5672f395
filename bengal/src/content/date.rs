//! Dates of pages: every form that people write, and what each means.
//!
//! **Invariant:** the machine's own time zone is never asked; a date without a zone is in the
//! site's.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::{TimeZoneAnnotation, TimeZoneAnnotationKind};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// A moment, and the offset in which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Date {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Offset from UTC in seconds, east positive.
    pub offset: i32,
}

impl Date {
    /// The date at its own offset, for reading off its year, month and day.
    pub fn civil(self) -> DateTime {
        let offset = Offset::from_seconds(self.offset).unwrap_or(Offset::UTC);
        offset.to_datetime(Timestamp::from_second(self.seconds).unwrap_or_default())
    }

    /// The same moment at the offset that `zone` has then.
    pub fn in_zone(self, zone: &TimeZone) -> Self {
        let moment = Timestamp::from_second(self.seconds).unwrap_or_default();
        Self::of(&moment.to_zoned(zone.clone()))
    }

    /// The date as front matter writes it, RFC 3339: `2024-12-31T18:30:00+01:00`.
    pub fn rfc3339(self) -> String {
        self.civil().strftime("%Y-%m-%dT%H:%M:%S").to_string() + &self.shown_offset()
    }

    fn shown_offset(self) -> String {
        let minutes = self.offset.unsigned_abs() / 60;
        let sign = if self.offset < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    fn of(zoned: &Zoned) -> Self {
        Self { seconds: zoned.timestamp().as_second(), offset: zoned.offset().seconds() }
    }
}

/// Reads a date as written in front matter: ISO 8601 and RFC 3339 in all their shapes, RFC 2822,
/// slashes, month names, a year alone, seconds since 1970. Where no zone is given, `zone` is meant.
///
/// Returns `None` when the text is no date that bengal knows.
pub fn parse(text: &str, zone: &TimeZone) -> Option<Date> {
    let text = text.trim();
    if let Ok(date) = text.parse::<jiff::civil::Date>()
        && text.len() == ISO_DAY.len()
    {
        return in_zone(date.to_datetime(jiff::civil::Time::midnight()), zone);
    }
    if let Ok(timestamp) = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text) {
        return from_pieces(&timestamp, zone);
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        return Some(Date::of(&zoned));
    }
    FORMATS.iter().find_map(|format| with_format(format, text, zone)).or_else(|| number(text, zone))
}

const ISO_DAY: &str = "YYYY-MM-DD";

/// Forms that are neither RFC 3339 nor RFC 2822, most usual first. `%z` reads `+0100`, `%:z` `+01:00`.
const FORMATS: &[&str] = &[
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S %:z",
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f %:z",
    "%Y-%m-%d %H:%M %z",
    "%Y-%m-%d %H:%M %:z",
    "%Y-%m-%d %H:%M:%S %Q",
    "%Y-%m-%d %H:%M:%S%.f %Q",
    "%Y-%m-%d %H:%M %Q",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%B %d, %Y %I:%M %p",
    "%B %d, %Y %H:%M",
    "%B %d, %Y",
    "%b %d, %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%d %B %Y %H:%M",
    "%d %B %Y",
    "%d %b %Y",
    "%A, %B %d, %Y",
    "%Y-%m",
    "%B %Y",
];

fn from_pieces(pieces: &jiff::fmt::temporal::Pieces<'_>, zone: &TimeZone) -> Option<Date> {
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    let own = match pieces.time_zone_annotation().map(TimeZoneAnnotation::kind) {
        Some(TimeZoneAnnotationKind::Named(name)) => Some(named_zone(name.as_str())?),
        Some(_) => pieces.to_time_zone().ok()?,
        None => None,
    };
    match (pieces.to_numeric_offset(), own) {
        (Some(offset), None) => at_offset(civil, offset),
        (Some(offset), Some(own)) => {
            Some(Date::of(&offset.to_timestamp(civil).ok()?.to_zoned(own)))
        }
        (None, own) => in_zone(civil, own.as_ref().unwrap_or(zone)),
    }
}

/// The zone of that name. An abbreviation is none: `CST` is three zones, and what IANA's data has
/// under `EST` is for old programs.
fn named_zone(name: &str) -> Option<TimeZone> {
    if ["UTC", "GMT", "Z"].iter().any(|utc| name.eq_ignore_ascii_case(utc)) {
        return Some(TimeZone::UTC);
    }
    TimeZone::get(name).ok().filter(|_| name.contains('/'))
}

fn at_offset(civil: DateTime, offset: Offset) -> Option<Date> {
    let seconds = offset.to_timestamp(civil).ok()?.as_second();
    Some(Date { seconds, offset: offset.seconds() })
}

fn with_format(format: &str, text: &str, zone: &TimeZone) -> Option<Date> {
    let mut broken = BrokenDownTime::parse(format, text).ok()?;
    if broken.day().is_none() {
        broken.set_day(Some(1)).ok()?;
    }
    // `%Y` takes two digits too, which would be a year of the first century.
    let date = broken.to_date().ok().filter(|date| date.year() >= 1000)?;
    let civil = date.to_datetime(broken.to_time().unwrap_or_default());
    match (broken.offset(), broken.iana_time_zone()) {
        (Some(offset), _) => at_offset(civil, offset),
        (None, Some(name)) => in_zone(civil, &named_zone(name)?),
        (None, None) => in_zone(civil, zone),
    }
}

/// A bare number: a year while it has four digits, else seconds since 1970.
fn number(text: &str, zone: &TimeZone) -> Option<Date> {
    let number: i64 = text.parse().ok()?;
    if text.len() == 4 {
        let year = i16::try_from(number).ok()?;
        return in_zone(jiff::civil::Date::new(year, 1, 1).ok()?.into(), zone);
    }
    let timestamp = Timestamp::from_second(number).ok()?;
    (text.len() > 8).then_some(Date { seconds: timestamp.as_second(), offset: 0 })
}

fn in_zone(civil: DateTime, zone: &TimeZone) -> Option<Date> {
    zone.to_ambiguous_zoned(civil).compatible().ok().map(|zoned| Date::of(&zoned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_people_write_is_understood() {
        let midnight = 1_704_164_400 - 10 * 3600 + 7 * 3600; // 2024-01-02T00:00:00Z
        assert_eq!(parse("2024-01-02T00:00:00Z", &TimeZone::UTC).unwrap().seconds, midnight);
        for text in [
            "2024-01-02",
            "2024-1-2",
            "2024-01-02 00:00",
            "2024-01-02 00:00:00",
            "2024-01-02T00:00:00",
            "2024-01-02 01:00:00 +0100",
            "2024-01-02 01:00:00 +01:00",
            "2024-01-02 00:00:00 UTC",
            "2024-01-02 00:00:00 GMT",
            "2024-01-02 00:00 Z",
            "2024-01-02 12:00 AM",
            "2024-01-02T01:00:00+01:00",
            "2024-01-02T00:00:00.000Z",
            "2024/01/02",
            "2024.01.02",
            "2.1.2024",
            "January 2, 2024",
            "Jan 2, 2024",
            "2 January 2024",
            "02 Jan 2024",
            "Tue, 02 Jan 2024 00:00:00 GMT",
            "Tuesday, January 2, 2024",
            "1704153600",
            " 2024-01-02 ",
        ] {
            let date = parse(text, &TimeZone::UTC);
            assert_eq!(date.map(|date| date.seconds), Some(midnight), "{text}");
        }
    }

    #[test]
    fn a_part_of_a_date_is_its_first_day() {
        let day = |text| parse(text, &TimeZone::UTC).unwrap().civil().date().to_string();
        assert_eq!(day("2024"), "2024-01-01");
        assert_eq!(day("2024-03"), "2024-03-01");
        assert_eq!(day("March 2024"), "2024-03-01");
    }

    #[test]
    fn a_date_without_a_zone_is_in_the_sites() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let date = parse("2024-07-01 12:00", &zone).unwrap();
        assert_eq!(date.offset, 7200);
        assert_eq!(date.seconds % 86400, 10 * 3600);
        assert_eq!(date.civil().hour(), 12);
    }

    #[test]
    fn a_date_is_written_at_the_offset_of_a_zone_and_read_again() {
        let date = Date { seconds: 1_720_000_000, offset: 0 };
        for (zone, written) in [
            ("UTC", "2024-07-03T09:46:40+00:00"),
            ("Europe/Berlin", "2024-07-03T11:46:40+02:00"),
            ("America/St_Johns", "2024-07-03T07:16:40-02:30"),
        ] {
            let local = date.in_zone(&TimeZone::get(zone).unwrap());
            assert_eq!(local.rfc3339(), written);
            assert_eq!(parse(written, &TimeZone::UTC), Some(local));
        }
    }

    #[test]
    fn a_zone_by_name_is_the_one_meant() {
        for text in [
            "2024-01-02T00:00[America/New_York]",
            "2024-01-02T00:00-05:00[America/New_York]",
            "2024-01-02T05:00Z[America/New_York]",
            "2024-01-02 00:00:00 America/New_York",
            "2024-01-02 00:00:00.5 America/New_York",
            "2024-01-02 00:00 America/New_York",
            "2024-01-02T00:00[-05:00]",
        ] {
            let expected = Date { seconds: 1_704_171_600, offset: -5 * 3600 };
            assert_eq!(parse(text, &TimeZone::UTC), Some(expected), "{text}");
        }
        for zone in ["PST", "EST", "CEST", "est", "Nowhere/City", "PM"] {
            for text in [format!("2024-01-02 00:00:00 {zone}"), format!("2024-01-02T00:00[{zone}]")]
            {
                assert_eq!(parse(&text, &TimeZone::UTC), None, "{text}");
            }
        }
    }

    #[test]
    fn hours_may_be_counted_to_twelve() {
        let hour = |text| parse(text, &TimeZone::UTC).map(|date| date.civil().time().to_string());
        for text in ["2024-01-02 3:04 PM", "2024-01-02 03:04:00 pm", "January 2, 2024 3:04 PM"] {
            assert_eq!(hour(text).as_deref(), Some("15:04:00"), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "soon", "2024-13-01", "2024-02-30", "{{ date }}", "12", "99999"] {
            assert_eq!(parse(text, &TimeZone::UTC), None, "{text}");
        }
    }
}
