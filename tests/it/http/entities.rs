//! Entities: routes 12 to 15, and the documents of our own beside them.

use anyhow::{Context, Result, ensure};
use expect_test::expect;
use serde_json::Value;
use tests::host::Host;

use super::{HOOK, RPC, ask, ask_with, check, refused, too_large};

/// What the contract says of a list without elements, or of a state.
const JSON: &str = "200\ncontent-type: application/json; charset=utf-8\n";

/// The host has no entities before.
pub fn check_all(host: &Host) -> Result<()> {
    ensure!(super::shown(host, &ask(host, &format!("GET {RPC}/entities"), "")?) == format!("{JSON}[]"));
    states(host)?;
    inputs(host)?;
    details(host)?;
    lists(host)?;
    ends(host)?;
    refusals(host)
}

/// A signal was run when it was answered, unless it has to wait for a lock or for its time.
fn states(host: &Host) -> Result<()> {
    let signal = |operation: &str, input: &str| {
        check(host, &format!("POST {HOOK}/entities/Counter/A?op={operation}"), input, expect!["202\n"])
    };
    let value = |expect: i64| {
        let answer = ask(host, &format!("GET {RPC}/entities/COUNTER/A?taskHub=x&code=y"), "")?;
        ensure!(super::shown(host, &answer) == format!("{JSON}{{\"value\":{expect}}}"), "{answer:?}, not {expect}");
        Ok(())
    };
    signal("add", "5")?;
    value(5)?;
    signal("ADD", "-7")?;
    value(-2)?;
    signal("reset", "")?;
    value(0)?;
    // The entity refuses these. Nobody hears of it, and nothing is changed.
    signal("explode", "1")?;
    signal("add", "\"three\"")?;
    value(0)?;
    // Not before its time.
    signal("add&scheduledTime=2030-01-01", "9")?;
    signal("add&scheduledTime=2001-01-01", "1")?;
    value(1)?;
    // Keys are what they are, unlike names.
    check(
        host,
        &format!("GET {RPC}/entities/counter/a"),
        "",
        expect![[r#"
            404
            dacapo-error: not_found
        "#]],
    )
}

/// JSON is taken as it is, anything else as a text.
fn inputs(host: &Host) -> Result<()> {
    let insert = |kind: &str, body: &str| -> Result<()> {
        let head = format!("content-type: {kind}");
        let (status, answer) = ask_with(host, &format!("POST {RPC}/entities/members/$?op=insert"), &[&head], body)?;
        ensure!(status == 202, "{kind} {body}: {answer}");
        Ok(())
    };
    insert("application/json; charset=utf-8", "\"Ada\"")?;
    insert("text/plain", "Grace \"H\"")?;
    insert("application/x-anything", "[1]")?;
    check(
        host,
        &format!("GET {RPC}/entities/members/$"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            ["Ada","Grace \"H\"","[1]"]"#]],
    )
}

fn details(host: &Host) -> Result<()> {
    check(
        host,
        &format!("GET {RPC}/entities/Counter/A/details"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            {"entityId":{"name":"counter","key":"A"},"lastOperationTime":"TIME","stateVersion":0,"state":{"value":1}}"#]],
    )?;
    refused(host, &format!("GET {RPC}/entities/counter/nobody/details"), "", "404 not_found", "@counter@nobody")?;
    // Beyond the contract, and for local clients only.
    refused(host, &format!("GET {HOOK}/entities/counter/A/details"), "", "404 route_not_found", "details")?;
    refused(host, &format!("POST {HOOK}/clean-entities"), "", "404 route_not_found", "clean-entities")?;
    check(
        host,
        &format!("POST {RPC}/clean-entities"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            {"locksReleased":0}"#]],
    )
}

fn lists(host: &Host) -> Result<()> {
    for key in ["b-1", "b-2"] {
        let answer = ask(host, &format!("POST {RPC}/entities/counter/{key}?op=add"), "3")?;
        ensure!(answer.status == 202, "{answer:?}");
    }
    check(
        host,
        &format!("GET {HOOK}/entities/?FetchState=True"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            [{"entityId":{"name":"counter","key":"b-2"},"lastOperationTime":"TIME","state":{"value":3}},
            {"entityId":{"name":"counter","key":"b-1"},"lastOperationTime":"TIME","state":{"value":3}},
            {"entityId":{"name":"members","key":""},"lastOperationTime":"TIME","state":["Ada","Grace \"H\"","[1]"]},
            {"entityId":{"name":"counter","key":"A"},"lastOperationTime":"TIME","state":{"value":1}}]"#]],
    )?;
    check(
        host,
        &format!("GET {RPC}/entities/Counter?keyPrefix=b-2"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            [{"entityId":{"name":"counter","key":"b-2"},"lastOperationTime":"TIME","state":null}]"#]],
    )?;
    let found = |query: &str| keys(&ask(host, &format!("GET {RPC}/entities{query}"), "")?.json()?);
    ensure!(found("")? == ["b-2", "b-1", "", "A"]);
    ensure!(found("/counter")? == ["b-2", "b-1", "A"]);
    ensure!(found("/count")?.is_empty());
    ensure!(found("/no%20name")?.is_empty());
    ensure!(found("?lastOperationTimeFrom=2090-01-01")?.is_empty());
    ensure!(found("?lastOperationTimeTo=2001-01-01")?.is_empty());
    ensure!(found("?lastOperationTimeFrom=2001-01-01&lastOperationTimeTo=2090-01-01")?.len() == 4);
    pages(host)?;
    let refused = |query: &str, words: &str| {
        refused(host, &format!("GET {RPC}/entities?{query}"), "", "400 invalid_argument", words)
    };
    refused("lastOperationTimeFrom=yesterday", "lastOperationTimeFrom is")?;
    refused("lastOperationTimeTo=2026-13-01", "lastOperationTimeTo is")?;
    refused("fetchState=2", "fetchState is")?;
    refused("top=0", "top is")
}

/// Page after page, as the JavaScript client reads lists.
fn pages(host: &Host) -> Result<()> {
    let (mut token, mut found) = ("null".to_owned(), Vec::new());
    for _ in 0..2 {
        let head = format!("x-ms-continuation-token: {token}");
        let (status, answer) = ask_with(host, &format!("GET {RPC}/entities?top=2"), &[&head], "")?;
        ensure!(status == 200, "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").context("a head and a body")?;
        found.extend(keys(&serde_json::from_str(body)?)?);
        let next = head.lines().find_map(|line| line.strip_prefix("x-ms-continuation-token: "));
        token = next.unwrap_or_default().to_owned();
    }
    ensure!(found == ["b-2", "b-1", "", "A"], "{found:?}");
    Ok(())
}

fn keys(list: &Value) -> Result<Vec<String>> {
    let entries = list.as_array().with_context(|| format!("not a list: {list}"))?;
    Ok(entries.iter().map(|entry| entry["entityId"]["key"].as_str().unwrap_or_default().to_owned()).collect())
}

/// How an entity loses its state, or is forgotten.
fn ends(host: &Host) -> Result<()> {
    check(host, &format!("DELETE {RPC}/entities/COUNTER/b-1"), "", expect!["202\n"])?;
    let status = |path: &str| anyhow::Ok(ask(host, &format!("GET {RPC}/{path}"), "")?.status);
    ensure!(status("entities/counter/b-1")? == 404 && status("entities/counter/b-1/details")? == 404);
    check(
        host,
        &format!("DELETE {HOOK}/instances/@Counter@b-2"),
        "",
        expect![[r#"
            200
            content-type: application/json; charset=utf-8
            {"instancesDeleted":1}"#]],
    )?;
    ensure!(status("entities/counter/b-2")? == 404);
    refused(host, &format!("DELETE {RPC}/instances/@counter@b-2"), "", "404 not_found", "@counter@b-2")?;
    // An entity is no instance in any other way.
    ensure!(status("instances/@counter@A")? == 404 && status("entities/counter/A")? == 200);
    refused(host, &format!("POST {RPC}/instances/@counter@A/terminate"), "", "404 not_found", "no such instance")?;
    refused(host, &format!("POST {RPC}/orchestrators/tally/@counter@A"), "", "400 invalid_id", "'@'")
}

fn refusals(host: &Host) -> Result<()> {
    let post = |path: &str, body: &str, expect: &str, words: &str| {
        refused(host, &format!("POST {RPC}/entities/{path}"), body, expect, words)
    };
    check(
        host,
        &format!("POST {RPC}/entities/conter/a?op=add"),
        "1",
        expect![[r#"
            400
            content-type: application/json; charset=utf-8
            dacapo-error: unknown_function
            {"Message":"One or more of the arguments submitted is incorrect","ExceptionMessage":"The function 'conter' doesn't exist, is disabled, or is not an entity function. Did you mean 'counter'? The known entity functions are: 'counter', 'liar', 'members', 'moody', 'notebook', 'register'.","ExceptionType":"System.ArgumentException","StackTrace":"","code":"unknown_function","hint":"Deploy a component that has it, or correct the name."}"#]],
    )?;
    // An orchestrator is no entity.
    post("tally/a?op=add", "1", "400 unknown_function", "not an entity function")?;
    post("no%20name/a?op=add", "1", "400 invalid_id", "the name of an entity")?;
    post("counter/a%2Fb?op=add", "1", "400 invalid_id", "the key of an entity")?;
    post("counter/a%0Ab?op=add", "1", "400 invalid_id", "the key of an entity")?;
    post("counter/%FF?op=add", "1", "400 invalid_id", "UTF-8")?;
    post(&format!("counter/{}?op=add", "k".repeat(101)), "1", "400 invalid_id", "at most 100")?;
    post("counter/a", "1", "400 invalid_argument", "op is missing")?;
    post("counter/a?op=", "1", "400 invalid_argument", "op is missing")?;
    post("counter/a?op=a%0Ab", "1", "400 invalid_argument", "the name of an event or an operation")?;
    post("counter/a?op=add&scheduledTime=soon", "1", "400 invalid_argument", "scheduledTime is")?;
    post("counter/a?op=add&scheduledTime=2999-01-01", "1", "400 invalid_argument", "ten years")?;
    post("counter/a?op=add", "{", "400 invalid_json", "")?;
    post("counter/a?op=add", &"[".repeat(65), "400 invalid_json", "64")?;
    too_large(host, &format!("POST {RPC}/entities/counter/a?op=add"))?;
    post("counter", "1", "404 route_not_found", "entities/counter")?;
    refused(host, &format!("DELETE {RPC}/entities/nobody/a"), "", "400 unknown_function", "nobody")?;
    refused(host, &format!("DELETE {RPC}/entities/counter/a%3Fb"), "", "400 invalid_id", "the key")?;
    for path in ["no%20name/a", "counter/a%23b", "nobody/a"] {
        let answer = ask(host, &format!("GET {RPC}/entities/{path}"), "")?;
        ensure!(answer.status == 404 && answer.body.is_empty(), "{path}: {answer:?}");
    }
    ensure!(ask(host, &format!("GET {RPC}/entities/counter/a"), "")?.status == 404, "what was refused left something");
    Ok(())
}
