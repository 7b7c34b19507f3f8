//! The clients that exist, unmodified, and a tester of the OpenAPI document, each against a host of its own.
//!
//! What they ask and what they expect is in `tests/clients`; here is only where their packages come from and how a host
//! is started for them. What a script prints is shown when it fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::host::{self, Host, HostCommand};

/// Where the host serves the binding, which tells a client how to speak to it.
const BINDING: &str = "/runtime/webhooks/durabletask/client-binding";

#[test]
fn the_client_of_pypi() -> Result<()> {
    let packages = install("python/requirements.txt")?;
    check(Command::new(packages.join("bin/python")).arg(file("python/main.py")), Tells::Binding)
}

#[test]
fn the_client_of_npm_on_the_local_port() -> Result<()> {
    check(node()?.arg("rpc"), Tells::Binding)
}

#[test]
fn the_client_of_npm_over_webhooks() -> Result<()> {
    check(node()?.arg("webhook"), Tells::Binding)
}

#[test]
fn every_answer_is_documented() -> Result<()> {
    let packages = install("schemathesis/requirements.txt")?;
    let mut command = Command::new(packages.join("bin/python"));
    command.args(["-m", "schemathesis.cli", "--no-color", "--config-file"]).arg(file("schemathesis/schemathesis.toml"));
    check(command.arg("run"), Tells::Document)
}

/// How a script learns of its host.
#[derive(Debug, Clone, Copy)]
enum Tells {
    /// By the binding, in its environment.
    Binding,
    /// By the URL of the OpenAPI document, as its last argument.
    Document,
}

/// Runs a script against a host that has the clients' guest. The script says whether all is as it should be.
fn check(script: &mut Command, tells: Tells) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut host = HostCommand::new(&host::binary()?, &folder.path().join("data"));
    host.deploy = vec![guest()?];
    let host = host.start()?;
    match tells {
        Tells::Binding => script.env("DACAPO_BINDING", binding(&host)?),
        Tells::Document => script.arg(format!("{}/openapi.json", host.url)),
    };
    // Nothing in the environment may lead a client elsewhere, and nothing is left beside the sources.
    script.env("NO_PROXY", "*").env_remove("WEBSITE_HOSTNAME").env("PYTHONDONTWRITEBYTECODE", "1");
    let output = script.current_dir(folder.path()).output().with_context(|| format!("{script:?}"))?;
    ensure!(output.status.success(), "the script ended with {}:\n{}", output.status, printed(&output));
    Ok(())
}

/// The binding as the command line prints it, which is the one that the host serves.
fn binding(host: &Host) -> Result<String> {
    let ran = host::run(&host::binary()?, &["client-binding", "--server", &host.url], "")?;
    ensure!(ran.code == Some(0), "{ran:?}");
    let (printed, served) = (serde_json::from_str::<Value>(&ran.stdout)?, host.client().get(BINDING)?.json()?);
    ensure!(printed == served, "printed {printed}, served {served}");
    Ok(ran.stdout)
}

fn node() -> Result<Command> {
    let packages = install("node/package-lock.json")?;
    let mut command = Command::new("node");
    command.env("NODE_PATH", packages.join("node_modules")).arg(file("node/main.js"));
    Ok(command)
}

/// The folder with the packages of this lock file; the first time they are fetched.
fn install(lock: &str) -> Result<PathBuf> {
    let output = Command::new(file("install.sh")).arg(file(lock)).output().context("install.sh")?;
    ensure!(output.status.success(), "the packages of {lock} cannot be installed:\n{}", printed(&output));
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// The component with the functions that the clients start.
pub fn guest() -> Result<PathBuf> {
    let wasm = file("guest/clients-guest.wasm");
    ensure!(wasm.is_file(), "{} is missing: `make guests` builds it", wasm.display());
    Ok(wasm)
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
