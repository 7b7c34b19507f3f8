//! `replay`, and how an instance is shown that is held because its code does not replay.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tests::host;

use super::{Cli, Expect};
use crate::fixture;

/// Whose decisions are other ones when they are replayed.
const LIAR: &str = "forgets_when_replayed";

#[test]
fn replays() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let cli = Cli { binary: host::binary()?, url: host.url.clone() };
    let files = tempfile::tempdir()?;
    let history = export(&cli, files.path())?;
    host.client().start(LIAR, Some(LIAR), "null")?;
    host.client().until(LIAR, |status| status["historyEvents"].as_array().is_some_and(|events| events.len() > 3))?;
    running(&cli)?;
    host.kill();

    let data = path(folder.path())?;
    let cli = Cli { binary: cli.binary, url: "http://127.0.0.1:9".to_owned() };
    let verdict = cli.json(&["replay", &history, "--data", data], 0)?;
    ensure!(verdict["verdict"] == "ok" && verdict["turns"] == 4, "{verdict}");
    components(&cli, &history, files.path())?;
    changed(&cli, &history, data)?;
    damaged(&cli, &history, data)?;
    held(folder.path())
}

/// A history that was played to its end, in a file.
fn export(cli: &Cli, files: &Path) -> Result<String> {
    cli.check(&["run", "sequence", "3", "--id", "three"], Expect(0, "3\n", "started"))?;
    let file = path(&files.join("three.json"))?.to_owned();
    cli.check(&["history", "three", "--export", &file], Expect(0, "", "wrote the history of three"))?;
    cli.check(&["history", "three", "--export", "/no/such/file"], Expect(2, "", "error[file_unreadable]"))?;
    let printed = cli.run(&["history", "three", "--export"], "")?.stdout;
    ensure!(printed == std::fs::read_to_string(&file)?, "{printed}");
    Ok(file)
}

fn running(cli: &Cli) -> Result<()> {
    let verdict = cli.json(&["replay", "forgets"], 8)?;
    ensure!(verdict["verdict"] == "diverged" && verdict["recorded"] == "schedule-activity echo(1)", "{verdict}");
    cli.check(&["replay", "nobody"], Expect(3, "", "error[not_found]"))
}

fn components(cli: &Cli, history: &str, files: &Path) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    // Another digest and the same code: a custom section says nothing.
    let rebuilt = files.join("rebuilt.wasm");
    let mut bytes = std::fs::read(host::guest("hello")?)?;
    bytes.extend_from_slice(b"\0\x05\x04note");
    std::fs::write(&rebuilt, bytes)?;
    check(&["replay", history, "--with", path(&rebuilt)?], Expect(0, "ok: 12 events, 4 turns replayed\n", ""))?;
    let foreign = host::guest("reminder")?;
    check(&["replay", history, "--with", path(&foreign)?], Expect(3, "", "error[unknown_function]"))?;
    check(&["replay", history, "--with", history], Expect(1, "", "error[invalid_component]"))?;
    check(&["replay", history, "--with", "/no/such/file"], Expect(2, "", "error[file_unreadable]"))?;
    check(&["replay", history, "--data", path(files)?], Expect(3, "", "error[unknown_component]"))
}

/// Code that does something else is a history that has something else.
fn changed(cli: &Cli, history: &str, data: &str) -> Result<()> {
    let text = std::fs::read_to_string(history)?;
    let changed = format!("{history}.changed");
    let check = |from: &str, to: &str, words: &str| {
        ensure!(text.contains(from), "{text} has no {from}");
        std::fs::write(&changed, text.replace(from, to))?;
        cli.check(&["replay", &changed, "--data", data], Expect(8, words, "error[history_diverged]"))
    };
    let at_once = "event        3 (decision 0)\n  history has  schedule-activity shout(0)\n  code has     schedule-activity echo(0)\n  source ";
    check("\"name\":\"echo\"", "\"name\":\"shout\"", at_once)?;
    let at_the_end = "event        12 (decision 3)\n  history has  completed with 4\n  code has     completed with 3\n";
    check("{\"Completed\":{\"output\":\"3\"}}", "{\"Completed\":{\"output\":\"4\"}}", at_the_end)
}

fn damaged(cli: &Cli, history: &str, data: &str) -> Result<()> {
    let text = std::fs::read_to_string(history)?;
    let lines: Vec<_> = text.lines().collect();
    let file = format!("{history}.damaged");
    let check = |text: &str, words: &str| {
        std::fs::write(&file, text)?;
        cli.check(&["replay", &file, "--data", data], Expect(65, "", words))
    };
    check(&text[..text.len() / 2], "error[not_an_export]")?;
    check("", "error[not_an_export]")?;
    check("[]", "error[not_an_export]")?;
    check(&text.replace("dacapo-history/1", "dacapo-history/9"), "its format is \"dacapo-history/9\"")?;
    check(&text.replace("TurnStarted", "TurnBegun"), "record 1")?;
    check("{\"format\":\"dacapo-history/1\",\"records\":[]}", "does not begin with a start")?;
    let without_the_second = [lines[0], lines[1], lines[3], lines[4], lines[5]].join("\n");
    check(&without_the_second, "record 2: TaskCompleted for a task that is not open")
}

/// After the host was killed the liar has to be replayed.
fn held(folder: &Path) -> Result<()> {
    let host = fixture::start(folder)?;
    let cli = Cli { binary: host::binary()?, url: host.url.clone() };
    host.client().until(LIAR, |status| status["held"].is_string())?;
    cli.check(&["show", LIAR], Expect(0, "held       yes, see below\n", ""))?;
    let block = "  history has  schedule-activity echo(1)\n  code has     ";
    cli.check(&["show", LIAR], Expect(0, block, ""))?;
    cli.check(&["show", LIAR], Expect(0, "\n  what to do   deploy code that decides", ""))?;
    ensure!(cli.json(&["show", LIAR], 0)?["heldDetails"].is_array());
    cli.check(&["terminate", LIAR], Expect(0, "", "terminated"))
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("a path in UTF-8")
}
