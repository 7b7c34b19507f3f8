//! What the hub answers, in the words of the client.

use kernel::limits::{CLIENT_PAGE_MAX_COUNT, FAILURE_TEXT_MAX_BYTES};
use kernel::model::{EntityState, Head, InstanceNo, Payload};
use kernel::port::{self, Order, Query, ReadError, What};
use sandbox::{ClientError, EntityRead, Filter, InstanceStatus, Page};

use crate::driver::PayloadError;
use crate::hub::{Ended, EntityView, InstanceView, ManageError, SignalError, StartError, StateView};

/// Why the hub does not do what a guest asks, as the guest is told.
#[derive(Debug)]
pub struct Refused(pub ClientError);

/// A reason for people, cut to what a history keeps of it, as JSON.
pub fn reason(text: &str) -> Payload {
    let cut = &text[..text.floor_char_boundary(FAILURE_TEXT_MAX_BYTES)];
    Payload::trusted(serde_json::Value::from(cut).to_string().as_bytes())
}

pub fn query(filter: Filter) -> Query {
    let Filter { prefix, statuses, created_from, created_to, limit, after } = filter;
    Query {
        what: What::Orchestrations,
        prefix,
        statuses,
        created_from,
        created_to,
        updated_from: None,
        updated_to: None,
        limit: limit.clamp(1, CLIENT_PAGE_MAX_COUNT) as usize,
        after: after.map(InstanceNo),
        order: Order::NewestFirst,
    }
}

pub fn page(page: port::Page) -> Page {
    let instances = page.heads.iter().map(|head| of_head(head, Payload::null(), Payload::null())).collect();
    Page { instances, next: page.next.map(|no| no.0) }
}

pub fn status(view: &InstanceView) -> InstanceStatus {
    let input = view.input().cloned().unwrap_or_else(Payload::null);
    let output = match &view.ended {
        Some(Ended::Completed(output)) => output.clone(),
        Some(Ended::Failed(_) | Ended::Terminated(_)) | None => Payload::null(),
    };
    of_head(&view.head, input, output)
}

fn of_head(head: &Head, input: Payload, output: Payload) -> InstanceStatus {
    InstanceStatus {
        instance: head.id.clone(),
        name: head.name.clone(),
        status: head.status,
        created: head.created,
        updated: head.updated,
        input,
        custom_status: head.custom_status.clone().unwrap_or_else(Payload::null),
        output,
    }
}

pub fn entity(view: EntityView) -> Option<EntityRead> {
    let StateView { data, version, .. } = view.state?;
    Some(EntityRead { state: EntityState { data, version }, last_operation: view.last_operation })
}

impl From<StartError> for Refused {
    fn from(error: StartError) -> Self {
        let text = error.to_string();
        Self(match error {
            StartError::UnknownFunction { .. } => ClientError::UnknownFunction(text),
            StartError::Exists { .. } => ClientError::Exists(text),
            StartError::TooLarge(_) => ClientError::Invalid(text),
            StartError::Unavailable(_) | StartError::StorageFull | StartError::Unknown | StartError::Read(_) => {
                ClientError::Unavailable(text)
            }
        })
    }
}

impl From<SignalError> for Refused {
    fn from(error: SignalError) -> Self {
        let text = error.to_string();
        Self(match error {
            SignalError::UnknownEntity { .. } => ClientError::UnknownFunction(text),
            SignalError::TooLarge(_) => ClientError::Invalid(text),
            SignalError::TooManyPending
            | SignalError::StorageFull
            | SignalError::Unavailable(_)
            | SignalError::Unknown => ClientError::Unavailable(text),
        })
    }
}

impl From<ManageError> for Refused {
    fn from(error: ManageError) -> Self {
        let text = error.to_string();
        Self(match error {
            ManageError::NotFound(_) => ClientError::NotFound(text),
            ManageError::Ended { .. }
            | ManageError::NotEnded { .. }
            | ManageError::NotFailed { .. }
            | ManageError::NotRewindable(_) => ClientError::Conflict(text),
            ManageError::TooLarge(_) => ClientError::Invalid(text),
            ManageError::TooManyPending(_)
            | ManageError::Unavailable(_)
            | ManageError::StorageFull
            | ManageError::Unknown
            | ManageError::Read(_) => ClientError::Unavailable(text),
        })
    }
}

impl From<PayloadError> for Refused {
    fn from(error: PayloadError) -> Self {
        let text = error.to_string();
        Self(match error {
            PayloadError::TooLarge { .. } => ClientError::Invalid(text),
            PayloadError::Put(_) => ClientError::Unavailable(text),
        })
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self(ClientError::Unavailable(error.to_string()))
    }
}

impl From<ClientError> for Refused {
    fn from(error: ClientError) -> Self {
        Self(error)
    }
}
