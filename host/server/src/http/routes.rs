//! The table of routes, the same under both bases.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::routing::{any, get, post};

use super::guard::HostGuard;
use super::origin::{Forwarded, Origin};
use super::urls::{RPC_BASE, UrlBase, Urls, WEBHOOK_BASE};
use super::{api, entities, health, instances, openapi, orchestrators, tools};
use crate::config::HubName;
use crate::hub::Hub;
use crate::problem::{Code, Problem};
use crate::triggers::Routes;

/// What the handlers work with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    hub: Hub,
    name: HubName,
    guard: HostGuard,
    forwarded: Forwarded,
    routes: Routes,
}

impl Site {
    /// Shows a hub under a name to those whom the guard lets in.
    pub fn new(hub: Hub, name: HubName, guard: HostGuard, forwarded: Forwarded, routes: Routes) -> Self {
        Self(Arc::new(Inner { hub, name, guard, forwarded, routes }))
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.0.hub
    }

    pub(super) fn guard(&self) -> &HostGuard {
        &self.0.guard
    }

    /// URLs for whoever sent this request head, by the name that it used for this host.
    pub(super) fn urls<'a>(&'a self, headers: &'a HeaderMap) -> Urls<'a> {
        Urls { origin: Origin::of(headers, self.0.forwarded), hub: &self.0.name }
    }

    /// The same, for a guest to make URLs of.
    pub(super) fn url_base(&self, headers: &HeaderMap) -> UrlBase {
        UrlBase::new(Origin::of(headers, self.0.forwarded), self.0.name.clone())
    }

    /// The routes of HTTP triggers.
    pub(super) fn triggers(&self) -> &Routes {
        &self.0.routes
    }
}

/// All routes. Those of the contract are the same under both bases.
pub fn router(site: Site) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/openapi.json", get(openapi::document))
        .route("/api", any(api::serve))
        .route("/api/{*path}", any(api::serve))
        .route("/api/", any(api::serve))
        .route(&format!("{RPC_BASE}/components/{{digest}}"), get(tools::component))
        .route(&format!("{RPC_BASE}/functions"), get(tools::functions))
        .route(&format!("{RPC_BASE}/entities/{{name}}/{{key}}/details"), get(entities::details))
        .route(&format!("{RPC_BASE}/clean-entities"), post(entities::clean));
    for base in [WEBHOOK_BASE, RPC_BASE] {
        let all = get(instances::list).delete(instances::purge_matching);
        let entity = get(entities::state).post(entities::signal).delete(entities::delete);
        router = router
            .route(&format!("{base}/orchestrators/{{fn}}"), post(orchestrators::start))
            .route(&format!("{base}/orchestrators/{{fn}}/{{id}}"), post(orchestrators::start_with_id))
            .route(&format!("{base}/instances"), all.clone())
            .route(&format!("{base}/instances/"), all)
            .route(&format!("{base}/instances/{{id}}"), get(instances::status).delete(instances::purge))
            .route(&format!("{base}/instances/{{id}}/history"), get(tools::history))
            .route(&format!("{base}/instances/{{id}}/{{operation}}"), post(instances::operate))
            .route(&format!("{base}/instances/{{id}}/{{operation}}/{{event}}"), post(instances::raise))
            .route(&format!("{base}/entities"), get(entities::list))
            .route(&format!("{base}/entities/"), get(entities::list))
            .route(&format!("{base}/entities/{{name}}"), get(entities::list_of_name))
            .route(&format!("{base}/entities/{{name}}/{{key}}"), entity)
            .route(&format!("{base}/client-binding"), get(tools::binding));
    }
    router.fallback(no_route).method_not_allowed_fallback(no_route).with_state(site)
}

/// The contract answers a wrong method like a wrong path.
pub(super) async fn no_route(request: Request) -> Problem {
    let shown: String = request.uri().path().chars().take(200).collect();
    Problem::new(Code::RouteNotFound, format!("there is no {} {shown}", request.method()))
}
