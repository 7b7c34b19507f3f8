//! How history lies on disk: the bytes of a record, and the checksums that tie the rows of one instance together.
//!
//! The types that are written ([`wire`]) are twins of those in [`crate::model`] and exist so that the model can change
//! without changing the format; golden files freeze them. Nothing here knows what a record means or where rows are kept.
//!
//! Invariant: a row is never used before [`open_row`] or [`open_history`] has found its checksum right.

mod export;
mod letter;
mod row;
mod wire;

pub use export::{Export, ExportError};
pub use letter::{SealedLetter, open_letter, seal_letter};
pub use row::{Damage, DamageKind, Link, Row, open_entity, open_history, open_row, seal, seal_entity};

#[cfg(test)]
mod tests;
