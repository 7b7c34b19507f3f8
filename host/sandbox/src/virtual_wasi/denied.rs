//! What a role that is replayed does not have: the component may import it, and a call fails.

use wasmtime::component::LinkerInstance;

use crate::imports::instead_of;
use crate::journaled::State;

/// The guest called what its role does not have.
#[derive(Debug, thiserror::Error)]
#[error("the guest called the import `{import}`, which a role that is replayed does not have; {instead}")]
pub(crate) struct ImportDenied {
    import: String,
    instead: &'static str,
}

/// Defines a function as one that fails.
pub(super) fn define(linker: &mut LinkerInstance<'_, State>, interface: &str, name: &str) -> wasmtime::Result<()> {
    // Methods are named `[method]descriptor.read` by tools, and `descriptor.read` by people.
    let plain = name.split_once(']').map_or(name, |(_, plain)| plain);
    let import = if interface.is_empty() { name.to_owned() } else { format!("{interface}.{plain}") };
    let instead = instead_of(interface);
    linker.func_new(name, move |_, _, _, _| Err(wasmtime::Error::new(ImportDenied { import: import.clone(), instead })))
}
