//! Blobs that are gone or damaged, and a store that cannot be used: who needs one is held and says which, the others go on,
//! and when it is back everything does, by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use kernel::model::BlobRef;
use serde_json::{Value, json};
use tests::host::{self, Host};
use tests::http::Client;

use crate::fixture;

const RPC: &str = "/durabletask";
/// How long it may take until somebody goes on.
const PATIENCE: Duration = Duration::from_secs(120);

/// One who needs a blob.
struct Needy {
    /// Its id.
    id: &'static str,
    /// The digest of the blob, as digits.
    digest: String,
}

fn blobs(data: &Path) -> PathBuf {
    data.join("hubs/dacapo/blobs")
}

fn file(data: &Path, digest: &str) -> PathBuf {
    blobs(data).join(&digest[..2]).join(&digest[2..])
}

fn digest(value: &Value) -> String {
    BlobRef::of(value.to_string().as_bytes()).digest.to_string()
}

fn raise(client: &Client, id: &str, word: &Value) -> Result<()> {
    let answer = client.post(&format!("{RPC}/instances/{id}/raiseEvent/word"), &word.to_string())?;
    ensure!(answer.status == 202, "{id}: {answer:?}");
    Ok(())
}

fn signal(client: &Client, entity: &str, operation: &str, input: &Value) -> Result<()> {
    let answer = client.post(&format!("{RPC}/entities/{entity}?op={operation}"), &input.to_string())?;
    ensure!(answer.status == 202, "{entity}: {answer:?}");
    Ok(())
}

/// Starts those who will need blobs, and those who will not.
fn prepare(host: &Host) -> Result<[Needy; 2]> {
    let client = host.client();
    let text = |name: &str| json!(format!("{name} {}", "x".repeat(40_000)));
    for (id, word) in [("hears-much", text("word")), ("hears-little", json!("word"))] {
        client.start("listens", Some(id), r#"{"wanted":2}"#)?;
        raise(&client, id, &word)?;
        client.until(id, |status| status["customStatus"] == 1)?;
    }
    signal(&client, "notebook/much", "write", &text("line"))?;
    signal(&client, "notebook/little", "write", &json!("line"))?;
    Ok([
        Needy { id: "hears-much", digest: digest(&text("word")) },
        Needy { id: "@notebook@much", digest: digest(&json!([text("line")])) },
    ])
}

#[test]
fn a_blob_that_cannot_be_had() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let needy = prepare(&host)?;
    ensure!(host.stop()? == Some(0));
    let check = |harm: fn(&Path) -> Result<()>, words: &str| {
        let copy = tempfile::tempdir()?;
        host::copy_folder(folder.path(), copy.path())?;
        without_its_blob(copy.path(), &needy, harm, words).with_context(|| words.to_owned())
    };
    check(|blob| Ok(fs::remove_file(blob)?), "is missing")?;
    check(flip, "is damaged")?;
    check(|blob| Ok(fs::write(blob, &fs::read(blob)?[..20])?), "is damaged")?;
    check(|blob| Ok(fs::write(blob, "")?), "is damaged")
}

fn flip(blob: &Path) -> Result<()> {
    let mut bytes = fs::read(blob)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Ok(fs::write(blob, bytes)?)
}

fn without_its_blob(data: &Path, needy: &[Needy; 2], harm: fn(&Path) -> Result<()>, words: &str) -> Result<()> {
    let mut kept = Vec::new();
    for Needy { digest, .. } in needy {
        let blob = file(data, digest);
        kept.push((blob.clone(), fs::read(&blob)?));
        harm(&blob)?;
    }
    let host = fixture::start(data)?;
    let client = host.client();
    for id in ["hears-much", "hears-little"] {
        raise(&client, id, &json!("another"))?;
    }
    for key in ["much", "little"] {
        signal(&client, &format!("notebook/{key}"), "write", &json!("another"))?;
    }
    // Who is held says so, and which blob it is.
    until(&client, "instances/hears-much", |status| !status["held"].is_null())?;
    for (command, Needy { id, digest }) in [["show"].as_slice(), &["entity", "show"]].into_iter().zip(needy) {
        let ran = host::run(&host::binary()?, &[command, &[id, "--server", &host.url]].concat(), "")?;
        let said = ran.stdout + &ran.stderr;
        ensure!(said.contains(words) && said.contains(digest), "{command:?} {id}: {said}");
    }
    let listed = client.get(&format!("{RPC}/entities/notebook?fetchState=true"))?.json()?;
    ensure!(listed.as_array().is_some_and(|list| list.len() == 2), "one hides the other: {listed}");
    // The others do not notice.
    client.until("hears-little", |status| status["customStatus"] == 2)?;
    ensure!(client.get(&format!("{RPC}/entities/notebook/little"))?.json()? == json!(["line", "another"]));
    goes_on(&client)?;

    for (blob, bytes) in kept {
        fs::write(blob, bytes)?;
    }
    let going_on = until(&client, "instances/hears-much", |status| status["customStatus"] == 2)?;
    ensure!(going_on["held"].is_null(), "{going_on}");
    let state = until(&client, "entities/notebook/much/details", |details| details["state"][1] == "another")?;
    ensure!(state["held"].is_null(), "{}", state["held"]);
    Ok(())
}

/// Asks for an instance or an entity until what is known of it is as `wanted`.
fn until(client: &Client, path: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    let begun = Instant::now();
    loop {
        let shown = client.get(&format!("{RPC}/{path}"))?.json()?;
        if wanted(&shown) {
            return Ok(shown);
        }
        ensure!(begun.elapsed() < PATIENCE, "{path} is still not as it should be: {shown:.1000}");
        std::thread::yield_now();
    }
}

fn goes_on(client: &Client) -> Result<()> {
    let id = client.start("sequence", None, "2")?;
    ensure!(client.wait(&id)?["output"] == 2);
    Ok(())
}

#[test]
fn an_input_that_cannot_be_had() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let client = host.client();
    let text = |id: &str| json!(format!("{id} {}", "x".repeat(40_000)));
    let ids = ["waits", "is-ended"];
    for id in ids {
        // Its first turn is in an hour, and needs its input.
        let at = jiff::Timestamp::now() + Duration::from_secs(3_600);
        let path = format!("{RPC}/orchestrators/copies/{id}?scheduledStartTime={at}");
        ensure!(client.post(&path, &text(id).to_string())?.status == 202);
    }
    ensure!(host.stop()? == Some(0));
    let kept = ids.map(|id| file(folder.path(), &digest(&text(id))));
    let bytes = fs::read(&kept[0])?;
    kept.iter().try_for_each(fs::remove_file)?;

    let host = fixture::start(folder.path())?;
    let client = host.client();
    // It is shown as what it is, and can be ended.
    let answer = client.status("is-ended")?;
    ensure!(answer.body.contains(&digest(&text("is-ended"))) && answer.body.contains("is missing"), "{answer:?}");
    ensure!(client.terminate("is-ended", "enough")?.status == 202);
    let list = client.get(&format!("{RPC}/instances"))?;
    ensure!(list.status == 200 && ids.iter().all(|id| list.body.contains(id)), "one hides the others: {list:?}");
    fs::write(&kept[0], bytes)?;
    ensure!(client.status("waits")?.json()?["input"] == text("waits"));
    goes_on(&client)
}

#[test]
fn a_store_that_cannot_be_used() -> Result<()> {
    let folder = fixture::folder()?;
    let mut host = fixture::start(folder.path())?;
    let (blobs, aside) = (blobs(folder.path()), folder.path().join("aside"));
    fs::rename(&blobs, &aside)?;
    fs::write(&blobs, "a file")?;

    let client = host.client();
    let large = format!("{:?}", "x".repeat(40_000));
    let refused = client.post(&format!("{RPC}/orchestrators/copies/refused"), &large)?;
    ensure!(refused.status == 503 && refused.body.contains("blob"), "{refused:?}");
    ensure!(refused.header("retry-after").is_some() || refused.header("dacapo-error").is_some(), "{refused:?}");
    ensure!(client.status("refused")?.status == 404);
    let refused = client.post(&format!("{RPC}/entities/notebook/n?op=write"), &large)?;
    ensure!(refused.status == 503 && refused.body.contains("blob"), "{refused:?}");

    // What a guest makes of small things waits until it can be kept.
    client.start("brings_much", Some("activity"), "40000")?;
    host.wait_for_lines("waits until it can be kept", 1)?;
    signal(&client, "moody/n", "behaves", &Value::Null)?;
    signal(&client, "moody/n", "grows", &json!(40_000))?;
    let held = until(&client, "entities/moody/n/details", |details| !details["held"].is_null())?;
    ensure!(held["held"].to_string().contains("blob"), "{held}");
    goes_on(&client)?;

    fs::remove_file(&blobs)?;
    fs::rename(&aside, &blobs)?;
    ensure!(client.wait("activity")?["output"].as_str().map(str::len) == Some(40_000));
    until(&client, "entities/moody/n/details", |details| details["state"]["count"] == 2)?;
    ensure!(host.stop()? == Some(0));

    fs::rename(&blobs, &aside)?;
    fs::write(&blobs, "a file")?;
    let ran = fixture::command(folder.path())?.run()?;
    ensure!(ran.code == Some(78) && ran.stderr.contains("the blob folder"), "{ran:?}");
    fs::remove_file(&blobs)?;
    fs::rename(&aside, &blobs)?;
    let host = fixture::start(folder.path())?;
    ensure!(host.client().wait("activity")?["output"].as_str().map(str::len) == Some(40_000));
    Ok(())
}
