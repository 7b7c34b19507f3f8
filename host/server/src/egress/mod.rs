//! The built-in activity [`ACTIVITY`]: an HTTP request on behalf of a guest, if an operator allows it.
//!
//! [`policy`] judges, [`client`] speaks, [`message`] reads and writes what guests see; this file has the order in which
//! that happens. It does not know what an instance is. It keeps the invariant that a name is resolved once, only after
//! it was found on the allow list, and that nothing but the addresses that were judged is connected to.

mod client;
mod message;
mod networks;
mod policy;
#[cfg(test)]
mod tests;

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONTENT_LENGTH, HOST, HeaderValue, USER_AGENT};
use axum::http::{HeaderMap, Method, Request};
use http_body_util::Full;
use kernel::limits::EGRESS_CONCURRENT_MAX_COUNT;
use kernel::model::{Failure, Payload, TraceContext, kind};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tokio::sync::Semaphore;

use client::{Client, ClientError};
use message::{Ask, InvalidAsk};
use policy::{Destination, Host, Refused};

pub use policy::Rules;

/// The name under which orchestrators schedule it.
pub const ACTIVITY: &str = "dacapo.http";

/// Makes requests for guests, within the rules of an operator.
#[derive(Debug)]
pub struct Egress {
    rules: Rules,
    client: Client,
    lookup: Lookup,
    slots: Semaphore,
}

/// Where the addresses of names come from.
#[derive(Debug)]
enum Lookup {
    /// The resolver of the system.
    System,
    /// A list of answers, each given once.
    #[cfg(test)]
    Answers(std::sync::Mutex<std::collections::VecDeque<Vec<IpAddr>>>),
}

impl Egress {
    /// The activity under these rules.
    pub fn new(rules: Rules) -> Self {
        let slots = Semaphore::new(EGRESS_CONCURRENT_MAX_COUNT);
        Self { rules, client: Client::new(), lookup: Lookup::System, slots }
    }

    /// Makes the request that `input` describes, and gives back the response, whatever its status.
    ///
    /// It takes at most `timeout`, or what the input asks for if that is less. The key and the trace become headers that
    /// the input does not have. Dropping the future closes the connection.
    pub async fn call(
        &self,
        input: &Payload,
        timeout: Duration,
        idempotency_key: &str,
        trace: Option<&TraceContext>,
    ) -> Result<Payload, Failure> {
        let mut ask = Ask::parse(input)?;
        let to = self.rules.admit(&ask.uri).inspect_err(log_refusal)?;
        default_headers(&mut ask.headers, idempotency_key, trace);
        let limit = ask.timeout.map_or(timeout, |asked| asked.min(timeout));
        match tokio::time::timeout(limit, self.perform(&to, ask)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let message = format!("the request to {} took longer than {} ms", to.origin(), limit.as_millis());
                Err(Failure::host(kind::TIMEOUT, message).retryable())
            }
        }
    }

    async fn perform(&self, to: &Destination, ask: Ask) -> Result<Payload, Failure> {
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        let resolved = match to.host() {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.lookup.addresses(name, to.port()).await.map_err(|error| {
                let message = format!("the address of {} cannot be found: {error}", to.origin());
                Failure::host(kind::HTTP_FAILED, message).retryable()
            })?,
        };
        let addresses = self.rules.admit_addresses(to, &resolved).inspect_err(log_refusal)?;
        let request = request(to, ask)?;
        let answer = self.client.send(to, &addresses, request).await.map_err(|error| failure(to, &error))?;
        answer.encode().map_err(|error| {
            let message = format!("the response of {} does not fit into a payload: {error}", to.origin());
            Failure::host(kind::TOO_LARGE, message)
        })
    }
}

impl Lookup {
    async fn addresses(&self, name: &str, port: u16) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((name, port)).await?.map(|address| address.ip()).collect()),
            #[cfg(test)]
            Self::Answers(answers) => Ok(answers.lock().unwrap().pop_front().expect("names are resolved once")),
        }
    }
}

impl From<InvalidAsk> for Failure {
    fn from(error: InvalidAsk) -> Self {
        Self::host(kind::INVALID_REQUEST, error.to_string())
    }
}

impl From<Refused> for Failure {
    fn from(error: Refused) -> Self {
        let kind = match error {
            Refused::Invalid(_) => kind::INVALID_REQUEST,
            Refused::NotListed { .. } | Refused::NotPublic { .. } => kind::EGRESS_DENIED,
        };
        Self::host(kind, error.to_string())
    }
}

fn log_refusal(refused: &Refused) {
    match refused {
        Refused::Invalid(_) => {}
        Refused::NotListed { .. } | Refused::NotPublic { .. } => tracing::warn!("{refused}"),
    }
}

fn failure(to: &Destination, error: &ClientError) -> Failure {
    let message = format!("the request to {} failed: {error}", to.origin());
    match error {
        ClientError::Failed(_) => Failure::host(kind::HTTP_FAILED, message).retryable(),
        ClientError::NotText => Failure::host(kind::HTTP_FAILED, message),
        ClientError::BodyTooLarge | ClientError::HeadTooLarge => Failure::host(kind::TOO_LARGE, message),
    }
}

/// A header is ASCII, an instance id need not be. The escape is escaped too, so that keys that differ stay so.
const KEY_ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// Adds what the guest did not set itself.
fn default_headers(headers: &mut HeaderMap, idempotency_key: &str, trace: Option<&TraceContext>) {
    let key = utf8_percent_encode(idempotency_key, KEY_ESCAPED).to_string();
    let agent = concat!("dacapo/", env!("CARGO_PKG_VERSION"));
    let defaults = [("idempotency-key", Some(key.as_str())), (USER_AGENT.as_str(), Some(agent))];
    // A trace of the guest's own is not mixed with ours.
    let trace = trace.filter(|_| !headers.contains_key("traceparent"));
    let trace = [("traceparent", trace.map(TraceContext::parent)), ("tracestate", trace.and_then(TraceContext::state))];
    for (name, value) in defaults.into_iter().chain(trace) {
        // A trace state that cannot be a header is left out, as the recommendation wants it.
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.entry(name).or_insert(value);
        }
    }
}

fn request(to: &Destination, ask: Ask) -> Result<Request<Full<Bytes>>, Failure> {
    let invalid =
        |error: axum::http::Error| Failure::host(kind::INVALID_REQUEST, format!("the uri cannot be sent: {error}"));
    // The library says nothing of the length of a body that is empty, and some servers then refuse these methods.
    let says_length = ask.content.is_empty() && [Method::POST, Method::PUT, Method::PATCH].contains(&ask.method);
    let builder = Request::builder().method(ask.method).uri(to.path()).header(HOST, to.authority());
    let mut request = builder.body(Full::from(ask.content)).map_err(invalid)?;
    request.headers_mut().extend(ask.headers);
    if says_length {
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    Ok(request)
}
