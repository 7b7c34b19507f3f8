//! Between the words of the kernel and those of the contract.
//!
//! Towards the guest all is borrowed: a replay hands over thousands of events without copying one. From the guest
//! nothing is believed: what breaks the contract becomes a failure that says which value and why.

pub(crate) mod entity;
pub(crate) mod turn;

use kernel::limits::LOG_LINES_PER_TURN_MAX_COUNT;
use kernel::model::{
    ActivityOptions, Cause, EntityId, EventName, Failure, FunctionName, InstanceId, LogLevel, LogLine, Millis,
    OperationName, Payload, RetryPolicy, kind,
};

use crate::bindings::types;
use crate::fault::payload;
use crate::log::{clean, dropped};

/// A payload as a guest takes it.
pub(crate) fn given(payload: &Payload) -> &[u8] {
    payload.inline().expect("payloads are fetched before a guest is called")
}

/// A seed in the two halves in which guests take it.
pub(super) fn seed(seed: u64) -> types::Seed {
    types::Seed { high: (seed >> 32) as u32, low: seed as u32 }
}

/// Options as they came; the kernel decides whether they make sense.
pub(crate) fn options(options: types::ActivityOptions) -> ActivityOptions {
    ActivityOptions { retry: options.retry.map(retry), timeout: options.timeout.map(Millis) }
}

pub(super) fn retry(policy: types::RetryPolicy) -> RetryPolicy {
    RetryPolicy {
        max_attempts: policy.max_attempts,
        first_interval: Millis(policy.first_interval),
        coefficient: policy.coefficient,
        max_interval: policy.max_interval.map(Millis),
        retry_timeout: policy.retry_timeout.map(Millis),
        jitter: policy.jitter,
        non_retryable: policy.non_retryable,
    }
}

/// A failure that the guest reports of itself.
pub(super) fn failure(failure: types::FailureResult) -> Failure {
    let types::FailureResult { kind, message, details, retryable, causes } = failure;
    let causes = causes.into_iter().map(|cause| {
        let types::CauseResult { kind, message, details } = cause;
        Cause { kind, message, details }
    });
    Failure::from_guest(kind, message, details, retryable, causes.collect())
}

pub(super) fn logs(lines: Vec<types::LogLine>) -> Vec<LogLine> {
    let excess = lines.len().saturating_sub(LOG_LINES_PER_TURN_MAX_COUNT);
    let kept = lines.into_iter().take(LOG_LINES_PER_TURN_MAX_COUNT);
    let mut logs: Vec<_> =
        kept.map(|line| LogLine { level: level(line.level), message: clean(line.message) }).collect();
    if excess > 0 {
        logs.push(LogLine { level: LogLevel::Warn, message: dropped(excess) });
    }
    logs
}

fn level(level: types::LogLevel) -> LogLevel {
    match level {
        types::LogLevel::Trace => LogLevel::Trace,
        types::LogLevel::Debug => LogLevel::Debug,
        types::LogLevel::Info => LogLevel::Info,
        types::LogLevel::Warn => LogLevel::Warn,
        types::LogLevel::Error => LogLevel::Error,
    }
}

pub(super) fn call(what: impl Fn() -> String, name: &str, input: &[u8]) -> Result<(FunctionName, Payload), Failure> {
    let name = FunctionName::parse(name).map_err(|invalid| broken(&what, &invalid))?;
    let input = payload(|| format!("the input of {name}, where {},", what()), input)?;
    Ok((name, input))
}

pub(super) fn operate(
    what: impl Fn() -> String,
    entity: &types::EntityIdResult,
    operation: &str,
    input: &[u8],
) -> Result<(EntityId, OperationName, Payload), Failure> {
    let to = entity_id(&what, entity)?;
    let name = OperationName::parse(operation).map_err(|invalid| broken(&what, &invalid))?;
    let input = payload(|| format!("the input of {name}, where {},", what()), input)?;
    Ok((to, name, input))
}

pub(super) fn entity_id(what: impl Fn() -> String, id: &types::EntityIdResult) -> Result<EntityId, Failure> {
    EntityId::new(&id.name, &id.key).map_err(|invalid| broken(&what, &invalid))
}

pub(super) fn event_name(what: impl Fn() -> String, name: &str) -> Result<EventName, Failure> {
    EventName::parse(name).map_err(|invalid| broken(&what, &invalid))
}

pub(super) fn instance_id(what: impl Fn() -> String, id: &str) -> Result<InstanceId, Failure> {
    InstanceId::parse(id).map_err(|invalid| broken(&what, &invalid))
}

pub(super) fn broken(what: &impl Fn() -> String, invalid: &dyn std::fmt::Display) -> Failure {
    Failure::host(kind::PROTOCOL, format!("{}: {invalid}", what()))
}
