//! The import `client`: from the words of a guest to an [`Ask`], and from what is told back to it.
//!
//! A guest that asks for something that cannot be is answered `invalid` here; nobody else hears of it. It does not know
//! who answers the rest.

use std::sync::Arc;

use kernel::limits::{CLIENT_PAGE_MAX_COUNT, TAGS_MAX_COUNT, VERSION_MAX_BYTES};
use kernel::model::{
    EntityId, EventName, FunctionName, InstanceId, OperationName, Payload, Raised, Status, Tags, Timestamp,
};

use crate::active::State;
use crate::bindings::{active_types as types, client as wit};
use crate::client::{Ask, ClientError, Filter, InstanceStatus, Page, StartOptions, Told};
use crate::convert::given;

/// Either the answer for the guest, or a trap.
type Answer<T> = wasmtime::Result<Result<T, wit::Error>>;

impl wit::Host for State {
    async fn start(&mut self, name: String, input: Vec<u8>, options: wit::StartOptions) -> Answer<String> {
        let ask = start(&name, &input, options);
        self.ask(ask, |told| if let Told::Started(id) = told { Some(id.as_str().to_owned()) } else { None }).await
    }

    async fn signal(
        &mut self,
        entity: types::EntityId,
        operation: String,
        input: Vec<u8>,
        at: Option<u64>,
    ) -> Answer<()> {
        self.act(signal(&entity, &operation, &input, at)).await
    }

    async fn raise(&mut self, instance: String, name: String, input: Vec<u8>) -> Answer<()> {
        self.act(raise(&instance, &name, &input)).await
    }

    async fn status(&mut self, instance: String) -> Answer<Option<wit::InstanceStatus>> {
        let ask = instance_id(&instance).map(Ask::Status);
        self.ask(ask, |told| if let Told::Status(status) = told { Some(status.map(instance_status)) } else { None })
            .await
    }

    async fn query(&mut self, filter: wit::Filter) -> Answer<wit::Page> {
        self.ask(query(filter), |told| if let Told::Page(page) = told { Some(self::page(page)) } else { None }).await
    }

    async fn terminate(&mut self, instance: String, reason: String) -> Answer<()> {
        self.act(instance_id(&instance).map(|instance| Ask::Terminate { instance, reason })).await
    }

    async fn suspend(&mut self, instance: String, reason: String) -> Answer<()> {
        self.act(instance_id(&instance).map(|instance| Ask::Suspend { instance, reason })).await
    }

    async fn resume(&mut self, instance: String, reason: String) -> Answer<()> {
        self.act(instance_id(&instance).map(|instance| Ask::Resume { instance, reason })).await
    }

    async fn purge(&mut self, instance: String) -> Answer<()> {
        self.act(instance_id(&instance).map(Ask::Purge)).await
    }

    async fn read_entity(&mut self, entity: types::EntityId) -> Answer<Option<wit::EntityState>> {
        let ask = entity_id(&entity).map(Ask::ReadEntity);
        self.ask(ask, |told| {
            let Told::Entity(read) = told else { return None };
            Some(read.map(|read| wit::EntityState {
                data: given(&read.state.data).to_vec(),
                version: read.state.version,
                last_operation: read.last_operation.0,
            }))
        })
        .await
    }

    async fn urls(&mut self, instance: String) -> Answer<wit::ManagementUrls> {
        let ask = instance_id(&instance).map(Ask::Urls);
        self.ask(ask, |told| {
            let Told::Urls(urls) = told else { return None };
            Some(wit::ManagementUrls {
                status_query_get: urls.status_query_get,
                send_event_post: urls.send_event_post,
                terminate_post: urls.terminate_post,
                rewind_post: urls.rewind_post,
                purge_history_delete: urls.purge_history_delete,
                restart_post: urls.restart_post,
                suspend_post: urls.suspend_post,
                resume_post: urls.resume_post,
            })
        })
        .await
    }
}

impl State {
    async fn act(&mut self, ask: Result<Ask, ClientError>) -> Answer<()> {
        self.ask(ask, |told| if told == Told::Done { Some(()) } else { None }).await
    }

    /// Asks, and takes what answers the question; a client that answers another one is broken.
    async fn ask<T>(&mut self, ask: Result<Ask, ClientError>, take: impl FnOnce(Told) -> Option<T>) -> Answer<T> {
        let told = match ask {
            Ok(ask) => Arc::clone(&self.client).ask(ask).await,
            Err(error) => Err(error),
        };
        match told {
            Ok(told) => match take(told) {
                Some(answer) => Ok(Ok(answer)),
                None => Err(wasmtime::Error::msg("the host answered another question than the guest asked")),
            },
            Err(error) => Ok(Err(refused(error))),
        }
    }
}

fn refused(error: ClientError) -> wit::Error {
    match error {
        ClientError::NotGranted(text) => wit::Error::NotGranted(text),
        ClientError::Invalid(text) => wit::Error::Invalid(text),
        ClientError::UnknownFunction(text) => wit::Error::UnknownFunction(text),
        ClientError::NotFound(text) => wit::Error::NotFound(text),
        ClientError::Exists(text) => wit::Error::Exists(text),
        ClientError::Conflict(text) => wit::Error::Conflict(text),
        ClientError::Unavailable(text) => wit::Error::Unavailable(text),
    }
}

fn start(name: &str, input: &[u8], options: wit::StartOptions) -> Result<Ask, ClientError> {
    let wit::StartOptions { instance, version, at, tags } = options;
    if tags.len() > TAGS_MAX_COUNT {
        return Err(ClientError::Invalid(format!("{} tags; at most {TAGS_MAX_COUNT} are accepted", tags.len())));
    }
    if version.as_ref().is_some_and(|version| version.len() > VERSION_MAX_BYTES) {
        return Err(ClientError::Invalid(format!("a version has at most {VERSION_MAX_BYTES} bytes")));
    }
    let options = StartOptions {
        instance: instance.as_deref().map(instance_id).transpose()?,
        version,
        at: at.map(Timestamp),
        tags: Tags::new(tags).map_err(invalid)?,
    };
    let name = FunctionName::parse(name).map_err(invalid)?;
    Ok(Ask::Start { name, input: payload(input)?, options })
}

fn signal(entity: &types::EntityId, operation: &str, input: &[u8], at: Option<u64>) -> Result<Ask, ClientError> {
    let name = OperationName::parse(operation).map_err(invalid)?;
    Ok(Ask::Signal { to: entity_id(entity)?, name, input: payload(input)?, at: at.map(Timestamp) })
}

fn raise(instance: &str, name: &str, input: &[u8]) -> Result<Ask, ClientError> {
    let name = EventName::parse(name).map_err(invalid)?;
    Ok(Ask::Raise { to: instance_id(instance)?, event: Raised { name, input: payload(input)? } })
}

fn query(filter: wit::Filter) -> Result<Ask, ClientError> {
    let wit::Filter { prefix, statuses, created_from, created_to, limit, after } = filter;
    if !(1..=CLIENT_PAGE_MAX_COUNT).contains(&limit) {
        return Err(ClientError::Invalid(format!("a page has 1 to {CLIENT_PAGE_MAX_COUNT} instances, not {limit}")));
    }
    let mut statuses: Vec<_> = statuses.into_iter().map(status).collect();
    statuses.sort();
    statuses.dedup();
    let (created_from, created_to) = (created_from.map(Timestamp), created_to.map(Timestamp));
    Ok(Ask::Query(Filter { prefix, statuses, created_from, created_to, limit, after }))
}

fn payload(bytes: &[u8]) -> Result<Payload, ClientError> {
    Payload::parse(bytes).map_err(|error| ClientError::Invalid(format!("the input is {error}")))
}

fn instance_id(text: &str) -> Result<InstanceId, ClientError> {
    InstanceId::parse(text).map_err(invalid)
}

fn entity_id(id: &types::EntityId) -> Result<EntityId, ClientError> {
    EntityId::new(&id.name, &id.key).map_err(invalid)
}

fn invalid(error: impl std::fmt::Display) -> ClientError {
    ClientError::Invalid(error.to_string())
}

fn status(status: wit::RuntimeStatus) -> Status {
    match status {
        wit::RuntimeStatus::Pending => Status::Pending,
        wit::RuntimeStatus::Running => Status::Running,
        wit::RuntimeStatus::Suspended => Status::Suspended,
        wit::RuntimeStatus::Completed => Status::Completed,
        wit::RuntimeStatus::Failed => Status::Failed,
        wit::RuntimeStatus::Terminated => Status::Terminated,
    }
}

fn runtime_status(status: Status) -> wit::RuntimeStatus {
    match status {
        Status::Pending => wit::RuntimeStatus::Pending,
        Status::Running => wit::RuntimeStatus::Running,
        Status::Suspended => wit::RuntimeStatus::Suspended,
        Status::Completed => wit::RuntimeStatus::Completed,
        Status::Failed => wit::RuntimeStatus::Failed,
        Status::Terminated => wit::RuntimeStatus::Terminated,
    }
}

fn instance_status(status: InstanceStatus) -> wit::InstanceStatus {
    wit::InstanceStatus {
        instance: status.instance.as_str().to_owned(),
        name: status.name.as_str().to_owned(),
        status: runtime_status(status.status),
        created: status.created.0,
        updated: status.updated.0,
        input: given(&status.input).to_vec(),
        custom_status: given(&status.custom_status).to_vec(),
        output: given(&status.output).to_vec(),
    }
}

fn page(page: Page) -> wit::Page {
    wit::Page { instances: page.instances.into_iter().map(instance_status).collect(), next: page.next }
}
