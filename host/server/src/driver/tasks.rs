//! The runtime on which activities run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kernel::limits::{ACTIVITY_TIMEOUT_DEFAULT_MS, ACTIVITY_TIMEOUT_MAX_MS};
use kernel::model::{Failure, InstanceNo, Millis, Payload, TaskId};
use kernel::partition::{Input, TaskRun};
use sandbox::Attempt;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::{Clock, Mail, Mailbox};
use crate::hub::Components;

/// Starts and stops activities.
#[derive(Debug)]
pub(super) struct Tasks {
    runtime: Handle,
    components: Arc<Components>,
    clock: Arc<Clock>,
    partition: Mailbox,
    running: Arc<Mutex<Running>>,
}

/// The activities that run, by instance, so that they can be stopped with it.
type Running = HashMap<InstanceNo, HashMap<TaskId, AbortHandle>>;

impl Tasks {
    pub fn new(runtime: Handle, components: Arc<Components>, clock: Arc<Clock>, partition: Mailbox) -> Self {
        Self { runtime, components, clock, partition, running: Arc::default() }
    }

    /// Starts one attempt; its outcome reaches the partition as an input.
    pub fn run(&self, task: TaskRun) {
        let (no, id) = (task.no, task.task);
        let (components, clock) = (Arc::clone(&self.components), Arc::clone(&self.clock));
        let partition = self.partition.clone();
        let running = Arc::clone(&self.running);
        // The lock is held over the spawn so that the entry is there before the task can remove it.
        let mut table = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let spawned = self.runtime.spawn(async move {
            let (attempt, outcome) = (task.attempt, attempt(&components, &clock, &task).await);
            remove(&running, no, id);
            // The partition thread is gone only when the host stops; the task then runs again after the restart.
            let _ = partition.send(Mail::Input(Input::TaskDone { no, task: id, attempt, outcome }));
        });
        table.entry(no).or_default().insert(id, spawned.abort_handle());
    }

    /// Stops all activities of an instance.
    pub fn cancel(&self, no: InstanceNo) {
        let stopped = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&no);
        for handle in stopped.into_iter().flat_map(HashMap::into_values) {
            handle.abort();
        }
    }
}

fn remove(running: &Mutex<Running>, no: InstanceNo, task: TaskId) {
    let mut table = running.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tasks) = table.get_mut(&no) {
        tasks.remove(&task);
        if tasks.is_empty() {
            table.remove(&no);
        }
    }
}

async fn attempt(components: &Components, clock: &Clock, task: &TaskRun) -> Result<Payload, Failure> {
    tracing::debug!(instance = %task.instance, task = task.task.0, attempt = task.attempt, name = %task.name, "attempt");
    let component = components.serving(task.component, &task.name)?;
    let timeout = task.timeout.unwrap_or(Millis(ACTIVITY_TIMEOUT_DEFAULT_MS)).min(Millis(ACTIVITY_TIMEOUT_MAX_MS));
    let attempt = Attempt {
        name: task.name.clone(),
        instance: task.instance.clone(),
        task: task.task,
        attempt: task.attempt,
        idempotency_key: format!("{}/{}/{}", task.instance, task.execution.0, task.task.0),
        deadline: clock.now() + timeout,
        timeout,
    };
    components.sandbox().run(component, &attempt, &task.input).await
}
