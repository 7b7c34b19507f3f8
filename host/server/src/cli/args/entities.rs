//! The arguments of commands that ask a running host about entities.

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use kernel::model::EntityId;

use super::super::moment::Moment;
use super::Server;

/// What is done with entities.
#[derive(Debug, Subcommand)]
pub enum Entity {
    /// Shows the state of an entity, and what else is known of it
    Show(EntityTarget),
    /// Lists entities, the newest first
    Ls(LsEntities),
    /// Runs an operation of an entity; nobody hears how it went
    Signal(SignalEntity),
    /// Runs the operation `delete` of an entity, which takes its state away
    Delete(EntityTarget),
    /// Releases the locks of orchestrations that are no more
    Clean(Server),
}

/// Which entity is meant.
#[derive(Debug, clap::Args)]
pub struct EntityTarget {
    /// The entity
    #[arg(value_name = "@NAME@KEY", value_parser = EntityId::parse)]
    pub id: EntityId,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo entity ls
  dacapo entity ls counter --prefix a --state
  dacapo entity ls --changed-after 1h --all")]
pub struct LsEntities {
    /// Only those of this name
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub name: Option<String>,
    /// Only keys that begin with this
    #[arg(long, value_name = "KEY", requires = "name")]
    pub prefix: Option<String>,
    /// Only those whose last operation was then or later; a time, or how long ago, such as 30m or 7d
    #[arg(long, value_name = "TIME|AGO", value_parser = Moment::past)]
    pub changed_after: Option<Moment>,
    /// Only those whose last operation was then or earlier
    #[arg(long, value_name = "TIME|AGO", value_parser = Moment::past)]
    pub changed_before: Option<Moment>,
    /// Shows their states, too
    #[arg(long)]
    pub state: bool,
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
  dacapo entity signal @counter@a add 5
  dacapo entity signal @counter@a reset --at +7d
  generate | dacapo entity signal @import@today lines -")]
pub struct SignalEntity {
    /// The entity
    #[arg(value_name = "@NAME@KEY", value_parser = EntityId::parse)]
    pub id: EntityId,
    /// The operation
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub operation: String,
    /// Its input: JSON, @FILE, or - for stdin [default: null]
    #[arg(value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub input: Option<String>,
    /// When it is run: a time such as 2026-11-22T05:00:00Z, or a distance such as +30m or +7d [default: now]
    #[arg(long, value_name = "TIME|+DURATION", value_parser = Moment::ahead)]
    pub at: Option<Moment>,
    #[command(flatten)]
    pub server: Server,
}
