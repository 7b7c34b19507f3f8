//! The largest payloads that there may be, end to end and within bounded memory; and the first that is too large.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::host::Host;

use crate::fixture;

const RPC: &str = "/durabletask";
const MAX_BYTES: usize = 64 << 20;
/// What the host may need for it, at most.
const RESIDENT_MAX_KIB: usize = 3 << 19;
/// The state of the entity without its ballast.
const STATE_BYTES: usize = r#"{"count":1,"ballast":""}"#.len();

/// The body of an answer, however large it is.
fn body(host: &Host, path: &str) -> Result<String> {
    let request = format!("GET {RPC}{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let answer = host.client().raw(request.as_bytes())?;
    let (head, body) = answer.split_once("\r\n\r\n").context("a head")?;
    ensure!(head.starts_with("HTTP/1.1 20"), "{head}");
    Ok(body.to_owned())
}

/// Has an activity return a payload of so many bytes, and an orchestration return that; gives how it ended.
fn bring(host: &Host, bytes: usize) -> Result<Value> {
    let client = host.client();
    let id = client.start("brings_much", Some(&format!("b{bytes}")), &json!(bytes - r#""""#.len()).to_string())?;
    loop {
        let query = "showHistory=false&timeout=60&pollingInterval=1&returnInternalServerErrorOnFailure=false";
        let status: Value = serde_json::from_str(&body(host, &format!("/instances/{id}?{query}"))?)?;
        if status["runtimeStatus"] != "Running" && status["runtimeStatus"] != "Pending" {
            return Ok(status);
        }
    }
}

/// Has an entity remember a state of so many bytes.
fn grow(host: &Host, key: &str, bytes: usize) -> Result<()> {
    let ballast = bytes - STATE_BYTES;
    let answer = host.client().post(&format!("{RPC}/entities/moody/{key}?op=grows"), &ballast.to_string())?;
    ensure!(answer.status == 202, "{answer:?}");
    Ok(())
}

/// What the host had in memory at most.
fn resident_max_kib(host: &Host) -> Result<usize> {
    let status = fs::read_to_string(format!("/proc/{}/status", host.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("a high-water mark")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn fails_by_name(status: &Value, bytes: usize) -> Result<()> {
    let text = status["failure"].to_string();
    let is_clear = text.contains("dacapo:too-large") && text.contains(&format!("at most {bytes}"));
    ensure!(status["runtimeStatus"] == "Failed" && is_clear, "{:.1000}", status.to_string());
    Ok(())
}

#[test]
fn the_largest_there_may_be() -> Result<()> {
    let folder = fixture::folder()?;
    let mut host = fixture::start(folder.path())?;
    let brought = bring(&host, MAX_BYTES)?;
    let output = brought["output"].as_str().map(str::len);
    ensure!(output == Some(MAX_BYTES - 2), "{output:?} {}", brought["failure"]);
    drop(brought);
    println!("after an activity: {} KiB", resident_max_kib(&host)?);
    fails_by_name(&bring(&host, MAX_BYTES + 1)?, MAX_BYTES)?;

    // A call that is given little has not the fuel to make much of it, so it grows in two steps.
    grow(&host, "most", MAX_BYTES / 2)?;
    grow(&host, "most", MAX_BYTES)?;
    ensure!(body(&host, "/entities/moody/most")?.len() == MAX_BYTES);
    // It is given to the guest and taken back.
    let counted = host.client().post(&format!("{RPC}/entities/moody/most?op=behaves"), "null")?;
    ensure!(counted.status == 202, "{counted:?}");
    grow(&host, "most", MAX_BYTES + 1)?;
    host.wait_for_lines("dacapo:too-large", 1)?;
    let state = body(&host, "/entities/moody/most")?;
    ensure!(state.len() == MAX_BYTES && state.starts_with(r#"{"count":3,"#), "{} bytes", state.len());
    let resident = resident_max_kib(&host)?;
    println!("at most {resident} KiB");
    ensure!(resident < RESIDENT_MAX_KIB, "{resident} KiB");

    // From the store, and not from memory.
    host.kill();
    let host = fixture::start(folder.path())?;
    ensure!(body(&host, "/entities/moody/most")?.len() == MAX_BYTES);
    println!("at most {} KiB after a restart", resident_max_kib(&host)?);
    Ok(())
}

#[test]
fn an_operator_may_allow_less() -> Result<()> {
    const BYTES: usize = 64 << 10;
    let folder = fixture::folder()?;
    fs::write(folder.path().join("dacapo.host.toml"), format!("[payloads]\nmax-bytes = {BYTES}\n"))?;
    let mut host = fixture::start(folder.path())?;
    ensure!(bring(&host, BYTES)?["runtimeStatus"] == "Completed");
    fails_by_name(&bring(&host, BYTES + 1)?, BYTES)?;
    grow(&host, "most", BYTES)?;
    ensure!(body(&host, "/entities/moody/most")?.len() == BYTES);
    grow(&host, "more", BYTES + 1)?;
    host.wait_for_lines("dacapo:too-large", 1)?;
    let client = host.client();
    let text = |bytes: usize| format!("{:?}", "x".repeat(bytes - 2));
    let start = |bytes: usize| client.post(&format!("{RPC}/orchestrators/copies"), &text(bytes));
    ensure!(start(BYTES)?.status == 202);
    let refused = start(BYTES + 1)?;
    ensure!(refused.status == 413 && refused.body.contains("at most 65536"), "{refused:?}");
    let signal = |bytes: usize| client.post(&format!("{RPC}/entities/notebook/n?op=write"), &text(bytes));
    let refused = signal(BYTES + 1)?;
    ensure!(refused.status == 413 && refused.body.contains("at most 65536"), "{refused:?}");
    Ok(())
}
