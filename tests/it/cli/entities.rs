//! Entities as a person sees them.

use anyhow::{Result, ensure};

use super::{Cli, Expect};

pub fn entities(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["entity", "show", "@counter@c"], Expect(3, "", "error[not_found]: there is no entity @counter@c"))?;
    check(&["entity", "signal", "@Counter@c", "add", "5"], Expect(0, "", "sent add to @counter@c\n"))?;
    check(&["entity", "signal", "@counter@c", "ADD", "-2"], Expect(0, "", "sent ADD to @counter@c\n"))?;
    check(&["entity", "show", "@counter@c"], Expect(0, "version         0\nstate           {\"value\":3}\n", ""))?;
    ensure!(cli.json(&["entity", "show", "@counter@c"], 0)?["state"]["value"] == 3);
    let from_stdin = cli.run(&["entity", "signal", "@members@", "insert", "-"], "\"Ada\"")?;
    ensure!(from_stdin.code == Some(0), "{from_stdin:?}");
    check(&["entity", "show", "@members@"], Expect(0, "state           [\"Ada\"]\n", ""))?;
    check(&["entity", "signal", "@counter@c", "reset", "--at", "+1h"], Expect(0, "", "sent reset"))?;
    ensure!(cli.json(&["entity", "signal", "@counter@c", "add", "1"], 0)?["operation"] == "add");
    lists(cli)?;
    refusals(cli)?;
    ends(cli)
}

fn lists(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["entity", "ls"], Expect(0, "ENTITY      LAST OPERATION            STATE\n@members@", ""))?;
    check(&["entity", "ls", "counter", "--prefix", "c", "--state"], Expect(0, "{\"value\":4}\n", ""))?;
    let count = |args: &[&str]| anyhow::Ok(cli.json(args, 0)?.as_array().map(Vec::len));
    ensure!(count(&["entity", "ls", "--all"])? == Some(2));
    ensure!(count(&["entity", "ls", "--top", "1"])? == Some(1));
    ensure!(count(&["entity", "ls", "COUNTER", "--changed-after", "1h"])? == Some(1));
    ensure!(count(&["entity", "ls", "--changed-before", "1h"])? == Some(0));
    ensure!(count(&["entity", "ls", "register"])? == Some(0));
    // An entity is no instance.
    ensure!(count(&["ls", "--prefix", "@", "--all"])? == Some(0));
    check(&["entity", "ls", "--top", "0"], Expect(2, "", "--top"))
}

fn refusals(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["entity"], Expect(2, "", "Usage: dacapo entity"))?;
    check(&["entity", "show", "counter"], Expect(2, "", "@name@key"))?;
    check(&["entity", "show", "@counter@a/b"], Expect(2, "", "the key of an entity"))?;
    check(&["entity", "signal", "@nobody@a", "add"], Expect(3, "", "error[unknown_function]"))?;
    ensure!(cli.json(&["entity", "signal", "@nobody@a", "add"], 3)?["error"]["code"] == "unknown_function");
    check(&["entity", "signal", "@counter@a", "add", "{"], Expect(2, "", "error[invalid_json]"))?;
    check(&["entity", "signal", "@counter@a", "add", "--at", "soon"], Expect(2, "", "not a time"))?;
    check(&["entity", "signal", "@counter@a", "add", "--at", "2999-01-01"], Expect(2, "", "ten years"))?;
    check(&["entity", "delete", "@nobody@a"], Expect(3, "", "error[unknown_function]"))?;
    check(&["show", "@counter@c"], Expect(3, "", "`dacapo entity ls`"))
}

fn ends(cli: &Cli) -> Result<()> {
    let check = |args: &[&str], expect| cli.check(args, expect);
    check(&["entity", "delete", "@members@"], Expect(0, "", "sent delete to @members@\n"))?;
    check(&["entity", "show", "@members@"], Expect(3, "", "error[not_found]"))?;
    check(&["entity", "clean"], Expect(0, "", "locks released: 0\n"))?;
    ensure!(cli.json(&["entity", "clean"], 0)?["locksReleased"] == 0);
    check(&["purge", "@counter@c"], Expect(0, "", "purged 1"))?;
    check(&["purge", "@counter@c"], Expect(3, "", "error[not_found]"))?;
    check(&["entity", "ls"], Expect(0, "ENTITY  LAST OPERATION  STATE\n", ""))
}
