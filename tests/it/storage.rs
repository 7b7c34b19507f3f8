//! Data folders that cannot be used, or not in full: what is refused is refused whole, and the rest goes on.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use rusqlite::Connection;
use serde_json::{Value, json};
use tests::host::{Host, HostCommand};

use crate::fixture;

const LATE: &str = r#"{"after_ms":3600000,"text":"late"}"#;

fn database(data: &Path) -> std::path::PathBuf {
    data.join("hubs/dacapo/hub.db")
}

/// A host that must not start, and what it says.
fn refused(command: &HostCommand, code: &str, exit: i32) -> Result<String> {
    let mut command = command.clone();
    command.extra.push("--json".to_owned());
    let ran = command.run()?;
    let error: Value = serde_json::from_str(ran.stderr.lines().last().unwrap_or_default())?;
    ensure!(ran.code == Some(exit) && error["error"]["code"] == code, "{ran:?}, not {code}");
    ensure!(error["error"]["hint"].is_string(), "no hint: {ran:?}");
    Ok(error["error"]["message"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn folders_that_are_refused() -> Result<()> {
    let folder = fixture::folder()?;
    let command = fixture::command(folder.path())?;

    let host = command.start()?;
    refused(&command, "data_locked", 78)?;
    ensure!(host.client().get("/healthz")?.status == 200, "the other host goes on");
    ensure!(host.stop()? == Some(0));

    let settings =
        |sql: &str| Connection::open(database(folder.path()))?.execute_batch(sql).map_err(anyhow::Error::from);
    settings("PRAGMA user_version = 999")?;
    let before = fs::read(database(folder.path()))?;
    refused(&command, "data_newer", 78)?;
    ensure!(fs::read(database(folder.path()))? == before, "a newer folder was touched");

    // Nobody reads what a development build wrote, and nobody misreads it.
    settings("PRAGMA user_version = 1")?;
    let before = fs::read(database(folder.path()))?;
    let told = refused(&command, "data_foreign", 78)?;
    ensure!(told.contains("before the first release"), "{told}");
    ensure!(fs::read(database(folder.path()))? == before, "an older folder was touched");

    settings("PRAGMA application_id = 7")?;
    refused(&command, "data_foreign", 78)?;
    fs::write(database(folder.path()), "something else")?;
    refused(&command, "data_foreign", 78)?;
    ensure!(fs::read(database(folder.path()))? == b"something else", "a foreign file was touched");

    let foreign = tempfile::tempdir()?;
    fs::create_dir_all(foreign.path().join("hubs/dacapo"))?;
    fs::write(foreign.path().join("hubs/dacapo/letter.txt"), "dear")?;
    refused(&fixture::command(foreign.path())?, "data_foreign", 78)?;
    let file = tempfile::NamedTempFile::new()?;
    refused(&fixture::command(file.path())?, "data_unusable", 78)?;
    Ok(())
}

#[test]
fn a_flipped_byte_holds_one_instance() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let ids = ["first", "second", "third"];
    for id in ids {
        host.client().start("remind", Some(id), LATE)?;
        host.client().until(id, |status| status["customStatus"] == "sleeping")?;
    }
    ensure!(host.stop()? == Some(0));
    flip(folder.path(), "second")?;

    let host = fixture::start(folder.path())?;
    let client = host.client();
    let damaged = client.status("second")?;
    ensure!(damaged.status == 500 && damaged.header("dacapo-error") == Some("history_damaged"), "{damaged:?}");
    ensure!(damaged.body.contains("second: "), "it is not named: {damaged:?}");
    for id in ["first", "third"] {
        let status = client.status(id)?.json()?;
        ensure!(status["runtimeStatus"] == "Running" && status["held"].is_null(), "{status}");
        ensure!(client.terminate(id, "done")?.status == 202);
    }
    let list = client.get("/durabletask/instances")?;
    ensure!(list.status == 200 && ids.iter().all(|id| list.body.contains(id)), "one hides the others: {list:?}");
    // It cannot be read, and yet it can be ended, for good.
    ensure!(client.terminate("second", "damaged")?.status == 202);
    ensure!(client.terminate("second", "damaged")?.status == 410);
    ensure!(client.get("/durabletask/instances?runtimeStatus=Running")?.json()? == json!([]));
    goes_on(&host)
}

/// Flips one byte in the middle of the first row of an instance.
fn flip(data: &Path, id: &str) -> Result<()> {
    let conn = Connection::open(database(data))?;
    let no: i64 = conn.query_row("SELECT no FROM instances WHERE id = ?1", [id], |row| row.get(0))?;
    let row = "SELECT seq, body FROM log WHERE no = ?1 ORDER BY seq LIMIT 1";
    let (seq, mut body): (i64, Vec<u8>) = conn.query_row(row, [no], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let middle = body.len() / 2;
    body[middle] ^= 1;
    let changed = conn.execute("UPDATE log SET body = ?1 WHERE seq = ?2", rusqlite::params![body, seq])?;
    ensure!(changed == 1);
    Ok(())
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_space() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    host.client().start("remind", Some("before"), LATE)?;
    ensure!(host.stop()? == Some(0));

    let mut tight = fixture::command(folder.path())?;
    tight.extra = vec!["--storage-max-pages".to_owned(), "60".to_owned()];
    let host = tight.start()?;
    let client = host.client();
    let input = format!("{:?}", "x".repeat(20_000));
    let mut accepted = Vec::new();
    let refused = loop {
        let id = format!("f-{}", accepted.len());
        let answer = client.post(&format!("/durabletask/orchestrators/hello_sequence/{id}"), &input)?;
        match answer.status {
            202 => accepted.push(id),
            _ => break answer,
        }
        ensure!(accepted.len() < 100, "60 pages are never full");
    };
    ensure!(refused.status == 507 && refused.header("dacapo-error") == Some("storage_full"), "{refused:?}");
    // What is there can be read.
    ensure!(client.get("/healthz")?.status == 200);
    ensure!(client.status("before")?.json()?["runtimeStatus"] == "Running");
    host.kill();

    let host = fixture::start(folder.path())?;
    for id in &accepted {
        let ended = host.client().wait(id)?;
        // A text is no list of cities.
        ensure!(ended["runtimeStatus"] == "Failed", "{ended}");
    }
    ensure!(host.client().get(&format!("/durabletask/instances/f-{}", accepted.len()))?.status == 404);
    goes_on(&host)
}

fn goes_on(host: &Host) -> Result<()> {
    let id = host.client().start("sequence", None, "2")?;
    ensure!(host.client().wait(&id)?["output"] == 2);
    Ok(())
}
