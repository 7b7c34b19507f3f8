#![doc = include_str!("../README.md")]
//!
//! # For the reader of the source
//! `component` and `export` connect functions to the contract; `session` plays events against the future of an
//! orchestrator; `machine` is its state; `call`, `order` and `crowd` are the futures; `context` is what authors see.
//! Nothing here knows a clock, a thread or the host.
#![warn(missing_docs)]

extern crate self as dacapo;

mod activity;
pub mod bindings;
mod call;
mod component;
mod context;
mod crowd;
mod export;
mod failure;
mod machine;
mod options;
mod orchestrator;
mod order;
mod payload;
mod random;
mod session;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod time;

pub use crate::{
    activity::{Activity, ActivityContext},
    call::{Call, Timer},
    component::{ActivityEntry, Component, OrchestratorEntry},
    context::{Context, Log},
    failure::{Failure, Result},
    options::{Options, Retry},
    orchestrator::Orchestrator,
    order::{Either, Join},
    session::Session,
    time::Timestamp,
};
pub use dacapo_macros::{activity, orchestrator, payload};
pub use schemars;
pub use serde;

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
