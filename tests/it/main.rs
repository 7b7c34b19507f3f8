//! One integration binary: each module is an area.

mod partition;
mod sim;
