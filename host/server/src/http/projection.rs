//! Writes an instance as the status document of Durable Functions.
//!
//! A task is shown once, when it ended, with the time at which it was scheduled; one that still runs is shown as
//! scheduled. Turns are not shown. What Durable Functions has no word for (`held`, `failure`, attempts, cancelled
//! timers, custom status) is added beside its fields, never in their place.

use std::collections::{BTreeMap, BTreeSet};

use kernel::model::{Ended, Event, Failure, FunctionName, Head, Payload, Record, Started, Status, TaskId, Timestamp};

use super::json::{Object, array};
use crate::hub::InstanceView;

/// Whether a value is part of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It is.
    Shown,
    /// It is not, which does not mean that there is none.
    Hidden,
}

/// Which values are part of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Show {
    /// The inputs of the instance and of its activities.
    pub input: Part,
    /// The results in the history.
    pub history_output: Part,
}

/// Writes the status document; the history is in it if the view has one.
pub fn instance(out: &mut Vec<u8>, view: &InstanceView, show: Show) {
    let mut object = begin(out, &view.head, view.input.as_ref().filter(|_| show.input == Part::Shown));
    object.value("output", |out| output(out, view.ended.as_ref()));
    times(&mut object, &view.head);
    if let Some(reason) = &view.held {
        object.text("held", reason);
    }
    if let Some(Ended::Failed(failure)) = &view.ended {
        object.value("failure", |out| failure_details(out, failure));
    }
    if let Some(records) = &view.history {
        object.value("historyEvents", |out| history(out, records, show));
    }
    object.end();
}

/// Writes what the index alone knows of an instance.
pub fn head(out: &mut Vec<u8>, head: &Head) {
    let mut object = begin(out, head, None);
    object.payload("output", None);
    times(&mut object, head);
    object.end();
}

fn begin<'a>(out: &'a mut Vec<u8>, head: &Head, input: Option<&Payload>) -> Object<'a> {
    let mut object = Object::begin(out);
    object.text("name", head.name.as_str());
    object.text("instanceId", head.id.as_str());
    object.text("runtimeStatus", head.status.as_str());
    object.payload("input", input);
    object.payload("customStatus", head.custom_status.as_ref());
    object
}

fn times(object: &mut Object<'_>, head: &Head) {
    object.time("createdTime", head.created);
    object.time("lastUpdatedTime", head.updated);
}

/// The output of a failed orchestration is the message of its failure, that of a terminated one the reason.
fn output(out: &mut Vec<u8>, ended: Option<&Ended>) {
    match ended {
        None => out.extend_from_slice(b"null"),
        Some(Ended::Completed(output)) => out.extend_from_slice(output.as_bytes()),
        Some(Ended::Failed(failure)) => super::json::quote(out, &failure.message),
        Some(Ended::Terminated(reason)) => out.extend_from_slice(reason.as_bytes()),
    }
}

fn failure_details(out: &mut Vec<u8>, failure: &Failure) {
    let mut object = Object::begin(out);
    object.text("kind", &failure.kind);
    object.text("message", &failure.message);
    if let Some(details) = &failure.details {
        object.text("details", details);
    }
    object.plain("retryable", failure.retryable);
    object.end();
}

fn history(out: &mut Vec<u8>, records: &[Record], show: Show) {
    let mut projection =
        Projection { show, ended: ended_tasks(records), tasks: BTreeMap::new(), timers: BTreeMap::new() };
    let events = records.iter().flat_map(|record| record.events.iter().map(|event| (record.at, event)));
    let shown: Vec<_> = events.filter(|&(at, event)| projection.note(at, event)).collect();
    array(out, shown, |out, (at, event)| projection.write(out, at, event));
}

fn ended_tasks(records: &[Record]) -> BTreeSet<TaskId> {
    let events = records.iter().flat_map(|record| &record.events);
    events
        .filter_map(|event| match event {
            Event::TaskCompleted { task, .. } | Event::TaskFailed { task, .. } => Some(*task),
            _ => None,
        })
        .collect()
}

/// What an event needs from the events before it.
struct Projection<'a> {
    show: Show,
    ended: BTreeSet<TaskId>,
    tasks: BTreeMap<TaskId, Scheduled<'a>>,
    timers: BTreeMap<TaskId, Timestamp>,
}

struct Scheduled<'a> {
    at: Timestamp,
    name: &'a FunctionName,
    input: &'a Payload,
}

impl<'a> Projection<'a> {
    /// Remembers what later events refer to, and says whether this one is shown.
    fn note(&mut self, at: Timestamp, event: &'a Event) -> bool {
        match event {
            Event::TurnStarted => false,
            Event::TaskScheduled { task, name, input, .. } => {
                self.tasks.insert(*task, Scheduled { at, name, input });
                !self.ended.contains(task)
            }
            Event::TimerCreated { timer, fire_at } => {
                self.timers.insert(*timer, *fire_at);
                true
            }
            Event::Started(_)
            | Event::TaskAttemptFailed { .. }
            | Event::TaskCompleted { .. }
            | Event::TaskFailed { .. }
            | Event::TimerFired { .. }
            | Event::TimerCancelled { .. }
            | Event::CustomStatusSet { .. }
            | Event::Completed { .. }
            | Event::Failed { .. }
            | Event::Terminated { .. } => true,
        }
    }

    fn write(&self, out: &mut Vec<u8>, at: Timestamp, event: &Event) {
        let mut object = Object::begin(out);
        object.text("EventType", event.name());
        object.time("Timestamp", at);
        match event {
            Event::TurnStarted => {}
            Event::Started(started) => self.started(&mut object, started),
            Event::TaskScheduled { task, .. } => self.task(&mut object, *task),
            Event::TaskAttemptFailed { task, attempt, failure, retry_at } => {
                self.task(&mut object, *task);
                object.plain("Attempt", attempt);
                object.time("RetryAt", *retry_at);
                reason(&mut object, failure);
            }
            Event::TaskCompleted { task, output } => {
                self.task(&mut object, *task);
                self.result(&mut object, |out| out.extend_from_slice(output.as_bytes()));
            }
            Event::TaskFailed { task, failure } => {
                self.task(&mut object, *task);
                reason(&mut object, failure);
            }
            Event::TimerCreated { timer, .. } | Event::TimerFired { timer } | Event::TimerCancelled { timer } => {
                if let Some(&fire_at) = self.timers.get(timer) {
                    object.time("FireAt", fire_at);
                }
            }
            Event::CustomStatusSet { value } => object.payload("CustomStatus", Some(value)),
            Event::Completed { output } => {
                object.text("OrchestrationStatus", Status::Completed.as_str());
                self.result(&mut object, |out| out.extend_from_slice(output.as_bytes()));
            }
            Event::Failed { failure } => {
                object.text("OrchestrationStatus", Status::Failed.as_str());
                self.result(&mut object, |out| super::json::quote(out, &failure.message));
                object.value("FailureDetails", |out| durable_failure(out, failure));
            }
            Event::Terminated { reason } => object.payload("Input", Some(reason)),
        }
        object.end();
    }

    fn started(&self, object: &mut Object<'_>, started: &Started) {
        object.text("FunctionName", started.name.as_str());
        if self.show.input == Part::Shown {
            object.payload("Input", Some(&started.input));
        }
    }

    fn task(&self, object: &mut Object<'_>, task: TaskId) {
        let Some(scheduled) = self.tasks.get(&task) else { return };
        object.time("ScheduledTime", scheduled.at);
        object.text("FunctionName", scheduled.name.as_str());
        if self.show.input == Part::Shown {
            object.payload("Input", Some(scheduled.input));
        }
    }

    fn result(&self, object: &mut Object<'_>, write: impl FnOnce(&mut Vec<u8>)) {
        if self.show.history_output == Part::Shown {
            object.value("Result", write);
        }
    }
}

fn reason(object: &mut Object<'_>, failure: &Failure) {
    object.text("Reason", &failure.message);
    if let Some(details) = &failure.details {
        object.text("Details", details);
    }
    object.value("FailureDetails", |out| durable_failure(out, failure));
}

/// A failure in the words of Durable Task.
fn durable_failure(out: &mut Vec<u8>, failure: &Failure) {
    let mut object = Object::begin(out);
    object.text("ErrorType", &failure.kind);
    object.text("ErrorMessage", &failure.message);
    object.plain("IsNonRetriable", !failure.retryable);
    object.end();
}

#[cfg(test)]
mod tests;
