//! Deletes instances that have ended, and entities whatever they are.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::super::answer;
use super::super::json::Object;
use super::super::params::Params;
use super::super::routes::Site;
use super::list::filter;
use super::{bad_path, known_of_any_kind};
use crate::problem::{Code, Problem};

/// `DELETE instances/{id}`.
pub async fn purge(
    State(site): State<Site>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(bad_path)?;
    let (head, _) = request.into_parts();
    let reach = Params::parse(head.uri.query()).reach()?;
    Ok(deleted(site.hub().purge(&known_of_any_kind(&id)?, reach).await?))
}

/// `DELETE instances`: those that match. Those that have not ended stay.
pub async fn purge_matching(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    let params = Params::parse(head.uri.query());
    // The contract wants it, so that nobody deletes everything by leaving something out.
    if params.get("createdTimeFrom").is_none() {
        return Err(Problem::new(Code::InvalidArgument, "createdTimeFrom is missing; it must be given"));
    }
    let count = match filter(&params)? {
        Some(query) => site.hub().purge_all(query).await?,
        None => 0,
    };
    match count {
        0 => Err(Problem::new(Code::NotFound, "no instance that has ended matches")),
        count => Ok(deleted(count)),
    }
}

fn deleted(count: u64) -> Response {
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    object.plain("instancesDeleted", count);
    object.end();
    answer::document(out)
}
