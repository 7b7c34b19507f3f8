//! `dacapo types`: what is written for Rust is compiled here and reads what it describes; the command line around it.

use anyhow::{Context, Result, ensure};
use dacapo::serde::Serialize;
use dacapo::serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tests::host;

use crate::fixture;

// They stay as they are written, since that is what they show.
#[path = "../../host/server/src/types/testdata/guests.rs"]
#[rustfmt::skip]
mod guests;
#[path = "../../host/server/src/types/testdata/nasty.rs"]
#[rustfmt::skip]
mod nasty;

/// What a type reads it writes again.
fn check<T: Serialize + DeserializeOwned>(values: &[Value]) {
    for value in values {
        let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), *value);
    }
}

#[test]
fn stubs_for_rust_read_what_they_describe() {
    check::<nasty::Tree>(&[
        json!({"left": null, "all": []}),
        json!({"left": {"left": null, "all": []}, "all": [{"left": null, "all": []}], "leaf": ["a", ["b", null]]}),
        json!({"left": null, "all": [], "json": [1.5, "a", {"b": [true, null]}], "named": {"x": {"left": null, "all": []}}}),
    ]);
    check::<nasty::Record>(&[
        json!({"type": "t", "runId": "r", "run_id": 1}),
        json!({"type": "t", "runId": "r", "run_id": 1, "color": "dark-red", "self": true, "with space": 1.5, "else": "x"}),
        json!({"type": "t", "runId": "r", "run_id": 1, "either": 7, "nested": {"list": [1], "more": {}}}),
    ]);
    check::<nasty::Shape>(&[
        json!({"kind": "circle", "radius": 1.0}),
        json!({"kind": "square", "side": 2.0}),
        json!("point"),
    ]);
    check::<nasty::Joined>(&[
        json!({"id": "1", "name": "n", "ok": true}),
        json!({"id": "1", "name": "n", "error": "e"}),
    ]);
    check::<guests::Balances>(&[json!({"from": 1, "to": 2})]);
    assert!(serde_json::from_value::<nasty::Record2>(json!({"unknown": 1})).is_err());
}

#[test]
fn the_command_line() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let hello = host::guest("hello")?;
    let hello = hello.to_str().context("a path")?;
    let check = |args: &[&str], code: i32, stdout: &str, stderr: &str| -> Result<()> {
        let ran = host::run_in(folder.path(), &[&["types"], args].concat(), &[])?;
        let fits = |got: &str, words: &str| if words.is_empty() { got.is_empty() } else { got.contains(words) };
        let is_right = ran.code == Some(code) && fits(&ran.stdout, stdout) && fits(&ran.stderr, stderr);
        ensure!(is_right, "{args:?}: {ran:#?}, not {code} {stdout:?} {stderr:?}");
        Ok(())
    };
    check(&["--lang", "ts", hello], 0, "export function sayHello(cx: Context, input: string", "")?;
    check(&["--lang", "python", hello], 0, "def say_hello(\n    cx: Context,\n    input: str,", "")?;
    check(&["--lang", "rust", hello], 0, "pub fn say_hello(cx: &Context, input: String) -> Call<String>", "")?;
    check(&["--lang", "rust", hello], 0, ".timeout(Duration::from_secs(30))", "")?;
    check(&["--lang", "rust", hello, "-o", "stubs.rs"], 0, "", "wrote stubs of 4 functions to stubs.rs")?;
    let written = std::fs::read_to_string(folder.path().join("stubs.rs"))?;
    ensure!(written.ends_with("}\n") && written.starts_with("//! "), "{written}");
    check(&["--lang", "ts", hello, "--json"], 0, "\"functions\":4", "")?;
    check(&["--lang", "ts", hello, "-o", "no/such/folder.ts"], 2, "", "error[file_unwritable]")?;
    check(&["--lang", "ts", "nothing.wasm"], 2, "", "error[file_unreadable]")?;
    check(&["--lang", "ts"], 2, "", "dacapo.toml cannot be read")?;
    check(&["--lang", "ts", "stubs.rs"], 1, "", "error[invalid_component]")?;
    check(&["--lang", "cobol", hello], 2, "", "[possible values: ts, python, rust]")?;
    check(&["--lang", "ts", hello, "--server", "http://127.0.0.1:9"], 2, "", "cannot be used with")?;
    check(&["--lang", "ts", "--server", "http://127.0.0.1:9"], 7, "", "error[server_unreachable]")?;
    let host = fixture::start(fixture::folder()?.path())?;
    check(&["--lang", "ts", "--server", &host.url], 0, "export function notebook(cx: Context, key: string)", "")
}
