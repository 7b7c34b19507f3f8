#![doc = include_str!("../README.md")]
//!
//! # For the reader of the source
//! `component` and `export` connect functions to the contract; `session` plays events against the future of an
//! orchestrator; `machine`, `mailbox` and `section` are its state; `task`, `event`, `lock`, `order` and `crowd` are the futures;
//! `context` and `decide` are what authors see.
//! `http` is built of them and of nothing else. `entity` runs operations on a state; `trigger`, `web` and `client` stand at the
//! edge of the hub. Nothing here knows a clock or a thread, and only `client`, `progress` and `web` call the host.
#![warn(missing_docs)]

extern crate self as dacapo;

mod activity;
#[cfg(any(test, all(target_arch = "wasm32", feature = "arena")))]
mod arena;
pub mod bindings;
mod client;
mod component;
mod context;
mod crowd;
mod decide;
mod entity;
mod event;
mod export;
mod failure;
mod http;
mod lock;
mod log;
mod machine;
mod mailbox;
mod options;
mod orchestrator;
mod order;
mod payload;
mod progress;
mod random;
mod section;
mod session;
mod start;
mod task;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod time;
mod trigger;
mod uri;
mod web;

pub use crate::{
    activity::{Activity, ActivityContext, TraceContext},
    client::{Client, ClientError, Filter, InstanceStatus, ManagementUrls, Page, RuntimeStatus},
    component::{ActivityEntry, Component, EntityEntry, OrchestratorEntry, StreamEntry, TimerEntry},
    context::Context,
    entity::{
        Calls, Entity, EntityCall, EntityContext, EntityId, Operation, OperationCalls, OperationSignals, Sender,
        Signal, Signals,
    },
    event::{ContinueAsNew, WaitEvent},
    failure::{Cause, Failure, Result},
    http::{HttpRequest, HttpResponse, Polling},
    lock::{Lock, LockRequest},
    log::Log,
    options::{Options, Retry},
    orchestrator::Orchestrator,
    order::{Either, Join},
    progress::{Progress, progress},
    session::Session,
    start::Start,
    task::{Call, Child, Timer},
    time::Timestamp,
    trigger::{Message, StreamTrigger, Tick, TimerTrigger},
    web::{Body, HttpEntry, HttpTrigger, Request, Response},
};
pub use dacapo_macros::{activity, entity, http_trigger, orchestrator, payload, stream_trigger, timer_trigger};
pub use schemars;
pub use serde;
pub use serde_json;

/// What a file with durable functions needs.
pub mod prelude {
    pub use crate::{
        ActivityContext, Client, Context, Either, EntityContext, EntityId, Failure, Message, Request, Response, Result,
        Retry, Start, Tick, Timestamp, activity, entity, fail, http_trigger, orchestrator, payload, stream_trigger,
        timer_trigger,
    };
    pub use std::time::Duration;
}

#[doc(hidden)]
pub mod __private {
    pub use crate::{
        bindings,
        component::schema,
        entity::{input, operation_names, or_restore, output, read_operation, try_output},
        export::Exports,
        failure::lift,
        payload::NoInput,
    };
    pub use wit_bindgen;
}
