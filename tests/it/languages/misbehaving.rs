//! What authors do wrong, in each language: the same mistakes under the same names, each told by its kind and its place in the
//! source.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::host::Host;
use tests::languages::app;

/// What a language says of a mistake: of which kind it is, in which words, and at which line of the source.
struct Case(&'static str, &'static str, &'static str, &'static str);

#[test]
fn js() -> Result<()> {
    let cases = [
        Case("throws", "error", "TypeError: cannot read property 'value' of undefined", "return nothing.value;"),
        Case("floods", "error", "Error: mmmm", ""),
        Case("recurses", "dacapo:stack-overflow", "recurse", ""),
        Case("loops", "dacapo:out-of-fuel", "fuel of", ""),
        Case("allocates", "dacapo:out-of-memory", "536870912", ""),
        Case("returns_cycle", "invalid-output", "$.inner[0]", ""),
        Case("returns_number", "invalid-output", "$.sizes[0]", ""),
        Case("returns_code", "invalid-output", "$.code", ""),
        Case("throws_no_error", "error", "no Error: { code: 7 }", ""),
        Case("rejects", "error", "Error: nobody handles this", "Promise.reject(new Error"),
        Case("sleeps", "error", "cx.sleep", "setTimeout(resolve, 10)"),
        Case("blocks", "error", "cx.callHttp", "fetch("),
        Case("awaits_foreign", "stalled", "not durable", "new Promise(() => {})"),
    ];
    check("js", "misbehaving.js", &cases)
}

#[test]
fn python() -> Result<()> {
    let missing = "AttributeError: 'NoneType' object has no attribute 'value'";
    let cases = [
        Case("throws", "error", missing, "return nothing.value"),
        Case("floods", "error", "ValueError: mmmm", "raise ValueError("),
        Case("recurses", "error", "RecursionError", "return 1 + recursing"),
        Case("loops", "dacapo:out-of-fuel", "fuel of", ""),
        Case("allocates", "dacapo:out-of-memory", "536870912", ""),
        Case("returns_cycle", "invalid-output", "contains itself", ""),
        Case("returns_number", "invalid-output", "$.sizes[0]", ""),
        Case("returns_code", "invalid-output", "$.code", ""),
        Case("throws_no_error", "error", "SystemExit: 7", "sys.exit(7)"),
        Case("sleeps", "error", "cx.sleep", "time.sleep(0.02)"),
        Case("blocks", "error", "socket", "socket.create_connection"),
        Case("awaits_foreign", "error", "cx.sleep", "await asyncio.sleep(1)"),
    ];
    check("python", "misbehaving.py", &cases)
}

/// Each mistake in an orchestrator, after it has awaited something; and in an activity, if it is one there.
fn check(language: &str, file: &str, cases: &[Case]) -> Result<()> {
    let folder = format!("tests/languages/misbehaving/{language}");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("a repository")?.join(&folder).join(file);
    let source = std::fs::read_to_string(source)?;
    let host = app::command(&folder)?.start()?;
    let mut wrong = Vec::new();
    for Case(name, kind, words, line) in cases {
        let place = place(&source, file, line)?;
        wrong.extend(fails(&host, name, &json!(null), kind, &[words, &place]).err());
        // In an activity one may wait, and what never ends is stopped by the host's timeout.
        if !["loops", "sleeps", "blocks", "awaits_foreign"].contains(name) {
            let kinds = if kind.starts_with("dacapo:") { format!("task-failed < {kind}") } else { (*kind).to_owned() };
            wrong.extend(fails(&host, "calls", &json!(format!("task_{name}")), &kinds, &[words, &place]).err());
        }
    }
    wrong.extend(gambles(&host).err());
    let text: Vec<_> = wrong.iter().map(|error| format!("{error:#}")).collect();
    ensure!(wrong.is_empty(), "{language}: {} mistakes are told wrong:\n{}", wrong.len(), text.join("\n"));
    Ok(())
}

/// How the place of a line of the source is written: `file:line` in the one language, `line n` of a `File "…"` in the other.
fn place(source: &str, file: &str, line: &str) -> Result<String> {
    if line.is_empty() {
        return Ok(String::new());
    }
    let at = source.lines().position(|other| other.contains(line)).with_context(|| format!("{line} is in {file}"))?;
    let number = at + 1;
    Ok(if file.ends_with(".py") { format!("\"{file}\", line {number}") } else { format!("{file}:{number}") })
}

fn fails(host: &Host, name: &str, input: &Value, kinds: &str, words: &[&str]) -> Result<()> {
    let client = host.client();
    let ended = client.wait(&client.start(name, None, &input.to_string())?)?;
    let failure = &ended["failure"];
    let causes = failure["causes"].as_array().into_iter().flatten();
    let got: Vec<_> = std::iter::once(failure).chain(causes).filter_map(|one| one["kind"].as_str()).collect();
    let text = ["message", "details"].map(|name| failure[name].as_str().unwrap_or_default()).join("\n");
    let begin: String = text.chars().take(2_000).collect();
    ensure!(got.join(" < ") == kinds, "{name} {input} failed with {got:?}, not {kinds}: {begin}");
    let missing = words.iter().find(|words| !text.contains(**words));
    ensure!(missing.is_none(), "{name} {input} does not say {missing:?}: {begin}");
    // It is a small answer, whatever the guest did.
    let length = failure.to_string().len();
    ensure!(length < 64 << 10, "{name} {input}: {length} bytes");
    Ok(())
}

/// Who decides by chance and by the clock is replayed like everybody else, and chance is not the same twice.
fn gambles(host: &Host) -> Result<()> {
    let client = host.client();
    let id = client.start("gambles", None, "null")?;
    client.until(&id, |status| status["historyEvents"].as_array().is_some_and(|events| events.len() > 11))?;
    client.post(&format!("/runtime/webhooks/durabletask/instances/{id}/raiseEvent/go"), "null")?;
    ensure!(client.wait(&id)?["output"] == 20, "{}", client.wait(&id)?);
    let gamble = || -> Result<Value> {
        let ended = client.wait(&client.start("calls", None, "\"task_gambles\"")?)?;
        ensure!(ended["output"][2] == true, "{ended}");
        Ok(ended["output"].clone())
    };
    let (one, other) = (gamble()?, gamble()?);
    ensure!(one[0] != other[0] && one[1] != other[1], "two calls of an activity gave {one} and {other}");
    ensure!(client.wait(&client.start("calls", None, "\"task_sleeps\"")?)?["output"] == "slept");
    Ok(())
}
