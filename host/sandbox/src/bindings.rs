//! The contract of `wit/` as Rust types. Each interface is looked up by itself, since a component exports any subset.
//!
//! The roles are generated apart: a failure is lent to an orchestrator and taken from an activity, and the generator
//! makes no error type of what is lent.

#![allow(
    missing_docs,
    missing_debug_implementations,
    dead_code,
    unsafe_code,
    reason = "generated from wit/, which has the documentation; functions are called as the types that they were checked for"
)]

/// The roles that are replayed, and the catalogue.
mod journaled {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "orchestrations",
        ownership: Borrowing { duplicate_if_necessary: true },
        exports: { "dacapo:durable/functions": async },
    });
}

/// The role that touches the world.
mod active {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "activities",
        ownership: Borrowing { duplicate_if_necessary: true },
        imports: { default: trappable },
        exports: { "dacapo:durable/activity": async },
    });
}

pub(crate) use self::active::dacapo::durable::{progress, types as active_types};
pub(crate) use self::active::exports::dacapo::durable::activity;
pub(crate) use self::journaled::dacapo::durable::types;
pub(crate) use self::journaled::exports::dacapo::durable::{functions, orchestrator};
