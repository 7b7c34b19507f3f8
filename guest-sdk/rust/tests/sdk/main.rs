//! The SDK seen from outside: what authors write, and the decisions that come of it.

mod contract;
mod splits;
mod traces;
