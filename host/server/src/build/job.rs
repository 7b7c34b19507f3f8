//! One build of a guest that is not Rust: what every toolchain is given, and what is done with what it makes.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::{Installs, Narrator, run_tool, timed};
use super::embedded::{self, Sdk};
use super::records::{Record, Touched};
use super::toolchains::Cache;
use super::{component, read};
use crate::problem::{Code, Problem};

/// Whether a build may be left out that would make what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// If nothing of what it read has changed.
    Unchanged,
    /// The user wants it in any case.
    Nothing,
}

/// A component that is to be made.
#[derive(Debug)]
pub struct Job<'a> {
    /// Where its manifest is: tools run there, so that what they make does not depend on where the user stands.
    pub dir: &'a Path,
    /// The file that is to be made.
    pub wasm: &'a Path,
    /// Whether what is there may be it.
    pub reuse: Reuse,
    /// Whether a toolchain may be installed.
    pub installs: Installs,
    /// Tells the user what is done.
    pub say: Narrator,
    /// Where toolchains are.
    pub cache: Cache,
}

impl Job<'_> {
    /// Begins a build, or says that there is nothing to do. The parts tell it from builds that make other things of the
    /// same files; the SDK and this program are added here.
    pub fn begin(&self, parts: &[String]) -> Result<Option<Begun<'_>>, Problem> {
        let (scratch, sdk) = (Scratch::new()?, embedded::unpack(&self.cache)?);
        let since = Touched::of(scratch.dir()).map_err(|error| no_scratch(&error))?;
        let [dir, wasm] =
            [self.dir, self.wasm].map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        let mut all = vec![env!("CARGO_PKG_VERSION").as_bytes(), sdk.identity(), dir.as_os_str().as_encoded_bytes()];
        all.extend(parts.iter().map(String::as_bytes));
        let record = Record::of(&self.cache.records(), &wasm, &all);
        if self.reuse == Reuse::Unchanged && record.holds(&wasm) {
            (self.say)(&format!("{} is up to date", self.name()));
            return Ok(None);
        }
        Ok(Some(Begun { job: self, sdk, scratch, since, record }))
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

    /// The name of the component, for people.
    fn name(&self) -> Cow<'_, str> {
        self.wasm.file_name().unwrap_or_default().to_string_lossy()
    }
}

/// A build that has begun: what it reads from here on is recorded.
#[derive(Debug)]
pub struct Begun<'a> {
    job: &'a Job<'a>,
    /// The SDKs and interfaces that this binary brings, on disk.
    pub sdk: Sdk,
    scratch: Scratch,
    since: Touched,
    record: Record,
}

/// The files that a tool writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// The module or component.
    pub made: PathBuf,
    /// The absolute paths of the author's files that went into it, one a line.
    pub inputs: PathBuf,
}

impl Begun<'_> {
    /// Lets `tool` write a module or component, puts that into place as a component, and records what it was made of.
    /// `with` says for people what does it.
    pub fn make(&self, with: &str, tool: impl FnOnce(&Outputs) -> Result<(), Problem>) -> Result<(), Problem> {
        let (job, name) = (self.job, self.job.name());
        let outputs = Outputs { made: self.scratch.path(&name), inputs: self.scratch.path(&format!("{name}.inputs")) };
        (job.say)(&format!("building {name} with {with}"));
        timed(job.say, &format!("built {name}"), || tool(&outputs))?;
        let bytes = component::wrap(&read(&outputs.made)?, job.wasm)?;
        component::write(job.wasm, &bytes)?;
        // What is not a text is not a list, and names nothing.
        let inputs = std::fs::read_to_string(&outputs.inputs).unwrap_or_default();
        let inputs: Vec<_> = inputs.lines().map(PathBuf::from).collect();
        if let Err(reason) = self.record.keep(&inputs, self.since, &bytes) {
            (job.say)(&format!("{name} will be built again next time: {reason}"));
        }
        Ok(())
    }
}

/// A folder for what lies between source and component.
#[derive(Debug)]
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    /// An empty folder, which is gone with this value.
    pub fn new() -> Result<Self, Problem> {
        let dir = tempfile::Builder::new().prefix("dacapo-build-").tempdir();
        dir.map(Self).map_err(|error| no_scratch(&error))
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

fn no_scratch(error: &std::io::Error) -> Problem {
    Problem::new(Code::BuildFailed, format!("there is no place for temporary files: {error}"))
}
