//! One build of a guest that is not Rust: what every toolchain is given, and what is done with what it makes.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::{Installs, Narrator, run_tool, timed};
use super::embedded::{self, Sdk};
use super::toolchains::Cache;
use super::{component, read};
use crate::problem::{Code, Problem};

/// A component that is to be made.
#[derive(Debug)]
pub struct Job<'a> {
    /// Where its manifest is: tools run there, so that what they make does not depend on where the user stands.
    pub dir: &'a Path,
    /// The file that is to be made.
    pub wasm: &'a Path,
    /// Whether a toolchain may be installed.
    pub installs: Installs,
    /// Tells the user what is done.
    pub say: Narrator,
    /// Where toolchains are.
    pub cache: Cache,
}

impl Job<'_> {
    /// The SDKs and interfaces that this binary brings, on disk.
    pub fn sdk(&self) -> Result<Sdk, Problem> {
        embedded::unpack(&self.cache)
    }

    /// Whether a file or folder that the manifest names is there.
    pub fn require(&self, entry: &Path) -> Result<(), Problem> {
        match self.dir.join(entry).exists() {
            true => Ok(()),
            false => {
                let (entry, wasm) = (self.dir.join(entry), self.wasm.display());
                let text = format!("{} does not exist, and {wasm} is to be built from it", entry.display());
                Err(Problem::new(Code::FileUnreadable, text))
            }
        }
    }

    /// Runs a tool in the folder of the manifest.
    pub fn run(&self, command: &mut Command) -> Result<(), Problem> {
        run_tool(command.current_dir(self.dir).env("NO_COLOR", "1"), self.dir, self.say)
    }

    /// Lets `tool` write a module or component to the file that it is given, and puts that into place as a component.
    /// `with` says for people what does it.
    pub fn make(&self, with: &str, tool: impl FnOnce(&Path) -> Result<(), Problem>) -> Result<(), Problem> {
        let scratch = Scratch::new()?;
        let name = self.wasm.file_name().unwrap_or_default().to_string_lossy();
        let made = scratch.path(&name);
        (self.say)(&format!("building {name} with {with}"));
        timed(self.say, &format!("built {name}"), || tool(&made))?;
        component::write(self.wasm, &component::wrap(&read(&made)?, self.wasm)?)
    }
}

/// A folder for what lies between source and component.
#[derive(Debug)]
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    /// An empty folder, which is gone with this value.
    pub fn new() -> Result<Self, Problem> {
        let dir = tempfile::Builder::new().prefix("dacapo-build-").tempdir();
        let refuse = |error| Problem::new(Code::BuildFailed, format!("there is no place for temporary files: {error}"));
        dir.map(Self).map_err(refuse)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.0.path()
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
