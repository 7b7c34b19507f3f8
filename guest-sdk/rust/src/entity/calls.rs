//! How an orchestrator reaches entities: calls, signals and locks.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    task::{Context as PollContext, Poll},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{Entity, EntityId, Sender, Signal, Signals, words};
use crate::{
    bindings::orchestrator::{CallEntity, Decision, SignalEntity},
    context::Context,
    failure::{Failure, Result},
    lock::LockRequest,
    machine::Source,
    payload::encode,
    task::Task,
    time::Timestamp,
};

/// Calls of one entity. `#[entity]` makes typed ones of them.
#[derive(Debug)]
pub struct Calls {
    context: Context,
    entity: EntityId,
}

/// Calls of one entity whose operations are the variants of an enum.
pub struct OperationCalls<O, T> {
    calls: Calls,
    types: PhantomData<fn(O) -> T>,
}

/// A running operation of an entity; await it for its output.
///
/// Dropped, it is abandoned and not lost: the operation runs, and its result is recorded but ignored.
#[must_use = "the operation runs whether or not you await it, but only `.await` gives its result"]
pub struct EntityCall<T> {
    task: Task,
    output: PhantomData<fn() -> T>,
}

impl Context {
    /// Calls an entity: `cx.entity::<Counter>("hits").add(1).await?`.
    pub fn entity<E: Entity>(&self, key: impl Into<String>) -> E::Calls {
        Calls { context: self.clone(), entity: EntityId::of::<E>(key) }.into()
    }

    /// Signals an entity: `cx.signal::<Counter>("hits").add(1)?`. Nobody hears whether the operation succeeds.
    pub fn signal<E: Entity>(&self, key: impl Into<String>) -> E::Signals<Context> {
        Signals::new(self.clone(), EntityId::of::<E>(key), None).into()
    }

    /// Signals an entity, not before this time.
    pub fn signal_at<E: Entity>(&self, time: Timestamp, key: impl Into<String>) -> E::Signals<Context> {
        Signals::new(self.clone(), EntityId::of::<E>(key), Some(time)).into()
    }

    /// Calls an entity by name, for one that lives in another component.
    #[track_caller]
    pub fn call_entity<T: DeserializeOwned>(
        &self,
        entity: &EntityId,
        operation: &str,
        input: &(impl Serialize + ?Sized),
    ) -> EntityCall<T> {
        let input = encode(input, "invalid-input").map(|input| (operation.to_owned(), input));
        self.ask_entity(entity, input, Location::caller())
    }

    /// Signals an entity by name, for one that lives in another component.
    ///
    /// # Errors
    /// `invalid-input` if the input has no JSON form, `critical-section` if the entity is locked by this orchestration.
    #[track_caller]
    pub fn signal_entity(&self, entity: &EntityId, operation: &str, input: &(impl Serialize + ?Sized)) -> Result<()> {
        Signals::new(self.clone(), entity.clone(), None).send(operation, input)
    }

    /// Signals an entity by name, not before this time.
    ///
    /// # Errors
    /// As [`Self::signal_entity`].
    #[track_caller]
    pub fn signal_entity_at(
        &self,
        time: Timestamp,
        entity: &EntityId,
        operation: &str,
        input: &(impl Serialize + ?Sized),
    ) -> Result<()> {
        Signals::new(self.clone(), entity.clone(), Some(time)).send(operation, input)
    }

    /// Keeps all others away from these entities, of which there may be 100: a critical section.
    ///
    /// It lasts until the guard is dropped or the orchestration ends. Within it only these entities are called, each of them
    /// one call at a time; only others are signalled; nothing else is locked and no child is started. What breaks one of
    /// these rules fails with `critical-section` and is not done. Locks of several entities never wait for each other.
    #[track_caller]
    pub fn lock(&self, entities: impl IntoIterator<Item = EntityId>) -> LockRequest {
        LockRequest::new(self.machine(), entities.into_iter().collect(), Location::caller())
    }

    fn ask_entity<T>(&self, entity: &EntityId, asked: Result<(String, Vec<u8>)>, source: Source) -> EntityCall<T> {
        let machine = self.machine();
        let allowed = machine.borrow().sections.may_call(entity);
        let decision = allowed.and(asked).map(|(operation, input)| {
            Decision::CallEntity(CallEntity { entity: entity.to_contract(), operation, input })
        });
        let task = Task::new(machine, decision, source);
        task.is_call_of(entity);
        EntityCall { task, output: PhantomData }
    }
}

impl Sender for Context {
    type Error = Failure;

    fn send(&self, signal: Signal, source: Source) -> Result<()> {
        let Signal { entity, operation, input, at } = signal;
        let machine = self.machine();
        let mut machine = machine.borrow_mut();
        machine.sections.may_signal(&entity)?;
        let (entity, at) = (entity.to_contract(), at.map(Timestamp::as_millis));
        machine.decide(Decision::SignalEntity(SignalEntity { entity, operation, input, at }), source);
        Ok(())
    }
}

impl Calls {
    /// Runs an operation of the entity, exactly once; await it for its output, or its failure.
    #[track_caller]
    pub fn call<T: DeserializeOwned>(&self, operation: &str, input: &(impl Serialize + ?Sized)) -> EntityCall<T> {
        self.context.call_entity(&self.entity, operation, input)
    }
}

impl<O: Serialize, T: DeserializeOwned> OperationCalls<O, T> {
    /// Runs the operation, exactly once; await it for its output, or its failure.
    #[track_caller]
    pub fn call(&self, operation: O) -> EntityCall<T> {
        let Calls { context, entity } = &self.calls;
        context.ask_entity(entity, words::write(&operation), Location::caller())
    }
}

impl<O, T> From<Calls> for OperationCalls<O, T> {
    fn from(calls: Calls) -> Self {
        OperationCalls { calls, types: PhantomData }
    }
}

impl<T: DeserializeOwned> Future for EntityCall<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut PollContext<'_>) -> Poll<Self::Output> {
        self.task.poll(cx)
    }
}

impl<O, T> fmt::Debug for OperationCalls<O, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.calls.fmt(out)
    }
}

impl<T> fmt::Debug for EntityCall<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EntityCall").finish_non_exhaustive()
    }
}
