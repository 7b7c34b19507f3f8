//! Asks entities to do something. Nobody hears how it went; that the operation is not lost is what is answered.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::model::{EntityId, FunctionKind, OperationName, Payload, Timestamp};

use super::super::params::{self, Params};
use super::super::routes::Site;
use super::super::{body, functions, instances};
use super::named;
use crate::hub::SignalError;
use crate::problem::{Code, Problem};

/// The operation that takes the state of an entity away.
const DELETE: &str = "delete";

/// `POST entities/{name}/{key}`.
pub async fn signal(
    State(site): State<Site>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(path) = path.map_err(instances::bad_path)?;
    let to = named(&path)?;
    let (head, body) = request.into_parts();
    let params = Params::parse(head.uri.query());
    let missing = || Problem::new(Code::InvalidArgument, "op is missing; it names the operation");
    let name = OperationName::parse(params.get("op").ok_or_else(missing)?)?;
    let at = params.ahead("scheduledTime", params::now())?;
    let input = body::value_or_text(&head.headers, body).await?;
    send(&site, to, name, input, at).await
}

/// `DELETE entities/{name}/{key}`.
pub async fn delete(
    State(site): State<Site>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(path) = path.map_err(instances::bad_path)?;
    send(&site, named(&path)?, OperationName::parse(DELETE)?, Payload::null(), None).await
}

async fn send(
    site: &Site,
    to: EntityId,
    name: OperationName,
    input: Payload,
    at: Option<Timestamp>,
) -> Result<Response, Problem> {
    let hub = site.hub();
    hub.signal(to, name, input, at).await.map_err(|error| match error {
        SignalError::UnknownEntity { name, similar } => {
            functions::unknown(hub, FunctionKind::Entity, name.as_str(), similar)
        }
        error => error.into(),
    })?;
    Ok(StatusCode::ACCEPTED.into_response())
}
