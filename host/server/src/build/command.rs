//! Runs other programs: their output goes to stderr, their failures become problems that name them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::problem::{Code, Problem};

/// Whether a toolchain that is missing may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installs {
    /// The user said so.
    Allowed,
    /// The default: the user is told what would be done.
    Refused,
}

/// Tells the user what is done, line by line.
pub type Narrator = fn(&str);

/// Runs the build command of a manifest.
pub fn run_author_command(dir: &Path, words: &[String], say: Narrator) -> Result<(), Problem> {
    let (program, arguments) = words.split_first().expect("the manifest was checked: a command has words");
    say(&format!("running {} in {}", words.join(" "), dir.display()));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(dir);
    run(&mut command)
}

/// Runs a command to its end. What it prints goes to stderr, because stdout is for data.
pub fn run(command: &mut Command) -> Result<(), Problem> {
    let status =
        command.stdin(Stdio::null()).stdout(std::io::stderr()).status().map_err(|e| cannot_run(command, &e))?;
    match status.success() {
        true => Ok(()),
        false => Err(failed(command, status)),
    }
}

/// Runs a command to its end and gives back what it printed.
pub fn capture(command: &mut Command) -> Result<String, Problem> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let output = command.spawn().and_then(std::process::Child::wait_with_output);
    let output = output.map_err(|error| cannot_run(command, &error))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failed(command, output.status)),
    }
}

/// Asks a program something of which no answer is an answer too.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(text.trim().to_owned())
}

/// A program that the shell would find.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

fn cannot_run(command: &Command, error: &std::io::Error) -> Problem {
    let program = command.get_program().to_string_lossy();
    Problem::new(Code::BuildFailed, format!("{program} cannot be run: {error}"))
}

fn failed(command: &Command, status: std::process::ExitStatus) -> Problem {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let shown = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    Problem::new(Code::BuildFailed, format!("`{shown}` ended with {status}"))
}
