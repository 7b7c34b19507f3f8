//! What a folder of blobs needs beside what the object store does: its sub-folders, and that an interrupted write goes.
//!
//! The store makes sub-folders as they are needed. But of two writers that need the same one only the first makes its
//! entry durable, and the other may be done earlier. So all of them are durable before the first write.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use kernel::model::{BlobDigest, Millis, Timestamp};
use tokio::sync::OnceCell;

use crate::blobs::blocking;
use crate::name::FOLDER_DIGITS;

#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    prepared: OnceCell<()>,
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, prepared: OnceCell::new() }
    }

    /// Makes the sub-folders, the first time that something is written.
    pub(crate) async fn prepare(&self) -> io::Result<()> {
        let path = self.path.clone();
        self.prepared.get_or_try_init(|| async { blocking(move || make_sub_folders(&path)).await? }).await.copied()
    }

    /// Makes the entry of an object durable that is there.
    pub(crate) async fn sync(&self, digest: BlobDigest) -> io::Result<()> {
        let path = self.path.join(&digest.to_string()[..FOLDER_DIGITS]);
        blocking(move || File::open(path)?.sync_all()).await?
    }

    /// Deletes what writes have left that a crash interrupted, once it is older than the grace. Answers how many bytes.
    pub(crate) async fn clean(&self, now: Timestamp, grace: Millis) -> io::Result<u64> {
        let path = self.path.clone();
        blocking(move || {
            let mut bytes = 0;
            for name in sub_folders() {
                bytes += delete_leftovers(&path.join(name), now, grace)?;
            }
            Ok(bytes)
        })
        .await?
    }
}

fn sub_folders() -> impl Iterator<Item = String> {
    (0..=u8::MAX).map(|byte| format!("{byte:02x}"))
}

fn make_sub_folders(path: &Path) -> io::Result<()> {
    for name in sub_folders() {
        match fs::create_dir(path.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    File::open(path)?.sync_all()?;
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn delete_leftovers(folder: &Path, now: Timestamp, grace: Millis) -> io::Result<u64> {
    let mut bytes = 0;
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(0),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(is_leftover) {
            continue;
        }
        // It may have become a blob since it was listed.
        let Ok(metadata) = entry.metadata() else { continue };
        let written = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let written = Timestamp(u64::try_from(written.as_millis()).unwrap_or(u64::MAX));
        if now.since(written) >= grace && fs::remove_file(entry.path()).is_ok() {
            bytes += metadata.len();
        }
    }
    Ok(bytes)
}

/// The store writes to the name of the object with `#` and a number, and renames that.
fn is_leftover(name: &str) -> bool {
    let Some((name, number)) = name.split_once('#') else { return false };
    let digits = |text: &str, is_digit: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(is_digit);
    name.len() == 2 * size_of::<BlobDigest>() - FOLDER_DIGITS
        && digits(name, u8::is_ascii_hexdigit)
        && digits(number, u8::is_ascii_digit)
}
