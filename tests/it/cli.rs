//! The command line: data on stdout and all else on stderr, exit codes, and JSON for programs.

mod entities;
mod manage;
mod replay;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::host::{self, Host, Ran};

use crate::fixture;

const LATE: &str = r#"{"after_ms":3600000,"text":"late"}"#;

struct Cli {
    binary: PathBuf,
    url: String,
}

/// What a command must say: the exit code, and words of stdout and stderr. Empty means that nothing may be there.
struct Expect<'a>(i32, &'a str, &'a str);

impl Cli {
    fn run(&self, args: &[&str], stdin: &str) -> Result<Ran> {
        let mut args = args.to_vec();
        if args[0] != "check" {
            args.extend(["--server", &self.url]);
        }
        host::run(&self.binary, &args, stdin)
    }

    fn check(&self, args: &[&str], Expect(code, stdout, stderr): Expect<'_>) -> Result<()> {
        let ran = self.run(args, "")?;
        let fits = |got: &str, words: &str| if words.is_empty() { got.is_empty() } else { got.contains(words) };
        let is_right = ran.code == Some(code) && fits(&ran.stdout, stdout) && fits(&ran.stderr, stderr);
        ensure!(is_right, "{args:?}: {ran:#?}, not {code} {stdout:?} {stderr:?}");
        ensure!(!ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'), "{args:?}: colours in {ran:?}");
        Ok(())
    }

    /// With `--json`, stdout is one JSON document, and so is an error on stderr.
    fn json(&self, args: &[&str], code: i32) -> Result<Value> {
        let ran = self.run(&[args, &["--json"]].concat(), "")?;
        ensure!(ran.code == Some(code), "{args:?}: {ran:#?}");
        let text = if ran.stdout.is_empty() { ran.stderr.lines().last().unwrap_or_default() } else { &ran.stdout };
        serde_json::from_str(text).with_context(|| format!("{args:?}: {ran:#?}"))
    }
}

#[test]
fn commands() -> Result<()> {
    let folder = fixture::folder()?;
    let host = fixture::start(folder.path())?;
    let cli = Cli { binary: host::binary()?, url: host.url.clone() };
    runs(&cli)?;
    starts(&cli)?;
    scheduled_and_tagged(&cli)?;
    looks(&cli)?;
    entities::entities(&cli)?;
    manage::operations(&cli)?;
    manage::beginnings(&cli)?;
    manage::purges(&cli)?;
    checks(&cli)?;
    unreachable_and_unusable(&cli, host)
}

fn runs(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["run", "sequence", "3", "--id", "r"], Expect(0, "3\n", "started r"))?;
    check(&["run", "hello_sequence"], Expect(0, "[\"Hello, Tokyo!\",", "started "))?;
    check(&["run", "tries", "4"], Expect(4, "", "error[orchestration_failed]"))?;
    check(&["run", "remind", LATE, "--timeout", "20ms", "--id", "late"], Expect(124, "", "error[wait_timeout]"))?;
    check(&["run", "remind", LATE, "--timeout", "soon"], Expect(2, "", "not a duration"))?;
    check(&["run", "nobody"], Expect(3, "", "error[unknown_function]"))?;
    ensure!(cli.json(&["run", "sequence", "2"], 0)?["output"] == 2);
    ensure!(cli.json(&["run", "tries", "4"], 4)?["failure"]["kind"] == "flaky");
    ensure!(cli.json(&["run", "nobody"], 3)?["error"]["code"] == "unknown_function");
    Ok(())
}

fn starts(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["start", "sequence", "1", "--id", "s"], Expect(0, "s\n", "hint: dacapo show s"))?;
    check(&["start", "remind", LATE, "--id", "taken"], Expect(0, "taken\n", "hint: dacapo show taken"))?;
    check(&["start", "sequence", "1", "--id", "taken"], Expect(5, "", "error[instance_exists]"))?;
    check(&["start", "sequence", "{"], Expect(2, "", "error[invalid_json]"))?;
    check(&["start", "sequence", "1", "--id", "a/b"], Expect(2, "", "error[invalid_id]"))?;
    check(&["start", "sequence", "@/no/such/file"], Expect(2, "", "error[file_unreadable]"))?;
    check(&["start"], Expect(2, "", "Usage: dacapo start"))?;
    ensure!(cli.json(&["start", "sequence", "1", "--id", "j"], 0)?["id"] == "j");
    let from_stdin = cli.run(&["run", "sequence", "-"], "4")?;
    ensure!(from_stdin.stdout == "4\n", "{from_stdin:?}");
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), "5")?;
    let from_file = cli.run(&["run", "sequence", &format!("@{}", file.path().display())], "")?;
    ensure!(from_file.stdout == "5\n", "{from_file:?}");
    Ok(())
}

fn scheduled_and_tagged(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    let tagged =
        ["start", "waits_for", "\"x\"", "--id", "tagged", "--version", "2", "--tag", "team=blue", "--tag", "a=b=c"];
    check(&tagged, Expect(0, "tagged\n", "hint"))?;
    check(&["show", "tagged"], Expect(0, "version    2\ntag        a=b=c\ntag        team=blue\n", ""))?;
    check(&["show", "tagged"], Expect(0, "waits for  an external event", ""))?;
    ensure!(cli.json(&["show", "tagged"], 0)?["tags"]["team"] == "blue");
    check(&["start", "sequence", "1", "--tag", "team"], Expect(2, "", "NAME=VALUE"))?;
    check(&["start", "sequence", "1", "--at", "+1h", "--id", "ahead"], Expect(0, "ahead\n", "hint"))?;
    check(&["show", "ahead"], Expect(0, "waits for  its start at 2", ""))?;
    check(&["ls", "--status", "pending"], Expect(0, "ahead", ""))?;
    check(&["run", "sequence", "1", "--at", "2026-01-01"], Expect(0, "1\n", "started"))?;
    check(&["start", "sequence", "1", "--at", "soon"], Expect(2, "", "not a time"))
}

fn looks(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["show", "r"], Expect(0, "status    Completed", ""))?;
    check(&["show", "nobody"], Expect(3, "", "error[not_found]"))?;
    check(&["show", "late"], Expect(0, "waits for  a timer due at 2", ""))?;
    check(&["history", "r"], Expect(0, "ExecutionCompleted", ""))?;
    check(&["history", "nobody"], Expect(3, "", "error[not_found]"))?;
    check(&["history", "r", "--follow"], Expect(0, "ExecutionCompleted", ""))?;
    ensure!(cli.json(&["show", "r"], 0)?["output"] == 3);
    ensure!(cli.json(&["show", "nobody"], 3)?["error"]["code"] == "not_found");
    let history = cli.json(&["history", "r"], 0)?;
    ensure!(history["historyEvents"].as_array().is_some_and(|events| events.len() == 5), "{history}");
    let followed = cli.run(&["history", "r", "--follow", "--json"], "")?;
    let events = followed.stdout.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
    ensure!(events.len() == 5 && events[4]["EventType"] == "ExecutionCompleted", "{followed:?}");
    ensure!(cli.json(&["client-binding"], 0)?["taskHubName"] == "dacapo");
    lists(cli)
}

fn lists(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["ls", "--status", "running", "--prefix", "late"], Expect(0, "late", ""))?;
    check(&["ls", "--status", "asleep"], Expect(2, "", "asleep"))?;
    check(&["ls", "--created-after", "1h", "--prefix", "late"], Expect(0, "late", ""))?;
    check(&["ls", "--created-after", "soon"], Expect(2, "", "not a time"))?;
    check(&["ls", "--top", "0"], Expect(2, "", "--top"))?;
    check(&["ls", "--top", "1", "--all"], Expect(2, "", "cannot be used with"))?;
    let count = |args: &[&str]| Ok::<_, anyhow::Error>(cli.json(args, 0)?.as_array().context("a list")?.len());
    ensure!(count(&["ls", "--top", "2"])? == 2);
    ensure!(count(&["ls", "--all"])? > 5);
    ensure!(count(&["ls", "--created-before", "1h"])? == 0);
    ensure!(count(&["ls", "--status", "completed,failed", "--prefix", "r"])? == 1);
    Ok(())
}

fn checks(cli: &Cli) -> Result<()> {
    let hello = host::guest("hello")?;
    let hello = hello.to_str().context("a path in UTF-8")?;
    cli.check(&["check", hello], Expect(0, "verdict       accepted", ""))?;
    let report = cli.json(&["check", hello], 0)?;
    ensure!(report["functions"].as_array().is_some_and(|functions| functions.len() == 4), "{report}");
    ensure!(report["imports"] == serde_json::json!([]), "{report}");
    Ok(())
}

fn unreachable_and_unusable(cli: &Cli, host: Host) -> Result<()> {
    ensure!(host.stop()? == Some(0), "SIGTERM ends a host in order");
    cli.check(&["ls"], Expect(7, "", "error[server_unreachable]"))?;
    ensure!(cli.json(&["start", "sequence"], 7)?["error"]["code"] == "server_unreachable");
    cli.check(&["explode"], Expect(2, "", "unrecognized subcommand"))
}
