//! From what an author has to components: manifests, builds of guests, and core modules wrapped as components.
//!
//! Each language has a module that knows its toolchain; [`toolchains`] keeps what they install. It does not judge a
//! component, and deploys nothing. It installs nothing unless it was allowed to, and says on stderr what it does before it
//! does it.

mod bindings;
mod c;
mod command;
mod component;
mod embedded;
mod includes;
mod job;
mod js;
mod manifest;
mod python;
mod records;
mod target;
mod toolchains;

use std::path::{Path, PathBuf};

pub use c::write_bindings as write_c_bindings;
pub use command::{Installs, Narrator, ask};
pub use manifest::{Build, Manifest, Source, sources};

use crate::problem::{Code, Problem};
use job::{Job, Reuse};
use toolchains::{Cache, Toolchain};

/// How it stands with the toolchain of a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It is in this folder.
    Installed(PathBuf),
    /// The machine has what is needed.
    Found,
    /// `dacapo build --install` would install it into this folder.
    ToInstall(PathBuf),
    /// It could not be installed: this is missing.
    Missing(Problem),
}

/// How it stands with the toolchains that [`build`] uses, by language. Nothing is installed.
pub fn readiness() -> Result<[(&'static str, Readiness); 4], Problem> {
    let cache = Cache::of_user()?;
    let of = |toolchain: Result<Toolchain, Problem>| match toolchain.map(|it| cache.place(&it.folder)) {
        Ok(place) if place.is_dir() => Readiness::Installed(place),
        Ok(place) => Readiness::ToInstall(place),
        Err(problem) => Readiness::Missing(problem),
    };
    let c = match c::has_compiler(&cache)? {
        true => Readiness::Found,
        false => of(python::Python::find().map(|_| c::toolchain())),
    };
    Ok([
        ("Rust", target::readiness()),
        ("JavaScript", of(js::node().and_then(|_| js::toolchain()))),
        ("Python", of(python::toolchain())),
        ("C", c),
    ])
}

/// Builds one component if its manifest says how and it is not up to date, and gives back the file that now holds it.
pub fn build(source: &Source, installs: Installs, say: Narrator) -> Result<PathBuf, Problem> {
    build_with(source, Reuse::Unchanged, installs, say)
}

/// The same, and what is up to date is built as well.
pub fn build_anew(source: &Source, installs: Installs, say: Narrator) -> Result<PathBuf, Problem> {
    build_with(source, Reuse::Nothing, installs, say)
}

fn build_with(source: &Source, reuse: Reuse, installs: Installs, say: Narrator) -> Result<PathBuf, Problem> {
    let (dir, wasm) = (&source.dir, &source.wasm);
    let job = || Ok::<_, Problem>(Job { dir, wasm, reuse, installs, say, cache: Cache::of_user()? });
    match &source.build {
        None => {}
        Some(Build::Cargo(package)) => {
            let module = target::build(&source.dir, package, installs, say)?;
            component::write(&source.wasm, &component::wrap(&read(&module)?, &module)?)?;
        }
        Some(Build::Js(entry)) => js::build(&job()?, entry)?,
        Some(Build::Python(entry)) => python::build(&job()?, entry)?,
        Some(Build::AzurePython(folder)) => python::build_azure(&job()?, folder)?,
        Some(Build::C(sources)) => c::build(&job()?, sources)?,
        Some(Build::Command(words)) => {
            command::run_author_command(&source.dir, words, say)?;
            if source.wasm.is_file() {
                component::write(&source.wasm, &component::wrap(&read(&source.wasm)?, &source.wasm)?)?;
            }
        }
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
