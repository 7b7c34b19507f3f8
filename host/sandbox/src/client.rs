//! What a guest asks of its hub, and what it is told: `wit/client.wit` as types of the kernel.
//!
//! It owns the words of that conversation. It does not know who answers, what is granted, or when what was asked for
//! happens: all that is for the [`Client`] that the caller of a guest hands over. What does not parse never gets here.

use std::pin::Pin;

use kernel::model::{
    EntityId, EntityState, FunctionName, InstanceId, OperationName, Payload, Raised, Status, Tags, Timestamp,
};

/// Answers what one guest asks of its hub.
///
/// Payloads in what it tells are inline: a guest cannot follow the name of a blob.
pub trait Client: Send + Sync + std::fmt::Debug {
    /// Answers one question, with the [`Told`] that belongs to it.
    fn ask(&self, ask: Ask) -> Answer<'_>;
}

/// An answer that is on its way.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Told, ClientError>> + Send + 'a>>;

/// What a guest wants of its hub. Names, ids and payloads were checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Start an orchestration; answered by [`Told::Started`].
    Start {
        /// Which.
        name: FunctionName,
        /// With what.
        input: Payload,
        /// How.
        options: StartOptions,
    },
    /// Run an operation of an entity; answered by [`Told::Done`].
    Signal {
        /// Which entity.
        to: EntityId,
        /// The operation.
        name: OperationName,
        /// With what.
        input: Payload,
        /// Not before this time.
        at: Option<Timestamp>,
    },
    /// Send an event; answered by [`Told::Done`].
    Raise {
        /// Whom.
        to: InstanceId,
        /// What.
        event: Raised,
    },
    /// What is known of an instance; answered by [`Told::Status`].
    Status(InstanceId),
    /// Which instances there are; answered by [`Told::Page`].
    Query(Filter),
    /// End an instance; answered by [`Told::Done`].
    Terminate {
        /// Which.
        instance: InstanceId,
        /// Why, for people.
        reason: String,
    },
    /// Stop an instance for a while; answered by [`Told::Done`].
    Suspend {
        /// Which.
        instance: InstanceId,
        /// Why, for people.
        reason: String,
    },
    /// Let an instance go on; answered by [`Told::Done`].
    Resume {
        /// Which.
        instance: InstanceId,
        /// Why, for people.
        reason: String,
    },
    /// Delete an instance that has ended; answered by [`Told::Done`].
    Purge(InstanceId),
    /// The state of an entity; answered by [`Told::Entity`].
    ReadEntity(EntityId),
    /// Where an instance is managed; answered by [`Told::Urls`].
    Urls(InstanceId),
}

/// How an orchestration is started.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StartOptions {
    /// Its id; without one the client makes one.
    pub instance: Option<InstanceId>,
    /// The version that is asked for.
    pub version: Option<String>,
    /// Not before this time.
    pub at: Option<Timestamp>,
    /// What is attached.
    pub tags: Tags,
}

/// Which instances are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Those whose id begins with this.
    pub prefix: Option<String>,
    /// Those with one of these; all if empty.
    pub statuses: Vec<Status>,
    /// Those that were started then or later.
    pub created_from: Option<Timestamp>,
    /// Those that were started then or earlier.
    pub created_to: Option<Timestamp>,
    /// How many at most: 1 to [`kernel::limits::CLIENT_PAGE_MAX_COUNT`].
    pub limit: u32,
    /// [`Page::next`] of the page before.
    pub after: Option<u64>,
}

/// What a guest is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// It is started, and has this id.
    Started(InstanceId),
    /// It is done, or will be: see `wit/client.wit`.
    Done,
    /// What is known of the instance; `None` if there is none.
    Status(Option<InstanceStatus>),
    /// Instances, newest first.
    Page(Page),
    /// What the entity remembers; `None` if nothing.
    Entity(Option<EntityRead>),
    /// Where the instance is managed.
    Urls(ManagementUrls),
}

/// What is known of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceStatus {
    /// Its id.
    pub instance: InstanceId,
    /// The orchestrator.
    pub name: FunctionName,
    /// Where it stands.
    pub status: Status,
    /// When it was started.
    pub created: Timestamp,
    /// When its history last grew.
    pub updated: Timestamp,
    /// What it was started with; `null` in a page.
    pub input: Payload,
    /// What it says about itself; `null` if nothing.
    pub custom_status: Payload,
    /// What it returned; `null` until then, and in a page.
    pub output: Payload,
}

/// Some instances.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Newest first.
    pub instances: Vec<InstanceStatus>,
    /// Where the next page begins, if there may be one.
    pub next: Option<u64>,
}

/// What an entity remembers.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityRead {
    /// Its state.
    pub state: EntityState,
    /// When it last ran an operation.
    pub last_operation: Timestamp,
}

/// Where an instance is managed: absolute URLs with the placeholders `{eventName}` and `{text}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names are those of the management API")]
pub struct ManagementUrls {
    pub status_query_get: String,
    pub send_event_post: String,
    pub terminate_post: String,
    pub rewind_post: String,
    pub purge_history_delete: String,
    pub restart_post: String,
    pub suspend_post: String,
    pub resume_post: String,
}

/// Why a guest does not get what it asked for. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "`wit/client.wit` says what each of them means")]
pub enum ClientError {
    #[error("not granted: {0}")]
    NotGranted(String),
    #[error("invalid: {0}")]
    Invalid(String),
    #[error("unknown function: {0}")]
    UnknownFunction(String),
    #[error("not found: {0}")]
    NotFound(String),
    #[error("exists: {0}")]
    Exists(String),
    #[error("conflict: {0}")]
    Conflict(String),
    #[error("unavailable: {0}")]
    Unavailable(String),
}

/// A client that grants nothing: for guests that run without a hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoClient;

impl Client for NoClient {
    fn ask(&self, _: Ask) -> Answer<'_> {
        let error = ClientError::NotGranted("there is no hub here; run the component in a host".to_owned());
        Box::pin(std::future::ready(Err(error)))
    }
}
