//! From an error of the engine to a failure that is recorded: which limit or rule, where in the guest, and what to do.
//!
//! The message must not depend on anything but the component and what it was given: it goes into the history.

use std::fmt::Write;

use kernel::limits::{HOST_CALL_MAX_BYTES, TURN_FUEL, WASM_STACK_MAX_BYTES};
use kernel::model::{Failure, InvalidPayload, Payload, kind};
use kernel::port::TurnFault;
use wasmtime::{Error, PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::memory::Exhausted;
use crate::virtual_wasi::ImportDenied;

/// The guest gave an import something that the contract does not allow.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BrokenCall(pub(crate) Failure);

/// Sorts what came of a call into faults of the guest and of the host.
pub(crate) fn turn_fault(error: &Error) -> TurnFault {
    match unavailable(error) {
        Some(text) => TurnFault::Unavailable(text),
        None => TurnFault::Guest(guest_failure(error)),
    }
}

/// What the host did not have, if that is why a call failed.
pub(crate) fn unavailable(error: &Error) -> Option<String> {
    if error.is::<PoolConcurrencyLimitError>() {
        return Some("all slots for live components are taken; it is tried again later".to_owned());
    }
    let is_out = error.is::<std::io::Error>() || error.is::<wasmtime::OutOfMemory>();
    is_out.then(|| format!("the host is out of resources: {error:#}"))
}

/// What the guest did wrong.
pub(crate) fn guest_failure(error: &Error) -> Failure {
    let failure = sort(error);
    match error.downcast_ref::<WasmBacktrace>().and_then(frames) {
        Some(text) => failure.with_details(text),
        None => failure,
    }
}

/// The same failure, with what the guest wrote to its standard error before it: that is where languages say why.
pub(crate) fn with_last_words(failure: Failure, words: &str) -> Failure {
    match (&failure.details, words) {
        (_, "") => failure,
        (Some(frames), words) => {
            let details = format!("{words}\n{frames}");
            failure.with_details(details)
        }
        (None, words) => failure.with_details(words),
    }
}

fn sort(error: &Error) -> Failure {
    if let Some(exhausted) = error.downcast_ref::<Exhausted>() {
        return Failure::host(kind::OUT_OF_MEMORY, exhausted.to_string());
    }
    if let Some(denied) = error.downcast_ref::<ImportDenied>() {
        return Failure::host(kind::IMPORT_DENIED, denied.to_string());
    }
    if let Some(BrokenCall(failure)) = error.downcast_ref() {
        return failure.clone();
    }
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return Failure::host(kind::TRAP, format!("the guest called exit({code}); return an error instead"));
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return trapped(*trap, &place(error));
    }
    let cause = error.root_cause().to_string();
    // The engine has no public type for it.
    if cause.contains("fuel allocated for hostcalls") {
        let text =
            format!("what the guest returned is larger than {HOST_CALL_MAX_BYTES} bytes; return less in one call");
        return Failure::host(kind::TOO_LARGE, text);
    }
    let text = format!("the guest returned something that the contract does not allow: {cause}; check its SDK");
    Failure::host(kind::PROTOCOL, text)
}

fn trapped(trap: Trap, place: &str) -> Failure {
    match trap {
        Trap::OutOfFuel => {
            let text = format!(
                "the turn used up its fuel of {TURN_FUEL} instructions{place}; \
                 if it does not loop without end, move the work to an activity"
            );
            Failure::host(kind::OUT_OF_FUEL, text)
        }
        Trap::StackOverflow => {
            let text = format!(
                "the guest used up its stack of {WASM_STACK_MAX_BYTES} bytes{place}; it may recurse without end"
            );
            Failure::host(kind::STACK_OVERFLOW, text)
        }
        Trap::UnreachableCodeReached => {
            let text = format!("the guest trapped{place}: `unreachable` was executed, which is how a panic ends");
            Failure::host(kind::TRAP, text)
        }
        other => Failure::host(kind::TRAP, format!("the guest trapped{place}: {other}")),
    }
}

/// Says in which function of the guest it happened, if the component still has names, and they are the author's.
fn place(error: &Error) -> String {
    let names = error.downcast_ref::<WasmBacktrace>().map(names).unwrap_or_default();
    if names.iter().any(|name| is_interpreter(name)) {
        return String::new();
    }
    let own = names.iter().find(|name| !is_runtime(name)).or(names.first());
    own.map(|name| format!(" in `{name}`")).unwrap_or_default()
}

/// The names that functions have, but for those of the interface, which every trap has passed.
fn names(trace: &WasmBacktrace) -> Vec<&str> {
    let names = trace.frames().iter().filter_map(|frame| frame.func_name());
    names.filter(|name| !name.contains('#')).collect()
}

/// Whether a function is one by which CPython or QuickJS runs what the author wrote. There is one near the top of each
/// trap, or the trap is the interpreter's own end.
fn is_interpreter(name: &str) -> bool {
    ["_Py", "PyObject_", "<pyo3::", "wit_dylib_", "JS_", "js_"].iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a function belongs to the way down to the trap rather than to its cause.
fn is_runtime(name: &str) -> bool {
    let name = name.trim_start_matches(['<', '&']);
    let prefixes = ["core::", "std::", "alloc::", "__rust", "_RNv", "rust_", "abort", "panic", "__rg_", "__rdl_"];
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// The frames of a trap, innermost first. Those of an interpreter, and numbers alone, tell an author nothing.
fn frames(trace: &WasmBacktrace) -> Option<String> {
    let (frames, names) = (trace.frames(), names(trace));
    if frames.is_empty() {
        return None;
    }
    if names.iter().any(|name| is_interpreter(name)) {
        return Some("it happened within the interpreter of the component, whose own frames are left out\n".to_owned());
    }
    if names.is_empty() {
        return Some("the component has no names of functions, so its frames are left out\n".to_owned());
    }
    let mut text = String::new();
    for (depth, frame) in frames.iter().enumerate() {
        let line = match frame.func_name() {
            Some(name) => writeln!(text, "{depth}: {name}"),
            None => writeln!(text, "{depth}: function {}", frame.func_index()),
        };
        line.expect("a string takes all that is written");
    }
    Some(text)
}

/// Checks a value that came from a guest; `what` says which, for the message.
pub(crate) fn payload(what: impl FnOnce() -> String, bytes: &[u8]) -> Result<Payload, Failure> {
    Payload::parse(bytes).map_err(|invalid| {
        let kind = match invalid {
            InvalidPayload::Malformed(_) => kind::INVALID_JSON,
            InvalidPayload::TooDeep | InvalidPayload::TooLarge(_) => kind::TOO_LARGE,
        };
        Failure::host(kind, format!("{} is {invalid}", what()))
    })
}
