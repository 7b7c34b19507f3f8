//! The whole host but its I/O in one thread, from one seed: the partition, a store in memory, guests in plain Rust, and
//! a world that crashes, delays, repeats, damages, and sets clocks.
//!
//! ```text
//!   program ──▶ guest (plays it)             world ─▶ acts ─▶ partition ─▶ driver ─▶ queue ─▶ world …
//!       └─────▶ model (knows how it ends)                                    └─▶ store ◀─ checker, ledger
//! ```
//!
//! Beside it live entities (`entity`, whose doings `registry` and `pool` check and `linear` judges from outside) and large
//! payloads (`blobs`, put and fetched at the `edge`). What clients, streams and operators want of entities is in `outside`.
//!
//! Everything is decided by the seed: what the programs are, what is asked when, what goes wrong, and in which order
//! things end that were begun at once. The checker sees batches and effects and reads histories by itself; it shares no
//! code with what it checks. A failure is repeated by running its seed again.

mod acts;
mod blobs;
mod books;
mod checker;
mod clients;
pub mod component;
mod driver;
mod edge;
mod ending;
pub mod entity;
pub mod fault;
pub mod guest;
mod ledger;
pub mod linear;
pub mod marks;
pub mod model;
pub mod native;
mod outside;
mod player;
mod pool;
mod post;
pub mod program;
pub mod puppet;
pub mod queue;
mod registry;
mod renewal;
pub mod rng;
mod section;
pub mod store;
mod strand;
pub mod task;
pub mod trace;
mod verdict;
mod world;

pub use ledger::Checked;
pub use world::{Report, Sim, Stats, instance_id, run};
