//! How instances are shown and managed.

use axum::http::StatusCode;
use axum::http::header::{LOCATION, RETRY_AFTER};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::ObjectBuilder;

use super::super::instances::{Operation, RAISE_EVENT};
use super::super::pages::CONTINUATION;
use super::super::urls::WEBHOOK_BASE;
use super::operation::{Described, Form};
use super::orchestrators::answered;
use super::schemas::{
    DELETED, INSTANCE, any, array, event_name, flag, instance_id, integer, named, runtime_status, seconds, text, time,
};
use crate::problem::Code;

const READ: [Code; 2] = [Code::StoreUnavailable, Code::HistoryDamaged];
const CHANGED: [Code; 4] =
    [Code::ComponentUnavailable, Code::OutcomeUnknown, Code::StoreUnavailable, Code::StorageFull];

pub(super) fn operations() -> Vec<Described> {
    let mut all = vec![status(), list(), purge(), purge_matching(), raise()];
    all.extend(Operation::ALL.map(operation));
    all
}

fn all() -> String {
    format!("{WEBHOOK_BASE}/instances")
}

fn one(method: HttpMethod, rest: &str, id: &str, summary: &str) -> Described {
    let described = Described::new(method, format!("{}/{{id}}{rest}", all()), id, summary);
    described.segment("id", instance_id(), "The id of the instance.").refuses(&[Code::InvalidId])
}

fn status() -> Described {
    let failed = "It failed, and `returnInternalServerErrorOnFailure` was set.";
    one(HttpMethod::Get, "", "getStatus", "Shows an instance.")
        .query("showInput", flag(), "Whether the input is shown; `true` if left out.")
        .query("showHistory", flag(), "Whether the history of its present execution is shown.")
        .query("showHistoryOutput", flag(), "Whether the results in the history are shown.")
        .query("returnInternalServerErrorOnFailure", flag(), "Whether a failed instance is answered with 500.")
        .query("timeout", seconds(), "How long to wait for its end, in seconds. Needs `pollingInterval`.")
        .query("pollingInterval", seconds(), "At most `timeout`. It means nothing to this host, which does not poll.")
        .answers(StatusCode::OK, named(INSTANCE), "It has ended.")
        .answers(StatusCode::ACCEPTED, named(INSTANCE), "It has not ended.")
        .with(StatusCode::ACCEPTED, LOCATION, "The URL of this request.")
        .with(StatusCode::ACCEPTED, RETRY_AFTER, "After how many seconds to ask again.")
        .answers(StatusCode::INTERNAL_SERVER_ERROR, named(INSTANCE), failed)
        .refuses(&[Code::InvalidArgument, Code::OutcomeUnknown])
        .refuses(&READ)
        .refuses_with(StatusCode::NOT_FOUND, Code::NotFound, Form::Empty)
}

fn filtered(described: Described) -> Described {
    described
        .query("createdTimeTo", time(), "Created at this time or before.")
        .query("instanceIdPrefix", text(), "Ids that begin with this.")
        .query("runtimeStatus", array(any_status()), "With one of these statuses: repeated, or separated by commas.")
}

/// The contract has two statuses in which no instance of this host is ever seen.
fn any_status() -> ObjectBuilder {
    runtime_status().description(Some("`ContinuedAsNew` and `Canceled` are accepted too, and match nothing."))
}

fn list() -> Described {
    let described = Described::new(HttpMethod::Get, all(), "listInstances", "Lists instances, the newest first.");
    filtered(described)
        .says("Without `top` all that match are answered, however many; with it a page and the token of the next one.")
        .query("createdTimeFrom", time(), "Created at this time or after.")
        .query("top", integer().minimum(Some(1)), "How many at most.")
        .query("showInput", flag(), "Whether inputs are shown; `true` if left out.")
        .query("showOutput", flag(), "Whether outputs are shown; `true` if left out.")
        .header(CONTINUATION.as_str(), text(), "Where the page before ended, as its answer said.")
        .answers(StatusCode::OK, array(named(INSTANCE)), "The instances.")
        .with(StatusCode::OK, CONTINUATION, "Where the next page begins, if there is one.")
        .refuses(&[Code::InvalidArgument, Code::StoreUnavailable])
}

fn purge() -> Described {
    one(HttpMethod::Delete, "", "purge", "Deletes an instance that has ended, with all that is kept of it.")
        .says("With the id of an entity, `@name@key`, the entity is deleted, whatever its state.")
        .query("recursive", flag(), "Whether the children that it started are deleted too.")
        .answers(StatusCode::OK, named(DELETED), "It is deleted.")
        .refuses(&[Code::InvalidArgument, Code::NotFound, Code::NotEnded])
        .refuses(&CHANGED)
        .refuses(&READ)
}

fn purge_matching() -> Described {
    let described =
        Described::new(HttpMethod::Delete, all(), "purgeMatching", "Deletes the instances that match and have ended.");
    filtered(described)
        .must_query("createdTimeFrom", time(), "Created at this time or after.")
        .answers(StatusCode::OK, named(DELETED), "So many are deleted.")
        .refuses(&[Code::InvalidArgument, Code::NotFound])
        .refuses(&CHANGED)
}

fn raise() -> Described {
    one(HttpMethod::Post, &format!("/{RAISE_EVENT}/{{event}}"), RAISE_EVENT, "Sends an event to an instance.")
        .segment("event", event_name(), "The name of the event, in any case.")
        .body(any(), "What comes with the event; without a body `null`.")
        .empty(StatusCode::ACCEPTED, "The event is kept for the instance.")
        .refuses(&[Code::InvalidArgument, Code::InvalidContentType, Code::InvalidJson, Code::BodyBroken])
        .refuses(&[Code::NotFound, Code::InstanceFinished, Code::TooManyPending])
        .refuses(&[Code::BodyTimeout, Code::PayloadTooLarge])
        .refuses(&CHANGED)
}

fn operation(operation: Operation) -> Described {
    let summary = match operation {
        Operation::Terminate => "Ends an instance, whatever its state.",
        Operation::Suspend => "Lets an instance play no turns until it is resumed; what comes meanwhile is kept.",
        Operation::Resume => "Lets an instance go on; one that is held is tried again.",
        Operation::Rewind => "Lets an instance that failed go on from its failed tasks.",
        Operation::Restart => "Starts an instance again with the same input.",
    };
    let name = operation.as_str();
    let described = one(HttpMethod::Post, &format!("/{name}"), name, summary);
    if operation == Operation::Restart {
        return answered(described)
            .query("restartWithNewInstanceId", flag(), "Whether it gets a new id; `true` if left out.")
            .refuses(&[Code::UnknownFunction, Code::InstanceExists])
            .refuses_with(StatusCode::BAD_REQUEST, Code::NotFound, Form::Document);
    }
    let described = described
        .query("reason", text(), "What the history says about it.")
        .empty(StatusCode::ACCEPTED, "It is done.")
        .refuses(&CHANGED);
    match operation {
        Operation::Rewind => [Code::NotFailed, Code::NotRewindable]
            .into_iter()
            .fold(described.refuses_with(StatusCode::NOT_FOUND, Code::NotFound, Form::Text), |described, code| {
                described.refuses_with(StatusCode::PRECONDITION_FAILED, code, Form::Text)
            }),
        Operation::Terminate => described
            .query("recursive", flag(), "Whether the children that it waits for end too.")
            .refuses(&[Code::InvalidArgument, Code::NotFound, Code::InstanceFinished]),
        Operation::Suspend | Operation::Resume | Operation::Restart => {
            described.refuses(&[Code::NotFound, Code::InstanceFinished, Code::TooManyPending])
        }
    }
}
