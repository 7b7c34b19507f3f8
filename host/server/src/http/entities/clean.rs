//! Takes away what is left of orchestrations that are no more.

use axum::extract::State;
use axum::response::Response;

use super::super::answer;
use super::super::json::Object;
use super::super::routes::Site;
use crate::problem::Problem;

/// `POST clean-entities`. Entities without a state go by themselves; what can be left is a lock that nobody releases.
pub async fn clean(State(site): State<Site>) -> Result<Response, Problem> {
    let cleaned = site.hub().clean_entities().await?;
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    object.plain("locksReleased", cleaned.locks_released);
    object.end();
    Ok(answer::document(out))
}
