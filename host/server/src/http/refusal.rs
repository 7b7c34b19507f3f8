//! How a problem is answered: its status, and a body that both people and the SDKs of Durable Functions can read.

use axum::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::model::{InvalidEntityId, InvalidEventName, InvalidId, InvalidPayload, InvalidTags};
use kernel::port::ReadError;

use super::answer::JSON;
use super::json::{Object, quote};
use crate::hub::{ManageError, RestartError, SignalError, StartError, StatusError};
use crate::problem::{Code, Problem};

/// Every refusal names its code in this header too, because the contract leaves some bodies empty.
pub const CODE_HEADER: HeaderName = HeaderName::from_static("dacapo-error");

/// When to come back after a condition that passes by itself, in seconds.
const RETRY_SOON: HeaderValue = HeaderValue::from_static("1");

/// The status that goes with a code; `None` if no HTTP answer carries it.
pub fn status(code: Code) -> Option<StatusCode> {
    Some(match code {
        Code::UnknownFunction
        | Code::InvalidId
        | Code::InvalidJson
        | Code::InvalidArgument
        | Code::InvalidContentType
        | Code::BodyBroken => StatusCode::BAD_REQUEST,
        Code::HostNotAllowed | Code::CrossSite => StatusCode::FORBIDDEN,
        Code::NotFound | Code::RouteNotFound | Code::UnknownComponent => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::TriggerTimeout => StatusCode::GATEWAY_TIMEOUT,
        Code::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
        Code::InstanceExists => StatusCode::CONFLICT,
        Code::InstanceFinished => StatusCode::GONE,
        Code::NotEnded | Code::NotFailed | Code::NotRewindable => StatusCode::PRECONDITION_FAILED,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::TooManyPending => StatusCode::TOO_MANY_REQUESTS,
        Code::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Code::HistoryDamaged | Code::InternalError | Code::TriggerFailed => StatusCode::INTERNAL_SERVER_ERROR,
        Code::ComponentUnavailable | Code::OutcomeUnknown | Code::StoreUnavailable | Code::TooBusy => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Code::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Code::FileUnreadable
        | Code::FileUnwritable
        | Code::FolderInUse
        | Code::InvalidManifest
        | Code::InvalidScenario
        | Code::InvalidSetting
        | Code::BuildFailed
        | Code::NotAComponent
        | Code::NoWasmTarget
        | Code::ToolchainMissing
        | Code::ComponentNotStored
        | Code::DataLocked
        | Code::DataForeign
        | Code::DataNewer
        | Code::DataUnusable
        | Code::AddressUnavailable
        | Code::ServerUnreachable
        | Code::AmbiguousId
        | Code::NotConfirmed
        | Code::NotAnExport
        | Code::HistoryDiverged
        | Code::UnexpectedAnswer
        | Code::OrchestrationFailed
        | Code::OrchestrationTerminated
        | Code::WaitTimeout => return None,
    })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = answered(&self);
        with_status(status, &self)
    }
}

/// A refusal with the status that the contract asks for in this place, whatever the code has elsewhere.
pub fn with_status(status: StatusCode, problem: &Problem) -> Response {
    refusal(status, problem, body(status, problem))
}

/// A refusal with an empty body, where the contract asks for one.
pub fn without_body(problem: &Problem) -> Response {
    let mut response = refusal(answered(problem), problem, Vec::new());
    response.headers_mut().remove(CONTENT_TYPE);
    response
}

/// A refusal whose body is its message as a JSON string, where the contract asks for one.
pub fn as_text(problem: &Problem) -> Response {
    let mut text = Vec::new();
    quote(&mut text, &problem.message);
    refusal(answered(problem), problem, text)
}

fn answered(problem: &Problem) -> StatusCode {
    status(problem.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn refusal(status: StatusCode, problem: &Problem, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CODE_HEADER, HeaderValue::from_static(problem.code.as_str()));
    if passes_by_itself(status) {
        headers.insert(RETRY_AFTER, RETRY_SOON);
    }
    response
}

/// Whether the same request may be answered otherwise a little later; such a refusal says when.
pub(super) fn passes_by_itself(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE)
}

/// The Python SDK looks for `ExceptionMessage` in the body of any 400 and breaks if it is missing.
fn body(status: StatusCode, problem: &Problem) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    match (status, problem.code) {
        (StatusCode::BAD_REQUEST, Code::InvalidJson) => {
            object.text("Message", "Invalid JSON content");
            exception(&mut object, &problem.message, "Newtonsoft.Json.JsonReaderException");
        }
        (StatusCode::BAD_REQUEST, _) => {
            object.text("Message", "One or more of the arguments submitted is incorrect");
            exception(&mut object, &problem.message, "System.ArgumentException");
        }
        _ => object.text("Message", &problem.message),
    }
    object.text("code", problem.code.as_str());
    object.text("hint", problem.code.hint());
    object.end();
    out
}

fn exception(object: &mut Object<'_>, message: &str, kind: &str) {
    object.text("ExceptionMessage", message);
    object.text("ExceptionType", kind);
    object.text("StackTrace", "");
}

impl From<InvalidId> for Problem {
    fn from(error: InvalidId) -> Self {
        Self::new(Code::InvalidId, error.to_string())
    }
}

impl From<InvalidEntityId> for Problem {
    fn from(error: InvalidEntityId) -> Self {
        Self::new(Code::InvalidId, error.to_string())
    }
}

impl From<InvalidEventName> for Problem {
    fn from(error: InvalidEventName) -> Self {
        Self::new(Code::InvalidArgument, error.to_string())
    }
}

impl From<InvalidTags> for Problem {
    fn from(error: InvalidTags) -> Self {
        Self::new(Code::InvalidArgument, format!("tag: {error}"))
    }
}

impl From<InvalidPayload> for Problem {
    fn from(error: InvalidPayload) -> Self {
        let code = match error {
            InvalidPayload::TooLarge(_) => Code::PayloadTooLarge,
            InvalidPayload::Malformed(_) | InvalidPayload::TooDeep => Code::InvalidJson,
        };
        Self::new(code, error.to_string())
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        let code = match error {
            ReadError::Damaged(_) => Code::HistoryDamaged,
            ReadError::Failed(_) => Code::StoreUnavailable,
        };
        Self::new(code, error.to_string())
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        let message = error.to_string();
        match error {
            StartError::UnknownFunction { .. } => Self::new(Code::UnknownFunction, message),
            StartError::Exists { .. } => Self::new(Code::InstanceExists, message),
            StartError::TooLarge(_) => Self::new(Code::PayloadTooLarge, message),
            StartError::Unavailable(_) => Self::new(Code::ComponentUnavailable, message),
            StartError::StorageFull => Self::new(Code::StorageFull, message),
            StartError::Unknown => Self::new(Code::OutcomeUnknown, message),
            StartError::Read(error) => error.into(),
        }
    }
}

impl From<ManageError> for Problem {
    fn from(error: ManageError) -> Self {
        let message = error.to_string();
        match error {
            ManageError::NotFound(_) => Self::new(Code::NotFound, message),
            ManageError::Ended { .. } => Self::new(Code::InstanceFinished, message),
            ManageError::NotEnded { .. } => Self::new(Code::NotEnded, message),
            ManageError::NotFailed { .. } => Self::new(Code::NotFailed, message),
            ManageError::NotRewindable(_) => Self::new(Code::NotRewindable, message),
            ManageError::TooManyPending(_) => Self::new(Code::TooManyPending, message),
            ManageError::TooLarge(_) => Self::new(Code::PayloadTooLarge, message),
            ManageError::Unavailable(_) => Self::new(Code::ComponentUnavailable, message),
            ManageError::StorageFull => Self::new(Code::StorageFull, message),
            ManageError::Unknown => Self::new(Code::OutcomeUnknown, message),
            ManageError::Read(error) => error.into(),
        }
    }
}

impl From<SignalError> for Problem {
    fn from(error: SignalError) -> Self {
        let message = error.to_string();
        let code = match error {
            SignalError::UnknownEntity { .. } => Code::UnknownFunction,
            SignalError::TooLarge(_) => Code::PayloadTooLarge,
            SignalError::TooManyPending => Code::TooManyPending,
            SignalError::StorageFull => Code::StorageFull,
            SignalError::Unavailable(_) => Code::StoreUnavailable,
            SignalError::Unknown => Code::OutcomeUnknown,
        };
        Self::new(code, message)
    }
}

impl From<RestartError> for Problem {
    fn from(error: RestartError) -> Self {
        let message = error.to_string();
        match error {
            RestartError::NotFound(_) => Self::new(Code::NotFound, message),
            RestartError::Start(error) => error.into(),
            RestartError::Read(error) => error.into(),
        }
    }
}

impl From<StatusError> for Problem {
    fn from(error: StatusError) -> Self {
        match error {
            StatusError::NotFound(_) => Self::new(Code::NotFound, error.to_string()),
            StatusError::Read(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn bodies() {
        let check = |problem: Problem, expect: Expect| {
            let status = status(problem.code).unwrap();
            let body = String::from_utf8(body(status, &problem)).unwrap();
            expect.assert_eq(&format!("{} {body}", status.as_str()));
        };
        check(
            InvalidPayload::Malformed("expected value at line 1".into()).into(),
            expect![[
                r#"400 {"Message":"Invalid JSON content","ExceptionMessage":"not valid JSON: expected value at line 1","ExceptionType":"Newtonsoft.Json.JsonReaderException","StackTrace":"","code":"invalid_json","hint":"Send one JSON value, nested at most 64 levels deep."}"#
            ]],
        );
        check(
            InvalidPayload::TooLarge(9).into(),
            expect![[
                r#"413 {"Message":"JSON of 9 bytes; at most 67108864 are accepted","code":"payload_too_large","hint":"Send at most 2 MiB; keep large data elsewhere and pass a reference."}"#
            ]],
        );
        check(
            InvalidId::LeadingAt.into(),
            expect![[
                r#"400 {"Message":"One or more of the arguments submitted is incorrect","ExceptionMessage":"an instance id must not begin with '@', which marks entities","ExceptionType":"System.ArgumentException","StackTrace":"","code":"invalid_id","hint":"Choose an id of 1 to 100 characters without / \\ # ? and control characters that does not begin with @; an entity's is @name@key."}"#
            ]],
        );
        let id = kernel::model::InstanceId::parse("a").unwrap();
        let status = kernel::model::Status::Running;
        check(
            StartError::Exists { status }.into(),
            expect![[
                r#"409 {"Message":"An Orchestration instance with the status Running already exists.","code":"instance_exists","hint":"Choose another id, or end that instance first."}"#
            ]],
        );
        check(
            ManageError::NotFound(id).into(),
            expect![[
                r#"404 {"Message":"there is no instance a","code":"not_found","hint":"Check the id; `dacapo ls` lists instances, `dacapo entity ls` entities."}"#
            ]],
        );
        check(
            StartError::StorageFull.into(),
            expect![[
                r#"507 {"Message":"the storage of this hub is full; try again when there is space","code":"storage_full","hint":"Free space on the disk of the data folder, then try again."}"#
            ]],
        );
    }
}
