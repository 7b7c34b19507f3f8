//! The short notation of events, decisions and letters, both ways. Every field of the model can be written in it, so that
//! a golden file can say in words what its bytes are.

mod parse;
mod show;

pub use parse::{attempted, decision, entity_row, event, failure, letter, named, raised, reach, started};
pub use show::{show, show_all, show_component, show_lock_set, show_operation, show_payload, show_raised};

/// The components that cases name; another digest is written out.
const COMPONENTS: [&str; 4] = ["hello.wasm", "next.wasm", "third.wasm", "charge.wasm"];
