//! Runs guests: the only crate that knows wasmtime.
//!
//! It owns what a component may be ([`inspect()`]), how it becomes machine code and comes back from disk, what a guest
//! may use, and how whatever it does wrong becomes a refusal or a failure in words. It does not know what a history is,
//! decides nothing about an orchestration or an entity, and keeps nothing that lives: a session belongs to its caller,
//! and so does the [`Client`] through which a guest reaches its hub.
//!
//! Three lines hold. A role that is replayed is linked to nothing that lives. An activity and a trigger have a new instance for
//! each call, and no store outlives a trap, a timeout or a cancelled call. No machine code is loaded that this host did
//! not write.

mod active;
mod activity;
mod artifact;
mod ask;
mod bindings;
mod client;
mod compile;
mod convert;
mod describe;
mod engine;
mod entity;
mod fault;
mod http;
mod imports;
mod inspect;
mod journaled;
mod log;
mod memory;
mod no_requests;
mod ready;
mod refusal;
mod roles;
mod sandbox;
mod session;
mod trigger;
mod virtual_wasi;
mod watch;

pub use activity::Attempt;
pub use client::{
    Answer, Ask, Client, ClientError, EntityRead, Filter, InstanceStatus, ManagementUrls, NoClient, Page, StartOptions,
    Told,
};
pub use entity::EntitySession;
pub use http::{HttpFault, ResponseBody};
pub use imports::Answered;
pub use inspect::{Inspection, inspect};
pub use refusal::Refusal;
pub use roles::{Role, Roles};
pub use sandbox::{Deployed, OpenError, Origin, Sandbox};
pub use session::Session;
pub use trigger::{Firing, StreamMessage};
pub use watch::Watch;
