//! The host around the kernel: the only place with a clock, entropy, threads and sockets.
//!
//! [`hub`] is what the rest of the crate asks things of; [`driver`] carries out what the kernel decides; [`http`] and
//! [`cli`] are the two faces. Nothing here decides what an instance may do.

pub mod build;
pub mod cli;
pub mod config;
pub mod driver;
pub mod egress;
pub mod http;
pub mod hub;
pub mod problem;
pub mod scenario;
pub mod triggers;
pub mod types;

/// The exit code of a host whose store lost track of what is durable: `EX_IOERR` of `sysexits.h`.
pub(crate) const EXIT_STORE_LOST: i32 = 74;
