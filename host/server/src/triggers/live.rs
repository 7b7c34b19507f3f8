//! What a host serves beside its interface: routes, timers and streams, as the deployments have them at present.
//!
//! It follows deployments when it is told to and not before, so that one who deploys several components does it once. While
//! it follows, requests go on: each is answered by the table that it began with.

use super::table::{RouteTable, Routes};
use super::{Connections, Running, grant_activities};
use crate::http::UrlBase;
use crate::hub::{Bound, Hub};
use crate::problem::Problem;

/// The triggers of a hub. Dropped, they stop; what was not committed is done after the next start.
#[derive(Debug)]
pub struct Live {
    hub: Hub,
    connections: Connections,
    /// Where the hub is found.
    urls: UrlBase,
    routes: Routes,
    bound: Vec<Bound>,
    running: Option<Running>,
}

impl Live {
    /// Starts all that is bound.
    ///
    /// # Errors
    /// A connection cannot be made with these settings. That a server is not there is no error.
    pub async fn start(hub: &Hub, connections: Connections, urls: UrlBase) -> Result<Self, Problem> {
        let (bound, routes) = (Vec::new(), Routes::default());
        let mut live = Self { hub: hub.clone(), connections, urls, routes, bound, running: None };
        live.follow().await?;
        Ok(live)
    }

    /// The routes, which stay what is served when it follows.
    pub fn routes(&self) -> Routes {
        self.routes.clone()
    }

    /// Lets routes, timers and streams be those of the components that are deployed now. Timers and streams of which nothing
    /// changed run on undisturbed; else a run that is under way is broken off and made again by the new component.
    ///
    /// # Errors
    /// As for [`Self::start`]; timers and streams stand still then, and their next run is later.
    pub async fn follow(&mut self) -> Result<(), Problem> {
        let bound = self.hub.bound();
        if bound == self.bound && self.running.is_some() {
            return Ok(());
        }
        self.routes.replace(RouteTable::new(bound.iter().cloned()));
        grant_activities(&self.hub, &bound, self.urls.clone());
        if self.running.is_none() || !active(&bound).eq(active(&self.bound)) {
            if let Some(running) = self.running.take() {
                running.stop().await;
            }
            self.running = Some(Running::start(&self.hub, &bound, &self.connections, self.urls.clone()).await?);
        }
        self.bound = bound;
        Ok(())
    }
}

/// What runs without being asked.
fn active(bound: &[Bound]) -> impl Iterator<Item = &Bound> {
    bound.iter().filter(|bound| !bound.bindings.timers.is_empty() || !bound.bindings.streams.is_empty())
}
