//! When a timer trigger is due.
//!
//! It owns cron expressions and time zones; what time it is, it is told. Where the clock of a zone is put forward, a time
//! of day that is skipped is due when the gap is over; where it is put back, a time of day that comes twice is due once,
//! and what is due at intervals goes on at its intervals.

use std::fmt;
use std::str::FromStr;

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Zoned;
use jiff::tz::TimeZone;
use kernel::limits::TIMER_MISSED_MAX_COUNT;
use kernel::model::Timestamp;
use serde::{Deserialize, Serialize};

/// A cron expression: seconds, minutes, hours, day of the month, month, day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expression {
    text: String,
    cron: croner::Cron,
}

/// A time zone by its name in the IANA database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// A cron expression and the zone whose clock it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// When.
    pub expression: Expression,
    /// By which clock.
    pub zone: Zone,
}

/// A run that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The last time at which it was due.
    pub scheduled: Timestamp,
    /// How many times before that it was due and did not run, at most [`TIMER_MISSED_MAX_COUNT`].
    pub missed: u32,
}

/// Why a schedule makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// It is not a cron expression.
    #[error(
        "{text:?} is not a cron expression: {place}{why}; it has the form \"seconds minutes hours day month weekday\""
    )]
    Syntax {
        /// What was given.
        text: String,
        /// Which field is wrong, if it is one.
        place: String,
        /// What the parser says.
        why: String,
    },
    /// No day matches.
    #[error("{0:?} is never due: no day matches it")]
    Never(String),
    /// There is no such zone.
    #[error(
        "{0:?} is not a time zone that this machine knows; give a name such as \"Europe/Berlin\", and install the \
         time zone database (tzdata) if there is none"
    )]
    Zone(String),
}

const FIELDS: [&str; 6] = ["seconds", "minutes", "hours", "day", "month", "weekday"];

impl Schedule {
    /// When it is due next after a time.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let next = self.expression.cron.find_next_occurrence(&self.local(after)?, false).ok()?;
        millis(&next)
    }

    /// What is due at `now`, if the last run was due at `last`. All that was missed is one run.
    pub fn due(&self, last: Timestamp, now: Timestamp) -> Option<Due> {
        let scheduled = self.previous(&self.local(now)?, Including::Start).filter(|at| millis(at) > Some(last))?;
        let mut missed = 0;
        let mut earlier = self.previous(&scheduled, Including::Nothing);
        while let Some(at) = earlier.filter(|at| missed < TIMER_MISSED_MAX_COUNT && millis(at) > Some(last)) {
            missed += 1;
            earlier = self.previous(&at, Including::Nothing);
        }
        Some(Due { scheduled: millis(&scheduled)?, missed })
    }

    fn previous(&self, before: &Zoned, including: Including) -> Option<Zoned> {
        let inclusive = matches!(including, Including::Start);
        self.expression.cron.find_previous_occurrence(before, inclusive).ok()
    }

    /// The whole second that a time lies in, by the clock of the zone.
    fn local(&self, at: Timestamp) -> Option<Zoned> {
        let at = jiff::Timestamp::from_second(i64::try_from(at.0 / 1_000).ok()?).ok()?;
        Some(at.to_zoned(self.zone.zone.clone()))
    }
}

/// Whether a search may find the time that it begins with.
#[derive(Debug, Clone, Copy)]
enum Including {
    Start,
    Nothing,
}

fn millis(at: &Zoned) -> Option<Timestamp> {
    u64::try_from(at.timestamp().as_millisecond()).ok().map(Timestamp)
}

impl FromStr for Expression {
    type Err = InvalidSchedule;

    fn from_str(text: &str) -> Result<Self, InvalidSchedule> {
        let cron = parse(text).map_err(|error| syntax(text, &error))?;
        // Whatever a calendar has comes back within 28 years, but for the century that skips a leap day.
        let from = jiff::civil::date(2096, 3, 1).to_zoned(TimeZone::UTC).expect("a date of this calendar");
        match cron.find_next_occurrence(&from, false) {
            Ok(_) => Ok(Self { text: text.to_owned(), cron }),
            Err(_) => Err(InvalidSchedule::Never(text.to_owned())),
        }
    }
}

fn parse(text: &str) -> Result<croner::Cron, CronError> {
    CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).build().parse(text)
}

/// The parser does not say where; a field is wrong if it is even among stars.
fn syntax(text: &str, error: &CronError) -> InvalidSchedule {
    let fields: Vec<_> = text.split_whitespace().collect();
    let alone = |at: usize| {
        let stars = (0..FIELDS.len()).map(|other| if other == at { fields[at] } else { "*" });
        parse(&stars.collect::<Vec<_>>().join(" "))
    };
    let wrong = (0..FIELDS.len()).filter(|_| fields.len() == FIELDS.len()).find_map(|at| Some((at, alone(at).err()?)));
    let (place, why) = match wrong {
        Some((at, error)) => (format!("{} ({}): ", FIELDS[at], fields[at]), error.to_string()),
        None => (String::new(), error.to_string()),
    };
    InvalidSchedule::Syntax { text: text.to_owned(), place, why: why.trim_end_matches('.').to_owned() }
}

impl FromStr for Zone {
    type Err = InvalidSchedule;

    fn from_str(name: &str) -> Result<Self, InvalidSchedule> {
        match TimeZone::get(name) {
            Ok(zone) => Ok(Self { name: name.to_owned(), zone }),
            Err(_) => Err(InvalidSchedule::Zone(name.to_owned())),
        }
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }
}

impl TryFrom<String> for Expression {
    type Error = InvalidSchedule;

    fn try_from(text: String) -> Result<Self, InvalidSchedule> {
        text.parse()
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.text
    }
}

impl TryFrom<String> for Zone {
    type Error = InvalidSchedule;

    fn try_from(name: String) -> Result<Self, InvalidSchedule> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.expression.text, self.zone.name)
    }
}

#[cfg(test)]
mod tests;
