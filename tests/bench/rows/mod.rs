//! The rows: what each of them runs. Every one begins with a new data folder.

mod first;
mod flushes;
mod memory;
mod replay;
mod throughput;

use std::path::{Path, PathBuf};
use std::pin::Pin;

use anyhow::{Context, Result, bail};

use crate::client::{Connection, Request};
use crate::load::{Load, Sample, Until};
use crate::report::Row;
use crate::server::{Server, Stage};

/// Where orchestrations are started, on the host and on the bare server.
pub const ORCHESTRATORS: &str = "/runtime/webhooks/durabletask/orchestrators";
const INSTANCES: &str = "/runtime/webhooks/durabletask/instances";
/// Makes a request wait for the end of the instance. The host does not poll; the contract wants an interval.
const WAIT: &str = "timeout=600&pollingInterval=1";

/// Runs of each row; what is printed are their medians.
const RUNS: usize = 5;

/// A row as it is asked for, and what measures it.
pub type Measure = fn(Bench) -> Pin<Box<dyn Future<Output = Result<Vec<Row>>>>>;

/// All rows, in the order in which they run.
pub const ALL: &[(&str, Measure)] = &[
    ("limits", |bench| Box::pin(throughput::limits(bench))),
    ("bare", |bench| Box::pin(throughput::bare(bench))),
    ("seq3", |bench| Box::pin(throughput::sequence(bench, 3, &[1, 64]))),
    ("seq5", |bench| Box::pin(throughput::sequence(bench, 5, &[1, 64]))),
    ("seq1000", |bench| Box::pin(throughput::sequence(bench, 1_000, &[1]))),
    ("fan100", |bench| Box::pin(throughput::fan_out(bench, 100))),
    ("fan1000", |bench| Box::pin(throughput::fan_out(bench, 1_000))),
    ("flushes", |bench| Box::pin(flushes::flushes(bench))),
    ("replay1000", |bench| Box::pin(replay::replay(bench, 1_000))),
    ("replay10000", |bench| Box::pin(replay::replay(bench, 10_000))),
    ("first", |bench| Box::pin(first::first(bench))),
    ("warm", |bench| Box::pin(memory::warm(bench))),
    ("waiting", |bench| Box::pin(memory::waiting(bench))),
];

/// What a row works with.
#[derive(Debug)]
pub struct Bench {
    stage: Stage,
    folder: PathBuf,
}

impl Bench {
    /// With a folder of its own.
    pub fn new(stage: Stage, folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { stage, folder })
    }

    fn folder(&self) -> &Path {
        &self.folder
    }

    async fn host(&self, data: &str) -> Result<Server> {
        Server::host(&self.stage, &self.folder.join(data)).await
    }

    async fn bare(&self) -> Result<Server> {
        Server::bare(&self.stage, &self.folder.join("bare")).await
    }
}

/// An orchestration that is started, and waited for, by each request.
#[derive(Debug, Clone)]
struct Call {
    function: &'static str,
    input: String,
    output: String,
}

impl Call {
    fn sequence(steps: u32) -> Self {
        Self { function: "sequence", input: steps.to_string(), output: steps.to_string() }
    }

    fn fan_out(width: u64) -> Self {
        let sum: u64 = (1..=width).map(|number| number * number).sum();
        Self { function: "fan_out", input: width.to_string(), output: sum.to_string() }
    }

    fn load(&self, server: &Server) -> Load {
        let to = server.address();
        let request = Request::post(to, &format!("{ORCHESTRATORS}/{}?{WAIT}", self.function), &self.input);
        Load { to, request, status: 200, body: Some(self.output.clone()) }
    }

    async fn run(&self, server: &Server, callers: usize, until: Until) -> Result<Sample> {
        let run = self.load(server).run(callers, until).await;
        run.with_context(|| format!("{} with {} at {callers} callers", self.function, self.input))
    }
}

/// One request with the answer that it must have.
async fn ask(connection: &mut Connection, request: &Request, status: u16) -> Result<String> {
    let answer = connection.send(request).await?;
    let body = String::from_utf8_lossy(answer.body).into_owned();
    if answer.status != status {
        bail!("answered {} {body:.300}, not {status}", answer.status);
    }
    Ok(body)
}
