//! The command line: what a person or a script types, and what they get back.
//!
//! Data goes to stdout, everything else to stderr. It owns the exit codes and the words of the output. The commands that
//! ask a running host are clients of its HTTP interface and know nothing else of it.

mod args;
mod build;
mod check;
mod client;
mod exit;
mod history;
mod log;
mod ls;
mod output;
mod show;
mod start;
mod terminate;
mod up;

use std::process::ExitCode;

use clap::Parser;

pub use exit::Exit;

use args::{Args, Command};
use exit::CliError;
use output::Format;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let format = if args.json { Format::Json } else { Format::Text };
    match run(args.command, format) {
        Ok(exit) => exit.into(),
        Err(error) => {
            error.print(format);
            error.exit.into()
        }
    }
}

fn run(command: Command, format: Format) -> Result<Exit, CliError> {
    match command {
        Command::Up(up) => up::run(up),
        Command::Build(build) => build::run(&build, format),
        Command::Check(check) => check::run(&check, format),
        Command::Start(start) => client::block_on(start::start(start, format)),
        Command::Run(run) => client::block_on(start::run(run, format)),
        Command::Show(show) => client::block_on(show::run(show, format)),
        Command::History(history) => client::block_on(history::run(history, format)),
        Command::Ls(ls) => client::block_on(ls::run(ls, format)),
        Command::Terminate(terminate) => client::block_on(terminate::run(terminate, format)),
    }
}
