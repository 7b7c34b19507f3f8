//! The arguments of commands for those who write functions.

use std::path::PathBuf;

use clap::ValueEnum;

use super::InstallFlag;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo new hello --lang python
  dacapo new shop --lang ts --template saga
  cd shop && dacapo up

Templates:
  hello     an orchestration that calls an activity, one call after another
  article   a request, an entity that remembers it, an orchestration that handles it
  saga      three steps, and what undoes them in reverse order if one fails
  approval  an external event or silence, with a reminder in between")]
pub struct New {
    /// Its name, and that of its folder: letters, digits, - and _
    pub name: String,
    /// The language
    #[arg(long, value_enum)]
    pub lang: Language,
    /// What it begins with
    #[arg(long, value_enum, default_value_t = Template::Hello)]
    pub template: Template,
}

/// A language that applications are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    Rust,
    Js,
    Ts,
    Python,
    C,
}

/// What a new application begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Template {
    Hello,
    Article,
    Saga,
    Approval,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo doctor                        what ./dacapo.toml needs, and all else that could be used
  dacapo doctor app --port 8080
  dacapo doctor --json | jq '.checks[] | select(.state != \"ok\")'

Nothing is installed. Exits with 1 if something is missing that is needed.")]
pub struct Doctor {
    /// A folder with a dacapo.toml, or a manifest [default: ./dacapo.toml if it is there]
    pub path: Option<PathBuf>,
    /// Port that the host is to listen on
    #[arg(long, default_value_t = 7071, env = "DACAPO_PORT")]
    pub port: u16,
    /// Folder in which everything durable is to be kept
    #[arg(long, default_value = ".dacapo", env = "DACAPO_DATA")]
    pub data: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo types --lang ts ../billing -o src/billing.ts
  dacapo types --lang python app.wasm > app_stubs.py
  dacapo types --lang rust --server http://127.0.0.1:7071 -o src/others.rs

What a schema says and a language cannot is left open, and a comment says so.")]
pub struct Types {
    /// The language to write
    #[arg(long, value_enum)]
    pub lang: TargetLanguage,
    /// A component, a manifest or a folder with one [default: .]
    #[arg(value_name = "FILE|DIR", conflicts_with = "server")]
    pub path: Option<PathBuf>,
    /// URL of a running host, for all that is deployed there
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// File to write [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub installs: InstallFlag,
}

/// A language that typed functions are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetLanguage {
    Ts,
    Python,
    Rust,
}
