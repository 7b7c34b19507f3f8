//! One program in several languages: the host cannot tell them apart, and neither can a replay.

mod article;
mod azure;
mod builds;
mod chance;
mod determinism;
mod misbehaving;
mod stock;
