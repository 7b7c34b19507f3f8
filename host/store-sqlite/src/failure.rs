//! Errors of SQLite, sorted by what the caller will do.

use std::path::{Path, PathBuf};

use kernel::port::{CommitError, ReadError};
use rusqlite::ErrorCode;

/// Why a hub cannot be opened. Nothing in the folder was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it: stop that one, or use another folder.
    #[error("{} is in use by another dacapo{}; stop it or choose another data folder", dir.display(), by(*pid))]
    Locked {
        /// The folder.
        dir: PathBuf,
        /// The process that has it, if it could be read.
        pid: Option<u32>,
    },
    /// Somebody else's files: use another folder.
    #[error("{} is not a dacapo hub: {found}; choose another data folder", path.display())]
    NotOurs {
        /// The file or folder.
        path: PathBuf,
        /// What is there.
        found: String,
    },
    /// Written by a newer dacapo: use that one.
    #[error("{} has schema {found}, and this dacapo knows schemas up to {known}; use a newer dacapo", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The file is broken as a whole: restore a backup.
    #[error("{} is damaged: {what}; restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite or the checksum says.
        what: String,
    },
    /// The file system said no: mend that and try again.
    #[error("{}: {what}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        what: String,
    },
}

fn by(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl OpenError {
    pub(crate) fn io(path: &Path, error: impl ToString) -> Self {
        Self::Io { path: path.to_owned(), what: error.to_string() }
    }

    pub(crate) fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let (path, what) = (path.to_owned(), error.to_string());
        if is_damage(error) { Self::Damaged { path, what } } else { Self::Io { path, what } }
    }
}

/// Whether the bytes of the file, rather than the system around it, are to blame.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..) => true,
        other => matches!(other.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)),
    }
}

/// An error of a transaction that was rolled back, or of which it is not known whether it was.
pub(crate) fn commit_error(error: &rusqlite::Error) -> CommitError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => CommitError::Full(error.to_string()),
        // Only a foreign program can hold the write lock; the transaction never began.
        Some(ErrorCode::DatabaseBusy) => CommitError::Full(format!("another program is writing to the hub: {error}")),
        _ => CommitError::Lost(error.to_string()),
    }
}

pub(crate) fn read_failed(error: impl ToString) -> ReadError {
    ReadError::Failed(error.to_string())
}
