//! What tools fetch, and whether the host lives.

use axum::http::StatusCode;
use utoipa::openapi::path::HttpMethod;

use super::super::urls::{RPC_BASE, WEBHOOK_BASE};
use super::operation::{Described, TEXT};
use super::schemas::{BINDING, HISTORY, any, instance_id, named, text};
use crate::problem::Code;

pub(super) fn operations() -> Vec<Described> {
    let get = |path: String, id: &str, summary: &str| Described::new(HttpMethod::Get, path, id, summary);
    let plain = |path: &str, id: &str, summary: &str| {
        get(path.to_owned(), id, summary).answers_as(StatusCode::OK, TEXT, text(), "It does.")
    };
    let binding = get(
        format!("{WEBHOOK_BASE}/client-binding"),
        "clientBinding",
        "What a client of Durable Functions is made with, as its host would hand it over.",
    );
    let history = get(
        format!("{WEBHOOK_BASE}/instances/{{id}}/history"),
        "exportHistory",
        "The history of the present execution of an instance, complete: what `dacapo replay` reads.",
    );
    let component = get(format!("{RPC_BASE}/components/{{digest}}"), "getComponent", "A component as it was deployed.");
    let functions = get(format!("{RPC_BASE}/functions"), "listFunctions", "What components say of their functions.");
    let itself = get("/openapi.json".to_owned(), "openapi", "This document.");
    vec![
        binding.answers(StatusCode::OK, named(BINDING), "The binding."),
        history
            .segment("id", instance_id(), "The id of the instance.")
            .answers(StatusCode::OK, named(HISTORY), "The history.")
            .refuses(&[Code::InvalidId, Code::NotFound, Code::StoreUnavailable, Code::HistoryDamaged]),
        component
            .segment("digest", text().pattern(Some("^[0-9a-f]{64}$")), "The SHA-256 of the component.")
            .answers_as(StatusCode::OK, "application/wasm", text(), "The component.")
            .refuses(&[Code::InvalidId, Code::UnknownComponent]),
        functions.answers(StatusCode::OK, any(), "All functions, with their schemas."),
        itself.answers(StatusCode::OK, any(), "An OpenAPI document."),
        plain("/healthz", "alive", "Whether the process answers."),
        plain("/readyz", "ready", "Whether the hub takes work."),
    ]
}
