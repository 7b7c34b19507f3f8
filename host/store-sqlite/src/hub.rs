//! Opening a hub: whose folder it is, who owns it now, and what it holds.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kernel::codec::Damage;
use kernel::port::Recovery;
use rusqlite::Connection;

use crate::catalog::Catalog;
use crate::components::{COMPONENTS_DIR, ComponentFiles};
use crate::connection::{self, Options};
use crate::failure::OpenError;
use crate::lock::{self, FolderLock, LOCK_FILE};
use crate::overlay::Shared;
use crate::reader::Readers;
use crate::schema::APPLICATION_ID;
use crate::state;
use crate::writer::{Reopened, Writer};

const DATABASE_FILE: &str = "hub.db";

/// The task hub of one tenant, in one folder.
#[derive(Debug)]
pub struct Hub;

/// How often a hub was opened; grows with every opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootNo(pub u64);

/// A hub that this process owns until the last of these is dropped.
#[derive(Debug)]
pub struct Opened {
    /// Which opening this is.
    pub boot: BootNo,
    /// The one that writes.
    pub writer: Writer,
    /// Those that read.
    pub readers: Readers,
    /// What is deployed.
    pub catalog: Catalog,
    /// The bytes of what is deployed.
    pub components: ComponentFiles,
    /// What the partition begins with.
    pub recovery: Recovery,
    /// Instances that could not be recovered. They are left as they are, and reading one gives its damage.
    pub damaged: Vec<Damage>,
}

impl Hub {
    /// Opens the hub of a folder, which is made if it is not there.
    ///
    /// # Errors
    /// A folder that is locked, foreign or newer is left untouched.
    pub fn open(dir: &Path, options: Options) -> Result<Opened, OpenError> {
        let folder = Arc::new(Folder::take(dir, options)?);
        let conn = folder.connect()?;
        let path = folder.database();
        let boot = match state::read(&conn).map_err(|error| OpenError::sqlite(&path, &error))? {
            None => 1,
            Some(Ok(state)) => state.boot + 1,
            Some(Err(())) => return Err(state::damaged(&path)),
        };
        let overlay = Shared::default();
        let Reopened { writer, recovery, damaged } = Writer::begin(Arc::clone(&folder), conn, overlay.clone(), boot)?;
        let readers = Readers::new(Arc::clone(&folder), overlay);
        let catalog = Catalog::new(readers.clone());
        let components = ComponentFiles::open(&folder.dir).map_err(|error| OpenError::io(&folder.dir, error))?;
        Ok(Opened { boot: BootNo(boot), writer, readers, catalog, components, recovery, damaged })
    }
}

/// A folder that is locked, and what is needed to connect to what is in it.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: PathBuf,
    options: Options,
    _lock: FolderLock,
}

impl Folder {
    fn take(dir: &Path, options: Options) -> Result<Self, OpenError> {
        make(dir).map_err(|error| OpenError::io(dir, error))?;
        // Until there is a lock file nobody has the database open, and it can be looked at before anything is made.
        if !lock::path(dir).exists() {
            match inspect(&dir.join(DATABASE_FILE))? {
                Found::Hub => {}
                Found::Nothing => expect_vacant(dir)?,
            }
        }
        let lock = FolderLock::take(dir)?;
        inspect(&dir.join(DATABASE_FILE))?;
        Ok(Self { dir: dir.to_owned(), options, _lock: lock })
    }

    pub fn database(&self) -> PathBuf {
        self.dir.join(DATABASE_FILE)
    }

    pub fn options(&self) -> Options {
        self.options
    }

    pub fn connect(&self) -> Result<Connection, OpenError> {
        connection::open_writer(&self.database(), self.options)
    }
}

enum Found {
    Nothing,
    Hub,
}

/// Looks at the head of a database file without SQLite, which might change it. No connection to it may be open in this
/// process: closing the file drops the locks of all of them.
fn inspect(path: &Path) -> Result<Found, OpenError> {
    let mut head = Vec::new();
    match File::open(path).and_then(|file| file.take(100).read_to_end(&mut head)) {
        Ok(0) => return Ok(Found::Nothing),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(OpenError::io(path, error)),
    }
    let not_ours = |found: &str| OpenError::NotOurs { path: path.to_owned(), found: found.to_owned() };
    if !head.starts_with(b"SQLite format 3\0") {
        return Err(not_ours("it does not begin like an SQLite database"));
    }
    match head.get(68..72) {
        Some(application) if application == APPLICATION_ID.to_be_bytes() => Ok(Found::Hub),
        _ => Err(not_ours("it is an SQLite database of another program")),
    }
}

/// A new hub does not move in with other people's files.
fn expect_vacant(dir: &Path) -> Result<(), OpenError> {
    for entry in fs::read_dir(dir).map_err(|error| OpenError::io(dir, error))? {
        let name = entry.map_err(|error| OpenError::io(dir, error))?.file_name();
        let name = name.to_string_lossy();
        let harmless =
            name.starts_with('.') || [DATABASE_FILE, LOCK_FILE, COMPONENTS_DIR, "lost+found"].contains(&&*name);
        if !harmless {
            return Err(OpenError::NotOurs {
                path: dir.to_owned(),
                found: format!("it holds other files, such as {name}"),
            });
        }
    }
    Ok(())
}

/// Makes a folder that only its owner may enter, durably.
fn make(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(dir)?;
    match dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => sync_dir(parent),
        None => Ok(()),
    }
}

/// Makes the names in a folder durable. Where a folder cannot be opened as a file, the system sees to it by itself.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
