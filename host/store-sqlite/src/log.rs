//! The table `log`: sealed rows in order of commit.
//!
//! Nothing here verifies a checksum; that is the kernel's. What is checked is only what a walk needs in order to end:
//! a predecessor must be there and must have a lower number.

use kernel::codec::{Damage, DamageKind, Row};
use kernel::model::{InstanceNo, LogSeq};
use kernel::port::Dropped;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement};

pub(crate) fn append(conn: &Connection, rows: &[Row]) -> rusqlite::Result<()> {
    let mut statement =
        conn.prepare_cached("INSERT INTO log (seq, no, prev, sum, body) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for row in rows {
        let prev = row.prev.map(|prev| prev.0.cast_signed());
        statement.execute((row.seq.0.cast_signed(), row.no.0.cast_signed(), prev, &row.sum[..], &row.body[..]))?;
    }
    Ok(())
}

/// How much of a chain was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    /// All of it.
    Whole,
    /// Not what lies before a row that is missing or damaged.
    Part,
}

/// Deletes a chain of rows, newest first.
pub(crate) fn delete(conn: &Connection, chain: Dropped) -> rusqlite::Result<Deleted> {
    let no = chain.no.0.cast_signed();
    let mut statement = conn.prepare_cached("DELETE FROM log WHERE seq = ?1 AND no = ?2 RETURNING prev")?;
    let mut at = chain.last.0.cast_signed();
    loop {
        match statement.query_row((at, no), |row| row.get(0)).optional()? {
            Some(None) => return Ok(Deleted::Whole),
            Some(Some(prev)) if prev < at => at = prev,
            Some(Some(_)) | None => return Ok(Deleted::Part),
        }
    }
}

/// Deletes all rows of an instance that recovery would read.
pub(crate) fn delete_tail(conn: &Connection, no: InstanceNo, watermark: u64) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached("DELETE FROM log WHERE seq > ?1 AND no = ?2")?;
    statement.execute((watermark.cast_signed(), no.0.cast_signed()))?;
    Ok(())
}

/// One row, if it is there.
pub(crate) fn row(conn: &Connection, seq: LogSeq) -> rusqlite::Result<Option<Result<Row, Damage>>> {
    let mut statement = conn.prepare_cached(ROW)?;
    find(&mut statement, seq)
}

const ROW: &str = "SELECT seq, no, prev, sum, body FROM log WHERE seq = ?1";

fn find(statement: &mut Statement<'_>, seq: LogSeq) -> rusqlite::Result<Option<Result<Row, Damage>>> {
    let mut rows = statement.query([seq.0.cast_signed()])?;
    rows.next()?.map(decode).transpose()
}

/// The rows of an instance, first row first.
pub(crate) fn history(conn: &Connection, no: InstanceNo, last: LogSeq) -> rusqlite::Result<Result<Vec<Row>, Damage>> {
    let mut statement = conn.prepare_cached(ROW)?;
    let mut history = Vec::new();
    let mut at = Some(last);
    while let Some(seq) = at {
        match find(&mut statement, seq)? {
            None => return Ok(Err(Damage { no, seq, what: DamageKind::Missing })),
            Some(Err(_)) => return Ok(Err(Damage { no, seq, what: DamageKind::Checksum })),
            Some(Ok(row)) if row.prev.is_some_and(|prev| prev >= seq) => {
                return Ok(Err(Damage { no, seq, what: DamageKind::Checksum }));
            }
            Some(Ok(row)) => {
                at = row.prev;
                history.push(row);
            }
        }
    }
    history.reverse();
    Ok(Ok(history))
}

/// Calls `take` with every row above `watermark`, in order.
pub(crate) fn tail(
    conn: &Connection,
    watermark: u64,
    mut take: impl FnMut(Result<Row, Damage>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare("SELECT seq, no, prev, sum, body FROM log WHERE seq > ?1 ORDER BY seq")?;
    let mut rows = statement.query([watermark.cast_signed()])?;
    while let Some(row) = rows.next()? {
        take(decode(row)?)?;
    }
    Ok(())
}

/// The highest number in the log, zero if it is empty.
pub(crate) fn last(conn: &Connection) -> rusqlite::Result<u64> {
    let last: Option<i64> = conn.query_row("SELECT max(seq) FROM log", [], |row| row.get(0))?;
    Ok(last.map_or(0, i64::cast_unsigned))
}

/// The outer error is SQLite's; the inner one is a value of a type that was never written.
fn decode(row: &rusqlite::Row<'_>) -> rusqlite::Result<Result<Row, Damage>> {
    let seq = LogSeq(row.get::<_, i64>(0)?.cast_unsigned());
    let ValueRef::Integer(no) = row.get_ref(1)? else {
        return Ok(Err(Damage { no: InstanceNo(0), seq, what: DamageKind::Checksum }));
    };
    let no = InstanceNo(no.cast_unsigned());
    let prev = match row.get_ref(2)? {
        ValueRef::Null => Some(None),
        ValueRef::Integer(prev) => Some(Some(LogSeq(prev.cast_unsigned()))),
        ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => None,
    };
    let sum = match row.get_ref(3)? {
        ValueRef::Blob(sum) => sum.try_into().ok(),
        _ => None,
    };
    let body = match row.get_ref(4)? {
        ValueRef::Blob(body) => Some(body.to_vec()),
        _ => None,
    };
    Ok(match (prev, sum, body) {
        (Some(prev), Some(sum), Some(body)) => Ok(Row { seq, no, prev, sum, body }),
        _ => Err(Damage { no, seq, what: DamageKind::Checksum }),
    })
}
