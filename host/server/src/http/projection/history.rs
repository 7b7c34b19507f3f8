//! Writes a history as Durable Functions shows it.
//!
//! A task is shown once, when it ended, with the time at which it was scheduled; one that still runs is shown as
//! scheduled. Turns are not shown. Attempts, cancelled tasks and timers, the custom status and a change of the component
//! are shown in addition: Durable Functions has no word for them. A call of an entity and a lock are tasks too; their events
//! have the names of Durable Task, and `EntityId`, `Operation` and `LockSet` say which.

use std::collections::{BTreeMap, BTreeSet};

use kernel::model::{
    Cause, EntityId, Event, Failure, FunctionName, InstanceId, LockSet, OperationName, Payload, Raised, Record,
    Started, Status, TaskId, Timestamp,
};
use kernel::orchestration::child_id;

use super::super::json::{Object, array, payload, quote};
use super::{Part, Show};

/// Writes the events of these records as an array.
pub(super) fn write(out: &mut Vec<u8>, records: &[Record], show: Show) {
    let started = records.first().and_then(Record::started);
    let mut projection =
        Projection { show, started, ended: ended(records), tasks: BTreeMap::new(), timers: BTreeMap::new() };
    let mut separator: &[u8] = b"[";
    for (at, event) in records.iter().flat_map(|record| record.events.iter().map(|event| (record.at, event))) {
        if projection.note(at, event) {
            out.extend_from_slice(separator);
            projection.event(out, at, event);
            separator = b",";
        }
        projection.leave(event);
    }
    out.extend_from_slice(if separator == b"[" { b"[]" } else { b"]" });
}

/// The tasks that are shown by how they ended. What is rewound runs again.
fn ended(records: &[Record]) -> BTreeSet<TaskId> {
    let mut ended = BTreeSet::new();
    for event in records.iter().flat_map(|record| &record.events) {
        match event {
            Event::TaskCompleted { task, .. } | Event::TaskFailed { task, .. } | Event::Cancelled { target: task } => {
                ended.insert(*task);
            }
            Event::Rewound { tasks, .. } => ended.retain(|task| !tasks.contains(task)),
            _ => {}
        }
    }
    ended
}

/// What an event needs from the events before it.
struct Projection<'a> {
    show: Show,
    started: Option<&'a Started>,
    ended: BTreeSet<TaskId>,
    tasks: BTreeMap<TaskId, Scheduled<'a>>,
    timers: BTreeMap<TaskId, Timestamp>,
}

struct Scheduled<'a> {
    at: Timestamp,
    what: What<'a>,
    /// The attempt that runs or is next, from 1.
    attempt: u32,
}

/// What was scheduled.
#[derive(Clone, Copy)]
enum What<'a> {
    Activity {
        name: &'a FunctionName,
        input: &'a Payload,
    },
    Child {
        name: &'a FunctionName,
        input: &'a Payload,
        /// The id that the guest chose.
        given: Option<&'a InstanceId>,
    },
    Call {
        to: &'a EntityId,
        operation: &'a OperationName,
        input: &'a Payload,
    },
    Lock(&'a LockSet),
}

impl<'a> Projection<'a> {
    /// Remembers what this event and later ones refer to, and says whether it is shown.
    fn note(&mut self, at: Timestamp, event: &'a Event) -> bool {
        match event {
            Event::TurnStarted { .. } => false,
            Event::TaskScheduled { task, name, input, .. } => self.schedule(*task, at, What::Activity { name, input }),
            Event::ChildScheduled { task, name, input, options } => {
                self.schedule(*task, at, What::Child { name, input, given: options.instance.as_ref() })
            }
            Event::EntityCalled { task, to, name, input } => {
                self.schedule(*task, at, What::Call { to, operation: name, input })
            }
            Event::LockRequested { task, set } => self.schedule(*task, at, What::Lock(set)),
            Event::TimerCreated { timer, fire_at } => {
                self.timers.insert(*timer, *fire_at);
                true
            }
            _ => true,
        }
    }

    fn schedule(&mut self, task: TaskId, at: Timestamp, what: What<'a>) -> bool {
        self.tasks.insert(task, Scheduled { at, what, attempt: 1 });
        !self.ended.contains(&task)
    }

    /// Remembers what only later events refer to.
    fn leave(&mut self, event: &Event) {
        if let Event::TaskAttemptFailed { task, attempt, .. } = event
            && let Some(scheduled) = self.tasks.get_mut(task)
        {
            scheduled.attempt = attempt + 1;
        }
    }

    fn event(&self, out: &mut Vec<u8>, at: Timestamp, event: &Event) {
        let mut object = Object::begin(out);
        object.text("EventType", self.name(event));
        object.time("Timestamp", at);
        self.details(&mut object, event);
        object.end();
    }

    /// The name of the event. How a task ended has another name for each kind of task, and so has the end of a timer.
    fn name(&self, event: &Event) -> &'static str {
        let of = |task: &TaskId| self.tasks.get(task).map(|task| task.what);
        match event {
            Event::TaskAttemptFailed { task, .. } => match of(task) {
                Some(What::Child { .. }) => "SubOrchestrationInstanceAttemptFailed",
                Some(What::Activity { .. } | What::Call { .. } | What::Lock(_)) | None => event.name(),
            },
            Event::TaskCompleted { task, .. } => match of(task) {
                Some(What::Child { .. }) => "SubOrchestrationInstanceCompleted",
                Some(What::Call { .. }) => "EntityOperationCompleted",
                Some(What::Lock(_)) => "EntityLockGranted",
                Some(What::Activity { .. }) | None => event.name(),
            },
            Event::TaskFailed { task, .. } => match of(task) {
                Some(What::Child { .. }) => "SubOrchestrationInstanceFailed",
                Some(What::Call { .. }) => "EntityOperationFailed",
                Some(What::Lock(_)) => "EntityLockFailed",
                Some(What::Activity { .. }) | None => event.name(),
            },
            Event::Cancelled { target } if self.timers.contains_key(target) => "TimerCancelled",
            Event::Cancelled { target } => match of(target) {
                Some(What::Child { .. }) => "SubOrchestrationInstanceCancelled",
                Some(What::Call { .. }) => "EntityOperationCancelled",
                Some(What::Activity { .. } | What::Lock(_)) | None => "TaskCancelled",
            },
            event => event.name(),
        }
    }

    fn details(&self, object: &mut Object<'_>, event: &Event) {
        match event {
            Event::TurnStarted { .. } => {}
            Event::Started(started) => {
                object.text("FunctionName", started.spec.name.as_str());
                self.input(object, &started.spec.input);
            }
            Event::TaskScheduled { task, .. }
            | Event::ChildScheduled { task, .. }
            | Event::EntityCalled { task, .. }
            | Event::LockRequested { task, .. } => self.task(object, *task),
            Event::TaskAttemptFailed { task, attempt, failure, retry_at } => {
                self.task(object, *task);
                object.plain("Attempt", attempt);
                object.time("RetryAt", *retry_at);
                reason(object, failure);
            }
            Event::TaskCompleted { task, output } => {
                self.task(object, *task);
                self.result(object, |out| payload(out, output));
            }
            Event::TaskFailed { task, failure } => {
                self.task(object, *task);
                reason(object, failure);
            }
            Event::TimerCreated { timer, .. } | Event::TimerFired { timer } => self.timer(object, *timer),
            Event::Cancelled { target } => {
                self.task(object, *target);
                self.timer(object, *target);
            }
            Event::Raised(raised) => self.raised(object, raised),
            Event::Sent { to, event } => {
                object.text("InstanceId", to.as_str());
                self.raised(object, event);
            }
            Event::EntitySignaled { to, name, input, at } => {
                self.operation(object, to, name, input);
                at.iter().for_each(|at| object.time("FireAt", *at));
            }
            Event::LockReleased { lock } => {
                if let Some(Scheduled { what: What::Lock(set), .. }) = self.tasks.get(lock) {
                    lock_set(object, set);
                }
            }
            Event::CustomStatusSet { value } => object.payload("CustomStatus", Some(value)),
            Event::Suspended { reason } | Event::Resumed { reason } | Event::Rewound { reason, .. } => {
                object.payload("Reason", Some(reason));
            }
            Event::Repinned { component } => object.text("Component", &component.to_string()),
            Event::Completed { output } => {
                object.text("OrchestrationStatus", Status::Completed.as_str());
                self.result(object, |out| payload(out, output));
            }
            Event::Failed { failure } => {
                object.text("OrchestrationStatus", Status::Failed.as_str());
                self.result(object, |out| quote(out, &failure.message));
                object.object("FailureDetails", |object| durable_failure(object, failure));
            }
            Event::Terminated { reason } => object.payload("Input", Some(reason)),
        }
    }

    fn task(&self, object: &mut Object<'_>, task: TaskId) {
        let Some(scheduled) = self.tasks.get(&task) else { return };
        object.time("ScheduledTime", scheduled.at);
        match scheduled.what {
            What::Activity { name, input } => {
                object.text("FunctionName", name.as_str());
                self.input(object, input);
            }
            What::Child { name, input, given } => {
                object.text("FunctionName", name.as_str());
                if let Some(started) = self.started {
                    object.text("InstanceId", child_id(started, task, scheduled.attempt, given).as_str());
                }
                self.input(object, input);
            }
            What::Call { to, operation, input } => self.operation(object, to, operation, input),
            What::Lock(set) => lock_set(object, set),
        }
    }

    fn operation(&self, object: &mut Object<'_>, to: &EntityId, operation: &OperationName, input: &Payload) {
        object.text("EntityId", to.instance_id().as_str());
        object.text("Operation", operation.as_str());
        self.input(object, input);
    }

    fn timer(&self, object: &mut Object<'_>, timer: TaskId) {
        if let Some(&fire_at) = self.timers.get(&timer) {
            object.time("FireAt", fire_at);
        }
    }

    fn raised(&self, object: &mut Object<'_>, raised: &Raised) {
        object.text("Name", raised.name.as_str());
        self.input(object, &raised.input);
    }

    fn input(&self, object: &mut Object<'_>, input: &Payload) {
        if self.show.input == Part::Shown {
            object.payload("Input", Some(input));
        }
    }

    fn result(&self, object: &mut Object<'_>, write: impl FnOnce(&mut Vec<u8>)) {
        if self.show.history_output == Part::Shown {
            object.value("Result", write);
        }
    }
}

fn lock_set(object: &mut Object<'_>, set: &LockSet) {
    object.value("LockSet", |out| array(out, set.entities(), |out, id| quote(out, id.instance_id().as_str())));
}

fn reason(object: &mut Object<'_>, failure: &Failure) {
    object.text("Reason", &failure.message);
    if let Some(details) = &failure.details {
        object.text("Details", details);
    }
    object.object("FailureDetails", |object| durable_failure(object, failure));
}

/// A failure in the words of Durable Task, which nests what led to it.
fn durable_failure(object: &mut Object<'_>, failure: &Failure) {
    object.text("ErrorType", &failure.kind);
    object.text("ErrorMessage", &failure.message);
    object.plain("IsNonRetriable", !failure.retryable);
    inner_failures(object, &failure.causes);
}

fn inner_failures(object: &mut Object<'_>, causes: &[Cause]) {
    let Some((nearest, behind)) = causes.split_first() else { return };
    object.object("InnerFailure", |object| {
        object.text("ErrorType", &nearest.kind);
        object.text("ErrorMessage", &nearest.message);
        if let Some(details) = &nearest.details {
            object.text("StackTrace", details);
        }
        inner_failures(object, behind);
    });
}
