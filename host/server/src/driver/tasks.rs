//! The runtime on which activities run.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::limits::{ACTIVITY_TIMEOUT_DEFAULT_MS, ACTIVITY_TIMEOUT_MAX_MS};
use kernel::model::{Attempted, Failure, FunctionName, InstanceNo, Millis, Payload, TaskId};
use kernel::partition::{Input, TaskRun};
use sandbox::{Attempt, Watch};
use tokio::runtime::Handle;

use super::{Clock, Mail, Mailbox};
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
    pub clock: Arc<Clock>,
    pub partition: Mailbox,
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
            let outcome = world.attempt(&task, watch).await;
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
    async fn attempt(&self, task: &TaskRun, watch: Watch) -> Result<Payload, Failure> {
        let Attempted { execution, task: id, attempt } = task.of;
        tracing::debug!(instance = %task.instance, task = id.0, attempt, name = %task.name, "attempt");
        let timeout = task.timeout.unwrap_or(Millis(ACTIVITY_TIMEOUT_DEFAULT_MS)).min(Millis(ACTIVITY_TIMEOUT_MAX_MS));
        let idempotency_key = format!("{}/{}/{}", task.instance, execution.0, id.0);
        if task.name.as_str() == egress::ACTIVITY {
            let timeout = Duration::from_millis(timeout.0);
            let call = self.egress.call(&task.input, timeout, &idempotency_key, task.trace.as_ref());
            return tokio::select! {
                biased;
                outcome = call => outcome,
                // Nobody waits for the response.
                () = watch.cancelled() => Err(Failure::host(kernel::model::kind::TERMINATED, "the request was given up")),
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
        };
        self.components.sandbox().run(component, &attempt, &task.input).await
    }
}
