//! What the roles that are replayed have in common: a store with fuel and a memory limit, linked to nothing.
//!
//! It owns what a call may use. It does not know what is called. Fuel is a function of what a guest is given, so that a
//! turn ends the same way wherever and whenever it is played.

use kernel::limits::{
    COMPONENT_HANDLES_MAX_COUNT, FUEL_PER_BYTE, HOST_CALL_MAX_BYTES, ORCHESTRATOR_MEMORY_MAX_BYTES, TURN_FUEL,
    WARM_SESSION_MEMORY_MAX_BYTES,
};
use kernel::model::Function;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker, LinkerInstance, ResourceType};
use wasmtime::{Engine, Error, Store};

use crate::describe::describe;
use crate::fault::ImportDenied;
use crate::memory::MemoryLimit;
use crate::refusal::Refusal;
use crate::roles::Roles;

/// A component that is ready in its journaled roles.
pub(crate) struct Journaled(InstancePre<MemoryLimit>);

impl Journaled {
    /// Resolves all that can be resolved once. Every import of the component becomes a trap that names it.
    pub(crate) fn link(component: &Component) -> wasmtime::Result<Self> {
        let engine = component.engine();
        let mut linker = Linker::new(engine);
        for (name, import) in component.component_type().imports(engine) {
            deny(engine, &mut linker.root(), "", name, &import.ty)?;
        }
        linker.instantiate_pre(component).map(Self)
    }

    /// Asks what the component can do.
    pub(crate) fn describe(&self, roles: &Roles) -> Result<Vec<Function>, Refusal> {
        describe(&self.0, self.new_store(), |store| allow(store, 1, 0), roles)
    }

    /// The component.
    pub(crate) fn instance(&self) -> &InstancePre<MemoryLimit> {
        &self.0
    }

    /// A store with fuel to instantiate.
    pub(crate) fn new_store(&self) -> Store<MemoryLimit> {
        let mut store = Store::new(self.0.engine(), MemoryLimit::new(ORCHESTRATOR_MEMORY_MAX_BYTES));
        store.limiter(|limit| limit);
        store.set_max_component_handles(COMPONENT_HANDLES_MAX_COUNT);
        allow(&mut store, 1, 0);
        store
    }
}

/// Gives a call what so many turns that are given so many bytes may use, so that a replay is charged no more than the
/// turns were. What a call returns cannot be larger than the memory it lies in, however many turns it plays.
pub(crate) fn allow(store: &mut Store<MemoryLimit>, turns: usize, given_bytes: usize) {
    let fuel = TURN_FUEL.saturating_mul(turns as u64);
    let fuel = fuel.saturating_add(FUEL_PER_BYTE.saturating_mul(given_bytes as u64));
    store.set_fuel(fuel).expect("the engine counts fuel");
    store.set_hostcall_fuel(HOST_CALL_MAX_BYTES.saturating_mul(turns).min(ORCHESTRATOR_MEMORY_MAX_BYTES));
}

/// Whether a guest holds on to more memory than one that is kept warm may.
pub(crate) fn is_large(store: &Store<MemoryLimit>) -> bool {
    store.data().bytes() > WARM_SESSION_MEMORY_MAX_BYTES
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
