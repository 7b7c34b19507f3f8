//! What a component says that it can do.

use super::{ActivityOptions, FunctionName};

/// The role in which a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FunctionKind {
    /// Touches the world; runs at least once.
    Activity,
    /// Is replayed; reaches nothing outside.
    Orchestrator,
    /// Keeps a state; reaches nothing outside.
    Entity,
    /// Runs when a schedule says so.
    TimerTrigger,
    /// Runs for each message of a stream.
    StreamTrigger,
}

impl FunctionKind {
    /// The word for people and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Orchestrator => "orchestrator",
            Self::Entity => "entity",
            Self::TimerTrigger => "timer-trigger",
            Self::StreamTrigger => "stream-trigger",
        }
    }
}

/// One entry of a component's catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Unique in its component and kind.
    pub name: FunctionName,
    /// Its role.
    pub kind: FunctionKind,
    /// Plain text or Markdown.
    pub doc: Option<String>,
    /// JSON Schema of the input, as JSON text.
    pub input_schema: Option<String>,
    /// JSON Schema of the output, as JSON text.
    pub output_schema: Option<String>,
    /// What the author recommends to callers.
    pub defaults: ActivityOptions,
}
