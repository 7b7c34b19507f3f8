//! The runtime on which activities run.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use kernel::limits::{ACTIVITY_TIMEOUT_DEFAULT_MS, ACTIVITY_TIMEOUT_MAX_MS};
use kernel::model::{
    Attempted, ComponentDigest, Failure, FunctionName, InstanceId, InstanceNo, Millis, Payload, TaskId, kind,
};
use kernel::orchestration::Held;
use kernel::partition::{Input, TaskRun};
use sandbox::{Attempt, Client, NoClient, Watch};
use tokio::runtime::Handle;

use super::{Clock, HeldInstances, Mail, Mailbox, Payloads};
use crate::egress::{self, Egress};
use crate::hub::Components;

/// Starts and stops activities.
#[derive(Debug)]
pub(super) struct Tasks {
    runtime: Handle,
    world: Arc<World>,
    running: Running,
}

/// What an attempt is run with.
#[derive(Debug)]
pub(super) struct World {
    pub components: Arc<Components>,
    pub egress: Egress,
    pub payloads: Payloads,
    pub clients: ActivityClients,
    pub clock: Arc<Clock>,
    pub partition: Mailbox,
    /// Where an attempt that waits for a blob says so.
    pub held: HeldInstances,
}

/// Says why an instance does not go on, until it is dropped: also if nobody waits for the attempt any more.
struct Note<'a> {
    held: &'a HeldInstances,
    instance: &'a InstanceId,
}

impl<'a> Note<'a> {
    fn leave(held: &'a HeldInstances, instance: &'a InstanceId, why: Held) -> Self {
        held.write().unwrap_or_else(PoisonError::into_inner).insert(instance.clone(), why);
        Self { held, instance }
    }
}

impl Drop for Note<'_> {
    fn drop(&mut self) {
        self.held.write().unwrap_or_else(PoisonError::into_inner).remove(self.instance);
    }
}

/// What activities ask their hub through. The hub is there only after the driver, and until then nothing is granted.
#[derive(Clone, Default)]
pub struct ActivityClients(Arc<RwLock<Option<MakeClient>>>);

type MakeClient = Box<dyn Fn(ComponentDigest) -> Arc<dyn Client> + Send + Sync>;

impl ActivityClients {
    /// Says what the activities of a component get from now on.
    pub fn set(&self, make: impl Fn(ComponentDigest) -> Arc<dyn Client> + Send + Sync + 'static) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(make));
    }

    fn of(&self, component: ComponentDigest) -> Arc<dyn Client> {
        let make = self.0.read().unwrap_or_else(PoisonError::into_inner);
        make.as_ref().map_or_else(|| Arc::new(NoClient) as Arc<dyn Client>, |make| make(component))
    }
}

impl fmt::Debug for ActivityClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivityClients").finish_non_exhaustive()
    }
}

/// The activities that run, so that they can be stopped and their progress be shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<HashMap<InstanceNo, BTreeMap<Attempted, Run>>>>);

#[derive(Debug)]
struct Run {
    name: FunctionName,
    watch: Watch,
}

impl Tasks {
    pub fn new(runtime: Handle, world: World, running: Running) -> Self {
        Self { runtime, world: Arc::new(world), running }
    }

    /// Starts one attempt; its outcome reaches the partition as an input.
    pub fn run(&self, task: TaskRun) {
        let (no, of) = (task.no, task.of);
        let (world, running, watch) = (Arc::clone(&self.world), self.running.clone(), Watch::default());
        self.running.enter(no, of, Run { name: task.name.clone(), watch: watch.clone() });
        self.runtime.spawn(async move {
            let outcome = world.attempt_with_blobs(&task, watch).await;
            running.leave(no, of);
            // The partition thread is gone only when the host stops; the task then runs again after the restart.
            let _ = world.partition.send(Mail::Input(Input::TaskDone { no, of, outcome }));
        });
    }

    /// Tells one activity to stop.
    pub fn stop(&self, no: InstanceNo, of: Attempted) {
        if let Some(run) = self.running.lock().get(&no).and_then(|runs| runs.get(&of)) {
            run.watch.cancel();
        }
    }

    /// Tells all activities of an instance to stop.
    pub fn stop_all(&self, no: InstanceNo) {
        for run in self.running.lock().get(&no).into_iter().flat_map(BTreeMap::values) {
            run.watch.cancel();
        }
    }
}

impl Running {
    /// What the activities of an instance reported last.
    pub fn progress(&self, no: InstanceNo) -> Vec<(TaskId, FunctionName, Payload)> {
        let table = self.lock();
        let runs = table.get(&no).into_iter().flatten();
        runs.filter_map(|(of, run)| Some((of.task, run.name.clone(), run.watch.progress()?))).collect()
    }

    fn enter(&self, no: InstanceNo, of: Attempted, run: Run) {
        self.lock().entry(no).or_default().insert(of, run);
    }

    fn leave(&self, no: InstanceNo, of: Attempted) {
        let mut table = self.lock();
        if let Some(runs) = table.get_mut(&no) {
            runs.remove(&of);
            if runs.is_empty() {
                table.remove(&no);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InstanceNo, BTreeMap<Attempted, Run>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// Runs an attempt whose input may be a blob and whose output may become one.
    async fn attempt_with_blobs(&self, task: &TaskRun, watch: Watch) -> Result<Payload, Failure> {
        let input = tokio::select! {
            biased;
            () = watch.cancelled() => return Err(Failure::host(kind::TERMINATED, "the activity was given up")),
            input = self.input(task) => input,
        };
        let output = self.attempt(task, &input, watch).await?;
        drop(input);
        self.payloads.put_output(output, &format!("activity {} of {}", task.name, task.instance)).await
    }

    async fn input(&self, task: &TaskRun) -> Payload {
        let mut note = None;
        let report = |blob, why: &str| {
            note.get_or_insert_with(|| {
                let held = Held::Blob { blob, why: why.to_owned() };
                tracing::warn!(instance = %task.instance, "activity {} cannot begin: {held}", task.name);
                Note::leave(&self.held, &task.instance, held)
            });
        };
        self.payloads.get_input(&task.input, report).await
    }

    async fn attempt(&self, task: &TaskRun, input: &Payload, watch: Watch) -> Result<Payload, Failure> {
        let Attempted { execution, task: id, attempt } = task.of;
        tracing::debug!(instance = %task.instance, task = id.0, attempt, name = %task.name, "attempt");
        let timeout = task.timeout.unwrap_or(Millis(ACTIVITY_TIMEOUT_DEFAULT_MS)).min(Millis(ACTIVITY_TIMEOUT_MAX_MS));
        let idempotency_key = format!("{}/{}/{}", task.instance, execution.0, id.0);
        if task.name.as_str() == egress::ACTIVITY {
            let timeout = Duration::from_millis(timeout.0);
            let call = self.egress.call(input, timeout, &idempotency_key, task.trace.as_ref());
            return tokio::select! {
                biased;
                outcome = call => outcome,
                // Nobody waits for the response.
                () = watch.cancelled() => Err(Failure::host(kind::TERMINATED, "the request was given up")),
            };
        }
        let component = self.components.serving(task.component, &task.name)?;
        let attempt = Attempt {
            name: task.name.clone(),
            instance: task.instance.clone(),
            task: id,
            attempt,
            idempotency_key,
            deadline: self.clock.now() + timeout,
            timeout,
            trace: task.trace.clone(),
            watch,
            client: self.clients.of(component),
        };
        self.components.sandbox().run(component, &attempt, input).await
    }
}
