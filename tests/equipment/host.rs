//! A real host as a child process, for tests and the demonstration: started, asked over HTTP, killed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::http::Client;

/// How long a host may take to start; compiling a guest is part of it.
const START_TIMEOUT: Duration = Duration::from_secs(120);

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
}

/// A host that runs. Dropped, it is killed.
#[derive(Debug)]
pub struct Host {
    child: Child,
    /// Where it listens.
    pub url: String,
    log: mpsc::Receiver<String>,
    seen: Vec<String>,
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
        }
    }

    /// Starts it on a free port and waits until it serves.
    pub fn start(&self) -> Result<Host> {
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
        let mut host = Host { child, url: String::new(), log, seen: Vec::new() };
        host.url = host.wait_for_url()?;
        Ok(host)
    }

    /// Runs it to its end, for hosts that must not start; gives the exit code and what it said.
    pub fn run(&self) -> Result<(Option<i32>, String)> {
        let output = self.command().stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("up").args(&self.deploy).args(["--port", "0", "--data"]).arg(&self.data).args(&self.extra);
        command.env("DACAPO_LOG", &self.log).env("NO_COLOR", "1").stdin(Stdio::null());
        command
    }
}

impl Host {
    /// A client of this host.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and everything that it had said.
    pub fn kill(mut self) -> Vec<String> {
        // It may be dead already; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.seen.extend(self.log.iter());
        std::mem::take(&mut self.seen)
    }

    /// SIGTERM, and how it ended.
    pub fn stop(mut self) -> Result<Option<i32>> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        Ok(self.child.wait()?.code())
    }

    fn wait_for_url(&mut self) -> Result<String> {
        loop {
            let Ok(line) = self.log.recv_timeout(START_TIMEOUT) else {
                bail!("the host did not start:\n{}", self.seen.join("\n"));
            };
            let url = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:"));
            let url = url.filter(|_| line.contains("listening")).map(|url| url.trim_end_matches('/').to_owned());
            self.seen.push(line);
            if let Some(url) = url {
                return Ok(url);
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
