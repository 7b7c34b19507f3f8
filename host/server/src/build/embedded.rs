//! The SDKs and interfaces that this binary brings, and their way to the disk, where tools can read them.
//!
//! `build.rs` lists the same folders, so that a change of a file makes another binary.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use rust_embed::Embed;

use super::toolchains::{Cache, digest};
use crate::problem::{Code, Problem};

#[derive(Embed)]
#[folder = "../../guest-sdk/js"]
#[exclude = "test/*"]
#[exclude = "wit/*"]
#[exclude = "*node_modules/*"]
#[exclude = "*.md"]
struct Js;

#[derive(Embed)]
#[folder = "../../guest-sdk/python"]
#[exclude = "tests/*"]
#[exclude = "*__pycache__/*"]
#[exclude = "*_cache/*"]
#[exclude = "*.md"]
struct Python;

#[derive(Embed)]
#[folder = "../../wit"]
#[include = "*.wit"]
struct Interfaces;

#[derive(Embed)]
#[folder = "../../guest-sdk/rust/wasi"]
struct Wasi;

/// The embedded files on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdk {
    root: PathBuf,
}

impl Sdk {
    /// Tells apart SDKs with other files.
    pub fn identity(&self) -> &[u8] {
        self.root.file_name().unwrap_or_default().as_encoded_bytes()
    }

    /// The SDK for JavaScript and its build tool.
    pub fn js(&self) -> PathBuf {
        self.root.join("js")
    }

    /// The SDK for Python and its build tools.
    pub fn python(&self) -> PathBuf {
        self.root.join("python")
    }

    /// `dacapo/*.wit` and `wasi/`, with what those depend on.
    pub fn wit(&self) -> PathBuf {
        self.root.join("wit")
    }
}

/// A file of the SDK for JavaScript.
pub fn js(path: &str) -> Result<Cow<'static, [u8]>, Problem> {
    Js::get(path).map(|file| file.data).ok_or_else(|| not_embedded(path))
}

/// A file of the SDK for Python.
pub fn python(path: &str) -> Result<Cow<'static, [u8]>, Problem> {
    Python::get(path).map(|file| file.data).ok_or_else(|| not_embedded(path))
}

/// Puts all embedded files beside the toolchains, unless they are there.
pub fn unpack(cache: &Cache) -> Result<Sdk, Problem> {
    let files = files();
    let inputs = files.iter().flat_map(|(path, content)| [path.as_bytes(), content]);
    let root = cache.folder(&format!("sdk-{}", digest(inputs)), |part| {
        files.iter().try_for_each(|(path, content)| write(&part.join(path), content))
    })?;
    Ok(Sdk { root })
}

/// Writes a file, and the folders that it is to be in.
pub fn write(path: &Path, content: &[u8]) -> Result<(), Problem> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, content))
        .map_err(|error| Problem::new(Code::BuildFailed, format!("{} cannot be written: {error}", path.display())))
}

/// All embedded files by the paths that they get, in order.
fn files() -> Vec<(String, Cow<'static, [u8]>)> {
    let mut files = Vec::new();
    collect::<Js>("js", &mut files);
    collect::<Python>("python", &mut files);
    collect::<Interfaces>("wit/dacapo", &mut files);
    collect::<Wasi>("wit/wasi", &mut files);
    files.sort();
    files
}

fn collect<E: Embed>(folder: &str, files: &mut Vec<(String, Cow<'static, [u8]>)>) {
    files.extend(E::iter().filter_map(|path| Some((format!("{folder}/{path}"), E::get(&path)?.data))));
}

fn not_embedded(path: &str) -> Problem {
    Problem::new(Code::InternalError, format!("this dacapo was built without the file {path} of its SDK"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_need_is_there_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let sdk = unpack(&Cache::at(root.path())).unwrap();
        let there = [
            sdk.js().join("build/main.mjs"),
            sdk.js().join("toolchain/package-lock.json"),
            sdk.python().join("dacapo_build/main.py"),
            sdk.python().join("toolchain/requirements.txt"),
            sdk.wit().join("dacapo/types.wit"),
            sdk.wit().join("wasi/http.wit"),
            sdk.wit().join("wasi/deps/io/io.wit"),
        ];
        for file in there {
            assert!(file.is_file(), "{}", file.display());
        }
        let unwanted = ["node_modules", "__pycache__", "/test/", "/tests/"];
        for (path, _) in files() {
            assert!(!unwanted.iter().any(|word| path.contains(word)), "{path}");
        }
        assert_eq!(unpack(&Cache::at(root.path())).unwrap(), sdk);
    }
}
