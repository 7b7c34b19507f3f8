//! What tools fetch, and the routes that are none.

use anyhow::{Context, Result, ensure};
use expect_test::expect;
use tests::host::Host;

use super::{HOOK, RPC, ask, check, refused};

/// The instances are those of [`super::starts`].
pub fn check_all(host: &Host) -> Result<()> {
    binding(host)?;
    a_history_and_its_component(host)?;
    health(host)?;
    no_routes(host)
}

fn binding(host: &Host) -> Result<()> {
    check(
        host,
        &format!("GET {HOOK}/client-binding"),
        "",
        expect![[r#"
        200
        content-type: application/json; charset=utf-8
        {"taskHubName":"dacapo","creationUrls":{"createNewInstancePostUri":"http://HOST/runtime/webhooks/durabletask/orchestrators/{functionName}[/{instanceId}]?taskHub=dacapo&connection=Storage","createAndWaitOnNewInstancePostUri":"http://HOST/runtime/webhooks/durabletask/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&taskHub=dacapo&connection=Storage"},"managementUrls":{"id":"INSTANCEID","statusQueryGetUri":"http://HOST/runtime/webhooks/durabletask/instances/INSTANCEID?taskHub=dacapo&connection=Storage","sendEventPostUri":"http://HOST/runtime/webhooks/durabletask/instances/INSTANCEID/raiseEvent/{eventName}?taskHub=dacapo&connection=Storage","terminatePostUri":"http://HOST/runtime/webhooks/durabletask/instances/INSTANCEID/terminate?reason={text}&taskHub=dacapo&connection=Storage","rewindPostUri":"http://HOST/runtime/webhooks/durabletask/instances/INSTANCEID/rewind?reason={text}&taskHub=dacapo&connection=Storage","purgeHistoryDeleteUri":"http://HOST/runtime/webhooks/durabletask/instances/INSTANCEID?taskHub=dacapo&connection=Storage","restartPostUri":"http://HOST/runtime/webhooks/durabletask/instances/INSTANCEID/restart?taskHub=dacapo&connection=Storage","suspendPostUri":"http://HOST/runtime/webhooks/durabletask/instances/INSTANCEID/suspend?reason={text}&taskHub=dacapo&connection=Storage","resumePostUri":"http://HOST/runtime/webhooks/durabletask/instances/INSTANCEID/resume?reason={text}&taskHub=dacapo&connection=Storage"},"baseUrl":"http://HOST/runtime/webhooks/durabletask","requiredQueryStringParameters":"taskHub=dacapo&connection=Storage","rpcBaseUrl":"http://HOST/durabletask/","httpBaseUrl":null}"#]],
    )?;
    let (there, here) = (ask(host, &format!("GET {HOOK}/client-binding"), "")?, format!("GET {RPC}/client-binding"));
    ensure!(there.body == ask(host, &here, "")?.body);
    Ok(())
}

fn a_history_and_its_component(host: &Host) -> Result<()> {
    let history = ask(host, &format!("GET {HOOK}/instances/one/history"), "")?;
    ensure!(history.status == 200 && history.header("content-type").is_some(), "{history:?}");
    let export = kernel::codec::Export::from_json(&history.body)?;
    let started = export.records.first().and_then(|record| record.started()).context("a start")?;
    ensure!(started.id.as_str() == "one" && started.spec.name.as_str() == "sequence", "{started:?}");
    // The body is not text, so it is looked at as it comes.
    let request =
        format!("GET {RPC}/components/{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", started.component);
    let component = host.client().raw(request.as_bytes())?;
    let (head, body) = component.split_once("\r\n\r\n").context("a head")?;
    ensure!(head.starts_with("HTTP/1.1 200") && head.contains("content-type: application/wasm"), "{head}");
    ensure!(body.starts_with("\0asm"), "{:?}", body.get(..20));
    for digest in ["00", &"0".repeat(64), "%FF"] {
        let expect = if digest == "%FF" { "400 invalid_id" } else { "404 unknown_component" };
        refused(host, &format!("GET {RPC}/components/{digest}"), "", expect, "")?;
    }
    refused(host, &format!("GET {RPC}/instances/nobody/history"), "", "404 not_found", "nobody")?;
    refused(host, &format!("GET {RPC}/instances/@nobody/history"), "", "404 not_found", "no such instance")
}

fn health(host: &Host) -> Result<()> {
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

fn no_routes(host: &Host) -> Result<()> {
    for (request, words) in [
        (format!("GET {RPC}/orchestrators/sequence"), "GET"),
        (format!("DELETE {RPC}/orchestrators/sequence/one"), "DELETE"),
        (format!("POST {RPC}/instances"), "POST"),
        (format!("GET {RPC}/instances/one/terminate"), "terminate"),
        (format!("DELETE {RPC}/entities"), "entities"),
        (format!("GET {HOOK}/components/0"), "components"),
        ("GET /".to_owned(), "there is no GET /"),
    ] {
        refused(host, &request, "", "404 route_not_found", words)?;
    }
    Ok(())
}
