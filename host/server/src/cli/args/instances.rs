//! The arguments of commands that ask a running host about instances.

use std::path::PathBuf;
use std::time::Duration;

use clap::ArgAction;
use clap::builder::NonEmptyStringValueParser;

use super::super::moment::{self, Moment};

/// Where the host is.
#[derive(Debug, clap::Args)]
pub struct Server {
    /// URL of the host
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7071", env = "DACAPO_SERVER")]
    pub server: String,
}

/// Which instance is meant.
#[derive(Debug, clap::Args)]
pub struct Target {
    /// The instance: its id, or as much of its beginning as no other id has
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub id: String,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo start hello '\"Tokyo\"'
  dacapo start order @order.json --id order-17 --tag team=blue
  dacapo start remind '{\"text\":\"tea\"}' --at +30m
  generate | dacapo start import -")]
pub struct Start {
    /// The orchestrator
    pub name: String,
    /// Its input: JSON, @FILE, or - for stdin [default: null]
    #[arg(value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub input: Option<String>,
    /// Id of the instance [default: a new one]
    #[arg(long)]
    pub id: Option<String>,
    /// Version to ask for
    #[arg(long)]
    pub version: Option<String>,
    /// When it begins: a time such as 2026-11-22T05:00:00Z, or a distance such as +30m or +7d [default: now]
    #[arg(long, value_name = "TIME|+DURATION", value_parser = Moment::ahead)]
    pub at: Option<Moment>,
    /// Something to attach to the instance; may be given more than once
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = Tag::parse)]
    pub tags: Vec<Tag>,
    #[command(flatten)]
    pub server: Server,
}

/// A name and a value that are attached to an instance.
#[derive(Debug, Clone)]
pub struct Tag {
    pub name: String,
    pub value: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo run hello '\"Tokyo\"'
  dacapo run report @year.json --timeout 5m > report.json

Exits with 4 if the orchestration fails or is terminated, with 124 if it has not ended in time; then it goes on.")]
pub struct Run {
    #[command(flatten)]
    pub start: Start,
    /// How long to wait, such as 30s, 5m or 1h [default: for ever]
    #[arg(long, value_name = "DURATION", value_parser = moment::duration)]
    pub timeout: Option<Duration>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo history order-17
  dacapo history order-17 --follow
  dacapo history order-17 --export history.json

What --export writes is played again by `dacapo replay`.")]
pub struct History {
    #[command(flatten)]
    pub target: Target,
    /// Goes on with what happens, until the instance ends; with --json one event a line
    #[arg(long, short)]
    pub follow: bool,
    /// Writes the whole history for `dacapo replay`, to stdout if no file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with = "follow")]
    pub export: Option<Option<PathBuf>>,
}

/// Which instances are meant.
#[derive(Debug, clap::Args)]
pub struct Filter {
    /// Only instances in these states: pending, running, suspended, completed, failed, terminated
    #[arg(long, value_delimiter = ',')]
    pub status: Vec<String>,
    /// Only those that were started then or later; a time, or how long ago, such as 30m or 7d
    #[arg(long, value_name = "TIME|AGO", value_parser = Moment::past)]
    pub created_after: Option<Moment>,
    /// Only those that were started then or earlier
    #[arg(long, value_name = "TIME|AGO", value_parser = Moment::past)]
    pub created_before: Option<Moment>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo ls
  dacapo ls --status failed,terminated --created-after 7d --top 100
  dacapo ls --prefix order- --all")]
pub struct Ls {
    #[command(flatten)]
    pub filter: Filter,
    /// Only ids that begin with this
    #[arg(long)]
    pub prefix: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
    /// All of them
    #[arg(long, conflicts_with = "top")]
    pub all: bool,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo event order-17 approval '{\"by\":\"Ada\"}'
  dacapo event order-17 cancel
  generate | dacapo event order-17 lines -")]
pub struct Raise {
    /// The instance: its id, or as much of its beginning as no other id has
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub id: String,
    /// The name of the event
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub name: String,
    /// What comes with it: JSON, @FILE, or - for stdin [default: null]
    #[arg(value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub input: Option<String>,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, clap::Args)]
pub struct Because {
    #[command(flatten)]
    pub target: Target,
    /// Why; it is kept with the instance
    #[arg(long)]
    pub reason: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo terminate order-17 --reason 'ordered twice'
  dacapo terminate batch-3 --recursive")]
pub struct Terminate {
    #[command(flatten)]
    pub because: Because,
    /// Ends the instances that it started, too
    #[arg(long)]
    pub recursive: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo restart order-17
  dacapo restart order-17 --same-id    in the place of the one that has ended")]
pub struct Restart {
    #[command(flatten)]
    pub target: Target,
    /// Keeps the id; the instance must have ended
    #[arg(long)]
    pub same_id: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("which").args(["id", "status", "created_after", "created_before"]).required(true).multiple(true)),
    after_help = "\
Examples:
  dacapo purge order-17
  dacapo purge --status completed --created-before 30d --yes

Only instances that have ended are purged. Without an id it asks first; --yes answers."
)]
pub struct Purge {
    /// The instance: its id, or as much of its beginning as no other id has
    #[arg(value_parser = NonEmptyStringValueParser::new(), conflicts_with_all = ["status", "created_after", "created_before"])]
    pub id: Option<String>,
    /// Purges the instances that it started, too
    #[arg(long, conflicts_with_all = ["status", "created_after", "created_before"])]
    pub recursive: bool,
    #[command(flatten)]
    pub filter: Filter,
    /// Does not ask
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub yes: bool,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo client-binding > binding.json

It is what Azure Functions hands to a function with a binding of the type durableClient.")]
pub struct ClientBinding {
    #[command(flatten)]
    pub server: Server,
}

impl Tag {
    /// A colon ends the name where the host reads it.
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() && !name.contains(':') => {
                Ok(Self { name: name.to_owned(), value: value.to_owned() })
            }
            _ => Err("not NAME=VALUE with a name that is not empty and has no colon".to_owned()),
        }
    }
}
