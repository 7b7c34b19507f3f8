//! Writes an instance as the status document of Durable Functions, and an entity as it lists them.
//!
//! What Durable Functions has no word for (`held`, `failure`, `tags`, `warnings`, `progress` and others) is added beside
//! its fields, only where there is something to tell, and never in their place. It does not know where a view comes from.

mod entity;
mod history;

pub use entity::{details, listed};
use kernel::model::{Cause, Ended, Failure, Head, Payload, Record, Started};

use super::json::{Object, array, payload, quote};
use crate::hub::{HeldView, InstanceView};

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
    let mut object = begin(out, &view.head, view.input().filter(|_| show.input == Part::Shown));
    object.value("output", |out| output(out, view.ended.as_ref()));
    times(&mut object, &view.head);
    if let Some(Ended::Failed(failure)) = &view.ended {
        object.object("failure", |object| failed(object, failure));
    }
    origin(&mut object, &view.head, view.started.as_ref());
    present(&mut object, view);
    if let Some(records) = &view.history {
        object.value("historyEvents", |out| history::write(out, records, show));
    }
    object.end();
}

/// Writes the events of a history, with all values, as they stand in the status document.
pub(crate) fn history_events(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    history::write(&mut out, records, Show { input: Part::Shown, history_output: Part::Shown });
    out
}

/// Writes what the index alone knows of an instance.
pub fn head(out: &mut Vec<u8>, head: &Head) {
    let mut object = begin(out, head, None);
    object.payload("output", None);
    times(&mut object, head);
    origin(&mut object, head, None);
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
        Some(Ended::Completed(value) | Ended::Terminated(value)) => payload(out, value),
        Some(Ended::Failed(failure)) => quote(out, &failure.message),
    }
}

/// What it was started with, beside the input.
fn origin(object: &mut Object<'_>, head: &Head, started: Option<&Started>) {
    if let Some(parent) = &head.parent {
        object.text("parentInstanceId", parent.id.as_str());
    }
    let Some(Started { spec, .. }) = started else { return };
    if let Some(version) = &spec.version {
        object.text("version", version);
    }
    if !spec.tags.pairs().is_empty() {
        object.object("tags", |tags| spec.tags.pairs().iter().for_each(|(name, value)| tags.text(name, value)));
    }
    if let Some(at) = spec.start_at {
        object.time("scheduledStartTime", at);
    }
    if let Some(trace) = &spec.trace {
        object.text("traceParent", trace.parent());
    }
}

/// What is the matter with it now.
fn present(object: &mut Object<'_>, view: &InstanceView) {
    held(object, view.held.as_ref());
    if !view.warnings.is_empty() {
        object.value("warnings", |out| array(out, &view.warnings, |out, warning| quote(out, &warning.to_string())));
    }
    if !view.progress.is_empty() {
        object.value("progress", |out| {
            array(out, &view.progress, |out, (task, name, detail)| {
                let mut running = Object::begin(out);
                running.plain("task", task.0);
                running.text("functionName", name.as_str());
                running.payload("detail", Some(detail));
                running.end();
            });
        });
    }
}

fn held(object: &mut Object<'_>, held: Option<&HeldView>) {
    let Some(HeldView { text, lines, remedy }) = held else { return };
    object.text("held", text);
    object.text("heldRemedy", remedy);
    object.value("heldDetails", |out| {
        array(out, lines, |out, (name, value)| {
            let mut line = Object::begin(out);
            line.text("name", name);
            line.text("value", value);
            line.end();
        });
    });
}

fn failed(object: &mut Object<'_>, failure: &Failure) {
    let Failure { kind, message, details, retryable, causes } = failure;
    said(object, kind, message, details.as_deref());
    object.plain("retryable", retryable);
    if !causes.is_empty() {
        object.value("causes", |out| {
            array(out, causes, |out, Cause { kind, message, details }| {
                let mut cause = Object::begin(out);
                said(&mut cause, kind, message, details.as_deref());
                cause.end();
            });
        });
    }
}

fn said(object: &mut Object<'_>, kind: &str, message: &str, details: Option<&str>) {
    object.text("kind", kind);
    object.text("message", message);
    if let Some(details) = details {
        object.text("details", details);
    }
}

#[cfg(test)]
mod tests;
