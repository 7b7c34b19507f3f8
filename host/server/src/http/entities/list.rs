//! Lists entities.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use kernel::model::{FunctionName, InstanceNo};
use kernel::port::ReadError;

use super::super::params::Params;
use super::super::projection::{self, Part};
use super::super::routes::Site;
use super::super::{answer, instances, pages};
use crate::hub::{EntityQuery, EntityView, WithState};
use crate::problem::Problem;

/// `GET entities`.
pub async fn list(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    respond(site, None, request).await
}

/// `GET entities/{name}`.
pub async fn list_of_name(
    State(site): State<Site>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(name) = path.map_err(instances::bad_path)?;
    match FunctionName::parse(&name) {
        Ok(name) => respond(site, Some(name), request).await,
        // Nothing is called so.
        Err(_) => Ok(answer::document("[]")),
    }
}

async fn respond(site: Site, name: Option<FunctionName>, request: Request) -> Result<Response, Problem> {
    let (head, _) = request.into_parts();
    let params = Params::parse(head.uri.query());
    let range = pages::Range::parse(&params, &head.headers)?;
    let query = EntityQuery {
        name,
        key_prefix: params.get("keyPrefix").map(str::to_owned),
        from: params.time("lastOperationTimeFrom")?,
        to: params.time("lastOperationTimeTo")?,
        states: WithState::No,
        ..EntityQuery::default()
    };
    let state = params.part("fetchState", Part::Hidden)?;
    Ok(pages::respond(Entities { site, query, state }, range).await?)
}

/// The entities that a query finds.
struct Entities {
    site: Site,
    query: EntityQuery,
    state: Part,
}

impl pages::Source for Entities {
    type Entry = EntityView;

    async fn page(
        &self,
        limit: usize,
        after: Option<InstanceNo>,
    ) -> Result<(Vec<EntityView>, Option<InstanceNo>), ReadError> {
        let page = self.site.hub().entities(EntityQuery { limit, after, ..self.query.clone() }).await?;
        Ok((page.entities, page.next))
    }

    /// States may be large, so each is read when its turn comes.
    async fn write(&self, out: &mut Vec<u8>, entry: &EntityView) -> pages::Written {
        if self.state == Part::Hidden {
            projection::listed(out, entry);
            return pages::Written::Whole;
        }
        match self.site.hub().entity(&entry.id).await {
            Ok(Some(view)) => projection::listed(out, &view),
            Ok(None) => return pages::Written::Gone,
            // One damaged state must not hide the others.
            Err(_) => projection::listed(out, entry),
        }
        pages::Written::Whole
    }
}
