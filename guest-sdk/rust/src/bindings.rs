//! The contract in Rust types, generated from the copy of the WIT package in `wit/`.
//!
//! Each role has a world of its own here, so that a component exports exactly the roles it has: `wit-component` unites
//! the worlds whose exports are linked. Nothing in this module is written by hand, and only `component`
//! connects it to functions.
#![allow(unsafe_code, reason = "the canonical ABI passes pointers; all of it is generated")]
#![allow(missing_docs, reason = "documented in wit/")]

/// Words that every role shares.
pub mod types {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package dacapo:sdk-types; world shared { import dacapo:durable/types@0.1.0; }",
        generate_all,
        generate_unused_types: true,
        additional_derives: [Clone, PartialEq],
    });
    pub use self::dacapo::durable::types::*;
}

/// The role `functions`.
pub mod functions {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package dacapo:sdk-functions; world functions-role { export dacapo:durable/functions@0.1.0; }",
        with: { "dacapo:durable/types@0.1.0": crate::bindings::types },
        additional_derives: [Clone, PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_functions",
        default_bindings_module: "::dacapo::__private::bindings::functions",
        runtime_path: "::dacapo::__private::wit_bindgen::rt",
    });
    pub use self::exports::dacapo::durable::functions::*;
}

/// The role `activity`.
pub mod activity {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package dacapo:sdk-activity; world activity-role { export dacapo:durable/activity@0.1.0; }",
        with: { "dacapo:durable/types@0.1.0": crate::bindings::types },
        additional_derives: [Clone, PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_activity",
        default_bindings_module: "::dacapo::__private::bindings::activity",
        runtime_path: "::dacapo::__private::wit_bindgen::rt",
    });
    pub use self::exports::dacapo::durable::activity::*;
}

/// The role `orchestrator`.
pub mod orchestrator {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package dacapo:sdk-orchestrator; world orchestrator-role { export dacapo:durable/orchestrator@0.1.0; }",
        with: { "dacapo:durable/types@0.1.0": crate::bindings::types },
        additional_derives: [Clone, PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_orchestrator",
        default_bindings_module: "::dacapo::__private::bindings::orchestrator",
        runtime_path: "::dacapo::__private::wit_bindgen::rt",
    });
    pub use self::exports::dacapo::durable::orchestrator::*;
}

/// What a running activity may tell the host.
pub mod progress {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package dacapo:sdk-progress; world progress-import { import dacapo:durable/progress@0.1.0; }",
        with: { "dacapo:durable/types@0.1.0": crate::bindings::types },
        generate_all,
    });
    pub use self::dacapo::durable::progress::*;
}

/// The role `entity`.
pub mod entity {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package dacapo:sdk-entity; world entity-role { export dacapo:durable/entity@0.1.0; }",
        with: { "dacapo:durable/types@0.1.0": crate::bindings::types },
        additional_derives: [Clone, PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_entity",
        default_bindings_module: "::dacapo::__private::bindings::entity",
        runtime_path: "::dacapo::__private::wit_bindgen::rt",
    });
    pub use self::exports::dacapo::durable::entity::*;
}

/// The role `timer-trigger`.
pub mod timer_trigger {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package dacapo:sdk-timer; world timer-role { export dacapo:durable/timer-trigger@0.1.0; }",
        with: { "dacapo:durable/types@0.1.0": crate::bindings::types },
        additional_derives: [Clone, PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_timer_trigger",
        default_bindings_module: "::dacapo::__private::bindings::timer_trigger",
        runtime_path: "::dacapo::__private::wit_bindgen::rt",
    });
    pub use self::exports::dacapo::durable::timer_trigger::*;
}

/// The role `stream-trigger`.
pub mod stream_trigger {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package dacapo:sdk-stream; world stream-role { export dacapo:durable/stream-trigger@0.1.0; }",
        with: { "dacapo:durable/types@0.1.0": crate::bindings::types },
        additional_derives: [Clone, PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_stream_trigger",
        default_bindings_module: "::dacapo::__private::bindings::stream_trigger",
        runtime_path: "::dacapo::__private::wit_bindgen::rt",
    });
    pub use self::exports::dacapo::durable::stream_trigger::*;
}

/// WASI's role `incoming-handler`, from `wasi/`.
#[cfg(target_family = "wasm")]
pub mod http {
    wit_bindgen::generate!({
        path: "wasi",
        inline: "package dacapo:sdk-http; world http-role { export wasi:http/incoming-handler@0.2.12; }",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_http",
        default_bindings_module: "::dacapo::__private::bindings::http",
        runtime_path: "::dacapo::__private::wit_bindgen::rt",
    });
    pub use self::{
        exports::wasi::http::incoming_handler::Guest,
        wasi::{http::types::*, io::streams},
    };
}

/// What triggers and activities may ask of the hub.
pub mod client {
    wit_bindgen::generate!({
        path: "wit",
        inline: "package dacapo:sdk-client; world client-import { import dacapo:durable/client@0.1.0; }",
        with: { "dacapo:durable/types@0.1.0": crate::bindings::types },
        additional_derives: [Clone, PartialEq],
        generate_all,
    });
    pub use self::dacapo::durable::client::*;
}
