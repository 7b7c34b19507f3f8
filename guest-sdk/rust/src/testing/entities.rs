//! The entities of a test: their states, their locks, and what waits for them.
//!
//! An operation runs when it arrives, alone: batches are the host's affair and cannot be told apart. It knows no time but
//! what it is told, and tells what follows instead of doing it.

use std::collections::{BTreeMap, VecDeque};

use super::player::Key;
use crate::{
    bindings::entity::{
        Context, Effect, NewState, Operation, OperationKind, Outcome, Signal, StartOrchestration, State,
    },
    component::Component,
    entity::EntityId,
    failure::{Result, from_contract},
    random::SplitMix64,
};

#[derive(Default)]
pub(super) struct Entities {
    /// Who serves which name, in lower case.
    pub(super) served: BTreeMap<String, Component>,
    residents: BTreeMap<EntityId, Resident>,
    locks: BTreeMap<Key, LockSet>,
    /// How many operations have run. Their seeds follow from it.
    operations: u64,
    pub(super) logs: Vec<String>,
}

/// An operation on its way.
pub(super) struct Letter {
    pub(super) to: EntityId,
    pub(super) operation: String,
    pub(super) input: Vec<u8>,
    /// The task of an orchestration that waits for the result.
    pub(super) caller: Option<Key>,
}

/// What follows from what an entity was asked.
pub(super) enum Consequence {
    /// A task of an orchestration is answered.
    Answer(Key, Result<Vec<u8>>),
    Signal(Signal),
    /// An orchestration begins, with this id.
    Start(String, StartOrchestration),
}

#[derive(Default)]
struct Resident {
    state: Option<State>,
    holder: Option<Key>,
    queue: VecDeque<Waiting>,
}

enum Waiting {
    Letter(Letter),
    Lock(Key),
}

/// The entities of a lock in their order, and how many of them are taken.
struct LockSet {
    entities: Vec<EntityId>,
    taken: usize,
}

impl Entities {
    pub(super) fn set(&mut self, entity: EntityId, state: State) {
        self.residents.entry(entity).or_default().state = Some(state);
    }

    pub(super) fn state(&self, entity: &EntityId) -> Option<&State> {
        self.residents.get(entity)?.state.as_ref()
    }

    /// The states of those that have one.
    pub(super) fn into_states(self) -> BTreeMap<EntityId, State> {
        self.residents.into_iter().filter_map(|(id, resident)| Some((id, resident.state?))).collect()
    }

    /// Runs an operation, or keeps it until its entity is not locked any more.
    pub(super) fn deliver(&mut self, now: u64, letter: Letter) -> Vec<Consequence> {
        let resident = self.residents.entry(letter.to.clone()).or_default();
        let is_holder = match (&resident.holder, &letter.caller) {
            (Some(holder), Some(caller)) => holder.is_of(caller),
            _ => false,
        };
        if is_holder || (resident.holder.is_none() && resident.queue.is_empty()) {
            return self.run(now, letter);
        }
        resident.queue.push_back(Waiting::Letter(letter));
        Vec::new()
    }

    /// Asks for a lock. The entities are sorted, and taken one after another.
    pub(super) fn lock(&mut self, key: Key, entities: Vec<EntityId>) -> Vec<Consequence> {
        self.locks.insert(key.clone(), LockSet { entities, taken: 0 });
        self.go_on(&key)
    }

    /// Ends a critical section, granted or not.
    pub(super) fn release(&mut self, now: u64, key: &Key) -> Vec<Consequence> {
        let Some(LockSet { entities, taken }) = self.locks.remove(key) else { return Vec::new() };
        for entity in &entities {
            let resident = self.residents.entry(entity.clone()).or_default();
            resident.holder.take_if(|holder| holder == key);
            resident.queue.retain(|waiting| !matches!(waiting, Waiting::Lock(lock) if lock == key));
        }
        entities[..taken].iter().flat_map(|entity| self.serve(now, entity)).collect()
    }

    /// Ends the critical section of an instance that ends.
    pub(super) fn release_of(&mut self, now: u64, instance: &str) -> Vec<Consequence> {
        let keys: Vec<_> = self.locks.keys().filter(|key| key.instance == instance).cloned().collect();
        keys.iter().flat_map(|key| self.release(now, key)).collect()
    }

    /// Takes as many entities of a lock as it gets.
    fn go_on(&mut self, key: &Key) -> Vec<Consequence> {
        let lock = self.locks.get_mut(key).expect("it was asked for");
        while let Some(entity) = lock.entities.get(lock.taken) {
            let resident = self.residents.entry(entity.clone()).or_default();
            if resident.holder.is_some() {
                resident.queue.push_back(Waiting::Lock(key.clone()));
                return Vec::new();
            }
            resident.holder = Some(key.clone());
            lock.taken += 1;
        }
        vec![Consequence::Answer(key.clone(), Ok(b"null".to_vec()))]
    }

    /// Lets those in whom a lock kept out, until the next one locks.
    fn serve(&mut self, now: u64, entity: &EntityId) -> Vec<Consequence> {
        let mut consequences = Vec::new();
        while let Some(resident) = self.residents.get_mut(entity)
            && resident.holder.is_none()
            && let Some(waiting) = resident.queue.pop_front()
        {
            consequences.extend(match waiting {
                Waiting::Letter(letter) => self.run(now, letter),
                Waiting::Lock(key) => self.go_on(&key),
            });
        }
        consequences
    }

    fn run(&mut self, now: u64, letter: Letter) -> Vec<Consequence> {
        let Letter { to, operation: name, input, caller } = letter;
        let seed = SplitMix64::new(self.operations).next();
        self.operations += 1;
        let kind = if caller.is_some() { OperationKind::Call } else { OperationKind::Signal };
        let operations = vec![Operation { name, input, kind, seed: seed.into() }];
        let component = self
            .served
            .get(to.name())
            .unwrap_or_else(|| panic!("the test does not know the entity {:?}: add `.entity::<…>()`", to.name()));
        let resident = self.residents.entry(to.clone()).or_default();
        let context = Context { entity: to.to_contract(), now };
        let Outcome { mut results, state, logs } = component.apply(context, resident.state.clone(), operations);
        match state {
            NewState::Unchanged => {}
            NewState::Set(state) => resident.state = Some(state),
            NewState::Deleted => resident.state = None,
        }
        self.logs.extend(logs.into_iter().map(|line| line.message));
        let (result, effects) = match results.pop().expect("there is a result for each operation") {
            Ok(done) => (Ok(done.output), done.effects),
            Err(failure) => (Err(from_contract(failure)), Vec::new()),
        };
        let effects = effects.into_iter().enumerate().map(|(index, effect)| match effect {
            Effect::Signal(signal) => Consequence::Signal(signal),
            Effect::Start(start) => {
                let derived = || format!("{seed:016x}:{index:x}");
                Consequence::Start(start.instance.clone().unwrap_or_else(derived), start)
            }
        });
        effects.chain(caller.map(|caller| Consequence::Answer(caller, result))).collect()
    }
}
