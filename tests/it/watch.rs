//! `dacapo up --watch`: what changes is served; what goes wrong leaves things as they are.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::host::{self, Host, HostCommand};

use crate::triggers::fixture::until_sum;

/// An application whose build copies the component that its source names.
const MANIFEST: &str = r#"name = "app"
[[component]]
wasm = "app.wasm"
build = { command = ["sh", "-c", "cp $(cat src/which) app.wasm"] }
client = ["start", "signal", "read-entity"]
"#;
const ROUTE: &str = "[[component.http]]\nroute = \"sums/{key}\"\n";
const TIMER: &str = "[[component.timer]]\nfunction = \"tick\"\nschedule = \"* * * * * *\"\n";

struct App<'a> {
    folder: &'a Path,
    host: Host,
}

impl App<'_> {
    fn write(&self, file: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.folder.join("app").join(file), text)?)
    }

    /// Names another component, or another manifest, and waits for what the host says to that.
    fn change(&mut self, file: &str, text: &str, says: &str) -> Result<()> {
        self.write(file, text)?;
        self.host.wait_for_lines(says, 1).with_context(|| format!("{file}: {text}"))
    }

    fn status_of(&self, path: &str) -> Result<u16> {
        Ok(self.host.client().get(path)?.status)
    }
}

#[test]
fn changes_are_served() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let app = folder.path().join("app");
    std::fs::create_dir_all(app.join("src"))?;
    let component = |path: std::path::PathBuf| path.to_str().map(str::to_owned).context("a path");
    let hello = component(host::guest("hello")?)?;
    let sums = component(Path::new(env!("CARGO_MANIFEST_DIR")).join("triggers/guest/triggers-guest.wasm"))?;
    std::fs::write(app.join("dacapo.toml"), MANIFEST)?;
    std::fs::write(app.join("src/which"), &hello)?;
    let mut command = HostCommand::new(&host::binary()?, &app.join("data"));
    command.deploy = vec![app];
    command.extra = vec!["--watch".to_owned()];
    let mut app = App { folder: folder.path(), host: command.start()? };
    app.host.wait_for_lines("watching for changes", 1)?;

    // Another component, then its route and its timer.
    ensure!(app.status_of("/api/sums/a")? == 404);
    app.change("src/which", &sums, "new executions begin with it")?;
    app.change("dacapo.toml", &format!("{MANIFEST}{ROUTE}"), "route: any method")?;
    app.host.wait_for_lines("new executions begin with it", 1)?;
    ensure!(app.status_of("/api/sums/a")? == 200);
    app.change("dacapo.toml", &format!("{MANIFEST}{ROUTE}{TIMER}"), "timer: tick at")?;
    until_sum(&app.host, "ticks", |(_, count)| count > 0)?;

    // What goes wrong leaves everything as it is.
    app.change("src/which", "/no/such/file", "the version before goes on")?;
    app.change("src/which", &hello, "but answers no requests")?;
    app.host.wait_for_lines("the version before goes on", 1)?;
    app.change("dacapo.toml", "name = ", "error[invalid_manifest]")?;
    app.host.wait_for_lines("the version before goes on", 1)?;
    ensure!(app.status_of("/api/sums/a")? == 200);

    // And the way back.
    app.change("dacapo.toml", MANIFEST, "no more route")?;
    app.host.wait_for_lines("new executions begin with it", 1)?;
    ensure!(app.status_of("/api/sums/a")? == 404);
    let started =
        app.host.client().post("/runtime/webhooks/durabletask/orchestrators/sequence", &json!(1).to_string())?;
    ensure!(started.status == 202, "{started:?}");

    // A file in a folder that is new is a source, and what the host keeps beside it is not.
    std::fs::create_dir(app.folder.join("app/src/deep"))?;
    app.change("src/deep/new", "x", "changed: ")?;
    app.host.wait_for_lines("nothing to deploy", 1)?;
    ensure!(app.host.stop()? == Some(0), "a host that watches stops in order");
    Ok(())
}

#[test]
fn what_cannot_be_watched() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut command = HostCommand::new(&host::binary()?, &folder.path().join("data"));
    command.extra = vec!["--watch".to_owned()];
    command.deploy = vec![folder.path().join("nothing")];
    let ran = command.run()?;
    ensure!(ran.code == Some(2) && ran.stderr.contains("error[file_unreadable]"), "{ran:#?}");
    Ok(())
}
