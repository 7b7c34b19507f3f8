//! The HTTP interface: the management contract of Durable Functions, spoken so that its unmodified clients work.
//!
//! It owns how a request is read, refused and answered. It does not know how anything is done: every handler asks the
//! [`Hub`](crate::hub::Hub) once or twice and writes down the answer. Nothing here polls, and no answer about an
//! instance is given before the hub has said that it is durable.

mod answer;
mod api;
mod body;
mod entities;
mod functions;
mod guard;
mod health;
mod instances;
mod json;
mod listen;
mod openapi;
mod orchestrators;
mod origin;
mod pages;
mod params;
mod projection;
mod refusal;
mod routes;
mod tools;
mod urls;

pub use api::API_BASE;
pub use entities::EMPTY_KEY;
pub use guard::HostGuard;
pub use json::rfc3339;
pub use listen::serve;
pub use origin::{Forwarded, Origin};
pub(crate) use projection::history_events;
pub use refusal::{CODE_HEADER, status};
pub use routes::Site;
pub use urls::{RPC_BASE, UrlBase, WEBHOOK_BASE, segment};
