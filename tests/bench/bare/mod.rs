//! The ceiling: the same HTTP, the same calls of the same guests, the same durability, and no engine.
//!
//! A request opens a session, makes what was decided durable, runs what was scheduled, and goes on until the guest
//! returns: a sequence of n activities is n + 1 flushes in a row, shared with whoever flushes at the same time. Nothing
//! is kept of an instance but its rows in an append-only log: no recovery, no index, no retries, no timers, no checksums,
//! no status. What a host with all of that reaches of this server's figures is what the engine costs.

mod http;
mod log;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use kernel::limits::ACTIVITY_TIMEOUT_DEFAULT_MS;
use kernel::model::{
    ComponentDigest, Decision, Execution, Failure, FunctionName, Inbound, InstanceId, Millis, Payload, Play, Start,
    Step, StepStatus, Tags, TaskId, Timestamp, Turn,
};
use kernel::port::{Sandbox as _, Session as _};
use sandbox::{Attempt, Sandbox, Watch};
use tokio::task::JoinSet;

use log::Log;

/// Everything that a request needs.
#[derive(Debug, Clone)]
struct Bare(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sandbox: Sandbox,
    functions: BTreeMap<FunctionName, ComponentDigest>,
    log: Log,
    next_no: AtomicU64,
}

/// Serves until it is killed.
pub fn serve(port: u16, data: &Path, guests: &[PathBuf]) -> Result<()> {
    std::fs::create_dir_all(data)?;
    // What is compiled here is thrown away with the folder, so the key protects nothing.
    let sandbox = Sandbox::open(&data.join("compiled"), [0; 32])?;
    let mut functions = BTreeMap::new();
    for guest in guests {
        let component = std::fs::read(guest).with_context(|| guest.display().to_string())?;
        let deployed = sandbox.deploy(&component)?;
        functions.extend(deployed.functions.into_iter().map(|function| (function.name, deployed.digest)));
    }
    let log = Log::open(&data.join("log.db"))?;
    let bare = Bare(Arc::new(Inner { sandbox, functions, log, next_no: AtomicU64::new(1) }));
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(http::serve(bare, port))
}

impl Bare {
    /// Runs an orchestration to its end.
    async fn run(&self, name: &str, input: &[u8]) -> Result<Payload> {
        let name = FunctionName::parse(name)?;
        let no = self.0.next_no.fetch_add(1, Ordering::Relaxed);
        let start = Start {
            instance: InstanceId::parse(&format!("{no:032x}"))?,
            execution: Execution::FIRST,
            version: None,
            parent: None,
            tags: Tags::default(),
            now: now(),
            seed: no,
            input: Payload::parse(input)?,
            play: Play::New,
            name,
        };
        let (mut session, mut step) =
            self.0.sandbox.open(self.serving(&start.name)?, &start).map_err(|fault| anyhow!("{fault:?}"))?;
        let mut turn = Vec::new();
        let mut task = 0;
        loop {
            self.0.log.append(no, record(&turn, &step)).await?;
            match step.status {
                StepStatus::Completed(output) => return Ok(output),
                StepStatus::Failed(failure) => bail!("{failure:?}"),
                StepStatus::Waiting { .. } => {}
                StepStatus::ContinuedAsNew { .. } => bail!("bare knows one execution"),
            }
            turn = self.run_tasks(&start.instance, &mut task, step.decisions).await?;
            let played = Turn { now: now(), play: Play::New, events: turn.clone() };
            step = session.advance(&[played]).map_err(|fault| anyhow!("{fault:?}"))?;
        }
    }

    fn serving(&self, name: &FunctionName) -> Result<ComponentDigest> {
        self.0.functions.get(name).copied().with_context(|| format!("there is no function {name}"))
    }

    /// Runs what was scheduled, all at once, and returns what happened, in the order in which it did.
    async fn run_tasks(&self, instance: &InstanceId, task: &mut u32, decisions: Vec<Decision>) -> Result<Vec<Inbound>> {
        let mut scheduled = Vec::with_capacity(decisions.len());
        for decision in decisions {
            let Decision::ScheduleActivity { name, input, .. } = decision else { bail!("bare knows activities only") };
            scheduled.push((self.serving(&name)?, attempt(name, instance.clone(), TaskId(*task)), input));
            *task += 1;
        }
        let mut events = Vec::with_capacity(scheduled.len());
        if let [(component, attempt, input)] = &scheduled[..] {
            events.push(inbound(attempt.task, self.0.sandbox.run(*component, attempt, input).await));
            return Ok(events);
        }
        let mut running = JoinSet::new();
        for (component, attempt, input) in scheduled {
            let sandbox = self.0.sandbox.clone();
            running.spawn(async move { inbound(attempt.task, sandbox.run(component, &attempt, &input).await) });
        }
        while let Some(event) = running.join_next().await {
            events.push(event?);
        }
        Ok(events)
    }
}

fn attempt(name: FunctionName, instance: InstanceId, task: TaskId) -> Attempt {
    Attempt {
        idempotency_key: format!("{instance}/1/{}", task.0),
        name,
        instance,
        task,
        attempt: 1,
        deadline: now() + Millis(ACTIVITY_TIMEOUT_DEFAULT_MS),
        timeout: Millis(ACTIVITY_TIMEOUT_DEFAULT_MS),
        trace: None,
        watch: Watch::default(),
        client: std::sync::Arc::new(sandbox::NoClient),
    }
}

fn inbound(task: TaskId, outcome: Result<Payload, Failure>) -> Inbound {
    match outcome {
        Ok(output) => Inbound::TaskCompleted { task, output },
        Err(failure) => Inbound::TaskFailed { task, failure },
    }
}

/// What a history would need of a turn, as bytes: results that came in, calls that went out, the end.
fn record(turn: &[Inbound], step: &Step) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    for event in turn {
        if let Inbound::TaskCompleted { task, output } = event {
            bytes.extend_from_slice(&task.0.to_le_bytes());
            bytes.extend_from_slice(output.inline().unwrap_or_default());
        }
    }
    for decision in &step.decisions {
        if let Decision::ScheduleActivity { name, input, .. } = decision {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(input.inline().unwrap_or_default());
        }
    }
    if let StepStatus::Completed(output) = &step.status {
        bytes.extend_from_slice(output.inline().unwrap_or_default());
    }
    bytes
}

fn now() -> Timestamp {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(wall.as_millis()).unwrap_or(u64::MAX))
}
