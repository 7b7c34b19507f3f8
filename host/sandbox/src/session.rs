//! The role that is replayed: a store with fuel and memory limits, linked to nothing.
//!
//! Between two calls no wasm frame exists, so a session may be dropped at any moment. It knows nothing of histories:
//! whether a step is right is for the kernel to say.

use kernel::limits::{COMPONENT_HANDLES_MAX_COUNT, HOST_CALL_MAX_BYTES, ORCHESTRATOR_MEMORY_MAX_BYTES, TURN_FUEL};
use kernel::model::{Function, Play, Start, Step, Turn};
use kernel::port::{self, TurnFault};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker, LinkerInstance, ResourceType};
use wasmtime::{Engine, Error, Store};

use crate::bindings::orchestrator::{self as wit, Guest, GuestIndices};
use crate::convert;
use crate::describe::describe;
use crate::fault::{ImportDenied, turn_fault};
use crate::inspect::World;
use crate::memory::MemoryLimit;
use crate::refusal::Refusal;

/// A component that is ready to begin executions.
pub(crate) struct Orchestrator {
    instance: InstancePre<MemoryLimit>,
    guest: GuestIndices,
}

/// A live execution. Small: a store, and the pages that its guest touched.
pub struct Session {
    store: Store<MemoryLimit>,
    guest: Guest,
}

impl Orchestrator {
    /// Resolves all that can be resolved once. Every import of the component becomes a trap that names it.
    pub(crate) fn link(component: &Component) -> wasmtime::Result<Self> {
        let engine = component.engine();
        let mut linker = Linker::new(engine);
        for (name, import) in component.component_type().imports(engine) {
            deny(engine, &mut linker.root(), "", name, &import.ty)?;
        }
        let instance = linker.instantiate_pre(component)?;
        let guest = GuestIndices::new(&instance)?;
        Ok(Self { instance, guest })
    }

    /// Asks what the component can do.
    pub(crate) fn describe(&self, world: World) -> Result<Vec<Function>, Refusal> {
        let refuel = |store: &mut Store<MemoryLimit>| store.set_fuel(TURN_FUEL).expect("the engine counts fuel");
        describe(&self.instance, new_store(self.instance.engine()), refuel, world)
    }

    /// Begins an execution.
    pub(crate) fn open(&self, start: &Start) -> Result<(Session, Step), TurnFault> {
        let mut store = new_store(self.instance.engine());
        let instance = self.instance.instantiate(&mut store).map_err(|error| turn_fault(&error))?;
        let guest = self.guest.load(&mut store, &instance).map_err(|error| turn_fault(&error))?;
        let mut session = Session { store, guest };
        session.allow(1);
        let tags = convert::tags(start);
        let step = session.guest.call_open(&mut session.store, convert::start(start, &tags));
        let step = session.take(start.play, step)?;
        Ok((session, step))
    }
}

/// A store with fuel for one turn.
fn new_store(engine: &Engine) -> Store<MemoryLimit> {
    let mut store = Store::new(engine, MemoryLimit::new(ORCHESTRATOR_MEMORY_MAX_BYTES));
    store.limiter(|limit| limit);
    store.set_max_component_handles(COMPONENT_HANDLES_MAX_COUNT);
    store.set_hostcall_fuel(HOST_CALL_MAX_BYTES);
    store.set_fuel(TURN_FUEL).expect("the engine counts fuel");
    store
}

impl port::Session for Session {
    fn advance(&mut self, turns: &[Turn]) -> Result<Step, TurnFault> {
        self.allow(turns.len());
        let play = if turns.iter().all(|turn| turn.play == Play::Again) { Play::Again } else { Play::New };
        let causes = convert::causes(turns);
        let events = convert::events(turns, &causes);
        let step = self.guest.call_advance(&mut self.store, &convert::turns(turns, &events));
        self.take(play, step)
    }
}

impl Session {
    /// Gives each turn what one turn may use, so that a replay is charged no more than the turns were. What a call
    /// returns cannot be larger than the memory it lies in, however many turns it played.
    fn allow(&mut self, turns: usize) {
        self.store.set_fuel(TURN_FUEL.saturating_mul(turns as u64)).expect("the engine counts fuel");
        let bytes = HOST_CALL_MAX_BYTES.saturating_mul(turns).min(ORCHESTRATOR_MEMORY_MAX_BYTES);
        self.store.set_hostcall_fuel(bytes);
    }

    fn take(&self, play: Play, step: wasmtime::Result<wit::Step>) -> Result<Step, TurnFault> {
        let mut step = step.map_err(|error| turn_fault(&error))?;
        if play == Play::Again {
            step.logs.clear();
        }
        convert::step(step).map_err(TurnFault::Guest)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("limit", self.store.data()).finish_non_exhaustive()
    }
}

/// Defines one import as something that traps when it is used.
fn deny(
    engine: &Engine,
    linker: &mut LinkerInstance<'_, MemoryLimit>,
    parent: &str,
    name: &str,
    item: &ComponentItem,
) -> wasmtime::Result<()> {
    let import = if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") };
    match item {
        ComponentItem::ComponentFunc(_) => {
            linker.func_new(name, move |_, _, _, _| Err(Error::new(ImportDenied { import: import.clone() })))
        }
        ComponentItem::Resource(_) => linker.resource(name, ResourceType::host::<ImportDenied>(), |_, _| Ok(())),
        ComponentItem::ComponentInstance(instance) => {
            let mut inner = linker.instance(name)?;
            instance.exports(engine).try_for_each(|(name, item)| deny(engine, &mut inner, &import, name, &item.ty))
        }
        ComponentItem::Type(_) => Ok(()),
        ComponentItem::CoreFunc(_) | ComponentItem::Module(_) | ComponentItem::Component(_) => {
            Err(Error::msg(format!("the import `{import}` is neither a function nor an interface")))
        }
    }
}
