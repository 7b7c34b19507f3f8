//! Orchestrators that call HTTP: only what an operator allows, polled for as long as it takes, within the trace of
//! whoever started them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::fixture;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A server that gives each request the next of its answers.
struct Peer {
    url: String,
    heard: Receiver<Heard>,
}

/// A request as it came.
#[derive(Debug)]
struct Heard {
    /// The method and the path.
    target: String,
    headers: Vec<String>,
}

impl Peer {
    fn listen(answers: &'static [&'static str]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let (tell, heard) = channel();
        std::thread::spawn(move || {
            for answer in answers {
                let heard = listener.accept().map_err(anyhow::Error::from).and_then(|(peer, _)| reply(&peer, answer));
                // Who does not listen any more has seen enough.
                let _ = heard.map(|heard| tell.send(heard));
            }
        });
        Ok(Self { url, heard })
    }
}

/// Reads one request and answers it with this head; the body is `done`.
fn reply(mut peer: &TcpStream, head: &str) -> Result<Heard> {
    let mut lines = BufReader::new(peer).lines();
    let target = lines.next().context("a request")??.trim_end_matches(" HTTP/1.1").to_owned();
    let headers = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    write!(peer, "HTTP/1.1 {head}\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone")?;
    Ok(Heard { target, headers })
}

fn settings(data: &Path, text: &str) -> Result<()> {
    Ok(fs::write(data.join("dacapo.host.toml"), text)?)
}

#[test]
fn what_takes_long_is_polled_in_the_trace_of_the_start() -> Result<()> {
    let peer = Peer::listen(&["202 Accepted\r\nlocation: /reports/7\r\nretry-after: 1", "200 OK"])?;
    let folder = fixture::folder()?;
    settings(folder.path(), &format!("[egress]\nallow = [\"{}\"]\n", peer.url))?;
    let host = fixture::start(folder.path())?;
    let client = host.client();

    let input = json!({ "uri": format!("{}/reports", peer.url), "month": "2026-01" }).to_string();
    let traced = [("traceparent", TRACE), ("tracestate", "vendor=1")];
    let start = "/durabletask/orchestrators";
    ensure!(client.post_with(&format!("{start}/export_report/report"), &traced, &input)?.status == 202);
    let ended = client.wait("report")?;
    ensure!(ended["output"] == "done" && ended["traceParent"] == TRACE, "{ended}");
    let heard: Vec<_> = peer.heard.iter().collect();
    let targets: Vec<_> = heard.iter().map(|heard| heard.target.as_str()).collect();
    ensure!(targets == ["POST /reports", "GET /reports/7"], "{heard:?}");
    for heard in &heard {
        for header in [format!("traceparent: {TRACE}"), "tracestate: vendor=1".to_owned()] {
            ensure!(heard.headers.contains(&header), "no {header}: {heard:?}");
        }
    }
    ensure!(client.post_with(&format!("{start}/is_traced/traced"), &traced, "null")?.status == 202);
    ensure!(client.wait("traced")?["output"] == TRACE, "an activity is in the trace, too");
    Ok(())
}

#[test]
fn what_nobody_allowed_is_not_called() -> Result<()> {
    let peer = Peer::listen(&["200 OK"])?;
    let check = |rules: &str, words: &str| -> Result<()> {
        let folder = fixture::folder()?;
        settings(folder.path(), rules)?;
        let host = fixture::start(folder.path())?;
        let input = json!({ "uri": format!("{}/reports", peer.url), "month": "2026-01" }).to_string();
        let ended = host.client().wait(&host.client().start("export_report", None, &input)?)?;
        let failure = &ended["failure"];
        ensure!(failure["kind"] == "task-failed" && failure["causes"][0]["kind"] == "dacapo:egress-denied", "{ended}");
        let message = failure["message"].as_str().unwrap_or_default();
        ensure!(message.contains(&peer.url) && message.contains(words), "no {words:?}: {ended}");
        Ok(())
    };
    check("", "`allow` of [egress]")?;
    check("[egress]\nallow = [\"http://127.0.0.1:1\", \"https://example.com\"]\n", "`allow` of [egress]")?;
    ensure!(peer.heard.try_recv().is_err(), "somebody called");
    Ok(())
}

#[test]
fn settings_that_make_no_sense_are_refused() -> Result<()> {
    let folder = fixture::folder()?;
    let check = |text: &str, words: &str| -> Result<()> {
        settings(folder.path(), text)?;
        let ran = fixture::command(folder.path())?.run()?;
        ensure!(ran.code == Some(2) && ran.stderr.contains("invalid_setting"), "{ran:?}");
        ensure!(ran.stderr.contains("dacapo.host.toml") && ran.stderr.contains(words), "no {words:?}: {ran:?}");
        Ok(())
    };
    check("[egres]\n", "egres")?;
    check("[egress]\nallow = [\"*\"]\n", "\"*\" cannot be allowed")?;
    check("egress", "line 1")
}
