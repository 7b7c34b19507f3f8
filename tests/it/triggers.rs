//! HTTP triggers and timers of a real host, and manifests that bind them.

pub mod fixture;
mod http;
mod manifests;
mod timers;
