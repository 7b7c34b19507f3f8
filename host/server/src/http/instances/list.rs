//! Lists instances.
//!
//! A list is written while it is read, a stretch at a time, so that its length does not matter. Each instance is shown
//! as it is when its turn comes; one that is started meanwhile is not in the list.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use hyper::body::Frame;
use kernel::limits::LIST_MAX_COUNT;
use kernel::model::{Head, InstanceNo};
use kernel::port::{Order, Query, ReadError};
use tokio::sync::mpsc;

use super::super::answer;
use super::super::params::{Params, Statuses};
use super::super::projection::{self, Part, Show};
use super::super::routes::Site;
use crate::hub::{Detail, StatusError};
use crate::problem::{Code, Problem};

/// Names the place where a list goes on, in an answer and in the next request.
pub const CONTINUATION: HeaderName = HeaderName::from_static("x-ms-continuation-token");
/// How many index entries are read at once for a list of all.
const PAGE_COUNT: usize = 512;
/// How many instances are read before other requests have their turn.
const STRETCH_COUNT: usize = 64;
/// When a stretch is long enough to be sent.
const STRETCH_BYTES: usize = 64 << 10;

/// `GET instances`. With `top` one page and the token of the next; without it all that there are.
pub async fn list(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    let params = Params::parse(head.uri.query());
    let top = params.count("top")?;
    let (input, output) = (params.part("showInput", Part::Shown)?, params.part("showOutput", Part::Shown)?);
    let limit = top.map_or(PAGE_COUNT, |top| top.min(LIST_MAX_COUNT));
    let after = continuation(&head.headers)?;
    let Some(query) = filter(&params)?.map(|query| Query { limit, after, ..query }) else {
        return Ok(answer::document("[]"));
    };
    let page = site.hub().list(query.clone()).await?;
    let (token, goes_on) = match top {
        Some(_) => (page.next, None),
        None => (None, page.next),
    };
    let list = List { site, query, heads: page.heads.into_iter(), goes_on, input, output, before_next: b"[" };
    let mut response = answer::document(list.body().await?);
    if let Some(next) = token {
        response.headers_mut().insert(CONTINUATION, HeaderValue::from(next.0));
    }
    Ok(response)
}

/// Which instances are meant; `None` if none can be. What a page is of them is for the caller to say.
pub fn filter(params: &Params<'_>) -> Result<Option<Query>, Problem> {
    let statuses = match params.statuses("runtimeStatus")? {
        Statuses::All => Vec::new(),
        Statuses::Only(statuses) if statuses.is_empty() => return Ok(None),
        Statuses::Only(statuses) => statuses,
    };
    Ok(Some(Query {
        prefix: params.get("instanceIdPrefix").map(str::to_owned),
        statuses,
        created_from: params.time("createdTimeFrom")?,
        created_to: params.time("createdTimeTo")?,
        limit: LIST_MAX_COUNT,
        after: None,
        order: Order::NewestFirst,
    }))
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
struct List {
    site: Site,
    query: Query,
    /// What was read of the index and is not written yet.
    heads: vec::IntoIter<Head>,
    /// Where the index goes on.
    goes_on: Option<InstanceNo>,
    input: Part,
    output: Part,
    before_next: &'static [u8],
}

/// The part of a list that was written at once.
enum Stretch {
    Inner(Vec<u8>),
    Last(Vec<u8>),
}

impl List {
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
        Ok(Body::new(Written(written)))
    }

    async fn stretch(&mut self) -> Result<Stretch, ReadError> {
        let mut out = Vec::new();
        for _ in 0..STRETCH_COUNT {
            if out.len() >= STRETCH_BYTES {
                break;
            }
            let Some(head) = self.next().await? else {
                out.extend_from_slice(if self.before_next == b"[" { b"[]" } else { b"]" });
                return Ok(Stretch::Last(out));
            };
            let written = out.len();
            out.extend_from_slice(self.before_next);
            match self.entry(&mut out, &head).await {
                Entry::Written => self.before_next = b",",
                Entry::Gone => out.truncate(written),
            }
        }
        Ok(Stretch::Inner(out))
    }

    async fn next(&mut self) -> Result<Option<Head>, ReadError> {
        if let Some(head) = self.heads.next() {
            return Ok(Some(head));
        }
        let Some(after) = self.goes_on else { return Ok(None) };
        let page = self.site.hub().list(Query { after: Some(after), ..self.query.clone() }).await?;
        self.heads = page.heads.into_iter();
        self.goes_on = page.next;
        Ok(self.heads.next())
    }

    /// Writes one element if the instance is still there. Without values the index alone suffices.
    async fn entry(&self, out: &mut Vec<u8>, head: &Head) -> Entry {
        if (self.input, self.output) == (Part::Hidden, Part::Hidden) {
            projection::head(out, head);
            return Entry::Written;
        }
        let show = Show { input: self.input, history_output: Part::Hidden };
        match self.site.hub().status(&head.id, Detail::Values).await {
            Ok(view) => projection::instance(out, &view, show),
            Err(StatusError::NotFound(_)) => return Entry::Gone,
            // One damaged instance must not hide the others.
            Err(StatusError::Read(_)) => projection::head(out, head),
        }
        Entry::Written
    }
}

enum Entry {
    Written,
    Gone,
}

/// The body of a long list. An error breaks the connection off, so that nobody takes a part for the whole.
struct Written(mpsc::Receiver<Result<Bytes, ReadError>>);

impl HttpBody for Written {
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
    fn filters() {
        let check = |text: &str, expect: &str| {
            let got = match filter(&Params::parse(Some(text))) {
                Ok(query) => format!("{query:?}"),
                Err(problem) => format!("{}: {problem}", problem.code),
            };
            assert!(got.contains(expect), "{text}: {got}, not {expect}");
        };
        check("", "prefix: None, statuses: []");
        check("instanceIdPrefix=a", "prefix: Some(\"a\")");
        check("runtimeStatus=Canceled", "None");
        check("runtimeStatus=Canceled,Failed", "statuses: [Failed]");
        check("runtimeStatus=Pending&runtimeStatus=Suspended", "statuses: [Pending, Suspended]");
        check("createdTimeFrom=x", "invalid_argument");
        check("createdTimeTo=2026-11-22T05:00:00Z", "created_to: Some(Timestamp(1795323600000))");
    }

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
