#![doc = include_str!("../README.md")]
//!
//! # For the reader of the source
//! `component` and `export` connect functions to the contract; `session` plays events against the future of an
//! orchestrator; `machine` and `mailbox` are its state; `task`, `event`, `order` and `crowd` are the futures; `context` and
//! `decide` are what authors see.
//! `http` is built of them and of nothing else. Nothing here knows a clock, a thread or the host.
#![warn(missing_docs)]

extern crate self as dacapo;

mod activity;
#[cfg(any(test, all(target_arch = "wasm32", feature = "arena")))]
mod arena;
pub mod bindings;
mod component;
mod context;
mod crowd;
mod decide;
mod event;
mod export;
mod failure;
mod http;
mod machine;
mod mailbox;
mod options;
mod orchestrator;
mod order;
mod payload;
mod progress;
mod random;
mod session;
mod task;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod time;
mod uri;

pub use crate::{
    activity::{Activity, ActivityContext, TraceContext},
    component::{ActivityEntry, Component, OrchestratorEntry},
    context::{Context, Log},
    event::{ContinueAsNew, WaitEvent},
    failure::{Cause, Failure, Result},
    http::{HttpRequest, HttpResponse, Polling},
    options::{Options, Retry},
    orchestrator::Orchestrator,
    order::{Either, Join},
    progress::{Progress, progress},
    session::Session,
    task::{Call, Child, Timer},
    time::Timestamp,
};
pub use dacapo_macros::{activity, orchestrator, payload};
pub use schemars;
pub use serde;
pub use serde_json;

/// What a file with durable functions needs.
pub mod prelude {
    pub use crate::{
        ActivityContext, Context, Either, Failure, Result, Retry, Timestamp, activity, fail, orchestrator, payload,
    };
    pub use std::time::Duration;
}

#[doc(hidden)]
pub mod __private {
    pub use crate::{
        bindings,
        component::{ActivityEntry, OrchestratorEntry, input_schema},
        export::Exports,
        failure::lift,
        payload::NoInput,
    };
    pub use wit_bindgen;
}
