//! Shows one instance.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use kernel::model::{InstanceId, Status};

use super::super::answer::{self, locate};
use super::super::origin::Origin;
use super::super::params::Params;
use super::super::projection::{self, Part, Show};
use super::super::refusal::without_body;
use super::super::routes::Site;
use super::{bad_path, known};
use crate::hub::{Detail, StatusError};
use crate::problem::{Code, Problem};

/// When to ask again for the status of a running instance, in seconds.
const RETRY_RUNNING: HeaderValue = HeaderValue::from_static("5");

/// `GET instances/{id}`. With `timeout` and `pollingInterval` the answer comes when the instance has ended, or then.
pub async fn status(
    State(site): State<Site>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(bad_path)?;
    let (head, _) = request.into_parts();
    let params = Params::parse(head.uri.query());
    let answer = async {
        let id = known(&id)?;
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
pub async fn document(site: &Site, id: &InstanceId, params: &Params<'_>, request: &Parts) -> Result<Response, Problem> {
    let detail = match params.flag("showHistory")? {
        Some(true) => Detail::History,
        Some(false) | None => Detail::Values,
    };
    let input = params.part("showInput", Part::Shown)?;
    let history_output = params.part("showHistoryOutput", Part::Hidden)?;
    let failed_is_error = params.flag("returnInternalServerErrorOnFailure")?.unwrap_or(false);
    let view = site.hub().status(id, detail).await.map_err(|error| named(id, error))?;
    let mut out = Vec::with_capacity(512);
    projection::instance(&mut out, &view, Show { input, history_output });
    let mut response = answer::document(out);
    *response.status_mut() = match view.head.status {
        Status::Pending | Status::Running | Status::Suspended => StatusCode::ACCEPTED,
        Status::Failed if failed_is_error => StatusCode::INTERNAL_SERVER_ERROR,
        Status::Completed | Status::Failed | Status::Terminated => StatusCode::OK,
    };
    if response.status() == StatusCode::ACCEPTED {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, RETRY_RUNNING);
        let target = request.uri.path_and_query().map_or("", |target| target.as_str());
        let Origin { scheme, host } = site.urls(&request.headers).origin;
        locate(headers, LOCATION, &format!("{scheme}://{host}{target}"));
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
