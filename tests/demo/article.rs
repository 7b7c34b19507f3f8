//! The pipeline: requests signal an entity whose state outgrows its row, and start orchestrations; the host is killed in between.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::host::{Host, HostCommand};

use super::{say, wait};

const SESSION: &str = "ada";
const MESSAGES: usize = 6;
/// Six of them are more than fits in a row.
const MESSAGE_BYTES: usize = 8 << 10;

pub fn show(command: &HostCommand) -> Result<()> {
    say(&format!("Post {MESSAGES} messages of {} KiB to a session. Each is answered at once.", MESSAGE_BYTES >> 10));
    let host = command.start()?;
    for run in 1..=MESSAGES / 2 {
        post(&host, run)?;
    }
    say("Kill the host (SIGKILL), start it again, and post the rest.");
    host.kill();
    let host = command.start()?;
    for run in MESSAGES / 2 + 1..=MESSAGES {
        post(&host, run)?;
    }
    say("Each message was handled by an orchestration that called an activity twice.");
    for run in 1..=MESSAGES {
        let output = wait(&host, &format!("run-{run}"))?;
        let texts = output.as_array().context("two results")?;
        ensure!(texts.len() == 2, "run-{run} gave {output}");
        let shown = texts.iter().filter_map(Value::as_str).map(|text| format!("{:.12}…", text)).collect::<Vec<_>>();
        println!("   run-{run}: Completed, {}", shown.join(" "));
    }
    say("The session remembers them all. Its state is a blob, and the row has the name of that.");
    let state =
        host.client().get(&format!("/runtime/webhooks/durabletask/entities/session_handler/{SESSION}"))?.json()?;
    let messages = state["messages"].as_array().context("messages")?;
    println!("   count: {}, messages: {}", state["count"], messages.len());
    ensure!(state["count"] == 2 * MESSAGES && messages.len() == MESSAGES, "something was lost, or done twice");
    let entity = format!("@session_handler@{SESSION}");
    println!("   dacapo entity show {entity}");
    let shown = tests::host::run(&command.binary, &["entity", "show", &entity, "--server", &host.url], "")?;
    for line in shown.stdout.lines() {
        println!("     {line:.110}");
    }
    ensure!(shown.stdout.contains("sha256:"), "the state is not a blob");
    host.kill();
    Ok(())
}

fn post(host: &Host, run: usize) -> Result<()> {
    let path = format!("/api/sessions/{SESSION}/messages");
    let body = serde_json::json!({ "run_id": run.to_string(), "message": "da capo ".repeat(MESSAGE_BYTES / 8) });
    let answer = host.client().post_with(&path, &[("content-type", "application/json")], &body.to_string())?;
    ensure!(answer.status == 202, "{path} answered {}", answer.status);
    println!("   POST {path}  {}  {}", answer.status, answer.header("location").unwrap_or_default());
    Ok(())
}
