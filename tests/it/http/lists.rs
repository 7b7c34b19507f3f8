//! Lists: route 3, and the tokens that lead from page to page.

use anyhow::{Context, Result, ensure};
use expect_test::expect;
use serde_json::Value;
use tests::host::Host;

use super::{HOOK, RPC, ask, ask_with, check, refused};

/// More than are read of the index at once.
const MANY: usize = 600;

/// The host has no instances before.
pub fn check_all(host: &Host) -> Result<()> {
    check(
        host,
        &format!("GET {RPC}/instances"),
        "",
        expect![[r#"
        200
        content-type: application/json; charset=utf-8
        []"#]],
    )?;
    some(host)?;
    pages(host)?;
    all_without_top(host)?;
    bad_queries(host)
}

fn some(host: &Host) -> Result<()> {
    let client = host.client();
    // Each but the last one tries again after a while, so no two of them were created at the same time.
    for (name, id, input) in [("tries", "a-1", "2"), ("tries", "a-2", "9"), ("sequence", "b-3", "3")] {
        client.start(name, Some(id), input)?;
        client.wait(id)?;
    }
    check(
        host,
        &format!("GET {HOOK}/instances/?InstanceIdPrefix=a-"),
        "",
        expect![[r#"
        200
        content-type: application/json; charset=utf-8
        [{"name":"tries","instanceId":"a-2","runtimeStatus":"Failed","input":9,"customStatus":null,"output":"attempt 3","createdTime":"TIME","lastUpdatedTime":"TIME","failure":{"kind":"flaky","message":"attempt 3","retryable":true}},
        {"name":"tries","instanceId":"a-1","runtimeStatus":"Completed","input":2,"customStatus":null,"output":2,"createdTime":"TIME","lastUpdatedTime":"TIME"}]"#]],
    )?;
    check(
        host,
        &format!("GET {HOOK}/instances?runtimeStatus=failed&showInput=False"),
        "",
        expect![[r#"
        200
        content-type: application/json; charset=utf-8
        [{"name":"tries","instanceId":"a-2","runtimeStatus":"Failed","input":null,"customStatus":null,"output":"attempt 3","createdTime":"TIME","lastUpdatedTime":"TIME","failure":{"kind":"flaky","message":"attempt 3","retryable":true}}]"#]],
    )?;
    let bare = "instanceIdPrefix=b&showInput=false&showOutput=false";
    check(
        host,
        &format!("GET {RPC}/instances?{bare}"),
        "",
        expect![[r#"
        200
        content-type: application/json; charset=utf-8
        [{"name":"sequence","instanceId":"b-3","runtimeStatus":"Completed","input":null,"customStatus":null,"output":null,"createdTime":"TIME","lastUpdatedTime":"TIME"}]"#]],
    )?;
    let created = client.status("a-2")?.json()?["createdTime"].as_str().context("a time")?.to_owned();
    let found = |query: &str| ids(host, &format!("{RPC}/instances?{query}"));
    ensure!(found("runtimeStatus=Completed,Failed")? == ["b-3", "a-2", "a-1"]);
    ensure!(found("runtimeStatus=Completed&runtimeStatus=FAILED")? == ["b-3", "a-2", "a-1"]);
    ensure!(found("runtimeStatus=Running,Pending,Suspended,Canceled,ContinuedAsNew")?.is_empty());
    ensure!(found("runtimeStatus=Canceled")?.is_empty());
    ensure!(found(&format!("createdTimeFrom={created}"))? == ["b-3", "a-2"]);
    ensure!(found(&format!("createdTimeTo={created}&taskHub=x&connection=y&code=z"))? == ["a-2", "a-1"]);
    ensure!(found("createdTimeFrom=2100-01-01")?.is_empty());
    ensure!(found("createdTimeTo=2001-01-01T00:00:00%2B01:00")?.is_empty());
    Ok(())
}

fn pages(host: &Host) -> Result<()> {
    let page = |token: &str| -> Result<(Option<String>, String)> {
        let request = format!("GET {RPC}/instances?top=2&showInput=false&showOutput=false");
        let (status, answer) = ask_with(host, &request, &[&format!("x-ms-continuation-token: {token}")], "")?;
        ensure!(status == 200, "{answer}");
        let next = answer.lines().find_map(|line| line.strip_prefix("x-ms-continuation-token: "));
        Ok((next.map(str::to_owned), answer.clone()))
    };
    let (next, first) = page("null")?;
    ensure!(first.contains("b-3") && first.contains("a-2") && !first.contains("a-1"), "{first}");
    let (last, second) = page(&next.context("there are more")?)?;
    ensure!(second.contains("a-1") && !second.contains("a-2") && last.is_none(), "{second}");
    for token in ["x", "-1", "1.5", "99999999999999999999999"] {
        let head = format!("x-ms-continuation-token: {token}");
        let (status, answer) = ask_with(host, &format!("GET {RPC}/instances?top=2"), &[&head], "")?;
        ensure!(status == 400 && answer.contains("dacapo-error: invalid_argument"), "{token}: {answer}");
    }
    // A place behind the last one is the end.
    let head = ["x-ms-continuation-token: 0"];
    let (status, answer) = ask_with(host, &format!("GET {RPC}/instances?top=2"), &head, "")?;
    ensure!(status == 200 && answer.ends_with("[]"), "{answer}");
    Ok(())
}

fn all_without_top(host: &Host) -> Result<()> {
    let client = host.client();
    // They do not begin, which makes them cheap.
    let query = "scheduledStartTime=2030-01-01";
    for number in 0..MANY {
        let answer = client.post(&format!("{RPC}/orchestrators/sequence/many-{number:03}?{query}"), "1")?;
        ensure!(answer.status == 202, "{answer:?}");
    }
    let expect: Vec<_> = (0..MANY).rev().map(|number| format!("many-{number:03}")).collect();
    ensure!(ids(host, &format!("{RPC}/instances?instanceIdPrefix=many-"))? == expect);
    ensure!(ids(host, &format!("{RPC}/instances"))?.len() == MANY + 3);
    ensure!(ids(host, &format!("{RPC}/instances?runtimeStatus=Pending&top=5"))? == expect[..5]);
    Ok(())
}

fn bad_queries(host: &Host) -> Result<()> {
    let check = |query: &str, words: &str| {
        refused(host, &format!("GET {RPC}/instances?{query}"), "", "400 invalid_argument", words)
    };
    check("createdTimeFrom=yesterday", "createdTimeFrom is \\\"yesterday\\\"; it must be a time")?;
    check("createdTimeTo=2026-13-01", "createdTimeTo")?;
    check("runtimeStatus=Running,Asleep", "runtimeStatus is \\\"Asleep\\\"")?;
    check("top=0", "top")?;
    check("top=-1", "top")?;
    check("top=many", "top")?;
    check("showInput=2", "showInput")
}

/// The ids of a list, in its order.
pub fn ids(host: &Host, path: &str) -> Result<Vec<String>> {
    let answer = ask(host, &format!("GET {path}"), "")?;
    ensure!(answer.status == 200 && answer.header("content-type").is_some(), "{answer:?}");
    let list: Vec<Value> = serde_json::from_str(&answer.body)?;
    Ok(list.iter().map(|entry| entry["instanceId"].as_str().unwrap_or_default().to_owned()).collect())
}
