//! What triggers and activities may ask of their hub.
//!
//! The manifest grants each of these functions, and the import of the host's interface is linked only if one is used. It
//! knows no HTTP: `web` makes a response of [`ManagementUrls`].

use std::{fmt, panic::Location};

use serde::{Serialize, de::DeserializeOwned};

#[cfg(target_family = "wasm")]
use crate::bindings::client as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::desk as host;
use crate::{
    bindings::client as contract,
    entity::{Entity, EntityId, Sender, Signal, Signals, read_state},
    failure::{Failure, Result},
    payload::{decode, encode},
    start::Start,
    time::Timestamp,
};

pub use crate::bindings::client::{ManagementUrls, RuntimeStatus};

/// The hub, as far as the manifest grants it. A trigger takes one, and an activity gets it from
/// [`ActivityContext::client`](crate::ActivityContext::client).
///
/// In an HTTP trigger and in an activity each call is durable when it returns. In a timer or stream trigger what starts,
/// signals and raises is committed together when the trigger returns, or not at all if it fails.
#[derive(Clone, Copy, Debug)]
pub struct Client(());

/// Why the hub did not do it. Each says so in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The manifest does not grant it.
    NotGranted(String),
    /// An argument is not allowed.
    Invalid(String),
    /// No deployed component has such a function.
    UnknownFunction(String),
    /// There is no such instance.
    NotFound(String),
    /// The id belongs to an instance that has not ended.
    Exists(String),
    /// The instance is in a state in which this cannot be done.
    Conflict(String),
    /// The hub cannot do it now. Try again later.
    Unavailable(String),
}

/// What is known of an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceStatus {
    /// Its id.
    pub instance: String,
    /// The orchestrator.
    pub name: String,
    /// Where it stands.
    pub status: RuntimeStatus,
    /// When it was started.
    pub created: Timestamp,
    /// When it changed last.
    pub updated: Timestamp,
    input: Vec<u8>,
    custom_status: Vec<u8>,
    output: Vec<u8>,
}

/// Which instances a query shall find: all, unless a field says otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Ids that begin with this.
    pub prefix: Option<String>,
    /// Any of these; all if empty.
    pub statuses: Vec<RuntimeStatus>,
    /// Started at this time or later.
    pub created_from: Option<Timestamp>,
    /// Started at this time or earlier.
    pub created_to: Option<Timestamp>,
    /// How many at most, up to 100, which is also what is meant if it is left out.
    pub limit: Option<u32>,
    /// [`Page::next`] of the page before.
    pub after: Option<u64>,
}

/// What a query found, newest first. Inputs and outputs are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The instances.
    pub instances: Vec<InstanceStatus>,
    /// For [`Filter::after`], if there may be more.
    pub next: Option<u64>,
}

/// How many instances a page has if the caller does not say.
const PAGE_MAX_COUNT: u32 = 100;

impl Client {
    pub(crate) fn new() -> Client {
        Client(())
    }

    /// Starts an orchestration and gives its id.
    pub fn start(&self, start: Start) -> Result<String, ClientError> {
        let Start { name, input, instance, version, at, tags } = start;
        let options = contract::StartOptions { instance, version, at, tags };
        Ok(host::start(&name, &input, &options)?)
    }

    /// Signals an entity: `client.signal::<Counter>("hits").add(1)?`.
    pub fn signal<E: Entity>(&self, key: impl Into<String>) -> E::Signals<Client> {
        Signals::new(*self, EntityId::of::<E>(key), None).into()
    }

    /// Signals an entity, not before this time.
    pub fn signal_at<E: Entity>(&self, time: Timestamp, key: impl Into<String>) -> E::Signals<Client> {
        Signals::new(*self, EntityId::of::<E>(key), Some(time)).into()
    }

    /// Signals an entity by name, for one that lives in another component.
    pub fn signal_entity(
        &self,
        entity: &EntityId,
        operation: &str,
        input: &(impl Serialize + ?Sized),
    ) -> Result<(), ClientError> {
        Signals::new(*self, entity.clone(), None).send(operation, input)
    }

    /// Sends an event to an instance.
    pub fn raise(&self, instance: &str, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), ClientError> {
        Ok(host::raise(instance, name, &encode(value, "invalid-event")?)?)
    }

    /// What is known of an instance, if there is one.
    pub fn status(&self, instance: &str) -> Result<Option<InstanceStatus>, ClientError> {
        Ok(host::status(instance)?.map(InstanceStatus::from))
    }

    /// Finds instances, newest first.
    pub fn query(&self, filter: Filter) -> Result<Page, ClientError> {
        let Filter { prefix, statuses, created_from, created_to, limit, after } = filter;
        let filter = contract::Filter {
            prefix,
            statuses,
            created_from: created_from.map(Timestamp::as_millis),
            created_to: created_to.map(Timestamp::as_millis),
            limit: limit.unwrap_or(PAGE_MAX_COUNT),
            after,
        };
        let contract::Page { instances, next } = host::query(&filter)?;
        Ok(Page { instances: instances.into_iter().map(InstanceStatus::from).collect(), next })
    }

    /// Ends an instance.
    pub fn terminate(&self, instance: &str, reason: &str) -> Result<(), ClientError> {
        Ok(host::terminate(instance, reason)?)
    }

    /// Stops an instance until it is resumed.
    pub fn suspend(&self, instance: &str, reason: &str) -> Result<(), ClientError> {
        Ok(host::suspend(instance, reason)?)
    }

    /// Lets a suspended instance go on.
    pub fn resume(&self, instance: &str, reason: &str) -> Result<(), ClientError> {
        Ok(host::resume(instance, reason)?)
    }

    /// Deletes an instance that has ended.
    pub fn purge(&self, instance: &str) -> Result<(), ClientError> {
        Ok(host::purge(instance)?)
    }

    /// The state of an entity, if it has one. It may be about to change.
    ///
    /// # Errors
    /// Also [`ClientError::Invalid`] if the state is newer than this component, or cannot be read.
    pub fn read_entity<E: Entity>(&self, key: impl Into<String>) -> Result<Option<E::State>, ClientError> {
        let state = host::read_entity(&EntityId::of::<E>(key).to_contract())?;
        Ok(read_state::<E>(state.as_ref().map(|state| (&state.data[..], state.version)))?)
    }

    /// The state of an entity by name, for one that lives in another component.
    ///
    /// # Errors
    /// Also [`ClientError::Invalid`] if the state does not fit the type.
    pub fn read_entity_as<T: DeserializeOwned>(&self, entity: &EntityId) -> Result<Option<T>, ClientError> {
        let state = host::read_entity(&entity.to_contract())?;
        Ok(state.map(|state| decode(&state.data, "invalid-state")).transpose()?)
    }

    /// Where an instance can be managed over HTTP. Granted with `start`.
    pub fn urls(&self, instance: &str) -> Result<ManagementUrls, ClientError> {
        Ok(host::urls(instance)?)
    }
}

impl Sender for Client {
    type Error = ClientError;

    fn send(&self, signal: Signal, _: &'static Location<'static>) -> Result<(), ClientError> {
        let Signal { entity, operation, input, at } = signal;
        Ok(host::signal(&entity.to_contract(), &operation, &input, at.map(Timestamp::as_millis))?)
    }
}

impl InstanceStatus {
    /// What it was given.
    ///
    /// # Errors
    /// `invalid-input` if that does not fit the type.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T> {
        decode(&self.input, "invalid-input")
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// `invalid-status` if that does not fit the type.
    pub fn custom_status<T: DeserializeOwned>(&self) -> Result<T> {
        decode(&self.custom_status, "invalid-status")
    }

    /// What it returned; `null` until then.
    ///
    /// # Errors
    /// `invalid-output` if that does not fit the type.
    pub fn output<T: DeserializeOwned>(&self) -> Result<T> {
        decode(&self.output, "invalid-output")
    }
}

impl ClientError {
    /// The word for it, as failures have one.
    pub fn kind(&self) -> &'static str {
        self.parts().0
    }

    fn parts(&self) -> (&'static str, &str) {
        match self {
            ClientError::NotGranted(message) => ("not-granted", message),
            ClientError::Invalid(message) => ("invalid", message),
            ClientError::UnknownFunction(message) => ("unknown-function", message),
            ClientError::NotFound(message) => ("not-found", message),
            ClientError::Exists(message) => ("exists", message),
            ClientError::Conflict(message) => ("conflict", message),
            ClientError::Unavailable(message) => ("unavailable", message),
        }
    }
}

impl From<contract::InstanceStatus> for InstanceStatus {
    fn from(status: contract::InstanceStatus) -> Self {
        let contract::InstanceStatus { instance, name, status, created, updated, input, custom_status, output } =
            status;
        let (created, updated) = (Timestamp::from_millis(created), Timestamp::from_millis(updated));
        InstanceStatus { instance, name, status, created, updated, input, custom_status, output }
    }
}

impl From<contract::Error> for ClientError {
    fn from(error: contract::Error) -> Self {
        match error {
            contract::Error::NotGranted(message) => ClientError::NotGranted(message),
            contract::Error::Invalid(message) => ClientError::Invalid(message),
            contract::Error::UnknownFunction(message) => ClientError::UnknownFunction(message),
            contract::Error::NotFound(message) => ClientError::NotFound(message),
            contract::Error::Exists(message) => ClientError::Exists(message),
            contract::Error::Conflict(message) => ClientError::Conflict(message),
            contract::Error::Unavailable(message) => ClientError::Unavailable(message),
        }
    }
}

/// A value that has no JSON form, or state that does not fit.
impl From<Failure> for ClientError {
    fn from(failure: Failure) -> Self {
        ClientError::Invalid(failure.to_string())
    }
}

/// Its kind is the word for it; only what is unavailable is worth another try.
impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let (kind, message) = error.parts();
        let failure = Failure::new(kind, message);
        if matches!(error, ClientError::Unavailable(_)) { failure } else { failure.non_retryable() }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, message) = self.parts();
        write!(out, "{kind}: {message}")
    }
}
