//! Starts: route 1.

use anyhow::{Result, ensure};
use expect_test::expect;
use tests::host::Host;

use super::{HOOK, LATE, RPC, ask_with, check, refused, too_large};

pub fn check_all(host: &Host) -> Result<()> {
    starts(host)?;
    what_a_start_says(host)?;
    bad_starts(host)
}

fn starts(host: &Host) -> Result<()> {
    check(
        host,
        &format!("POST {HOOK}/orchestrators/sequence/one"),
        "2",
        expect![[r#"
            202
            location: http://HOST/runtime/webhooks/durabletask/instances/one?taskHub=dacapo&connection=Storage
            retry-after: 10
            content-type: application/json; charset=utf-8
            {"id":"one","statusQueryGetUri":"http://HOST/runtime/webhooks/durabletask/instances/one?taskHub=dacapo&connection=Storage","sendEventPostUri":"http://HOST/runtime/webhooks/durabletask/instances/one/raiseEvent/{eventName}?taskHub=dacapo&connection=Storage","terminatePostUri":"http://HOST/runtime/webhooks/durabletask/instances/one/terminate?reason={text}&taskHub=dacapo&connection=Storage","purgeHistoryDeleteUri":"http://HOST/runtime/webhooks/durabletask/instances/one?taskHub=dacapo&connection=Storage","restartPostUri":"http://HOST/runtime/webhooks/durabletask/instances/one/restart?taskHub=dacapo&connection=Storage","suspendPostUri":"http://HOST/runtime/webhooks/durabletask/instances/one/suspend?reason={text}&taskHub=dacapo&connection=Storage","resumePostUri":"http://HOST/runtime/webhooks/durabletask/instances/one/resume?reason={text}&taskHub=dacapo&connection=Storage"}"#]],
    )?;
    let made = host.client().post(&format!("{RPC}/orchestrators/sequence"), "1")?;
    let id = made.json()?["id"].as_str().unwrap_or_default().to_owned();
    ensure!(made.status == 202 && id.len() == 32, "{made:?}");
    ensure!(made.header("location").is_some_and(|url| url.contains(&id)), "{made:?}");
    ensure!(host.client().wait(&id)?["output"] == 1);
    check(
        host,
        &format!("POST {RPC}/orchestrators/hello_sequence/w?timeout=60&pollingInterval=1"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            ["Hello, Tokyo!","Hello, Seattle!","Hello, London!"]"#]],
    )?;
    check(
        host,
        &format!("POST {HOOK}/orchestrators/SEQUENCE/c?TIMEOUT=60&pollinginterval=.5"),
        "3",
        expect![[r#"
        200
        content-type: application/json; charset=utf-8
        3"#]],
    )?;
    check(
        host,
        &format!("POST {RPC}/orchestrators/tries/failed?timeout=60&pollingInterval=1"),
        "9",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            {"name":"tries","instanceId":"failed","runtimeStatus":"Failed","input":9,"customStatus":null,"output":"attempt 3","createdTime":"TIME","lastUpdatedTime":"TIME","failure":{"kind":"flaky","message":"attempt 3","retryable":true}}"#]],
    )?;
    // It has not ended when the time is over.
    let late = host.client().post(&format!("{RPC}/orchestrators/remind/slow?timeout=.01&pollingInterval=.01"), LATE)?;
    ensure!(late.status == 202 && late.json()?["id"] == "slow" && late.header("retry-after") == Some("10"), "{late:?}");
    // An id is free again when its instance has ended.
    check(
        host,
        &format!("POST {RPC}/orchestrators/sequence/w?timeout=60&pollingInterval=1"),
        "0",
        expect![[r#"
        200
        content-type: application/json; charset=utf-8
        0"#]],
    )
}

/// What is said of an instance at its start is shown with it.
fn what_a_start_says(host: &Host) -> Result<()> {
    let trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let later = "scheduledStartTime=2030-01-01T00:00:00Z";
    let query = format!("VERSION=2.0%20beta&tag=team:blue&Tag=url:http://x&{later}");
    let request = format!("POST {HOOK}/orchestrators/sequence/said?{query}");
    let (status, answer) = ask_with(host, &request, &[trace, "tracestate: a=b"], "1")?;
    ensure!(status == 202, "{answer}");
    check(
        host,
        &format!("GET {RPC}/instances/said"),
        "",
        expect![[r#"
        202
        location: http://HOST/durabletask/instances/said
        retry-after: 5
        content-type: application/json; charset=utf-8
        {"name":"sequence","instanceId":"said","runtimeStatus":"Pending","input":1,"customStatus":null,"output":null,"createdTime":"TIME","lastUpdatedTime":"TIME","version":"2.0 beta","tags":{"team":"blue","url":"http://x"},"scheduledStartTime":"TIME","traceParent":"00-ID-00f067aa0ba902b7-01"}"#]],
    )?;
    // A malformed trace is none, and a time that has passed is at once.
    let request = format!("POST {HOOK}/orchestrators/sequence/soon?scheduledStartTime=2001-01-01");
    let (status, answer) = ask_with(host, &request, &["traceparent: 00-xyz"], "1")?;
    ensure!(status == 202, "{answer}");
    let soon = host.client().wait("soon")?;
    ensure!(soon["output"] == 1 && soon["traceParent"].is_null(), "{soon}");
    Ok(())
}

fn bad_starts(host: &Host) -> Result<()> {
    host.client().start("remind", Some("taken"), LATE)?;
    let check = |path: &str, body: &str, expect: &str, words: &str| {
        refused(host, &format!("POST {RPC}/orchestrators/{path}"), body, expect, words)
    };
    check("sequence/taken", "1", "409 instance_exists", "with the status Running already exists.")?;
    check(
        "sequenze/new",
        "1",
        "400 unknown_function",
        "The function 'sequenze' doesn't exist, is disabled, or is not",
    )?;
    check("sequenze/new", "1", "400 unknown_function", "Did you mean 'sequence'?")?;
    // Activities cannot be started.
    check("echo/new", "1", "400 unknown_function", "is not an orchestrator function")?;
    for letter in ["%2F", "%5C", "%23", "%3F", "%0A", "%00", "%C2%85"] {
        check(&format!("sequence/a{letter}b"), "1", "400 invalid_id", "must not contain")?;
    }
    check("sequence/a%FFb", "1", "400 invalid_id", "not UTF-8")?;
    check("sequence/@new", "1", "400 invalid_id", "must not begin with '@'")?;
    check(&format!("sequence/{}", "x".repeat(101)), "1", "400 invalid_id", "at most 100 characters; this one has 101")?;
    check("sequence/new", "{", "400 invalid_json", "Invalid JSON content")?;
    check("sequence/new", "1 2", "400 invalid_json", "trailing characters")?;
    check("sequence/new", &"[".repeat(100), "400 invalid_json", "deeper than 64 levels")?;
    too_large(host, &format!("POST {RPC}/orchestrators/sequence/new"))?;
    check("sequence/new?timeout=1", "1", "400 invalid_argument", "given together")?;
    check("sequence/new?timeout=soon&pollingInterval=1", "1", "400 invalid_argument", "soon")?;
    check("sequence/new?timeout=1&pollingInterval=2", "1", "400 invalid_argument", "smaller than")?;
    let long = format!("sequence/new?version={}", "x".repeat(101));
    check(&long, "1", "400 invalid_argument", "at most 100 bytes")?;
    check("sequence/new?tag=team", "1", "400 invalid_argument", "it must be name:value")?;
    check("sequence/new?tag=a:1&tag=a:2", "1", "400 invalid_argument", "another one of this name")?;
    check("sequence/new?scheduledStartTime=soon", "1", "400 invalid_argument", "scheduledStartTime is")?;
    check("sequence/new?scheduledStartTime=2200-01-01", "1", "400 invalid_argument", "more than ten years ahead")?;
    // None of them has left anything, and the longest id is one.
    refused(host, &format!("GET {RPC}/instances/new"), "", "404 not_found", "")?;
    let id = host.client().start("sequence", Some(&"x".repeat(100)), "1")?;
    ensure!(host.client().wait(&id)?["output"] == 1);
    ensure!(host.client().status("taken")?.json()?["input"]["text"] == "late");
    Ok(())
}
