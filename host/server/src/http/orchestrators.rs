//! Starts orchestrations.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use kernel::model::{Ended, FunctionKind, FunctionName, InstanceId, StartSpec, TraceContext};

use super::params::{self, Params};
use super::routes::Site;
use super::{answer, body, functions, instances, json};
use crate::hub::{Hub, NewInstance, StartError};
use crate::problem::Problem;

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
        start_at: params.ahead("scheduledStartTime", params::now())?,
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
        Some(Ended::Completed(output)) => {
            let mut out = Vec::with_capacity(output.len());
            json::payload(&mut out, &output);
            Ok(answer::document(out))
        }
        Some(Ended::Failed(_) | Ended::Terminated(_)) => instances::document(site, id, params, head).await,
    }
}

/// The trace of the caller. One that cannot be read is none.
fn trace(headers: &HeaderMap) -> Option<TraceContext> {
    let text = |name| headers.get(name)?.to_str().ok();
    TraceContext::parse(text("traceparent")?, text("tracestate"))
}

pub(super) fn refused(hub: &Hub, error: StartError) -> Problem {
    match error {
        StartError::UnknownFunction { name, similar } => unknown(hub, name.as_str(), similar),
        error => error.into(),
    }
}

fn unknown(hub: &Hub, name: &str, similar: Option<FunctionName>) -> Problem {
    functions::unknown(hub, FunctionKind::Orchestrator, name, similar)
}
