//! The management contract over the wire: what is asked, and the whole answer.
//!
//! An answer is shown as its status, the headers that the contract knows, and its body; points in time, made ids and
//! the address of the host are replaced by words.

mod entities;
mod lists;
mod openapi;
mod operations;
mod purges;
mod rubbish;
mod starts;
mod statuses;
mod tools;

use anyhow::{Context, Result, ensure};
use expect_test::Expect;
use kernel::limits::HTTP_BODY_MAX_BYTES;
use tests::host::Host;
use tests::http::Answer;

use crate::fixture;

const HEADERS: [&str; 5] = ["location", "retry-after", "x-ms-continuation-token", "content-type", "dacapo-error"];
const HOOK: &str = "/runtime/webhooks/durabletask";
const RPC: &str = "/durabletask";
/// An input with which `remind` does not end while a test runs.
const LATE: &str = r#"{"after_ms":3600000,"text":"late"}"#;

/// Sends `METHOD PATH` and compares the answer.
fn check(host: &Host, request: &str, body: &str, expect: Expect) -> Result<()> {
    expect.assert_eq(&shown(host, &ask(host, request, body)?));
    Ok(())
}

/// Sends `METHOD PATH`.
fn ask(host: &Host, request: &str, body: &str) -> Result<Answer> {
    let (method, path) = request.split_once(' ').expect("a method and a path");
    let client = host.client();
    match method {
        "GET" => client.get(path),
        "POST" => client.post(path, body),
        "DELETE" => client.delete(path),
        _ => panic!("an unknown method"),
    }
}

/// Sends `METHOD PATH` with these lines of a head; gives the status and all that comes behind it.
fn ask_with(host: &Host, request: &str, head: &[&str], body: &str) -> Result<(u16, String)> {
    let lines: String = head.iter().map(|line| format!("{line}\r\n")).collect();
    raw(host, request, &lines, body, body.len())
}

/// Announces a body that is larger than any may be, and is refused before it is sent.
fn too_large(host: &Host, request: &str) -> Result<()> {
    let (status, answer) = raw(host, request, "content-type: application/json\r\n", "", HTTP_BODY_MAX_BYTES + 1)?;
    let is_refused =
        status == 413 && answer.contains("payload_too_large") && answer.contains("more than 2097152 bytes");
    ensure!(is_refused, "{request}: {answer}");
    Ok(())
}

fn raw(host: &Host, request: &str, lines: &str, body: &str, length: usize) -> Result<(u16, String)> {
    let fixed = format!("host: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n");
    let answer = host.client().raw(format!("{request} HTTP/1.1\r\n{fixed}{lines}\r\n{body}").as_bytes())?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.with_context(|| format!("{request} was answered {answer:?}"))?, answer))
}

fn shown(host: &Host, answer: &Answer) -> String {
    let mut text = format!("{}\n", answer.status);
    for name in HEADERS {
        if let Some(value) = answer.header(name) {
            text += &format!("{name}: {value}\n");
        }
    }
    text += &answer.body.replace("},{", "},\n{");
    let address = host.url.trim_start_matches("http://");
    without_ids(&without_times(&text.replace(address, "HOST")))
}

/// `TIME` for all that looks like 2026-11-22T05:00:00Z.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| {
        let bytes = word.as_bytes();
        bytes.len() >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[19..].contains(&b'Z')
    };
    let words = text.split('"').map(|word| if is_time(word) && word.len() < 30 { "TIME" } else { word });
    words.collect::<Vec<_>>().join("\"")
}

/// `ID` for all that looks like an id that the host made: 32 hexadecimal digits.
fn without_ids(text: &str) -> String {
    let (mut out, mut run) = (String::new(), String::new());
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_hexdigit() {
            run.push(letter);
            continue;
        }
        out += if run.len() == 32 { "ID" } else { &run };
        run.clear();
        out.push(letter);
    }
    out.pop();
    out
}

/// Sends `METHOD PATH`; the answer is a refusal with this status and code, and these words in its message.
fn refused(host: &Host, request: &str, body: &str, expect: &str, words: &str) -> Result<()> {
    let answer = ask(host, request, body)?;
    let got = format!("{} {}", answer.status, answer.header("dacapo-error").unwrap_or_default());
    ensure!(got == expect && answer.body.contains(words), "{request}: {answer:?}, not {expect} {words:?}");
    // The Python SDK looks for it in each of them.
    ensure!(answer.status != 400 || answer.json()?["ExceptionMessage"].is_string(), "{request}: {answer:?}");
    Ok(())
}

#[test]
fn the_contract() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    starts::check_all(&host)?;
    statuses::check_all(&host)?;
    operations::check_all(&host)?;
    entities::check_all(&host)?;
    tools::check_all(&host)?;
    openapi::check_all(&host)?;
    rubbish::check_all(&host)?;
    // What these expect depends on which instances there are.
    drop(host);
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    lists::check_all(&host)?;
    purges::check_all(&host)
}
