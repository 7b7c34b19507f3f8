//! Connections and their settings; each deviates from SQLite's default for a reason that is written beside it.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use crate::failure::OpenError;
use crate::schema::{self, APPLICATION_ID, MIGRATIONS};

/// The first version without the bug that could lose a commit when a write-ahead log is reset.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// How long to wait for a lock that a foreign program, such as a backup, holds.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The log file is cut to this length when it is reset.
pub(crate) const WAL_MAX_BYTES: u32 = 64 << 20;
/// The largest row.
pub(crate) const ROW_MAX_BYTES: i32 = 64 << 20;
/// Page cache of the writer, in KiB. The index of ids is touched at random.
const WRITER_CACHE_KIB: i32 = 16 << 10;
/// Page cache of one reader, in KiB.
const READER_CACHE_KIB: i32 = 4 << 10;

/// How a hub is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// What an acknowledged commit survives.
    pub durability: Durability,
    /// How many pages of 4 KiB the file may have: a quota. Unlimited if `None`.
    pub max_page_count: Option<u32>,
}

/// What an acknowledged commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A crash of the process and a loss of power.
    #[default]
    Full,
    /// A crash of the process. A loss of power may take the last commits, never half of one.
    Relaxed,
}

/// Opens the one connection that writes, making and migrating the file if need be.
pub(crate) fn open_writer(path: &Path, options: Options) -> Result<Connection, OpenError> {
    let sqlite = |error: rusqlite::Error| OpenError::sqlite(path, &error);
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(OpenError::io(path, format!("SQLite {} is too old to be safe", rusqlite::version())));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    configure(&conn, WRITER_CACHE_KIB).map_err(sqlite)?;
    // Before the file has a write-ahead log, so that its first page says from the beginning whose it is.
    let application: u32 = conn.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(sqlite)?;
    if application == 0 {
        // Incremental: free pages can be given back some at a time. Later it would have no effect.
        conn.pragma_update(None, "auto_vacuum", 2).map_err(sqlite)?;
        conn.pragma_update(None, "application_id", APPLICATION_ID).map_err(sqlite)?;
    }
    expect_wal(&conn, path)?;
    set_synchronous(&conn, options.durability).map_err(sqlite)?;
    conn.pragma_update(None, "journal_size_limit", WAL_MAX_BYTES).map_err(sqlite)?;
    if let Some(count) = options.max_page_count {
        conn.pragma_update(None, "max_page_count", count).map_err(sqlite)?;
    }
    schema::migrate(&mut conn, path, MIGRATIONS)?;
    restrict(&conn).map_err(sqlite)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}

/// Opens a connection that only reads. The file must be there.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    configure(&conn, READER_CACHE_KIB)?;
    conn.pragma_update(None, "query_only", true)?;
    restrict(&conn)?;
    Ok(conn)
}

/// Says what the next commits of a connection survive.
pub(crate) fn set_synchronous(conn: &Connection, durability: Durability) -> rusqlite::Result<()> {
    // By number: a word that SQLite does not know is silently taken for another.
    let (sql, expect) = match durability {
        Durability::Full => ("PRAGMA synchronous = 2", 2),
        Durability::Relaxed => ("PRAGMA synchronous = 1", 1),
    };
    conn.execute_batch(sql)?;
    let set: i32 = conn.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    if set == expect { Ok(()) } else { Err(rusqlite::Error::InvalidQuery) }
}

fn configure(conn: &Connection, cache_kib: i32) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // Looks at the shape of a page before it is used.
    conn.pragma_update(None, "cell_size_check", true)?;
    // A mapped file spreads corruption, and an I/O error on it kills the process.
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "cache_size", -cache_kib)?;
    // The writer checkpoints by itself, when nobody waits for it.
    conn.pragma_update(None, "wal_autocheckpoint", 0)
}

fn restrict(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, ROW_MAX_BYTES)?;
    conn.set_limit(Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 64)?;
    conn.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, 16 << 10)?;
    conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    Ok(())
}

/// A network file system refuses the mode without an error; there the hub would not be safe.
fn expect_wal(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let mode: String = conn
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(|error| OpenError::sqlite(path, &error))?;
    if mode == "wal" {
        return Ok(());
    }
    Err(OpenError::io(path, format!("this file system has no write-ahead log (journal mode {mode}); use a local disk")))
}
