//! What a scenario expects, compared with what came of it.
//!
//! It owns what counts as equal: JSON values are, whatever the order of their fields and the spelling of their numbers. It
//! does not know how a history is written for people; the text is given to it.

use kernel::model::{Ended, Failure, Payload};

use super::file::{self, ExpectedFailure};
use super::run::Run;
use super::words::Length;

/// Something that is not as it was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What it is about.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub came: String,
}

/// Compares. The history is that of the last execution, as text.
pub fn compare(expect: &file::Expect, run: &Run, history: &str) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    let mut add = |what: &str, expected: String, came: String| {
        mismatches.push(Mismatch { what: what.to_owned(), expected, came });
    };
    if run.status != expect.status() {
        let why = match &run.ended {
            Some(Ended::Failed(failure)) => format!(" with {}", told(failure)),
            Some(Ended::Completed(output)) => format!(" with {}", output.shown()),
            Some(Ended::Terminated(_)) | None => String::new(),
        };
        add("status", expect.status().as_str().to_owned(), format!("{}{why}", run.status.as_str()));
    } else {
        ending(expect, run, &mut add);
    }
    let mut value = |what: &str, expected: &Payload, came: &Payload| {
        if !is_same(expected, came) {
            add(what, expected.shown().into_owned(), came.shown().into_owned());
        }
    };
    if let Some(expected) = &expect.custom_status {
        value("custom status", &expected.0, &run.custom_status);
    }
    for (id, expected) in &expect.entities {
        let null = Payload::null();
        value(&id.to_string(), &expected.0, run.entities.get(id).unwrap_or(&null));
    }
    if let Some(expected) = expect.elapsed.filter(|expected| expected.0 != run.elapsed) {
        add("elapsed", expected.to_string(), Length(run.elapsed).to_string());
    }
    if let Some(expected) = expect.logs.as_ref().filter(|expected| **expected != run.logs) {
        add("logs", expected.join("\n"), run.logs.join("\n"));
    }
    if let Some(expected) = &expect.history
        && expected.get_ref().trim() != history.trim()
    {
        add("history", expected.get_ref().trim().to_owned(), history.trim().to_owned());
    }
    mismatches
}

fn ending(expect: &file::Expect, run: &Run, add: &mut impl FnMut(&str, String, String)) {
    match (&run.ended, &expect.output, &expect.failure) {
        (Some(Ended::Completed(came) | Ended::Terminated(came)), Some(expected), _) if !is_same(&expected.0, came) => {
            add("output", expected.0.shown().into_owned(), came.shown().into_owned());
        }
        (Some(Ended::Failed(failure)), _, Some(ExpectedFailure { kind, message, because })) => {
            if let Some(expected) = kind.as_ref().filter(|kind| **kind != failure.kind) {
                add("kind of the failure", expected.clone(), told(failure));
            }
            if let Some(expected) = message.as_ref().filter(|message| **message != failure.message) {
                add("message of the failure", expected.clone(), failure.message.clone());
            }
            let is_cause = |kind: &String| failure.causes.iter().any(|cause| cause.kind == *kind);
            if let Some(expected) = because.as_ref().filter(|kind| !is_cause(kind)) {
                add("cause of the failure", expected.clone(), told(failure));
            }
        }
        _ => {}
    }
}

fn told(failure: &Failure) -> String {
    match &failure.details {
        Some(details) => format!("{failure}\n{details}"),
        None => failure.to_string(),
    }
}

/// Whether two JSON texts have the same value.
pub fn is_same(a: &Payload, b: &Payload) -> bool {
    let value = |payload: &Payload| serde_json::from_slice::<serde_json::Value>(payload.inline()?).ok();
    match (value(a), value(b)) {
        (Some(a), Some(b)) => is_same_value(&a, &b),
        _ => a == b,
    }
}

fn is_same_value(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Number(a), Number(b)) => a == b || (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64(),
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same_value(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| is_same_value(a, b)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values() {
        let check = |a: &str, b: &str, expect: bool| {
            let payload = |text: &str| Payload::trusted(text.as_bytes());
            assert_eq!(is_same(&payload(a), &payload(b)), expect, "{a} and {b}");
        };
        check("1", "1.0", true);
        check("1", "2", false);
        check("9007199254740993", "9007199254740992", false);
        check("9007199254740993", "9007199254740993", true);
        check(r#"{"a":[1,null],"b":"x"}"#, r#"{ "b": "x", "a": [1.0, null] }"#, true);
        check(r#"{"a":1}"#, r#"{"a":1,"b":null}"#, false);
        check("[1,2]", "[2,1]", false);
        check("null", "false", false);
    }
}
