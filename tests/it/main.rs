//! One integration binary: each module is an area.
//!
//! `partition` and `sim` drive the kernel in this process. The others start the real binary over real components, which
//! `make guests` builds; `DACAPO_BIN` says where it is.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod cli;
mod components;
mod fixture;
mod http;
mod misbehaving;
mod partition;
mod process;
mod sim;
mod storage;
