//! What changes instances, and how they are named.

use anyhow::{Result, ensure};

use super::{Cli, Expect, LATE};

pub fn operations(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["start", "waits_for", "\"go\"", "--id", "w"], Expect(0, "w\n", "hint"))?;
    check(&["suspend", "w", "--reason", "audit"], Expect(0, "", "suspended w"))?;
    check(&["show", "w"], Expect(0, "status     Suspended", ""))?;
    check(&["event", "w", "go", "{"], Expect(2, "", "error[invalid_json]"))?;
    ensure!(cli.run(&["event", "w", "GO", "-"], "null")?.stderr == "sent GO to w\n");
    check(&["show", "w"], Expect(0, "waits for  its next turn (events to take in: 1)", ""))?;
    check(&["resume", "w"], Expect(0, "", "resumed w"))?;
    check(&["history", "w", "--follow"], Expect(0, "ExecutionCompleted", ""))?;
    for operation in ["suspend", "resume", "terminate"] {
        check(&[operation, "w"], Expect(5, "", "error[instance_finished]"))?;
    }
    check(&["event", "w", "go"], Expect(5, "", "error[instance_finished]"))?;
    for operation in ["suspend", "resume", "terminate", "rewind", "restart", "purge"] {
        check(&[operation, "nobody"], Expect(3, "", "error[not_found]"))?;
        ensure!(cli.json(&[operation, "nobody"], 3)?["error"]["code"] == "not_found");
    }
    check(&["event", "nobody", "go"], Expect(3, "", "error[not_found]"))?;
    check(&["event", "nobody"], Expect(2, "", "Usage: dacapo event"))?;
    ensure!(cli.json(&["terminate", "late", "--reason", "too late"], 0)?["operation"] == "terminate");
    check(&["show", "late"], Expect(0, "\"too late\"", ""))?;
    second_lives(cli)
}

fn second_lives(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["rewind", "w"], Expect(5, "", "error[not_failed]"))?;
    check(&["run", "panics", "--id", "hopeless"], Expect(4, "", "error[orchestration_failed]"))?;
    check(&["rewind", "hopeless"], Expect(5, "", "error[not_rewindable]"))?;
    check(&["run", "tries", "4", "--id", "failed"], Expect(4, "", "error[orchestration_failed]"))?;
    check(&["rewind", "failed", "--reason", "again"], Expect(0, "", "rewound failed"))?;
    check(&["history", "failed", "--follow"], Expect(0, "Completed 4", ""))?;
    check(&["history", "failed"], Expect(0, "again", ""))?;
    check(&["restart", "failed", "--same-id"], Expect(0, "failed\n", "hint: dacapo show failed"))?;
    check(&["history", "failed", "--follow"], Expect(0, "Failed \"attempt 3\"", ""))?;
    let restarted = cli.json(&["restart", "w"], 0)?;
    ensure!(restarted["id"].is_string() && restarted["id"] != "w", "{restarted}");
    check(&["restart", "tagged", "--same-id"], Expect(5, "", "error[instance_exists]"))
}

pub fn beginnings(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    for id in ["begin", "begin-1", "begin-20"] {
        check(&["start", "remind", LATE, "--id", id], Expect(0, id, "hint"))?;
    }
    check(&["show", "begin"], Expect(0, "id         begin\n", ""))?;
    check(&["show", "begin-2"], Expect(0, "id         begin-20\n", ""))?;
    check(
        &["show", "begin-"],
        Expect(2, "", "error[ambiguous_id]: more than one id begins with begin-: begin-20, begin-1\n"),
    )?;
    ensure!(cli.json(&["terminate", "begin-"], 2)?["error"]["code"] == "ambiguous_id");
    check(&["show", "begin-3"], Expect(3, "", "error[not_found]"))?;
    check(&["show", ""], Expect(2, "", "a value is required"))?;
    check(&["suspend", "begin-2"], Expect(0, "", "suspended begin-20"))?;
    check(&["event", "begin-2", "noise"], Expect(0, "", "sent noise to begin-20"))?;
    check(&["history", "begin-2", "--export"], Expect(0, "dacapo-history", ""))?;
    ensure!(cli.json(&["terminate", "begin-2"], 0)?["id"] == "begin-20");
    check(&["purge", "begin-2"], Expect(0, "", "purged 1"))?;
    check(&["show", "begin-"], Expect(0, "id         begin-1\n", ""))
}

pub fn purges(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["purge"], Expect(2, "", "required"))?;
    check(&["purge", "tagged"], Expect(5, "", "error[not_ended]"))?;
    check(&["purge", "w"], Expect(0, "", "purged 1"))?;
    check(&["show", "w"], Expect(3, "", "error[not_found]"))?;
    check(
        &["run", "batch", r#"[{"id":"1","items":["tea"]}]"#, "--id", "batch"],
        Expect(0, "tea and ribbon", "started"),
    )?;
    check(&["show", "batch.1"], Expect(0, "parent    batch", ""))?;
    ensure!(cli.json(&["purge", "batch", "--recursive"], 0)?["instancesDeleted"] == 2);
    // Nobody sits at a terminal here.
    check(&["purge", "--status", "failed"], Expect(2, "", "error[not_confirmed]"))?;
    ensure!(cli.json(&["purge", "--created-after", "1d"], 2)?["error"]["code"] == "not_confirmed");
    check(&["show", "hopeless"], Expect(0, "status    Failed", ""))?;
    check(&["purge", "--created-before", "1d", "--yes"], Expect(0, "", "purged 0"))?;
    ensure!(cli.json(&["purge", "--status", "failed", "--yes"], 0)?["instancesDeleted"].as_u64() > Some(1));
    check(&["show", "hopeless"], Expect(3, "", "error[not_found]"))?;
    check(&["purge", "--status", "asleep", "--yes"], Expect(2, "", "asleep"))
}
