//! Changes of source files, one set for what was changed at once.
//!
//! A file whose content is the same as at its last change has not changed: so a build that touches files ends. Each folder is
//! watched by itself, because a watch of a tree would take in what tools put there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::area::Area;
use crate::problem::{Code, Problem};

/// How long nothing has to change before what changed counts as complete: an editor saves several files at once.
const QUIET: Duration = Duration::from_millis(200);

/// The source files of an area.
#[derive(Debug)]
pub struct Files {
    area: Area,
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    events: UnboundedReceiver<notify::Result<Event>>,
    /// The digest of what was in each file that changed; none if it is gone.
    known: BTreeMap<PathBuf, Option<[u8; 32]>>,
}

impl Files {
    /// Begins to watch.
    pub fn watch(area: Area) -> Result<Self, Problem> {
        let (sender, events) = unbounded_channel();
        // Who does not listen any more is not interested.
        let watcher = notify::recommended_watcher(move |event| drop(sender.send(event)));
        let watcher = watcher.map_err(|error| unwatched(&error))?;
        let (watched, known) = (BTreeSet::new(), BTreeMap::new());
        let mut files = Self { area: Area::default(), watcher, watched, events, known };
        files.cover(area)?;
        Ok(files)
    }

    /// Watches this area from now on. What is in its files now is not a change.
    pub fn cover(&mut self, area: Area) -> Result<(), Problem> {
        if area == self.area {
            return Ok(());
        }
        self.area = area.clone();
        for file in area.files() {
            if !self.known.contains_key(file) {
                self.has_changed(file);
            }
            file.parent().map_or(Ok(()), |folder| self.add(folder))?;
        }
        for folder in area.folders() {
            for file in self.add_tree(folder)? {
                self.has_changed(&file);
            }
        }
        Ok(())
    }

    /// Waits until sources have changed and nothing changes any more, and gives back which have.
    pub async fn next(&mut self) -> Result<Vec<PathBuf>, Problem> {
        loop {
            let mut touched = BTreeSet::new();
            let first = self.events.recv().await;
            self.take(first, &mut touched)?;
            while let Ok(event) = timeout(QUIET, self.events.recv()).await {
                self.take(event, &mut touched)?;
            }
            let changed: Vec<_> = touched.into_iter().filter(|path| self.has_changed(path)).collect();
            if !changed.is_empty() {
                return Ok(changed);
            }
        }
    }

    fn take(&mut self, event: Option<notify::Result<Event>>, touched: &mut BTreeSet<PathBuf>) -> Result<(), Problem> {
        let closed = || Problem::new(Code::InternalError, "the system tells no more of changes");
        let event = event.ok_or_else(closed)?.map_err(|error| unwatched(&error))?;
        if matches!(event.kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_))) {
            return Ok(());
        }
        for path in event.paths {
            if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) && !path.exists() {
                // A folder of that name that comes later is another one.
                self.watched.retain(|folder| !folder.starts_with(&path));
            }
            if path.is_dir() && self.area.has_folder(&path) {
                // What was put into a new folder before it was watched would go unnoticed.
                touched.extend(self.add_tree(&path)?);
            } else if self.area.has(&path) && !path.is_dir() {
                touched.insert(path);
            }
        }
        Ok(())
    }

    fn has_changed(&mut self, path: &Path) -> bool {
        let digest = std::fs::read(path).ok().map(|bytes| Sha256::digest(bytes).into());
        self.known.insert(path.to_owned(), digest) != Some(digest)
    }

    /// Watches a folder and all folders in it, and gives back the files that are in those that are new.
    fn add_tree(&mut self, folder: &Path) -> Result<Vec<PathBuf>, Problem> {
        let mut files = Vec::new();
        let mut waiting = vec![folder.to_owned()];
        while let Some(folder) = waiting.pop() {
            if !self.watched.insert(folder.clone()) {
                continue;
            }
            self.add(&folder)?;
            // A folder that is gone again has nothing in it.
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                // A link to a folder may lead back to where it is.
                match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    true if self.area.has_folder(&path) => waiting.push(path),
                    true => {}
                    false if self.area.has(&path) => files.push(path),
                    false => {}
                }
            }
        }
        Ok(files)
    }

    fn add(&mut self, folder: &Path) -> Result<(), Problem> {
        match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
            Err(error) if !matches!(error.kind, ErrorKind::PathNotFound) => Err(unwatched(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn unwatched(error: &notify::Error) -> Problem {
    let why = match error.kind {
        ErrorKind::MaxFilesWatch => {
            "the system watches as many folders as it may; raise fs.inotify.max_user_watches".into()
        }
        _ => error.to_string(),
    };
    Problem::new(Code::FileUnreadable, format!("changes cannot be watched: {why}"))
}
