//! Who owns a hub's folder.
//!
//! The lock is on a file of its own: closing any handle on the database file would drop the locks that SQLite has on it.
//! The operating system lets go of it when the process ends, however that happens.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::failure::OpenError;

pub(crate) const LOCK_FILE: &str = "hub.lock";

/// Held as long as anything of the hub is open in this process.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock of a folder, making the lock file if need be.
    pub fn take(dir: &Path) -> Result<Self, OpenError> {
        let path = path(dir);
        let io = |error: std::io::Error| OpenError::io(&path, error);
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = file.take(16).read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(OpenError::Locked { dir: dir.to_owned(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        // For the message that another process gives; nothing depends on it.
        file.set_len(0).and_then(|()| file.rewind()).map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join(LOCK_FILE)
}
