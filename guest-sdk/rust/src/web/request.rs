//! An HTTP request as a function sees it. The body is read when somebody asks for it.

use std::{cell::RefCell, fmt};

use serde::de::DeserializeOwned;

use super::{response::Chunks, route::decoded};
use crate::{failure::Result, payload};

/// An HTTP request.
pub struct Request {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
    parameters: Vec<(String, String)>,
    body: RefCell<Chunks>,
}

impl Request {
    /// A request without headers and body, for a test. The path begins with `/api/` and may have a query.
    pub fn new(method: &str, path: &str) -> Request {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        Request {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            headers: Vec::new(),
            parameters: Vec::new(),
            body: RefCell::new(Box::new(std::iter::empty())),
        }
    }

    /// The same request with one more header.
    pub fn with_header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Request {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// The same request with this body.
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Request {
        self.with_chunks(Box::new(std::iter::once(Ok(body.into()))))
    }

    /// The method, in upper case.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path as it was sent, escapes included.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The segments of the path without escapes, `api` included.
    pub fn path_segments(&self) -> impl Iterator<Item = String> {
        self.path.trim_start_matches('/').split('/').map(decoded)
    }

    /// A parameter of the route: `session` of `sessions/{session}/messages`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What stands behind the question mark, as it was sent.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The first value of that name in the query, without escapes.
    pub fn query_value(&self, name: &str) -> Option<String> {
        let plain = |text: &str| decoded(&text.replace('+', " "));
        let pairs = self.query.as_deref()?.split('&');
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(known, _)| plain(known) == name).map(|(_, value)| plain(value))
    }

    /// The first value of a header, in upper or lower case, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(&value.1).ok()
    }

    /// All headers, their names in lower case.
    pub fn headers(&self) -> &[(String, Vec<u8>)] {
        &self.headers
    }

    /// The body, piece by piece as it arrives. Whoever takes it takes it from everybody else.
    ///
    /// # Errors
    /// `broken-body` if the connection broke.
    pub fn chunks(&self) -> impl Iterator<Item = Result<Vec<u8>>> + use<> {
        self.body.replace(Box::new(std::iter::empty()))
    }

    /// The whole body; empty if it was taken before.
    ///
    /// # Errors
    /// `broken-body` if the connection broke.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for chunk in self.chunks() {
            bytes.append(&mut chunk?);
        }
        Ok(bytes)
    }

    /// The whole body as JSON.
    ///
    /// # Errors
    /// `invalid-input` if it is none, or does not fit the type; `broken-body` if the connection broke.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        payload::decode(&self.bytes()?, "invalid-input")
    }

    pub(super) fn with_chunks(self, body: Chunks) -> Request {
        Request { body: RefCell::new(body), ..self }
    }

    pub(super) fn set(&mut self, parameters: Vec<(String, String)>) {
        self.parameters = parameters;
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Request({} {})", self.method, self.path)
    }
}
