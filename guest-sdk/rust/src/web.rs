//! HTTP triggers: functions that answer requests, and how a request finds its function.
//!
//! `request` and `response` are what authors see, `route` compares paths, `wasi` carries all of it to and from the host.
//! Nothing here knows a socket: natively a test makes requests and reads responses.

mod request;
mod response;
mod route;
#[cfg(target_family = "wasm")]
pub(crate) mod wasi;

pub use self::{
    request::Request,
    response::{Body, Response},
};

use crate::{
    client::{Client, ClientError},
    failure::{Failure, Result},
};

/// A function that answers HTTP requests. `#[http_trigger]` implements it.
pub trait HttpTrigger {
    /// The route as the manifest has it, below `/api/`; without one, every path.
    const ROUTE: Option<&'static str>;
    /// The methods that it answers, in upper case; all if empty.
    const METHODS: &'static [&'static str];

    /// Answers a request.
    ///
    /// # Errors
    /// Whatever the author's function returns.
    fn handle(request: Request, client: Client) -> Result<Response>;
}

/// One HTTP trigger with its type erased.
#[derive(Debug)]
pub struct HttpEntry {
    route: Option<&'static str>,
    methods: &'static [&'static str],
    handle: fn(Request, Client) -> Result<Response>,
}

impl HttpEntry {
    /// The entry of an HTTP trigger.
    pub const fn of<H: HttpTrigger>() -> Self {
        HttpEntry { route: H::ROUTE, methods: H::METHODS, handle: H::handle }
    }

    fn answers(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.contains(&method)
    }
}

/// Lets the first function answer whose route and methods fit. No route is 404, no method is 405.
pub(crate) fn serve(entries: &[HttpEntry], mut request: Request) -> Response {
    let mut allowed: Vec<&str> = Vec::new();
    for entry in entries {
        let parameters = entry.route.map_or(Some(Vec::new()), |route| route::parameters(route, request.path()));
        let Some(parameters) = parameters else { continue };
        if entry.answers(request.method()) {
            request.set(parameters);
            return (entry.handle)(request, Client::new()).unwrap_or_else(|failure| problem(&failure));
        }
        allowed.extend(entry.methods);
    }
    if allowed.is_empty() {
        problem(&Failure::new("not-found", format!("nothing is served at {}", request.path())))
    } else {
        let failure = Failure::new("method-not-allowed", format!("{} is not served here", request.method()));
        problem(&failure).header("allow", allowed.join(", "))
    }
}

/// What a failure looks like to the caller: its kind and message, and a status that fits the kind.
fn problem(failure: &Failure) -> Response {
    let status = match failure.kind.as_str() {
        "invalid" | "invalid-input" => 400,
        "not-found" => 404,
        "method-not-allowed" => 405,
        "exists" | "conflict" => 409,
        "unavailable" => 503,
        _ => 500,
    };
    let body = serde_json::json!({ "kind": failure.kind, "message": failure.message });
    let response = Response::new(status).header("content-type", "application/json").body(body.to_string());
    if status == 503 { response.header("retry-after", RETRY_AFTER_S) } else { response }
}

/// How many seconds a caller waits before it tries again.
const RETRY_AFTER_S: &str = "5";

/// How many seconds a caller waits before it asks for the status.
const POLL_AFTER_S: &str = "10";

impl Client {
    /// The answer to who started an instance: 202 at once, with the addresses at which it can be watched and managed.
    ///
    /// # Errors
    /// What [`Client::urls`] returns.
    pub fn create_check_status_response(&self, instance: &str) -> Result<Response, ClientError> {
        let urls = self.urls(instance)?;
        let body = serde_json::json!({
            "id": instance,
            "statusQueryGetUri": urls.status_query_get,
            "sendEventPostUri": urls.send_event_post,
            "terminatePostUri": urls.terminate_post,
            "purgeHistoryDeleteUri": urls.purge_history_delete,
            "restartPostUri": urls.restart_post,
            "suspendPostUri": urls.suspend_post,
            "resumePostUri": urls.resume_post,
        });
        let response = Response::new(202).header("location", urls.status_query_get).header("retry-after", POLL_AFTER_S);
        Ok(response.header("content-type", "application/json; charset=utf-8").body(body.to_string()))
    }
}
