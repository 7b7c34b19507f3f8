//! What the roles that are replayed have in common: a store with fuel and a memory limit, linked to nothing that lives.
//!
//! It owns what a call may use. It does not know what is called. Fuel is a function of what a guest is given, so that a
//! turn ends the same way wherever and whenever it is played; so is all that stands behind an import.

use kernel::limits::{
    COMPONENT_HANDLES_MAX_COUNT, FUEL_PER_BYTE, HOST_CALL_MAX_BYTES, ORCHESTRATOR_MEMORY_MAX_BYTES, TURN_FUEL,
    WARM_SESSION_MEMORY_MAX_BYTES,
};
use kernel::model::Function;
use kernel::port::TurnFault;
use wasmtime::component::{Component, Instance, InstancePre, Linker};
use wasmtime::{Error, Store};

use crate::describe::{Listener, describe};
use crate::fault::{turn_fault, with_last_words};
use crate::memory::MemoryLimit;
use crate::refusal::Refusal;
use crate::roles::Roles;
use crate::virtual_wasi::{self, Surroundings, World};

/// A component that is ready in its journaled roles.
pub(crate) struct Journaled {
    instance: InstancePre<State>,
    surroundings: Surroundings,
}

/// What one session has beside its guest.
#[derive(Debug)]
pub(crate) struct State {
    limit: MemoryLimit,
    /// The memory that the component begins with, which its sessions share until they write to it.
    image_bytes: usize,
    world: Option<Box<World>>,
}

impl Journaled {
    /// Resolves all that can be resolved once.
    pub(crate) fn link(component: &Component) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(component.engine());
        let surroundings = virtual_wasi::link(component, &mut linker)?;
        Ok(Self { instance: linker.instantiate_pre(component)?, surroundings })
    }

    /// Asks what the component can do.
    pub(crate) fn describe(&self, roles: &Roles) -> Result<Vec<Function>, Refusal> {
        describe(&self.instance, self.new_store(), |store| allow(store, 1, 0), roles)
    }

    /// The component.
    pub(crate) fn instance(&self) -> &InstancePre<State> {
        &self.instance
    }

    /// Makes a session, which has not been asked anything yet.
    pub(crate) fn instantiate(&self) -> Result<(Store<State>, Instance), TurnFault> {
        let mut store = self.new_store();
        match self.instance.instantiate(&mut store) {
            Ok(instance) => {
                let state = store.data_mut();
                state.image_bytes = state.limit.bytes();
                Ok((store, instance))
            }
            Err(error) => Err(fault(&mut store, &error)),
        }
    }

    /// A store with fuel to instantiate.
    fn new_store(&self) -> Store<State> {
        let world = match self.surroundings {
            Surroundings::Nothing => None,
            Surroundings::World => Some(Box::new(World::at_rest())),
        };
        let limit = MemoryLimit::new(ORCHESTRATOR_MEMORY_MAX_BYTES);
        let mut store = Store::new(self.instance.engine(), State { limit, image_bytes: 0, world });
        store.limiter(|state| &mut state.limit);
        store.set_max_component_handles(COMPONENT_HANDLES_MAX_COUNT);
        allow(&mut store, 1, 0);
        store
    }
}

impl State {
    /// Whether its guest asks for what depends on the turn.
    pub(crate) fn has_world(&self) -> bool {
        self.world.is_some()
    }

    /// What stands behind the imports, if anything has to.
    pub(crate) fn world(&mut self) -> Option<&mut World> {
        self.world.as_deref_mut()
    }
}

impl Listener for State {
    fn last_words(&mut self) -> String {
        self.world().map(World::last_words).unwrap_or_default()
    }
}

/// Gives a call what so many turns that are given so many bytes may use, so that a replay is charged no more than the
/// turns were. What a call returns cannot be larger than the memory it lies in, however many turns it plays.
pub(crate) fn allow(store: &mut Store<State>, turns: usize, given_bytes: usize) {
    let fuel = TURN_FUEL.saturating_mul(turns as u64);
    let fuel = fuel.saturating_add(FUEL_PER_BYTE.saturating_mul(given_bytes as u64));
    store.set_fuel(fuel).expect("the engine counts fuel");
    store.set_hostcall_fuel(HOST_CALL_MAX_BYTES.saturating_mul(turns).min(ORCHESTRATOR_MEMORY_MAX_BYTES));
}

/// Sorts what came of a call into faults of the guest and of the host, with what the guest said last.
pub(crate) fn fault(store: &mut Store<State>, error: &Error) -> TurnFault {
    match turn_fault(error) {
        TurnFault::Guest(failure) => TurnFault::Guest(with_last_words(failure, &store.data_mut().last_words())),
        fault => fault,
    }
}

/// Whether a guest holds on to more memory than one that is kept warm may, beside what its component begins with.
pub(crate) fn is_large(store: &Store<State>) -> bool {
    linear_bytes(store) - store.data().image_bytes > WARM_SESSION_MEMORY_MAX_BYTES
}

/// How much linear memory a guest has.
pub(crate) fn linear_bytes(store: &Store<State>) -> usize {
    store.data().limit.bytes()
}
