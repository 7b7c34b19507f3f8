//! A NATS server under test beside the host: a child process with a stream in a folder of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use async_nats::jetstream::{self, Context, stream};

use crate::server::free_port;

const READY_TIMEOUT: Duration = Duration::from_secs(20);
/// How often it is looked whether it listens already.
const READY_PAUSE: Duration = Duration::from_millis(10);
/// How many messages are published before the server is asked whether it has them.
const UNCONFIRMED: usize = 1_000;

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Nats {
    child: Child,
    url: String,
}

impl Nats {
    /// Starts one with a stream of that name, which takes in what is published below it in small letters.
    pub async fn start(folder: &Path, stream: &str) -> Result<Self> {
        let program = program()?;
        let port = free_port()?;
        let mut command = Command::new(program);
        command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("{command:?} does not start"))?;
        let nats = Self { child, url: format!("nats://127.0.0.1:{port}") };
        let subjects = vec![format!("{}.>", stream.to_lowercase())];
        let config = stream::Config { name: stream.to_owned(), subjects, ..Default::default() };
        nats.connect().await?.create_stream(config).await?;
        Ok(nats)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connects, once it listens.
    pub async fn connect(&self) -> Result<Context> {
        let begun = Instant::now();
        loop {
            match async_nats::connect(&self.url).await {
                Ok(client) => return Ok(jetstream::new(client)),
                Err(error) => ensure!(begun.elapsed() < READY_TIMEOUT, "nats-server does not answer: {error}"),
            }
            tokio::time::sleep(READY_PAUSE).await;
        }
    }
}

/// Publishes so many times the same; the stream has all of it when this returns.
pub async fn publish(context: &Context, subject: &'static str, text: &'static str, count: usize) -> Result<()> {
    let mut left = count;
    while left > 0 {
        let part = left.min(UNCONFIRMED);
        let mut taken = Vec::with_capacity(part);
        for _ in 0..part {
            taken.push(context.publish(subject, text.into()).await?);
        }
        for taken in taken {
            taken.await?;
        }
        left -= part;
    }
    Ok(())
}

/// Where the program is. It is found as the tests find it.
fn program() -> Result<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("triggers/install-nats.sh");
    let output = Command::new(script).output().context("install-nats.sh")?;
    if !output.status.success() {
        bail!("there is no nats-server: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

impl Drop for Nats {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
