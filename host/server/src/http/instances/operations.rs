//! Sends something to an instance, or changes how it goes on.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use kernel::limits::FAILURE_TEXT_MAX_BYTES;
use kernel::model::{EventName, InstanceId, Payload, Raised};

use super::super::json::quote;
use super::super::params::Params;
use super::super::refusal::{as_text, status, with_status};
use super::super::routes::Site;
use super::super::{body, orchestrators};
use super::{bad_path, known};
use crate::hub::{RestartAs, RestartError};
use crate::problem::{Code, Problem};

/// What the operation that sends an event is called.
pub const RAISE_EVENT: &str = "raiseEvent";

/// What can be done to an instance without a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// End it.
    Terminate,
    /// Let it play no turns.
    Suspend,
    /// Let it play turns again.
    Resume,
    /// Take its failure back.
    Rewind,
    /// Start one like it.
    Restart,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Terminate, Self::Suspend, Self::Resume, Self::Rewind, Self::Restart];

    /// The last segment of its path, in any case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Rewind => "rewind",
            Self::Restart => "restart",
        }
    }

    fn parse(text: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|operation| operation.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| no_operation(text))
    }

    /// Some refusals are of another form here than elsewhere, because the contract says so.
    fn refused(self, problem: Problem) -> Response {
        match (self, status(problem.code)) {
            (Self::Rewind, Some(StatusCode::NOT_FOUND | StatusCode::PRECONDITION_FAILED)) => as_text(&problem),
            (Self::Restart, Some(StatusCode::NOT_FOUND)) => with_status(StatusCode::BAD_REQUEST, &problem),
            _ => problem.into_response(),
        }
    }
}

/// `POST instances/{id}/{operation}`.
pub async fn operate(
    State(site): State<Site>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((id, operation)) = path.map_err(bad_path)?;
    let operation = Operation::parse(&operation)?;
    let (head, _) = request.into_parts();
    let done = match known(&id) {
        Ok(id) => carry_out(&site, operation, &id, &head).await,
        Err(problem) => Err(problem),
    };
    Ok(done.unwrap_or_else(|problem| operation.refused(problem)))
}

async fn carry_out(site: &Site, operation: Operation, id: &InstanceId, head: &Parts) -> Result<Response, Problem> {
    let params = Params::parse(head.uri.query());
    let reason = reason(params.get("reason").unwrap_or_default());
    let hub = site.hub();
    match operation {
        Operation::Terminate => hub.terminate(id, reason, params.reach()?).await?,
        Operation::Suspend => hub.suspend(id, reason).await?,
        Operation::Resume => hub.resume(id, reason).await?,
        Operation::Rewind => hub.rewind(id, reason).await?,
        Operation::Restart => return restart(site, id, &params, head).await,
    }
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn restart(site: &Site, id: &InstanceId, params: &Params<'_>, head: &Parts) -> Result<Response, Problem> {
    let under = match params.flag("restartWithNewInstanceId")?.unwrap_or(true) {
        true => RestartAs::NewId,
        false => RestartAs::SameId,
    };
    let wait = params.wait()?;
    let hub = site.hub();
    let id = hub.restart(id, under).await.map_err(|error| match error {
        RestartError::Start(error) => orchestrators::refused(hub, error),
        error => error.into(),
    })?;
    let ended = match wait {
        Some(wait) => hub.wait(&id, wait).await?,
        None => None,
    };
    orchestrators::started(site, &id, ended, params, head).await
}

/// `POST instances/{id}/raiseEvent/{event}`.
pub async fn raise(
    State(site): State<Site>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((id, operation, event)) = path.map_err(bad_path)?;
    if !operation.eq_ignore_ascii_case(RAISE_EVENT) {
        return Err(no_operation(&operation));
    }
    let id = known(&id)?;
    let name = EventName::parse(&event)?;
    let (head, body) = request.into_parts();
    let input = body::declared(&head.headers, body).await?;
    site.hub().raise(&id, Raised { name, input }).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

fn no_operation(name: &str) -> Problem {
    let shown: String = name.chars().take(100).collect();
    Problem::new(Code::RouteNotFound, format!("there is no operation {shown:?} on an instance"))
}

/// The reason as JSON text, cut to what a history keeps of it.
fn reason(text: &str) -> Payload {
    let mut json = Vec::new();
    quote(&mut json, &text[..text.floor_char_boundary(FAILURE_TEXT_MAX_BYTES)]);
    Payload::trusted(&json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons() {
        let check = |text: &str, expect: &str| assert_eq!(reason(text).shown(), expect);
        check("", "\"\"");
        check("say \"no\"", r#""say \"no\"""#);
        let cut = reason(&format!("x{}", "é".repeat(FAILURE_TEXT_MAX_BYTES)));
        assert!(cut.len() <= FAILURE_TEXT_MAX_BYTES + 2 && Payload::check(cut.shown().as_bytes()).is_ok());
    }

    #[test]
    fn operations() {
        let check = |text: &str, expect: Option<Operation>| assert_eq!(Operation::parse(text).ok(), expect, "{text}");
        check("terminate", Some(Operation::Terminate));
        check("SUSPEND", Some(Operation::Suspend));
        check("raiseEvent", None);
        check("", None);
    }
}
