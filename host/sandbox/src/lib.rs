//! Runs guests: the only crate that knows wasmtime.
//!
//! It owns what a component may be ([`inspect()`]), how it becomes machine code and comes back from disk, what a guest
//! may use, and how whatever it does wrong becomes a refusal or a failure in words. It does not know what a history is,
//! decides nothing about an orchestration, and keeps nothing that lives: a session belongs to its caller.
//!
//! Three lines hold. A role that is replayed is linked to nothing. An activity has a new instance for each call, and no
//! store outlives a trap, a timeout or a cancelled call. No machine code is loaded that this host did not write.

mod activity;
mod artifact;
mod bindings;
mod compile;
mod convert;
mod describe;
mod engine;
mod fault;
mod imports;
mod inspect;
mod log;
mod memory;
mod refusal;
mod sandbox;
mod session;
mod watch;

pub use activity::Attempt;
pub use inspect::{Inspection, World, inspect};
pub use refusal::Refusal;
pub use sandbox::{Deployed, OpenError, Origin, Sandbox};
pub use session::Session;
pub use watch::Watch;
