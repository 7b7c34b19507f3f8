//! Between the words of the kernel and those of the contract.
//!
//! Towards the guest all is borrowed: a replay hands over thousands of events without copying one. From the guest
//! nothing is believed: what breaks the contract becomes a failure that says which value and why.

use kernel::limits::LOG_LINES_PER_TURN_MAX_COUNT;
use kernel::model::{
    ActivityOptions, Decision, Failure, FunctionName, Inbound, LogLevel, LogLine, Millis, Play, RetryPolicy, Start,
    Step, StepStatus, TaskId, Timestamp, Turn, kind,
};

use crate::bindings::{orchestrator as wit, types};
use crate::fault::payload;
use crate::log::{clean, dropped};

/// The first turn, as the guest takes it.
pub(crate) fn start(start: &Start) -> wit::Start<'_> {
    wit::Start {
        name: start.name.as_str(),
        instance: start.instance.as_str(),
        execution: start.execution.0,
        version: start.version.as_deref(),
        parent: start.parent.as_ref().map(|parent| parent.as_str()),
        now: start.now.0,
        seed: start.seed,
        input: start.input.as_bytes(),
        replaying: start.play == Play::Again,
    }
}

/// The events of all turns in one row; [`turns`] cuts it.
pub(crate) fn events(turns: &[Turn]) -> Vec<wit::Event<'_>> {
    turns.iter().flat_map(|turn| &turn.events).map(event).collect()
}

/// Later turns, as the guest takes them. `events` are those of the same turns.
pub(crate) fn turns<'a>(turns: &[Turn], mut events: &'a [wit::Event<'a>]) -> Vec<wit::Turn<'a>> {
    let cut = |turn: &Turn| {
        let (own, rest) = events.split_at(turn.events.len());
        events = rest;
        wit::Turn { now: turn.now.0, replaying: turn.play == Play::Again, events: own }
    };
    turns.iter().map(cut).collect()
}

fn event(event: &Inbound) -> wit::Event<'_> {
    match event {
        Inbound::TaskCompleted { task, output } => {
            wit::Event::TaskCompleted(wit::TaskCompleted { task: task.0, output: output.as_bytes() })
        }
        Inbound::TaskFailed { task, failure } => {
            let failure = types::FailureParam {
                kind: &failure.kind,
                message: &failure.message,
                details: failure.details.as_deref(),
                retryable: failure.retryable,
            };
            wit::Event::TaskFailed(wit::TaskFailed { task: task.0, failure })
        }
        Inbound::TimerFired { timer } => wit::Event::TimerFired(timer.0),
    }
}

/// What the guest answered.
pub(crate) fn step(step: wit::Step) -> Result<Step, Failure> {
    let decisions = step.decisions.into_iter().enumerate().map(|(i, decision)| self::decision(i, decision));
    let status = match step.status {
        wit::Status::Waiting => StepStatus::Waiting,
        wit::Status::Completed(output) => {
            StepStatus::Completed(payload(|| "the output of the orchestrator".to_owned(), &output)?)
        }
        wit::Status::Failed(failure) => StepStatus::Failed(self::failure(failure)),
    };
    let custom_status = match step.custom_status {
        Some(bytes) => Some(payload(|| "the custom status".to_owned(), &bytes)?),
        None => None,
    };
    Ok(Step { decisions: decisions.collect::<Result<_, _>>()?, status, custom_status, logs: logs(step.logs) })
}

fn decision(index: usize, decision: wit::Decision) -> Result<Decision, Failure> {
    match decision {
        wit::Decision::ScheduleActivity(wit::ScheduleActivity { name, input, options }) => {
            let name = FunctionName::parse(&name).map_err(|invalid| {
                let text = format!("decision {index} of the call schedules an activity: {invalid}");
                Failure::host(kind::PROTOCOL, text)
            })?;
            let input = payload(|| format!("the input of activity {name}, decision {index} of the call,"), &input)?;
            Ok(Decision::ScheduleActivity { name, input, options: self::options(options) })
        }
        wit::Decision::CreateTimer(fire_at) => Ok(Decision::CreateTimer { fire_at: Timestamp(fire_at) }),
        wit::Decision::CancelTimer(timer) => Ok(Decision::CancelTimer { timer: TaskId(timer) }),
    }
}

/// Options as they came; the kernel decides whether they make sense.
pub(crate) fn options(options: types::ActivityOptions) -> ActivityOptions {
    let retry = options.retry.map(|policy| RetryPolicy {
        max_attempts: policy.max_attempts,
        first_interval: Millis(policy.first_interval),
        coefficient: policy.coefficient,
        max_interval: policy.max_interval.map(Millis),
        retry_timeout: policy.retry_timeout.map(Millis),
        non_retryable: policy.non_retryable,
    });
    ActivityOptions { retry, timeout: options.timeout.map(Millis) }
}

/// A failure that the guest reports of itself.
pub(crate) fn failure(failure: types::FailureResult) -> Failure {
    Failure::from_guest(failure.kind, failure.message, failure.details, failure.retryable)
}

fn logs(lines: Vec<wit::LogLine>) -> Vec<LogLine> {
    let excess = lines.len().saturating_sub(LOG_LINES_PER_TURN_MAX_COUNT);
    let kept = lines.into_iter().take(LOG_LINES_PER_TURN_MAX_COUNT);
    let mut logs: Vec<_> =
        kept.map(|line| LogLine { level: level(line.level), message: clean(line.message) }).collect();
    if excess > 0 {
        logs.push(LogLine { level: LogLevel::Warn, message: dropped(excess) });
    }
    logs
}

fn level(level: wit::LogLevel) -> LogLevel {
    match level {
        wit::LogLevel::Trace => LogLevel::Trace,
        wit::LogLevel::Debug => LogLevel::Debug,
        wit::LogLevel::Info => LogLevel::Info,
        wit::LogLevel::Warn => LogLevel::Warn,
        wit::LogLevel::Error => LogLevel::Error,
    }
}
