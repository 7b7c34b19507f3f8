//! Starts orchestrations.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::model::{Ended, FunctionKind, FunctionName, InstanceId};

use super::params::Params;
use super::refusal::JSON;
use super::routes::Site;
use super::{body, instances};
use crate::hub::{Hub, NewInstance, StartError};
use crate::problem::{Code, Problem};

/// When to ask for the status of a new instance, in seconds.
const RETRY_START: HeaderValue = HeaderValue::from_static("10");

/// `POST orchestrators/{name}`: the host makes the id.
pub async fn start(
    State(site): State<Site>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(name) = path.map_err(instances::bad_path)?;
    answer(&site, &name, None, request).await
}

/// `POST orchestrators/{name}/{id}`.
pub async fn start_with_id(
    State(site): State<Site>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((name, id)) = path.map_err(instances::bad_path)?;
    answer(&site, &name, Some(InstanceId::parse(&id)?), request).await
}

async fn answer(site: &Site, name: &str, id: Option<InstanceId>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let input = body::payload(body).await?;
    let params = Params::parse(head.uri.query());
    let wait = params.wait()?;
    let version = params.get("version").map(str::to_owned);
    let hub = site.hub();
    let name = FunctionName::parse(name).map_err(|_| unknown(hub, name, None))?;
    let new = NewInstance { id, name, input, version };
    let (id, ended) = match wait {
        None => (hub.start(new).await.map_err(|error| refused(hub, error))?, None),
        Some(wait) => hub.start_and_wait(new, wait).await.map_err(|error| refused(hub, error))?,
    };
    match ended {
        None => Ok(accepted(site, &id, &head.headers)),
        Some(Ended::Completed(output)) => Ok(([(CONTENT_TYPE, JSON)], output.as_bytes().to_vec()).into_response()),
        Some(Ended::Failed(_) | Ended::Terminated(_)) => instances::document(site, &id, &params, &head).await,
    }
}

fn accepted(site: &Site, id: &InstanceId, headers: &HeaderMap) -> Response {
    let urls = site.urls(headers);
    let mut response = (StatusCode::ACCEPTED, urls.management(id)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(RETRY_AFTER, RETRY_START);
    instances::locate(headers, LOCATION, &urls.instance(id));
    response
}

fn refused(hub: &Hub, error: StartError) -> Problem {
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
