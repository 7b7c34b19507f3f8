//! Statuses: route 2.

use anyhow::{Result, ensure};
use expect_test::expect;
use tests::host::Host;

use super::{HOOK, RPC, check, refused};

/// The instances are those of [`super::starts`].
pub fn check_all(host: &Host) -> Result<()> {
    statuses(host)?;
    histories(host)?;
    refused(host, &format!("GET {RPC}/instances/one?showHistory=perhaps"), "", "400 invalid_argument", "perhaps")
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

/// What a child and an event leave in a history.
fn histories(host: &Host) -> Result<()> {
    host.client().start("has_a_bad_child", Some("parent"), "null")?;
    let parent = host.client().wait("parent")?;
    let types = |status: &serde_json::Value| -> Vec<String> {
        let events = status["historyEvents"].as_array().into_iter().flatten();
        events.map(|event| event["EventType"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let expected = ["ExecutionStarted", "SubOrchestrationInstanceFailed", "ExecutionCompleted"];
    ensure!(types(&parent) == expected, "{parent}");
    let failed = &parent["historyEvents"][1];
    ensure!(failed["FunctionName"] == "panics" && failed["ScheduledTime"].is_string(), "{failed}");
    ensure!(failed["FailureDetails"]["InnerFailure"]["ErrorType"] == "dacapo:trap", "{failed}");
    let child = failed["InstanceId"].as_str().unwrap_or_default();
    let child = host.client().wait(child)?;
    ensure!(child["parentInstanceId"] == "parent" && child["runtimeStatus"] == "Failed", "{child}");
    host.client().start("talks_to_itself", Some("talks"), "null")?;
    let talks = host.client().wait("talks")?;
    ensure!(types(&talks) == ["ExecutionStarted", "EventSent", "EventRaised", "ExecutionCompleted"], "{talks}");
    let (sent, raised) = (&talks["historyEvents"][1], &talks["historyEvents"][2]);
    ensure!(sent["InstanceId"] == "talks" && sent["Name"] == "word" && sent["Input"] == "hello", "{sent}");
    ensure!(raised["Name"] == "word" && raised["Input"] == "hello", "{raised}");
    Ok(())
}
