//! Remembers what was built of what, so that a build whose inputs have not changed is not made again.
//!
//! It keeps a record for each component in the cache folder and compares records with files. It does not know how anything
//! is built. Whatever is in doubt is built again: a record is believed as a whole or not at all, and one that cannot be
//! read or written makes no build fail.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use kernel::model::BlobRef;
use serde::{Deserialize, Serialize};

use super::toolchains::digest;

/// The record of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    file: PathBuf,
    /// Tells apart builds that would make other things of the same files.
    recipe: String,
}

/// When a file was last touched in any way: seconds and nanoseconds of its file system's clock. Unlike the time that is
/// listed, programs cannot set it, so that an old file that is moved into a place is as new there as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touched(i64, i64);

/// Why a build was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum Unrecorded {
    /// Its tool named no inputs.
    #[error("its tool does not say what it read")]
    Unnamed,
    /// Nobody can say which content the build has seen.
    #[error("{path} changed while it was built", path = .0.display())]
    Changed(PathBuf),
    #[error("its record cannot be kept: {0}")]
    Io(#[from] std::io::Error),
}

/// What is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    recipe: String,
    /// The digest of what was in each of them.
    inputs: BTreeMap<PathBuf, String>,
    made: String,
}

impl Record {
    /// The record of the component `wasm`, in a folder of records. The parts say all that makes it, but for its inputs.
    pub fn of(folder: &Path, wasm: &Path, parts: &[&[u8]]) -> Self {
        let place = wasm.as_os_str().as_encoded_bytes();
        let file = folder.join(format!("{}.json", digest([place])));
        Self { file, recipe: digest([place].into_iter().chain(parts.iter().copied())) }
    }

    /// Whether a build would make what is there: nothing that was recorded has changed.
    pub fn holds(&self, wasm: &Path) -> bool {
        let Some(written) = self.read() else { return false };
        written.recipe == self.recipe
            && !written.inputs.is_empty()
            && written.inputs.iter().all(|(file, digest)| is_in(file, digest))
            && is_in(wasm, &written.made)
    }

    /// Records what was made of these inputs by a build that began then.
    pub fn keep(&self, inputs: &[PathBuf], begun: Touched, made: &[u8]) -> Result<(), Unrecorded> {
        if inputs.is_empty() {
            return Err(Unrecorded::Unnamed);
        }
        let mut contents = BTreeMap::new();
        for input in inputs {
            // The time is asked last, so that a change of what was just read is seen.
            let content = content(&std::fs::read(input)?);
            if Touched::of(input)? > begun {
                return Err(Unrecorded::Changed(input.clone()));
            }
            contents.insert(input.clone(), content);
        }
        let written = Written { recipe: self.recipe.clone(), inputs: contents, made: content(made) };
        Ok(self.write(&serde_json::to_vec_pretty(&written).map_err(std::io::Error::from)?)?)
    }

    fn read(&self) -> Option<Written> {
        serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()
    }

    /// A reader finds the old record or the new one, never a part.
    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let part = tempfile::NamedTempFile::new_in(folder)?;
        std::fs::write(part.path(), bytes)?;
        part.persist(&self.file)?;
        Ok(())
    }
}

impl Touched {
    /// That of a file or folder.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self(metadata.ctime(), metadata.ctime_nsec()))
    }
}

/// Tells apart what files hold.
fn content(bytes: &[u8]) -> String {
    BlobRef::of(bytes).digest.to_string()
}

fn is_in(path: &Path, digest: &str) -> bool {
    std::fs::read(path).is_ok_and(|bytes| content(&bytes) == digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Touched = Touched(0, 0);
    const AFTER: Touched = Touched(i64::MAX, 0);

    /// A folder with a component that was built of two files, and recorded.
    fn recorded(root: &Path) -> Record {
        for (name, text) in [("a.js", "one"), ("b.js", "two"), ("app.wasm", "made")] {
            std::fs::write(root.join(name), text).unwrap();
        }
        let record = record(root, b"sdk 1");
        record.keep(&[root.join("a.js"), root.join("b.js")], AFTER, b"made").unwrap();
        record
    }

    fn record(root: &Path, part: &[u8]) -> Record {
        Record::of(&root.join("builds"), &root.join("app.wasm"), &[b"js", part])
    }

    fn write(path: PathBuf, text: &str) {
        std::fs::write(path, text).unwrap();
    }

    fn remove(path: PathBuf) {
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_holds() {
        let check = |what: &str, change: fn(&Path, &Record), expect: bool| {
            let root = tempfile::tempdir().unwrap();
            let recorded = recorded(root.path());
            change(root.path(), &recorded);
            assert_eq!(record(root.path(), b"sdk 1").holds(&root.path().join("app.wasm")), expect, "{what}");
        };
        check("nothing changed", |_, _| (), true);
        check("a source is written again as it was", |root, _| write(root.join("a.js"), "one"), true);
        check("a new file that nobody read", |root, _| write(root.join("c.js"), ""), true);
        check("a source changed", |root, _| write(root.join("a.js"), "eno"), false);
        check("a source is gone", |root, _| remove(root.join("b.js")), false);
        check("the component was edited", |root, _| write(root.join("app.wasm"), "edam"), false);
        check("the component is gone", |root, _| remove(root.join("app.wasm")), false);
        check("the record is gone", |_, record| remove(record.file.clone()), false);
        check("the record is damaged", |_, record| write(record.file.clone(), "{"), false);
        check("the record is another's", |_, record| write(record.file.clone(), "{\"recipe\":\"\"}"), false);
    }

    #[test]
    fn a_record_is_of_one_recipe_and_one_component() {
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (recorded(root.path()), record(root.path(), b"sdk 2"));
        let wasm = root.path().join("app.wasm");
        assert_eq!((old.file.as_path(), old.holds(&wasm), new.holds(&wasm)), (new.file.as_path(), true, false));
        new.keep(&[root.path().join("a.js")], AFTER, b"made").unwrap();
        assert_eq!((old.holds(&wasm), new.holds(&wasm)), (false, true));
        let other = Record::of(&root.path().join("builds"), &root.path().join("b.wasm"), &[b"js", b"sdk 2"]);
        assert_ne!(other.file, new.file);
        assert_eq!(std::fs::read_dir(root.path().join("builds")).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_recorded() {
        let root = tempfile::tempdir().unwrap();
        let record = recorded(root.path());
        let check = |inputs: &[&str], begun, expect: &str| {
            let inputs: Vec<_> = inputs.iter().map(|name| root.path().join(name)).collect();
            let told = record.keep(&inputs, begun, b"made").unwrap_err().to_string();
            assert!(told.contains(expect), "{inputs:?}: {told}");
        };
        check(&[], AFTER, "its tool does not say what it read");
        check(&["a.js"], BEFORE, "a.js changed while it was built");
        check(&["a.js", "gone.js"], AFTER, "its record cannot be kept");
    }
}
