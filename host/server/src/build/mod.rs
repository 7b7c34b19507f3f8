//! From what an author has to components: manifests, builds of guests, and core modules wrapped as components.
//!
//! It does not judge a component, and deploys nothing. It installs nothing unless it was allowed to, and says on stderr
//! what it does before it does it.

mod command;
mod component;
mod manifest;
mod target;

use std::path::{Path, PathBuf};

pub use command::{Installs, Narrator};
pub use manifest::{Build, Manifest, Source, sources};

use crate::problem::{Code, Problem};

/// Builds one component if its manifest says how, and gives back the file that now holds it.
pub fn build(source: &Source, installs: Installs, say: Narrator) -> Result<PathBuf, Problem> {
    match &source.build {
        None => {}
        Some(Build::Cargo(package)) => {
            let module = target::build(&source.dir, package, installs, say)?;
            let bytes = component::wrap(&read(&module)?, &module)?;
            component::write(&source.wasm, &bytes)?;
        }
        Some(Build::Command(words)) => command::run_author_command(&source.dir, words, say)?,
    }
    if source.wasm.is_file() {
        return Ok(source.wasm.clone());
    }
    let how = match source.build {
        Some(_) => "the build did not make it",
        None => "the manifest names it and says no way to build it",
    };
    Err(Problem::new(Code::FileUnreadable, format!("{} does not exist: {how}", source.wasm.display())))
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(Code::FileUnreadable, format!("{} cannot be read: {error}", path.display()))
}
