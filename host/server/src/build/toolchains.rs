//! Keeps what builds guests in the cache folder of the user: toolchains, and the files that this binary brings for them.
//!
//! A folder there is named after a digest of what was put into it, is made once, under a lock, beside its place, and does not
//! change after that. So two builds at once, a build that is killed half-way and two versions of dacapo do each other no
//! harm. This module knows no language; what is to be in a folder is told by who wants it.

use std::fs::File;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::command::{Installs, Narrator, timed};
use crate::problem::{Code, Problem};

/// How much of a digest is in a name: 48 bits tell apart all that one machine will ever see.
const DIGEST_SHOWN_CHARS: usize = 12;

/// Where toolchains and records of builds are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// What is to be installed for a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// The language, for people.
    pub language: &'static str,
    /// What is installed, for people.
    pub content: String,
    /// The name of its folder.
    pub folder: String,
}

impl Cache {
    /// That of the user who runs this process: `$XDG_CACHE_HOME/dacapo`, or below `~/.cache`.
    pub fn of_user() -> Result<Self, Problem> {
        let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
        let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))).ok_or_else(|| {
            let text = "there is no place for toolchains: neither XDG_CACHE_HOME nor HOME is set to a folder";
            Problem::new(Code::InvalidSetting, text)
        })?;
        Ok(Self { root: cache.join("dacapo") })
    }

    /// Where a folder of that name is or would be.
    pub fn place(&self, folder: &str) -> PathBuf {
        self.toolchains().join(folder)
    }

    /// The folder of the records of builds.
    pub fn records(&self) -> PathBuf {
        self.root.join("builds")
    }

    /// The folder of a toolchain. It is installed if it is not there and the user allowed that.
    pub fn toolchain(
        &self,
        toolchain: &Toolchain,
        installs: Installs,
        say: Narrator,
        install: impl FnOnce(&Path) -> Result<(), Problem>,
    ) -> Result<PathBuf, Problem> {
        let place = self.place(&toolchain.folder);
        if !place.is_dir() && installs == Installs::Refused {
            return Err(toolchain.missing(&place));
        }
        self.folder(&toolchain.folder, |part| {
            say(&format!("installing {} into {}", toolchain.content, place.display()));
            timed(say, &format!("installed {}", toolchain.content), || install(part))
        })
    }

    /// The folder of that name; `make` fills it if it is not there. The name must tell what is in it.
    pub fn folder(&self, name: &str, make: impl FnOnce(&Path) -> Result<(), Problem>) -> Result<PathBuf, Problem> {
        let place = self.place(name);
        if place.is_dir() {
            return Ok(place);
        }
        let refuse = |error: std::io::Error| {
            let text = format!("{} cannot be made: {error}", place.display());
            Problem::new(Code::BuildFailed, text)
        };
        std::fs::create_dir_all(self.toolchains()).map_err(refuse)?;
        let lock = File::create(self.place(&format!("{name}.lock"))).map_err(refuse)?;
        lock.lock().map_err(refuse)?;
        if place.is_dir() {
            return Ok(place);
        }
        let prefix = format!("{name}.part-");
        self.remove_parts(&prefix).map_err(refuse)?;
        let part = tempfile::Builder::new().prefix(&prefix).tempdir_in(self.toolchains()).map_err(refuse)?;
        make(part.path())?;
        std::fs::rename(part.path(), &place).map_err(refuse)?;
        Ok(place)
    }

    /// Removes what makers left behind that were killed: whoever holds the lock is the only one.
    fn remove_parts(&self, prefix: &str) -> std::io::Result<()> {
        for entry in std::fs::read_dir(self.toolchains())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    fn toolchains(&self) -> PathBuf {
        self.root.join("toolchains")
    }

    #[cfg(test)]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }
}

impl Toolchain {
    /// A toolchain that follows from these inputs alone: if one of them changes, it is another toolchain.
    pub fn new<'a>(
        language: &'static str,
        prefix: &str,
        content: impl Into<String>,
        inputs: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        Self { language, content: content.into(), folder: format!("{prefix}-{}", digest(inputs)) }
    }

    fn missing(&self, place: &Path) -> Problem {
        let Self { language, content, .. } = self;
        let place = place.display();
        let text = format!(
            "{language} guests need {content}: run `dacapo build --install`, which installs it into {place} and changes \
             nothing else"
        );
        Problem::new(Code::ToolchainMissing, text)
    }
}

/// A short digest of texts, of their number and of where each of them ends.
pub fn digest<'a>(inputs: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for input in inputs {
        hash.update((input.len() as u64).to_le_bytes());
        hash.update(input);
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    hex[..DIGEST_SHOWN_CHARS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(cache: &Cache) -> Vec<String> {
        let entries = std::fs::read_dir(cache.toolchains()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_made_once_and_whole() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        let make = |text: &'static str| {
            cache.folder("js-1", |part| {
                std::fs::write(part.join("a"), text).unwrap();
                Ok(())
            })
        };
        let failed = cache.folder("js-1", |part| {
            std::fs::write(part.join("a"), "half").unwrap();
            Err(Problem::new(Code::BuildFailed, "no"))
        });
        assert_eq!(failed.map_err(|problem| problem.message), Err("no".to_owned()));
        assert_eq!(names(&cache), ["js-1.lock"]);

        std::fs::create_dir(cache.place("js-1.part-killed")).unwrap();
        std::fs::create_dir(cache.place("js-12.part-alive")).unwrap();
        assert_eq!(std::fs::read_to_string(make("one").unwrap().join("a")).unwrap(), "one");
        assert_eq!(std::fs::read_to_string(make("two").unwrap().join("a")).unwrap(), "one");
        assert_eq!(names(&cache), ["js-1", "js-1.lock", "js-12.part-alive"]);
    }

    #[test]
    fn makers_at_once() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        let made = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let dir = cache.folder("c-1", |part| {
                        made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        std::fs::write(part.join("a"), "").unwrap();
                        Ok(())
                    });
                    assert!(dir.unwrap().join("a").is_file());
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn nothing_is_installed_unless_it_was_allowed() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        let toolchain = Toolchain::new("C", "c", "ziglang 1", [&b"1"[..]]);
        let check = |installs, expect: Result<(), Code>| {
            let got = cache.toolchain(&toolchain, installs, |_| (), |_| Ok(()));
            assert_eq!(got.map(|_| ()).map_err(|problem| problem.code), expect, "{installs:?}");
        };
        check(Installs::Refused, Err(Code::ToolchainMissing));
        check(Installs::Allowed, Ok(()));
        check(Installs::Refused, Ok(()));
    }

    #[test]
    fn digests_tell_inputs_apart() {
        let all: [&[&[u8]]; 5] = [&[], &[b""], &[b"ab"], &[b"a", b"b"], &[b"b", b"a"]];
        let digests: std::collections::BTreeSet<_> = all.iter().map(|inputs| digest(inputs.iter().copied())).collect();
        assert_eq!(digests.len(), all.len());
    }
}
