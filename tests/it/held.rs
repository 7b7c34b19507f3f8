//! Instances that are held: their code diverged, or is not there. They are shown, can be managed, and go on with a
//! deployment that fits.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::host::{self, Host};
use tests::http::Client;

use crate::fixture;

const LIARS: [&str; 2] = ["lies_when_replayed", "forgets_when_replayed"];

fn is_held(status: &Value) -> bool {
    !status["held"].is_null()
}

/// A host over this folder, on which another build of the guest is deployed.
fn rebuilt(folder: &Path, build: char) -> Result<Host> {
    let file = folder.join(format!("build-{build}.wasm"));
    fs::write(&file, fixture::misbehaving(build)?)?;
    let mut command = fixture::command(folder)?;
    command.deploy = vec![file];
    command.start()
}

/// Whether the history has this event.
fn has(status: &Value, kind: &str) -> bool {
    status["historyEvents"].as_array().is_some_and(|events| events.iter().any(|event| event["EventType"] == kind))
}

/// Everything that can be done with an instance whose code cannot be played.
fn can_be_managed(client: &Client, id: &str) -> Result<()> {
    let instances = "/durabletask/instances";
    for (operation, status) in [("suspend", "Suspended"), ("resume", "Running")] {
        ensure!(client.post(&format!("{instances}/{id}/{operation}"), "")?.status == 202, "{operation} {id}");
        client.until(id, |shown| shown["runtimeStatus"] == status && is_held(shown))?;
    }
    ensure!(client.post(&format!("{instances}/{id}/raiseEvent/word"), "1")?.status == 202, "raise {id}");
    let shown = client.status(id)?.json()?;
    ensure!(has(&shown, "EventRaised") && is_held(&shown), "{shown}");
    ensure!(client.post(&format!("{instances}/{id}/rewind"), "")?.status == 412, "rewind {id}");
    ensure!(client.delete(&format!("{instances}/{id}"))?.status == 412, "purge {id}");
    Ok(())
}

#[test]
fn code_that_changed_is_held_and_can_be_managed() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    tell_lies(&host)?;
    host.kill();
    let host = fixture::start(folder.path())?;
    let client = host.client();
    for liar in LIARS {
        let held = client.until(liar, is_held)?;
        println!("{liar}: {} {}", held["held"], held["heldDetails"]);
        ensure!(held["runtimeStatus"] == "Running", "{held}");
        let shown = held["held"].to_string() + &held["heldDetails"].to_string();
        for word in [liar, "echo", "history has", "code has", "recorded by", "deploy code"] {
            ensure!(shown.contains(word), "it does not say {word:?}: {shown}");
        }
        can_be_managed(&client, liar)?;
    }
    let other = client.start("sequence", None, "3")?;
    ensure!(client.wait(&other)?["output"] == 3, "others go on");
    for liar in LIARS {
        ensure!(client.terminate(liar, "liar")?.status == 202);
        let ended = client.wait(liar)?;
        ensure!(ended["runtimeStatus"] == "Terminated" && !is_held(&ended), "{ended}");
    }
    Ok(())
}

/// Starts those who will decide something else when they are replayed, and lets them play some turns.
fn tell_lies(host: &Host) -> Result<()> {
    let client = host.client();
    for liar in LIARS {
        client.start(liar, Some(liar), "null")?;
        client.until(liar, |status| status["historyEvents"].as_array().is_some_and(|events| events.len() > 3))?;
    }
    Ok(())
}

#[test]
fn a_deployment_that_fits_lets_it_go_on() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    tell_lies(&host)?;
    host.kill();
    // This build does not lie any more, but it still forgets.
    let host = rebuilt(folder.path(), '3')?;
    let client = host.client();
    let [honest, forgetful] = LIARS;
    let going_on = client.until(honest, |status| has(status, "ComponentChanged"))?;
    ensure!(going_on["runtimeStatus"] == "Running" && !is_held(&going_on), "{going_on}");
    let held = client.until(forgetful, is_held)?;
    ensure!(!has(&held, "ComponentChanged"), "{held}");
    for liar in LIARS {
        ensure!(client.terminate(liar, "liar")?.status == 202);
        ensure!(client.wait(liar)?["runtimeStatus"] == "Terminated");
    }
    Ok(())
}

#[test]
fn code_that_is_gone_is_waited_for() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let ids = ["one", "two"];
    for id in ids {
        host.client().start("is_rebuilt", Some(id), "null")?;
        host.client().until(id, |status| has(status, "TaskCompleted"))?;
    }
    ensure!(host.stop()? == Some(0));
    forget_component(folder.path())?;

    let host = fixture::start(folder.path())?;
    for id in ids {
        let client = host.client();
        ensure!(client.post(&format!("/durabletask/instances/{id}/raiseEvent/go"), "null")?.status == 202);
        let held = client.until(id, is_held)?;
        ensure!(held["runtimeStatus"] == "Running" && held["held"].to_string().contains("deploy it again"), "{held}");
        can_be_managed(&client, id)?;
    }
    ensure!(host.client().post("/durabletask/orchestrators/is_rebuilt", "null")?.status == 503);
    ensure!(host.stop()? == Some(0));

    // What is deployed decides something else.
    let host = rebuilt(folder.path(), '2')?;
    for id in ids {
        let held = host.client().until(id, |status| status["held"].to_string().contains("does not replay"))?;
        ensure!(held["heldDetails"].to_string().contains("echo(2)"), "{held}");
    }
    ensure!(host.stop()? == Some(0));

    // The same component again will do, and so will another one that decides the same.
    for (build, is_changed) in [('1', false), ('3', true)] {
        let copy = tempfile::tempdir()?;
        host::copy_folder(folder.path(), copy.path())?;
        let host = rebuilt(copy.path(), build)?;
        for id in ids {
            let ended = host.client().wait(id)?;
            let is_right = ended["output"] == json!(build) && has(&ended, "ComponentChanged") == is_changed;
            ensure!(is_right, "build {build}: {ended}");
        }
    }
    Ok(())
}

#[test]
fn code_that_was_replaced_is_tried_when_it_is_missed() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    host.client().start("is_rebuilt", Some("one"), "null")?;
    host.client().until("one", |status| has(status, "TaskCompleted"))?;
    ensure!(host.stop()? == Some(0));
    forget_component(folder.path())?;
    // The deployment is over when the instance is woken, and nobody will deploy anything again.
    let host = rebuilt(folder.path(), '3')?;
    let client = host.client();
    ensure!(client.post("/durabletask/instances/one/raiseEvent/go", "null")?.status == 202);
    // For a moment it is held: that its own component is gone is found out by trying.
    let ended = client.until("one", |status| status["output"] == "3")?;
    ensure!(has(&ended, "ComponentChanged") && !is_held(&ended), "{ended}");
    Ok(())
}

/// Removes the component that the instances began with, in both forms.
fn forget_component(data: &Path) -> Result<()> {
    let ran =
        host::run(&host::binary()?, &["check", "--json", host::guest("misbehaving")?.to_str().context("UTF-8")?], "")?;
    let digest: Value = serde_json::from_str(&ran.stdout)?;
    let digest = digest["digest"].as_str().context("a digest")?.trim_start_matches("sha256:").to_owned();
    let mut removed = 0;
    for folder in ["compiled", "hubs/dacapo/components"] {
        for entry in fs::read_dir(data.join(folder))? {
            let path = entry?.path();
            if path.to_string_lossy().contains(&digest) {
                fs::remove_file(path)?;
                removed += 1;
            }
        }
    }
    ensure!(removed == 2, "{removed} files of {digest}");
    Ok(())
}
