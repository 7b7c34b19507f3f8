//! The rows: what each of them runs. Every one begins with a new data folder.

mod entities;
mod first;
mod flushes;
mod languages;
mod memory;
mod messages;
mod replay;
mod rounds;
mod runs;
mod throughput;
mod timers;
mod triggers;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::client::{Connection, Request};
use crate::load::{Load, Sample, Until};
use crate::report::Row;
use crate::server::{Server, Stage};
use timers::Plan;

/// Where orchestrations are started, on the host and on the bare server.
pub const ORCHESTRATORS: &str = "/runtime/webhooks/durabletask/orchestrators";
const INSTANCES: &str = "/runtime/webhooks/durabletask/instances";
const ENTITIES: &str = "/runtime/webhooks/durabletask/entities";
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
    ("tree", |bench| Box::pin(messages::tree(bench))),
    ("pingpong", |bench| Box::pin(messages::ping_pong(bench))),
    ("raise", |bench| Box::pin(messages::raise(bench))),
    ("timers", |bench| Box::pin(timers::timers(bench, Plan::SPREAD))),
    ("timers_restarted", |bench| Box::pin(timers::timers(bench, Plan::RESTARTED))),
    ("timers_burst", |bench| Box::pin(timers::timers(bench, Plan::BURST))),
    ("rounds", |bench| Box::pin(rounds::rounds(bench))),
    ("hot", |bench| Box::pin(entities::hot(bench))),
    ("keys", |bench| Box::pin(entities::keys(bench))),
    ("calls", |bench| Box::pin(entities::calls(bench))),
    ("transfers", |bench| Box::pin(entities::transfers(bench))),
    ("state1m", |bench| Box::pin(entities::state(bench))),
    ("api", |bench| Box::pin(triggers::api(bench))),
    ("nats", |bench| Box::pin(triggers::nats(bench))),
    ("languages", |bench| Box::pin(languages::requests(bench))),
    ("sessions", |bench| Box::pin(languages::sessions(bench))),
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

    /// What the row may write to.
    fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a data folder takes.
    fn disk_mib(&self, data: &str) -> Result<f64> {
        size_mib(&self.folder.join(data))
    }

    /// A component of the checkout.
    fn read(&self, wasm: &str) -> Result<Vec<u8>> {
        let file = self.stage.root.join(wasm);
        std::fs::read(&file).with_context(|| format!("{} is not there; build it with `dacapo build`", file.display()))
    }

    /// A host over these components of the checkout and nothing else.
    async fn host_over(&self, components: &[&str], data: &str) -> Result<Server> {
        let guests: Vec<_> = components.iter().map(|wasm| self.stage.root.join(wasm)).collect();
        Server::host(&self.stage.dacapo, &guests, &self.folder.join(data)).await
    }

    async fn host(&self, data: &str) -> Result<Server> {
        Server::host(&self.stage.dacapo, &self.stage.guests, &self.folder.join(data)).await
    }

    /// A host that serves nothing but what this manifest says, with these settings of its operator.
    async fn host_of(&self, manifest: &str, settings: &str) -> Result<Server> {
        let data = self.folder.join("data");
        std::fs::create_dir_all(&data)?;
        std::fs::write(data.join("dacapo.host.toml"), settings)?;
        let path = self.folder.join("app.toml");
        std::fs::write(&path, manifest)?;
        Server::host(&self.stage.dacapo, &[path], &data).await
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

    /// A tree of children, so many of each but the last generation.
    fn tree(width: u64, depth: u32) -> Self {
        let members: u64 = (0..=depth).map(|generation| width.pow(generation)).sum();
        let input = format!(r#"{{"width":{width},"depth":{depth}}}"#);
        Self { function: "tree", input, output: members.to_string() }
    }

    fn ping_pong(rounds: u32) -> Self {
        Self { function: "ping", input: rounds.to_string(), output: rounds.to_string() }
    }

    /// So many executions, one after another.
    fn eternal(rounds: u32) -> Self {
        Self { function: "eternal", input: format!(r#"{{"played":0,"of":{rounds}}}"#), output: rounds.to_string() }
    }

    /// So many calls of an entity, one after another.
    fn calls(key: &str, times: u32) -> Self {
        let input = format!(r#"{{"key":"{key}","times":{times}}}"#);
        Self { function: "calls", input, output: times.to_string() }
    }

    fn load(&self, server: &Server) -> Load {
        let to = server.address();
        let request = Request::post(to, &format!("{ORCHESTRATORS}/{}?{WAIT}", self.function), &self.input);
        Load { to, requests: [request].into(), status: 200, body: Some(self.output.clone()) }
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

/// The time of day, by the clock that the host reads too.
fn now() -> Result<Duration> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?)
}

/// What a folder and all below it take.
fn size_mib(folder: &Path) -> Result<f64> {
    let mut mib = 0.0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        mib += if meta.is_dir() { size_mib(&entry.path())? } else { meta.len() as f64 / 1_048_576.0 };
    }
    Ok(mib)
}
