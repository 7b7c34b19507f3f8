//! What tools fetch: how a client speaks to this host, a history to replay elsewhere, the component that made it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use kernel::model::ComponentDigest;

use super::answer;
use super::instances::{bad_path, known};
use super::routes::Site;
use crate::problem::{Code, Problem};
use crate::types::Entry;

/// `GET client-binding`: what a client of Durable Functions is made with.
pub async fn binding(State(site): State<Site>, headers: HeaderMap) -> Response {
    answer::document(site.urls(&headers).binding())
}

/// `GET functions`: what can be asked of this host, as its components describe it.
pub async fn functions(State(site): State<Site>) -> Response {
    let entries: Vec<_> = site.hub().functions().iter().map(|deployed| Entry::from(&deployed.function)).collect();
    answer::document(serde_json::json!({ "functions": entries }).to_string())
}

/// `GET instances/{id}/history`: the whole history as a document, nothing left out.
pub async fn history(State(site): State<Site>, path: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(id) = path.map_err(bad_path)?;
    let export = site.hub().export(&known(&id)?).await?;
    // A long history takes a while to write, and others are served meanwhile.
    Ok(answer::document(tokio::task::block_in_place(|| export.to_json())))
}

/// `GET components/{digest}`: a component as it was deployed.
pub async fn component(
    State(site): State<Site>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(digest) = path.map_err(bad_path)?;
    let unknown = || {
        let shown: String = digest.chars().take(100).collect();
        Problem::new(Code::UnknownComponent, format!("no component {shown:?} is kept here"))
    };
    let digest = ComponentDigest::parse(&digest).ok_or_else(unknown)?;
    let component = site.hub().component(digest).await.ok_or_else(unknown)?;
    Ok(([(CONTENT_TYPE, "application/wasm")], component).into_response())
}
