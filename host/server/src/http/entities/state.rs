//! Shows one entity.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use kernel::model::EntityId;

use super::super::refusal::without_body;
use super::super::routes::Site;
use super::super::{answer, instances, json, projection};
use super::known;
use crate::hub::{EntityView, StateView};
use crate::problem::{Code, Problem};

/// `GET entities/{name}/{key}`: the state as it is.
pub async fn state(
    State(site): State<Site>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(path) = path.map_err(instances::bad_path)?;
    match state_of(&site, &path).await {
        Ok(StateView { data, .. }) => {
            let mut out = Vec::with_capacity(data.len());
            json::payload(&mut out, &data);
            Ok(answer::document(out))
        }
        Err(problem) if problem.code == Code::NotFound => Ok(without_body(&problem)),
        Err(problem) => Err(problem),
    }
}

/// `GET entities/{name}/{key}/details`: the state and what else is known of the entity.
pub async fn details(
    State(site): State<Site>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(path) = path.map_err(instances::bad_path)?;
    let view = view(&site, &known(&path)?).await?;
    let mut out = Vec::with_capacity(512 + view.state.as_ref().map_or(0, |state| state.data.len()));
    projection::details(&mut out, &view);
    Ok(answer::document(out))
}

async fn state_of(site: &Site, path: &(String, String)) -> Result<StateView, Problem> {
    let id = known(path)?;
    let state = view(site, &id).await?.state;
    state.ok_or_else(|| Problem::new(Code::NotFound, format!("the entity {id} has no state")))
}

async fn view(site: &Site, id: &EntityId) -> Result<EntityView, Problem> {
    let view = site.hub().entity(id).await.map_err(|error| {
        let Problem { code, message } = error.into();
        Problem::new(code, format!("{id}: {message}"))
    })?;
    view.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no entity {id}")))
}
