//! The table `marks`: what triggers have handled.
//!
//! It does not know what a source is. A mark that does not fit its checksum is not there: what it stood for is handled
//! again if it comes again, instead of something else being taken for handled.

use kernel::port::Mark;
use rusqlite::{Connection, OptionalExtension};

use crate::sum::Sum;

pub(crate) fn put(conn: &Connection, marks: &[Mark]) -> rusqlite::Result<()> {
    let mut put = conn.prepare_cached("INSERT OR REPLACE INTO marks (source, seq, sum) VALUES (?1, ?2, ?3)")?;
    let mut forget = conn.prepare_cached("DELETE FROM marks WHERE source = ?1 AND seq < ?2")?;
    for mark in marks {
        put.execute((&mark.source, stored(mark.seq), sum(&mark.source, mark.seq)))?;
    }
    // Those of a batch of messages are of one source and have one floor.
    for alike in marks.chunk_by(|a, b| a.source == b.source && a.floor == b.floor) {
        forget.execute((&alike[0].source, stored(alike[0].floor)))?;
    }
    Ok(())
}

pub(crate) fn exists(conn: &Connection, source: &str, seq: u64) -> rusqlite::Result<bool> {
    let mut statement = conn.prepare_cached("SELECT sum FROM marks WHERE source = ?1 AND seq = ?2")?;
    let found = statement
        .query_row((source, stored(seq)), |row| Ok(row.get_ref(0)?.as_blob().is_ok_and(|it| it == sum(source, seq))));
    Ok(found.optional()?.unwrap_or(false))
}

/// The highest mark of a source.
pub(crate) fn last(conn: &Connection, source: &str) -> rusqlite::Result<Option<u64>> {
    let mut statement = conn.prepare_cached("SELECT seq, sum FROM marks WHERE source = ?1 ORDER BY seq DESC")?;
    let mut rows = statement.query([source])?;
    while let Some(row) = rows.next()? {
        let seq = read(row.get(0)?);
        if row.get_ref(1)?.as_blob().is_ok_and(|found| found == sum(source, seq)) {
            return Ok(Some(seq));
        }
    }
    Ok(None)
}

/// A number as an integer of SQLite, which has a sign, in the same order.
fn stored(seq: u64) -> i64 {
    (seq ^ 1 << 63).cast_signed()
}

fn read(stored: i64) -> u64 {
    stored.cast_unsigned() ^ 1 << 63
}

fn sum(source: &str, seq: u64) -> [u8; 16] {
    Sum::of("marks").bytes(source.as_bytes()).int(seq).finish()
}
