//! What a manifest says of streams: names, subjects and numbers, each checked where it is read.

use std::fmt;

use kernel::limits::{STREAM_BATCH_MAX_COUNT, STREAM_DELIVERIES_MAX_COUNT, STREAM_NAME_MAX_BYTES};
use kernel::model::FunctionName;
use serde::{Deserialize, Serialize};

/// A function that runs for each message of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StreamBinding {
    /// Of the kind `stream-trigger`.
    #[serde(with = "super::name")]
    pub function: FunctionName,
    /// Which of the operator's connections.
    pub connection: Token,
    /// The JetStream stream.
    pub stream: Token,
    /// Which of its messages.
    pub subject: Subject,
    /// The name of the durable consumer, which keeps the place.
    pub durable: Token,
    /// How many messages one commit holds at most.
    #[serde(default)]
    pub batch: Batch,
    /// Where a consumer begins that is made anew.
    #[serde(default)]
    pub start: StartFrom,
    /// After how many deliveries a message that fails is given up.
    #[serde(default)]
    pub max_deliveries: Deliveries,
    /// Where it is moved to then; without it, it is dropped with an error in the log.
    pub dead_letter: Option<Subject>,
}

/// Where a new consumer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Position", into = "Position")]
pub enum StartFrom {
    /// With the oldest message that the stream has.
    #[default]
    All,
    /// With the next one.
    New,
    /// With the message of this number.
    Sequence(u64),
}

/// [`StartFrom`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Position {
    Number(u64),
    Word(String),
}

/// A name without the characters that mean something in a subject or a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(String);

/// A subject; `*` in it stands for any token, and `>` at its end for all that follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subject(String);

/// A number of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Batch(u32);

/// A number of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Deliveries(u32);

impl StreamBinding {
    /// What its messages are marked by: the consumer, which is one however its function is called.
    pub fn source(&self) -> String {
        format!("stream/{}/{}/{}", self.connection, self.stream, self.durable)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let Some(dead) = &self.dead_letter else { return Ok(()) };
        if dead.is_pattern() {
            return Err(format!("dead-letter = \"{dead}\" must be one subject, without * and >"));
        }
        if self.subject.matches(dead.as_str()) {
            return Err(format!("dead-letter = \"{dead}\" is among the messages of subject = \"{}\"", self.subject));
        }
        Ok(())
    }

    pub(super) fn taken(&self, by: &str) -> String {
        let Self { durable, stream, .. } = self;
        format!("durable = \"{durable}\" of stream {stream} is used by {by}; each needs a durable consumer of its own")
    }
}

impl Subject {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_pattern(&self) -> bool {
        self.0.split('.').any(|token| matches!(token, "*" | ">"))
    }

    fn matches(&self, subject: &str) -> bool {
        let mut tokens = subject.split('.');
        for wanted in self.0.split('.') {
            match (wanted, tokens.next()) {
                (">", Some(_)) => return true,
                (_, None) => return false,
                ("*", Some(_)) => {}
                (wanted, Some(token)) if wanted != token => return false,
                (_, Some(_)) => {}
            }
        }
        tokens.next().is_none()
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let last = text.split('.').count();
        let token = |(at, token): (usize, &str)| match token {
            "" => false,
            "*" => true,
            ">" => at == last,
            _ => !token.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '*' | '>')),
        };
        if text.len() <= STREAM_NAME_MAX_BYTES && (1..).zip(text.split('.')).all(token) {
            return Ok(Self(text));
        }
        let rule = format!("tokens between dots, at most {STREAM_NAME_MAX_BYTES} bytes in all");
        Err(format!("{text:?} is not a subject: {rule}; a token may be *, and the last one >"))
    }
}

impl Token {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Token {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=STREAM_NAME_MAX_BYTES).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text));
        }
        Err(format!("{text:?} must have 1 to {STREAM_NAME_MAX_BYTES} letters, digits, '-' or '_'"))
    }
}

impl TryFrom<Position> for StartFrom {
    type Error = String;

    fn try_from(position: Position) -> Result<Self, String> {
        match position {
            Position::Number(0) => Err("start = 0: the first message of a stream has the number 1".to_owned()),
            Position::Number(number) => Ok(Self::Sequence(number)),
            Position::Word(word) if word == "all" => Ok(Self::All),
            Position::Word(word) if word == "new" => Ok(Self::New),
            Position::Word(word) => {
                Err(format!("start = {word:?} must be \"all\", \"new\" or the number of a message"))
            }
        }
    }
}

impl From<StartFrom> for Position {
    fn from(start: StartFrom) -> Self {
        match start {
            StartFrom::All => Self::Word("all".to_owned()),
            StartFrom::New => Self::Word("new".to_owned()),
            StartFrom::Sequence(number) => Self::Number(number),
        }
    }
}

impl TryFrom<u32> for Batch {
    type Error = String;

    fn try_from(count: u32) -> Result<Self, String> {
        match count {
            1..=STREAM_BATCH_MAX_COUNT => Ok(Self(count)),
            _ => Err(format!("batch = {count} must be 1 to {STREAM_BATCH_MAX_COUNT}")),
        }
    }
}

impl TryFrom<u32> for Deliveries {
    type Error = String;

    fn try_from(count: u32) -> Result<Self, String> {
        match count {
            1..=STREAM_DELIVERIES_MAX_COUNT => Ok(Self(count)),
            _ => Err(format!("max-deliveries = {count} must be 1 to {STREAM_DELIVERIES_MAX_COUNT}")),
        }
    }
}

impl From<Batch> for u32 {
    fn from(batch: Batch) -> Self {
        batch.0
    }
}

impl From<Deliveries> for u32 {
    fn from(deliveries: Deliveries) -> Self {
        deliveries.0
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self(100)
    }
}

impl Default for Deliveries {
    fn default() -> Self {
        Self(5)
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
