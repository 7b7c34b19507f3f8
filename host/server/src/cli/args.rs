//! The grammar of the command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "\
Exit codes:
  0  done                          5    conflict: it exists, or it has ended
  1  failure                       6    not allowed
  2  wrong usage or input          7    the server does not answer
  3  no such instance or function  74   the host lost its store; start it again
  4  the orchestration failed      78   the data folder cannot be used
     or was terminated             124  not in time
                                   130  interrupted";

const OVERVIEW: &str = "\
Examples:
  dacapo up .                          build, deploy and serve what dacapo.toml names
  dacapo run hello '\"Tokyo\"'           start an orchestration, wait, print its output
  dacapo start order @order.json --id order-17
  dacapo history order-17";

/// A host for durable functions that are WebAssembly components.
#[derive(Debug, Parser)]
#[command(version, after_help = format!("{OVERVIEW}\n\n{EXIT_CODES}"))]
pub struct Args {
    /// Prints one JSON document instead of text; errors too
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Builds, deploys and serves components until it is stopped
    Up(Up),
    /// Builds the components of manifests
    Build(Build),
    /// Tells whether a component would be accepted, and what is in it
    Check(Check),
    /// Starts an orchestration and prints its id
    Start(Start),
    /// Starts an orchestration, waits for its end and prints its output
    Run(Run),
    /// Shows an instance
    Show(Show),
    /// Shows what happened in an instance
    History(Show),
    /// Lists instances, the newest first
    Ls(Ls),
    /// Ends an instance, whatever it does
    Terminate(Terminate),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo up                            what ./dacapo.toml names, and what was deployed before
  dacapo up guests/hello app.wasm --port 8080
  dacapo up --data /var/lib/dacapo --log-format json

The first SIGINT or SIGTERM stops the host in order, the second one at once.
What runs is not lost: it goes on when the host is started again.")]
pub struct Up {
    /// Folders with a dacapo.toml, manifests, or components [default: ./dacapo.toml if it is there]
    pub paths: Vec<PathBuf>,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 7071, env = "DACAPO_PORT")]
    pub port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1", env = "DACAPO_HOST")]
    pub host: IpAddr,
    /// Folder in which everything durable is kept
    #[arg(long, default_value = ".dacapo", env = "DACAPO_DATA")]
    pub data: PathBuf,
    /// Name of the hub
    #[arg(long, default_value = "dacapo", env = "DACAPO_HUB")]
    pub hub: String,
    /// Listens on an address that other machines reach, although nobody is asked for a key
    #[arg(long)]
    pub insecure: bool,
    /// Another name by which clients may call this host
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// What a commit survives: a power loss (full) or a crash of the process (relaxed)
    #[arg(long, value_enum, default_value_t = Durability::Full)]
    pub durability: Durability,
    /// The most pages of 4 KiB that the hub may take on disk
    #[arg(long, value_name = "PAGES")]
    pub storage_max_pages: Option<u32>,
    /// How the log on stderr is written; DACAPO_LOG or RUST_LOG say what is logged
    #[arg(long, value_enum, default_value_t = LogFormat::Pretty)]
    pub log_format: LogFormat,
    #[command(flatten)]
    pub installs: InstallFlag,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo build
  dacapo build guests/hello guests/fan-out
  dacapo build --install               may install a toolchain for wasm")]
pub struct Build {
    /// Folders with a dacapo.toml, or manifests
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub installs: InstallFlag,
}

#[derive(Debug, clap::Args)]
pub struct InstallFlag {
    /// Installs what a build needs and does not find (rustup target add, apt-get install)
    #[arg(long = "install", env = "DACAPO_INSTALL", value_parser = clap::builder::FalseyValueParser::new())]
    pub allowed: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo check app.wasm
  dacapo check app.wasm --json | jq .functions")]
pub struct Check {
    /// The component
    pub file: PathBuf,
}

/// Where the host is.
#[derive(Debug, clap::Args)]
pub struct Server {
    /// URL of the host
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7071", env = "DACAPO_SERVER")]
    pub server: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo start hello '\"Tokyo\"'
  dacapo start order @order.json --id order-17
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
    #[command(flatten)]
    pub server: Server,
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
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// The instance
    pub id: String,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo ls
  dacapo ls --status failed,terminated --limit 100")]
pub struct Ls {
    /// Only instances in these states: running, completed, failed, terminated
    #[arg(long, value_delimiter = ',')]
    pub status: Vec<String>,
    /// Only ids that begin with this
    #[arg(long)]
    pub prefix: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo terminate order-17 --reason 'ordered twice'")]
pub struct Terminate {
    /// The instance
    pub id: String,
    /// Why; it is kept with the instance
    #[arg(long)]
    pub reason: Option<String>,
    #[command(flatten)]
    pub server: Server,
}

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    Full,
    Relaxed,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Pretty,
    Json,
}

fn duration(text: &str) -> Result<Duration, String> {
    let length: jiff::SignedDuration = text.parse().map_err(|_| "not a duration such as 30s, 5m or 1h".to_owned())?;
    match Duration::try_from(length) {
        Ok(length) if !length.is_zero() => Ok(length),
        _ => Err("it must be longer than nothing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn durations() {
        let check = |text: &str, expect: Option<Duration>| assert_eq!(duration(text).ok(), expect, "{text}");
        check("30s", Some(Duration::from_secs(30)));
        check("1h30m", Some(Duration::from_secs(5400)));
        check("250ms", Some(Duration::from_millis(250)));
        check("0s", None);
        check("-1s", None);
        check("soon", None);
    }
}
