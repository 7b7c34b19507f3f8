//! Checksums of rows that are no part of a history. Every field is fed with its length or its absence, so that no two
//! rows have the same input.

use sha2::{Digest, Sha256};

/// The first 16 bytes of a SHA-256 over fields.
pub(crate) struct Sum(Sha256);

impl Sum {
    /// `table` keeps a row of one table from passing for a row of another.
    pub fn of(table: &str) -> Self {
        Self(Sha256::new()).bytes(table.as_bytes())
    }

    pub fn int(mut self, value: u64) -> Self {
        self.0.update(value.to_le_bytes());
        self
    }

    pub fn bytes(mut self, value: &[u8]) -> Self {
        self.0.update((value.len() as u64).to_le_bytes());
        self.0.update(value);
        self
    }

    pub fn maybe_int(self, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.int(1).int(value),
            None => self.int(0),
        }
    }

    pub fn maybe_bytes(self, value: Option<&[u8]>) -> Self {
        match value {
            Some(value) => self.int(1).bytes(value),
            None => self.int(0),
        }
    }

    pub fn finish(self) -> [u8; 16] {
        let mut sum = [0; 16];
        sum.copy_from_slice(&self.0.finalize()[..16]);
        sum
    }
}
