//! The JSON in which a guest asks for a request and is told of the response.
//!
//! It owns the two forms and what a request may say. It does not know where one may go. It keeps the invariant that
//! no header of a guest changes how a message is framed or to whom it is addressed.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::header::{HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use kernel::limits::{EGRESS_HEADERS_MAX_COUNT, EGRESS_TIMEOUT_MAX_MS};
use kernel::model::{InvalidPayload, Payload};
use serde::{Deserialize, Serialize};

/// What a guest asks for, understood.
#[derive(Debug)]
pub struct Ask {
    /// One of a closed list.
    pub method: Method,
    /// As the guest wrote it; [`super::Rules`] judge it.
    pub uri: String,
    /// Without those that only the host may set.
    pub headers: HeaderMap,
    /// The body; may be empty.
    pub content: String,
    /// How long the guest would wait at most.
    pub timeout: Option<Duration>,
}

/// Why a guest cannot ask that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAsk {
    /// The input has another form.
    #[error("the input is not {{method, uri, headers, content, timeoutMs}}: {0}")]
    Malformed(String),
    /// The method is none that is spoken.
    #[error("the method {0:?} is not one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")]
    Method(String),
    /// Too many headers.
    #[error("{0} headers; at most {EGRESS_HEADERS_MAX_COUNT} are sent")]
    HeaderCount(usize),
    /// A header that HTTP has no room for, or the same twice.
    #[error("the header {0:?} {1}")]
    Header(String, &'static str),
    /// The time is zero or too long.
    #[error("timeoutMs is {0}; it must be 1 to {EGRESS_TIMEOUT_MAX_MS}")]
    Timeout(u64),
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Any final status; redirects are not followed.
    pub status: StatusCode,
    /// As they were sent.
    pub headers: HeaderMap,
    /// The body.
    pub content: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
struct WireAsk {
    method: String,
    uri: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    content: Option<String>,
    timeout_ms: Option<u64>,
}

#[derive(Serialize)]
struct WireAnswer<'a> {
    status: u16,
    headers: BTreeMap<&'a str, String>,
    content: &'a str,
}

/// Headers that frame a message, address it, or belong to one connection, and those that expect to change that.
const HOST_ONLY: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// The beginning of the headers that are meant for a proxy.
const PROXY_ONLY: &str = "proxy-";

impl Ask {
    /// Reads what a guest asks for.
    pub fn parse(input: &Payload) -> Result<Self, InvalidAsk> {
        let wire: WireAsk = serde_json::from_slice(input.inline().unwrap_or_default())
            .map_err(|error| InvalidAsk::Malformed(error.to_string()))?;
        Ok(Self {
            method: method(&wire.method)?,
            uri: wire.uri,
            headers: headers(wire.headers)?,
            content: wire.content.unwrap_or_default(),
            timeout: wire.timeout_ms.map(timeout).transpose()?,
        })
    }
}

impl Answer {
    /// Writes what a guest is told. It may be too large although each of its parts is not.
    pub fn encode(&self) -> Result<Payload, InvalidPayload> {
        let mut headers: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in &self.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            match headers.get_mut(name.as_str()) {
                Some(values) => values.extend([", ", &value]),
                None => _ = headers.insert(name.as_str(), value.into_owned()),
            }
        }
        let wire = WireAnswer { status: self.status.as_u16(), headers, content: &self.content };
        Payload::parse(&serde_json::to_vec(&wire).expect("numbers and texts are always JSON"))
    }
}

fn method(text: &str) -> Result<Method, InvalidAsk> {
    match text {
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        "OPTIONS" => Ok(Method::OPTIONS),
        _ => Err(InvalidAsk::Method(text.to_owned())),
    }
}

fn headers(wire: BTreeMap<String, String>) -> Result<HeaderMap, InvalidAsk> {
    if wire.len() > EGRESS_HEADERS_MAX_COUNT {
        return Err(InvalidAsk::HeaderCount(wire.len()));
    }
    let mut headers = HeaderMap::new();
    for (text, value) in wire {
        let refuse = |why| InvalidAsk::Header(text.clone(), why);
        let name = HeaderName::from_bytes(text.as_bytes()).map_err(|_| refuse("is not the name of a header"))?;
        if HOST_ONLY.contains(&name.as_str()) || name.as_str().starts_with(PROXY_ONLY) {
            return Err(refuse("is set by the host only; leave it out"));
        }
        // Bytes beyond ASCII are read as Latin-1 by some and as UTF-8 by others.
        let value = HeaderValue::from_str(&value).ok().filter(|_| value.is_ascii());
        let value = value.ok_or_else(|| refuse("has a value that is not printable ASCII"))?;
        if headers.insert(name, value).is_some() {
            return Err(refuse("is there twice, in lower and upper case"));
        }
    }
    Ok(headers)
}

fn timeout(ms: u64) -> Result<Duration, InvalidAsk> {
    match ms {
        1..=EGRESS_TIMEOUT_MAX_MS => Ok(Duration::from_millis(ms)),
        _ => Err(InvalidAsk::Timeout(ms)),
    }
}
