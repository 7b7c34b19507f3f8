//! Why something did not succeed, as data that is recorded and handed on.

use std::fmt;

use super::InstanceId;
use crate::limits::{FAILURE_CAUSES_MAX_COUNT, FAILURE_KIND_MAX_BYTES, FAILURE_TEXT_MAX_BYTES};

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
    /// What led to it, the nearest first.
    pub causes: Vec<Cause>,
}

/// A failure behind a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// As in [`Failure::kind`]; it may be one of the host's, wherever it came from.
    pub kind: String,
    /// One sentence for a person.
    pub message: String,
    /// Anything longer, as plain text.
    pub details: Option<String>,
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
    /// A client, or a parent that did not want it any more, ended the instance.
    pub const TERMINATED: &str = "dacapo:terminated";
    /// No deployed component has the function.
    pub const NOT_FOUND: &str = "dacapo:not-found";
    /// A child failed or was terminated; its own failure is the first cause.
    pub const CHILD_FAILED: &str = "dacapo:child-failed";
    /// A child was to have the id of an instance that has not ended.
    pub const CHILD_EXISTS: &str = "dacapo:child-exists";
    /// What a failure of the host is called that an orchestrator passed on; the original is the first cause.
    pub const PASSED_ON: &str = "task-failed";
    /// A guest asked for a request that no operator allowed.
    pub const EGRESS_DENIED: &str = "dacapo:egress-denied";
    /// A guest asked for a request that makes no sense.
    pub const INVALID_REQUEST: &str = "dacapo:invalid-request";
    /// A request got no response that could be handed on.
    pub const HTTP_FAILED: &str = "dacapo:http-failed";
}

impl Failure {
    /// A failure that the host gives; `kind` is one of [`kind`].
    pub fn host(kind: &str, message: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), message: message.into(), details: None, retryable: false, causes: Vec::new() }
    }

    /// The same failure, open to retries.
    pub fn retryable(self) -> Self {
        Self { retryable: true, ..self }
    }

    /// The same failure with more to read.
    pub fn with_details(self, details: impl Into<String>) -> Self {
        Self { details: Some(cut(details.into(), FAILURE_TEXT_MAX_BYTES)), ..self }
    }

    /// What a guest said of itself, cut to size. It cannot pose as the host: a failure of the host that it passes on
    /// becomes a cause.
    pub fn from_guest(
        kind: String,
        message: String,
        details: Option<String>,
        retryable: bool,
        causes: Vec<Cause>,
    ) -> Self {
        let mut failure = Self { kind, message, details, retryable, causes };
        if failure.kind.starts_with(kind::PREFIX) {
            failure = Self { kind: kind::PASSED_ON.to_owned(), causes: failure.chain(), ..failure };
        } else if failure.kind.is_empty() {
            failure.kind.push_str("error");
        }
        failure.causes.truncate(FAILURE_CAUSES_MAX_COUNT);
        let causes = failure.causes.into_iter().map(Cause::cut).collect();
        let Cause { kind, message, details } =
            Cause::cut(Cause { kind: failure.kind, message: failure.message, details: failure.details });
        Self { kind, message, details, retryable, causes }
    }

    /// The failure of a child, as its parent is told of it.
    pub fn of_child(child: &InstanceId, failure: &Self) -> Self {
        let message = format!("child {child} failed: {}", failure.message);
        let mut causes = failure.chain();
        causes.truncate(FAILURE_CAUSES_MAX_COUNT);
        let message = cut(message, FAILURE_TEXT_MAX_BYTES);
        Self { causes, retryable: failure.retryable, ..Self::host(kind::CHILD_FAILED, message) }
    }

    /// Whether the failure or one of its causes is of this kind.
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind || self.causes.iter().any(|cause| cause.kind == kind)
    }

    /// The failure as the first of its causes.
    fn chain(&self) -> Vec<Cause> {
        let own = Cause { kind: self.kind.clone(), message: self.message.clone(), details: self.details.clone() };
        std::iter::once(own).chain(self.causes.iter().cloned()).collect()
    }
}

impl Cause {
    fn cut(self) -> Self {
        Self {
            kind: cut(self.kind, FAILURE_KIND_MAX_BYTES),
            message: cut(self.message, FAILURE_TEXT_MAX_BYTES),
            details: self.details.map(|text| cut(text, FAILURE_TEXT_MAX_BYTES)),
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
        let failure =
            Failure::from_guest("dacapo:trap".into(), "é".repeat(FAILURE_TEXT_MAX_BYTES), None, true, Vec::new());
        assert_eq!((failure.kind.as_str(), failure.causes[0].kind.as_str()), ("task-failed", "dacapo:trap"));
        assert!(failure.message.len() <= FAILURE_TEXT_MAX_BYTES && failure.message.ends_with('…'));
        assert_eq!(failure.causes[0].message, failure.message);
        assert_eq!(Failure::from_guest(String::new(), "x".into(), None, true, Vec::new()).kind, "error");
        let causes = vec![Cause { kind: "k".into(), message: "m".into(), details: None }; 100];
        assert_eq!(Failure::from_guest("x".into(), String::new(), None, true, causes).causes.len(), 8);
    }

    #[test]
    fn a_parent_sees_why_its_child_failed() {
        let id = InstanceId::parse("c").unwrap();
        let declined = Failure::from_guest("declined".into(), "no money".into(), None, false, Vec::new());
        let failure = Failure::of_child(&id, &Failure::of_child(&id, &declined));
        assert!(failure.is("declined") && failure.is(kind::CHILD_FAILED) && !failure.is("other"));
        assert_eq!(failure.message, "child c failed: child c failed: no money");
    }
}
