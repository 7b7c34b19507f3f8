//! What a guest did, as text that is the same in every language: JSON in one spelling, and of failures their kinds.

use kernel::model::{
    ActivityOptions, ChildOptions, Decision, EntityEffect, EntityState, Failure, NewState, OperationDone, Payload,
    StepStatus,
};
use serde_json::Value;

/// A decision on one line.
pub fn decision(decision: &Decision) -> String {
    match decision {
        Decision::ScheduleActivity { name, input, options } => {
            let ActivityOptions { retry, timeout } = options;
            format!("call {name}({}) {retry:?} {timeout:?}", json(input))
        }
        Decision::StartChild { name, input, options } => {
            let ChildOptions { instance, version, retry } = options;
            format!("child {name}({}) {instance:?} {version:?} {retry:?}", json(input))
        }
        Decision::CreateTimer { fire_at } => format!("timer {}", fire_at.0),
        Decision::Cancel { target } => format!("cancel {}", target.0),
        Decision::SendEvent { to, event } => format!("send {to} {}({})", event.name, json(&event.input)),
        Decision::CallEntity { to, name, input } => format!("ask {to} {name}({})", json(input)),
        Decision::SignalEntity { to, name, input, at } => format!("signal {to} {name}({}) {at:?}", json(input)),
        Decision::LockEntities { set } => format!("lock {:?}", set.entities()),
        Decision::ReleaseLock { lock } => format!("release {}", lock.0),
    }
}

/// Where an execution stands, on one line.
pub fn status(status: &StepStatus) -> String {
    match status {
        StepStatus::Waiting { events } => {
            let mut names: Vec<_> = events.iter().map(|name| name.as_str().to_lowercase()).collect();
            names.sort_unstable();
            format!("waiting {names:?}")
        }
        StepStatus::Completed(output) => format!("completed {}", json(output)),
        StepStatus::Failed(failure) => format!("failed {}", kind(failure)),
        StepStatus::ContinuedAsNew { input, carried } => {
            let carried = carried.iter().map(|event| format!(" {}({})", event.name, json(&event.input)));
            format!("again {}{}", json(input), carried.collect::<String>())
        }
    }
}

/// What became of an operation, on one line.
pub fn operation(result: &Result<OperationDone, Failure>) -> String {
    match result {
        Err(failure) => format!("failed {}", kind(failure)),
        Ok(OperationDone { output, effects }) => {
            let effects = effects.iter().map(|effect| match effect {
                EntityEffect::Signal { to, name, input, at } => format!(" signal {to} {name}({}) {at:?}", json(input)),
                EntityEffect::Start { name, input, instance, version, at } => {
                    format!(" start {name}({}) {instance:?} {version:?} {at:?}", json(input))
                }
            });
            format!("done {}{}", json(output), effects.collect::<String>())
        }
    }
}

/// What a batch made of a state.
pub fn state(before: Option<EntityState>, made: NewState) -> Option<EntityState> {
    match made {
        NewState::Unchanged => before,
        NewState::Set(state) => Some(state),
        NewState::Deleted => None,
    }
}

/// A payload in one spelling: names in order, and numbers as what they are worth.
pub fn json(payload: &Payload) -> String {
    let text = payload.shown();
    serde_json::from_str::<Value>(&text).map_or(format!("not JSON: {text}"), |value| plain(value).to_string())
}

fn kind(failure: &Failure) -> String {
    failure.causes.iter().fold(failure.kind.clone(), |kinds, cause| format!("{kinds} < {}", cause.kind))
}

fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Number(number), Value::from),
        Value::Array(values) => values.into_iter().map(plain).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        value @ (Value::Null | Value::Bool(_) | Value::String(_)) => value,
    }
}
