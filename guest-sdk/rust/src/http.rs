//! HTTP calls of an orchestrator: the host's activity `dacapo.http`, and durable polling of what it answers.
//!
//! Each request is a call of that activity, so requests and responses are in the history; the waits between two of them
//! are timers. What may be reached is the host's decision.

use std::{collections::BTreeMap, future::Future, ops::RangeInclusive, panic::Location, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    context::Context,
    failure::Result,
    options::{Options, Retry},
    payload::{decode, encode},
    task::Timer,
    time::millis,
    uri,
};

/// The host's own activity.
const ACTIVITY: &str = "dacapo.http";

/// How long to wait before the next poll if the response does not say so.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// What a response may ask for: a careless service shall neither keep an instance busy nor make it wait for ever.
const POLL_INTERVALS: RangeInclusive<u64> = 1..=24 * 3600;

/// A request that [`Context::call_http`] sends.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    message: Result<Message>,
    polling: Polling,
    retry: Option<Retry>,
}

/// What becomes of a response with status 202 and a `Location`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polling {
    /// The location is asked again and again, until it answers with something else. So it is unless you say otherwise.
    On,
    /// It is a response like any other.
    Off,
}

/// What came back. Any status is a response; only what prevented one is a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub content: String,
}

/// The input of the host's activity.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    method: String,
    uri: String,
    headers: BTreeMap<String, String>,
    content: Option<String>,
    timeout_ms: Option<u64>,
}

impl HttpRequest {
    /// A request of this method.
    pub fn new(method: impl Into<String>, uri: impl Into<String>) -> Self {
        let message = Message {
            method: method.into(),
            uri: uri.into(),
            headers: BTreeMap::new(),
            content: None,
            timeout_ms: None,
        };
        HttpRequest { message: Ok(message), polling: Polling::On, retry: None }
    }

    /// A `GET` request.
    pub fn get(uri: impl Into<String>) -> Self {
        Self::new("GET", uri)
    }

    /// A `POST` request.
    pub fn post(uri: impl Into<String>) -> Self {
        Self::new("POST", uri)
    }

    /// Sends this header. The requests that poll send it too, as long as they go to the same origin.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.amend(|message| drop(message.headers.insert(name.into(), value.into())))
    }

    /// Sends this body.
    pub fn content(self, content: impl Into<String>) -> Self {
        self.amend(|message| message.content = Some(content.into()))
    }

    /// Sends this value as a body of the type `application/json`. A value that has no JSON form fails the call with
    /// `invalid-input`.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        match encode(value, "invalid-input") {
            Ok(json) => {
                self.content(String::from_utf8(json).expect("JSON is UTF-8")).header("content-type", "application/json")
            }
            Err(failure) => HttpRequest { message: Err(failure), ..self },
        }
    }

    /// Gives up on a request after this time. It is counted for each request by itself, and waits do not count.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.amend(|message| message.timeout_ms = Some(millis(timeout)))
    }

    /// Whether a response with status 202 is the end.
    pub fn poll(self, polling: Polling) -> Self {
        HttpRequest { polling, ..self }
    }

    /// Sends a request that got no response again, as this policy says.
    pub fn retry(self, retry: Retry) -> Self {
        HttpRequest { retry: Some(retry), ..self }
    }

    fn amend(mut self, change: impl FnOnce(&mut Message)) -> Self {
        if let Ok(message) = &mut self.message {
            change(message);
        }
        self
    }
}

impl HttpResponse {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as a value.
    ///
    /// # Errors
    /// `invalid-output` if it does not fit the type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        decode(self.content.as_bytes(), "invalid-output")
    }

    /// Where and when to ask again, if that is what the response says.
    fn next_poll(&self) -> Option<(&str, Duration)> {
        let location = self.header("location").filter(|_| self.status == 202)?;
        let seconds: Option<u64> = self.header("retry-after").and_then(|text| text.trim().parse().ok());
        let seconds = seconds.map(|seconds| seconds.clamp(*POLL_INTERVALS.start(), *POLL_INTERVALS.end()));
        Some((location, seconds.map_or(POLL_INTERVAL, Duration::from_secs)))
    }
}

impl Message {
    /// The request that asks again. Headers may hold secrets, and another origin shall not learn them.
    fn poll(self, location: &str) -> Message {
        let uri = uri::resolve(&self.uri, location);
        let headers = if uri::is_same_origin(&uri, &self.uri) { self.headers } else { BTreeMap::new() };
        Message { method: "GET".to_owned(), uri, headers, content: None, timeout_ms: self.timeout_ms }
    }
}

impl Context {
    /// Sends an HTTP request and waits for its response.
    ///
    /// While the response has the status 202 and a `Location`, that is asked again after `Retry-After` seconds (30 if it
    /// does not say; at least one and at most a day), for as long as it takes; no instance is kept in memory meanwhile. A status such as 404 is a response
    /// and no failure. The request is sent at least once, with the same `Idempotency-Key` each time.
    #[track_caller]
    pub fn call_http(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse>> + use<> {
        let (cx, source) = (self.clone(), Location::caller());
        let HttpRequest { message, polling, retry } = request;
        let send = move |cx: &Context, message: &Message| {
            let options = Options { retry: retry.clone(), timeout: None };
            cx.schedule::<HttpResponse>(ACTIVITY, message, options, source)
        };
        let first = message.map(|message| (send(&cx, &message), message));
        async move {
            let (mut call, mut message) = first?;
            loop {
                let response = call.await?;
                let (Polling::On, Some((location, wait))) = (polling, response.next_poll()) else {
                    return Ok(response);
                };
                message = message.poll(location);
                Timer::new(cx.machine(), (cx.now() + wait).as_millis(), source).await;
                call = send(&cx, &message);
            }
        }
    }
}
