//! A NATS server of a test's own, which can be killed and started again over the same folder.

use std::fmt::Display;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use async_nats::jetstream::consumer::{Info, PullConsumer, pull};
use async_nats::jetstream::{Context, stream};
use futures_util::{StreamExt, TryStreamExt};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long anything may take before the test fails.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A server with the streams `NUMBERS` (`numbers.>`, `other`) and `DEAD` (`dead.>`).
pub struct Nats {
    /// Where it is, whether it runs or not.
    pub url: String,
    port: u16,
    folder: TempDir,
    child: Option<Child>,
    runtime: Runtime,
}

impl Nats {
    /// One that runs.
    pub fn start() -> Result<Self> {
        let mut nats = Self::stopped()?;
        nats.run()?;
        Ok(nats)
    }

    /// One that does not run yet.
    pub fn stopped() -> Result<Self> {
        // Taken and given back: it must be the same each time the server starts.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Self { url: format!("nats://127.0.0.1:{port}"), port, folder: tempfile::tempdir()?, child: None, runtime })
    }

    /// Starts it, and makes its streams if they are not there.
    pub fn run(&mut self) -> Result<()> {
        let mut command = Command::new(server()?);
        command.args(["-js", "-a", "127.0.0.1", "-p", &self.port.to_string(), "-sd"]).arg(self.folder.path());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("nats-server")?;
        let log = BufReader::new(child.stderr.take().context("stderr is piped")?);
        self.child = Some(child);
        let mut lines = log.lines().map_while(Result::ok);
        ensure!(lines.any(|line| line.contains("Server is ready")), "the server did not start");
        // It would stop if nobody took what it says.
        std::thread::spawn(move || lines.for_each(drop));
        self.within(async {
            let context = self.context().await?;
            for (name, subjects) in [("NUMBERS", &["numbers.>", "other"][..]), ("DEAD", &["dead.>"])] {
                let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
                let config = stream::Config { name: name.to_owned(), subjects, ..Default::default() };
                context.get_or_create_stream(config).await?;
            }
            Ok(())
        })
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Publishes messages; the stream has them when this returns.
    pub fn publish(&self, subject: &str, messages: impl IntoIterator<Item = impl Display>) -> Result<()> {
        let messages: Vec<_> = messages.into_iter().map(|message| message.to_string()).collect();
        self.within(async {
            let context = self.context().await?;
            for chunk in messages.chunks(256) {
                let mut taken = Vec::new();
                for message in chunk {
                    taken.push(context.publish(subject.to_owned(), message.clone().into()).await?);
                }
                for taken in taken {
                    taken.await?;
                }
            }
            Ok(())
        })
    }

    /// Waits until a consumer is there.
    pub fn wait_for_consumer(&self, durable: &str) -> Result<()> {
        self.wait(durable, |_| true)
    }

    /// Waits until no message waits for a consumer or for its acknowledgement.
    pub fn wait_until_acknowledged(&self, durable: &str) -> Result<()> {
        self.wait(durable, |info| info.num_pending == 0 && info.num_ack_pending == 0)
    }

    /// The messages that were moved: what each holds, and why it was moved.
    pub fn dead(&self, count: usize) -> Result<Vec<String>> {
        self.within(async {
            let stream = self.context().await?.get_stream("DEAD").await?;
            let consumer: PullConsumer = stream.create_consumer(pull::Config::default()).await?;
            let messages = consumer.messages().await?.take(count).try_collect::<Vec<_>>().await?;
            let told = messages.iter().map(|message| {
                let headers = message.headers.clone().unwrap_or_default();
                let header = |name: &str| headers.get(name).map_or_else(String::new, ToString::to_string);
                let [reason, subject] = ["Dacapo-Reason", "Dacapo-Subject"].map(header);
                let [stream, number, count] = ["Dacapo-Stream", "Dacapo-Sequence", "Dacapo-Deliveries"].map(header);
                let data = String::from_utf8_lossy(&message.payload);
                format!("{data}: {reason}; {subject}, number {number} of {stream}, {count} deliveries")
            });
            Ok(told.collect())
        })
    }

    fn wait(&self, durable: &str, wanted: impl Fn(&Info) -> bool) -> Result<()> {
        self.within(async {
            let stream = self.context().await?.get_stream("NUMBERS").await?;
            let begun = Instant::now();
            loop {
                let info = stream.consumer_info(durable).await;
                if info.as_ref().is_ok_and(&wanted) {
                    return Ok(());
                }
                ensure!(begun.elapsed() < TIMEOUT, "consumer {durable} is still {info:?}");
            }
        })
    }

    async fn context(&self) -> Result<Context> {
        Ok(async_nats::jetstream::new(async_nats::connect(&self.url).await?))
    }

    fn within<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(async { tokio::time::timeout(TIMEOUT, work).await.context("the server is silent")? })
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// The program; the first time it is fetched.
fn server() -> Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("triggers/install-nats.sh");
    let output = Command::new(script).output().context("install-nats.sh")?;
    if !output.status.success() {
        bail!("there is no nats-server: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}
