//! The first thing to run, in a language that has no SDK: the host does not notice, and neither does a replay.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::host::{self, Host, HostCommand};

#[test]
fn in_c() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut command = HostCommand::new(&host::binary()?, folder.path());
    command.deploy = vec![host::guest("hello-c")?];
    let mut running = command.start()?;
    let dacapo =
        |host: &Host, args: &[&str]| host::run(&host::binary()?, &[args, &["--server", &host.url]].concat(), "");
    let check = |input: Value, expect: Value| {
        let ran = dacapo(&running, &["run", "hello_sequence", &input.to_string(), "--json"])?;
        let said: Value = serde_json::from_str(ran.stdout.lines().last().unwrap_or_default())?;
        ensure!(said["output"] == expect || said["failure"]["kind"] == expect, "{input}: {ran:?}");
        Ok(())
    };
    check(Value::Null, json!(["Hello, Tokyo!", "Hello, Seattle!", "Hello, London!"]))?;
    check(json!([]), json!([]))?;
    check(json!(["a\"b\\c", "é\n"]), json!(["Hello, a\"b\\c!", "Hello, é\n!"]))?;
    check(json!({ "city": "Oslo" }), json!("invalid-input"))?;
    check(json!(["Oslo", 1]), json!("invalid-input"))?;

    let cities: Vec<_> = (0..300).map(|number| format!("city {number}")).collect();
    running.client().start("hello_sequence", Some("long"), &json!(cities).to_string())?;
    running.strike()?;
    command.deploy.clear();
    let running = command.start()?;
    let status = running.client().wait("long")?;
    let greetings: Vec<_> = cities.iter().map(|city| format!("Hello, {city}!")).collect();
    ensure!(status["output"] == json!(greetings), "{status}");

    let history = folder.path().join("long.json").display().to_string();
    ensure!(dacapo(&running, &["history", "long", "--export", &history])?.code == Some(0), "the history is exported");
    for language in ["hello-c", "hello", "hello-js"] {
        let component = host::guest(language)?.display().to_string();
        let ran = dacapo(&running, &["replay", &history, "--with", &component])?;
        ensure!(ran.code == Some(0) && ran.stdout.starts_with("ok: "), "{language}: {ran:?}");
    }
    Ok(())
}
