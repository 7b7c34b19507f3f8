//! The same pipeline in each language, and in a mix of them: the same requests, with a crash in between, lead to the same
//! answers, states, results, log lines and histories.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::host::{Host, HostCommand};
use tests::http::Answer;
use tests::languages::app;

const MESSAGES: &str = "/api/sessions/ada/messages";
const RUNS: usize = 6;
/// Six of them are more than fits in a row.
const MESSAGE_BYTES: usize = 8 << 10;
/// What tells one run of the pipeline from another one, whatever the language.
const TIMES: [&str; 5] = ["Timestamp", "ScheduledTime", "createdTime", "lastUpdatedTime", "completedTime"];

#[test]
fn all_languages_do_the_same() -> Result<()> {
    let expected = tell("rust")?;
    for language in ["js", "python", "mix"] {
        let told = tell(language)?;
        for (line, expect) in told.iter().zip(&expected) {
            ensure!(line == expect, "{language} did\n{line}\nand Rust did\n{expect}");
        }
        ensure!(told.len() == expected.len(), "{language} did {} things, Rust {}", told.len(), expected.len());
    }
    Ok(())
}

/// Runs the pipeline, and tells all that can be seen of it.
fn tell(language: &str) -> Result<Vec<String>> {
    let command = app::command(&format!("guests/article/{language}"))?;
    let mut told = Vec::new();
    let (mut host, logged) = post(&command, &mut told)?;
    refuse(&host, &mut told)?;
    for run in 1..=RUNS {
        let mut status = host.client().wait(&format!("run-{run}"))?;
        without_times(&mut status);
        told.push(status.to_string());
    }
    let entities = ["session_handler/ada", "SESSION_HANDLER/nobody"];
    for entity in entities {
        let answer = host.client().get(&format!("/runtime/webhooks/durabletask/entities/{entity}"))?;
        told.push(format!("{} {}", answer.status, parsed(&answer.body)));
    }
    host.strike()?;
    told.extend(said(logged.into_iter().chain(host.kill())));
    Ok(told)
}

/// Posts all messages; the host is killed after half of them.
fn post(command: &HostCommand, told: &mut Vec<String>) -> Result<(Host, Vec<String>)> {
    let (mut host, mut logged) = (command.start()?, Vec::new());
    for run in 1..=RUNS {
        let message = "da capo ".repeat(MESSAGE_BYTES / 8);
        let body = json!({ "run_id": run.to_string(), "message": message });
        let answer = host.client().post(MESSAGES, &body.to_string())?;
        told.push(shown(&answer, &host));
        if run == RUNS / 2 {
            // The entity has said so when it has its state.
            host.wait_for_lines("session ada counts", run)?;
            logged = host.kill();
            host = command.start()?;
        }
    }
    host.wait_for_lines("session ada counts", RUNS - RUNS / 2)?;
    Ok((host, logged))
}

/// Requests that lead to nothing.
fn refuse(host: &Host, told: &mut Vec<String>) -> Result<()> {
    let client = host.client();
    let mut tell = |answer: Answer| {
        let kind = parsed(&answer.body)["kind"].clone();
        told.push(format!("{} {:?} {kind}", answer.status, answer.header("allow")));
    };
    tell(client.post(MESSAGES, "{")?);
    tell(client.post(MESSAGES, "null")?);
    tell(client.post(MESSAGES, r#"{"run_id": 7, "message": "x"}"#)?);
    tell(client.post(MESSAGES, r#"{"message": "x"}"#)?);
    tell(client.get(MESSAGES)?);
    tell(client.post("/api/sessions/ada", "{}")?);
    Ok(())
}

fn shown(answer: &Answer, host: &Host) -> String {
    let headers = ["location", "retry-after", "content-type"].map(|name| answer.header(name));
    format!("{} {headers:?} {}", answer.status, parsed(&answer.body)).replace(&host.url, "HOST")
}

/// What the guests wrote to the log, each line once.
fn said(lines: impl Iterator<Item = String>) -> BTreeSet<String> {
    let of_session = |line: String| line.find("session ada counts").map(|at| line[at..].to_owned());
    lines.filter_map(of_session).collect()
}

fn without_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !TIMES.contains(&name.as_str()));
            fields.values_mut().for_each(without_times);
        }
        Value::Array(values) => values.iter_mut().for_each(without_times),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).with_context(|| text.to_owned()).unwrap_or_else(|error| json!(format!("{error:#}")))
}
