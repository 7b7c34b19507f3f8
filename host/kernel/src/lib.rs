//! The part of dacapo that decides: what an instance may do next, what is committed, and what may leave the host.
//!
//! It owns the words of the domain ([`model`]), the life of one orchestration ([`orchestration`]), the partition that
//! drives many of them ([`partition`]), the format in which history lies on disk ([`codec`]) and the traits that the
//! outside implements ([`port`]).
//!
//! It contains no clock, no randomness, no threads, no sockets and no files: time, seeds and ids are arguments, and all
//! that happens in the world comes in as [`partition::Input`] and leaves as [`partition::Effect`].

pub mod codec;
pub mod entity;
pub mod limits;
pub mod model;
pub mod orchestration;
pub mod partition;
pub mod port;
