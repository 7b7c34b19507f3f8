//! Shows and manages instances.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::limits::{FAILURE_TEXT_MAX_BYTES, LIST_MAX_COUNT};
use kernel::model::{Head, InstanceId, InstanceNo, Payload, Status};
use kernel::port::{Order, Query};

use super::json::{array, quote};
use super::params::{Params, Statuses};
use super::projection::{self, Part, Show};
use super::refusal::{JSON, without_body};
use super::routes::Site;
use crate::hub::{Detail, StatusError};
use crate::problem::{Code, Problem};

/// When to ask again for the status of a running instance, in seconds.
const RETRY_RUNNING: HeaderValue = HeaderValue::from_static("5");
/// Names the place where a list goes on, in an answer and in the next request.
const CONTINUATION: HeaderName = HeaderName::from_static("x-ms-continuation-token");
/// How many instances are read before other requests have their turn.
const LIST_STRIDE_COUNT: usize = 64;

/// `GET instances/{id}`. With `timeout` and `pollingInterval` the answer comes when the instance has ended, or then.
pub async fn status(
    State(site): State<Site>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(bad_path)?;
    // No instance has an id that is not one: the contract knows only 404 here.
    let Ok(id) = InstanceId::parse(&id) else {
        return Ok(without_body(&Problem::new(Code::NotFound, String::new())));
    };
    let (head, _) = request.into_parts();
    let params = Params::parse(head.uri.query());
    let answer = async {
        if let Some(wait) = params.wait()? {
            site.hub().wait(&id, wait).await?;
        }
        document(&site, &id, &params, &head).await
    };
    match answer.await {
        Err(problem) if problem.code == Code::NotFound => Ok(without_body(&problem)),
        answer => answer,
    }
}

/// The status document with the status code that goes with it.
pub(super) async fn document(
    site: &Site,
    id: &InstanceId,
    params: &Params<'_>,
    request: &Parts,
) -> Result<Response, Problem> {
    let detail = match params.flag("showHistory")? {
        Some(true) => Detail::History,
        Some(false) | None => Detail::Values,
    };
    let input = shown(params.flag("showInput")?.unwrap_or(true));
    let history_output = shown(params.flag("showHistoryOutput")?.unwrap_or(false));
    let failed_is_error = params.flag("returnInternalServerErrorOnFailure")?.unwrap_or(false);
    let view = site.hub().status(id, detail).await.map_err(|error| named(id, error))?;
    let mut out = Vec::with_capacity(512);
    projection::instance(&mut out, &view, Show { input, history_output });
    let code = match view.head.status {
        Status::Running => StatusCode::ACCEPTED,
        Status::Failed if failed_is_error => StatusCode::INTERNAL_SERVER_ERROR,
        Status::Completed | Status::Failed | Status::Terminated => StatusCode::OK,
    };
    let mut response = (code, out).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    if code == StatusCode::ACCEPTED {
        headers.insert(RETRY_AFTER, RETRY_RUNNING);
        let target = request.uri.path_and_query().map_or("", |target| target.as_str());
        locate(headers, LOCATION, &format!("http://{}{target}", site.urls(&request.headers).host));
    }
    Ok(response)
}

/// The store knows instances by number, the caller by id.
fn named(id: &InstanceId, error: StatusError) -> Problem {
    match error {
        StatusError::NotFound(_) => error.into(),
        StatusError::Read(error) => {
            let Problem { code, message } = error.into();
            Problem::new(code, format!("{id}: {message}"))
        }
    }
}

/// `POST instances/{id}/{operation}`.
pub async fn operate(
    State(site): State<Site>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((id, operation)) = path.map_err(bad_path)?;
    if !operation.eq_ignore_ascii_case("terminate") {
        let shown: String = operation.chars().take(100).collect();
        return Err(Problem::new(Code::RouteNotFound, format!("there is no operation {shown:?} on an instance")));
    }
    let id = InstanceId::parse(&id).map_err(|_| Problem::new(Code::NotFound, "no instance can have this id"))?;
    let (head, _) = request.into_parts();
    let params = Params::parse(head.uri.query());
    site.hub().terminate(&id, reason(params.get("reason").unwrap_or_default())).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// `GET instances`.
pub async fn list(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    let params = Params::parse(head.uri.query());
    let Some(query) = query(&params, &head.headers)? else {
        return Ok(([(CONTENT_TYPE, JSON)], "[]").into_response());
    };
    let input = shown(params.flag("showInput")?.unwrap_or(true));
    let output = shown(params.flag("showOutput")?.unwrap_or(true));
    let page = site.hub().list(query).await?;
    let mut documents = Vec::with_capacity(page.heads.len());
    for heads in page.heads.chunks(LIST_STRIDE_COUNT) {
        for head in heads {
            documents.extend(entry(&site, head, input, output).await?);
        }
        tokio::task::yield_now().await;
    }
    let mut out = Vec::new();
    array(&mut out, documents, |out, document| out.extend_from_slice(&document));
    let mut response = ([(CONTENT_TYPE, JSON)], out).into_response();
    if let Some(next) = page.next {
        response.headers_mut().insert(CONTINUATION, HeaderValue::from(next.0));
    }
    Ok(response)
}

/// One element of a list, if the instance is still there. Without values the index alone suffices.
async fn entry(site: &Site, head: &Head, input: Part, output: Part) -> Result<Option<Vec<u8>>, Problem> {
    let mut out = Vec::with_capacity(512);
    if (input, output) == (Part::Hidden, Part::Hidden) {
        projection::head(&mut out, head);
        return Ok(Some(out));
    }
    match site.hub().status(&head.id, Detail::Values).await {
        Ok(view) => projection::instance(&mut out, &view, Show { input, history_output: Part::Hidden }),
        Err(StatusError::NotFound(_)) => return Ok(None),
        // One damaged instance must not hide the others.
        Err(StatusError::Read(_)) => projection::head(&mut out, head),
    }
    Ok(Some(out))
}

/// `None` if no instance can be meant.
fn query(params: &Params<'_>, headers: &HeaderMap) -> Result<Option<Query>, Problem> {
    let statuses = match params.statuses("runtimeStatus")? {
        Statuses::All => Vec::new(),
        Statuses::Only(statuses) if statuses.is_empty() => return Ok(None),
        Statuses::Only(statuses) => statuses,
    };
    let after = match headers.get(CONTINUATION).map(HeaderValue::as_bytes) {
        None | Some(b"" | b"null") => None,
        Some(token) => Some(std::str::from_utf8(token).ok().and_then(|token| token.parse().ok()).ok_or_else(|| {
            Problem::new(Code::InvalidArgument, format!("the header {CONTINUATION} is not one that a list answered"))
        })?),
    };
    Ok(Some(Query {
        prefix: params.get("instanceIdPrefix").map(str::to_owned),
        statuses,
        created_from: params.time("createdTimeFrom")?,
        created_to: params.time("createdTimeTo")?,
        limit: params.count("top")?.unwrap_or(LIST_MAX_COUNT).min(LIST_MAX_COUNT),
        after: after.map(InstanceNo),
        order: Order::NewestFirst,
    }))
}

/// The path is not UTF-8 once it is decoded.
pub(super) fn bad_path(_: PathRejection) -> Problem {
    Problem::new(Code::InvalidId, "the path is not UTF-8")
}

/// URLs are made of ASCII here, so the header is never refused; if it were, the body still has the URL.
pub(super) fn locate(headers: &mut HeaderMap, name: HeaderName, url: &str) {
    if let Ok(value) = HeaderValue::from_str(url) {
        headers.insert(name, value);
    }
}

fn shown(yes: bool) -> Part {
    match yes {
        true => Part::Shown,
        false => Part::Hidden,
    }
}

/// The reason as JSON text, cut to what a history keeps of it.
fn reason(text: &str) -> Payload {
    let end = (0..=text.len().min(FAILURE_TEXT_MAX_BYTES)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    let mut json = Vec::new();
    quote(&mut json, &text[..end]);
    Payload::trusted(&json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        let check = |text: &str, token: Option<&str>, expect: &str| {
            let mut headers = HeaderMap::new();
            if let Some(token) = token {
                headers.insert(CONTINUATION, token.parse().unwrap());
            }
            let got = match query(&Params::parse(Some(text)), &headers) {
                Ok(query) => format!("{query:?}"),
                Err(problem) => format!("{}: {problem}", problem.code),
            };
            assert!(got.contains(expect), "{text}: {got}, not {expect}");
        };
        check("", None, "limit: 10000, after: None");
        check("top=5&instanceIdPrefix=a", None, "prefix: Some(\"a\"), statuses: []");
        check("top=99999", None, "limit: 10000");
        check("runtimeStatus=Pending", None, "None");
        check("runtimeStatus=Pending,Failed", None, "statuses: [Failed]");
        check("", Some("17"), "after: Some(InstanceNo(17))");
        check("", Some("null"), "after: None");
        check("", Some("x"), "invalid_argument");
        check("createdTimeFrom=x", None, "invalid_argument");
    }

    #[test]
    fn reasons() {
        let check = |text: &str, expect: &str| assert_eq!(reason(text).as_str(), expect);
        check("", "\"\"");
        check("say \"no\"", r#""say \"no\"""#);
        let cut = reason(&format!("x{}", "é".repeat(FAILURE_TEXT_MAX_BYTES)));
        assert!(cut.as_bytes().len() <= FAILURE_TEXT_MAX_BYTES + 2 && Payload::check(cut.as_bytes()).is_ok());
    }
}
