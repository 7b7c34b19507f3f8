//! The description of the HTTP interface that tools read, made from what the routes are made of.
//!
//! Each route group has a module that says in the terms of [`operation`] what its handlers read and answer; statuses,
//! codes and their texts come from the table of problems. What it says is held against a running host by the tests.

mod entities;
mod instances;
mod operation;
mod orchestrators;
mod schemas;
mod tools;

use std::sync::LazyLock;

use axum::response::Response;
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder, Paths};

use super::answer;
use super::urls::RPC_BASE;

/// `GET /openapi.json`.
pub async fn document() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| described().to_json().expect("all keys are text"));
    answer::document(TEXT.as_str())
}

fn described() -> OpenApi {
    let mut paths = Paths::new();
    let groups = [orchestrators::operations(), instances::operations(), entities::operations(), tools::operations()];
    for operation in groups.into_iter().flatten() {
        let (method, path, operation) = operation.build();
        paths.add_path_operation(path, vec![method], operation);
    }
    let mut info = Info::new("dacapo", env!("CARGO_PKG_VERSION"));
    info.description = Some(format!(
        "The HTTP management interface of Durable Functions, and what dacapo adds to it. All paths of the webhook base \
         are served under `{RPC_BASE}` too, where local clients look for them. The names of query parameters and the \
         words in them may be written in any case, and an empty parameter counts as missing; `taskHub`, `connection` and \
         `code` are accepted everywhere and mean nothing to a host of one hub. Every refusal names a stable code in the \
         header `dacapo-error`."
    ));
    OpenApiBuilder::new().info(info).paths(paths).components(Some(schemas::components())).build()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use expect_test::expect;

    /// Each operation with its parameters and its statuses.
    #[test]
    fn operations() {
        let document: serde_json::Value = serde_json::from_str(&described().to_json().unwrap()).unwrap();
        let mut text = String::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let queries = parameters.filter(|parameter| parameter["in"] == "query");
                let queries: Vec<_> = queries.map(|query| query["name"].as_str().unwrap()).collect();
                let statuses: Vec<_> = operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
                let id = operation["operationId"].as_str().unwrap();
                writeln!(text, "{method} {path} {id}").unwrap();
                writeln!(text, "  ?{} → {}", queries.join(" "), statuses.join(" ")).unwrap();
            }
        }
        expect![[r#"
            post /durabletask/clean-entities cleanEntities
              ? → 200 403 431 500 503
            get /durabletask/components/{digest} getComponent
              ? → 200 400 403 404 431 500
            get /durabletask/entities/{name}/{key}/details getEntityDetails
              ? → 200 400 403 404 431 500 503
            get /durabletask/functions listFunctions
              ? → 200 403 431 500
            get /healthz alive
              ? → 200 403 431 500
            get /openapi.json openapi
              ? → 200 403 431 500
            get /readyz ready
              ? → 200 403 431 500
            get /runtime/webhooks/durabletask/client-binding clientBinding
              ? → 200 403 431 500
            get /runtime/webhooks/durabletask/entities listEntities
              ?lastOperationTimeFrom lastOperationTimeTo fetchState top → 200 400 403 431 500 503
            get /runtime/webhooks/durabletask/entities/{name} listEntitiesOfName
              ?lastOperationTimeFrom lastOperationTimeTo fetchState top keyPrefix → 200 400 403 431 500 503
            delete /runtime/webhooks/durabletask/entities/{name}/{key} deleteEntity
              ? → 202 400 403 429 431 500 503 507
            get /runtime/webhooks/durabletask/entities/{name}/{key} getEntityState
              ? → 200 400 403 404 431 500 503
            post /runtime/webhooks/durabletask/entities/{name}/{key} signalEntity
              ?op scheduledTime → 202 400 403 408 413 429 431 500 503 507
            delete /runtime/webhooks/durabletask/instances purgeMatching
              ?createdTimeTo instanceIdPrefix runtimeStatus createdTimeFrom → 200 400 403 404 431 500 503 507
            get /runtime/webhooks/durabletask/instances listInstances
              ?createdTimeTo instanceIdPrefix runtimeStatus createdTimeFrom top showInput showOutput → 200 400 403 431 500 503
            delete /runtime/webhooks/durabletask/instances/{id} purge
              ?recursive → 200 400 403 404 412 431 500 503 507
            get /runtime/webhooks/durabletask/instances/{id} getStatus
              ?showInput showHistory showHistoryOutput returnInternalServerErrorOnFailure timeout pollingInterval → 200 202 400 403 404 431 500 503
            get /runtime/webhooks/durabletask/instances/{id}/history exportHistory
              ? → 200 400 403 404 431 500 503
            post /runtime/webhooks/durabletask/instances/{id}/raiseEvent/{event} raiseEvent
              ? → 202 400 403 404 408 410 413 429 431 500 503 507
            post /runtime/webhooks/durabletask/instances/{id}/restart restart
              ?timeout pollingInterval returnInternalServerErrorOnFailure restartWithNewInstanceId → 200 202 400 403 409 431 500 503 507
            post /runtime/webhooks/durabletask/instances/{id}/resume resume
              ?reason → 202 400 403 404 410 429 431 500 503 507
            post /runtime/webhooks/durabletask/instances/{id}/rewind rewind
              ?reason → 202 400 403 404 412 431 500 503 507
            post /runtime/webhooks/durabletask/instances/{id}/suspend suspend
              ?reason → 202 400 403 404 410 429 431 500 503 507
            post /runtime/webhooks/durabletask/instances/{id}/terminate terminate
              ?reason recursive → 202 400 403 404 410 431 500 503 507
            post /runtime/webhooks/durabletask/orchestrators/{fn} start
              ?version scheduledStartTime tag timeout pollingInterval returnInternalServerErrorOnFailure → 200 202 400 403 404 408 413 431 500 503 507
            post /runtime/webhooks/durabletask/orchestrators/{fn}/{id} startWithId
              ?version scheduledStartTime tag timeout pollingInterval returnInternalServerErrorOnFailure → 200 202 400 403 404 408 409 413 431 500 503 507
        "#]].assert_eq(&text);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = described().to_json().unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let names = text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
        for name in names {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
