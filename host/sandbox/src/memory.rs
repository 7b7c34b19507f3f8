//! What a guest may take of the host's memory, as wasmtime asks for it.
//!
//! The limit is on the sum, and it alone decides: whether a memory grows never depends on how much the host has left,
//! so that a turn ends the same way every time. A guest that asks for too much traps with a [`Exhausted`].

use kernel::limits::TABLE_ELEMENTS_MAX_COUNT;
use wasmtime::{Error, ResourceLimiter, Result};

/// What the memories and tables of one store may have together.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    max_bytes: usize,
    bytes: usize,
    elements: usize,
}

/// What a guest asked for and does not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exhausted {
    /// Linear memory.
    #[error("the guest asked for {asked} bytes of memory; its role may have {limit}")]
    Memory { asked: usize, limit: usize },
    /// Table elements.
    #[error("the guest asked for {asked} table elements; it may have {TABLE_ELEMENTS_MAX_COUNT}")]
    Table { asked: usize },
}

impl MemoryLimit {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, bytes: 0, elements: 0 }
    }

    /// How much linear memory there is now.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let asked = self.bytes.saturating_add(desired.saturating_sub(current));
        if asked > self.max_bytes {
            return Err(Error::new(Exhausted::Memory { asked, limit: self.max_bytes }));
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.bytes = asked;
        Ok(true)
    }

    /// A system that has no memory left must not be seen by the guest as an answer.
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        if error.is::<std::io::Error>() { Err(error) } else { Ok(()) }
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let asked = self.elements.saturating_add(desired.saturating_sub(current));
        if asked > TABLE_ELEMENTS_MAX_COUNT {
            return Err(Error::new(Exhausted::Table { asked }));
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.elements = asked;
        Ok(true)
    }
}
