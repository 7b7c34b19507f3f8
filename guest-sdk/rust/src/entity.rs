//! Entities: functions that keep a state, and operations on it one after another.
//!
//! It owns what an entity is to the rest of the SDK: a name, a state and a table of operations. `batch` runs them, `context`
//! is what an operation sees, `calls` and `signals` are how others reach an entity, and `words` reads an enum as operations.
//! Nothing here keeps a state from one call of the host to the next.

mod batch;
mod calls;
mod context;
mod signals;
mod words;

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    bindings::types,
    failure::Result,
    payload::{self, decode},
};

pub(crate) use self::batch::{apply, read as read_state};
pub use self::{
    calls::{Calls, EntityCall, OperationCalls},
    context::EntityContext,
    signals::{OperationSignals, Sender, Signal, Signals},
    words::{names as operation_names, read as read_operation},
};

/// An entity as a type. `#[entity]` implements it.
pub trait Entity: 'static {
    /// What it remembers; the default of the type until an operation has set it.
    type State: Serialize + DeserializeOwned + Default;
    /// What [`Context::entity`](crate::Context::entity) gives: a method for each operation.
    type Calls: From<Calls>;
    /// What `signal` of a context or client gives: a method for each operation.
    type Signals<S: Sender>: From<Signals<S>>;
    /// The name by which the host knows it. Compared without regard to case.
    const NAME: &'static str;
    /// Its documentation.
    const DOC: Option<&'static str>;
    /// Which form its state has, counted by the author.
    const VERSION: u32;

    /// Its operations and their names, which are compared without regard to case.
    fn operations() -> impl Iterator<Item = (&'static str, Operation<Self::State>)>;

    /// Brings data of an older version to the present form. Unless the author says how, they are read as they are.
    ///
    /// # Errors
    /// `invalid-state`, or what the author's function returns: then every operation fails with it.
    fn migrate(_version: u32, data: Value) -> Result<Self::State> {
        decode(&payload::encode(&data, "invalid-state")?, "invalid-state")
    }
}

/// What an operation does to the state. It takes its input and gives its output as JSON.
pub enum Operation<S> {
    /// It only looks at it.
    Reads(fn(&S, &EntityContext, &[u8]) -> Result<Vec<u8>>),
    /// It may change it. If it fails, it leaves the state as it was.
    Writes(fn(&mut S, &EntityContext, &[u8]) -> Result<Vec<u8>>),
}

/// Which entity: a name and a key, written `@name@key`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId {
    name: String,
    key: String,
}

impl EntityId {
    /// An entity by its name, for one that lives in another component.
    pub fn new(name: &str, key: impl Into<String>) -> Self {
        EntityId { name: name.to_ascii_lowercase(), key: key.into() }
    }

    /// One of your own.
    pub fn of<E: Entity>(key: impl Into<String>) -> Self {
        EntityId::new(E::NAME, key)
    }

    /// Which function it is served by, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which of those that the function serves.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn to_contract(&self) -> types::EntityId {
        types::EntityId { name: self.name.clone(), key: self.key.clone() }
    }

    pub(crate) fn from_contract(id: types::EntityId) -> Self {
        EntityId::new(&id.name, id.key)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "@{}@{}", self.name, self.key)
    }
}

impl<S> fmt::Debug for Operation<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Operation::Reads(_) => "Reads",
            Operation::Writes(_) => "Writes",
        })
    }
}

/// Runs what may fail on a state, and takes the state back to what it was if it does.
///
/// # Errors
/// What `operation` returns.
pub fn or_restore<S: Clone, T>(state: &mut S, operation: impl FnOnce(&mut S) -> Result<T>) -> Result<T> {
    let before = state.clone();
    let result = operation(state);
    if result.is_err() {
        *state = before;
    }
    result
}

/// The input of an operation.
///
/// # Errors
/// `invalid-input`, with the place that does not fit.
pub fn input<T: DeserializeOwned>(input: &[u8]) -> Result<T> {
    decode(input, "invalid-input")
}

/// The output of an operation that cannot fail.
///
/// # Panics
/// If it has no JSON form. There is no state to go back to: the host takes back the call as a whole.
pub fn output<T: Serialize>(output: &T) -> Vec<u8> {
    payload::encode(output, "invalid-output").unwrap_or_else(|failure| panic!("{failure}"))
}

/// The output of an operation that may fail.
///
/// # Errors
/// `invalid-output` if it has no JSON form.
pub fn try_output<T: Serialize>(output: &T) -> Result<Vec<u8>> {
    payload::encode(output, "invalid-output")
}
