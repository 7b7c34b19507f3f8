//! The activity: one attempt, to its end or until it is given up.
//!
//! It owns what an attempt is told and when it is given up. It does not know what the attempt is for, nor whether there
//! will be another one.

use std::sync::Arc;

use kernel::limits::ACTIVITY_TIMEOUT_MAX_MS;
use kernel::model::{Failure, FunctionName, InstanceId, Millis, Payload, TaskId, Timestamp, TraceContext, kind};

use crate::active::{Active, Lines, reported};
use crate::bindings::activity::{self as wit, GuestIndices, Invocation};
use crate::client::Client;
use crate::convert::given;
use crate::fault::{guest_failure, payload};
use crate::log::LineSink;
use crate::watch::{GivenUp, Watch};

/// One attempt to run an activity.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The activity.
    pub name: FunctionName,
    /// The orchestration that asked.
    pub instance: InstanceId,
    /// The decision that asked.
    pub task: TaskId,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Equal for all attempts of the task, different for all others.
    pub idempotency_key: String,
    /// When the attempt is given up, for the guest to know.
    pub deadline: Timestamp,
    /// How long the attempt may take, counted from when it begins to run, and anew from each report of progress.
    pub timeout: Millis,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
    /// The line to it while it runs.
    pub watch: Watch,
    /// Its line to the hub.
    pub client: Arc<dyn Client>,
}

/// A component that is ready to run activities.
pub(crate) struct Activities {
    component: Arc<Active>,
    guest: GuestIndices,
}

impl Activities {
    /// Looks the role up.
    pub(crate) fn new(component: Arc<Active>) -> wasmtime::Result<Self> {
        let guest = GuestIndices::new(component.instance())?;
        Ok(Self { component, guest })
    }

    /// Runs one attempt to its end, its timeout, or until the future is dropped.
    pub(crate) async fn run(&self, attempt: &Attempt, input: &Payload) -> Result<Payload, Failure> {
        attempt.watch.begin(attempt.timeout, self.component.grace()).map_err(|why| given_up(attempt, why))?;
        tokio::select! {
            biased;
            outcome = self.call(attempt, input) => outcome,
            why = attempt.watch.given_up() => Err(given_up(attempt, why)),
        }
    }

    async fn call(&self, attempt: &Attempt, input: &Payload) -> Result<Payload, Failure> {
        let invocation = Invocation {
            name: attempt.name.to_string(),
            instance: attempt.instance.to_string(),
            task: attempt.task.0,
            attempt: attempt.attempt,
            idempotency_key: attempt.idempotency_key.clone(),
            deadline: attempt.deadline.0,
            trace: attempt.trace.as_ref().map(trace),
        };
        match self.call_guest(attempt, &invocation, given(input)).await {
            Ok(Ok(output)) => payload(|| format!("the output of activity {}", attempt.name), &output),
            Ok(Err(failure)) => Err(reported(failure)),
            Err(error) => Err(with_retry(guest_failure(&error))),
        }
    }

    async fn call_guest(
        &self,
        attempt: &Attempt,
        invocation: &Invocation,
        input: &[u8],
    ) -> wasmtime::Result<Result<Vec<u8>, wit::Failure>> {
        let log = LineSink::of_activity(attempt.instance.clone(), attempt.name.clone());
        let (watch, client) = (attempt.watch.clone(), Arc::clone(&attempt.client));
        let mut store = self.component.new_store(Lines { log: Some(log), watch, client });
        let instance = self.component.instance().instantiate_async(&mut store).await?;
        let guest = self.guest.load(&mut store, &instance)?;
        guest.call_run(&mut store, invocation, &input.to_vec()).await
    }
}

fn trace(trace: &TraceContext) -> wit::TraceContext {
    wit::TraceContext { parent: trace.parent().to_owned(), state: trace.state().map(str::to_owned) }
}

fn given_up(attempt: &Attempt, why: GivenUp) -> Failure {
    let Attempt { attempt, name, timeout, .. } = attempt;
    let what = format!("attempt {attempt} of activity {name}");
    match why {
        GivenUp::Silent => Failure::host(kind::TIMEOUT, format!("{what} took longer than {timeout}")).retryable(),
        GivenUp::TooLong => {
            let most = Millis(ACTIVITY_TIMEOUT_MAX_MS);
            let text =
                format!("{what} took longer than {most}, the most that reports of progress can make of its time");
            Failure::host(kind::TIMEOUT, text).retryable()
        }
        GivenUp::Cancelled => Failure::host(kind::TERMINATED, format!("{what} was broken off: nobody waits for it")),
    }
}

/// Another attempt of what crashed may go better; what broke the contract will break it again.
pub(crate) fn with_retry(failure: Failure) -> Failure {
    match failure.kind.as_str() {
        kind::TRAP | kind::OUT_OF_MEMORY | kind::STACK_OVERFLOW => failure.retryable(),
        _ => failure,
    }
}
