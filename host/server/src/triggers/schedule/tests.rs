//! Schedules over gaps, overlaps, leap days and long absences.

use super::*;

fn schedule(expression: &str, zone: &str) -> Schedule {
    Schedule { expression: expression.parse().unwrap(), zone: zone.parse().unwrap() }
}

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond().unsigned_abs())
}

fn shown(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0.cast_signed()).unwrap().to_string()
}

#[test]
fn what_is_refused() {
    let check = |expression: &str, expect: &str| {
        let error = expression.parse::<Expression>().unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    check("", "cannot be an empty string");
    check("* * * * *", "must have 6 fields");
    check("0 0 0 * * * 2026", "\"seconds minutes hours day month weekday\"");
    check("61 * * * * *", "seconds (61): ");
    check("0 60 * * * *", "minutes (60): ");
    check("0 0 24 * * *", "hours (24): ");
    check("0 0 0 32 * *", "day (32): ");
    check("0 0 0 * 13 *", "month (13): ");
    check("0 0 0 * * 8", "weekday (8): ");
    check("0 0 0 * * MOON", "weekday (MOON): ");
    check("0 */0 * * * *", "minutes (*/0): ");
    check("x * * * * *", "illegal character 'X'");
    check("0 0 0 30 2 *", "\"0 0 0 30 2 *\" is never due");
    assert!("Europe/Atlantis".parse::<Zone>().unwrap_err().to_string().contains("\"Europe/Atlantis\""));
}

#[test]
fn the_next_times() {
    let check = |expression: &str, zone: &str, after: &str, expect: &[&str]| {
        let schedule = schedule(expression, zone);
        let times = std::iter::successors(schedule.next(at(after)), |last| schedule.next(*last));
        let times: Vec<_> = times.take(expect.len()).map(shown).collect();
        assert_eq!(times, expect, "{schedule} after {after}");
    };
    check("0 0 3 * * *", "UTC", "2026-11-22T03:00:00Z", &["2026-11-23T03:00:00Z", "2026-11-24T03:00:00Z"]);
    check("0 0 3 * * *", "UTC", "2026-11-22T02:59:59.999Z", &["2026-11-22T03:00:00Z"]);
    check("*/20 * * * * *", "UTC", "2026-11-22T03:00:00.5Z", &["2026-11-22T03:00:20Z", "2026-11-22T03:00:40Z"]);
    check("0 0 9 * * MON-FRI", "UTC", "2026-11-20T10:00:00Z", &["2026-11-23T09:00:00Z"]);
    check("0 0 0 L * *", "UTC", "2026-01-31T00:00:00Z", &["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"]);
    check("@hourly", "UTC", "2026-11-22T03:00:00Z", &["2026-11-22T04:00:00Z"]);
    // Leap days, and the century that has none.
    check("0 0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
    check("0 0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", &["2104-02-29T00:00:00Z"]);
    // Berlin skips 02:00 to 03:00 on 29 March 2026: what was due in the gap is due at its end, and once.
    check("0 30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    check("0 */30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", &["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]);
    // Berlin has 02:00 to 03:00 twice on 25 October 2026: a time of day is due once, an interval goes on.
    check("0 30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    check(
        "0 */30 * * * *",
        "Europe/Berlin",
        "2026-10-25T00:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"],
    );
}

#[test]
fn what_is_due() {
    let check = |expression: &str, zone: &str, (last, now): (&str, &str), expect: Option<(&str, u32)>| {
        let due = schedule(expression, zone).due(at(last), at(now));
        let due = due.map(|due| (shown(due.scheduled), due.missed));
        assert_eq!(due, expect.map(|(at, missed)| (at.to_owned(), missed)), "{expression} {last} {now}");
    };
    let hourly = "0 0 * * * *";
    check(hourly, "UTC", ("2026-11-22T03:00:00Z", "2026-11-22T03:59:59.999Z"), None);
    check(hourly, "UTC", ("2026-11-22T03:00:00Z", "2026-11-22T04:00:00Z"), Some(("2026-11-22T04:00:00Z", 0)));
    check(hourly, "UTC", ("2026-11-22T03:00:00Z", "2026-11-22T04:00:00.9Z"), Some(("2026-11-22T04:00:00Z", 0)));
    // The first deployment is a mark between two times.
    check(hourly, "UTC", ("2026-11-22T03:10:00.123Z", "2026-11-22T04:00:00Z"), Some(("2026-11-22T04:00:00Z", 0)));
    check(hourly, "UTC", ("2026-11-22T03:00:00Z", "2026-11-22T07:30:00Z"), Some(("2026-11-22T07:00:00Z", 3)));
    // The clock was set back.
    check(hourly, "UTC", ("2026-11-22T03:00:00Z", "2026-11-22T02:00:00Z"), None);
    // A year away, and a schedule of seconds.
    check(
        "* * * * * *",
        "UTC",
        ("2025-11-22T03:00:00Z", "2026-11-22T03:00:00Z"),
        Some(("2026-11-22T03:00:00Z", TIMER_MISSED_MAX_COUNT)),
    );
    // Away over the night of the gap, and of the overlap.
    let nightly = ("0 30 2 * * *", "Europe/Berlin");
    check(nightly.0, nightly.1, ("2026-03-28T01:30:00Z", "2026-03-30T12:00:00Z"), Some(("2026-03-30T00:30:00Z", 1)));
    check(nightly.0, nightly.1, ("2026-10-24T00:30:00Z", "2026-10-26T12:00:00Z"), Some(("2026-10-26T01:30:00Z", 1)));
}
