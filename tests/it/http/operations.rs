//! Operations on instances: routes 6 to 11.

use anyhow::{Result, ensure};
use expect_test::expect;
use tests::host::Host;

use super::{HOOK, LATE, RPC, ask, ask_with, check, refused, too_large};

/// The instances are those of [`super::starts`]: `one` has completed, `failed` has failed, `slow` runs.
pub fn check_all(host: &Host) -> Result<()> {
    events(host)?;
    bad_events(host)?;
    too_many_events(host)?;
    suspensions(host)?;
    terminations(host)?;
    rewinds(host)?;
    restarts(host)?;
    nobody_and_the_ended(host)
}

fn events(host: &Host) -> Result<()> {
    let client = host.client();
    for (number, input) in [r#"{"by":"Ada"}"#, "1", "null", ""].into_iter().enumerate() {
        let id = client.start("waits_for", Some(&format!("waits-{number}")), "\"Approval\"")?;
        let answer = ask(host, &format!("POST {HOOK}/instances/{id}/RAISEEVENT/approval?taskHub=x"), input)?;
        ensure!(answer.status == 202 && answer.body.is_empty(), "{answer:?}");
        let status = client.wait(&id)?;
        let raised = status["historyEvents"]
            .as_array()
            .and_then(|events| events.iter().find(|event| event["Name"] == "approval"));
        let expect: serde_json::Value = serde_json::from_str(if input.is_empty() { "null" } else { input })?;
        ensure!(raised.is_some_and(|raised| raised["Input"] == expect), "{status}");
    }
    // Nothing at all need not be declared.
    let id = client.start("waits_for", Some("waits-undeclared"), "\"Approval\"")?;
    let (status, answer) = ask_with(host, &format!("POST {RPC}/instances/{id}/raiseEvent/Approval"), &[], "")?;
    ensure!(status == 202, "{answer}");
    client.wait(&id)?;
    Ok(())
}

fn bad_events(host: &Host) -> Result<()> {
    host.client().start("waits_for", Some("waits"), "\"Approval\"")?;
    let path = format!("POST {RPC}/instances/waits/raiseEvent");
    let check = |event: &str, body: &str, expect: &str, words: &str| {
        refused(host, &format!("{path}/{event}"), body, expect, words)
    };
    check("Approval", "{", "400 invalid_json", "Invalid JSON content")?;
    check("Approval", "1 2", "400 invalid_json", "trailing characters")?;
    too_large(host, &format!("{path}/Approval"))?;
    check(&"x".repeat(201), "1", "400 invalid_argument", "1 to 200 characters")?;
    check("a%0Ab", "1", "400 invalid_argument", "no control characters")?;
    check("a%FFb", "1", "400 invalid_id", "not UTF-8")?;
    for kind in [&["content-type: text/plain"][..], &["content-type: application/x-www-form-urlencoded"], &[]] {
        let (status, answer) = ask_with(host, &format!("{path}/Approval"), kind, "1")?;
        ensure!(status == 400 && answer.contains("dacapo-error: invalid_content_type"), "{kind:?}: {answer}");
        ensure!(answer.contains("\"ExceptionMessage\":\"Only application/json"), "{kind:?}: {answer}");
    }
    let declared = ["Content-Type: Application/JSON;charset=utf-8"];
    let (status, answer) = ask_with(host, &format!("{path}/Approval"), &declared, "null")?;
    ensure!(status == 202 && host.client().wait("waits")?["runtimeStatus"] == "Completed", "{answer}");
    refused(host, &format!("POST {RPC}/instances/waits/raiseEvents/a"), "1", "404 route_not_found", "raiseEvents")
}

/// An instance that takes nothing in keeps so much and no more.
fn too_many_events(host: &Host) -> Result<()> {
    let client = host.client();
    client.start("waits_for", Some("flooded"), "\"nothing\"")?;
    ensure!(ask(host, &format!("POST {RPC}/instances/flooded/suspend"), "")?.status == 202);
    let megabyte = format!("{:?}", "x".repeat((1 << 20) - 2));
    let refused = (0..20).find_map(|_| {
        let answer = client.post(&format!("{RPC}/instances/flooded/raiseEvent/noise"), &megabyte);
        answer.map(|answer| (answer.status != 202).then_some(answer)).transpose()
    });
    let refused = refused.transpose()?;
    let retry = |name| refused.as_ref().and_then(|answer| answer.header(name));
    ensure!(refused.as_ref().is_some_and(|answer| answer.status == 429), "{refused:?}");
    ensure!(retry("dacapo-error") == Some("too_many_pending") && retry("retry-after") == Some("1"), "{refused:?}");
    // It can be ended all the same.
    ensure!(client.terminate("flooded", "enough")?.status == 202);
    ensure!(client.wait("flooded")?["runtimeStatus"] == "Terminated");
    Ok(())
}

fn suspensions(host: &Host) -> Result<()> {
    let client = host.client();
    client.start("waits_for", Some("resting"), "\"Approval\"")?;
    let post = |operation: &str| ask(host, &format!("POST {HOOK}/instances/resting/{operation}"), "");
    for _ in 0..2 {
        let answer = post("SUSPEND?reason=lunch%20%26%20coffee")?;
        ensure!(answer.status == 202 && answer.body.is_empty(), "{answer:?}");
    }
    check(
        host,
        &format!("GET {HOOK}/instances/resting?showHistory=true"),
        "",
        expect![[r#"
        202
        location: http://HOST/runtime/webhooks/durabletask/instances/resting?showHistory=true
        retry-after: 5
        content-type: application/json; charset=utf-8
        {"name":"waits_for","instanceId":"resting","runtimeStatus":"Suspended","input":"Approval","customStatus":null,"output":null,"createdTime":"TIME","lastUpdatedTime":"TIME","historyEvents":[{"EventType":"ExecutionStarted","Timestamp":"TIME","FunctionName":"waits_for","Input":"Approval"},
        {"EventType":"ExecutionSuspended","Timestamp":"TIME","Reason":"lunch & coffee"}]}"#]],
    )?;
    ensure!(ask(host, &format!("POST {HOOK}/instances/resting/raiseEvent/approval"), "null")?.status == 202);
    ensure!(ask(host, &format!("GET {HOOK}/instances/resting"), "")?.json()?["runtimeStatus"] == "Suspended");
    ensure!(post("resume?reason=back")?.status == 202);
    let resting = client.wait("resting")?;
    ensure!(resting["runtimeStatus"] == "Completed", "{resting}");
    Ok(())
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
    // The children go too.
    let request = r#"{"what":"a piano","cents":900000,"patience_ms":86400000}"#;
    host.client().start("purchase", Some("deep"), request)?;
    let answer = ask(host, &format!("POST {RPC}/instances/deep/terminate?recursive=True&reason=all"), "")?;
    ensure!(answer.status == 202, "{answer:?}");
    ensure!(host.client().wait("deep")?["output"] == "all");
    refused(host, &format!("POST {RPC}/instances/deep/explode"), "", "404 route_not_found", "explode")?;
    refused(host, &format!("POST {RPC}/instances/deep/terminate?recursive=2"), "", "400 invalid_argument", "recursive")
}

fn rewinds(host: &Host) -> Result<()> {
    let client = host.client();
    // Its policy gives it three attempts, and after a rewind three more.
    client.start("tries", Some("again"), "5")?;
    ensure!(client.wait("again")?["runtimeStatus"] == "Failed");
    let rewind = |id: &str| ask(host, &format!("POST {RPC}/instances/{id}/rewind?reason=try%20again"), "");
    let answer = rewind("again")?;
    ensure!(answer.status == 202 && answer.body.is_empty(), "{answer:?}");
    let again = client.wait("again")?;
    ensure!(again["runtimeStatus"] == "Completed" && again["output"] == 5, "{again}");
    client.start("panics", Some("panicked"), "null")?;
    client.wait("panicked")?;
    for (id, status, code, words) in [
        ("again", 412, "not_failed", "has not failed, it is Completed"),
        ("panicked", 412, "not_rewindable", "cannot be rewound"),
        ("nobody", 404, "not_found", "there is no instance nobody"),
        ("@nobody", 404, "not_found", "there is no such instance"),
    ] {
        let answer = rewind(id)?;
        ensure!(answer.status == status && answer.header("dacapo-error") == Some(code), "{answer:?}");
        ensure!(answer.json()?.as_str().is_some_and(|text| text.contains(words)), "{answer:?}");
    }
    Ok(())
}

fn restarts(host: &Host) -> Result<()> {
    let client = host.client();
    let restart = |id: &str, query: &str| ask(host, &format!("POST {RPC}/instances/{id}/restart?{query}"), "");
    let answer = restart("one", "")?;
    let new = answer.json()?["id"].as_str().unwrap_or_default().to_owned();
    ensure!(answer.status == 202 && new.len() == 32 && answer.header("retry-after") == Some("10"), "{answer:?}");
    ensure!(answer.header("location").is_some_and(|url| url.contains(&new)), "{answer:?}");
    let again = client.wait(&new)?;
    ensure!(again["name"] == "sequence" && again["input"] == 2 && again["output"] == 2, "{again}");
    let wait = "restartWithNewInstanceId=False&timeout=60&pollingInterval=1";
    check(
        host,
        &format!("POST {RPC}/instances/one/restart?{wait}"),
        "",
        expect![[r#"
        200
        content-type: application/json; charset=utf-8
        2"#]],
    )?;
    client.start("remind", Some("busy"), LATE)?;
    let same = "busy/restart?restartWithNewInstanceId=false";
    refused(host, &format!("POST {RPC}/instances/{same}"), "", "409 instance_exists", "status Running already exists")?;
    ensure!(restart("busy", "")?.status == 202);
    check(
        host,
        &format!("POST {RPC}/instances/nobody/restart"),
        "",
        expect![[r#"
            400
            content-type: application/json; charset=utf-8
            dacapo-error: not_found
            {"Message":"One or more of the arguments submitted is incorrect","ExceptionMessage":"there is no instance nobody","ExceptionType":"System.ArgumentException","StackTrace":"","code":"not_found","hint":"Check the id; `dacapo ls` lists instances, `dacapo entity ls` entities."}"#]],
    )?;
    refused(host, &format!("POST {RPC}/instances/@x/restart"), "", "400 not_found", "no such instance")?;
    let wrong = "one/restart?restartWithNewInstanceId=2";
    refused(host, &format!("POST {RPC}/instances/{wrong}"), "", "400 invalid_argument", "restartWithNewInstanceId")?;
    refused(host, &format!("POST {RPC}/instances/one/restart?timeout=1"), "", "400 invalid_argument", "together")
}

/// Each operation on an instance that is not there, cannot be, or has ended in one way or another.
fn nobody_and_the_ended(host: &Host) -> Result<()> {
    for operation in ["raiseEvent/E", "terminate", "suspend", "resume"] {
        let check = |id: &str, expect: &str, words: &str| {
            refused(host, &format!("POST {RPC}/instances/{id}/{operation}"), "", expect, words)
        };
        check("one", "410 instance_finished", "already ended: Completed")?;
        check("failed", "410 instance_finished", "already ended: Failed")?;
        check("slow", "410 instance_finished", "already ended: Terminated")?;
        check("nobody", "404 not_found", "nobody")?;
        check("@nobody", "404 not_found", "no such instance")?;
        check("a%FFb", "400 invalid_id", "not UTF-8")?;
    }
    Ok(())
}
