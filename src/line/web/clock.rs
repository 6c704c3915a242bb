//! Instants of the ledger as days and times of the station's zone.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Error;

/// A time zone.
#[derive(Debug, Clone)]
pub(super) struct Clock(TimeZone);

impl Clock {
    /// Of this zone, else the system's, else UTC.
    pub(super) fn new(zone: Option<&str>) -> Result<Clock, Error> {
        match zone {
            Some(name) => TimeZone::get(name)
                .map(Clock)
                .map_err(|_| Error::Zone(name.chars().take(60).collect())),
            None => Ok(Clock(TimeZone::system())),
        }
    }

    /// UTC.
    pub(super) fn utc() -> Clock {
        Clock(TimeZone::UTC)
    }

    /// Today.
    pub(super) fn today(&self) -> Date {
        Timestamp::now().to_zoned_datetime(self.0.clone()).date()
    }

    /// The day of an instant (milliseconds since 1970).
    pub(super) fn date(&self, at: i64) -> Option<Date> {
        let instant = Timestamp::from_millisecond(at).ok()?;
        Some(instant.to_zoned_datetime(self.0.clone()).date())
    }

    /// The day as an address has it: `2026-11-28`, between 2000 and 2199.
    pub(super) fn day_of(text: &str) -> Option<Date> {
        let shape = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let date: Date = text.parse().ok().filter(|_| shape)?;
        (2000..2200).contains(&date.year()).then_some(date)
    }

    /// From midnight to midnight, in milliseconds since 1970. It has 23 or 25 hours where clocks change.
    pub(super) fn span(&self, day: Date) -> Range<i64> {
        let midnight = |day: Date| {
            let zoned = day.to_zoned_datetime(self.0.clone()).ok()?;
            Some(zoned.timestamp().as_millisecond())
        };
        let start = midnight(day).unwrap_or_default();
        let end = day.tomorrow().ok().and_then(midnight);
        start..end.unwrap_or(start)
    }

    fn format(&self, at: i64, format: &str) -> String {
        match Timestamp::from_millisecond(at) {
            Ok(instant) => instant
                .to_zoned_datetime(self.0.clone())
                .strftime(format)
                .to_string(),
            // a clock that was far off when the row was written
            Err(_) => format!("{at} ms"),
        }
    }

    /// `2026-11-28 14:03:07`.
    pub(super) fn time(&self, at: i64) -> String {
        self.format(at, "%Y-%m-%d %H:%M:%S")
    }

    /// `14:03:07`.
    pub(super) fn of_day(&self, at: i64) -> String {
        self.format(at, "%H:%M:%S")
    }

    /// `14:00`, the beginning of an hour; with its day where a picture spans several.
    pub(super) fn hour(&self, at: i64, with_day: bool) -> String {
        self.format(at, if with_day { "%d %b %H:%M" } else { "%H:%M" })
    }

    /// The zone's name or offset, as readers know it.
    pub(super) fn zone(&self, at: i64) -> String {
        match self.0.iana_name() {
            Some(name) => name.to_owned(),
            None => self.format(at, "UTC%:z"),
        }
    }
}

/// Milliseconds since 1970.
pub(super) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_day_ends_where_its_zone_says() {
        let clock = Clock::new(Some("Europe/Berlin")).unwrap();
        let hours = |day: &str| {
            let span = clock.span(Clock::day_of(day).unwrap());
            (span.end - span.start) / HOUR
        };
        assert_eq!(hours("2026-11-28"), 24);
        assert_eq!(hours("2026-03-29"), 23, "clocks go forward");
        assert_eq!(hours("2026-10-25"), 25, "clocks go back");
        let span = clock.span(Clock::day_of("2026-11-28").unwrap());
        assert_eq!(clock.time(span.start), "2026-11-28 00:00:00");
        assert_eq!(clock.date(span.end - 1), Clock::day_of("2026-11-28"));
    }

    #[test]
    fn only_a_day_is_a_day() {
        for text in [
            "",
            "2026-13-01",
            "1999-01-01",
            "2026-11-28T00",
            "+2026-1-1",
            "<script>",
        ] {
            assert_eq!(Clock::day_of(text), None, "{text}");
        }
    }

    #[test]
    fn an_unknown_zone_is_refused() {
        assert!(matches!(
            Clock::new(Some("Mars/Olympus")),
            Err(Error::Zone(_))
        ));
    }

    #[test]
    fn an_instant_outside_the_calendar_is_a_number() {
        let clock = Clock::new(Some("UTC")).unwrap();
        assert_eq!(clock.time(i64::MAX), format!("{} ms", i64::MAX));
    }
}
