//! The arguments of `test`.

use std::path::PathBuf;

use super::InstallFlag;

const SCENARIO: &str = r#"Example, scenarios/approval.toml beside dacapo.toml:
  [[scenario]]
  name = "silence is a no"
  orchestrator = "approval"
  input = { what = "tea", cents = 5000, patience_ms = 60000 }
  activities.ask_approver = [{ failure = { kind = "busy" } }, { output = "May we?" }]
  expect = { output = { approved = false, by = "nobody" }, elapsed = "1m 1s" }

  [[scenario]]
  name = "an event decides"
  orchestrator = "approval"
  input = { what = "tea", cents = 5000, patience_ms = 60000 }
  activities.ask_approver = { run = true }
  event = [{ at = "5s", name = "approval", data = { approved = true, by = "Ada" } }]
  expect = { output = { approved = true, by = "Ada" }, elapsed = "5s" }

What else there is:
  instance, version, tags, start = 2026-01-01T00:00:00Z, seed = 0
  until = "1h"                         look no further than this; for what does not end
  activities.NAME = { output = VALUE } | { failure = { kind, message, details, retryable } } | { run = true }
                                       the answer each time, or an array of answers; each may have
                                       `input` (what it must be asked with) and `after` (how long it takes)
  children.NAME = ...                  the same; a child without an answer is played
  entities."@counter@a" = VALUE        the state that an entity begins with
  event = [{ at, name, data, to }], suspend, resume and terminate = [{ at, reason }]
  expect = { status, output, failure = { kind, message, because }, custom-status, elapsed, entities, logs, history }
                                       an empty `history` is filled in by --bless
  { json = "null" }                    a value that TOML cannot write, as JSON text

Each scenario is played twice, with its sessions kept and with them dropped before each turn, and all histories
are replayed from their beginning: code that does not replay fails, with the explanation that a host would give."#;

#[derive(Debug, clap::Args)]
#[command(after_help = SCENARIO)]
pub struct Test {
    /// Folders with a dacapo.toml, manifests, or single files of scenarios
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Plays only scenarios with this in their name or in that of their file
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// Writes the histories that came into the scenarios that expect one
    #[arg(long)]
    pub bless: bool,
    #[command(flatten)]
    pub installs: InstallFlag,
}
