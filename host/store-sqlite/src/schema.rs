//! The numbered steps that lead from an empty file to the schema of today, each in a transaction of its own.
//!
//! A step that was released is never edited. `user_version` says how far a file is.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::failure::OpenError;

/// Marks the file as a hub: "dcpo".
pub(crate) const APPLICATION_ID: u32 = 0x6463_706f;

/// The `user_version` that the first step leads to. Lower ones were never released, and their rows have formats that
/// are not read any more.
pub(crate) const VERSION_MIN: u32 = 3;

pub(crate) const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_hub.sql")];

/// Takes the steps that are missing.
pub(crate) fn migrate(conn: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), OpenError> {
    let sqlite = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    let found: u32 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sqlite)?;
    if (1..VERSION_MIN).contains(&found) {
        return Err(OpenError::NotOurs {
            path: path.to_owned(),
            found: format!("it was written by a dacapo from before the first release (schema {found})"),
        });
    }
    let known = VERSION_MIN - 1 + u32::try_from(steps.len()).expect("there are not that many migrations");
    if found > known {
        return Err(OpenError::NewerSchema { path: path.to_owned(), found, known });
    }
    for (version, step) in (VERSION_MIN..).zip(steps).filter(|(version, _)| *version > found) {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        transaction.execute_batch(step).map_err(sqlite)?;
        transaction.pragma_update(None, "user_version", version).map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_leaves_no_trace_and_is_taken_later() {
        let mut conn = Connection::open_in_memory().unwrap();
        let mut check = |steps: &[&str], works: bool, version: u32, tables: u32| {
            assert_eq!(migrate(&mut conn, Path::new("x"), steps).is_ok(), works, "{steps:?}");
            let count = "SELECT count(*) FROM sqlite_schema";
            assert_eq!(conn.pragma_query_value(None, "user_version", |row| row.get(0)), Ok(version), "{steps:?}");
            assert_eq!(conn.query_row(count, [], |row| row.get(0)), Ok(tables), "{steps:?}");
        };
        check(&["nonsense"], false, 0, 0);
        check(&["CREATE TABLE a (x)", "CREATE TABLE b (x); nonsense"], false, VERSION_MIN, 1);
        check(&["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE c (x)"], true, VERSION_MIN + 1, 3);
        check(&["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE c (x)"], true, VERSION_MIN + 1, 3);
        check(&["CREATE TABLE a (x)"], false, VERSION_MIN + 1, 3);
    }
}
