//! The documents that are sent and answered, as JSON schemas.
//!
//! They are written by hand because the documents are: see [`super::super::json`].

use kernel::limits::{EVENT_NAME_MAX_CHARS, INSTANCE_ID_MAX_CHARS};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, Components, ComponentsBuilder, KnownFormat, ObjectBuilder, Schema,
    SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};

use super::super::params::STATUSES;

pub(super) const INSTANCE: &str = "Instance";
pub(super) const MANAGEMENT: &str = "ManagementUrls";
pub(super) const BINDING: &str = "ClientBinding";
pub(super) const DELETED: &str = "Deleted";
pub(super) const HISTORY: &str = "History";
pub(super) const ENTITY: &str = "Entity";
pub(super) const ENTITY_DETAILS: &str = "EntityDetails";
pub(super) const CLEANED: &str = "Cleaned";
pub(super) const REFUSAL: &str = "Refusal";
pub(super) const BAD_REQUEST: &str = "BadRequest";
const EVENT: &str = "HistoryEvent";
const FAILURE: &str = "Failure";
const FAILURE_DETAILS: &str = "FailureDetails";

/// All documents by name.
pub(super) fn components() -> Components {
    let documents = [
        (INSTANCE, instance()),
        (EVENT, event()),
        (FAILURE, failure()),
        (FAILURE_DETAILS, failure_details()),
        (MANAGEMENT, management()),
        (BINDING, binding()),
        (DELETED, object(&["instancesDeleted"], [("instancesDeleted", integer().into())])),
        (HISTORY, object(&["format", "records"], [("format", text().into()), ("records", array(any()))])),
        (ENTITY, entity().property("state", any()).required("state")),
        (ENTITY_DETAILS, entity_details()),
        (CLEANED, object(&["locksReleased"], [("locksReleased", integer().into())])),
        (REFUSAL, refusal()),
        (BAD_REQUEST, bad_request()),
    ];
    let builder = documents.into_iter().fold(ComponentsBuilder::new(), |all, (name, schema)| all.schema(name, schema));
    builder.build()
}

/// A document by name.
pub(super) fn named(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

pub(super) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> ObjectBuilder {
    text().enum_values(Some(words))
}

pub(super) fn flag() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean)
}

pub(super) fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}

/// A length of time in seconds.
pub(super) fn seconds() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Number)
}

pub(super) fn time() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

/// Any JSON value.
pub(super) fn any() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue)
}

pub(super) fn array(items: impl Into<RefOr<Schema>>) -> RefOr<Schema> {
    let items = items.into();
    ArrayBuilder::new().items(items).into()
}

pub(super) fn instance_id() -> ObjectBuilder {
    text().min_length(Some(1)).max_length(Some(INSTANCE_ID_MAX_CHARS))
}

pub(super) fn entity_key() -> ObjectBuilder {
    text().max_length(Some(INSTANCE_ID_MAX_CHARS))
}

pub(super) fn event_name() -> ObjectBuilder {
    text().min_length(Some(1)).max_length(Some(EVENT_NAME_MAX_CHARS))
}

/// The statuses of an instance of this host.
pub(super) fn runtime_status() -> ObjectBuilder {
    one_of(STATUSES.map(|status| status.as_str()))
}

fn object<const N: usize>(required: &[&str], properties: [(&str, RefOr<Schema>); N]) -> ObjectBuilder {
    let object = properties.into_iter().fold(ObjectBuilder::new(), |all, (name, schema)| all.property(name, schema));
    required.iter().fold(object, |object, name| object.required(*name))
}

fn texts<const N: usize>(required: &[&str], names: [&str; N]) -> ObjectBuilder {
    object(required, names.map(|name| (name, text().into())))
}

fn instance() -> ObjectBuilder {
    let required =
        ["name", "instanceId", "runtimeStatus", "input", "customStatus", "output", "createdTime", "lastUpdatedTime"];
    let tags = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::RefOr(text().into())));
    let progress = object(
        &["task", "functionName", "detail"],
        [("task", integer().into()), ("functionName", text().into()), ("detail", any().into())],
    );
    object(
        &required,
        [
            ("name", text().into()),
            ("instanceId", instance_id().into()),
            ("runtimeStatus", runtime_status().into()),
            ("input", any().into()),
            ("customStatus", any().into()),
            ("output", any().description(Some("Of a failed one the message, of a terminated one the reason.")).into()),
            ("createdTime", time().into()),
            ("lastUpdatedTime", time().into()),
            ("failure", named(FAILURE)),
            ("parentInstanceId", text().into()),
            ("version", text().into()),
            ("tags", tags.into()),
            ("scheduledStartTime", time().into()),
            ("traceParent", text().into()),
            ("held", text().description(Some("Why it does not go on although it has not ended.")).into()),
            ("heldDetails", held_details()),
            ("heldRemedy", text().into()),
            ("warnings", array(text())),
            ("progress", array(progress)),
            ("historyEvents", array(named(EVENT))),
        ],
    )
}

fn held_details() -> RefOr<Schema> {
    array(texts(&["name", "value"], ["name", "value"]))
}

fn entity() -> ObjectBuilder {
    let required = ["entityId", "lastOperationTime"];
    let id = object(&["name", "key"], [("name", text().into()), ("key", entity_key().into())]);
    object(&required, [("entityId", id.into()), ("lastOperationTime", time().into())])
}

fn entity_details() -> ObjectBuilder {
    let reference = object(&["blob", "length"], [("blob", text().into()), ("length", integer().into())]);
    entity()
        .property("state", any().description(Some("Left out if it has none.")))
        .property("stateVersion", integer().description(Some("Which form the state has: the author's to count.")))
        .property("stateReference", reference.description(Some("What its row has in place of a large state.")))
        .property("lockedBy", text().description(Some("The orchestration in whose critical section it is.")))
        .property("held", text().description(Some("Why nothing is done for it.")))
        .property("heldDetails", held_details())
        .property("heldRemedy", text())
}

fn event() -> ObjectBuilder {
    object(
        &["EventType", "Timestamp"],
        [
            ("EventType", text().into()),
            ("Timestamp", time().into()),
            ("FunctionName", text().into()),
            ("ScheduledTime", time().into()),
            ("InstanceId", text().into()),
            ("EntityId", text().description(Some("An entity as `@name@key`.")).into()),
            ("Operation", text().into()),
            ("LockSet", array(text())),
            ("Name", text().into()),
            ("Input", any().into()),
            ("Result", any().into()),
            ("FireAt", time().into()),
            ("Attempt", integer().into()),
            ("RetryAt", time().into()),
            ("Reason", any().into()),
            ("Details", text().into()),
            ("FailureDetails", named(FAILURE_DETAILS)),
            ("CustomStatus", any().into()),
            ("Component", text().into()),
            ("OrchestrationStatus", text().into()),
        ],
    )
}

fn failure() -> ObjectBuilder {
    let cause = texts(&["kind", "message"], ["kind", "message", "details"]);
    texts(&["kind", "message", "retryable"], ["kind", "message", "details"])
        .property("retryable", flag())
        .property("causes", array(cause))
}

fn failure_details() -> ObjectBuilder {
    texts(&["ErrorType", "ErrorMessage"], ["ErrorType", "ErrorMessage", "StackTrace"])
        .property("IsNonRetriable", flag())
        .property("InnerFailure", named(FAILURE_DETAILS))
}

const URLS: [&str; 8] = [
    "id",
    "statusQueryGetUri",
    "sendEventPostUri",
    "terminatePostUri",
    "purgeHistoryDeleteUri",
    "restartPostUri",
    "suspendPostUri",
    "resumePostUri",
];

fn management() -> ObjectBuilder {
    texts(&URLS, URLS)
}

fn binding() -> ObjectBuilder {
    let creation = ["createNewInstancePostUri", "createAndWaitOnNewInstancePostUri"];
    let plain = ["taskHubName", "baseUrl", "requiredQueryStringParameters", "rpcBaseUrl"];
    texts(&plain, plain)
        .property("creationUrls", texts(&creation, creation))
        .property("managementUrls", management().property("rewindPostUri", text()).required("rewindPostUri"))
        .property("httpBaseUrl", ObjectBuilder::new().schema_type(Type::Null))
        .required("creationUrls")
        .required("managementUrls")
}

fn refusal() -> ObjectBuilder {
    texts(&["Message", "code", "hint"], ["Message", "code", "hint"])
}

/// The SDK for Python looks for `ExceptionMessage` in each of them.
fn bad_request() -> ObjectBuilder {
    let more = ["ExceptionMessage", "ExceptionType", "StackTrace"];
    more.into_iter().fold(refusal(), |object, name| object.property(name, text()).required(name))
}
