//! What an operation of an entity sees and may ask for. Nothing happens before the batch is over and on disk.

use std::{cell::RefCell, fmt};

use serde::Serialize;

use super::{Entity, EntityId, Sender, Signal, Signals};
use crate::{
    bindings::{
        entity::{self as contract, Effect, OperationKind, StartOrchestration},
        types::LogLine,
    },
    failure::Result,
    log::Log,
    machine::Source,
    random::SplitMix64,
    start::Start,
    time::Timestamp,
};

/// The hand of an operation: who it is, time, chance, and what shall happen outside of the entity.
pub struct EntityContext {
    id: EntityId,
    now: u64,
    current: RefCell<Current>,
    logs: RefCell<Vec<LogLine>>,
}

/// The operation that runs.
struct Current {
    name: &'static str,
    kind: OperationKind,
    seed: u64,
    random: SplitMix64,
    effects: Vec<Effect>,
    deletes: bool,
}

impl EntityContext {
    /// Which entity this is.
    pub fn id(&self) -> &EntityId {
        &self.id
    }

    /// Its name, in lower case.
    pub fn name(&self) -> &str {
        self.id.name()
    }

    /// Its key.
    pub fn key(&self) -> &str {
        self.id.key()
    }

    /// The time of the batch. It does not go back from one batch to the next.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    /// The name of the operation, as its author wrote it.
    pub fn operation(&self) -> &'static str {
        self.current.borrow().name
    }

    /// Whether somebody waits for the result.
    pub fn is_call(&self) -> bool {
        self.current.borrow().kind == OperationKind::Call
    }

    /// A random number, the same if the operation is run again.
    pub fn random(&self) -> u64 {
        self.current.borrow_mut().random.next()
    }

    /// A random number of at least 0 and less than 1, the same if the operation is run again.
    pub fn random_f64(&self) -> f64 {
        self.current.borrow_mut().random.next_f64()
    }

    /// A random UUID of version 4, the same if the operation is run again.
    pub fn new_guid(&self) -> String {
        self.current.borrow_mut().random.next_guid()
    }

    /// Signals an entity, this one included, after this batch: `cx.signal::<Counter>("hits").add(1)?`.
    pub fn signal<E: Entity>(&self, key: impl Into<String>) -> E::Signals<&EntityContext> {
        Signals::new(self, EntityId::of::<E>(key), None).into()
    }

    /// Signals an entity, not before this time.
    pub fn signal_at<E: Entity>(&self, time: Timestamp, key: impl Into<String>) -> E::Signals<&EntityContext> {
        Signals::new(self, EntityId::of::<E>(key), Some(time)).into()
    }

    /// Signals an entity by name, for one that lives in another component.
    ///
    /// # Errors
    /// `invalid-input` if the input has no JSON form.
    pub fn signal_entity(&self, entity: &EntityId, operation: &str, input: &(impl Serialize + ?Sized)) -> Result<()> {
        Signals::new(self, entity.clone(), None).send(operation, input)
    }

    /// Starts an orchestration after this batch, and gives the id that it will have. If an instance of a given id has not
    /// ended, nothing happens.
    ///
    /// # Errors
    /// `invalid-input` if the input has no JSON form, `invalid-start` if there are tags: an entity has none to give.
    pub fn start(&self, start: Start) -> Result<String> {
        let Start { name, input, instance, version, at, tags: _ } = start.without_tags()?;
        let mut current = self.current.borrow_mut();
        // The rule of the contract, by which the host derives the same id.
        let derived = || format!("{:016x}:{:x}", current.seed, current.effects.len());
        let id = instance.clone().unwrap_or_else(derived);
        let start = StartOrchestration { name, input, instance, version, at };
        current.effects.push(Effect::Start(start));
        Ok(id)
    }

    /// Deletes the state when the operation is over, unless it fails.
    pub fn delete_state(&self) {
        self.current.borrow_mut().deletes = true;
    }

    /// The log of the entity.
    pub fn log(&self) -> Log<'_> {
        Log::new(&self.logs)
    }

    pub(super) fn new(id: EntityId, now: u64) -> Self {
        let current = Current {
            name: "",
            kind: OperationKind::Signal,
            seed: 0,
            random: SplitMix64::new(0),
            effects: Vec::new(),
            deletes: false,
        };
        EntityContext { id, now, current: RefCell::new(current), logs: RefCell::default() }
    }

    /// Begins an operation. What one that failed has left behind is gone.
    pub(super) fn begin(&mut self, name: &'static str, kind: OperationKind, seed: u64) {
        let (random, effects) = (SplitMix64::new(seed), Vec::new());
        *self.current.get_mut() = Current { name, kind, seed, random, effects, deletes: false };
    }

    /// What the operation asked for, and whether it deletes the state.
    pub(super) fn end(&mut self) -> (Vec<Effect>, bool) {
        let current = self.current.get_mut();
        (std::mem::take(&mut current.effects), current.deletes)
    }

    pub(super) fn into_logs(self) -> Vec<LogLine> {
        self.logs.into_inner()
    }
}

impl Sender for &EntityContext {
    type Error = crate::Failure;

    fn send(&self, signal: Signal, _: Source) -> Result<()> {
        let Signal { entity, operation, input, at } = signal;
        let (entity, at) = (entity.to_contract(), at.map(Timestamp::as_millis));
        let signal = contract::Signal { entity, operation, input, at };
        self.current.borrow_mut().effects.push(Effect::Signal(signal));
        Ok(())
    }
}

impl fmt::Debug for EntityContext {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "EntityContext({} {})", self.id, self.operation())
    }
}
