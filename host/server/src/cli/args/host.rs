//! The arguments of commands that need no running host.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::NonEmptyStringValueParser;

use super::Server;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo up                            what ./dacapo.toml names, and what was deployed before
  dacapo up guests/hello app.wasm --port 8080
  dacapo up app --watch                builds and deploys again what changes
  dacapo up --data /var/lib/dacapo --log-format json

The first SIGINT or SIGTERM stops the host in order, the second one at once.
What runs is not lost: it goes on when the host is started again.")]
pub struct Up {
    /// Folders with a dacapo.toml, manifests, or components [default: ./dacapo.toml if it is there]
    pub paths: Vec<PathBuf>,
    /// Builds and deploys again when sources change; what runs stays with what it began with
    #[arg(long)]
    pub watch: bool,
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
    /// A file of settings; dacapo.host.toml in the data folder if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
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
  dacapo build --install               may install the toolchain of a language
  dacapo build --azure-python app/ -o app.wasm

The manifest says how a component is made:
  build = { cargo = \"hello\" }          a package in Rust
  build = { js = \"src/app.ts\" }        JavaScript or TypeScript
  build = { python = \"app.py\" }        Python
  build = { azure-python = \".\" }       Python for Azure Functions, as it is
  build = { c = [\"app.c\"] }            C
  build = { command = [\"make\"] }       whatever writes the file")]
pub struct Build {
    /// Folders with a dacapo.toml, or manifests
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Builds a folder with Python functions for Azure, which needs no manifest
    #[arg(long, value_name = "DIR", conflicts_with = "paths")]
    pub azure_python: Option<PathBuf>,
    /// The component to make of it [default: DIR/<name of DIR>.wasm]
    #[arg(short, long, value_name = "FILE", requires = "azure_python")]
    pub output: Option<PathBuf>,
    /// Builds what is up to date, too: a new file that takes the place of another one is not noticed
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub installs: InstallFlag,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo bindings c -o include         all interfaces, for an editor or to read
  dacapo bindings c app.c -o obj       what app.c needs, for a build of your own

`dacapo build` makes them by itself.")]
pub struct Bindings {
    /// The language
    pub language: BindingsLanguage,
    /// Sources, if the bindings shall have only the roles and imports that these name
    pub sources: Vec<PathBuf>,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub output: PathBuf,
}

/// A language with bindings but without an SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BindingsLanguage {
    C,
}

#[derive(Debug, clap::Args)]
pub struct InstallFlag {
    /// Installs what a build needs and does not find (by rustup, apt-get, npm or pip)
    #[arg(long = "install", env = "DACAPO_INSTALL", value_parser = clap::builder::FalseyValueParser::new())]
    pub allowed: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo check app.wasm
  dacapo check app.wasm --json | jq .functions
  dacapo check app/                          all components of app/dacapo.toml, and what it binds to them")]
pub struct Check {
    /// The component, the manifest or a folder with one
    pub file: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dacapo replay history.json                 by the component that made it, from the data folder
  dacapo replay history.json --with new.wasm
  dacapo replay order-17 --with new.wasm     the history of a running host

Exits with 8 if the component does not do what the history says, with 65 if the file is not an exported history.")]
pub struct Replay {
    /// A file that `dacapo history ID --export` wrote, or an instance of a running host
    #[arg(value_name = "FILE|ID", value_parser = NonEmptyStringValueParser::new())]
    pub history: String,
    /// The component to play it by [default: the one that made it]
    #[arg(long, value_name = "FILE")]
    pub with: Option<PathBuf>,
    /// Data folder in which the component that made a file is looked for
    #[arg(long, default_value = ".dacapo", env = "DACAPO_DATA")]
    pub data: PathBuf,
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
