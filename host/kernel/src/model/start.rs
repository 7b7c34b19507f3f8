//! What an instance is started with, whoever starts it.

use std::fmt;
use std::sync::Arc;

use super::{Execution, FunctionName, InstanceId, InstanceNo, Payload, TaskId, Timestamp};
use crate::limits::{TAG_MAX_BYTES, TAGS_MAX_COUNT, TRACE_STATE_MAX_BYTES};

/// What the one who starts an instance says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct StartSpec {
    /// The orchestrator.
    pub name: FunctionName,
    /// Its input.
    pub input: Payload,
    /// The version that the caller asked for.
    pub version: Option<String>,
    /// What the caller attached.
    pub tags: Tags,
    /// The trace that the start belongs to.
    pub trace: Option<TraceContext>,
    /// When the first turn is to be played, if not at once.
    pub start_at: Option<Timestamp>,
    /// The orchestration that started it.
    pub parent: Option<Parent>,
}

/// The task whose attempt a child is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The orchestration, by number.
    pub no: InstanceNo,
    /// The orchestration, by name.
    pub id: InstanceId,
    /// Which of its attempts.
    pub attempted: Attempted,
    /// How many generations there are above the child: 1 if nobody started its parent.
    pub depth: u32,
}

/// One attempt of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempted {
    /// The life of the orchestration that asked.
    pub execution: Execution,
    /// The task.
    pub task: TaskId,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// Names and values that a caller attaches to an instance. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(Arc<[(String, String)]>);

/// Why tags are not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an instance has at most {TAGS_MAX_COUNT} tags, each with a name and a value of at most {TAG_MAX_BYTES} bytes, \
     and the name is not empty"
)]
pub struct InvalidTags;

/// A W3C trace context, as its headers spell it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    parent: Arc<str>,
    state: Option<Arc<str>>,
}

impl Parent {
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, '/');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let (no, execution, task, attempt, depth) = (number()?, number()?, number()?, number()?, number()?);
        let id = InstanceId::parse(parts.next()?).ok()?;
        let small = |number| u32::try_from(number).ok();
        let execution = Execution(small(execution)?);
        let attempted = Attempted { execution, task: TaskId(small(task)?), attempt: small(attempt)? };
        Some(Self { no: InstanceNo(no), id, attempted, depth: small(depth)? })
    }
}

/// The form in which it is stored: `number/execution/task/attempt/depth/id`.
impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Attempted { execution, task, attempt } = self.attempted;
        write!(f, "{}/{}/{}/{attempt}/{}/{}", self.no.0, execution.0, task.0, self.depth, self.id)
    }
}

impl Tags {
    /// Checks and takes pairs of names and values.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, InvalidTags> {
        let pairs: Arc<[_]> = pairs.into_iter().collect();
        let fits = |(name, value): &(String, String)| {
            (1..=TAG_MAX_BYTES).contains(&name.len()) && value.len() <= TAG_MAX_BYTES
        };
        if pairs.len() <= TAGS_MAX_COUNT && pairs.iter().all(fits) { Ok(Self(pairs)) } else { Err(InvalidTags) }
    }

    /// The pairs, in the order in which they were given.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

impl TraceContext {
    /// Takes the headers `traceparent` and `tracestate`. `None` if the first is malformed; then both are to be ignored,
    /// says the recommendation (W3C Trace Context, 3.2).
    pub fn parse(parent: &str, state: Option<&str>) -> Option<Self> {
        let hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let mut fields = parent.split('-');
        let mut field = |length: usize| fields.next().filter(|text| text.len() == length && hex(text));
        let (version, trace, span, _flags) = (field(2)?, field(32)?, field(16)?, field(2)?);
        let zero = |text: &str| text.bytes().all(|b| b == b'0');
        let known = version != "ff" && (version != "00" || fields.next().is_none());
        if !known || zero(trace) || zero(span) || parent.len() > TRACE_STATE_MAX_BYTES {
            return None;
        }
        let state = state.filter(|state| state.len() <= TRACE_STATE_MAX_BYTES).map(Arc::from);
        Some(Self { parent: parent.into(), state })
    }

    /// The `traceparent` header.
    pub fn parent(&self) -> &str {
        &self.parent
    }

    /// The `tracestate` header.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_round_trip() {
        let check = |text: &str, expect: bool| {
            assert_eq!(Parent::parse(text).map(|parent| parent.to_string()), expect.then(|| text.to_owned()), "{text}");
        };
        check("17/1/3/2/1/order-17", true);
        check("17/1/3/2/1/a:b", true);
        check("17/1/3/2/1/", false);
        check("17/1/3/order", false);
        check("17/4294967296/3/2/1/a", false);
        check("", false);
    }

    #[test]
    fn trace_contexts() {
        let check = |parent: &str, expect: bool| {
            assert_eq!(TraceContext::parse(parent, None).is_some(), expect, "{parent}");
        };
        check("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true);
        check("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true);
        check("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false);
        check("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false);
        check("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false);
        check("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false);
        check("", false);
    }

    #[test]
    fn tags() {
        let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let check = |pairs: Vec<(String, String)>, expect: bool| assert_eq!(Tags::new(pairs).is_ok(), expect);
        check(vec![], true);
        check(vec![tag("team", "blue"), tag("empty", "")], true);
        check(vec![tag("", "x")], false);
        check(vec![tag("a", &"x".repeat(TAG_MAX_BYTES + 1))], false);
        check(vec![tag("a", "b"); TAGS_MAX_COUNT + 1], false);
    }
}
