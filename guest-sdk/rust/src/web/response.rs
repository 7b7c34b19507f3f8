//! An HTTP response as a function makes it.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::{failure::Result, payload};

/// Bytes that come piece by piece.
pub(super) type Chunks = Box<dyn Iterator<Item = Result<Vec<u8>>>>;

/// An HTTP response.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

/// The body of a response.
pub enum Body {
    /// All of it.
    Bytes(Vec<u8>),
    /// Piece by piece: the next one is made when the one before is sent. A failure breaks the connection off, so that the
    /// caller does not take a part for the whole.
    Chunks(Box<dyn Iterator<Item = Result<Vec<u8>>>>),
}

impl Response {
    /// A response of this status, without headers and body.
    pub fn new(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: Body::Bytes(Vec::new()) }
    }

    /// 200 with a value as JSON.
    ///
    /// # Errors
    /// `invalid-output` if it has no JSON form.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Response> {
        let body = payload::encode(value, "invalid-output")?;
        Ok(Response::new(200).header("content-type", "application/json").body(body))
    }

    /// 200 with a text.
    pub fn text(text: impl Into<String>) -> Response {
        Response::new(200).header("content-type", "text/plain; charset=utf-8").body(text.into())
    }

    /// 200 with a body that comes piece by piece.
    pub fn stream(chunks: impl IntoIterator<Item = Result<Vec<u8>>, IntoIter: 'static>) -> Response {
        Response { body: Body::Chunks(Box::new(chunks.into_iter())), ..Response::new(200) }
    }

    /// The same response with another status.
    pub fn with_status(self, status: u16) -> Response {
        Response { status, ..self }
    }

    /// The same response with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Response {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same response with this body.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Response {
        Response { body: Body::Bytes(body.into()), ..self }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first value of a header, in upper or lower case.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The whole body.
    ///
    /// # Errors
    /// The failure that broke it off.
    pub fn into_bytes(self) -> Result<Vec<u8>> {
        match self.body {
            Body::Bytes(bytes) => Ok(bytes),
            Body::Chunks(mut chunks) => chunks.try_fold(Vec::new(), |mut bytes, chunk| {
                bytes.append(&mut chunk?);
                Ok(bytes)
            }),
        }
    }

    /// The whole body as JSON.
    ///
    /// # Errors
    /// `invalid-output` if it is none, or does not fit the type; the failure that broke it off.
    pub fn into_json<T: DeserializeOwned>(self) -> Result<T> {
        payload::decode(&self.into_bytes()?, "invalid-output")
    }

    #[cfg(target_family = "wasm")]
    pub(super) fn into_parts(self) -> (u16, Vec<(String, String)>, Body) {
        (self.status, self.headers, self.body)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Bytes(bytes) => write!(out, "{} bytes", bytes.len()),
            Body::Chunks(_) => out.write_str("chunks"),
        }
    }
}
