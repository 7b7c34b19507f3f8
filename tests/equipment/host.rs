//! A real host as a child process, for tests and the demonstration: started, asked over HTTP, killed.
//!
//! It knows the command line and nothing of what is behind it. It never sleeps: it waits for what a host says, on
//! stderr or over HTTP.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::http::Client;

/// How long a host may say nothing while it starts: compiling a guest is part of it, and an interpreter takes a while.
const START_TIMEOUT: Duration = Duration::from_secs(600);

/// How a host is started.
#[derive(Debug, Clone)]
pub struct HostCommand {
    /// The binary `dacapo`.
    pub binary: PathBuf,
    /// Manifests, folders with one, or components.
    pub deploy: Vec<PathBuf>,
    /// The data folder.
    pub data: PathBuf,
    /// More arguments of `up`.
    pub extra: Vec<String>,
    /// What it logs, as `DACAPO_LOG`.
    pub log: String,
    /// A folder that is deleted after the last host that lives in it, and not under one that runs.
    pub folder: Option<Arc<TempDir>>,
}

/// A host that runs. Dropped, it is killed.
#[derive(Debug)]
pub struct Host {
    child: Child,
    /// Where it listens; empty until it serves.
    pub url: String,
    log: mpsc::Receiver<String>,
    seen: Vec<String>,
    _folder: Option<Arc<TempDir>>,
}

/// How a command of the command line ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// What it wrote as data.
    pub stdout: String,
    /// What it wrote beside.
    pub stderr: String,
}

impl HostCommand {
    /// A host of this binary over a data folder, with nothing to deploy.
    pub fn new(binary: &Path, data: &Path) -> Self {
        Self {
            binary: binary.to_owned(),
            deploy: Vec::new(),
            data: data.to_owned(),
            extra: Vec::new(),
            log: "info".to_owned(),
            folder: None,
        }
    }

    /// Starts it on a free port and waits until it serves.
    pub fn start(&self) -> Result<Host> {
        let mut host = self.spawn()?;
        host.wait_until_it_serves()?;
        Ok(host)
    }

    /// Starts it on a free port. Where it listens is not known before it serves.
    pub fn spawn(&self) -> Result<Host> {
        let mut child = self.command().stderr(Stdio::piped()).stdout(Stdio::null()).spawn().context("dacapo up")?;
        let stderr = child.stderr.take().context("stderr is piped")?;
        let (lines, log) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Host { child, url: String::new(), log, seen: Vec::new(), _folder: self.folder.clone() })
    }

    /// Runs it to its end, for hosts that must not start.
    pub fn run(&self) -> Result<Ran> {
        finish(self.command(), "")
    }

    fn command(&self) -> Command {
        let mut command = plain(&self.binary);
        command.arg("up").args(&self.deploy).args(["--port", "0", "--data"]).arg(&self.data).args(&self.extra);
        command.env("DACAPO_LOG", &self.log);
        command
    }
}

impl Host {
    /// A client of this host.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// Waits until it says where it listens.
    pub fn wait_until_it_serves(&mut self) -> Result<()> {
        self.wait_for_lines("listening on http://", 1)?;
        let line = self.seen.last().context("it said where it listens")?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        self.url = url.context("a URL")?.trim_end_matches('/').to_owned();
        Ok(())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has said, from now on, `count` lines with `word` in them.
    ///
    /// # Errors
    /// It ended before, or said nothing for a long time.
    pub fn wait_for_lines(&mut self, word: &str, count: usize) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let Ok(line) = self.log.recv_timeout(START_TIMEOUT) else {
                bail!("the host did not say {word:?} {count} times:\n{}", self.seen.join("\n"));
            };
            left -= usize::from(line.contains(word));
            self.seen.push(line);
        }
        Ok(())
    }

    /// SIGKILL. What it had said is still there for [`kill`](Self::kill).
    pub fn strike(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGKILL, and everything that it had said.
    pub fn kill(mut self) -> Vec<String> {
        // It may be dead already; then there is nothing to kill.
        let _ = self.strike();
        self.seen.extend(self.log.iter());
        std::mem::take(&mut self.seen)
    }

    /// SIGTERM, and how it ended.
    pub fn stop(mut self) -> Result<Option<i32>> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        Ok(self.child.wait()?.code())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.strike();
    }
}

/// Runs a command of the command line to its end.
pub fn run(binary: &Path, args: &[&str], stdin: &str) -> Result<Ran> {
    let mut command = plain(binary);
    command.args(args);
    finish(command, stdin)
}

/// Runs a command of the command line to its end, in a folder and with these settings of its environment.
pub fn run_in(folder: &Path, args: &[&str], settings: &[(&str, &str)]) -> Result<Ran> {
    let mut command = plain(&binary()?);
    command.args(args).current_dir(folder).envs(settings.iter().copied());
    finish(command, "")
}

/// The binary that is tested: `DACAPO_BIN`, or what was built beside this test.
pub fn binary() -> Result<PathBuf> {
    let binary = match std::env::var_os("DACAPO_BIN") {
        Some(path) => PathBuf::from(path),
        None => built()?.join("dacapo"),
    };
    ensure!(binary.is_file(), "{} is missing: `make guests` builds it", binary.display());
    Ok(binary)
}

/// The component of one of the guests of this repository.
pub fn guest(name: &str) -> Result<PathBuf> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("a repository")?.join("guests");
    let stem = name.split('/').next().context("a name")?;
    let file = guests.join(name).join(format!("{stem}.wasm"));
    ensure!(file.is_file(), "{} is missing: `make guests` builds it", file.display());
    Ok(file)
}

/// Where cargo put this test and what belongs to it.
pub fn built() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    Ok(test.parent().and_then(Path::parent).context("a target directory")?.to_owned())
}

/// Makes `to` a copy of the folder `from`.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    std::fs::set_permissions(to, std::fs::metadata(from)?.permissions())?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => std::fs::copy(entry.path(), target).map(drop)?,
        }
    }
    Ok(())
}

/// A command that no setting of the one who runs the tests changes.
fn plain(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    for name in ["DACAPO_PORT", "DACAPO_HOST", "DACAPO_DATA", "DACAPO_HUB", "DACAPO_SERVER", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1");
    command
}

fn finish(mut command: Command, stdin: &str) -> Result<Ran> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("dacapo")?;
    // A command that does not read its input has closed it.
    let _ = child.stdin.take().context("stdin is piped")?.write_all(stdin.as_bytes());
    let output = child.wait_with_output()?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) })
}
