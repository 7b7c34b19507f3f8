//! Functions as JSON: what `check` prints, what a host answers, and what stubs are made from.
//!
//! It owns that form, in both directions. A field that is not there says nothing; one that is not known is ignored, because a
//! newer host may say more.

use kernel::model::{ActivityOptions, Function, Millis, RetryPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a component says of one of its functions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Unique in its kind.
    pub name: String,
    /// As in `wit/functions.wit`.
    pub kind: String,
    /// Plain text or Markdown.
    pub doc: Option<String>,
    /// JSON Schema.
    pub input_schema: Option<Value>,
    /// JSON Schema.
    pub output_schema: Option<Value>,
    /// What the author recommends to callers.
    #[serde(default, skip_serializing_if = "Defaults::is_empty")]
    pub defaults: Defaults,
}

/// What the author of an activity recommends to callers. Times are in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Defaults {
    /// Without it the first failure is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// The wall time of one attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// When and how often a failed activity is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Retry {
    /// The first one included.
    pub max_attempts: u32,
    /// The wait after the first failed attempt.
    pub first_interval_ms: u64,
    /// Each wait is this many times the one before.
    pub coefficient: f64,
    /// No wait is longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_interval_ms: Option<u64>,
    /// No attempt begins later than this after the task was scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Which part of each wait is left to chance.
    #[serde(default)]
    pub jitter: f64,
    /// Failure kinds that end the task at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub non_retryable: Vec<String>,
}

impl Defaults {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<&Function> for Entry {
    fn from(function: &Function) -> Self {
        let schema = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str(text).ok());
        Self {
            name: function.name.as_str().to_owned(),
            kind: function.kind.as_str().to_owned(),
            doc: function.doc.clone(),
            input_schema: schema(&function.input_schema),
            output_schema: schema(&function.output_schema),
            defaults: Defaults::from(&function.defaults),
        }
    }
}

impl From<&ActivityOptions> for Defaults {
    fn from(options: &ActivityOptions) -> Self {
        Self { retry: options.retry.as_ref().map(Retry::from), timeout_ms: options.timeout.map(millis) }
    }
}

impl From<&RetryPolicy> for Retry {
    fn from(policy: &RetryPolicy) -> Self {
        Self {
            max_attempts: policy.max_attempts,
            first_interval_ms: policy.first_interval.0,
            coefficient: policy.coefficient,
            max_interval_ms: policy.max_interval.map(millis),
            timeout_ms: policy.retry_timeout.map(millis),
            jitter: policy.jitter,
            non_retryable: policy.non_retryable.clone(),
        }
    }
}

fn millis(Millis(millis): Millis) -> u64 {
    millis
}
