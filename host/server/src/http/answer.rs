//! The answers that several routes share.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::model::InstanceId;

use super::routes::Site;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// When to ask for the status of a new instance, in seconds.
const RETRY_START: HeaderValue = HeaderValue::from_static("10");

/// 200 with a JSON document.
pub(super) fn document(body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, JSON)], body.into()).into_response()
}

/// 202 with all that can be done with an instance that was started.
pub(super) fn started(site: &Site, id: &InstanceId, headers: &HeaderMap) -> Response {
    let urls = site.urls(headers);
    let mut response = (StatusCode::ACCEPTED, urls.management(id)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(RETRY_AFTER, RETRY_START);
    locate(headers, LOCATION, &urls.instance(id));
    response
}

/// URLs are made of ASCII here, so the header is never refused; if it were, the body still has the URL.
pub(super) fn locate(headers: &mut HeaderMap, name: HeaderName, url: &str) {
    if let Ok(value) = HeaderValue::from_str(url) {
        headers.insert(name, value);
    }
}
