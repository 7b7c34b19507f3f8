//! Operations that nobody waits for. Whoever can send one is a [`Sender`]: an orchestrator, an operation, a client.

use std::{fmt, marker::PhantomData, panic::Location};

use serde::Serialize;

use super::{EntityId, words};
use crate::{
    failure::{Failure, Result},
    machine::Source,
    payload::encode,
    time::Timestamp,
};

/// Who can signal entities: [`Context`](crate::Context), [`EntityContext`](crate::EntityContext) and
/// [`Client`](crate::Client).
pub trait Sender {
    /// Why a signal was not sent.
    type Error: From<Failure>;

    /// Sends it.
    ///
    /// # Errors
    /// Whatever keeps this sender from sending it.
    fn send(&self, signal: Signal, source: &'static Location<'static>) -> Result<(), Self::Error>;
}

/// An operation that nobody waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Whose.
    pub entity: EntityId,
    /// Which; compared without regard to case.
    pub operation: String,
    /// As JSON.
    pub input: Vec<u8>,
    /// Not before this time.
    pub at: Option<Timestamp>,
}

/// Signals to one entity. `#[entity]` makes typed ones of them.
pub struct Signals<S> {
    sender: S,
    entity: EntityId,
    at: Option<Timestamp>,
}

/// Signals to one entity whose operations are the variants of an enum.
pub struct OperationSignals<O, S> {
    signals: Signals<S>,
    operation: PhantomData<fn(O)>,
}

impl<S: Sender> Signals<S> {
    pub(crate) fn new(sender: S, entity: EntityId, at: Option<Timestamp>) -> Self {
        Signals { sender, entity, at }
    }

    /// Runs an operation of the entity, exactly once.
    ///
    /// # Errors
    /// `invalid-input` if the input has no JSON form, or what keeps the sender from sending it.
    #[track_caller]
    pub fn send(&self, operation: &str, input: &(impl Serialize + ?Sized)) -> Result<(), S::Error> {
        self.post(operation, encode(input, "invalid-input")?, Location::caller())
    }

    fn post(&self, operation: &str, input: Vec<u8>, source: Source) -> Result<(), S::Error> {
        let Signals { sender, entity, at } = self;
        sender.send(Signal { entity: entity.clone(), operation: operation.to_owned(), input, at: *at }, source)
    }
}

impl<O: Serialize, S: Sender> OperationSignals<O, S> {
    /// Runs the operation, exactly once.
    ///
    /// # Errors
    /// `invalid-input` if it has no JSON form, or what keeps the sender from sending it.
    #[track_caller]
    pub fn send(&self, operation: O) -> Result<(), S::Error> {
        let (name, input) = words::write(&operation)?;
        self.signals.post(&name, input, Location::caller())
    }
}

impl<O, S> From<Signals<S>> for OperationSignals<O, S> {
    fn from(signals: Signals<S>) -> Self {
        OperationSignals { signals, operation: PhantomData }
    }
}

impl<S> fmt::Debug for Signals<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Signals({})", self.entity)
    }
}

impl<O, S> fmt::Debug for OperationSignals<O, S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.signals.fmt(out)
    }
}
