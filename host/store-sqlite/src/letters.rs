//! The table `letters`: sealed letters, from the commit that posts one to the commit that takes it.
//!
//! Nothing here verifies a checksum; that is the kernel's, and one that fails must reach it: only the kernel can say what
//! becomes of a letter that cannot be read.

use kernel::codec::SealedLetter;
use kernel::model::LetterNo;
use rusqlite::Connection;

pub(crate) fn post(conn: &Connection, letters: &[SealedLetter]) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached("INSERT INTO letters (no, sum, body) VALUES (?1, ?2, ?3)")?;
    for letter in letters {
        statement.execute((letter.no.0.cast_signed(), &letter.sum[..], &letter.body[..]))?;
    }
    Ok(())
}

pub(crate) fn take(conn: &Connection, numbers: &[LetterNo]) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached("DELETE FROM letters WHERE no = ?1")?;
    for no in numbers {
        statement.execute([no.0.cast_signed()])?;
    }
    Ok(())
}

/// All that wait, in order of their numbers.
pub(crate) fn all(conn: &Connection) -> rusqlite::Result<Vec<SealedLetter>> {
    let mut statement = conn.prepare("SELECT no, sum, body FROM letters ORDER BY no")?;
    let rows = statement.query_map([], |row| {
        // What is not a blob was never written. Something else in its place has the wrong checksum.
        let blob = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_blob().unwrap_or_default());
        let no = LetterNo(row.get::<_, i64>(0)?.cast_unsigned());
        Ok(SealedLetter { no, sum: blob(1)?.try_into().unwrap_or_default(), body: blob(2)?.to_vec() })
    })?;
    rows.collect()
}
