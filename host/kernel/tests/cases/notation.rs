//! The short notation of events and decisions, both ways. Every field of the model can be written in it, so that a golden
//! file can say in words what its bytes are.

use std::fmt::Write;

use kernel::model::{
    ActivityOptions, ComponentDigest, Decision, Event, Execution, Failure, FunctionName, InstanceId, Millis, Payload,
    RetryPolicy, Started, TaskId, Timestamp,
};

use crate::words::{Words, parse};

/// Reads one event. `next` is the index of the next decision, which `#` stands for.
pub fn event(clause: &str, next: u32) -> Result<Event, String> {
    let mut words = Words::of(clause);
    let word = words.next("an event")?;
    let event = match word {
        "started" => Event::Started(Box::new(started(&mut words)?)),
        "turn" => Event::TurnStarted,
        "scheduled" => Event::TaskScheduled {
            task: id(&mut words, next)?,
            name: name(&mut words)?,
            input: words.payload("the input")?,
            options: options(&mut words)?,
        },
        "attempt-failed" => {
            let (task, attempt) = task_and_attempt(&mut words)?;
            let retry_at = Timestamp(words.key_parsed("retry-at")?.ok_or("retry-at is missing")?);
            Event::TaskAttemptFailed { task, attempt, failure: failure(&mut words)?, retry_at }
        }
        "task-completed" => Event::TaskCompleted { task: id(&mut words, next)?, output: words.payload("the output")? },
        "task-failed" => Event::TaskFailed { task: id(&mut words, next)?, failure: failure(&mut words)? },
        "timer" => Event::TimerCreated { timer: id(&mut words, next)?, fire_at: Timestamp(words.parse("a time")?) },
        "timer-fired" => Event::TimerFired { timer: id(&mut words, next)? },
        "timer-cancelled" => Event::TimerCancelled { timer: id(&mut words, next)? },
        "custom-status" => Event::CustomStatusSet { value: words.payload("the value")? },
        "completed" => Event::Completed { output: words.payload("the output")? },
        "failed" => Event::Failed { failure: failure(&mut words)? },
        "terminated" => Event::Terminated { reason: words.payload("the reason")? },
        other => return Err(format!("{other:?} is not an event")),
    };
    words.end()?;
    Ok(event)
}

/// Reads what a start is made of.
pub fn started(words: &mut Words<'_>) -> Result<Started, String> {
    let instance = |text: String| InstanceId::parse(&text).map_err(|error| error.to_string());
    let component = words.key("component").unwrap_or("hello.wasm");
    Ok(Started {
        name: name(words)?,
        input: words.payload("the input")?,
        id: instance(words.key_text("id")?.unwrap_or_else(|| "i1".to_owned()))?,
        execution: Execution(words.key_parsed("execution")?.unwrap_or(1)),
        component: ComponentDigest::of(component.as_bytes()),
        version: words.key_text("version")?,
        parent: words.key_text("parent")?.map(instance).transpose()?,
        seed: words.key_parsed("seed")?.unwrap_or(7),
        rules: words.key_parsed("rules")?.unwrap_or(1),
    })
}

/// Reads a decision, if it is one.
pub fn decision(word: &str, words: &mut Words<'_>) -> Result<Option<Decision>, String> {
    Ok(Some(match word {
        "activity" => Decision::ScheduleActivity {
            name: name(words)?,
            input: words.payload("the input")?,
            options: options(words)?,
        },
        "timer" => Decision::CreateTimer { fire_at: Timestamp(words.parse("a time")?) },
        "cancel" => Decision::CancelTimer { timer: TaskId(words.parse("the id of a timer")?) },
        _ => return Ok(None),
    }))
}

/// Reads `0/1`: a task and its attempt.
pub fn task_and_attempt(words: &mut Words<'_>) -> Result<(TaskId, u32), String> {
    let word = words.next("a task")?;
    let (task, attempt) = word.split_once('/').ok_or_else(|| format!("{word:?} is not TASK/ATTEMPT"))?;
    Ok((TaskId(parse(task, "a task")?), parse(attempt, "an attempt")?))
}

/// Reads `KIND [message=…] [details=…] [retryable]`.
pub fn failure(words: &mut Words<'_>) -> Result<Failure, String> {
    Ok(Failure {
        kind: words.next("a failure's kind")?.to_owned(),
        message: words.key_text("message")?.unwrap_or_default(),
        details: words.key_text("details")?,
        retryable: words.flag("retryable"),
    })
}

fn id(words: &mut Words<'_>, next: u32) -> Result<TaskId, String> {
    match words.next("an id")? {
        "#" => Ok(TaskId(next)),
        word => Ok(TaskId(parse(word, "an id")?)),
    }
}

fn name(words: &mut Words<'_>) -> Result<FunctionName, String> {
    FunctionName::parse(words.next("a function")?).map_err(|error| error.to_string())
}

/// Reads `[timeout=MS] [attempts=N [first=MS] [coefficient=F] [max=MS] [within=MS] [not=KIND,KIND]]`.
fn options(words: &mut Words<'_>) -> Result<ActivityOptions, String> {
    let timeout = words.key_parsed("timeout")?.map(Millis);
    let Some(max_attempts) = words.key_parsed("attempts")? else { return Ok(ActivityOptions { retry: None, timeout }) };
    let retry = RetryPolicy {
        max_attempts,
        first_interval: Millis(words.key_parsed("first")?.unwrap_or(0)),
        coefficient: words.key_parsed("coefficient")?.unwrap_or(1.0),
        max_interval: words.key_parsed("max")?.map(Millis),
        retry_timeout: words.key_parsed("within")?.map(Millis),
        non_retryable: words.key("not").map_or(Vec::new(), |kinds| kinds.split(',').map(str::to_owned).collect()),
    };
    Ok(ActivityOptions { retry: Some(retry), timeout })
}

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

/// Writes an event so that [`event`] reads it.
pub fn show(event: &Event) -> String {
    match event {
        Event::Started(started) => show_started(started),
        Event::TurnStarted => "turn".to_owned(),
        Event::TaskScheduled { task, name, input, options } => {
            format!("scheduled {} {name} {}{}", task.0, show_payload(input), show_options(options))
        }
        Event::TaskAttemptFailed { task, attempt, failure, retry_at } => {
            format!("attempt-failed {}/{attempt} {} retry-at={}", task.0, show_failure(failure), retry_at.0)
        }
        Event::TaskCompleted { task, output } => format!("task-completed {} {}", task.0, show_payload(output)),
        Event::TaskFailed { task, failure } => format!("task-failed {} {}", task.0, show_failure(failure)),
        Event::TimerCreated { timer, fire_at } => format!("timer {} {}", timer.0, fire_at.0),
        Event::TimerFired { timer } => format!("timer-fired {}", timer.0),
        Event::TimerCancelled { timer } => format!("timer-cancelled {}", timer.0),
        Event::CustomStatusSet { value } => format!("custom-status {}", show_payload(value)),
        Event::Completed { output } => format!("completed {}", show_payload(output)),
        Event::Failed { failure } => format!("failed {}", show_failure(failure)),
        Event::Terminated { reason } => format!("terminated {}", show_payload(reason)),
    }
}

pub fn show_payload(payload: &Payload) -> String {
    let text = payload.as_str();
    if text.len() > 100 { format!("bytes:{}", text.len()) } else { text.to_owned() }
}

fn show_started(started: &Started) -> String {
    let Started { id, execution, name, component: _, version, parent, seed, rules, input } = started;
    let mut text = format!("started {name} {} id={:?} seed={seed}", show_payload(input), id.as_str());
    append(&mut text, "execution", Some(execution.0).filter(|number| *number != 1));
    append(&mut text, "version", version.as_ref().map(|version| format!("{version:?}")));
    append(&mut text, "parent", parent.as_ref().map(|parent| format!("{:?}", parent.as_str())));
    append(&mut text, "rules", Some(rules).filter(|rules| **rules != 1));
    text
}

fn show_failure(failure: &Failure) -> String {
    let mut text = failure.kind.clone();
    append(
        &mut text,
        "message",
        Some(&failure.message).filter(|text| !text.is_empty()).map(|text| format!("{text:?}")),
    );
    append(&mut text, "details", failure.details.as_ref().map(|text| format!("{text:?}")));
    if failure.retryable {
        text.push_str(" retryable");
    }
    text
}

fn show_options(options: &ActivityOptions) -> String {
    let mut text = String::new();
    append(&mut text, "timeout", options.timeout.map(|timeout| timeout.0));
    if let Some(policy) = &options.retry {
        append(&mut text, "attempts", Some(policy.max_attempts));
        append(&mut text, "first", Some(policy.first_interval.0));
        append(&mut text, "coefficient", Some(format!("{:?}", policy.coefficient)));
        append(&mut text, "max", policy.max_interval.map(|length| length.0));
        append(&mut text, "within", policy.retry_timeout.map(|length| length.0));
        append(&mut text, "not", Some(policy.non_retryable.join(",")).filter(|kinds| !kinds.is_empty()));
    }
    text
}

fn append(text: &mut String, key: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        write!(text, " {key}={value}").expect("a String takes everything");
    }
}
