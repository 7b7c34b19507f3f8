//! How the host shall treat one call of an activity or one child.

use std::time::Duration;

use crate::{bindings::types, time::millis};

/// When and how often a failed activity or child is tried again.
///
/// The wait before attempt `n + 1` is `first_interval × coefficient^(n - 1)`, at most `max_interval`, less up to `jitter`
/// of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry(pub(crate) types::RetryPolicy);

impl Retry {
    /// So many attempts in all, the first one included, one second apart.
    pub fn attempts(max: u32) -> Self {
        Retry(types::RetryPolicy {
            max_attempts: max.max(1),
            first_interval: 1_000,
            coefficient: 1.0,
            max_interval: None,
            retry_timeout: None,
            jitter: 0.0,
            non_retryable: Vec::new(),
        })
    }

    /// The wait after the first failed attempt.
    pub fn first_interval(mut self, interval: Duration) -> Self {
        self.0.first_interval = millis(interval);
        self
    }

    /// Each wait is this many times the one before; at least 1.
    pub fn coefficient(mut self, coefficient: f64) -> Self {
        self.0.coefficient = coefficient;
        self
    }

    /// No wait is longer than this.
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.0.max_interval = Some(millis(interval));
        self
    }

    /// No new attempt begins later than this after the task was scheduled.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.retry_timeout = Some(millis(timeout));
        self
    }

    /// Leaves this part of each wait, from 0 to 1, to chance, so that many that failed together do not come back together.
    /// The chance is the same in every replay.
    pub fn jitter(mut self, part: f64) -> Self {
        self.0.jitter = part;
        self
    }

    /// Failure kinds, of the failure itself or of a cause, that end the task at once.
    pub fn non_retryable<K: Into<String>>(mut self, kinds: impl IntoIterator<Item = K>) -> Self {
        self.0.non_retryable.extend(kinds.into_iter().map(Into::into));
        self
    }
}

/// What an author recommends to the callers of an activity; written as arguments of `#[activity(…)]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Without it the first failure is final.
    pub retry: Option<Retry>,
    /// Wall time that one attempt may take, counted anew from each report of progress. Without it the host's own limit applies.
    pub timeout: Option<Duration>,
}

pub(crate) fn to_contract(options: Options) -> types::ActivityOptions {
    types::ActivityOptions { retry: options.retry.map(|retry| retry.0), timeout: options.timeout.map(millis) }
}
