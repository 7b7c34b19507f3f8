//! Guests that go wrong: each fails with a failure that names what it crossed, and nobody else notices.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::host::Host;

use crate::fixture;

#[test]
fn each_fails_by_name_and_others_go_on() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    // Goes on beside all of them.
    let beside = host.client().start("sequence", None, "300")?;
    orchestrators(&host)?;
    activities(&host)?;
    let beside = host.client().wait(&beside)?;
    ensure!(beside["output"] == 300, "{beside}");
    Ok(())
}

fn orchestrators(host: &Host) -> Result<()> {
    let check = |name: &str, input: Value, expect: &str, words: &str| fails(host, name, &input, expect, words);
    for after in [json!(null), json!(2)] {
        check("loops", after.clone(), "dacapo:out-of-fuel", "fuel of 1000000000 instructions")?;
        check("panics", after.clone(), "dacapo:trap", "unreachable")?;
        check("recurses", after.clone(), "dacapo:stack-overflow", "stack of 524288 bytes")?;
        check("allocates", after.clone(), "dacapo:out-of-memory", "67108864")?;
        check("stalls", after.clone(), "stalled", "")?;
        // What an activity's failure is passed on with: only the host itself fails with `dacapo:`.
        check("calls_nobody", after, "guest:not-found", "no_such_activity")?;
    }
    check("decides_much", json!(10_001), "dacapo:limit", "10000")?;
    check("decides_much", json!(null), "dacapo:too-large", "4194304")?;
    check("returns_much", json!(2 << 20), "dacapo:too-large", "1048576")?;
    check("returns_much", json!(6 << 20), "dacapo:too-large", "4194304")?;
    check("returns_much", json!(100 << 20), "dacapo:out-of-memory", "67108864")?;
    check("returns_invalid_json", json!(null), "dacapo:invalid-json", "not valid JSON")?;
    check("returns_deep_json", json!(null), "dacapo:too-large", "64 levels")?;
    check("sends_invalid_json", json!(null), "dacapo:invalid-json", "not valid JSON")?;
    check("shows_invalid_json", json!(null), "dacapo:invalid-json", "not valid JSON")?;
    check("waits_for_nothing", json!(null), "dacapo:stalled", "")?;
    check("floods_its_log", json!(1), "dacapo:too-large", "4194304")
}

fn activities(host: &Host) -> Result<()> {
    let check = |activity: &str, input: Value, expect: &str, words: &str| {
        fails(host, "calls", &json!({ "activity": activity, "input": input }), expect, words)
    };
    check("task_loops", json!(null), "guest:timeout", "1000 ms")?;
    check("task_panics", json!(null), "guest:trap", "unreachable")?;
    check("task_recurses", json!(null), "guest:stack-overflow", "stack of 524288 bytes")?;
    check("task_allocates", json!(null), "guest:out-of-memory", "134217728")?;
    check("task_returns_much", json!(2 << 20), "guest:too-large", "1048576")?;
    check("task_returns_invalid_json", json!(null), "guest:invalid-json", "not valid JSON")?;
    check("task_poses_as_host", json!(null), "guest:timeout", "not really")?;
    check("no_such_activity", json!(null), "guest:not-found", "no_such_activity")
}

/// Starts it and sees it fail with this kind and these words.
fn fails(host: &Host, name: &str, input: &Value, expect: &str, words: &str) -> Result<()> {
    let client = host.client();
    let ended = client.wait(&client.start(name, None, &input.to_string())?)?;
    let (status, failure) = (&ended["runtimeStatus"], &ended["failure"]);
    let message = failure["message"].as_str().unwrap_or_default();
    let is_right = status == "Failed" && failure["kind"] == expect && message.contains(words);
    ensure!(is_right, "{name} {input}: {status} {} {message:?}, not {expect} {words:?}", failure["kind"]);
    // It is a small answer, whatever the guest did.
    ensure!(message.len() < 16 << 10, "{name} {input}: {} bytes", message.len());
    Ok(())
}

#[test]
fn liars_are_held_after_a_restart() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let liars = ["lies_when_replayed", "forgets_when_replayed"];
    for liar in liars {
        host.client().start(liar, Some(liar), "null")?;
        host.client()
            .until(liar, |status| status["historyEvents"].as_array().is_some_and(|events| events.len() > 3))?;
    }
    host.kill();
    let host = fixture::start(folder.path())?;
    let client = host.client();
    for liar in liars {
        let held = client.until(liar, |status| status["held"].is_string())?;
        println!("{liar}: {}", held["held"]);
        ensure!(held["runtimeStatus"] == "Running", "{held}");
        let text = held["held"].as_str().unwrap_or_default();
        ensure!(text.contains("echo"), "it does not say what was decided before: {text}");
    }
    let other = client.start("sequence", None, "3")?;
    ensure!(client.wait(&other)?["output"] == 3);
    for liar in liars {
        ensure!(client.terminate(liar, "liar")?.status == 202);
        ensure!(client.wait(liar)?["runtimeStatus"] == "Terminated");
    }
    Ok(())
}
