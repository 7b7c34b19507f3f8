//! Runs other programs: their output goes to stderr, their failures become problems that name them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

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

/// The most lines of a tool's complaint that a problem repeats.
const COMPLAINT_MAX_LINES: usize = 60;

/// Runs a tool to its end. Its words are passed on while it works, up to the first line that speaks of an error: those from
/// there on become the problem, if it is one. A file that they name relative to `dir` is named as the user would.
pub fn run_tool(command: &mut Command, dir: &Path, say: Narrator) -> Result<(), Problem> {
    let spawned = command.stdin(Stdio::null()).stdout(std::io::stderr()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| cannot_run(command, &error))?;
    let mut complaint = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            match complaint.is_empty() && !speaks_of_an_error(&line) {
                true => say(&line),
                false => complaint.push(located(line, dir)),
            }
        }
    }
    let status = child.wait().map_err(|error| cannot_run(command, &error))?;
    if status.success() {
        complaint.iter().for_each(|line| say(line));
        return Ok(());
    }
    if complaint.is_empty() {
        return Err(failed(command, status));
    }
    let left_out = complaint.len().saturating_sub(COMPLAINT_MAX_LINES);
    complaint.truncate(COMPLAINT_MAX_LINES);
    if left_out > 0 {
        complaint.push(format!("… and {left_out} more lines"));
    }
    Err(Problem::new(Code::BuildFailed, complaint.join("\n")))
}

fn speaks_of_an_error(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word.eq_ignore_ascii_case("error") || word.eq_ignore_ascii_case("traceback"))
}

/// Puts `dir` before a line that begins with the name of a file in it.
fn located(line: String, dir: &Path) -> String {
    let file = line.split(':').next().map(|file| dir.join(file));
    match file.filter(|file| file.is_file() && line.contains(':')) {
        Some(file) => format!("{}{}", file.display(), &line[line.find(':').unwrap_or(0)..]),
        None => line,
    }
}

/// Does something, and tells how long it took.
pub fn timed<T>(say: Narrator, done: &str, work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    let begin = Instant::now();
    let result = work()?;
    say(&format!("{done} in {:.1} s", begin.elapsed().as_secs_f64()));
    Ok(result)
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

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn tools() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("app.js"), "").unwrap();
        let check = |script: &str, expect: Expect| {
            let mut command = Command::new("sh");
            let got = run_tool(command.args(["-c", script]), dir.path(), |_| ());
            let got = got.map_or_else(|problem| problem.message, |()| "done".to_owned());
            expect.assert_eq(&got.replace(&dir.path().display().to_string(), "DIR"));
        };
        check("echo out; echo err >&2", expect!["done"]);
        check("echo 0 errors, 1 error: forgiven >&2", expect!["done"]);
        check(
            "echo reading >&2; echo app.js:1:2: error: no >&2; echo 'app.js:3: it began here' >&2; exit 1",
            expect![[r#"
                DIR/app.js:1:2: error: no
                DIR/app.js:3: it began here"#]],
        );
        check("echo b.js:1: Error: no >&2; exit 1", expect!["b.js:1: Error: no"]);
        check("exit 3", expect!["`sh -c exit 3` ended with exit status: 3"]);
        check("kill -9 $$", expect!["`sh -c kill -9 $$` ended with signal: 9 (SIGKILL)"]);
        let mut missing = Command::new("dacapo-no-such-tool");
        let problem = run_tool(&mut missing, dir.path(), |_| ()).unwrap_err();
        assert!(problem.message.starts_with("dacapo-no-such-tool cannot be run: "), "{problem}");
    }
}
