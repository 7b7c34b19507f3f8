//! Servers under test, as child processes: the host, and the bare one.
//!
//! A server dies with its handle, by SIGKILL: whatever a row leaves behind, it leaves nothing running.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::client::{Connection, Request};

/// Compiling an interpreter is part of it.
const READY_TIMEOUT: Duration = Duration::from_secs(300);
/// How often it is looked whether a new process listens already.
const READY_PAUSE: Duration = Duration::from_millis(1);

/// What to measure with: the binary, and the guests as components.
#[derive(Debug, Clone)]
pub struct Stage {
    pub dacapo: PathBuf,
    /// The checkout.
    pub root: PathBuf,
    pub guests: Vec<PathBuf>,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts `dacapo up` on a data folder, with these guests, and waits until it is ready.
    pub async fn host(dacapo: &Path, guests: &[PathBuf], data: &Path) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(dacapo);
        command.arg("up").args(guests).arg("--data").arg(data).args(["--port", &port.to_string()]);
        Self::spawn(command, port, &data.with_extension("log")).await
    }

    /// Starts this binary again as the bare server and waits until it is ready.
    pub async fn bare(stage: &Stage, data: &Path) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve-bare", &port.to_string()]).arg(data).args(&stage.guests);
        Self::spawn(command, port, &data.with_extension("log")).await
    }

    async fn spawn(mut command: Command, port: u16, log: &Path) -> Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().with_context(|| format!("{command:?} does not start"))?;
        let mut server = Self { child, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), log: log.to_owned() };
        server.ready().await?;
        Ok(server)
    }

    async fn ready(&mut self) -> Result<()> {
        let request = Request::get(self.address, "/readyz");
        let begun = Instant::now();
        loop {
            // The port may be open long before anybody answers on it.
            let left = READY_TIMEOUT.saturating_sub(begun.elapsed());
            match tokio::time::timeout(left, is_ready(self.address, &request)).await {
                Ok(true) => return Ok(()),
                Ok(false) => tokio::time::sleep(READY_PAUSE).await,
                Err(_) => bail!("the server is not ready after {} s: {}", READY_TIMEOUT.as_secs(), self.said()),
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}: {}", self.said());
            }
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory, in MiB.
    pub fn rss_mib(&self) -> Result<f64> {
        rss_mib(Path::new(&format!("/proc/{}", self.pid())))
    }

    /// Processor time that it used so far, in user and kernel mode.
    pub fn cpu(&self) -> Result<Duration> {
        /// What the kernel counts in: hundredths of a second, on every Linux.
        const TICK: Duration = Duration::from_millis(10);
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // The name before the last parenthesis may hold spaces. User and kernel time are fields 14 and 15 of the line.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        let ticks: Vec<u32> = fields.map(str::parse).collect::<Result<_, _>>()?;
        Ok(TICK * ticks.iter().sum())
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The end of what it wrote.
    fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(5)..].join(" | ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn is_ready(address: SocketAddr, request: &Request) -> bool {
    match Connection::open(address).await {
        Ok(mut connection) => connection.send(request).await.is_ok_and(|answer| answer.status == 200),
        Err(_) => false,
    }
}

/// Resident memory of the process whose folder below `/proc` this is, in MiB.
pub fn rss_mib(process: &Path) -> Result<f64> {
    let status = std::fs::read_to_string(process.join("status"))?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
    let kib: f64 = kib.context("the kernel does not tell the resident memory")?;
    Ok(kib / 1024.0)
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
