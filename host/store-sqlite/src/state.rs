//! The one row of the table `hub`: boot number, watermark, and the numbers that must never be given twice.

use std::path::Path;

use rusqlite::Connection;

use crate::failure::OpenError;
use crate::sum::Sum;

/// What the hub knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// How often the hub was opened.
    pub boot: u64,
    /// Every row of the log up to here is reflected in the index of instances.
    pub watermark: u64,
    /// No instance has this number or a higher one, as of the watermark.
    pub next_no: u64,
    /// No row has this number or a higher one, as of the watermark.
    pub next_seq: u64,
    /// No letter has this number or a higher one. It is ahead of the letters by a block, so that it is seldom written.
    pub next_letter: u64,
}

impl State {
    pub const NEW: Self = Self { boot: 0, watermark: 0, next_no: 1, next_seq: 1, next_letter: 1 };

    /// The columns, without the checksum over them.
    fn columns(self) -> [u64; 5] {
        [self.boot, self.watermark, self.next_no, self.next_seq, self.next_letter]
    }

    fn sum(self) -> [u8; 16] {
        self.columns().into_iter().fold(Sum::of("hub"), Sum::int).finish()
    }
}

/// Reads the row; `None` in a new file. The outer error is SQLite's, the inner one is a checksum that does not match.
pub(crate) fn read(conn: &Connection) -> rusqlite::Result<Option<Result<State, ()>>> {
    let mut statement = conn.prepare_cached("SELECT boot, watermark, next_no, next_seq, next_letter, sum FROM hub")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let int = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let state = State { boot: int(0)?, watermark: int(1)?, next_no: int(2)?, next_seq: int(3)?, next_letter: int(4)? };
    let sum: [u8; 16] = row.get(5)?;
    Ok(Some(if sum == state.sum() { Ok(state) } else { Err(()) }))
}

pub(crate) fn write(conn: &Connection, state: State) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "INSERT OR REPLACE INTO hub (one, boot, watermark, next_no, next_seq, next_letter, sum)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let [boot, watermark, next_no, next_seq, next_letter] = state.columns().map(u64::cast_signed);
    statement.execute((boot, watermark, next_no, next_seq, next_letter, state.sum()))?;
    Ok(())
}

/// Without this row it is not known which part of the index is current.
pub(crate) fn damaged(path: &Path) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), what: "the checksum of the hub's own row does not match".to_owned() }
}
