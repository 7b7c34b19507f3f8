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
    decisions(&host)?;
    activities(&host)?;
    let beside = host.client().wait(&beside)?;
    ensure!(beside["output"] == 300, "{beside}");
    Ok(())
}

fn orchestrators(host: &Host) -> Result<()> {
    let check = |name: &str, input: Value, expect: &str, words: &str| ends(host, name, &input, expect, words);
    for after in [json!(null), json!(2)] {
        check("loops", after.clone(), "dacapo:out-of-fuel", "fuel of 1000000000 instructions")?;
        check("panics", after.clone(), "dacapo:trap", "unreachable")?;
        check("recurses", after.clone(), "dacapo:stack-overflow", "stack of 1048576 bytes")?;
        check("allocates", after.clone(), "dacapo:out-of-memory", "536870912")?;
        check("stalls", after.clone(), "stalled", "")?;
        // What a failure of the host is passed on as: only the host itself fails with `dacapo:`.
        check("calls_nobody", after.clone(), "task-failed < dacapo:not-found", "no_such_activity")?;
        let no_child = "task-failed < dacapo:child-failed < dacapo:";
        check("starts_nobody", after.clone(), &format!("{no_child}not-found"), "no_such_orchestrator")?;
        check("is_its_own_child", after.clone(), &format!("{no_child}child-exists"), "another id")?;
        check("has_a_bad_child", after.clone(), &format!("{no_child}trap"), "unreachable")?;
        check("talks_to_itself", after, "", "hello")?;
    }
    let generations = format!("task-failed{}", " < dacapo:child-failed < task-failed".repeat(4));
    check("descends_for_ever", json!(null), &generations, "for 100 generations")?;
    check("decides_much", json!(10_001), "dacapo:limit", "10000")?;
    check("decides_much", json!(null), "dacapo:limit", "10000")?;
    check("sends_much", json!(10_001), "dacapo:limit", "10000")?;
    check("sends_much", json!(null), "dacapo:limit", "10000")?;
    check("sends_much", json!(9_999), "", "null")?;
    check("returns_much", json!(64 << 20), "dacapo:out-of-fuel", "1000000000")?;
    check("returns_invalid_json", json!(null), "dacapo:invalid-json", "not valid JSON")?;
    check("returns_deep_json", json!(null), "dacapo:too-large", "64 levels")?;
    check("shows_invalid_json", json!(null), "dacapo:invalid-json", "custom status")?;
    check("waits_for_nothing", json!(null), "dacapo:stalled", "")?;
    check("floods_its_log", json!(1), "", "null")
}

/// What an orchestrator decides although it must not.
fn decisions(host: &Host) -> Result<()> {
    const TEN_YEARS_MS: u64 = 10 * 366 * 24 * 3600 * 1000;
    let check = |name: &str, input: Value, expect: &str, words: &str| ends(host, name, &input, expect, words);
    check("sets_timer", json!(0), "", "null")?;
    check("sets_timer", json!(-1), "", "null")?;
    check("sets_timer", json!(i64::MIN), "", "null")?;
    check("sets_timer", json!(TEN_YEARS_MS + 60_000), "dacapo:protocol", "at most 316224000000 ms")?;
    check("sets_timer", json!(null), "dacapo:protocol", "at most 316224000000 ms")?;
    check("sends_invalid_json", json!(null), "dacapo:invalid-json", "the input of echo")?;
    check("sends_invalid_event", json!(null), "dacapo:invalid-json", "the input of event word")?;
    check("sends_unnamed_event", json!(null), "dacapo:protocol", "decision 0 of the call sends an event")?;
    check("starts_child_with_invalid_json", json!(null), "dacapo:invalid-json", "the input of behaves")?;
    check("starts_child_with_bad_id", json!(null), "dacapo:protocol", "decision 0 of the call starts a child")?;
    check("continues_with_invalid_json", json!(null), "dacapo:invalid-json", "the input of the next execution")?;
    check("carries_invalid_json", json!(null), "dacapo:invalid-json", "the guest carries an event over")?;
    check("cancels_what_is_not", json!(null), "dacapo:protocol", "cancels 7, which was not decided yet")?;
    check("cancels_itself", json!(null), "dacapo:protocol", "cancels 1, which was not decided yet")?;
    check("waits_for_unnamed_event", json!(null), "dacapo:protocol", "the guest waits for an event")
}

fn activities(host: &Host) -> Result<()> {
    let check = |activity: &str, input: Value, expect: &str, words: &str| {
        let expect = format!("task-failed < dacapo:{expect}");
        // What goes wrong by itself has the time that it takes on a busy machine.
        let task = json!({ "activity": activity, "input": input, "timeout_ms": 60_000 });
        ends(host, "calls", &task, &expect, words)
    };
    let loops = json!({ "activity": "task_loops", "input": null });
    ends(host, "calls", &loops, "task-failed < dacapo:timeout", "1000 ms")?;
    check("task_panics", json!(null), "trap", "unreachable")?;
    check("task_recurses", json!(null), "stack-overflow", "stack of 1048576 bytes")?;
    check("task_allocates", json!(null), "out-of-memory", "536870912")?;
    check("task_returns_invalid_json", json!(null), "invalid-json", "not valid JSON")?;
    check("task_reports_much", json!(2 << 20), "too-large", "1048576")?;
    check("no_such_activity", json!(null), "not-found", "no_such_activity")?;
    // An activity that poses as the host is seen through before its failure is passed on.
    let poses = json!({ "activity": "task_poses_as_host", "input": null });
    ends(host, "calls", &poses, "task-failed < dacapo:timeout", "not really")
}

/// Starts it and sees it fail with these kinds, each the cause of the one before, and with these words; or complete with
/// them, if there are no kinds.
fn ends(host: &Host, name: &str, input: &Value, expect: &str, words: &str) -> Result<()> {
    let client = host.client();
    let ended = client.wait(&client.start(name, None, &input.to_string())?)?;
    let (status, failure) = (if expect.is_empty() { "Completed" } else { "Failed" }, &ended["failure"]);
    let causes = failure["causes"].as_array().into_iter().flatten();
    let kinds: Vec<_> = std::iter::once(failure).chain(causes).filter_map(|one| one["kind"].as_str()).collect();
    let output = ended["output"].to_string();
    let is_right = ended["runtimeStatus"] == status && kinds.join(" < ") == expect && output.contains(words);
    ensure!(is_right, "{name} {input}: {} {kinds:?} {output}, not {expect:?} {words:?}", ended["runtimeStatus"]);
    // It is a small answer, whatever the guest did.
    ensure!(output.len() < 16 << 10, "{name} {input}: {} bytes", output.len());
    Ok(())
}

#[test]
fn who_never_ends_can_be_ended() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let client = host.client();
    let id = client.start("begins_anew_for_ever", None, "null")?;
    let is_tenth = |status: &Value| status["input"].as_u64().is_some_and(|times| times > 10);
    client.until(&id, is_tenth)?;
    // It takes no more than its share.
    let other = client.start("sequence", None, "100")?;
    ensure!(client.wait(&other)?["output"] == 100);
    ensure!(client.terminate(&id, "enough")?.status == 202);
    ensure!(client.wait(&id)?["runtimeStatus"] == "Terminated");
    Ok(())
}

#[test]
fn a_long_activity_is_watched_and_stopped() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let client = host.client();
    let task = |activity: &str, input: Value| json!({ "activity": activity, "input": input }).to_string();
    let shows = |status: &Value| !status["progress"][0]["detail"].is_null();

    // As long as it reports it may take longer than its timeout of a second, however fast this machine is.
    let took_ms = |ended: &Value| -> Result<i64> {
        let time = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().parse::<jiff::Timestamp>();
        let done = &ended["historyEvents"][1];
        Ok(time(done, "Timestamp")?.duration_since(time(done, "ScheduledTime")?).as_millis().try_into()?)
    };
    for reports in (4..).map(|power| 1_u64 << power) {
        let id = client.start("calls", None, &task("task_reports", json!(reports)))?;
        let seen = client.until(&id, |status| shows(status) || status["runtimeStatus"] != "Running")?;
        let running = &seen["progress"][0];
        ensure!(running.is_null() || running["functionName"] == "task_reports" && running["task"] == 0, "{seen}");
        let ended = client.wait(&id)?;
        ensure!(ended["output"] == reports && ended["progress"].is_null(), "{ended}");
        if took_ms(&ended)? > 2_000 {
            ensure!(!running.is_null(), "its progress was never seen");
            break;
        }
    }

    // Nobody waits for it any more: who listens stops, who does not is stopped. Neither is shown then.
    for activity in ["task_works_until_cancelled", "task_ignores_cancel"] {
        let cancelled = client.start("cancels", None, &json!({ "activity": activity, "after_ms": 100 }).to_string())?;
        let ended = client.wait(&cancelled)?;
        ensure!(ended["runtimeStatus"] == "Completed", "{ended}");
        client.until(&cancelled, |status| status["progress"].is_null())?;
        let terminated = client.start("calls", None, &task(activity, json!(null)))?;
        client.until(&terminated, shows)?;
        ensure!(client.terminate(&terminated, "enough")?.status == 202);
        ensure!(client.wait(&terminated)?["runtimeStatus"] == "Terminated");
        client.until(&terminated, |status| status["progress"].is_null())?;
    }
    Ok(())
}
