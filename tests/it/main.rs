//! One integration binary: each module is an area.
//!
//! `linear`, `partition` and `sim` drive the kernel in this process. The others start the real binary over real components,
//! which `make guests` builds; `DACAPO_BIN` says where it is.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod blobs;
mod blobs_large;
mod calls;
mod cli;
mod clients;
mod components;
mod entities;
mod fixture;
mod held;
mod http;
mod linear;
mod misbehaving;
mod nats;
mod partition;
mod process;
mod races;
mod sim;
mod storage;
mod triggers;
