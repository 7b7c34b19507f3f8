//! The grammar of the command line.

mod entities;
mod host;
mod instances;
mod projects;
mod scenarios;

use clap::{Parser, Subcommand};

pub use entities::{Entity, EntityTarget, LsEntities, SignalEntity};
pub use host::{Bindings, BindingsLanguage, Build, Check, Durability, InstallFlag, LogFormat, Replay, Up};
pub use instances::{
    Because, ClientBinding, Filter, History, Ls, Purge, Raise, Restart, Run, Server, Start, Tag, Target, Terminate,
};
pub use projects::{Doctor, Language, New, TargetLanguage, Template, Types};
pub use scenarios::Test;

const EXIT_CODES: &str = "\
Exit codes:
  0  done                          7    the server does not answer
  1  failure                       8    the code does not replay the history
  2  wrong usage or input          65   the file is not an exported history
  3  no such instance or function  74   the host lost its store; start it again
  4  the orchestration failed      78   the data folder cannot be used
     or was terminated             124  not in time
  5  conflict: its state forbids   130  interrupted
  6  not allowed";

const OVERVIEW: &str = "\
Examples:
  dacapo up .                          build, deploy and serve what dacapo.toml names
  dacapo run hello '\"Tokyo\"'           start an orchestration, wait, print its output
  dacapo start order @order.json --id order-17
  dacapo event order-17 approval '{\"by\":\"Ada\"}'
  dacapo history order-17
  dacapo entity show @counter@a

Where an instance is named, the beginning of its id is enough if no other id has it.";

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
    /// Makes a new application
    New(New),
    /// Checks what this machine has of what is needed
    Doctor(Doctor),
    /// Builds, deploys and serves components until it is stopped
    Up(Up),
    /// Builds the components of manifests
    Build(Build),
    /// Writes what a program in another language includes to speak with the host
    Bindings(Bindings),
    /// Tells whether a component would be accepted, and what is in it
    Check(Check),
    /// Writes typed functions by which code calls what components offer
    Types(Types),
    /// Plays a history again and tells whether a component does what it says
    Replay(Replay),
    /// Plays the scenarios of an application, in no time and without a host
    Test(Test),
    /// Starts an orchestration and prints its id
    Start(Start),
    /// Starts an orchestration, waits for its end and prints its output
    Run(Run),
    /// Shows an instance, and what it waits for
    Show(Target),
    /// Shows what happened in an instance
    History(History),
    /// Lists instances, the newest first
    Ls(Ls),
    /// Sends an event to an instance
    Event(Raise),
    /// Stops an instance until it is resumed; what comes in meanwhile is kept
    Suspend(Because),
    /// Lets a suspended instance go on
    Resume(Because),
    /// Ends an instance, whatever it does
    Terminate(Terminate),
    /// Takes back the failure of an instance: what failed is tried again, what completed is kept
    Rewind(Because),
    /// Starts an orchestration again with the input that it had
    Restart(Restart),
    /// Deletes what is kept of instances that have ended
    Purge(Purge),
    /// Shows, lists, signals and cleans entities
    #[command(subcommand)]
    Entity(Entity),
    /// Prints what clients of Durable Functions are configured with
    ClientBinding(ClientBinding),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn combinations() {
        let check = |line: &str, expect: &str| {
            let got = match Args::try_parse_from(line.split(' ')) {
                Ok(args) => format!("{:?}", args.command),
                Err(error) => error.to_string(),
            };
            assert!(got.contains(expect), "{line}: {got}, not {expect}");
        };
        check("dacapo purge", "required");
        check("dacapo purge a", "id: Some(\"a\")");
        check("dacapo purge a --status failed", "cannot be used with");
        check("dacapo purge --recursive", "required");
        check("dacapo purge --recursive --status failed", "cannot be used with");
        check("dacapo purge --status failed,completed", "[\"failed\", \"completed\"]");
        check("dacapo ls --all --top 3", "cannot be used with");
        check("dacapo history a --export", "export: Some(None)");
        check("dacapo history a --export b", "export: Some(Some(\"b\"))");
        check("dacapo history a --export --follow", "cannot be used with");
        check("dacapo start a --tag b=c=d", "value: \"c=d\"");
        check("dacapo start a --tag b", "NAME=VALUE");
        check("dacapo start a --tag b:c=d", "no colon");
        check("dacapo start a --at 7d", "not a time");
        check("dacapo entity show @Counter@a", "id: EntityId(InstanceId(\"@counter@a\"))");
        check("dacapo entity show counter", "the form @name@key");
        check("dacapo entity show @counter@a/b", "not contain '/'");
        check("dacapo entity signal @counter@a add -5", "input: Some(\"-5\")");
        check("dacapo entity signal @counter@a", "required");
        check("dacapo entity signal @counter@a add --at 7d", "not a time");
        check("dacapo entity ls --prefix a", "required");
        check("dacapo entity ls counter --prefix a", "prefix: Some(\"a\")");
        check("dacapo entity ls --all --top 3", "cannot be used with");
        check("dacapo entity", "Usage: dacapo entity");
    }
}
