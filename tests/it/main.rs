//! One integration binary: each module is an area.
//!
//! `linear`, `partition` and `sim` drive the kernel in this process. The others start the real binary over real components,
//! which `make guests` builds; `DACAPO_BIN` says where it is.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod blobs;
mod blobs_large;
mod builds;
mod calls;
mod cli;
mod clients;
mod components;
mod doctor;
mod entities;
mod fixture;
mod held;
mod hello;
mod http;
mod languages;
mod linear;
mod misbehaving;
mod nats;
mod new;
mod partition;
mod process;
mod races;
mod scenario;
mod sim;
mod storage;
mod triggers;
mod types;
mod watch;
