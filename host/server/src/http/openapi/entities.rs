//! How entities are shown and signalled.

use axum::http::StatusCode;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::ObjectBuilder;

use super::super::entities::EMPTY_KEY;
use super::super::pages::CONTINUATION;
use super::super::urls::{RPC_BASE, WEBHOOK_BASE};
use super::operation::{Described, Form, JSON, TEXT};
use super::schemas::{
    CLEANED, ENTITY, ENTITY_DETAILS, any, array, entity_key, event_name, flag, integer, named, text, time,
};
use crate::problem::Code;

const READ: [Code; 2] = [Code::StoreUnavailable, Code::HistoryDamaged];
const SENT: [Code; 6] = [
    Code::UnknownFunction,
    Code::InvalidId,
    Code::TooManyPending,
    Code::OutcomeUnknown,
    Code::StoreUnavailable,
    Code::StorageFull,
];

pub(super) fn operations() -> Vec<Described> {
    let all = format!("{WEBHOOK_BASE}/entities");
    let list = Described::new(HttpMethod::Get, &all, "listEntities", "Lists entities, the newest first.");
    let of_name = format!("{all}/{{name}}");
    let of_name = Described::new(HttpMethod::Get, of_name, "listEntitiesOfName", "Lists the entities of one name.");
    let of_name = listed(of_name.segment("name", name(), NAME).refuses(&[Code::InvalidId]));
    let of_name = of_name.query("keyPrefix", text(), "Keys that begin with this.");
    vec![listed(list), of_name, state(), signal(), delete(), details(), clean()]
}

const NAME: &str = "The name of the entity, in any case.";

fn name() -> ObjectBuilder {
    text().min_length(Some(1))
}

fn one(method: HttpMethod, base: &str, rest: &str, id: &str, summary: &str) -> Described {
    let described = Described::new(method, format!("{base}/entities/{{name}}/{{key}}{rest}"), id, summary);
    described
        .segment("name", name(), NAME)
        .segment("key", entity_key(), &format!("Its key; `{EMPTY_KEY}` stands for the empty one."))
        .refuses(&[Code::InvalidId])
}

fn listed(described: Described) -> Described {
    described
        .says("Without `top` all that match are answered, however many; with it a page and the token of the next one.")
        .query("lastOperationTimeFrom", time(), "Whose last operation was at this time or after.")
        .query("lastOperationTimeTo", time(), "Whose last operation was at this time or before.")
        .query("fetchState", flag(), "Whether states are shown; `false` if left out.")
        .query("top", integer().minimum(Some(1)), "How many at most.")
        .header(CONTINUATION.as_str(), text(), "Where the page before ended, as its answer said.")
        .answers(StatusCode::OK, array(named(ENTITY)), "The entities.")
        .with(StatusCode::OK, CONTINUATION, "Where the next page begins, if there is one.")
        .refuses(&[Code::InvalidArgument])
        .refuses(&READ)
}

fn state() -> Described {
    one(HttpMethod::Get, WEBHOOK_BASE, "", "getEntityState", "Shows the state of an entity, with nothing around it.")
        .answers(StatusCode::OK, any(), "The state.")
        .refuses(&READ)
        .refuses_with(StatusCode::NOT_FOUND, Code::NotFound, Form::Empty)
}

fn signal() -> Described {
    let says = "The operation is run once, sooner or later; nobody hears how it went. A body that is not declared to be \
                JSON is a text, and becomes a JSON string.";
    let bodies = [(JSON, any()), (TEXT, text())];
    one(HttpMethod::Post, WEBHOOK_BASE, "", "signalEntity", "Runs an operation of an entity.")
        .says(says)
        .must_query("op", event_name(), "The operation, in any case.")
        .query("scheduledTime", time(), "When the operation is run, if not at once.")
        .bodies(bodies, "The input of the operation; without a body `null`.")
        .empty(StatusCode::ACCEPTED, "The signal is kept for the entity, or was already run.")
        .refuses(&[Code::InvalidArgument, Code::InvalidJson, Code::BodyBroken, Code::BodyTimeout])
        .refuses(&[Code::PayloadTooLarge])
        .refuses(&SENT)
}

fn delete() -> Described {
    one(HttpMethod::Delete, WEBHOOK_BASE, "", "deleteEntity", "Runs the operation `delete` of an entity.")
        .empty(StatusCode::ACCEPTED, "The signal is kept for the entity, or was already run.")
        .refuses(&SENT)
}

fn details() -> Described {
    let summary = "Shows all that is known of an entity, and not only its state.";
    one(HttpMethod::Get, RPC_BASE, "/details", "getEntityDetails", summary)
        .answers(StatusCode::OK, named(ENTITY_DETAILS), "The entity.")
        .refuses(&[Code::NotFound])
        .refuses(&READ)
}

fn clean() -> Described {
    let summary = "Releases the locks of orchestrations that are no more.";
    Described::new(HttpMethod::Post, format!("{RPC_BASE}/clean-entities"), "cleanEntities", summary)
        .answers(StatusCode::OK, named(CLEANED), "So many are released.")
        .refuses(&READ)
}
