//! Between the words of the kernel and those of `wit/orchestrator.wit`.

use kernel::limits::LOCK_ENTITIES_MAX_COUNT;
use kernel::model::{
    Cause, ChildOptions, Decision, Failure, Inbound, LockSet, Play, Raised, Start, Step, StepStatus, TaskId, Timestamp,
    Turn,
};

use super::{broken, call, entity_id, event_name, given, instance_id, logs, operate, seed};
use crate::bindings::{orchestrator as wit, types};
use crate::fault::payload;
use crate::log::clean;

/// The tags of a start, as the guest takes them.
pub(crate) fn tags(start: &Start) -> Vec<(&str, &str)> {
    start.tags.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The first turn, as the guest takes it. `tags` are those of the same start.
pub(crate) fn start<'a>(start: &'a Start, tags: &'a [(&'a str, &'a str)]) -> wit::Start<'a> {
    wit::Start {
        name: start.name.as_str(),
        instance: start.instance.as_str(),
        execution: start.execution.0,
        version: start.version.as_deref(),
        parent: start.parent.as_ref().map(|parent| parent.as_str()),
        tags,
        now: start.now.0,
        seed: seed(start.seed),
        input: given(&start.input),
        replaying: start.play == Play::Again,
    }
}

/// The causes of all failures in one row; [`events`] cuts it.
pub(crate) fn causes(turns: &[Turn]) -> Vec<types::CauseParam<'_>> {
    let failures = turns.iter().flat_map(|turn| &turn.events).filter_map(|event| match event {
        Inbound::TaskFailed { failure, .. } => Some(failure),
        _ => None,
    });
    failures.flat_map(|failure| failure.causes.iter().map(cause)).collect()
}

fn cause(cause: &Cause) -> types::CauseParam<'_> {
    types::CauseParam { kind: &cause.kind, message: &cause.message, details: cause.details.as_deref() }
}

/// The events of all turns in one row; [`turns`] cuts it. `causes` are those of the same turns.
pub(crate) fn events<'a>(turns: &'a [Turn], mut causes: &'a [types::CauseParam<'a>]) -> Vec<wit::Event<'a>> {
    let event = |event: &'a Inbound| match event {
        Inbound::TaskCompleted { task, output } => {
            wit::Event::TaskCompleted(wit::TaskCompleted { task: task.0, output: given(output) })
        }
        Inbound::TaskFailed { task, failure } => {
            let (own, rest) = causes.split_at(failure.causes.len());
            causes = rest;
            let failure = types::FailureParam {
                kind: &failure.kind,
                message: &failure.message,
                details: failure.details.as_deref(),
                retryable: failure.retryable,
                causes: own,
            };
            wit::Event::TaskFailed(wit::TaskFailed { task: task.0, failure })
        }
        Inbound::TimerFired { timer } => wit::Event::TimerFired(timer.0),
        Inbound::Raised(Raised { name, input }) => {
            wit::Event::EventRaised(wit::EventRaisedParam { name: name.as_str(), input: given(input) })
        }
    };
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

/// What the guest answered.
pub(crate) fn step(step: wit::Step) -> Result<Step, Failure> {
    let decisions = step.decisions.into_iter().enumerate();
    let decisions = decisions.map(|(index, decision)| self::decision(index, decision)).collect::<Result<_, _>>()?;
    let custom_status = match step.custom_status {
        Some(bytes) => Some(payload(|| "the custom status".to_owned(), &bytes)?),
        None => None,
    };
    let sources = step.sources.into_iter().map(clean).collect();
    Ok(Step { decisions, sources, status: status(step.status)?, custom_status, logs: logs(step.logs) })
}

fn status(status: wit::Status) -> Result<StepStatus, Failure> {
    Ok(match status {
        wit::Status::Waiting(names) => {
            let events = names.iter().map(|name| event_name(|| "the guest waits for an event".to_owned(), name));
            StepStatus::Waiting { events: events.collect::<Result<_, _>>()? }
        }
        wit::Status::Completed(output) => {
            StepStatus::Completed(payload(|| "the output of the orchestrator".to_owned(), &output)?)
        }
        wit::Status::Failed(failure) => StepStatus::Failed(super::failure(failure)),
        wit::Status::ContinuedAsNew(wit::ContinueAsNew { input, carried }) => {
            let carries = || "the guest carries an event over".to_owned();
            let carry = |event: wit::EventRaisedResult| raised(carries, &event.name, &event.input);
            StepStatus::ContinuedAsNew {
                input: payload(|| "the input of the next execution".to_owned(), &input)?,
                carried: carried.into_iter().map(carry).collect::<Result<_, _>>()?,
            }
        }
    })
}

fn decision(index: usize, decision: wit::Decision) -> Result<Decision, Failure> {
    let place = || format!("decision {index} of the call");
    match decision {
        wit::Decision::ScheduleActivity(wit::ScheduleActivity { name, input, options }) => {
            let (name, input) = call(|| format!("{} schedules an activity", place()), &name, &input)?;
            Ok(Decision::ScheduleActivity { name, input, options: super::options(options) })
        }
        wit::Decision::StartChild(wit::StartChild { name, input, instance, version, retry }) => {
            let (name, input) = call(|| format!("{} starts a child", place()), &name, &input)?;
            let instance = instance.map(|id| instance_id(|| format!("{} starts a child", place()), &id)).transpose()?;
            let options = ChildOptions { instance, version, retry: retry.map(super::retry) };
            Ok(Decision::StartChild { name, input, options })
        }
        wit::Decision::CreateTimer(fire_at) => Ok(Decision::CreateTimer { fire_at: Timestamp(fire_at) }),
        wit::Decision::Cancel(target) => Ok(Decision::Cancel { target: TaskId(target) }),
        wit::Decision::SendEvent(wit::SendEvent { instance, name, input }) => {
            let sends = || format!("{} sends an event", place());
            Ok(Decision::SendEvent { to: instance_id(sends, &instance)?, event: raised(sends, &name, &input)? })
        }
        wit::Decision::CallEntity(wit::CallEntity { entity, operation, input }) => {
            let calls = || format!("{} calls an entity", place());
            let (to, name, input) = operate(calls, &entity, &operation, &input)?;
            Ok(Decision::CallEntity { to, name, input })
        }
        wit::Decision::SignalEntity(wit::SignalEntity { entity, operation, input, at }) => {
            let signals = || format!("{} signals an entity", place());
            let (to, name, input) = operate(signals, &entity, &operation, &input)?;
            Ok(Decision::SignalEntity { to, name, input, at: at.map(Timestamp) })
        }
        wit::Decision::LockEntities(entities) => {
            let set = lock_set(|| format!("{} locks entities", place()), &entities)?;
            Ok(Decision::LockEntities { set })
        }
        wit::Decision::ReleaseLock(lock) => Ok(Decision::ReleaseLock { lock: TaskId(lock) }),
    }
}

fn lock_set(what: impl Fn() -> String, entities: &[types::EntityIdResult]) -> Result<LockSet, Failure> {
    let count = entities.len();
    if count > LOCK_ENTITIES_MAX_COUNT {
        let text = format!("{count} of them, where one lock has at most {LOCK_ENTITIES_MAX_COUNT}");
        return Err(broken(&what, &text));
    }
    let entities = entities.iter().map(|id| entity_id(&what, id)).collect::<Result<_, _>>()?;
    LockSet::new(entities).ok_or_else(|| broken(&what, &"none of them, where one lock has at least one"))
}

fn raised(what: impl Fn() -> String, name: &str, input: &[u8]) -> Result<Raised, Failure> {
    let name = event_name(&what, name)?;
    let input = payload(|| format!("the input of event {name}, where {},", what()), input)?;
    Ok(Raised { name, input })
}
