//! The contract of `wit/` as Rust types. Each interface is looked up by itself, since a component exports any subset.
//!
//! The roles are generated apart: what goes into a role that is replayed is lent, since that can be a whole history,
//! and the generator lends all or nothing.

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
        inline: "
            package dacapo:host;
            world journaled {
                export dacapo:durable/functions@0.1.0;
                export dacapo:durable/orchestrator@0.1.0;
                export dacapo:durable/entity@0.1.0;
            }",
        ownership: Borrowing { duplicate_if_necessary: true },
        exports: { "dacapo:durable/functions": async },
    });
}

/// The roles that touch the world, and what they may ask of their hub.
mod active {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package dacapo:host;
            world active {
                import dacapo:durable/progress@0.1.0;
                import dacapo:durable/client@0.1.0;
                export dacapo:durable/activity@0.1.0;
                export dacapo:durable/timer-trigger@0.1.0;
                export dacapo:durable/stream-trigger@0.1.0;
            }",
        imports: { "dacapo:durable/client": async | trappable, default: trappable },
        exports: { default: async },
    });
}

pub(crate) use self::active::dacapo::durable::{client, progress, types as active_types};
pub(crate) use self::active::exports::dacapo::durable::{activity, stream_trigger, timer_trigger};
pub(crate) use self::journaled::dacapo::durable::types;
pub(crate) use self::journaled::exports::dacapo::durable::{entity, functions, orchestrator};
