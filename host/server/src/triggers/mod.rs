//! What starts work from outside: HTTP requests, the clock, and streams of messages.
//!
//! It owns what a manifest binds to a component, the runs of triggers, and what a guest may ask of its hub. Triggers are
//! not journaled; that what one asks for happens once is due to marks: what a run of a timer or a stream trigger asks for
//! is committed together with a note of the tick or message that it was run for. Nothing here decides what an instance may
//! do, and no run of a trigger keeps the host from anything else.

mod bindings;
mod client;
mod live;
mod route;
mod runner;
mod schedule;
mod streams;
mod table;
mod timers;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::model::ComponentDigest;
use sandbox::NoClient;
use tokio::task::JoinSet;

pub use bindings::{
    Batch, Bindings, Deliveries, Grant, HttpBinding, InvalidBindings, Method, StartFrom, StreamBinding, Subject,
    TimerBinding, Token,
};
pub use client::{HubClient, RunId};
pub use live::Live;
pub use route::{InvalidRoute, Route};
pub use schedule::{Due, InvalidSchedule, Schedule};
pub use streams::{Connection, Connections};
pub use table::{Lookup, RouteTable, Routes};

use self::runner::Runner;
use self::streams::Reader;
use self::timers::Timer;
use crate::http::UrlBase;
use crate::hub::{Bound, Hub};
use crate::problem::Problem;

/// The timers and streams of a hub, running. Dropped, they stop; what was not committed is done after the next start.
#[derive(Debug)]
struct Running {
    runner: Runner,
    tasks: JoinSet<()>,
}

impl Running {
    /// Starts them. `urls` is where the hub is found.
    ///
    /// # Errors
    /// A connection cannot be made with these settings. That a server is not there is no error.
    async fn start(hub: &Hub, bound: &[Bound], connections: &Connections, urls: UrlBase) -> Result<Self, Problem> {
        let runner = Runner::new(hub.clone(), urls);
        let (mut timers, mut readers) = (Vec::new(), Vec::new());
        for Bound { component, bindings } in bound.iter().cloned() {
            let bindings = Arc::new(bindings);
            for binding in bindings.timers.iter().cloned() {
                timers.push(Timer { component, bindings: Arc::clone(&bindings), binding });
            }
            for binding in bindings.streams.iter().cloned() {
                let (runner, bindings) = (runner.clone(), Arc::clone(&bindings));
                readers.push(Reader { runner, component, bindings, binding });
            }
        }
        let mut tasks = JoinSet::new();
        streams::start(readers, connections, &mut tasks, hub.guest_runtime()).await?;
        if !timers.is_empty() {
            tasks.spawn_on(timers::run(runner.clone(), timers), hub.guest_runtime());
        }
        Ok(Self { runner, tasks })
    }

    /// Stops them. After this nothing that they did is on its way any more: what has a mark has it.
    async fn stop(mut self) {
        self.tasks.shutdown().await;
        self.runner.posted().await;
    }
}

/// Activities ask their hub as HTTP triggers do, each call by itself; what runs again asks again.
fn grant_activities(hub: &Hub, bound: &[Bound], urls: UrlBase) {
    let bindings = bound.iter().map(|bound| (bound.component, Arc::new(bound.bindings.clone())));
    let bindings: BTreeMap<ComponentDigest, Arc<Bindings>> = bindings.collect();
    let weak = hub.downgrade();
    hub.activity_clients().set(move |component| match (weak.upgrade(), bindings.get(&component)) {
        (Some(hub), Some(bindings)) => Arc::new(HubClient::direct(hub, Arc::clone(bindings), urls.clone())),
        (Some(hub), None) => {
            let bindings = Arc::new(Bindings::none(component.short()));
            Arc::new(HubClient::direct(hub, bindings, urls.clone()))
        }
        (None, _) => Arc::new(NoClient),
    });
}
