//! Which files are sources: what lies in the folders of manifests and was not made by a build or a tool.
//!
//! It knows paths and does not look into files. What a build writes must not be a source: it would be built for ever.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::build::Source;
use crate::problem::{Code, Problem};

/// Folders that tools fill, by their names. So are those that begin with a dot.
const MADE_BY_TOOLS: [&str; 5] = ["target", "node_modules", "__pycache__", "venv", "dist"];

/// Where sources lie. All paths in it are canonical.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Area {
    /// Folders of manifests with something to build.
    dirs: BTreeSet<PathBuf>,
    /// Manifests, and components that are not built.
    files: BTreeSet<PathBuf>,
    /// What builds make, and where the host keeps its data.
    made: BTreeSet<PathBuf>,
}

impl Area {
    /// The area of these sources, which these paths of the command line led to.
    pub fn of(paths: &[PathBuf], sources: &[Source], data: &Path) -> Result<Self, Problem> {
        let mut area = Self::default();
        // It is made by the host, which runs.
        area.made.extend(place(data).ok());
        for path in paths {
            let manifest = if path.is_dir() { path.join("dacapo.toml") } else { path.clone() };
            area.files.insert(canonical(&manifest)?);
        }
        for source in sources {
            let wasm = place(&source.wasm)?;
            match source.build {
                Some(_) => {
                    area.dirs.insert(canonical(&source.dir)?);
                    area.made.insert(wasm);
                }
                None => drop(area.files.insert(wasm)),
            }
        }
        Ok(area)
    }

    /// Folders to look into, with all that are in them.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.dirs.iter().map(PathBuf::as_path)
    }

    /// Files that are sources wherever they lie.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// Whether a file may be a source.
    pub fn has(&self, file: &Path) -> bool {
        if self.files.contains(file) {
            return true;
        }
        let Some(dir) = self.dirs.iter().find(|dir| file.starts_with(dir)) else { return false };
        let Some(name) = file.file_name() else { return false };
        let folders = file.parent().and_then(|parent| parent.strip_prefix(dir).ok());
        let is_made =
            file.ancestors().any(|path| self.made.contains(path)) || self.made.iter().any(|made| is_part(file, made));
        !is_made
            && !is_passing(name)
            && folders.is_some_and(|folders| folders.iter().all(|folder| !is_of_tools(folder)))
    }

    /// Whether a folder may hold sources.
    pub fn has_folder(&self, folder: &Path) -> bool {
        let Some(dir) = self.dirs.iter().find(|dir| folder.starts_with(dir)) else { return false };
        let below = folder.strip_prefix(dir).unwrap_or(folder);
        !folder.ancestors().any(|path| self.made.contains(path)) && below.iter().all(|part| !is_of_tools(part))
    }
}

fn canonical(path: &Path) -> Result<PathBuf, Problem> {
    path.canonicalize()
        .map_err(|error| Problem::new(Code::FileUnreadable, format!("{} cannot be watched: {error}", path.display())))
}

/// The canonical path of what may not be there yet, in a folder that is.
fn place(path: &Path) -> Result<PathBuf, Problem> {
    if let Ok(place) = path.canonicalize() {
        return Ok(place);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(canonical(folder)?.join(path.file_name().unwrap_or_default()))
}

fn is_of_tools(folder: &OsStr) -> bool {
    let folder = folder.to_string_lossy();
    folder.starts_with('.') || MADE_BY_TOOLS.contains(&&*folder)
}

/// What editors write beside a file while they write it.
fn is_passing(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    name.starts_with(['.', '#'])
        || name.ends_with(['~', '#'])
        || [".swp", ".tmp", ".part"].iter().any(|end| name.ends_with(end))
        || is_number
}

/// Whether a file is what a build makes, under the name that it has until it is complete: `app.wasm.17`.
fn is_part(file: &Path, made: &Path) -> bool {
    let (Some(name), Some(whole)) = (file.file_name(), made.file_name()) else { return false };
    let rest = name.to_string_lossy().strip_prefix(&*whole.to_string_lossy()).map(str::to_owned);
    file.parent() == made.parent() && rest.is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        let area = Area {
            dirs: ["/p/app".into()].into(),
            files: ["/q/other.wasm".into(), "/p/app/dacapo.toml".into()].into(),
            made: ["/p/app/app.wasm".into(), "/p/app/data".into()].into(),
        };
        let check = |file: &str, expect: bool| assert_eq!(area.has(Path::new(file)), expect, "{file}");
        check("/p/app/src/lib.rs", true);
        check("/p/app/dacapo.toml", true);
        check("/p/app/deep/er/file.py", true);
        check("/p/app/other.wasm", true);
        check("/p/app/app.wasm", false);
        check("/p/app/app.wasm.1234", false);
        check("/p/app/data/hubs/dacapo/log", false);
        check("/p/app/target/debug/lib.rs", false);
        check("/p/app/node_modules/a/index.js", false);
        check("/p/app/.git/index", false);
        check("/p/app/__pycache__/app.pyc", false);
        check("/p/app/src/.lib.rs.swp", false);
        check("/p/app/src/lib.rs~", false);
        check("/p/app/src/4913", false);
        check("/p/application/src/lib.rs", false);
        check("/q/other.wasm", true);
        check("/q/another.wasm", false);
    }

    #[test]
    fn folders() {
        let area = Area { dirs: ["/p/.app".into()].into(), ..Area::default() };
        let check = |folder: &str, expect: bool| assert_eq!(area.has_folder(Path::new(folder)), expect, "{folder}");
        check("/p/.app", true);
        check("/p/.app/src", true);
        check("/p/.app/target", false);
        check("/p/.app/src/.cache/a", false);
        check("/p", false);
    }
}
