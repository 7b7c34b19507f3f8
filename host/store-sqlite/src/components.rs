//! The bytes of components, one file each, named by their digest.
//!
//! A file appears under its name only when it is whole and durable, and is verified whenever it is read. It does not
//! know which components are in use.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::model::ComponentDigest;

use crate::hub::sync_dir;

pub(crate) const COMPONENTS_DIR: &str = "components";

/// Keeps component files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ComponentFiles {
    dir: PathBuf,
    /// Names temporary files, so that two threads do not write into one.
    next: Arc<AtomicU64>,
}

/// Why a component cannot be had, by what the caller will do.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// Deploy it again.
    #[error("{} does not have the digest that is its name; deploy the component again", .0.display())]
    Damaged(PathBuf),
    /// No space: make some.
    #[error("{}: {error}", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file system said no.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl ComponentFiles {
    /// Makes the folder if need be, and sweeps what an interrupted [`ComponentFiles::put`] left.
    pub(crate) fn open(hub: &Path) -> io::Result<Self> {
        let dir = hub.join(COMPONENTS_DIR);
        if !dir.is_dir() {
            fs::create_dir(&dir)?;
            sync_dir(hub)?;
        }
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "tmp") {
                fs::remove_file(path)?;
            }
        }
        Ok(Self { dir, next: Arc::default() })
    }

    /// Where a component is or would be.
    pub fn path(&self, digest: ComponentDigest) -> PathBuf {
        self.dir.join(format!("{digest}.wasm"))
    }

    /// Keeps a component. It is durable afterwards. Keeping it twice is harmless and mends a damaged file.
    ///
    /// # Errors
    /// [`ComponentError::Full`] or [`ComponentError::Io`]; nothing is kept then.
    pub fn put(&self, component: &[u8]) -> Result<ComponentDigest, ComponentError> {
        let digest = ComponentDigest::of(component);
        if !matches!(self.get(digest), Ok(Some(_))) {
            let path = self.path(digest);
            let temporary = self.dir.join(format!("{digest}.{}.tmp", self.next.fetch_add(1, Ordering::Relaxed)));
            self.write(&temporary, &path, component).map_err(|error| {
                // What is left of it is swept when the hub is opened again.
                let _ = fs::remove_file(&temporary);
                match error.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ComponentError::Full { path, error },
                    _ => ComponentError::Io { path, error },
                }
            })?;
        }
        Ok(digest)
    }

    /// The bytes of a component, if it is kept.
    ///
    /// # Errors
    /// [`ComponentError::Damaged`] or [`ComponentError::Io`].
    pub fn get(&self, digest: ComponentDigest) -> Result<Option<Vec<u8>>, ComponentError> {
        let path = self.path(digest);
        match fs::read(&path) {
            Ok(bytes) if ComponentDigest::of(&bytes) == digest => Ok(Some(bytes)),
            Ok(_) => Err(ComponentError::Damaged(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ComponentError::Io { path, error }),
        }
    }

    fn write(&self, temporary: &Path, path: &Path, component: &[u8]) -> io::Result<()> {
        let mut file = File::options().write(true).create_new(true).open(temporary)?;
        file.write_all(component)?;
        file.sync_all()?;
        fs::rename(temporary, path)?;
        sync_dir(&self.dir)
    }
}
