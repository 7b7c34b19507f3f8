//! The types of WASI that answers mention, as a guest sees them.

#![allow(
    unsafe_code,
    reason = "the derives implement unsafe traits, whose types are checked when a component is linked"
)]

use wasmtime::component::{ComponentType, Lower, Resource, ResourceType};

use super::denied::ImportDenied;

/// `wasi:clocks/wall-clock.datetime`.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct Datetime {
    pub(super) seconds: u64,
    pub(super) nanoseconds: u32,
}

/// `wasi:io/streams.stream-error`.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub(super) enum StreamError {
    #[component(name = "last-operation-failed")]
    #[allow(dead_code, reason = "no operation fails, but the variant has the case")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

/// `wasi:io/poll.pollable`: always ready.
pub(super) enum Pollable {}

/// `wasi:io/streams.input-stream`: at its end.
pub(super) enum InputStream {}

/// `wasi:io/streams.output-stream`: one of the two of a command.
pub(super) enum OutputStream {}

/// `wasi:io/error.error`: there is none.
pub(super) enum IoError {}

/// `wasi:filesystem/types.descriptor`: there is none.
pub(super) enum Descriptor {}

/// `wasi:cli/terminal-input.terminal-input`: there is none.
pub(super) enum TerminalInput {}

/// `wasi:cli/terminal-output.terminal-output`: there is none.
pub(super) enum TerminalOutput {}

impl Pollable {
    pub(super) fn ready() -> Resource<Self> {
        Resource::new_own(0)
    }
}

impl InputStream {
    pub(super) fn empty() -> Resource<Self> {
        Resource::new_own(0)
    }
}

/// What a resource of an interface is to the host.
pub(super) fn resource(interface: &str, name: &str) -> ResourceType {
    match (interface, name) {
        ("wasi:io/poll", "pollable") => ResourceType::host::<Pollable>(),
        ("wasi:io/streams", "input-stream") => ResourceType::host::<InputStream>(),
        ("wasi:io/streams", "output-stream") => ResourceType::host::<OutputStream>(),
        ("wasi:io/error", "error") => ResourceType::host::<IoError>(),
        ("wasi:filesystem/types", "descriptor") => ResourceType::host::<Descriptor>(),
        ("wasi:cli/terminal-input", "terminal-input") => ResourceType::host::<TerminalInput>(),
        ("wasi:cli/terminal-output", "terminal-output") => ResourceType::host::<TerminalOutput>(),
        _ => ResourceType::host::<ImportDenied>(),
    }
}
