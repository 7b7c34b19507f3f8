//! The query parameters of a request. Their names are case-insensitive, and so are the words in them.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kernel::limits::{HTTP_WAIT_MAX_MS, TIMER_MAX_MS, VERSION_MAX_BYTES};
use kernel::model::{Millis, Reach, Status, Tags, Timestamp};

use super::projection::Part;
use crate::problem::{Code, Problem};

/// The decoded parameters, in order.
#[derive(Debug)]
pub struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Which statuses a query is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statuses {
    /// The caller named none, which means all.
    All,
    /// These; none of them may be one that this host has.
    Only(Vec<Status>),
}

/// The statuses that an instance of this host may be seen in.
pub const STATUSES: [Status; 6] =
    [Status::Pending, Status::Running, Status::Suspended, Status::Completed, Status::Failed, Status::Terminated];

impl<'a> Params<'a> {
    /// Reads a query string. What is not percent-encoded UTF-8 is replaced, as browsers do.
    pub fn parse(query: Option<&'a str>) -> Self {
        Self(query.map_or_else(Vec::new, |query| form_urlencoded::parse(query.as_bytes()).collect()))
    }

    /// The first value of a parameter. An empty one counts as missing: clients send such for what they do not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named =
            move |(key, value): &&(Cow<'_, str>, Cow<'_, str>)| key.eq_ignore_ascii_case(name) && !value.is_empty();
        self.0.iter().filter(named).map(|(_, value)| value.as_ref())
    }

    /// A switch.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(value) => Err(invalid(name, value, "it must be true or false")),
        }
    }

    /// A switch that says whether a value is part of the answer.
    pub fn part(&self, name: &str, otherwise: Part) -> Result<Part, Problem> {
        Ok(match self.flag(name)? {
            Some(true) => Part::Shown,
            Some(false) => Part::Hidden,
            None => otherwise,
        })
    }

    /// A number of things, at least one.
    pub fn count(&self, name: &str) -> Result<Option<usize>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.parse() {
            Ok(count) if count > 0 => Ok(Some(count)),
            _ => Err(invalid(name, value, "it must be a whole number of at least 1")),
        }
    }

    /// A point in time, ISO 8601. Without an offset it is UTC.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let with_offset = value.parse::<jiff::Timestamp>().ok();
        let at =
            with_offset.or_else(|| Some(value.parse::<jiff::civil::DateTime>().ok()?.in_tz("UTC").ok()?.timestamp()));
        match at {
            // Before 1970 there were no instances; such a bound is as good as the epoch.
            Some(at) => Ok(Some(Timestamp(u64::try_from(at.as_millisecond()).unwrap_or(0)))),
            None => Err(invalid(name, value, "it must be a time such as 2026-11-22T05:00:00Z")),
        }
    }

    /// How long the caller wants to wait. The interval means nothing to a host that does not poll, but the contract
    /// wants both or neither, and the interval not above the timeout.
    pub fn wait(&self) -> Result<Option<Duration>, Problem> {
        match (self.seconds("timeout")?, self.seconds("pollingInterval")?) {
            (None, None) => Ok(None),
            (Some(timeout), Some(interval)) if timeout >= interval => Ok(Some(timeout)),
            (Some(_), Some(_)) => {
                Err(Problem::new(Code::InvalidArgument, "timeout must not be smaller than pollingInterval"))
            }
            _ => Err(Problem::new(Code::InvalidArgument, "timeout and pollingInterval must be given together")),
        }
    }

    fn seconds(&self, name: &str) -> Result<Option<Duration>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let longest = Duration::from_millis(HTTP_WAIT_MAX_MS);
        let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        match seconds {
            Some(length) if !length.is_zero() && length <= longest => Ok(Some(length)),
            _ => Err(invalid(name, value, &format!("it must be above 0 and at most {} seconds", longest.as_secs()))),
        }
    }

    /// When something is to happen, if not at once; not later than a timer could be set.
    pub fn ahead(&self, name: &str, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
        match self.time(name)? {
            Some(at) if at > now + Millis(TIMER_MAX_MS) => {
                Err(invalid(name, self.get(name).unwrap_or_default(), "it must not lie more than ten years ahead"))
            }
            at => Ok(at),
        }
    }

    /// The version that a start asks for.
    pub fn version(&self) -> Result<Option<String>, Problem> {
        match self.get("version") {
            Some(text) if text.len() > VERSION_MAX_BYTES => {
                Err(invalid("version", text, &format!("it must have at most {VERSION_MAX_BYTES} bytes")))
            }
            version => Ok(version.map(str::to_owned)),
        }
    }

    /// The tags of a start: each `name:value`, no name twice.
    pub fn tags(&self) -> Result<Tags, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for text in self.all("tag") {
            let (name, value) = text.split_once(':').ok_or_else(|| invalid("tag", text, "it must be name:value"))?;
            if pairs.iter().any(|(other, _)| other == name) {
                return Err(invalid("tag", text, "there is another one of this name"));
            }
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Ok(Tags::new(pairs)?)
    }

    /// Whether an operation goes on to the children of an instance.
    pub fn reach(&self) -> Result<Reach, Problem> {
        Ok(match self.flag("recursive")?.unwrap_or(false) {
            true => Reach::Children,
            false => Reach::Alone,
        })
    }

    /// The statuses of a query: repeated or separated by commas.
    pub fn statuses(&self, name: &str) -> Result<Statuses, Problem> {
        let mut wanted = Statuses::All;
        for word in self.all(name).flat_map(|value| value.split(',')).map(str::trim).filter(|word| !word.is_empty()) {
            let status = status(word).ok_or_else(|| invalid(name, word, "it must be a runtime status"))?;
            match (&mut wanted, status) {
                (Statuses::Only(list), status) => list.extend(status),
                (Statuses::All, status) => wanted = Statuses::Only(status.into_iter().collect()),
            }
        }
        Ok(wanted)
    }
}

/// `None` if there is no such status, `Some(None)` if there is but no instance of this host is ever seen in it.
fn status(word: &str) -> Option<Option<Status>> {
    const OTHERS: [&str; 2] = ["ContinuedAsNew", "Canceled"];
    let ours = STATUSES.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(word));
    let known = ours.is_some() || OTHERS.iter().any(|other| other.eq_ignore_ascii_case(word));
    known.then_some(ours)
}

/// The time against which those of a request are held.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn invalid(name: &str, value: &str, rule: &str) -> Problem {
    let shown: String = value.chars().take(100).collect();
    Problem::new(Code::InvalidArgument, format!("{name} is {shown:?}; {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with `Debug`, and an error with its message.
    fn check<T: std::fmt::Debug>(query: &str, read: impl Fn(&Params<'_>) -> Result<T, Problem>, expect: &str) {
        let got = match read(&Params::parse(Some(query))) {
            Ok(value) => format!("{value:?}"),
            Err(problem) => format!("{}: {problem}", problem.code),
        };
        assert!(got.contains(expect), "{query}: {got}, not {expect}");
    }

    #[test]
    fn names_and_encoding() {
        check("REASON=a+b%20c&reason=2", |p| Ok(p.get("reason").map(str::to_owned)), r#"Some("a b c")"#);
        check("reason=", |p| Ok(p.get("reason").map(str::to_owned)), "None");
        check("reason=%ff", |p| Ok(p.get("reason").map(str::to_owned)), "Some(\"\u{fffd}\")");
        check("&&=&a", |p| Ok(p.get("a").map(str::to_owned)), "None");
    }

    #[test]
    fn flags() {
        check("showinput=True", |p| p.flag("showInput"), "Some(true)");
        check("showInput=false", |p| p.flag("showInput"), "Some(false)");
        check("", |p| p.flag("showInput"), "None");
        check("showInput=false", |p| p.part("showInput", Part::Shown), "Hidden");
        check("", |p| p.part("showInput", Part::Shown), "Shown");
        check("showInput=1", |p| p.flag("showInput"), "invalid_argument: showInput is \"1\"");
    }

    #[test]
    fn waits() {
        check("timeout=1.5&pollingInterval=0.5", |p| p.wait(), "Some(1.5s)");
        check("Timeout=2&pollinginterval=2", |p| p.wait(), "Some(2s)");
        check("", |p| p.wait(), "None");
        check("timeout=2", |p| p.wait(), "given together");
        check("pollingInterval=2", |p| p.wait(), "given together");
        check("timeout=1&pollingInterval=2", |p| p.wait(), "smaller than");
        for value in ["0", "-1", "NaN", "inf", "1e300", "x", "601"] {
            check(&format!("timeout={value}&pollingInterval={value}"), |p| p.wait(), "invalid_argument: timeout is");
        }
    }

    #[test]
    fn times() {
        check("t=2026-11-22T05:00:00Z", |p| p.time("t"), "Some(Timestamp(1795323600000))");
        check("t=2026-11-22T06:00:00.5%2B01:00", |p| p.time("t"), "Some(Timestamp(1795323600500))");
        check("t=2026-11-22T05:00:00", |p| p.time("t"), "Some(Timestamp(1795323600000))");
        check("t=2026-11-22", |p| p.time("t"), "Some(Timestamp(1795305600000))");
        check("t=0001-01-01T00:00:00Z", |p| p.time("t"), "Some(Timestamp(0))");
        check("t=yesterday", |p| p.time("t"), "invalid_argument: t is \"yesterday\"");
    }

    #[test]
    fn counts_and_statuses() {
        check("top=10", |p| p.count("top"), "Some(10)");
        check("top=0", |p| p.count("top"), "invalid_argument");
        check("top=-1", |p| p.count("top"), "invalid_argument");
        check("", |p| p.statuses("s"), "All");
        check("s=running,Completed&s=FAILED", |p| p.statuses("s"), "Only([Running, Completed, Failed])");
        check("s=pending&s=Suspended,", |p| p.statuses("s"), "Only([Pending, Suspended])");
        check("s=Canceled,ContinuedAsNew", |p| p.statuses("s"), "Only([])");
        check("s=Asleep", |p| p.statuses("s"), "invalid_argument: s is \"Asleep\"");
    }

    #[test]
    fn starts() {
        let now = Timestamp(1_795_323_600_000);
        check(
            "scheduledStartTime=2026-11-22T05:00:01Z",
            |p| p.ahead("scheduledStartTime", now),
            "Some(Timestamp(1795323601000))",
        );
        check("scheduledStartTime=2001-01-01", |p| p.ahead("scheduledStartTime", now), "Some(Timestamp(978307200000))");
        check(
            "scheduledStartTime=2099-01-01",
            |p| p.ahead("scheduledStartTime", now),
            "scheduledStartTime is \"2099-01-01\"; it must not lie",
        );
        check(
            "scheduledStartTime=soon",
            |p| p.ahead("scheduledStartTime", now),
            "invalid_argument: scheduledStartTime is \"soon\"",
        );
        check("", |p| p.ahead("scheduledStartTime", now), "None");
        check("Version=2.0+beta", |p| p.version(), "Some(\"2.0 beta\")");
        check(&format!("version={}", "x".repeat(101)), |p| p.version(), "at most 100 bytes");
        check(
            "tag=team:blue&TAG=url:http://x&tag=e:",
            |p| p.tags(),
            r#"[("team", "blue"), ("url", "http://x"), ("e", "")]"#,
        );
        check("", |p| p.tags(), "Tags([])");
        check("tag=team", |p| p.tags(), "invalid_argument: tag is \"team\"; it must be name:value");
        check("tag=a:1&tag=a:2", |p| p.tags(), "another one of this name");
        check("tag=:x", |p| p.tags(), "invalid_argument: tag: an instance has at most 32 tags");
        check("recursive=TRUE", |p| p.reach(), "Children");
        check("", |p| p.reach(), "Alone");
        check("recursive=yes", |p| p.reach(), "invalid_argument: recursive is \"yes\"");
    }
}
