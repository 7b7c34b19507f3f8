//! SIGKILL while large payloads are put: whatever a row or a letter refers to is there, and what nobody refers to goes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tests::sim::rng::{Rng, mix};

use super::door::Patient;
use super::jobs::{Sent, Step, path};
use super::lives::{self, Disturbed, Lived, Pause};
use crate::fixture;

const CLIENTS_COUNT: usize = 4;
const KILLS_COUNT: usize = 30;
const TEXT_MAX_BYTES: u64 = 300 << 10;
/// However few a slow machine manages between the kills.
const ROUNDS_MIN: u64 = 5;
/// How long a sweep may be waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client left behind.
#[derive(Debug)]
struct Left {
    notebook: String,
    /// The one line that the notebook has.
    line: String,
    /// Orchestrations, and what each was given and has to return.
    copies: Vec<(String, String)>,
}

#[test]
fn what_is_referred_to_is_there() -> Result<()> {
    let seed = lives::seed()?;
    let folder = fixture::folder()?;
    let command = fixture::command(folder.path())?;
    let over = AtomicBool::new(false);
    let between = |pause| {
        over.store(pause == Pause::Last, Ordering::Relaxed);
        check(folder.path()).map(drop)
    };
    let disturbed =
        Disturbed { command: command.clone(), seed, kills_count: KILLS_COUNT, clients_count: CLIENTS_COUNT };
    let Lived { answers, lives, last, start_max_ms } =
        disturbed.live(|number, client| work(seed, number, client, &over), between)?;
    let copies_count: usize = answers.iter().map(|left| left.copies.len()).sum();
    // Nothing that this host still has in memory is to be of help.
    last.0.kill();
    let orphans_count = check(folder.path())?;
    println!("{} kills, slowest start {start_max_ms} ms; {copies_count} copies, {orphans_count} orphans", lives.len());
    ensure!(orphans_count > 0, "each line has replaced another one, so there are orphans");

    fs::write(folder.path().join("dacapo.host.toml"), "[blobs]\ngrace-seconds = 1\n")?;
    let host = command.start()?;
    let client = host.client();
    wait_for_sweep(folder.path())?;
    for Left { notebook, line, copies } in &answers {
        let state = client.get(&path(notebook))?;
        ensure!(state.status == 200 && state.json()? == json!([line]), "{notebook}: {:.200}", state.body);
        for (id, text) in copies {
            let ended = client.wait(id)?;
            ensure!(
                ended["output"] == **text && ended["input"] == **text,
                "{id}: {:.200}",
                ended["output"].to_string()
            );
            ensure!(client.delete(&format!("/durabletask/instances/{id}"))?.status == 200, "purge {id}");
        }
    }
    wait_for_sweep(folder.path())?;
    // A line longer than the threshold is a blob; the copies are gone, and theirs with them.
    let large = answers.iter().filter(|left| json!([left.line]).to_string().len() > 32 << 10).count();
    let (_, files) = blobs(folder.path())?;
    ensure!(files.len() == large, "{} blobs are left, not {large}", files.len());
    Ok(())
}

/// One client: it writes into a notebook again and again, and has texts copied.
fn work(seed: u64, number: usize, mut client: Patient<'_>, over: &AtomicBool) -> Result<Left> {
    let notebook = format!("@notebook@n{number}");
    let mut rng = Rng::new(mix(seed, number as u64));
    let mut left = Left { notebook: notebook.clone(), line: String::new(), copies: Vec::new() };
    let mut sent = Sent::new();
    for round in 0.. {
        if round >= ROUNDS_MIN && over.load(Ordering::Relaxed) {
            break;
        }
        left.line = text(&mut rng);
        let (id, operation, input, later_ms) = (notebook.clone(), "begins_anew", json!(left.line), 0);
        Step::Signal { id, operation, input, later_ms }.carry_out(&mut client, &mut sent)?;
        if rng.happens(300) {
            let (id, text) = (format!("copy-{number}-{round}"), text(&mut rng));
            let (name, input) = ("copies", Value::from(text.as_str()));
            Step::Start { id: id.clone(), name, input, later_ms }.carry_out(&mut client, &mut sent)?;
            left.copies.push((id, text));
        }
    }
    left.copies.iter().try_for_each(|(id, _)| Step::End { id: id.clone() }.carry_out(&mut client, &mut sent))?;
    Ok(left)
}

/// A text that cannot be packed well.
fn text(rng: &mut Rng) -> String {
    let words = 1 + rng.below(TEXT_MAX_BYTES) / 16;
    (0..words).map(|_| format!("{:016x}", rng.number())).collect()
}

/// Whatever is referred to is there. Gives how many blobs are there to which nobody refers.
fn check(data: &Path) -> Result<usize> {
    let (referred, files) = blobs(data)?;
    let missing: Vec<_> = referred.difference(&files).collect();
    ensure!(missing.is_empty(), "of {} blobs that are referred to these are missing: {missing:?}", referred.len());
    Ok(files.difference(&referred).count())
}

/// The blobs that are referred to, and those that are there.
fn blobs(data: &Path) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let hub = data.join("hubs/dacapo");
    let conn = Connection::open_with_flags(hub.join("hub.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut referred = conn.prepare("SELECT DISTINCT lower(hex(digest)) FROM blob_refs")?;
    let referred = referred.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut files = BTreeSet::new();
    for folder in fs::read_dir(hub.join("blobs"))? {
        let folder = folder?.path();
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let begin = folder.file_name().and_then(|name| name.to_str()).context("a name")?.to_owned();
        for entry in entries {
            let file = entry?.file_name();
            // A put that was interrupted leaves a file with another name.
            let name = format!("{begin}{}", file.to_string_lossy());
            files.extend(name.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(name));
        }
    }
    Ok((referred, files))
}

/// Waits until no blob is there to which nobody refers, and checks that no other one goes meanwhile.
fn wait_for_sweep(data: &Path) -> Result<()> {
    let begun = Instant::now();
    while check(data)? > 0 {
        ensure!(begun.elapsed() < PATIENCE, "nobody sweeps");
        std::thread::yield_now();
    }
    Ok(())
}
