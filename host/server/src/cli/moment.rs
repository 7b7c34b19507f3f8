//! Points in time and lengths of it as people type them.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// A point in time, said by itself or by its distance from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// This one.
    At(Timestamp),
    /// So far ahead of now; behind it if negative.
    FromNow(SignedDuration),
}

impl Moment {
    /// The point in time, given what time it is.
    pub fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::FromNow(distance) => now.saturating_add(distance).unwrap_or(now),
        }
    }

    /// Reads a time, or `+` and a length.
    pub fn ahead(text: &str) -> Result<Self, String> {
        match text.strip_prefix('+') {
            Some(text) => Ok(Self::FromNow(length(text)?)),
            None => time(text).ok_or_else(|| format!("not {TIME}, nor a distance such as +30m or +7d")),
        }
    }

    /// Reads a time, or how long ago it was.
    pub fn past(text: &str) -> Result<Self, String> {
        match length(text) {
            Ok(ago) => Ok(Self::FromNow(-ago)),
            Err(_) => time(text).ok_or_else(|| format!("not {TIME}, nor how long ago, such as 30m or 7d")),
        }
    }
}

const TIME: &str = "a time such as 2026-11-22T05:00:00Z";

/// Reads a length of time that is longer than nothing.
pub fn duration(text: &str) -> Result<Duration, String> {
    let length = length(text)?;
    Ok(length.unsigned_abs())
}

/// Without an offset it is UTC, as everything that the host prints.
fn time(text: &str) -> Option<Moment> {
    let civil = |text: &str| Some(text.parse::<jiff::civil::DateTime>().ok()?.in_tz("UTC").ok()?.timestamp());
    text.parse().ok().or_else(|| civil(text)).map(Moment::At)
}

fn length(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    match length {
        Some(length) if length.is_positive() => Ok(length),
        Some(_) => Err("it must be longer than nothing".to_owned()),
        None => Err("not a duration such as 30s, 5m, 1h or 7d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T05:00:00Z";

    fn check(read: impl Fn(&str) -> Result<Moment, String>, text: &str, expect: &str) {
        let got = match read(text) {
            Ok(moment) => moment.after(NOW.parse().unwrap()).to_string(),
            Err(why) => why,
        };
        assert!(got.contains(expect), "{text}: {got}, not {expect}");
    }

    #[test]
    fn ahead() {
        let check = |text, expect| check(Moment::ahead, text, expect);
        check("+90m", "2026-11-22T06:30:00Z");
        check("+7d", "2026-11-29T05:00:00Z");
        check("2026-11-22T06:00:00+01:00", "2026-11-22T05:00:00Z");
        check("2026-11-22T05:00", "2026-11-22T05:00:00Z");
        check("2026-11-23", "2026-11-23T00:00:00Z");
        check("+0s", "longer than nothing");
        check("+", "not a duration");
        check("7d", "not a time");
        check("tomorrow", "not a time");
    }

    #[test]
    fn past() {
        let check = |text, expect| check(Moment::past, text, expect);
        check("7d", "2026-11-15T05:00:00Z");
        check("2026-11-01", "2026-11-01T00:00:00Z");
        check("-7d", "not a time");
        check("yesterday", "not a time");
    }

    #[test]
    fn durations() {
        let check = |text: &str, expect: Option<Duration>| assert_eq!(duration(text).ok(), expect, "{text}");
        check("30s", Some(Duration::from_secs(30)));
        check("1h30m", Some(Duration::from_secs(5400)));
        check("250ms", Some(Duration::from_millis(250)));
        check("0s", None);
        check("-1s", None);
        check("soon", None);
        check("1y", None);
    }
}
