//! The entity: a live instance of the component that runs one batch after another, of whichever entity.
//!
//! The state comes with each batch and goes back with its outcome, so a session remembers nothing that counts: it may
//! be dropped at any moment, and is kept only because it is warm. What to do about a batch that fails as a whole is for
//! its caller to say: it may run the operations in smaller ones.

use std::sync::Arc;

use kernel::model::{EntityBatch, Outcome, Play, Timestamp};
use kernel::port::TurnFault;
use wasmtime::Store;

use crate::bindings::entity::{Guest, GuestIndices};
use crate::convert::entity as convert;
use crate::fault::turn_fault;
use crate::journaled::{Journaled, State, allow, fault, is_large, linear_bytes};

/// A component that is ready to serve entities.
pub(crate) struct Entities {
    component: Arc<Journaled>,
    guest: GuestIndices,
}

/// A live instance of a component that serves entities.
///
/// After a fault it must be dropped: its state is unknown.
pub struct EntitySession {
    store: Store<State>,
    guest: Guest,
}

impl Entities {
    /// Looks the role up.
    pub(crate) fn new(component: Arc<Journaled>) -> wasmtime::Result<Self> {
        let guest = GuestIndices::new(component.instance())?;
        Ok(Self { component, guest })
    }

    /// Makes a session.
    pub(crate) fn open(&self) -> Result<EntitySession, TurnFault> {
        let (mut store, instance) = self.component.instantiate()?;
        let guest = self.guest.load(&mut store, &instance).map_err(|error| turn_fault(&error))?;
        Ok(EntitySession { store, guest })
    }
}

impl EntitySession {
    /// Runs a batch in one call of the guest. A batch has the fuel of one turn however many operations it has, so that
    /// one that loops does not do so for each of the others; alone each has as much.
    pub fn apply(&mut self, batch: &EntityBatch) -> Result<Outcome, TurnFault> {
        let inputs = batch.operations.iter().map(|operation| operation.operation.input.len());
        let state = batch.state.as_ref().map_or(0, |state| state.data.len());
        allow(&mut self.store, 1, state + inputs.sum::<usize>());
        if let Some(world) = self.store.data_mut().world() {
            // A clock that begins with the epoch does not go back from one batch of an entity to the next.
            world.begin(Timestamp(0), batch.operations.first().map_or(0, |first| first.operation.seed));
            world.turn(batch.now, Play::New);
        }
        let (name, operations) = (batch.id.name(), convert::operations(batch));
        let outcome = self.guest.call_apply(
            &mut self.store,
            convert::context(batch, name.as_str()),
            convert::state(batch),
            &operations,
        );
        let outcome = outcome.map_err(|error| fault(&mut self.store, &error))?;
        let mut outcome = convert::outcome(outcome, batch.operations.len()).map_err(TurnFault::Guest)?;
        if let Some(world) = self.store.data_mut().world() {
            outcome.logs.splice(..0, world.take_lines());
        }
        Ok(outcome)
    }

    /// Whether it has grown too large to be kept warm.
    pub fn is_large(&self) -> bool {
        is_large(&self.store)
    }

    /// Linear memory that it holds on to at most.
    pub fn linear_bytes(&self) -> usize {
        linear_bytes(&self.store)
    }
}

impl std::fmt::Debug for EntitySession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EntitySession").field("state", self.store.data()).finish_non_exhaustive()
    }
}
