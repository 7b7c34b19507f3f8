//! What an entity becomes with its next row, and what it sends along.

use crate::model::{
    Afresh, Attempted, Caller, ComponentDigest, Entity, EntityEffect, Failure, Holder, Hops, InstanceId, Letter,
    LockSet, NewState, Operation, OperationDone, OperationName, Outcome, Payload, StartSpec, Tags, Timestamp,
};
use crate::orchestration::effect_seed;

/// Something that waits for an entity.
#[derive(Debug, Clone, PartialEq)]
pub enum Errand {
    /// Run an operation.
    Operate(Asked),
    /// Lock it for a critical section, and the entities of the section behind it.
    Lock {
        /// All entities of the section.
        set: LockSet,
        /// Which of them this one is.
        at: usize,
        /// The section.
        holder: Holder,
    },
    /// A critical section is over.
    Unlock {
        /// All entities of the section.
        set: LockSet,
        /// Which of them this one is.
        at: usize,
        /// The section.
        holder: Holder,
        /// Whether the ones behind it have to be told.
        hops: Hops,
    },
    /// Forget its state, whatever it is.
    Purge,
}

/// An operation, and who waits for its result.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What is asked.
    pub operation: Operation,
    /// Nobody, if it is a signal.
    pub caller: Option<Caller>,
}

/// A signal that failed: nobody but the operator can be told.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedSignal {
    /// The operation.
    pub name: OperationName,
    /// Why.
    pub failure: Failure,
}

/// What an entity becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The entity after what was done so far.
    pub entity: Entity,
    /// What it sends, in order.
    pub letters: Vec<Letter>,
    /// Signals that failed.
    pub failed: Vec<FailedSignal>,
}

/// Whether an errand can be done now: a locked entity is there for its critical section alone.
pub fn may_go(lock: Option<Holder>, errand: &Errand) -> bool {
    match (errand, lock) {
        (Errand::Unlock { .. } | Errand::Purge, _) | (_, None) => true,
        (Errand::Lock { .. }, Some(_)) => false,
        (Errand::Operate(asked), Some(holder)) => {
            asked.caller.is_some_and(|caller| caller.no == holder.no && caller.of.execution == holder.execution)
        }
    }
}

impl Errand {
    /// How many bytes of payload it carries.
    pub fn payload_bytes(&self) -> usize {
        match self {
            Self::Operate(asked) => asked.operation.input.len(),
            Self::Lock { .. } | Self::Unlock { .. } | Self::Purge => 0,
        }
    }
}

impl Draft {
    /// The entity as it is, at a time that does not go back.
    pub fn new(entity: Entity, now: Timestamp) -> Self {
        let at = now.max(entity.at);
        Self { entity: Entity { at, ..entity }, letters: Vec::new(), failed: Vec::new() }
    }

    /// Locks it, and asks for the next entity of the section, or tells its orchestration that it has them all.
    pub fn lock(&mut self, set: LockSet, at: usize, holder: Holder) {
        self.entity.lock = Some(holder);
        self.letters.push(match set.entities().get(at + 1) {
            Some(_) => Letter::Lock { set, at: at + 1, holder },
            None => {
                let of = Attempted { execution: holder.execution, task: holder.task, attempt: 1 };
                Letter::TaskDone { to: holder.no, of, outcome: Ok(Payload::null()) }
            }
        });
    }

    /// Ends a critical section, if it is the one that locks it.
    pub fn unlock(&mut self, set: LockSet, at: usize, holder: Holder, hops: Hops) {
        self.entity.lock.take_if(|lock| *lock == holder);
        if hops == Hops::Onward && at + 1 < set.entities().len() {
            self.letters.push(Letter::Unlock { set, at: at + 1, holder, hops });
        }
    }

    /// Forgets its state. A lock stays: who holds it goes on to rely on it.
    pub fn purge(&mut self) {
        self.entity.state = None;
    }

    /// Takes in what a batch came to. There is one result for each operation.
    pub fn ran(&mut self, component: ComponentDigest, batch: &[Asked], outcome: Outcome) {
        self.entity.component = Some(component);
        match outcome.state {
            NewState::Unchanged => {}
            NewState::Set(state) => self.entity.state = Some(state),
            NewState::Deleted => self.entity.state = None,
        }
        for (asked, result) in batch.iter().zip(outcome.results) {
            let outcome = result.map(|OperationDone { output, effects }| {
                let effects = (0..).zip(effects);
                self.letters.extend(effects.map(|(index, effect)| letter(&asked.operation, index, effect, component)));
                output
            });
            self.answer(asked, outcome);
        }
    }

    /// The batch could not be run by anybody: each of its operations failed.
    pub fn failed(&mut self, batch: &[Asked], failure: &Failure) {
        for asked in batch {
            self.answer(asked, Err(failure.clone()));
        }
    }

    fn answer(&mut self, asked: &Asked, outcome: Result<Payload, Failure>) {
        match (asked.caller, outcome) {
            (Some(caller), outcome) => self.letters.push(Letter::TaskDone { to: caller.no, of: caller.of, outcome }),
            (None, Err(failure)) => self.failed.push(FailedSignal { name: asked.operation.name.clone(), failure }),
            (None, Ok(_)) => {}
        }
    }
}

/// What one effect of an operation sends. Seeds and ids follow from the operation.
fn letter(operation: &Operation, index: u32, effect: EntityEffect, component: ComponentDigest) -> Letter {
    let seed = effect_seed(operation.seed, index);
    match effect {
        EntityEffect::Signal { to, name, input, at } => {
            Letter::Operate { to, operation: Operation { name, input, seed }, caller: None, due: at }
        }
        EntityEffect::Start { name, input, instance, version, at } => {
            let id = instance.unwrap_or_else(|| started_id(operation.seed, index));
            let spec =
                StartSpec { name, input, version, tags: Tags::default(), trace: None, start_at: at, parent: None };
            Letter::Start { id, after: Afresh::Always, own: component, seed, spec: Box::new(spec) }
        }
    }
}

/// The id of an orchestration that an operation starts and that the guest gave none: documented in `wit/entity.wit`.
fn started_id(seed: u64, index: u32) -> InstanceId {
    InstanceId::parse(&format!("{seed:016x}:{index:x}")).expect("hexadecimal digits and a colon are an instance id")
}
