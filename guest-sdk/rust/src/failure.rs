//! Failures: why something did not succeed, as data that is recorded and crosses languages.
//!
//! [`Failure`] is deliberately not a [`std::error::Error`], so that every error type converts into it by `?`.

use std::fmt;

use crate::bindings::types;

/// What activities and orchestrators return.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why something did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A short stable word that code may branch on. Kinds that begin with `dacapo:` come from the host.
    pub kind: String,
    /// One sentence for a person.
    pub message: String,
    /// Anything longer, as plain text.
    pub details: Option<String>,
    /// Whether a retry policy may try again.
    pub retryable: bool,
    /// What led to it, the nearest first. The host keeps eight of them.
    pub causes: Vec<Cause>,
}

/// A failure behind a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// As in [`Failure`].
    pub kind: String,
    /// One sentence for a person.
    pub message: String,
    /// Anything longer, as plain text.
    pub details: Option<String>,
}

/// Makes a [`Failure`] of a kind and a formatted message: `return Err(fail!("card-declined", "{bank} said no"))`.
///
/// It is retryable; end it with `.non_retryable()` if trying again cannot help.
#[macro_export]
macro_rules! fail {
    ($kind:expr, $($message:tt)+) => { $crate::Failure::new($kind, ::std::format!($($message)+)) };
}

impl Failure {
    /// A failure that a retry policy may try again.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Failure { kind: kind.into(), message: message.into(), details: None, retryable: true, causes: Vec::new() }
    }

    /// The same failure, but trying again cannot help.
    pub fn non_retryable(self) -> Self {
        Failure { retryable: false, ..self }
    }

    /// The same failure with a longer text.
    pub fn details(self, details: impl Into<String>) -> Self {
        Failure { details: Some(details.into()), ..self }
    }

    /// The same failure with another one, and what led to that, as its causes.
    pub fn because(mut self, cause: Failure) -> Self {
        let Failure { kind, message, details, causes, .. } = cause;
        self.causes.push(Cause { kind, message, details });
        self.causes.extend(causes);
        self
    }

    /// Whether the failure, or one of its causes, is of this kind: `failure.is("card-declined")` is true of a child that
    /// failed because of it, too.
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind || self.causes.iter().any(|cause| cause.kind == kind)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.kind, self.message)?;
        self.causes.iter().try_for_each(|cause| write!(out, ", because of {}: {}", cause.kind, cause.message))
    }
}

/// An error of a library becomes a retryable failure whose kind is the name of its type: `ParseIntError` is
/// `parse-int-error`.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        let failure = Failure::new(kind_of(std::any::type_name::<E>()), error.to_string());
        if causes.is_empty() { failure } else { failure.details(causes.join("\n")) }
    }
}

/// What a function of the author returned, whatever it calls its failures.
pub fn lift<T, E: Into<Failure>>(result: Result<T, E>) -> Result<T> {
    result.map_err(Into::into)
}

/// The last segment of a type's path in kebab-case, generics cut off.
fn kind_of(type_name: &str) -> String {
    let path = type_name.split('<').next().unwrap_or(type_name);
    let name = path.rsplit("::").next().unwrap_or(path);
    let mut kind = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !kind.is_empty() {
            kind.push('-');
        }
        kind.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
    }
    kind
}

impl From<Failure> for types::Failure {
    fn from(failure: Failure) -> Self {
        let Failure { kind, message, details, retryable, causes } = failure;
        let causes = causes.into_iter().map(|Cause { kind, message, details }| types::Cause { kind, message, details });
        types::Failure { kind, message, details, retryable, causes: causes.collect() }
    }
}

pub(crate) fn from_contract(failure: types::Failure) -> Failure {
    let types::Failure { kind, message, details, retryable, causes } = failure;
    let causes = causes.into_iter().map(|types::Cause { kind, message, details }| Cause { kind, message, details });
    Failure { kind, message, details, retryable, causes: causes.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_the_names_of_types() {
        let parsed = || -> Result<u32> { Ok("x".parse::<u32>()?) };
        assert_eq!(parsed().unwrap_err().kind, "parse-int-error");
        assert_eq!(kind_of("a::b::Wrapped<c::D>"), "wrapped");
        assert_eq!(fail!("declined", "{} said no", "it").to_string(), "declined: it said no");
    }

    #[test]
    fn causes_follow_the_nearest_first() {
        let declined = fail!("declined", "no money").details("balance 0").non_retryable();
        let failure = fail!("unpaid", "order 7").because(fail!("dacapo:child-failed", "payment").because(declined));
        assert_eq!(
            failure.to_string(),
            "unpaid: order 7, because of dacapo:child-failed: payment, because of declined: no money"
        );
        assert!(failure.is("unpaid") && failure.is("declined") && !failure.is("lost"));
        assert_eq!(from_contract(failure.clone().into()), failure);
    }
}
