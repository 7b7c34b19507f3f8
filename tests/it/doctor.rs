//! `dacapo doctor`: what is missing, what to do about it, and that nothing is installed.

use std::net::TcpListener;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::host::{self, Ran};

/// A machine with nothing on it, and nothing installed for this user.
fn bare(folder: &tempfile::TempDir, args: &[&str]) -> Result<Ran> {
    let home = folder.path().to_str().context("a path")?;
    host::run_in(
        folder.path(),
        &[&["doctor"], args].concat(),
        &[("PATH", ""), ("HOME", home), ("XDG_CACHE_HOME", home)],
    )
}

fn manifest(folder: &tempfile::TempDir, build: &str) -> Result<()> {
    let text = format!("name = \"app\"\n[[component]]\nwasm = \"app.wasm\"\nbuild = {build}\n");
    Ok(std::fs::write(folder.path().join("dacapo.toml"), text)?)
}

#[test]
fn what_a_manifest_needs_has_to_be_there() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let check = |code: i32, words: &[&str]| -> Result<()> {
        let ran = bare(&folder, &[])?;
        ensure!(ran.code == Some(code), "{ran:#?}");
        for words in words {
            ensure!(ran.stdout.contains(words) || ran.stderr.contains(words), "{words:?}: {ran:#?}");
        }
        Ok(())
    };
    check(0, &["missing   node", "if wanted: install it from nodejs.org", "all that a host needs is there"])?;
    manifest(&folder, "{ command = [\"make\"] }")?;
    check(0, &["all that . needs is there"])?;
    manifest(&folder, "{ js = \"app.js\" }")?;
    check(1, &["fix: install it from nodejs.org", "missing   JavaScript toolchain", ". lacks 3 of what it needs"])?;
    manifest(&folder, "{ python = \"app.py\" }")?;
    check(1, &["missing   python3", "apt-get install python3 python3-venv"])?;
    manifest(&folder, "{ cargo = \"app\" }")?;
    check(1, &["missing   cargo", "missing   Rust for WebAssembly", "rustup target add"])?;
    manifest(&folder, "{ c = [\"app.c\"] }")?;
    check(1, &["missing   C compiler for WASI"])?;
    let entries = std::fs::read_dir(folder.path())?.count();
    ensure!(entries == 1, "nothing was installed, but there are {entries} entries");
    manifest(&folder, "{ npm = \"app\" }")?;
    check(2, &["error[invalid_manifest]", "unknown variant `npm`"])
}

#[test]
fn a_host_needs_a_place() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("file"), "")?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let ran = bare(&folder, &["--data", "file/data", "--port", &port, "--json"])?;
    ensure!(ran.code == Some(1), "{ran:#?}");
    let report: Value = serde_json::from_str(&ran.stdout)?;
    ensure!(report["ready"] == false && report["manifest"].is_null(), "{report}");
    let check = |name: &str, state: &str, need: &str| -> Result<()> {
        let checks = report["checks"].as_array().context("checks")?;
        let found = checks.iter().find(|check| check["name"] == name).context("a check of that name")?;
        ensure!(found["state"] == state && found["need"] == need, "{found}");
        ensure!((state == "ok") == found["fix"].is_null(), "what is wrong has a fix: {found}");
        Ok(())
    };
    check("data folder", "missing", "required")?;
    check("port", "in-use", "optional")?;
    check("disk", "ok", "required")?;
    check("node", "missing", "optional")
}
