//! Entities: what they are called, what they are asked, and what they remember.

use std::fmt;
use std::sync::Arc;

use super::id::{InvalidEventName, InvalidId, InvalidName, check_event_name};
use super::{
    Attempted, ComponentDigest, Execution, Failure, FunctionName, InstanceId, InstanceNo, LogLine, Payload, TaskId,
    Timestamp,
};

/// Which entity: a function of the kind `entity`, and a key. In lists and URLs it is `@name@key`.
///
/// Names are compared without regard to case and kept in lower case. A key has the characters of an instance id, may
/// contain `@`, and may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(InstanceId);

/// Why a text is not the id of an entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntityId {
    /// The name is not that of a function.
    #[error("the name of an entity: {0}")]
    Name(#[from] InvalidName),
    /// The key is too long, or has a character that is not allowed.
    #[error("the key of an entity: {0}")]
    Key(#[from] InvalidId),
    /// It does not have the form `@name@key`.
    #[error("the id of an entity has the form @name@key")]
    Form,
}

/// The name of an operation as its sender spelled it. The guest compares without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationName(Arc<str>);

/// Something that an entity is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What.
    pub name: OperationName,
    /// With what.
    pub input: Payload,
    /// The seed of its generator, and of the ids of what it starts.
    pub seed: u64,
}

/// Who waits for the result of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The orchestration.
    pub no: InstanceNo,
    /// Which attempt of which of its tasks.
    pub of: Attempted,
}

/// The critical section of an execution, by the decision that asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// The orchestration.
    pub no: InstanceNo,
    /// Its life.
    pub execution: Execution,
    /// The decision.
    pub task: TaskId,
}

/// The entities of one critical section: sorted, each once, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockSet(Arc<[EntityId]>);

/// What an entity remembers.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityState {
    /// Its data.
    pub data: Payload,
    /// Which form the data has: the author's to count.
    pub version: u32,
}

/// All that is kept of an entity: its newest record says it whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Which one.
    pub id: EntityId,
    /// When it was first heard of.
    pub created: Timestamp,
    /// When its newest batch was run, or its lock changed.
    pub at: Timestamp,
    /// The component that ran it last; `None` if none did.
    pub component: Option<ComponentDigest>,
    /// Its state; `None` if it has none.
    pub state: Option<EntityState>,
    /// Who alone may call it.
    pub lock: Option<Holder>,
}

/// What a batch is run on.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityBatch {
    /// Which entity.
    pub id: EntityId,
    /// The time of the batch.
    pub now: Timestamp,
    /// The state before it.
    pub state: Option<EntityState>,
    /// In order.
    pub operations: Vec<BatchOperation>,
}

/// One operation of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchOperation {
    /// What is asked.
    pub operation: Operation,
    /// Whether somebody waits for the result.
    pub kind: OperationKind,
}

/// Whether somebody waits for the result of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// Somebody does.
    Call,
    /// Nobody does.
    Signal,
}

/// What a batch came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// One for each operation.
    pub results: Vec<Result<OperationDone, Failure>>,
    /// What becomes of the state.
    pub state: NewState,
    /// What the guest wrote.
    pub logs: Vec<LogLine>,
}

/// What a batch makes of the state.
#[derive(Debug, Clone, PartialEq)]
pub enum NewState {
    /// Nothing.
    Unchanged,
    /// A new one.
    Set(EntityState),
    /// It has none any more.
    Deleted,
}

/// An operation that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationDone {
    /// What it returned.
    pub output: Payload,
    /// What shall happen outside of the entity, in order.
    pub effects: Vec<EntityEffect>,
}

/// What an entity wants to happen outside of it.
#[derive(Debug, Clone, PartialEq)]
pub enum EntityEffect {
    /// Run an operation of an entity.
    Signal {
        /// Which.
        to: EntityId,
        /// The operation.
        name: OperationName,
        /// Its input.
        input: Payload,
        /// Not before this time.
        at: Option<Timestamp>,
    },
    /// Run an orchestration.
    Start {
        /// Which.
        name: FunctionName,
        /// Its input.
        input: Payload,
        /// Its id, if the guest chose one.
        instance: Option<InstanceId>,
        /// The version that is asked for.
        version: Option<String>,
        /// Not before this time.
        at: Option<Timestamp>,
    },
}

impl EntityId {
    /// Checks and takes a name and a key.
    pub fn new(name: &str, key: &str) -> Result<Self, InvalidEntityId> {
        let name = FunctionName::parse(name)?;
        super::id::check_key(key)?;
        let text = format!("@{}@{key}", name.as_str().to_ascii_lowercase());
        Ok(Self(InstanceId::of_entity(text)))
    }

    /// Reads `@name@key`.
    pub fn parse(text: &str) -> Result<Self, InvalidEntityId> {
        let (name, key) = text.strip_prefix('@').and_then(|rest| rest.split_once('@')).ok_or(InvalidEntityId::Form)?;
        Self::new(name, key)
    }

    /// The entity that an instance is, if it is one.
    pub fn of(id: &InstanceId) -> Option<Self> {
        id.is_entity().then(|| Self(id.clone()))
    }

    /// Its name as that of an instance.
    pub fn instance_id(&self) -> &InstanceId {
        &self.0
    }

    /// The function that serves it, in lower case.
    pub fn name(&self) -> FunctionName {
        FunctionName::parse(self.parts().0).expect("it was one when the id was made")
    }

    /// The key.
    pub fn key(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0.as_str()[1..].split_once('@').expect("an id of an entity has two '@'")
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl OperationName {
    /// Checks and takes a text; the rules are those of the names of events.
    pub fn parse(text: &str) -> Result<Self, InvalidEventName> {
        check_event_name(text)?;
        Ok(Self(text.into()))
    }

    /// The text as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl LockSet {
    /// Sorts them and drops those that are named twice. `None` if there are none.
    pub fn new(mut entities: Vec<EntityId>) -> Option<Self> {
        entities.sort();
        entities.dedup();
        if entities.is_empty() { None } else { Some(Self(entities.into())) }
    }

    /// In the order in which they are locked.
    pub fn entities(&self) -> &[EntityId] {
        &self.0
    }

    /// Whether an entity is one of them.
    pub fn contains(&self, id: &EntityId) -> bool {
        self.0.binary_search(id).is_ok()
    }
}

impl Entity {
    /// One that was never heard of.
    pub fn new(id: EntityId, now: Timestamp) -> Self {
        Self { id, created: now, at: now, component: None, state: None, lock: None }
    }

    /// Whether nothing of it need be kept.
    pub fn is_empty(&self) -> bool {
        self.state.is_none() && self.lock.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        let check = |name: &str, key: &str, expect: Result<&str, &str>| {
            let got = EntityId::new(name, key);
            match expect {
                Ok(text) => {
                    let id = got.unwrap();
                    assert_eq!((id.to_string().as_str(), id.key()), (text, key));
                    assert_eq!(EntityId::parse(text), Ok(id.clone()));
                    assert_eq!(EntityId::of(id.instance_id()), Some(id));
                }
                Err(part) => {
                    let error = got.map_err(|error| error.to_string());
                    assert!(error.as_ref().is_err_and(|error| error.contains(part)), "{name} {key}: {error:?}");
                }
            }
        };
        check("Counter", "A", Ok("@counter@A"));
        check("counter", "", Ok("@counter@"));
        check("counter", "a@b@", Ok("@counter@a@b@"));
        check("a.b-c_d", "é", Ok("@a.b-c_d@é"));
        check("", "a", Err("the name of an entity"));
        check("a b", "a", Err("the name of an entity"));
        check("a@b", "a", Err("the name of an entity"));
        check("a", "a/b", Err("'/'"));
        check("a", "a\n", Err("control characters"));
        check("a", &"é".repeat(101), Err("at most 100"));
        assert_eq!(EntityId::parse("counter@a"), Err(InvalidEntityId::Form));
        assert_eq!(EntityId::parse("@counter"), Err(InvalidEntityId::Form));
        assert_eq!(EntityId::of(&InstanceId::parse("a@b").unwrap()), None);
    }

    #[test]
    fn lock_sets_are_sorted_and_hold_each_entity_once() {
        let id = |key: &str| EntityId::new("account", key).unwrap();
        let set = LockSet::new(vec![id("b"), id("a"), id("b")]).unwrap();
        assert_eq!(set.entities(), &[id("a"), id("b")]);
        assert!(set.contains(&id("a")) && !set.contains(&id("c")));
        assert_eq!(LockSet::new(Vec::new()), None);
    }
}
