//! The command line: what a person or a script types, and what they get back.
//!
//! Data goes to stdout, everything else to stderr. It owns the exit codes and the words of the output. The commands that
//! ask a running host are clients of its HTTP interface and know nothing else of it.

mod args;
mod binding;
mod bindings;
mod build;
mod check;
mod client;
mod divergence;
mod doctor;
mod entity;
mod exit;
mod history;
mod log;
mod ls;
mod manage;
mod moment;
mod new;
mod output;
mod pick;
mod purge;
mod replay;
mod scratch;
mod show;
mod start;
mod test;
mod types;
mod up;
mod waits;
mod watch;

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
        Command::New(new) => new::run(&new, format),
        Command::Doctor(doctor) => doctor::run(&doctor, format),
        Command::Up(up) => up::run(up),
        Command::Build(build) => build::run(&build, format),
        Command::Bindings(args) => bindings::run(&args),
        Command::Check(check) => check::run(&check, format),
        Command::Types(types) => types::run(types, format),
        Command::Replay(replay) => replay::run(&replay, format),
        Command::Test(test) => test::run(&test, format),
        Command::Start(start) => client::block_on(start::start(start, format)),
        Command::Run(run) => client::block_on(start::run(run, format)),
        Command::Show(show) => client::block_on(show::run(show, format)),
        Command::History(history) => client::block_on(history::run(history, format)),
        Command::Ls(ls) => client::block_on(ls::run(ls, format)),
        Command::Event(raise) => client::block_on(manage::event(raise, format)),
        Command::Suspend(because) => client::block_on(manage::operate(manage::SUSPEND, because, format)),
        Command::Resume(because) => client::block_on(manage::operate(manage::RESUME, because, format)),
        Command::Terminate(terminate) => client::block_on(manage::terminate(terminate, format)),
        Command::Rewind(because) => client::block_on(manage::operate(manage::REWIND, because, format)),
        Command::Restart(restart) => client::block_on(manage::restart(restart, format)),
        Command::Purge(purge) => client::block_on(purge::run(purge, format)),
        Command::Entity(entity) => client::block_on(entity::run(entity, format)),
        Command::ClientBinding(binding) => client::block_on(binding::run(binding)),
    }
}
