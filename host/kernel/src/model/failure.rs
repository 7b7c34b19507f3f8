//! Why something did not succeed, as data that is recorded and handed on.

use std::fmt;

use crate::limits::{FAILURE_KIND_MAX_BYTES, FAILURE_TEXT_MAX_BYTES};

/// A failure of a guest. It is never an error of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A short stable word that code may branch on.
    pub kind: String,
    /// One sentence for a person.
    pub message: String,
    /// Anything longer, as plain text.
    pub details: Option<String>,
    /// Whether a retry policy may try again.
    pub retryable: bool,
}

/// The kinds that only the host gives.
pub mod kind {
    /// What every one of them begins with.
    pub const PREFIX: &str = "dacapo:";
    /// The guest trapped: a panic, `unreachable`, a bad memory access.
    pub const TRAP: &str = "dacapo:trap";
    /// The guest used up the fuel of a turn.
    pub const OUT_OF_FUEL: &str = "dacapo:out-of-fuel";
    /// The guest asked for more memory than its role may have.
    pub const OUT_OF_MEMORY: &str = "dacapo:out-of-memory";
    /// The guest used up its stack.
    pub const STACK_OVERFLOW: &str = "dacapo:stack-overflow";
    /// The guest called an import that its role does not have.
    pub const IMPORT_DENIED: &str = "dacapo:import-denied";
    /// An attempt of an activity took longer than it may.
    pub const TIMEOUT: &str = "dacapo:timeout";
    /// The guest returned something that the contract does not allow.
    pub const PROTOCOL: &str = "dacapo:protocol";
    /// The guest returned something that is not JSON.
    pub const INVALID_JSON: &str = "dacapo:invalid-json";
    /// A value is larger than a limit.
    pub const TOO_LARGE: &str = "dacapo:too-large";
    /// The guest opened more tasks, took more decisions or made more history than it may.
    pub const LIMIT: &str = "dacapo:limit";
    /// The orchestrator waits, and nothing that could wake it is open.
    pub const STALLED: &str = "dacapo:stalled";
    /// No deployed component has the function.
    pub const NOT_FOUND: &str = "dacapo:not-found";
}

impl Failure {
    /// A failure that the host gives; `kind` is one of [`kind`].
    pub fn host(kind: &str, message: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), message: message.into(), details: None, retryable: false }
    }

    /// The same failure, open to retries.
    pub fn retryable(self) -> Self {
        Self { retryable: true, ..self }
    }

    /// The same failure with more to read.
    pub fn with_details(self, details: impl Into<String>) -> Self {
        Self { details: Some(cut(details.into(), FAILURE_TEXT_MAX_BYTES)), ..self }
    }

    /// What a guest said of itself, cut to size; it cannot pose as the host.
    pub fn from_guest(kind: String, message: String, details: Option<String>, retryable: bool) -> Self {
        let kind = match kind.strip_prefix(kind::PREFIX) {
            Some(rest) => format!("guest:{rest}"),
            None if kind.is_empty() => "error".to_owned(),
            None => kind,
        };
        Self {
            kind: cut(kind, FAILURE_KIND_MAX_BYTES),
            message: cut(message, FAILURE_TEXT_MAX_BYTES),
            details: details.map(|text| cut(text, FAILURE_TEXT_MAX_BYTES)),
            retryable,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

fn cut(mut text: String, max_bytes: usize) -> String {
    if text.len() > max_bytes {
        let end = (0..=max_bytes - '…'.len_utf8()).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_cannot_pose_as_the_host_or_flood_the_log() {
        let failure = Failure::from_guest("dacapo:trap".into(), "é".repeat(FAILURE_TEXT_MAX_BYTES), None, true);
        assert_eq!(failure.kind, "guest:trap");
        assert!(failure.message.len() <= FAILURE_TEXT_MAX_BYTES && failure.message.ends_with('…'));
        assert_eq!(Failure::from_guest(String::new(), "x".into(), None, true).kind, "error");
    }
}
