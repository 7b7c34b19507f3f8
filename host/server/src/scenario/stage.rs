//! What plays the guests of a scenario: the same sandbox that a host has, on the thread that asks.
//!
//! The trait is what the world of a scenario needs of it, so that a test can let plain Rust play. It does not know what is
//! committed, and keeps nothing that lives: sessions belong to the world.

use std::sync::Arc;

use kernel::limits::{ACTIVITY_TIMEOUT_DEFAULT_MS, ACTIVITY_TIMEOUT_MAX_MS};
use kernel::model::{
    ComponentDigest, EntityBatch, Failure, FunctionKind, Millis, Outcome, Payload, Start, Step, Timestamp, kind,
};
use kernel::partition::TaskRun;
use kernel::port::{self, TurnFault};
use sandbox::{Attempt, EntitySession, NoClient, Sandbox, Session, Watch};
use tokio::runtime::Runtime;

use super::cast::Cast;

/// Where guests are played.
pub trait Stage: port::Sandbox {
    /// A live component that serves entities.
    type Actor: Actor;

    /// Who plays what.
    fn cast(&self) -> &Cast;

    /// Makes what runs batches of entities.
    fn actor(&self, component: ComponentDigest) -> Result<Self::Actor, TurnFault>;

    /// Runs an attempt of an activity to its end.
    fn run(&self, run: &TaskRun, now: Timestamp) -> Result<Payload, Failure>;
}

/// What runs batches of entities.
pub trait Actor {
    /// Runs a batch in one call of the guest. After a fault it must be dropped.
    fn apply(&mut self, batch: &EntityBatch) -> Result<Outcome, TurnFault>;
}

/// The components of an application, deployed in a sandbox.
#[derive(Debug)]
pub struct Deployed<'a> {
    /// The sandbox.
    pub sandbox: &'a Sandbox,
    /// What activities run on.
    pub runtime: Runtime,
    /// Who plays what.
    pub cast: Cast,
}

impl port::Sandbox for Deployed<'_> {
    type Session = Session;

    fn open(&self, component: ComponentDigest, start: &Start) -> Result<(Session, Step), TurnFault> {
        self.sandbox.open(component, start)
    }
}

impl Stage for Deployed<'_> {
    type Actor = EntitySession;

    fn cast(&self) -> &Cast {
        &self.cast
    }

    fn actor(&self, component: ComponentDigest) -> Result<EntitySession, TurnFault> {
        self.sandbox.entity(component)
    }

    fn run(&self, run: &TaskRun, now: Timestamp) -> Result<Payload, Failure> {
        let component = self.cast.own_first(run.component, FunctionKind::Activity, &run.name)?;
        let timeout = timeout(run);
        let attempt = Attempt {
            name: run.name.clone(),
            instance: run.instance.clone(),
            task: run.of.task,
            attempt: run.of.attempt,
            idempotency_key: format!("{}/{}/{}", run.instance, run.of.execution.0, run.of.task.0),
            deadline: now + timeout,
            timeout,
            trace: run.trace.clone(),
            watch: Watch::default(),
            client: Arc::new(NoClient),
        };
        self.runtime.block_on(self.sandbox.run(component, &attempt, &run.input))
    }
}

impl Actor for EntitySession {
    fn apply(&mut self, batch: &EntityBatch) -> Result<Outcome, TurnFault> {
        EntitySession::apply(self, batch)
    }
}

/// How long an attempt may take.
pub fn timeout(run: &TaskRun) -> Millis {
    run.timeout.unwrap_or(Millis(ACTIVITY_TIMEOUT_DEFAULT_MS)).min(Millis(ACTIVITY_TIMEOUT_MAX_MS))
}

/// What becomes of an attempt that takes longer.
pub fn timed_out(run: &TaskRun, limit: Millis) -> Failure {
    let text = format!("attempt {} of activity {} took longer than {limit}", run.of.attempt, run.name);
    Failure::host(kind::TIMEOUT, text).retryable()
}
