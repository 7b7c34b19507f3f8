//! Reads a request body within its limits of size and time.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::limits::{HTTP_BODY_MAX_BYTES, HTTP_BODY_TIMEOUT_MS};
use kernel::model::Payload;

use crate::problem::{Code, Problem};

/// Reads one JSON value that is declared to be one; nothing at all stands for `null` and need not be declared.
pub async fn declared(headers: &HeaderMap, body: Body) -> Result<Payload, Problem> {
    let declared = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = declared.map(|kind| kind.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii());
    match kind {
        Some(kind) if kind.eq_ignore_ascii_case(b"application/json") => payload(body).await,
        None if body.is_end_stream() => Ok(Payload::null()),
        Some(_) | None => {
            Err(Problem::new(Code::InvalidContentType, "Only application/json request content is supported"))
        }
    }
}

/// Reads one JSON value, whatever it is declared to be; nothing at all stands for `null`.
pub async fn payload(body: Body) -> Result<Payload, Problem> {
    let bytes = read(body).await?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Payload::null());
    }
    Ok(Payload::parse(&bytes)?)
}

async fn read(body: Body) -> Result<Bytes, Problem> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // A body that announces its size is refused before it is read.
    if body.size_hint().lower() > HTTP_BODY_MAX_BYTES as u64 {
        return Err(too_large());
    }
    let collected = Limited::new(body, HTTP_BODY_MAX_BYTES).collect();
    match tokio::time::timeout(Duration::from_millis(HTTP_BODY_TIMEOUT_MS), collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => {
            let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
            Err(Problem::new(Code::BodyBroken, format!("the request body broke off ({error}{cause})")))
        }
        Err(_) => {
            let message = format!("the request body took longer than {HTTP_BODY_TIMEOUT_MS} ms");
            Err(Problem::new(Code::BodyTimeout, message))
        }
    }
}

fn too_large() -> Problem {
    let message = format!("the request body has more than {HTTP_BODY_MAX_BYTES} bytes");
    Problem::new(Code::PayloadTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::limits::PAYLOAD_MAX_BYTES;

    async fn check(body: Vec<u8>, expect: Result<&str, Code>) {
        let got = payload(Body::from(body)).await;
        assert_eq!(got.as_ref().map(Payload::as_str).map_err(|problem| problem.code), expect);
    }

    #[tokio::test]
    async fn bodies() {
        check(b"".to_vec(), Ok("null")).await;
        check(b" \n".to_vec(), Ok("null")).await;
        check(b"null".to_vec(), Ok("null")).await;
        check(b"\"\"".to_vec(), Ok("\"\"")).await;
        check(br#"{ "a": 1 }"#.to_vec(), Ok(r#"{ "a": 1 }"#)).await;
        check(b"{".to_vec(), Err(Code::InvalidJson)).await;
        check(b"\xff".to_vec(), Err(Code::InvalidJson)).await;
        check(b"[".repeat(65), Err(Code::InvalidJson)).await;
        check(b" ".repeat(PAYLOAD_MAX_BYTES + 1), Ok("null")).await;
        check([b"1", b" ".repeat(PAYLOAD_MAX_BYTES).as_slice()].concat(), Err(Code::PayloadTooLarge)).await;
        check(b" ".repeat(HTTP_BODY_MAX_BYTES + 1), Err(Code::PayloadTooLarge)).await;
    }

    #[tokio::test]
    async fn declarations() {
        async fn check(kind: Option<&'static str>, body: &'static str, expect: Result<&str, Code>) {
            let headers = kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind)));
            let got = declared(&headers.into_iter().collect(), Body::from(body)).await;
            assert_eq!(got.as_ref().map(Payload::as_str).map_err(|problem| problem.code), expect, "{kind:?} {body}");
        }
        check(Some("application/json"), "1", Ok("1")).await;
        check(Some("Application/JSON ; charset=utf-8"), "1", Ok("1")).await;
        check(Some("application/json"), "", Ok("null")).await;
        check(None, "", Ok("null")).await;
        check(None, "1", Err(Code::InvalidContentType)).await;
        check(Some("text/plain"), "1", Err(Code::InvalidContentType)).await;
        check(Some("text/plain"), "", Err(Code::InvalidContentType)).await;
        check(Some("application/json"), "{", Err(Code::InvalidJson)).await;
    }
}
