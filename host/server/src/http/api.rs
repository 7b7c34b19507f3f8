//! `/api/{route}`: requests that components answer.
//!
//! It finds the component, and tells the client no more of a fault than that there was one: what a guest did wrong is in the
//! log. Bodies go through in both directions as they come, up to a limit.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::ALLOW;
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use kernel::limits::HTTP_TRIGGER_BODY_MAX_BYTES;
use sandbox::HttpFault;
use tokio::task::JoinSet;

use super::routes::{Site, no_route};
use crate::problem::{Code, Problem};
use crate::triggers::{HubClient, Lookup, Method};

/// Under which the routes of components lie.
pub const API_BASE: &str = "/api";

/// Any method, any path.
pub async fn serve(State(site): State<Site>, request: Request) -> Response {
    let path = request.uri().path().strip_prefix(API_BASE).unwrap_or_default();
    let table = site.triggers().now();
    let (component, bindings) = match table.find(request.method().as_str(), path.strip_prefix('/').unwrap_or(path)) {
        Lookup::Found(component, bindings) => (component, Arc::clone(bindings)),
        Lookup::Methods(methods) => return not_allowed(&request, methods),
        Lookup::Nothing => return no_route(request).await.into_response(),
    };
    let urls = site.url_base(request.headers());
    let client = Arc::new(HubClient::direct(site.hub().clone(), bindings, urls));
    let request = request.map(|body| Limited::new(body, HTTP_TRIGGER_BODY_MAX_BYTES));
    let sandbox = site.hub().sandbox().clone();
    // A client that goes away drops the set, and that ends the guest.
    let mut run = JoinSet::new();
    run.spawn_on(async move { sandbox.serve(component, request, client).await }, site.hub().guest_runtime());
    match run.join_next().await {
        Some(Ok(Ok(response))) => response.map(|body| Body::new(Limited::new(body, HTTP_TRIGGER_BODY_MAX_BYTES))),
        Some(Ok(Err(fault))) => problem(fault).into_response(),
        Some(Err(_)) | None => Problem::new(Code::InternalError, "the host stops").into_response(),
    }
}

fn not_allowed(request: &Request, methods: impl IntoIterator<Item = Method>) -> Response {
    let allowed = methods.into_iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let (method, path) = (request.method(), request.uri().path());
    let shown: String = path.chars().take(200).collect();
    let problem = Problem::new(Code::MethodNotAllowed, format!("{shown} answers {allowed}, not {method}"));
    let mut response = problem.into_response();
    let allow = HeaderValue::from_str(&allowed).expect("the names of methods are ASCII");
    response.headers_mut().insert(ALLOW, allow);
    response
}

/// What the client is told. A guest's own words are for its author, who finds them in the log.
fn problem(fault: HttpFault) -> Problem {
    let text = fault.to_string();
    match fault {
        HttpFault::NotServed(_) => Problem::new(Code::ComponentUnavailable, text),
        HttpFault::Request(_) => Problem::new(Code::InvalidArgument, text),
        HttpFault::Busy(_) => Problem::new(Code::TooBusy, text),
        HttpFault::TimedOut(_) => Problem::new(Code::TriggerTimeout, text),
        HttpFault::Failed(_) => Problem::new(Code::TriggerFailed, "the component that answers this failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use axum::http::header::RETRY_AFTER;
    use kernel::model::{Failure, Millis, kind};

    #[test]
    fn faults() {
        let check = |fault: HttpFault, status: u16, message: &str| {
            let problem = problem(fault);
            assert!(problem.message.contains(message) && !problem.message.contains("secret"), "{problem}");
            let response = problem.into_response();
            assert_eq!(response.status(), StatusCode::from_u16(status).unwrap());
            assert_eq!(response.headers().contains_key(RETRY_AFTER), status == 503);
        };
        check(HttpFault::Failed(Failure::host(kind::TRAP, "secret")), 500, "failed");
        check(HttpFault::TimedOut(Millis(60_000)), 504, "60000 ms");
        check(HttpFault::Busy("64 triggers run already".into()), 503, "64 triggers");
        check(HttpFault::NotServed("component x is not deployed".into()), 503, "not deployed");
        check(HttpFault::Request("no host".into()), 400, "no host");
    }
}
