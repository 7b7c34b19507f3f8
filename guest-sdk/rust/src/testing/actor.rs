//! One entity in a test, without anybody around it.

use std::{fmt, marker::PhantomData, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    BEGIN_MS,
    entities::{Consequence, Entities, Letter},
    player::Key,
    trace::{at, text},
};
use crate::{
    bindings::entity::State,
    component::{Component, EntityEntry},
    entity::{Entity, EntityId, read_state},
    failure::Result,
    payload,
    time::millis,
};

/// An entity that a test calls as the host does: state and inputs go through JSON, names are looked up, failures are undone.
///
/// ```
/// use dacapo::{prelude::*, testing::Actor};
///
/// #[payload]
/// #[derive(Clone, Default)]
/// struct Door {
///     opened: u32,
/// }
///
/// #[entity]
/// impl Door {
///     fn open(&mut self, cx: &EntityContext) -> Result<u32> {
///         self.opened += 1;
///         cx.signal_entity(&EntityId::new("bell", cx.key()), "ring", &self.opened)?;
///         Ok(self.opened)
///     }
/// }
///
/// let mut door = Actor::<Door>::new("front");
/// assert_eq!(door.call("OPEN", &()), Ok(1));
/// assert_eq!(door.effects(), ["signal @bell@front ring(1)"]);
/// assert_eq!(door.state().map(|door| door.opened), Some(1));
/// ```
pub struct Actor<E> {
    id: EntityId,
    now: u64,
    entities: Entities,
    effects: Vec<String>,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> Actor<E> {
    /// One without a state.
    pub fn new(key: &str) -> Self {
        let id = EntityId::of::<E>(key);
        let mut entities = Entities::default();
        entities.served.insert(id.name().to_owned(), serve::<E>());
        Actor { id, now: BEGIN_MS, entities, effects: Vec::new(), entity: PhantomData }
    }

    /// The same with data of some version as its state.
    ///
    /// # Panics
    /// If the data have no JSON form.
    pub fn with_data(mut self, version: u32, data: &(impl Serialize + ?Sized)) -> Self {
        let data = payload::encode(data, "invalid-state").expect("the state of a test has a JSON form");
        self.entities.set(self.id.clone(), State { data, version });
        self
    }

    /// Lets this time pass.
    pub fn wait(&mut self, duration: Duration) {
        self.now += millis(duration);
    }

    /// Runs an operation.
    ///
    /// # Errors
    /// What the operation returns, or the SDK: `unknown-operation`, `invalid-input`, `invalid-state`, `newer-state`.
    pub fn call<T: DeserializeOwned>(&mut self, operation: &str, input: &(impl Serialize + ?Sized)) -> Result<T> {
        let input = payload::encode(input, "invalid-input")?;
        let caller = Some(Key { instance: "test".to_owned(), execution: 1, id: 0 });
        let letter = Letter { to: self.id.clone(), operation: operation.to_owned(), input, caller };
        let mut answer = Ok(Vec::new());
        self.effects.clear();
        for consequence in self.entities.deliver(self.now, letter) {
            match consequence {
                Consequence::Answer(_, result) => answer = result,
                Consequence::Signal(signal) => {
                    let to = EntityId::from_contract(signal.entity);
                    let effect = format!("signal {to} {}({}){}", signal.operation, text(&signal.input), at(signal.at));
                    self.effects.push(effect);
                }
                Consequence::Start(id, start) => {
                    self.effects.push(format!("start {}({}) as {id}{}", start.name, text(&start.input), at(start.at)));
                }
            }
        }
        payload::decode(&answer?, "invalid-output")
    }

    /// The state, if there is one.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn state(&self) -> Option<E::State> {
        let state = self.entities.state(&self.id).map(|state| (&state.data[..], state.version));
        read_state::<E>(state).expect("the state can be read")
    }

    /// What the last operation asked for, one line each.
    pub fn effects(&self) -> &[String] {
        &self.effects
    }

    /// The lines of the log.
    pub fn logs(&self) -> &[String] {
        &self.entities.logs
    }
}

/// A component of this entity alone.
pub(super) fn serve<E: Entity>() -> Component {
    Component { entities: const { &[EntityEntry::of::<E>()] }, ..Component::EMPTY }
}

impl<E> fmt::Debug for Actor<E> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Actor({})", self.id)
    }
}
