//! Names of things, each its own type so that one cannot stand where another belongs.

use std::fmt;
use std::sync::Arc;

use crate::limits::{EVENT_NAME_MAX_CHARS, FUNCTION_NAME_MAX_BYTES, INSTANCE_ID_MAX_CHARS};

/// The name of an instance, chosen by its caller or made by the host; unique in its hub.
///
/// 1 to 100 characters, no `/ \ # ?`, no control characters, and no leading `@`, which marks entities: those are made from
/// an [`EntityId`](super::EntityId).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(Arc<str>);

/// Why a text is not an instance id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// There is nothing in it.
    #[error("an instance id must not be empty")]
    Empty,
    /// It has too many characters.
    #[error("an instance id has at most {INSTANCE_ID_MAX_CHARS} characters; this one has {0}")]
    TooLong(usize),
    /// It looks like the id of an entity.
    #[error("an instance id must not begin with '@', which marks entities")]
    LeadingAt,
    /// It has a character that would break a URL or a log line.
    #[error("an instance id must not contain {0:?}: '/', '\\', '#', '?' and control characters are not allowed")]
    Character(char),
}

impl InstanceId {
    /// Checks and takes a text.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if text.is_empty() {
            return Err(InvalidId::Empty);
        }
        if text.starts_with('@') {
            return Err(InvalidId::LeadingAt);
        }
        check_key(text)?;
        Ok(Self(text.into()))
    }

    /// The instance that an entity is. The text was checked.
    pub(super) fn of_entity(text: String) -> Self {
        Self(text.into())
    }

    /// Whether the instance is an entity.
    pub fn is_entity(&self) -> bool {
        self.0.starts_with('@')
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks what ids of instances and keys of entities have in common.
pub(super) fn check_key(text: &str) -> Result<(), InvalidId> {
    let chars = text.chars().count();
    if chars > INSTANCE_ID_MAX_CHARS {
        return Err(InvalidId::TooLong(chars));
    }
    match text.chars().find(|&c| matches!(c, '/' | '\\' | '#' | '?') || c.is_control() || is_bidi_control(c)) {
        Some(c) => Err(InvalidId::Character(c)),
        None => Ok(()),
    }
}

/// Characters that reorder what a terminal shows, with which one id could pass for another.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a function as its author spelled it. Two names that differ only in case are equal.
#[derive(Debug, Clone)]
pub struct FunctionName(Arc<str>);

/// Why a text is not a function name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a function name: it must have 1 to {FUNCTION_NAME_MAX_BYTES} letters, digits, '_', '-' or '.', \
     and begin with a letter or '_'"
)]
pub struct InvalidName(pub String);

impl FunctionName {
    /// Checks and takes a text.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let rest = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        if first && rest && text.len() <= FUNCTION_NAME_MAX_BYTES {
            return Ok(Self(text.into()));
        }
        Err(InvalidName(text.chars().take(FUNCTION_NAME_MAX_BYTES).collect()))
    }

    /// The text as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|b| b.to_ascii_lowercase())
    }
}

impl PartialEq for FunctionName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for FunctionName {}

impl PartialOrd for FunctionName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FunctionName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(other.folded())
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of an external event as its sender spelled it. The guest compares without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventName(Arc<str>);

/// Why a text is not the name of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name of an event or an operation has 1 to {EVENT_NAME_MAX_CHARS} characters and no control characters")]
pub struct InvalidEventName;

/// Checks the name of an event or an operation.
pub(super) fn check_event_name(text: &str) -> Result<(), InvalidEventName> {
    let fits = (1..=EVENT_NAME_MAX_CHARS).contains(&text.chars().count());
    let clean = !text.chars().any(|c| c.is_control() || is_bidi_control(c));
    if fits && clean { Ok(()) } else { Err(InvalidEventName) }
}

impl EventName {
    /// Checks and takes a text.
    pub fn parse(text: &str) -> Result<Self, InvalidEventName> {
        check_event_name(text)?;
        Ok(Self(text.into()))
    }

    /// The text as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number that the partition gave an instance; never used again. Rows refer to it because it is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceNo(pub u64);

/// The number of a letter between instances; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterNo(pub u64);

/// The place of a row in the hub's log. Grows with every row; gaps are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogSeq(pub u64);

/// The index of a decision within its execution, which is the id of the task or timer that it made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// Counts the lives of an instance, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Execution(pub u32);

impl Execution {
    /// The life that a start begins.
    pub const FIRST: Self = Self(1);

    /// The life after this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// SHA-256 of a component's bytes: what an instance is pinned to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentDigest(pub [u8; 32]);

impl ComponentDigest {
    /// The digest of these bytes.
    pub fn of(component: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(component).into())
    }

    /// Reads the 64 hexadecimal digits that [`fmt::Display`] writes.
    pub fn parse(hex: &str) -> Option<Self> {
        from_hex(hex).map(Self)
    }

    /// The first twelve digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for ComponentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ComponentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.short())
    }
}

/// Reads 64 hexadecimal digits.
pub(super) fn from_hex(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits = hex.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_ids() {
        let check = |text: &str, expect: Result<(), InvalidId>| {
            assert_eq!(InstanceId::parse(text).map(|_| ()), expect, "{text:?}");
        };
        check("order-17", Ok(()));
        check("Ünï.code:1", Ok(()));
        check(&"é".repeat(100), Ok(()));
        check("", Err(InvalidId::Empty));
        check(&"é".repeat(101), Err(InvalidId::TooLong(101)));
        check("@counter@a", Err(InvalidId::LeadingAt));
        check("a/b", Err(InvalidId::Character('/')));
        check("a\\b", Err(InvalidId::Character('\\')));
        check("a#b", Err(InvalidId::Character('#')));
        check("a?b", Err(InvalidId::Character('?')));
        check("a\nb", Err(InvalidId::Character('\n')));
        check("a\0b", Err(InvalidId::Character('\0')));
        check("a\u{202e}b", Err(InvalidId::Character('\u{202e}')));
    }

    #[test]
    fn function_names() {
        let check = |text: &str, expect: bool| assert_eq!(FunctionName::parse(text).is_ok(), expect, "{text:?}");
        check("say_hello", true);
        check("Orders.Charge-v2", true);
        check("", false);
        check("1st", false);
        check("a b", false);
        check("é", false);
        check(&"a".repeat(101), false);
        assert_eq!(FunctionName::parse("Hello"), FunctionName::parse("hELLO"));
    }

    #[test]
    fn event_names() {
        let check = |text: &str, expect: bool| assert_eq!(EventName::parse(text).is_ok(), expect, "{text:?}");
        check("Approval", true);
        check("Über allem / 2?", true);
        check(&"é".repeat(200), true);
        check(&"é".repeat(201), false);
        check("", false);
        check("a\nb", false);
        check("a\0b", false);
        check("a\u{202e}b", false);
        // The guest compares without regard to case; what is recorded is compared as it stands.
        assert_ne!(EventName::parse("Go"), EventName::parse("go"));
    }

    #[test]
    fn digests_round_trip() {
        let digest = ComponentDigest::of(b"component");
        assert_eq!(ComponentDigest::parse(&digest.to_string()), Some(digest));
        assert_eq!(ComponentDigest::parse("xyz"), None);
        assert_eq!(ComponentDigest::parse(&"+1".repeat(32)), None);
    }
}
