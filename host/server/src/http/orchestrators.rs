//! Starts orchestrations.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use kernel::model::{Ended, FunctionKind, FunctionName, InstanceId, StartSpec, Timestamp, TraceContext};

use super::params::Params;
use super::routes::Site;
use super::{answer, body, instances};
use crate::hub::{Hub, NewInstance, StartError};
use crate::problem::{Code, Problem};

/// `POST orchestrators/{fn}`: the host makes the id.
pub async fn start(
    State(site): State<Site>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(name) = path.map_err(instances::bad_path)?;
    begin(&site, &name, None, request).await
}

/// `POST orchestrators/{fn}/{id}`.
pub async fn start_with_id(
    State(site): State<Site>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((name, id)) = path.map_err(instances::bad_path)?;
    begin(&site, &name, Some(InstanceId::parse(&id)?), request).await
}

async fn begin(site: &Site, name: &str, id: Option<InstanceId>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let input = body::payload(body).await?;
    let params = Params::parse(head.uri.query());
    let wait = params.wait()?;
    let hub = site.hub();
    let spec = StartSpec {
        name: FunctionName::parse(name).map_err(|_| unknown(hub, name, None))?,
        input,
        version: params.version()?,
        tags: params.tags()?,
        trace: trace(&head.headers),
        start_at: params.start_at(now())?,
        parent: None,
    };
    let new = NewInstance { id, spec };
    let (id, ended) = match wait {
        None => (hub.start(new).await.map_err(|error| refused(hub, error))?, None),
        Some(wait) => hub.start_and_wait(new, wait).await.map_err(|error| refused(hub, error))?,
    };
    started(site, &id, ended, &params, &head).await
}

/// What is answered to whoever started an instance, and perhaps waited for its end.
pub(super) async fn started(
    site: &Site,
    id: &InstanceId,
    ended: Option<Ended>,
    params: &Params<'_>,
    head: &Parts,
) -> Result<Response, Problem> {
    match ended {
        None => Ok(answer::started(site, id, &head.headers)),
        Some(Ended::Completed(output)) => Ok(answer::document(output.as_bytes().to_vec())),
        Some(Ended::Failed(_) | Ended::Terminated(_)) => instances::document(site, id, params, head).await,
    }
}

/// The trace of the caller. One that cannot be read is none.
fn trace(headers: &HeaderMap) -> Option<TraceContext> {
    let text = |name| headers.get(name)?.to_str().ok();
    TraceContext::parse(text("traceparent")?, text("tracestate"))
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

pub(super) fn refused(hub: &Hub, error: StartError) -> Problem {
    match error {
        StartError::UnknownFunction { name, similar } => unknown(hub, name.as_str(), similar),
        error => error.into(),
    }
}

/// The sentence is that of Durable Functions, which scripts look for.
fn unknown(hub: &Hub, name: &str, similar: Option<FunctionName>) -> Problem {
    let shown: String = name.chars().take(100).collect();
    let mut message = format!("The function '{shown}' doesn't exist, is disabled, or is not an orchestrator function.");
    if let Some(similar) = similar {
        message += &format!(" Did you mean '{similar}'?");
    }
    let functions = hub.functions();
    let orchestrators = functions.iter().map(|deployed| &deployed.function);
    let known: Vec<_> = orchestrators
        .filter(|function| function.kind == FunctionKind::Orchestrator)
        .map(|function| format!("'{}'", function.name))
        .collect();
    message += &match known.is_empty() {
        true => " No orchestrator functions are deployed.".to_owned(),
        false => format!(" The known orchestrator functions are: {}.", known.join(", ")),
    };
    Problem::new(Code::UnknownFunction, message)
}
