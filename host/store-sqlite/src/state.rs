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
}

impl State {
    pub const NEW: Self = Self { boot: 0, watermark: 0, next_no: 1, next_seq: 1 };

    fn sum(self) -> [u8; 16] {
        Sum::of("hub").int(self.boot).int(self.watermark).int(self.next_no).int(self.next_seq).finish()
    }
}

/// Reads the row; `None` in a new file. The outer error is SQLite's, the inner one is a checksum that does not match.
pub(crate) fn read(conn: &Connection) -> rusqlite::Result<Option<Result<State, ()>>> {
    let mut statement = conn.prepare_cached("SELECT boot, watermark, next_no, next_seq, sum FROM hub")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let int = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let state = State { boot: int(0)?, watermark: int(1)?, next_no: int(2)?, next_seq: int(3)? };
    let sum: [u8; 16] = row.get(4)?;
    Ok(Some(if sum == state.sum() { Ok(state) } else { Err(()) }))
}

pub(crate) fn write(conn: &Connection, state: State) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO hub (one, boot, watermark, next_no, next_seq, sum) VALUES (1, ?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (one) DO UPDATE SET boot = ?1, watermark = ?2, next_no = ?3, next_seq = ?4, sum = ?5",
    )?;
    let [boot, watermark, next_no, next_seq] =
        [state.boot, state.watermark, state.next_no, state.next_seq].map(u64::cast_signed);
    statement.execute((boot, watermark, next_no, next_seq, state.sum()))?;
    Ok(())
}

/// Without this row it is not known which part of the index is current.
pub(crate) fn damaged(path: &Path) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), what: "the checksum of the hub's own row does not match".to_owned() }
}
