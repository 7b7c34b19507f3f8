//! Answers with lists, and the tokens that lead from page to page.
//!
//! A list is written while it is read, a stretch at a time, so that its length does not matter. Each element is shown as
//! it is when its turn comes; one that is started meanwhile is not in the list. It does not know what is listed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use hyper::body::Frame;
use kernel::limits::LIST_MAX_COUNT;
use kernel::model::InstanceNo;
use kernel::port::ReadError;
use tokio::sync::mpsc;

use super::answer;
use super::params::Params;
use crate::problem::{Code, Problem};

/// Names the place where a list goes on, in an answer and in the next request.
pub const CONTINUATION: HeaderName = HeaderName::from_static("x-ms-continuation-token");
/// How many index entries are read at once for a list of all.
const PAGE_COUNT: usize = 512;
/// How many elements are written before other requests have their turn.
const STRETCH_COUNT: usize = 64;
/// When a stretch is long enough to be sent.
const STRETCH_BYTES: usize = 64 << 10;

/// Where the elements of a list come from.
pub trait Source: Send + Sync + 'static {
    /// What the index has of an element.
    type Entry: Send + Sync;

    /// A page of the index, and where the next one begins.
    fn page(
        &self,
        limit: usize,
        after: Option<InstanceNo>,
    ) -> impl Future<Output = Result<(Vec<Self::Entry>, Option<InstanceNo>), ReadError>> + Send;

    /// Writes an element as JSON.
    fn write(&self, out: &mut Vec<u8>, entry: &Self::Entry) -> impl Future<Output = Written> + Send;
}

/// Whether there was something to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// There was.
    Whole,
    /// The element is gone. What was written of it does not count.
    Gone,
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// So many of it, and the token of the rest; without it all that there are.
    top: Option<usize>,
    after: Option<InstanceNo>,
}

impl Range {
    /// Reads what a request says.
    pub fn parse(params: &Params<'_>, headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self { top: params.count("top")?, after: continuation(headers)? })
    }
}

/// Answers with the part of the list that is asked for.
pub async fn respond(source: impl Source, range: Range) -> Result<Response, ReadError> {
    let limit = range.top.map_or(PAGE_COUNT, |top| top.min(LIST_MAX_COUNT));
    let (entries, next) = source.page(limit, range.after).await?;
    let (token, goes_on) = match range.top {
        Some(_) => (next, None),
        None => (None, next),
    };
    let list = List { source, entries: entries.into_iter(), goes_on, before_next: b"[" };
    let mut response = answer::document(list.body().await?);
    if let Some(next) = token {
        response.headers_mut().insert(CONTINUATION, HeaderValue::from(next.0));
    }
    Ok(response)
}

fn continuation(headers: &HeaderMap) -> Result<Option<InstanceNo>, Problem> {
    let token = match headers.get(CONTINUATION).map(HeaderValue::as_bytes) {
        None | Some(b"" | b"null") => return Ok(None),
        Some(token) => std::str::from_utf8(token).ok().and_then(|token| token.parse().ok()),
    };
    let unreadable = || Problem::new(Code::InvalidArgument, format!("the header {CONTINUATION} is not one of a list"));
    token.map(InstanceNo).map(Some).ok_or_else(unreadable)
}

/// A list that is being written.
struct List<S: Source> {
    source: S,
    /// What was read of the index and is not written yet.
    entries: vec::IntoIter<S::Entry>,
    /// Where the index goes on.
    goes_on: Option<InstanceNo>,
    before_next: &'static [u8],
}

/// The part of a list that was written at once.
enum Stretch {
    Inner(Vec<u8>),
    Last(Vec<u8>),
}

impl<S: Source> List<S> {
    /// The whole list if it is short, else a body to which a task of its own adds as fast as the client reads.
    async fn body(mut self) -> Result<Body, ReadError> {
        let first = match self.stretch().await? {
            Stretch::Last(all) => return Ok(all.into()),
            Stretch::Inner(first) => first,
        };
        let (client, written) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut next = Ok(Stretch::Inner(first));
            loop {
                let (bytes, is_last) = match next {
                    Ok(Stretch::Inner(bytes)) => (Ok(bytes.into()), false),
                    Ok(Stretch::Last(bytes)) => (Ok(bytes.into()), true),
                    Err(error) => (Err(error), true),
                };
                if client.send(bytes).await.is_err() || is_last {
                    return;
                }
                next = self.stretch().await;
            }
        });
        Ok(Body::new(Streamed(written)))
    }

    async fn stretch(&mut self) -> Result<Stretch, ReadError> {
        let mut out = Vec::new();
        for _ in 0..STRETCH_COUNT {
            if out.len() >= STRETCH_BYTES {
                break;
            }
            let Some(entry) = self.next().await? else {
                out.extend_from_slice(if self.before_next == b"[" { b"[]" } else { b"]" });
                return Ok(Stretch::Last(out));
            };
            let begin = out.len();
            out.extend_from_slice(self.before_next);
            match self.source.write(&mut out, &entry).await {
                Written::Whole => self.before_next = b",",
                Written::Gone => out.truncate(begin),
            }
        }
        Ok(Stretch::Inner(out))
    }

    async fn next(&mut self) -> Result<Option<S::Entry>, ReadError> {
        if let Some(entry) = self.entries.next() {
            return Ok(Some(entry));
        }
        let Some(after) = self.goes_on else { return Ok(None) };
        let (entries, goes_on) = self.source.page(PAGE_COUNT, Some(after)).await?;
        self.entries = entries.into_iter();
        self.goes_on = goes_on;
        Ok(self.entries.next())
    }
}

/// The body of a long list. An error breaks the connection off, so that nobody takes a part for the whole.
struct Streamed(mpsc::Receiver<Result<Bytes, ReadError>>);

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = ReadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.0.poll_recv(context).map(|written| written.map(|written| written.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations() {
        let check = |token: Option<&[u8]>, expect: Result<Option<u64>, Code>| {
            let token = token.map(|token| (CONTINUATION, HeaderValue::from_bytes(token).unwrap()));
            let got = continuation(&token.into_iter().collect());
            assert_eq!(got.map(|no| no.map(|no| no.0)).map_err(|problem| problem.code), expect);
        };
        check(None, Ok(None));
        check(Some(b""), Ok(None));
        check(Some(b"null"), Ok(None));
        check(Some(b"17"), Ok(Some(17)));
        check(Some(b"x"), Err(Code::InvalidArgument));
        check(Some(b"-1"), Err(Code::InvalidArgument));
        check(Some(b"\xff"), Err(Code::InvalidArgument));
    }
}
