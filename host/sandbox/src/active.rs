//! What the roles that touch the world have in common: a new instance for each call, on a fiber that can be stopped at
//! any time, linked to what it imports of that which is granted.
//!
//! It owns what stands behind each import. It does not know what is called, nor when a call is given up. A guest that
//! computes without end yields with every tick of the epoch, and a guest that waits in a host call is dropped where it
//! waits: in both cases the wall time decides. The store never outlives the call.

use std::sync::Arc;

use kernel::limits::{
    ACTIVITY_MEMORY_MAX_BYTES, CANCEL_GRACE_MS, COMPONENT_HANDLES_MAX_COUNT, HOST_CALL_MAX_BYTES, PROGRESS_MAX_BYTES,
    RANDOM_PER_CALL_MAX_BYTES,
};
use kernel::model::{Cause, Failure, Function, Millis, kind};
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::{LinkOptions, http};
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::bindings::{active_types, client, progress};
use crate::client::{Client, NoClient};
use crate::describe::{Listener, describe};
use crate::fault::{BrokenCall, payload};
use crate::imports::{CLIENT, HTTP_TYPES, PROGRESS};
use crate::log::LineSink;
use crate::memory::MemoryLimit;
use crate::no_requests::NoRequests;
use crate::refusal::Refusal;
use crate::roles::Roles;
use crate::watch::{Wanted, Watch};

/// How many resources, such as streams and pollables, one call may hold.
const RESOURCES_MAX_COUNT: usize = COMPONENT_HANDLES_MAX_COUNT;

/// A component that is ready in its roles that touch the world.
pub(crate) struct Active {
    instance: InstancePre<State>,
    grants: Grants,
    grace: Millis,
}

/// What the imports of a component need behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grants {
    /// It imports nothing of WASI, so nothing is built.
    Nothing,
    /// Clocks, randomness and the log; for HTTP triggers the messages, too.
    Wasi,
}

/// What a call is connected to.
pub(crate) struct Lines {
    /// Where its output goes.
    pub(crate) log: Option<LineSink>,
    pub(crate) watch: Watch,
    pub(crate) client: Arc<dyn Client>,
}

/// What one call has.
pub(crate) struct State {
    limit: MemoryLimit,
    wasi: Option<Box<Wasi>>,
    watch: Watch,
    pub(crate) client: Arc<dyn Client>,
}

struct Wasi {
    ctx: WasiCtx,
    table: ResourceTable,
    http: WasiHttpCtx,
    requests: NoRequests,
}

impl Active {
    /// Resolves all that can be resolved once.
    pub(crate) fn link(component: &Component) -> wasmtime::Result<Self> {
        let engine = component.engine();
        let imports =
            |prefix: &str| component.component_type().imports(engine).any(|(name, _)| name.starts_with(prefix));
        let mut linker = Linker::new(engine);
        let grants = if imports("wasi:") { Grants::Wasi } else { Grants::Nothing };
        if grants == Grants::Wasi {
            wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        }
        if imports(HTTP_TYPES) {
            let options = LinkOptions::default();
            http::types::add_to_linker::<_, WasiHttp>(&mut linker, &(&options).into(), State::http)?;
        }
        if imports(CLIENT) {
            client::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        }
        let mut grace = Millis(0);
        if imports(PROGRESS) {
            grace = Millis(CANCEL_GRACE_MS);
            progress::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        }
        Ok(Self { instance: linker.instantiate_pre(component)?, grants, grace })
    }

    /// Asks what the component can do. What it writes meanwhile goes nowhere.
    pub(crate) fn describe(&self, roles: &Roles) -> Result<Vec<Function>, Refusal> {
        let lines = Lines { log: None, watch: Watch::default(), client: Arc::new(NoClient) };
        describe(&self.instance, self.new_store(lines), |_| {}, roles)
    }

    /// The component.
    pub(crate) fn instance(&self) -> &InstancePre<State> {
        &self.instance
    }

    /// How long a guest may take to hear that nobody waits for it.
    pub(crate) fn grace(&self) -> Millis {
        self.grace
    }

    /// A store for one call.
    pub(crate) fn new_store(&self, lines: Lines) -> Store<State> {
        let Lines { log, watch, client } = lines;
        let wasi = match self.grants {
            Grants::Nothing => None,
            Grants::Wasi => Some(Box::new(Wasi::closed(log))),
        };
        let limit = MemoryLimit::new(ACTIVITY_MEMORY_MAX_BYTES);
        let mut store = Store::new(self.instance.engine(), State { limit, wasi, watch, client });
        store.limiter(|state| &mut state.limit);
        store.set_max_component_handles(COMPONENT_HANDLES_MAX_COUNT);
        store.set_hostcall_fuel(HOST_CALL_MAX_BYTES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }
}

impl State {
    fn wasi(&mut self) -> &mut Wasi {
        self.wasi.as_mut().expect("only components that import WASI are linked to it")
    }
}

impl Wasi {
    /// Nothing behind it but clocks, randomness and the log.
    fn closed(log: Option<LineSink>) -> Self {
        let mut ctx = WasiCtx::builder();
        ctx.max_random_size(RANDOM_PER_CALL_MAX_BYTES).allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        if let Some(log) = log {
            ctx.stdout(log.clone()).stderr(log);
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX_COUNT);
        Self { ctx: ctx.build(), table, http: WasiHttpCtx::new(), requests: NoRequests }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let Wasi { ctx, table, .. } = self.wasi();
        WasiCtxView { ctx, table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let Wasi { table, http, requests, .. } = self.wasi();
        WasiHttpCtxView { hooks: requests, table, ctx: http }
    }
}

impl Listener for State {
    /// They are in the host's log, line by line.
    fn last_words(&mut self) -> String {
        String::new()
    }
}

impl active_types::Host for State {}

impl progress::Host for State {
    fn report(&mut self, detail: Vec<u8>) -> wasmtime::Result<progress::Answer> {
        let length = detail.len();
        if length > PROGRESS_MAX_BYTES {
            let text = format!(
                "the progress that the activity reports is too large: {length} bytes, where {PROGRESS_MAX_BYTES} are allowed"
            );
            return Err(wasmtime::Error::new(BrokenCall(Failure::host(kind::TOO_LARGE, text))));
        }
        let detail = payload(|| "the progress that the activity reports".to_owned(), &detail);
        let detail = detail.map_err(|failure| wasmtime::Error::new(BrokenCall(failure)))?;
        Ok(match self.watch.report(detail) {
            Wanted::Yes => progress::Answer::GoOn,
            Wanted::No => progress::Answer::Cancelled,
        })
    }
}

/// A failure that the guest reports of itself.
pub(crate) fn reported(failure: active_types::Failure) -> Failure {
    let active_types::Failure { kind, message, details, retryable, causes } = failure;
    let causes = causes.into_iter().map(|cause| {
        let active_types::Cause { kind, message, details } = cause;
        Cause { kind, message, details }
    });
    Failure::from_guest(kind, message, details, retryable, causes.collect())
}
