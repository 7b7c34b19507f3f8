//! The SDK seen from outside: what authors write, and the decisions that come of it.

mod children;
mod contract;
mod entities;
mod events;
mod retries;
mod sections;
mod sources;
mod splits;
mod traces;
mod triggers;
