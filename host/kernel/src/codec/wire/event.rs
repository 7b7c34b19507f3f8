//! The twins of records and events.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::parts::{
    Bytes, Digest, Failure, Raised, Retry, Spec, Text, Wrong, entity, id, lock_set, name, operation, optional, text,
};
use crate::model as m;

#[derive(Serialize, Deserialize)]
pub(super) struct Record<'a> {
    at: u64,
    #[serde(borrow)]
    events: Vec<Event<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Started<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    execution: u32,
    created: u64,
    component: Digest,
    seed: u64,
    rules: u32,
    #[serde(borrow)]
    spec: Spec<'a>,
}

#[derive(Serialize, Deserialize)]
enum Event<'a> {
    #[serde(borrow)]
    Started(Started<'a>),
    TurnStarted {
        takes: u32,
    },
    TaskScheduled {
        task: u32,
        name: Text<'a>,
        input: Bytes<'a>,
        retry: Option<Retry<'a>>,
        timeout: Option<u64>,
    },
    ChildScheduled {
        task: u32,
        name: Text<'a>,
        input: Bytes<'a>,
        instance: Option<Text<'a>>,
        version: Option<Text<'a>>,
        retry: Option<Retry<'a>>,
    },
    TaskAttemptFailed {
        task: u32,
        attempt: u32,
        failure: Failure<'a>,
        retry_at: u64,
    },
    TaskCompleted {
        task: u32,
        output: Bytes<'a>,
    },
    TaskFailed {
        task: u32,
        failure: Failure<'a>,
    },
    TimerCreated {
        timer: u32,
        fire_at: u64,
    },
    TimerFired {
        timer: u32,
    },
    Cancelled {
        target: u32,
    },
    Sent {
        to: Text<'a>,
        event: Raised<'a>,
    },
    Raised(Raised<'a>),
    CustomStatusSet {
        value: Bytes<'a>,
    },
    Suspended {
        reason: Bytes<'a>,
    },
    Resumed {
        reason: Bytes<'a>,
    },
    Rewound {
        reason: Bytes<'a>,
        tasks: Vec<u32>,
    },
    Repinned {
        component: Digest,
    },
    Completed {
        output: Bytes<'a>,
    },
    Failed {
        failure: Failure<'a>,
    },
    Terminated {
        reason: Bytes<'a>,
    },
    EntityCalled {
        task: u32,
        to: Text<'a>,
        name: Text<'a>,
        input: Bytes<'a>,
    },
    EntitySignaled {
        to: Text<'a>,
        name: Text<'a>,
        input: Bytes<'a>,
        at: Option<u64>,
    },
    LockRequested {
        task: u32,
        set: Vec<Text<'a>>,
    },
    LockReleased {
        lock: u32,
    },
}

impl<'a> From<&'a m::Record> for Record<'a> {
    fn from(record: &'a m::Record) -> Self {
        Self { at: record.at.0, events: record.events.iter().map(to_wire).collect() }
    }
}

impl TryFrom<Record<'_>> for m::Record {
    type Error = Wrong;

    fn try_from(record: Record<'_>) -> Result<Self, Wrong> {
        let events = record.events.into_iter().map(from_wire).collect::<Result<_, _>>()?;
        Ok(Self { at: m::Timestamp(record.at), events })
    }
}

fn to_wire(event: &m::Event) -> Event<'_> {
    match event {
        m::Event::Started(started) => Event::Started(Started {
            id: text(started.id.as_str()),
            execution: started.execution.0,
            created: started.created.0,
            component: Digest(started.component),
            seed: started.seed,
            rules: started.rules,
            spec: (&started.spec).into(),
        }),
        m::Event::TurnStarted { takes } => Event::TurnStarted { takes: *takes },
        m::Event::TaskScheduled { task, name, input, options } => Event::TaskScheduled {
            task: task.0,
            name: text(name.as_str()),
            input: input.into(),
            retry: options.retry.as_ref().map(Retry::from),
            timeout: options.timeout.map(|length| length.0),
        },
        m::Event::ChildScheduled { task, name, input, options } => Event::ChildScheduled {
            task: task.0,
            name: text(name.as_str()),
            input: input.into(),
            instance: optional(options.instance.as_ref().map(m::InstanceId::as_str)),
            version: optional(options.version.as_deref()),
            retry: options.retry.as_ref().map(Retry::from),
        },
        m::Event::TaskAttemptFailed { task, attempt, failure, retry_at } => {
            Event::TaskAttemptFailed { task: task.0, attempt: *attempt, failure: failure.into(), retry_at: retry_at.0 }
        }
        m::Event::TaskCompleted { task, output } => Event::TaskCompleted { task: task.0, output: output.into() },
        m::Event::TaskFailed { task, failure } => Event::TaskFailed { task: task.0, failure: failure.into() },
        m::Event::TimerCreated { timer, fire_at } => Event::TimerCreated { timer: timer.0, fire_at: fire_at.0 },
        m::Event::TimerFired { timer } => Event::TimerFired { timer: timer.0 },
        m::Event::Cancelled { target } => Event::Cancelled { target: target.0 },
        m::Event::Sent { to, event } => Event::Sent { to: text(to.as_str()), event: event.into() },
        m::Event::Raised(event) => Event::Raised(event.into()),
        m::Event::CustomStatusSet { value } => Event::CustomStatusSet { value: value.into() },
        m::Event::Suspended { reason } => Event::Suspended { reason: reason.into() },
        m::Event::Resumed { reason } => Event::Resumed { reason: reason.into() },
        m::Event::Rewound { reason, tasks } => {
            Event::Rewound { reason: reason.into(), tasks: tasks.iter().map(|task| task.0).collect() }
        }
        m::Event::Repinned { component } => Event::Repinned { component: Digest(*component) },
        m::Event::Completed { output } => Event::Completed { output: output.into() },
        m::Event::Failed { failure } => Event::Failed { failure: failure.into() },
        m::Event::Terminated { reason } => Event::Terminated { reason: reason.into() },
        m::Event::EntityCalled { task, to, name, input } => Event::EntityCalled {
            task: task.0,
            to: text(to.instance_id().as_str()),
            name: text(name.as_str()),
            input: input.into(),
        },
        m::Event::EntitySignaled { to, name, input, at } => Event::EntitySignaled {
            to: text(to.instance_id().as_str()),
            name: text(name.as_str()),
            input: input.into(),
            at: at.map(|at| at.0),
        },
        m::Event::LockRequested { task, set } => Event::LockRequested { task: task.0, set: set_to_wire(set) },
        m::Event::LockReleased { lock } => Event::LockReleased { lock: lock.0 },
    }
}

fn from_wire(event: Event<'_>) -> Result<m::Event, Wrong> {
    let retry = |retry: Option<Retry<'_>>| retry.map(m::RetryPolicy::from);
    Ok(match event {
        Event::Started(started) => m::Event::Started(Box::new(m::Started {
            id: id(&started.id)?,
            execution: m::Execution(started.execution),
            created: m::Timestamp(started.created),
            component: started.component.0,
            seed: started.seed,
            rules: started.rules,
            spec: started.spec.try_into()?,
        })),
        Event::TurnStarted { takes } => m::Event::TurnStarted { takes },
        Event::TaskScheduled { task, name: text, input, retry: policy, timeout } => m::Event::TaskScheduled {
            task: m::TaskId(task),
            name: name(&text)?,
            input: input.into(),
            options: m::ActivityOptions { retry: retry(policy), timeout: timeout.map(m::Millis) },
        },
        Event::ChildScheduled { task, name: text, input, instance, version, retry: policy } => {
            let instance = instance.as_deref().map(id).transpose()?;
            let version = version.map(Cow::into_owned);
            let options = m::ChildOptions { instance, version, retry: retry(policy) };
            m::Event::ChildScheduled { task: m::TaskId(task), name: name(&text)?, input: input.into(), options }
        }
        Event::TaskAttemptFailed { task, attempt, failure, retry_at } => m::Event::TaskAttemptFailed {
            task: m::TaskId(task),
            attempt,
            failure: failure.into(),
            retry_at: m::Timestamp(retry_at),
        },
        Event::TaskCompleted { task, output } => {
            m::Event::TaskCompleted { task: m::TaskId(task), output: output.into() }
        }
        Event::TaskFailed { task, failure } => m::Event::TaskFailed { task: m::TaskId(task), failure: failure.into() },
        Event::TimerCreated { timer, fire_at } => {
            m::Event::TimerCreated { timer: m::TaskId(timer), fire_at: m::Timestamp(fire_at) }
        }
        Event::TimerFired { timer } => m::Event::TimerFired { timer: m::TaskId(timer) },
        Event::Cancelled { target } => m::Event::Cancelled { target: m::TaskId(target) },
        Event::Sent { to, event } => m::Event::Sent { to: id(&to)?, event: event.try_into()? },
        Event::Raised(event) => m::Event::Raised(event.try_into()?),
        Event::CustomStatusSet { value } => m::Event::CustomStatusSet { value: value.into() },
        Event::Suspended { reason } => m::Event::Suspended { reason: reason.into() },
        Event::Resumed { reason } => m::Event::Resumed { reason: reason.into() },
        Event::Rewound { reason, tasks } => {
            m::Event::Rewound { reason: reason.into(), tasks: tasks.into_iter().map(m::TaskId).collect() }
        }
        Event::Repinned { component } => m::Event::Repinned { component: component.0 },
        Event::Completed { output } => m::Event::Completed { output: output.into() },
        Event::Failed { failure } => m::Event::Failed { failure: failure.into() },
        Event::Terminated { reason } => m::Event::Terminated { reason: reason.into() },
        Event::EntityCalled { task, to, name, input } => m::Event::EntityCalled {
            task: m::TaskId(task),
            to: entity(&to)?,
            name: operation(&name)?,
            input: input.into(),
        },
        Event::EntitySignaled { to, name, input, at } => m::Event::EntitySignaled {
            to: entity(&to)?,
            name: operation(&name)?,
            input: input.into(),
            at: at.map(m::Timestamp),
        },
        Event::LockRequested { task, set } => m::Event::LockRequested { task: m::TaskId(task), set: lock_set(&set)? },
        Event::LockReleased { lock } => m::Event::LockReleased { lock: m::TaskId(lock) },
    })
}

pub(super) fn set_to_wire(set: &m::LockSet) -> Vec<Text<'_>> {
    set.entities().iter().map(|id| text(id.instance_id().as_str())).collect()
}
