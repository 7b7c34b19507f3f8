//! How orchestrations are started.

use axum::http::StatusCode;
use axum::http::header::{LOCATION, RETRY_AFTER};
use utoipa::openapi::path::HttpMethod;

use super::super::urls::WEBHOOK_BASE;
use super::operation::Described;
use super::schemas::{MANAGEMENT, any, array, flag, instance_id, named, seconds, text, time};
use crate::problem::Code;

pub(super) fn operations() -> Vec<Described> {
    let path = format!("{WEBHOOK_BASE}/orchestrators/{{fn}}");
    let made = Described::new(HttpMethod::Post, &path, "start", "Starts an orchestration; the host makes its id.");
    let given = Described::new(
        HttpMethod::Post,
        format!("{path}/{{id}}"),
        "startWithId",
        "Starts an orchestration under an id, which is free again when an instance has ended.",
    );
    let given =
        given.segment("id", instance_id(), "The id: no `/ \\ # ?` and no control characters, and no `@` in front.");
    vec![start(made), start(given.refuses(&[Code::InvalidId, Code::InstanceExists]))]
}

fn start(described: Described) -> Described {
    let described = described
        .segment("fn", text().min_length(Some(1)), "The orchestrator, in any case.")
        .query("version", text(), "The version that the orchestration is told.")
        .query("scheduledStartTime", time(), "When the first turn is played, if not at once.")
        .query("tag", array(text()), "A tag as `name:value`; may be repeated.")
        .header("traceparent", text(), "The trace that the start belongs to (W3C Trace Context).")
        .header("tracestate", text(), "What goes with it.")
        .body(any(), "The input: any JSON, kept as it is; without a body `null`. Its declared type does not matter.")
        .refuses(&[Code::UnknownFunction, Code::InvalidJson, Code::BodyBroken, Code::RouteNotFound])
        .refuses(&[Code::BodyTimeout, Code::PayloadTooLarge]);
    answered(described)
}

/// What whoever started an instance is answered.
pub(super) fn answered(described: Described) -> Described {
    described
        .query("timeout", seconds(), "How long to wait for the end, in seconds. Needs `pollingInterval`.")
        .query("pollingInterval", seconds(), "At most `timeout`. It means nothing to this host, which does not poll.")
        .answers(StatusCode::ACCEPTED, named(MANAGEMENT), "It is started, and has not ended if the request waited.")
        .with(StatusCode::ACCEPTED, LOCATION, "Where its status is found.")
        .with(StatusCode::ACCEPTED, RETRY_AFTER, "After how many seconds to ask for it.")
        .answers(StatusCode::OK, any(), "It ended in time: its output, or its status document unless it completed.")
        .answers(StatusCode::INTERNAL_SERVER_ERROR, any(), "It failed in time, and that was to be an error.")
        .query("returnInternalServerErrorOnFailure", flag(), "Whether a failure within the time is answered with 500.")
        .refuses(&[Code::InvalidArgument, Code::ComponentUnavailable, Code::OutcomeUnknown, Code::StoreUnavailable])
        .refuses(&[Code::HistoryDamaged, Code::StorageFull])
}
