//! Writing the notation.

use std::fmt::{Display, Write};

use kernel::model::{
    ActivityOptions, ChildOptions, ComponentDigest, EntityId, Event, Failure, LockSet, OperationName, Payload, Raised,
    RetryPolicy, StartSpec, Started, Timestamp,
};

use super::COMPONENTS;

/// Writes events, long runs of one kind cut short.
pub fn show_all(events: &[Event]) -> String {
    const RUN_MAX_COUNT: usize = 12;
    let runs = events.chunk_by(|a, b| std::mem::discriminant(a) == std::mem::discriminant(b));
    let mut shown = Vec::new();
    for run in runs {
        match run {
            [first, middle @ .., last] if run.len() > RUN_MAX_COUNT => {
                shown.extend([show(first), format!("… {} more …", middle.len()), show(last)]);
            }
            run => shown.extend(run.iter().map(show)),
        }
    }
    shown.join("; ")
}

/// Writes an event so that [`super::event`] reads it.
pub fn show(event: &Event) -> String {
    match event {
        Event::Started(started) => show_started(started),
        Event::TurnStarted { takes: 0 } => "turn".to_owned(),
        Event::TurnStarted { takes } => format!("turn {takes}"),
        Event::TaskScheduled { task, name, input, options } => {
            format!("scheduled {} {name} {}{}", task.0, show_payload(input), show_activity_options(options))
        }
        Event::ChildScheduled { task, name, input, options } => {
            format!("child {} {name} {}{}", task.0, show_payload(input), show_child_options(options))
        }
        Event::TaskAttemptFailed { task, attempt, failure, retry_at } => {
            format!("attempt-failed {}/{attempt} {} retry-at={}", task.0, show_failure(failure), retry_at.0)
        }
        Event::TaskCompleted { task, output } => format!("task-completed {} {}", task.0, show_payload(output)),
        Event::TaskFailed { task, failure } => format!("task-failed {} {}", task.0, show_failure(failure)),
        Event::TimerCreated { timer, fire_at } => format!("timer {} {}", timer.0, fire_at.0),
        Event::TimerFired { timer } => format!("timer-fired {}", timer.0),
        Event::Cancelled { target } => format!("cancelled {}", target.0),
        Event::Sent { to, event } => format!("sent {} {}", show_text(to.as_str()), show_raised(event)),
        Event::EntityCalled { task, to, name, input } => {
            format!("called {} {}", task.0, show_operation(to, name, input, None))
        }
        Event::EntitySignaled { to, name, input, at } => format!("signaled {}", show_operation(to, name, input, *at)),
        Event::LockRequested { task, set } => format!("lock {} {}", task.0, show_lock_set(set)),
        Event::LockReleased { lock } => format!("released {}", lock.0),
        Event::Raised(raised) => format!("raised {}", show_raised(raised)),
        Event::CustomStatusSet { value } => format!("custom-status {}", show_payload(value)),
        Event::Suspended { reason } => format!("suspended {}", show_payload(reason)),
        Event::Resumed { reason } => format!("resumed {}", show_payload(reason)),
        Event::Rewound { reason, tasks } => {
            tasks.iter().fold(format!("rewound {}", show_payload(reason)), |text, task| format!("{text} {}", task.0))
        }
        Event::Repinned { component } => format!("repinned {}", show_component(*component)),
        Event::Completed { output } => format!("completed {}", show_payload(output)),
        Event::Failed { failure } => format!("failed {}", show_failure(failure)),
        Event::Terminated { reason } => format!("terminated {}", show_payload(reason)),
    }
}

pub fn show_payload(payload: &Payload) -> String {
    match payload.inline() {
        Some(bytes) if bytes.len() <= 100 => payload.shown().into_owned(),
        Some(bytes) => format!("bytes:{}", bytes.len()),
        None => format!("blob:{}", payload.len()),
    }
}

/// Writes an operation with its entity.
pub fn show_operation(to: &EntityId, name: &OperationName, input: &Payload, at: Option<Timestamp>) -> String {
    let (to, name) = (show_text(to.instance_id().as_str()), show_text(name.as_str()));
    let mut text = format!("{to} {name} {}", show_payload(input));
    append(&mut text, "at", at.map(|at| at.0));
    text
}

/// Writes the entities of a lock, of which there may be many.
pub fn show_lock_set(set: &LockSet) -> String {
    let shown: Vec<_> = set.entities().iter().map(|id| show_text(id.instance_id().as_str())).collect();
    shown.join(" ")
}

pub fn show_raised(raised: &Raised) -> String {
    format!("{} {}", show_text(raised.name.as_str()), show_payload(&raised.input))
}

/// The name of a component if cases have one for it.
pub fn show_component(component: ComponentDigest) -> String {
    let named = COMPONENTS.into_iter().find(|name| super::named(name) == component);
    named.map_or_else(|| component.to_string(), str::to_owned)
}

fn show_text(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '@'));
    if plain { text.to_owned() } else { format!("{text:?}") }
}

fn show_started(started: &Started) -> String {
    let Started { id, execution, created, component, seed, rules, spec } = started;
    let StartSpec { name, input, version, tags, trace, start_at, parent } = spec;
    let mut text = format!("started {name} {} id={:?} seed={seed}", show_payload(input), id.as_str());
    append(&mut text, "execution", Some(execution.0).filter(|number| *number != 1));
    append(&mut text, "created", Some(created.0).filter(|at| *at != 1_000));
    append(&mut text, "component", Some(show_component(*component)).filter(|name| name != COMPONENTS[0]));
    append(&mut text, "rules", Some(rules).filter(|rules| **rules != 1));
    append(&mut text, "version", version.as_ref().map(|version| format!("{version:?}")));
    for (name, value) in tags.pairs() {
        append(&mut text, "tag", Some(format!("{:?}", format!("{name}={value}"))));
    }
    append(&mut text, "trace", trace.as_ref().map(|trace| trace.parent()));
    append(&mut text, "trace-state", trace.as_ref().and_then(|trace| trace.state()).map(|state| format!("{state:?}")));
    append(&mut text, "start-at", start_at.map(|at| at.0));
    append(&mut text, "parent", parent.as_ref().map(|parent| format!("{:?}", parent.to_string())));
    text
}

fn show_failure(failure: &Failure) -> String {
    let Failure { kind, message, details, retryable, causes } = failure;
    let mut text = kind.clone();
    append(&mut text, "message", Some(message).filter(|text| !text.is_empty()).map(|text| format!("{text:?}")));
    append(&mut text, "details", details.as_ref().map(|text| format!("{text:?}")));
    if *retryable {
        text.push_str(" retryable");
    }
    for cause in causes {
        let parts: Vec<_> = [&cause.kind, &cause.message].into_iter().chain(&cause.details).collect();
        append(&mut text, "cause", serde_json::to_string(&parts).ok());
    }
    text
}

fn show_activity_options(options: &ActivityOptions) -> String {
    let mut text = String::new();
    append(&mut text, "timeout", options.timeout.map(|timeout| timeout.0));
    append_policy(&mut text, options.retry.as_ref());
    text
}

fn show_child_options(options: &ChildOptions) -> String {
    let mut text = String::new();
    append(&mut text, "as", options.instance.as_ref().map(|id| show_text(id.as_str())));
    append(&mut text, "version", options.version.as_deref().map(show_text));
    append_policy(&mut text, options.retry.as_ref());
    text
}

fn append_policy(text: &mut String, policy: Option<&RetryPolicy>) {
    let Some(policy) = policy else { return };
    append(text, "attempts", Some(policy.max_attempts));
    append(text, "first", Some(policy.first_interval.0));
    append(text, "coefficient", Some(format!("{:?}", policy.coefficient)));
    append(text, "max", policy.max_interval.map(|length| length.0));
    append(text, "within", policy.retry_timeout.map(|length| length.0));
    append(text, "jitter", Some(policy.jitter).filter(|part| *part != 0.0).map(|part| format!("{part:?}")));
    append(text, "not", Some(policy.non_retryable.join(",")).filter(|kinds| !kinds.is_empty()));
}

fn append(text: &mut String, key: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        write!(text, " {key}={value}").expect("a String takes everything");
    }
}
