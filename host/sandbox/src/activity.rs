//! The role that touches the world: a new instance for each call, on a fiber that can be stopped at any time.
//!
//! A guest that computes without end yields with every tick of the epoch, and a guest that waits in a host call is
//! dropped where it waits: in both cases the wall time decides. The store never outlives the call.

use kernel::limits::{
    ACTIVITY_MEMORY_MAX_BYTES, ACTIVITY_TIMEOUT_MAX_MS, CANCEL_GRACE_MS, COMPONENT_HANDLES_MAX_COUNT,
    HOST_CALL_MAX_BYTES, RANDOM_PER_CALL_MAX_BYTES,
};
use kernel::model::{
    Cause, Failure, Function, FunctionName, InstanceId, Millis, Payload, TaskId, Timestamp, TraceContext, kind,
};
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::bindings::activity::{self as wit, GuestIndices, Invocation};
use crate::bindings::{active_types, progress};
use crate::describe::describe;
use crate::fault::{BrokenCall, guest_failure, payload};
use crate::imports::PROGRESS;
use crate::inspect::World;
use crate::log::LineSink;
use crate::memory::MemoryLimit;
use crate::refusal::Refusal;
use crate::watch::{GivenUp, Wanted, Watch};

/// How many resources, such as streams and pollables, one activity may hold.
const RESOURCES_MAX_COUNT: usize = COMPONENT_HANDLES_MAX_COUNT;

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
}

/// A component that is ready to run activities.
pub(crate) struct Activities {
    instance: InstancePre<State>,
    guest: GuestIndices,
    grants: Grants,
    /// How long a guest may take to hear that nobody waits for it.
    grace: Millis,
}

/// What the imports of a component need behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grants {
    /// It imports nothing, so nothing is built.
    Nothing,
    /// Clocks, randomness and the log.
    Wasi,
}

/// What one call has.
pub(crate) struct State {
    limit: MemoryLimit,
    wasi: Option<Box<(WasiCtx, ResourceTable)>>,
    watch: Watch,
}

impl progress::Host for State {
    fn report(&mut self, detail: Vec<u8>) -> wasmtime::Result<progress::Answer> {
        let detail = payload(|| "the progress that the activity reports".to_owned(), &detail);
        let detail = detail.map_err(|failure| wasmtime::Error::new(BrokenCall(failure)))?;
        Ok(match self.watch.report(detail) {
            Wanted::Yes => progress::Answer::GoOn,
            Wanted::No => progress::Answer::Cancelled,
        })
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, table) = &mut **self.wasi.as_mut().expect("only components that import WASI are linked to it");
        WasiCtxView { ctx, table }
    }
}

impl Activities {
    /// Resolves all that can be resolved once.
    pub(crate) fn link(component: &Component) -> wasmtime::Result<Self> {
        let engine = component.engine();
        let mut linker = Linker::new(engine);
        let mut grants = Grants::Nothing;
        if component.component_type().imports(engine).any(|(name, _)| name.starts_with("wasi:")) {
            wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
            grants = Grants::Wasi;
        }
        let mut grace = Millis(0);
        if component.component_type().imports(engine).any(|(name, _)| name == PROGRESS) {
            grace = Millis(CANCEL_GRACE_MS);
            progress::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        }
        let instance = linker.instantiate_pre(component)?;
        let guest = GuestIndices::new(&instance)?;
        Ok(Self { instance, guest, grants, grace })
    }

    /// Asks what the component can do.
    pub(crate) fn describe(&self, world: World) -> Result<Vec<Function>, Refusal> {
        describe(&self.instance, self.new_store(None), |_| {}, world)
    }

    /// Runs one attempt to its end, its timeout, or until the future is dropped.
    pub(crate) async fn run(&self, attempt: &Attempt, input: &Payload) -> Result<Payload, Failure> {
        attempt.watch.begin(attempt.timeout, self.grace).map_err(|why| given_up(attempt, why))?;
        tokio::select! {
            biased;
            outcome = self.call(attempt, input) => outcome,
            why = attempt.watch.given_up() => Err(given_up(attempt, why)),
        }
    }

    async fn call(&self, attempt: &Attempt, input: &Payload) -> Result<Payload, Failure> {
        let invocation = Invocation {
            name: attempt.name.as_str(),
            instance: attempt.instance.as_str(),
            task: attempt.task.0,
            attempt: attempt.attempt,
            idempotency_key: &attempt.idempotency_key,
            deadline: attempt.deadline.0,
            trace: attempt.trace.as_ref().map(trace),
        };
        match self.call_guest(attempt, invocation, input.as_bytes()).await {
            Ok(Ok(output)) => payload(|| format!("the output of activity {}", attempt.name), &output),
            Ok(Err(failure)) => Err(reported(failure)),
            Err(error) => Err(with_retry(guest_failure(&error))),
        }
    }

    async fn call_guest(
        &self,
        attempt: &Attempt,
        invocation: Invocation<'_>,
        input: &[u8],
    ) -> wasmtime::Result<Result<Vec<u8>, wit::Failure>> {
        let mut store = self.new_store(Some(attempt));
        let instance = self.instance.instantiate_async(&mut store).await?;
        let guest = self.guest.load(&mut store, &instance)?;
        guest.call_run(&mut store, invocation, input).await
    }

    /// A store for one call. What an attempt writes goes to the log; what `describe` writes goes nowhere.
    fn new_store(&self, attempt: Option<&Attempt>) -> Store<State> {
        let wasi = match self.grants {
            Grants::Nothing => None,
            Grants::Wasi => Some(Box::new(closed_wasi(attempt))),
        };
        let watch = attempt.map(|attempt| attempt.watch.clone()).unwrap_or_default();
        let limit = MemoryLimit::new(ACTIVITY_MEMORY_MAX_BYTES);
        let mut store = Store::new(self.instance.engine(), State { limit, wasi, watch });
        store.limiter(|state| &mut state.limit);
        store.set_max_component_handles(COMPONENT_HANDLES_MAX_COUNT);
        store.set_hostcall_fuel(HOST_CALL_MAX_BYTES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }
}

fn trace(trace: &TraceContext) -> wit::TraceContext<'_> {
    wit::TraceContext { parent: trace.parent(), state: trace.state() }
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

/// A failure that the guest reports of itself.
fn reported(failure: wit::Failure) -> Failure {
    let wit::Failure { kind, message, details, retryable, causes } = failure;
    let causes = causes.into_iter().map(|cause| {
        let active_types::Cause { kind, message, details } = cause;
        Cause { kind, message, details }
    });
    Failure::from_guest(kind, message, details, retryable, causes.collect())
}

/// Another attempt of what crashed may go better; what broke the contract will break it again.
fn with_retry(failure: Failure) -> Failure {
    match failure.kind.as_str() {
        kind::TRAP | kind::OUT_OF_MEMORY | kind::STACK_OVERFLOW => failure.retryable(),
        _ => failure,
    }
}

/// WASI with nothing behind it but clocks, randomness and the log.
fn closed_wasi(attempt: Option<&Attempt>) -> (WasiCtx, ResourceTable) {
    let mut wasi = WasiCtx::builder();
    wasi.max_random_size(RANDOM_PER_CALL_MAX_BYTES).allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
    if let Some(attempt) = attempt {
        let log = LineSink::new(attempt.instance.clone(), attempt.name.clone());
        wasi.stdout(log.clone()).stderr(log);
    }
    let mut table = ResourceTable::new();
    table.set_max_capacity(RESOURCES_MAX_COUNT);
    (wasi.build(), table)
}
