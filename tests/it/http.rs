//! The management contract over the wire: what is asked, and the whole answer.
//!
//! An answer is shown as its status, the headers that the contract knows, and its body; points in time, made ids and
//! the address of the host are replaced by words.

use std::io::{Read, Write};

use anyhow::{Result, ensure};
use expect_test::{Expect, expect};
use tests::host::Host;
use tests::http::Answer;

use crate::fixture;

const HEADERS: [&str; 4] = ["location", "retry-after", "content-type", "dacapo-error"];
const HOOK: &str = "/runtime/webhooks/durabletask";
const RPC: &str = "/durabletask";
/// An input with which `remind` does not end while a test runs.
const LATE: &str = r#"{"after_ms":3600000,"text":"late"}"#;

/// Sends `METHOD PATH` and compares the answer.
fn check(host: &Host, request: &str, body: &str, expect: Expect) -> Result<()> {
    let (method, path) = request.split_once(' ').expect("a method and a path");
    let client = host.client();
    let answer = match method {
        "GET" => client.get(path)?,
        "POST" => client.post(path, body)?,
        "DELETE" => client.delete(path)?,
        _ => panic!("an unknown method"),
    };
    expect.assert_eq(&shown(host, &answer));
    Ok(())
}

fn shown(host: &Host, answer: &Answer) -> String {
    let mut text = format!("{}\n", answer.status);
    for name in HEADERS {
        if let Some(value) = answer.header(name) {
            text += &format!("{name}: {value}\n");
        }
    }
    text += &answer.body.replace("},{", "},\n{");
    let address = host.url.trim_start_matches("http://");
    without_ids(&without_times(&text.replace(address, "HOST")))
}

/// `TIME` for all that looks like 2026-11-22T05:00:00Z.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| {
        let bytes = word.as_bytes();
        bytes.len() >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[19..].contains(&b'Z')
    };
    let words = text.split('"').map(|word| if is_time(word) && word.len() < 30 { "TIME" } else { word });
    words.collect::<Vec<_>>().join("\"")
}

/// `ID` for all that looks like an id that the host made: 32 hexadecimal digits.
fn without_ids(text: &str) -> String {
    let (mut out, mut run) = (String::new(), String::new());
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_hexdigit() {
            run.push(letter);
            continue;
        }
        out += if run.len() == 32 { "ID" } else { &run };
        run.clear();
        out.push(letter);
    }
    out.pop();
    out
}

/// Sends `METHOD PATH`; the answer is a refusal with this status and code, and these words in its message.
fn refused(host: &Host, request: &str, body: &str, expect: &str, words: &str) -> Result<()> {
    let (method, path) = request.split_once(' ').expect("a method and a path");
    let client = host.client();
    let answer = match method {
        "GET" => client.get(path)?,
        "DELETE" => client.delete(path)?,
        _ => client.post(path, body)?,
    };
    let got = format!("{} {}", answer.status, answer.header("dacapo-error").unwrap_or_default());
    ensure!(got == expect && answer.body.contains(words), "{request}: {answer:?}, not {expect} {words:?}");
    // The Python SDK looks for it in each of them.
    ensure!(answer.status != 400 || answer.json()?["ExceptionMessage"].is_string(), "{request}: {answer:?}");
    Ok(())
}

#[test]
fn the_contract() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    starts(&host)?;
    statuses(&host)?;
    terminations(&host)?;
    bad_starts(&host)?;
    bad_requests(&host)?;
    rubbish_does_not_stop_others(&host)
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

fn statuses(host: &Host) -> Result<()> {
    host.client().wait("one")?;
    host.client().until("slow", |status| status["customStatus"] == "sleeping")?;
    check(
        host,
        &format!("GET {HOOK}/instances/one"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            {"name":"sequence","instanceId":"one","runtimeStatus":"Completed","input":2,"customStatus":null,"output":2,"createdTime":"TIME","lastUpdatedTime":"TIME"}"#]],
    )?;
    check(
        host,
        &format!("GET {RPC}/instances/one?ShowInput=False&SHOWHISTORY=True"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            {"name":"sequence","instanceId":"one","runtimeStatus":"Completed","input":null,"customStatus":null,"output":2,"createdTime":"TIME","lastUpdatedTime":"TIME","historyEvents":[{"EventType":"ExecutionStarted","Timestamp":"TIME","FunctionName":"sequence"},
            {"EventType":"TaskCompleted","Timestamp":"TIME","ScheduledTime":"TIME","FunctionName":"echo"},
            {"EventType":"TaskCompleted","Timestamp":"TIME","ScheduledTime":"TIME","FunctionName":"echo"},
            {"EventType":"ExecutionCompleted","Timestamp":"TIME","OrchestrationStatus":"Completed"}]}"#]],
    )?;
    check(
        host,
        &format!("GET {RPC}/instances/failed?showHistory=true&showHistoryOutput=true"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            {"name":"tries","instanceId":"failed","runtimeStatus":"Failed","input":9,"customStatus":null,"output":"attempt 3","createdTime":"TIME","lastUpdatedTime":"TIME","failure":{"kind":"flaky","message":"attempt 3","retryable":true},"historyEvents":[{"EventType":"ExecutionStarted","Timestamp":"TIME","FunctionName":"tries","Input":9},
            {"EventType":"TaskAttemptFailed","Timestamp":"TIME","ScheduledTime":"TIME","FunctionName":"flaky","Input":9,"Attempt":1,"RetryAt":"TIME","Reason":"attempt 1","FailureDetails":{"ErrorType":"flaky","ErrorMessage":"attempt 1","IsNonRetriable":false}},
            {"EventType":"TaskAttemptFailed","Timestamp":"TIME","ScheduledTime":"TIME","FunctionName":"flaky","Input":9,"Attempt":2,"RetryAt":"TIME","Reason":"attempt 2","FailureDetails":{"ErrorType":"flaky","ErrorMessage":"attempt 2","IsNonRetriable":false}},
            {"EventType":"TaskFailed","Timestamp":"TIME","ScheduledTime":"TIME","FunctionName":"flaky","Input":9,"Reason":"attempt 3","FailureDetails":{"ErrorType":"flaky","ErrorMessage":"attempt 3","IsNonRetriable":false}},
            {"EventType":"ExecutionCompleted","Timestamp":"TIME","OrchestrationStatus":"Failed","Result":"attempt 3","FailureDetails":{"ErrorType":"flaky","ErrorMessage":"attempt 3","IsNonRetriable":false}}]}"#]],
    )?;
    let failed = host.client().get(&format!("{RPC}/instances/failed?returnInternalServerErrorOnFailure=true"))?;
    ensure!(failed.status == 500 && failed.json()?["runtimeStatus"] == "Failed", "{failed:?}");
    check(
        host,
        &format!("GET {RPC}/instances/slow?code=secret&taskHub=x"),
        "",
        expect![[r#"
            202
            location: http://HOST/durabletask/instances/slow?code=secret&taskHub=x
            retry-after: 5
            content-type: application/json; charset=utf-8
            {"name":"remind","instanceId":"slow","runtimeStatus":"Running","input":{"after_ms":3600000,"text":"late"},"customStatus":"sleeping","output":null,"createdTime":"TIME","lastUpdatedTime":"TIME"}"#]],
    )?;
    check(
        host,
        &format!("GET {RPC}/instances/slow?timeout=.01&pollingInterval=.01&showinput=false"),
        "",
        expect![[r#"
            202
            location: http://HOST/durabletask/instances/slow?timeout=.01&pollingInterval=.01&showinput=false
            retry-after: 5
            content-type: application/json; charset=utf-8
            {"name":"remind","instanceId":"slow","runtimeStatus":"Running","input":null,"customStatus":"sleeping","output":null,"createdTime":"TIME","lastUpdatedTime":"TIME"}"#]],
    )?;
    check(
        host,
        &format!("GET {RPC}/instances/nobody"),
        "",
        expect![[r#"
        404
        dacapo-error: not_found
    "#]],
    )?;
    check(
        host,
        &format!("GET {RPC}/instances/@nobody"),
        "",
        expect![[r#"
        404
        dacapo-error: not_found
    "#]],
    )
}

fn terminations(host: &Host) -> Result<()> {
    check(
        host,
        &format!("POST {HOOK}/instances/slow/Terminate?reason=too%20late"),
        "",
        expect![[r#"
        202
    "#]],
    )?;
    check(
        host,
        &format!("GET {RPC}/instances/slow?showHistory=true"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            {"name":"remind","instanceId":"slow","runtimeStatus":"Terminated","input":{"after_ms":3600000,"text":"late"},"customStatus":"sleeping","output":"too late","createdTime":"TIME","lastUpdatedTime":"TIME","historyEvents":[{"EventType":"ExecutionStarted","Timestamp":"TIME","FunctionName":"remind","Input":{"after_ms":3600000,"text":"late"}},
            {"EventType":"TimerCreated","Timestamp":"TIME","FireAt":"TIME"},
            {"EventType":"CustomStatusSet","Timestamp":"TIME","CustomStatus":"sleeping"},
            {"EventType":"ExecutionTerminated","Timestamp":"TIME","Input":"too late"}]}"#]],
    )?;
    let check =
        |id: &str, expect: &str, words: &str| refused(host, &format!("POST {RPC}/instances/{id}"), "", expect, words);
    check("slow/terminate", "410 instance_finished", "already ended: Terminated")?;
    check("one/terminate", "410 instance_finished", "already ended: Completed")?;
    check("nobody/terminate", "404 not_found", "nobody")?;
    check("one/explode", "404 route_not_found", "explode")
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
    check("sequence/new", &format!("{:?}", "x".repeat(1 << 20)), "413 payload_too_large", "at most 1048576")?;
    check("sequence/new?timeout=1", "1", "400 invalid_argument", "given together")?;
    check("sequence/new?timeout=soon&pollingInterval=1", "1", "400 invalid_argument", "soon")?;
    check("sequence/new?timeout=1&pollingInterval=2", "1", "400 invalid_argument", "smaller than")?;
    // None of them has left anything, and the longest id is one.
    refused(host, &format!("GET {RPC}/instances/new"), "", "404 not_found", "")?;
    let id = host.client().start("sequence", Some(&"x".repeat(100)), "1")?;
    ensure!(host.client().wait(&id)?["output"] == 1);
    ensure!(host.client().status("taken")?.json()?["input"]["text"] == "late");
    Ok(())
}

fn bad_requests(host: &Host) -> Result<()> {
    refused(host, &format!("GET {RPC}/orchestrators/sequence"), "", "404 route_not_found", "GET")?;
    refused(host, &format!("DELETE {RPC}/orchestrators/sequence/one"), "", "404 route_not_found", "DELETE")?;
    refused(host, "GET /", "", "404 route_not_found", "there is no GET /")?;
    refused(host, &format!("GET {RPC}/instances/one?showHistory=perhaps"), "", "400 invalid_argument", "perhaps")?;
    check(
        host,
        "GET /healthz",
        "",
        expect![[r#"
        200
        content-type: text/plain; charset=utf-8
        ok
    "#]],
    )?;
    check(
        host,
        "GET /readyz",
        "",
        expect![[r#"
        200
        content-type: text/plain; charset=utf-8
        ready
    "#]],
    )
}

/// Bytes that are no request are answered or cut off; connections that say nothing more take nobody's place.
fn rubbish_does_not_stop_others(host: &Host) -> Result<()> {
    let client = host.client();
    let check = |bytes: &[u8], expect: &str| {
        let answer = client.raw(bytes)?;
        let first = answer.lines().next().unwrap_or_default();
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
        ensure!(first.starts_with(expect), "{shown:?} was answered {first:?}, not {expect:?}");
        Ok(())
    };
    let path = format!("{RPC}/orchestrators/sequence/raw");
    let head = |more: &str| format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{more}\r\n");
    let mut slow = Vec::new();
    for begun in ["", "P", "POST / HT", &head("content-length: 5"), &head("transfer-encoding: chunked")] {
        let mut stream = client.connect()?;
        stream.write_all(begun.as_bytes())?;
        slow.push(stream);
    }
    check(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03rubbish\r\n\r\n", "HTTP/1.1 400")?;
    check(b"GET\r\n\r\n", "HTTP/1.1 400")?;
    check(head("content-length: 9999999\r\n").as_bytes(), "HTTP/1.1 413")?;
    check(head("content-length: 1\r\ncontent-length: 2\r\n").as_bytes(), "HTTP/1.1 400")?;
    check(head("transfer-encoding: chunked\r\n").replace("\r\n\r\n", "\r\n\r\nxyz\r\n").as_bytes(), "HTTP/1.1 400")?;
    check(head(&"x: y\r\n".repeat(100)).as_bytes(), "HTTP/1.1 431")?;
    check(head(&format!("x: {}\r\n", "y".repeat(100_000))).as_bytes(), "HTTP/1.1 431")?;
    check(head("content-length: 1\r\n").replace("127.0.0.1", "evil.example").as_bytes(), "HTTP/1.1 403")?;
    check(head("content-length: 1\r\norigin: http://evil.example\r\n").as_bytes(), "HTTP/1.1 403")?;
    // The slow ones are still there, and others are served.
    let id = client.start("sequence", Some("beside"), "2")?;
    ensure!(client.wait(&id)?["output"] == 2);
    for stream in &mut slow {
        stream.set_nonblocking(true)?;
        let read = stream.read(&mut [0; 1]);
        ensure!(read.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "{read:?}");
    }
    ensure!(client.get(&format!("{RPC}/instances/raw"))?.status == 404, "a request that was refused left something");
    Ok(())
}
