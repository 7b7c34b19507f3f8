//! What a store must do, for any implementation of the kernel's ports, and what this one does about its files.
//!
//! [`conformance`], [`hub`] and what they use are written against the traits alone; the others open, damage and fill real files.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod beside;
mod conformance;
mod damage;
mod deployments;
mod did;
mod files;
mod hub;
mod random;
mod space;
