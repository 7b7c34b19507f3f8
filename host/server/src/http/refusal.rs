//! How a problem is answered: its status, and a body that both people and the SDKs of Durable Functions can read.

use axum::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::model::{InvalidId, InvalidPayload};
use kernel::port::ReadError;

use super::json::Object;
use crate::hub::{ManageError, StartError, StatusError};
use crate::problem::{Code, Problem};

/// Every refusal names its code in this header too, because the contract leaves some bodies empty.
pub const CODE_HEADER: HeaderName = HeaderName::from_static("dacapo-error");

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// When to come back after a condition that passes by itself, in seconds.
const RETRY_SOON: HeaderValue = HeaderValue::from_static("1");

/// The status that goes with a code; `None` if no HTTP answer carries it.
pub fn status(code: Code) -> Option<StatusCode> {
    Some(match code {
        Code::UnknownFunction | Code::InvalidId | Code::InvalidJson | Code::InvalidArgument | Code::BodyBroken => {
            StatusCode::BAD_REQUEST
        }
        Code::HostNotAllowed | Code::CrossSite => StatusCode::FORBIDDEN,
        Code::NotFound | Code::RouteNotFound => StatusCode::NOT_FOUND,
        Code::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
        Code::InstanceExists => StatusCode::CONFLICT,
        Code::InstanceFinished => StatusCode::GONE,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Code::HistoryDamaged | Code::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        Code::ComponentUnavailable | Code::OutcomeUnknown | Code::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Code::FileUnreadable
        | Code::InvalidManifest
        | Code::InvalidSetting
        | Code::BuildFailed
        | Code::NotAComponent
        | Code::NoWasmTarget
        | Code::ComponentNotStored
        | Code::DataLocked
        | Code::DataForeign
        | Code::DataNewer
        | Code::DataUnusable
        | Code::AddressUnavailable
        | Code::ServerUnreachable
        | Code::UnexpectedAnswer
        | Code::OrchestrationFailed
        | Code::OrchestrationTerminated
        | Code::WaitTimeout => return None,
    })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = status(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body(status, &self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(CODE_HEADER, HeaderValue::from_static(self.code.as_str()));
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE) {
            headers.insert(RETRY_AFTER, RETRY_SOON);
        }
        response
    }
}

/// A refusal with an empty body, where the contract asks for one.
pub fn without_body(problem: &Problem) -> Response {
    let status = status(problem.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CODE_HEADER, HeaderValue::from_static(problem.code.as_str()))]).into_response()
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
            ManageError::Unknown => Self::new(Code::OutcomeUnknown, message),
            ManageError::Read(error) => error.into(),
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
                r#"413 {"Message":"JSON of 9 bytes; at most 1048576 are accepted","code":"payload_too_large","hint":"Send at most 1 MiB; keep large data elsewhere and pass a reference."}"#
            ]],
        );
        check(
            InvalidId::LeadingAt.into(),
            expect![[
                r#"400 {"Message":"One or more of the arguments submitted is incorrect","ExceptionMessage":"an instance id must not begin with '@', which marks entities","ExceptionType":"System.ArgumentException","StackTrace":"","code":"invalid_id","hint":"Choose an id of 1 to 100 characters without / \\ # ? and control characters that does not begin with @."}"#
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
                r#"404 {"Message":"there is no instance a","code":"not_found","hint":"Check the id; `dacapo ls` lists instances."}"#
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
