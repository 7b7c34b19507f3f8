//! The orchestrator: a live execution, to which turns are played.
//!
//! Between two calls no wasm frame exists, so a session may be dropped at any moment. It knows nothing of histories:
//! whether a step is right is for the kernel to say.

use std::sync::Arc;

use kernel::model::{Inbound, Play, Start, Step, Turn};
use kernel::port::{self, TurnFault};
use wasmtime::Store;

use crate::bindings::orchestrator::{self as wit, Guest, GuestIndices};
use crate::convert::turn as convert;
use crate::fault::turn_fault;
use crate::journaled::{Journaled, allow, is_large};
use crate::memory::MemoryLimit;

/// A component that is ready to begin executions.
pub(crate) struct Orchestrators {
    component: Arc<Journaled>,
    guest: GuestIndices,
}

/// A live execution. Small: a store, and the pages that its guest touched.
pub struct Session {
    store: Store<MemoryLimit>,
    guest: Guest,
}

impl Orchestrators {
    /// Looks the role up.
    pub(crate) fn new(component: Arc<Journaled>) -> wasmtime::Result<Self> {
        let guest = GuestIndices::new(component.instance())?;
        Ok(Self { component, guest })
    }

    /// Begins an execution.
    pub(crate) fn open(&self, start: &Start) -> Result<(Session, Step), TurnFault> {
        let mut store = self.component.new_store();
        let instance = self.component.instance().instantiate(&mut store).map_err(|error| turn_fault(&error))?;
        let guest = self.guest.load(&mut store, &instance).map_err(|error| turn_fault(&error))?;
        allow(&mut store, 1, start.input.len());
        let mut session = Session { store, guest };
        let tags = convert::tags(start);
        let step = session.guest.call_open(&mut session.store, convert::start(start, &tags));
        let step = take(start.play, step)?;
        Ok((session, step))
    }
}

impl port::Session for Session {
    fn advance(&mut self, turns: &[Turn]) -> Result<Step, TurnFault> {
        allow(&mut self.store, turns.len(), given_bytes(turns));
        let play = if turns.iter().all(|turn| turn.play == Play::Again) { Play::Again } else { Play::New };
        let causes = convert::causes(turns);
        let events = convert::events(turns, &causes);
        let step = self.guest.call_advance(&mut self.store, &convert::turns(turns, &events));
        take(play, step)
    }
}

impl Session {
    /// Whether it has grown too large to be kept warm.
    pub fn is_large(&self) -> bool {
        is_large(&self.store)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("limit", self.store.data()).finish_non_exhaustive()
    }
}

fn given_bytes(turns: &[Turn]) -> usize {
    let bytes = |event: &Inbound| match event {
        Inbound::TaskCompleted { output, .. } => output.len(),
        Inbound::Raised(raised) => raised.input.len(),
        // Bounded, and small.
        Inbound::TaskFailed { .. } | Inbound::TimerFired { .. } => 0,
    };
    turns.iter().flat_map(|turn| &turn.events).map(bytes).sum()
}

fn take(play: Play, step: wasmtime::Result<wit::Step>) -> Result<Step, TurnFault> {
    let mut step = step.map_err(|error| turn_fault(&error))?;
    if play == Play::Again {
        step.logs.clear();
    }
    convert::step(step).map_err(TurnFault::Guest)
}
