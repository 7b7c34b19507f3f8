//! The orchestrator: a live execution, to which turns are played.
//!
//! Between two calls no wasm frame exists, so a session may be dropped at any moment. It knows nothing of histories:
//! whether a step is right is for the kernel to say.

use std::sync::Arc;

use kernel::model::{Inbound, LogLine, Play, Start, Step, StepStatus, Turn};
use kernel::port::{self, TurnFault};
use wasmtime::Store;

use crate::bindings::orchestrator::{self as wit, Guest, GuestIndices};
use crate::convert::turn as convert;
use crate::fault::turn_fault;
use crate::journaled::{Journaled, State, allow, fault, is_large, linear_bytes};

/// A component that is ready to begin executions.
pub(crate) struct Orchestrators {
    component: Arc<Journaled>,
    guest: GuestIndices,
}

/// A live execution. Small: a store, and the pages that its guest touched.
pub struct Session {
    store: Store<State>,
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
        let (mut store, instance) = self.component.instantiate()?;
        let guest = self.guest.load(&mut store, &instance).map_err(|error| turn_fault(&error))?;
        allow(&mut store, 1, start.input.len());
        if let Some(world) = store.data_mut().world() {
            world.begin(start.now, start.seed);
            world.turn(start.now, start.play);
        }
        let mut session = Session { store, guest };
        let tags = convert::tags(start);
        let step = session.guest.call_open(&mut session.store, convert::start(start, &tags));
        let step = session.take(start.play, step)?;
        Ok((session, step))
    }
}

impl port::Session for Session {
    fn advance(&mut self, turns: &[Turn]) -> Result<Step, TurnFault> {
        // Which of several turns a guest plays cannot be seen from here, and a world is of one.
        match turns.split_first() {
            Some((first, rest)) if self.store.data().has_world() => self.play_singly(first, rest),
            _ => self.play(turns),
        }
    }
}

impl Session {
    /// Whether it has grown too large to be kept warm.
    pub fn is_large(&self) -> bool {
        is_large(&self.store)
    }

    /// Linear memory that it holds on to at most.
    pub fn linear_bytes(&self) -> usize {
        linear_bytes(&self.store)
    }

    fn play_singly(&mut self, first: &Turn, rest: &[Turn]) -> Result<Step, TurnFault> {
        let mut whole = self.play_in_world(first)?;
        for turn in rest {
            if !matches!(whole.status, StepStatus::Waiting { .. }) {
                break;
            }
            let next = self.play_in_world(turn)?;
            append(&mut whole, next);
        }
        Ok(whole)
    }

    fn play_in_world(&mut self, turn: &Turn) -> Result<Step, TurnFault> {
        if let Some(world) = self.store.data_mut().world() {
            world.turn(turn.now, turn.play);
        }
        self.play(std::slice::from_ref(turn))
    }

    fn play(&mut self, turns: &[Turn]) -> Result<Step, TurnFault> {
        allow(&mut self.store, turns.len(), given_bytes(turns));
        let play = if turns.iter().all(|turn| turn.play == Play::Again) { Play::Again } else { Play::New };
        let causes = convert::causes(turns);
        let events = convert::events(turns, &causes);
        let step = self.guest.call_advance(&mut self.store, &convert::turns(turns, &events));
        self.take(play, step)
    }

    fn take(&mut self, play: Play, step: wasmtime::Result<wit::Step>) -> Result<Step, TurnFault> {
        let mut step = step.map_err(|error| fault(&mut self.store, &error))?;
        if play == Play::Again {
            step.logs.clear();
        }
        let mut step = convert::step(step).map_err(TurnFault::Guest)?;
        if let Some(world) = self.store.data_mut().world() {
            // What was written comes before what the guest made of it at the end of the turn.
            let written: Vec<LogLine> = world.take_lines();
            step.logs.splice(..0, written);
        }
        Ok(step)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("state", self.store.data()).finish_non_exhaustive()
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

/// Makes of two steps the one that a single call would have returned.
fn append(whole: &mut Step, next: Step) {
    let Step { decisions, sources, status, custom_status, logs } = next;
    if !sources.is_empty() {
        whole.sources.resize(whole.decisions.len(), String::new());
        whole.sources.extend(sources);
    }
    whole.decisions.extend(decisions);
    whole.status = status;
    whole.custom_status = custom_status.or(whole.custom_status.take());
    whole.logs.extend(logs);
}
