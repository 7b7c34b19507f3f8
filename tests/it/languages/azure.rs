//! Functions that were written for Azure, on a real host: they complete, they fail as their authors expect, and they outlive the
//! host.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::host::Host;
use tests::languages::app;

/// What the activity that always fails says first.
const TRIES: &str = "trying the door";

#[test]
fn the_host_is_killed() -> Result<()> {
    let command = app::command("tests/languages/azure")?;
    let mut host = command.start()?;
    completes(&host)?;
    let tries = fails(&host)?;
    host.wait_for_lines(TRIES, tries)?;
    begins(&host)?;
    let tried = host.kill().iter().filter(|line| line.contains(TRIES)).count();
    ensure!(tried == tries, "it was tried {tried} times, not {tries}");
    ends(&command.start()?)
}

/// Chaining, fan-out, and an entity.
fn completes(host: &Host) -> Result<()> {
    let check = |name: &str, input: Value, expect: Value| -> Result<()> {
        let client = host.client();
        let ended = client.wait(&client.start(name, None, &input.to_string())?)?;
        ensure!(ended["output"] == expect, "{name} {input}: {ended}");
        Ok(())
    };
    check("hello_sequence", json!(null), json!(["Hello Tokyo!", "Hello Seattle!", "Hello London!"]))?;
    check("count_words", json!("one two two three three three one"), json!({ "one": 2, "three": 3, "two": 2 }))?;
    check("add_up", json!([4, 5]), json!({ "total": 9, "refused": "ValueError: a counter cannot fly" }))
}

/// An activity that uses up its attempts fails its orchestration, and that its parent. Gives how many attempts there were.
fn fails(host: &Host) -> Result<usize> {
    let client = host.client();
    let check = |name: &str, id: &str, input: Value| -> Result<Value> {
        let ended = client.wait(&client.start(name, Some(id), &input.to_string())?)?;
        ensure!(ended.to_string().contains("is locked"), "{name} {input}: {ended}");
        Ok(ended)
    };
    for (name, id, input) in [("insist", "front", json!(3)), ("delegate", "back", json!("fail"))] {
        let ended = check(name, id, input)?;
        ensure!(ended["runtimeStatus"] == "Failed", "{name}: {ended}");
    }
    let ended = check("delegate", "side", json!("catch"))?;
    ensure!(ended["runtimeStatus"] == "Completed", "{ended}");
    Ok(3 + 2 + 2)
}

/// Instances that wait for an event when the host is killed, after an activity each.
fn begins(host: &Host) -> Result<()> {
    let client = host.client();
    client.start("approval", Some("trip"), r#"{"what": "a trip"}"#)?;
    client.start("differ", Some("fickle"), "null")?;
    for id in ["trip", "fickle"] {
        client.until(id, |status| {
            let mut events = status["historyEvents"].as_array().into_iter().flatten();
            events.any(|event| event["EventType"] == "TaskCompleted")
        })?;
    }
    Ok(())
}

/// They are replayed: one completes, and the other one is found to differ.
fn ends(host: &Host) -> Result<()> {
    let client = host.client();
    for (id, event) in [("trip", "approval"), ("fickle", "go")] {
        let raised =
            client.post(&format!("/runtime/webhooks/durabletask/instances/{id}/raiseEvent/{event}"), "true")?;
        ensure!(raised.status == 202, "raise {event}: {} {}", raised.status, raised.body);
    }
    let ended = client.wait("trip")?;
    ensure!(ended["output"]["approved"] == true, "{ended}");
    let held = client.until("fickle", |status| !status["held"].is_null() || !status["output"].is_null())?;
    let shown = format!("{} {}", held["held"], held["heldDetails"]);
    for word in ["greet", "part", "function_app.py"] {
        ensure!(shown.contains(word), "it does not say {word:?}: {held}");
    }
    Ok(())
}
