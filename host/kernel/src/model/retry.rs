//! How one call of an activity or child is treated: its retries and its time limit.

use std::fmt;

use super::{Failure, InstanceId, Millis, Timestamp};
use crate::limits::{ACTIVITY_TIMEOUT_MAX_MS, RETRY_ATTEMPTS_MAX_COUNT, RETRY_KINDS_MAX_COUNT, TIMER_MAX_MS};

/// When and how often a failed task is tried again. The fields are those of Durable Functions.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all, at least 1.
    pub max_attempts: u32,
    /// The wait after the first failed attempt.
    pub first_interval: Millis,
    /// Each wait is this many times the one before; at least 1.
    pub coefficient: f64,
    /// No wait is longer.
    pub max_interval: Option<Millis>,
    /// No attempt begins later than this after the task was scheduled.
    pub retry_timeout: Option<Millis>,
    /// Which part of each wait is left to chance, from 0 to 1.
    pub jitter: f64,
    /// Failure kinds, of the failure or of a cause, that end the task at once.
    pub non_retryable: Vec<String>,
}

/// What the caller of an activity asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ActivityOptions {
    /// Without a policy the first failure is final.
    pub retry: Option<RetryPolicy>,
    /// Wall time of one attempt.
    pub timeout: Option<Millis>,
}

/// What the caller of a child asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChildOptions {
    /// Its id, if the caller chose one.
    pub instance: Option<InstanceId>,
    /// The version of the orchestrator.
    pub version: Option<String>,
    /// Without a policy the first failure is final.
    pub retry: Option<RetryPolicy>,
}

/// Why options make no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidOptions {
    /// Out of 1..=limit.
    #[error("max-attempts is {0}; it must be 1 to {RETRY_ATTEMPTS_MAX_COUNT}")]
    Attempts(u32),
    /// Not a number, or it would shrink the waits.
    #[error("coefficient is {0:?}; it must be a number of at least 1")]
    Coefficient(f64),
    /// Not a part.
    #[error("jitter is {0:?}; it must be a number from 0 to 1")]
    Jitter(f64),
    /// Longer than any timer.
    #[error("{name} is {length}; it must be at most {TIMER_MAX_MS} ms")]
    Interval {
        /// The field.
        name: &'static str,
        /// Its value.
        length: Millis,
    },
    /// Zero or too long.
    #[error("timeout is {0}; it must be 1 to {ACTIVITY_TIMEOUT_MAX_MS} ms")]
    Timeout(Millis),
    /// Too many kinds.
    #[error("non-retryable lists {0} kinds; at most {RETRY_KINDS_MAX_COUNT} are accepted")]
    Kinds(usize),
}

impl ActivityOptions {
    /// Refuses what makes no sense.
    pub fn check(&self) -> Result<(), InvalidOptions> {
        if let Some(timeout) = self.timeout
            && !(1..=ACTIVITY_TIMEOUT_MAX_MS).contains(&timeout.0)
        {
            return Err(InvalidOptions::Timeout(timeout));
        }
        self.retry.as_ref().map_or(Ok(()), RetryPolicy::check)
    }
}

/// For people, in the terms of the contract.
impl fmt::Display for ActivityOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.retry {
            Some(policy) => policy.fmt(f)?,
            None => f.write_str("no retries")?,
        }
        self.timeout.map_or(Ok(()), |timeout| write!(f, ", timeout {timeout}"))
    }
}

impl fmt::Display for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { max_attempts, first_interval, coefficient, .. } = self;
        write!(f, "max-attempts {max_attempts}, first-interval {first_interval}, coefficient {coefficient:?}")?;
        for (name, length) in [("max-interval", self.max_interval), ("retry-timeout", self.retry_timeout)] {
            length.map_or(Ok(()), |length| write!(f, ", {name} {length}"))?;
        }
        if self.jitter > 0.0 {
            write!(f, ", jitter {:?}", self.jitter)?;
        }
        if self.non_retryable.is_empty() { Ok(()) } else { write!(f, ", non-retryable {:?}", self.non_retryable) }
    }
}

impl RetryPolicy {
    /// Refuses what makes no sense.
    pub fn check(&self) -> Result<(), InvalidOptions> {
        if !(1..=RETRY_ATTEMPTS_MAX_COUNT).contains(&self.max_attempts) {
            return Err(InvalidOptions::Attempts(self.max_attempts));
        }
        if !(self.coefficient.is_finite() && self.coefficient >= 1.0) {
            return Err(InvalidOptions::Coefficient(self.coefficient));
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err(InvalidOptions::Jitter(self.jitter));
        }
        if self.non_retryable.len() > RETRY_KINDS_MAX_COUNT {
            return Err(InvalidOptions::Kinds(self.non_retryable.len()));
        }
        let lengths = [
            ("first-interval", Some(self.first_interval)),
            ("max-interval", self.max_interval),
            ("retry-timeout", self.retry_timeout),
        ];
        match lengths.into_iter().find_map(|(name, length)| Some((name, length.filter(|l| l.0 > TIMER_MAX_MS)?))) {
            Some((name, length)) => Err(InvalidOptions::Interval { name, length }),
            None => Ok(()),
        }
    }

    /// When the attempt after `attempt` (which counts from 1 and failed at `now`) begins, or `None` if it was the last.
    /// `chance` is at least 0 and less than 1.
    pub fn next_attempt(
        &self,
        attempt: u32,
        failure: &Failure,
        scheduled: Timestamp,
        now: Timestamp,
        chance: f64,
    ) -> Option<Timestamp> {
        let is_final = self.non_retryable.iter().any(|kind| failure.is(kind));
        if attempt >= self.max_attempts || !failure.retryable || is_final {
            return None;
        }
        let longest = self.max_interval.unwrap_or(Millis(TIMER_MAX_MS)).0.min(TIMER_MAX_MS) as f64;
        // The product may become infinite, never a NaN: both factors are at least one or the interval is zero.
        let factor = self.coefficient.powi(i32::try_from(attempt - 1).unwrap_or(i32::MAX)).min(f64::MAX);
        let base = (self.first_interval.0 as f64 * factor).min(longest);
        let at = now + Millis((base - base * self.jitter * chance) as u64);
        match self.retry_timeout {
            Some(limit) if at.since(scheduled) > limit => None,
            _ => Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy {
            max_attempts: 5,
            first_interval: Millis(100),
            coefficient: 2.0,
            max_interval: Some(Millis(350)),
            retry_timeout: None,
            jitter: 0.0,
            non_retryable: vec!["declined".into()],
        }
    }

    #[test]
    fn waits() {
        let failed = Failure::from_guest("busy".into(), String::new(), None, true, Vec::new());
        let check = |policy: &RetryPolicy, attempt, failure: &Failure, expect: Option<u64>| {
            let next = policy.next_attempt(attempt, failure, Timestamp(1_000), Timestamp(2_000), 0.5);
            assert_eq!(next.map(|at| at.0 - 2_000), expect, "attempt {attempt} of {policy:?}");
        };
        check(&policy(), 1, &failed, Some(100));
        check(&policy(), 2, &failed, Some(200));
        check(&policy(), 3, &failed, Some(350));
        check(&policy(), 4, &failed, Some(350));
        check(&policy(), 5, &failed, None);
        check(&policy(), 1, &Failure { kind: "declined".into(), ..failed.clone() }, None);
        check(&policy(), 1, &Failure { retryable: false, ..failed.clone() }, None);
        let hurried = RetryPolicy { retry_timeout: Some(Millis(1_150)), ..policy() };
        check(&hurried, 1, &failed, Some(100));
        check(&hurried, 2, &failed, None);
        let steep = RetryPolicy { coefficient: 1e300, max_interval: None, ..policy() };
        check(&steep, 4, &failed, Some(TIMER_MAX_MS));
        let eager = RetryPolicy { first_interval: Millis(0), coefficient: 1e300, ..policy() };
        check(&eager, 4, &failed, Some(0));
        check(&RetryPolicy { jitter: 1.0, ..policy() }, 2, &failed, Some(100));
        check(&RetryPolicy { jitter: 0.1, ..policy() }, 2, &failed, Some(190));
    }

    #[test]
    fn options_that_make_no_sense() {
        let check = |change: fn(&mut ActivityOptions), expect: Option<&str>| {
            let mut options = ActivityOptions { retry: Some(policy()), timeout: Some(Millis(5)) };
            change(&mut options);
            let got = options.check().err().map(|error| error.to_string());
            assert_eq!(got.as_ref().map(|text| text.split_whitespace().next().unwrap_or("")), expect, "{got:?}");
        };
        check(|_| {}, None);
        check(|o| o.timeout = Some(Millis(0)), Some("timeout"));
        check(|o| o.timeout = Some(Millis(u64::MAX)), Some("timeout"));
        check(|o| o.retry.as_mut().unwrap().max_attempts = 0, Some("max-attempts"));
        check(|o| o.retry.as_mut().unwrap().coefficient = f64::NAN, Some("coefficient"));
        check(|o| o.retry.as_mut().unwrap().coefficient = 0.5, Some("coefficient"));
        check(|o| o.retry.as_mut().unwrap().jitter = 1.5, Some("jitter"));
        check(|o| o.retry.as_mut().unwrap().jitter = f64::NAN, Some("jitter"));
        check(|o| o.retry.as_mut().unwrap().first_interval = Millis(u64::MAX), Some("first-interval"));
        check(|o| o.retry.as_mut().unwrap().non_retryable = vec![String::new(); 65], Some("non-retryable"));
    }
}
