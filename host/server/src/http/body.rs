//! Reads a request body within its limits of size and time.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::limits::{HTTP_BODY_MAX_BYTES, HTTP_BODY_TIMEOUT_MS};
use kernel::model::Payload;

use super::json::quote;
use crate::problem::{Code, Problem};

/// Reads one JSON value that is declared to be one; nothing at all stands for `null` and need not be declared.
pub async fn declared(headers: &HeaderMap, body: Body) -> Result<Payload, Problem> {
    match Declared::by(headers) {
        Declared::Json => payload(body).await,
        Declared::Nothing if body.is_end_stream() => Ok(Payload::null()),
        Declared::Nothing | Declared::Other => {
            Err(Problem::new(Code::InvalidContentType, "Only application/json request content is supported"))
        }
    }
}

/// Reads one JSON value if it is declared to be one, else a text, which becomes a JSON string; nothing at all stands for
/// `null`, whatever it is declared to be.
pub async fn value_or_text(headers: &HeaderMap, body: Body) -> Result<Payload, Problem> {
    if Declared::by(headers) == Declared::Json {
        return payload(body).await;
    }
    let bytes = read(body).await?;
    if bytes.is_empty() {
        return Ok(Payload::null());
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        Problem::new(Code::InvalidJson, format!("what is not declared to be JSON must be text in UTF-8: {error}"))
    })?;
    let mut json = Vec::with_capacity(bytes.len() + 2);
    quote(&mut json, text);
    Ok(Payload::trusted(&json))
}

/// Reads one JSON value, whatever it is declared to be; nothing at all stands for `null`.
pub async fn payload(body: Body) -> Result<Payload, Problem> {
    let bytes = read(body).await?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Payload::null());
    }
    Ok(Payload::parse(&bytes)?)
}

/// What a body is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    Json,
    Other,
    Nothing,
}

impl Declared {
    fn by(headers: &HeaderMap) -> Self {
        let declared = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        match declared.and_then(|kind| kind.split(|&byte| byte == b';').next()).map(<[u8]>::trim_ascii) {
            Some(kind) if kind.eq_ignore_ascii_case(b"application/json") => Self::Json,
            Some(_) => Self::Other,
            None => Self::Nothing,
        }
    }
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
    /// The text of what was read, or the code of the refusal.
    fn text(got: Result<Payload, Problem>) -> Result<String, Code> {
        got.map(|value| value.shown().into_owned()).map_err(|problem| problem.code)
    }

    async fn check(body: Vec<u8>, expect: Result<&str, Code>) {
        assert_eq!(text(payload(Body::from(body)).await).as_deref(), expect.as_ref().copied());
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
        check(b" ".repeat(HTTP_BODY_MAX_BYTES), Ok("null")).await;
        check(b" ".repeat(HTTP_BODY_MAX_BYTES + 1), Err(Code::PayloadTooLarge)).await;
    }

    fn said(kind: Option<&'static str>) -> HeaderMap {
        kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind))).into_iter().collect()
    }

    #[tokio::test]
    async fn values_and_texts() {
        async fn check(kind: Option<&'static str>, body: &'static [u8], expect: Result<&str, Code>) {
            let got = text(value_or_text(&said(kind), Body::from(body)).await);
            assert_eq!(got.as_deref(), expect.as_ref().copied(), "{kind:?} {body:?}");
        }
        check(Some("application/json"), b"{\"n\":1}", Ok("{\"n\":1}")).await;
        check(Some("Application/JSON; charset=utf-8"), b" ", Ok("null")).await;
        check(Some("application/json"), b"x", Err(Code::InvalidJson)).await;
        check(Some("text/plain"), b"5", Ok("\"5\"")).await;
        check(Some("text/plain"), b"a \"b\"\n", Ok(r#""a \"b\"\n""#)).await;
        check(Some("application/xml"), b" ", Ok("\" \"")).await;
        check(Some("application/octet-stream"), b"", Ok("null")).await;
        check(None, b"{}", Ok("\"{}\"")).await;
        check(None, b"", Ok("null")).await;
        check(Some("text/plain"), b"\xff", Err(Code::InvalidJson)).await;
    }

    #[tokio::test]
    async fn declarations() {
        async fn check(kind: Option<&'static str>, body: &'static str, expect: Result<&str, Code>) {
            let got = text(declared(&said(kind), Body::from(body)).await);
            assert_eq!(got.as_deref(), expect.as_ref().copied(), "{kind:?} {body}");
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
