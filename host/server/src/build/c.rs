//! Builds guests in C: on the plain bindings of the interfaces, by the compiler that is there.
//!
//! That is clang if it can build for WASI, else zig, else the zig that PyPI has, which needs no rights on the machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::bindings::{self, Bound};
use super::command::{ask, on_path};
use super::embedded;
use super::includes;
use super::job::{Job, Outputs, Scratch};
use super::python::{self, Python};
use super::toolchains::{Cache, Toolchain};
use crate::problem::Problem;

const TARGET: &str = "--target=wasm32-wasi";
/// Small code without a `main`; warnings are for the author.
const FLAGS: [&str; 6] = ["-std=c11", "-Oz", "-Wall", "-Wextra", "-mexec-model=reactor", "-Wl,--strip-debug"];
const ZIGLANG: &str = "ziglang==0.17.1";
/// Needs a header, a library and the linker.
const PROBE: &str = "#include <stdlib.h>\nvoid *probe(void);\nvoid *probe(void) { return malloc(1); }\n";

/// A compiler that builds for WASI.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Compiler {
    Clang(PathBuf),
    Zig(PathBuf),
    /// An environment of Python that has it as a module.
    Ziglang(PathBuf),
}

/// Builds the component of these sources.
pub fn build(job: &Job<'_>, sources: &[PathBuf]) -> Result<(), Problem> {
    sources.iter().try_for_each(|source| job.require(source))?;
    let Some(begun) = job.begin(&[format!("c {sources:?}"), compilers()])? else { return Ok(()) };
    let texts = texts(sources.iter().map(|source| job.dir.join(source)))?;
    let compiler = Compiler::obtain(job)?;
    let scratch = Scratch::new()?;
    bindings::write(&begun.sdk.wit(), Bound::NamedBy(&texts), scratch.dir())?;
    begun.make(compiler.name(), |Outputs { made, inputs }| {
        let mut command = compiler.command(&job.cache);
        command.args(FLAGS).arg("-isystem").arg(scratch.dir()).args(sources);
        command.arg(scratch.path("dacapo.c")).arg(scratch.path("dacapo_component_type.o"));
        job.run(command.arg("-o").arg(made))?;
        embedded::write(inputs, list(job, sources).as_bytes())
    })
}

/// What was compiled, one file a line.
fn list(job: &Job<'_>, sources: &[PathBuf]) -> String {
    let files = includes::files(sources.iter().map(|source| job.dir.join(source))).unwrap_or_default();
    let lines = files.iter().filter_map(|file| Some(format!("{}\n", std::path::absolute(file).ok()?.display())));
    lines.collect()
}

/// What the choice of the compiler follows from: those that are there, and the one that would be installed.
fn compilers() -> String {
    let version = |name, word| Some((on_path(name)?, ask(Command::new(name).arg(word))));
    format!("{:?} {:?} {}", version("clang", "--version"), version("zig", "version"), toolchain().folder)
}

/// What is installed if there is no other compiler.
pub fn toolchain() -> Toolchain {
    Toolchain::new("C", "c", "zig from PyPI", [ZIGLANG.as_bytes()])
}

/// Whether there is a compiler that need not be installed.
pub fn has_compiler(cache: &Cache) -> Result<bool, Problem> {
    Ok(Compiler::find(cache)?.is_some())
}

/// Writes bindings into a folder: for these sources, or for all interfaces if there are none.
pub fn write_bindings(sources: &[PathBuf], folder: &Path) -> Result<(), Problem> {
    let texts = texts(sources.iter().cloned())?;
    let bound = if texts.is_empty() { Bound::All } else { Bound::NamedBy(&texts) };
    bindings::write(&embedded::unpack(&Cache::of_user()?)?.wit(), bound, folder)
}

fn texts(files: impl Iterator<Item = PathBuf>) -> Result<Vec<String>, Problem> {
    files.map(|file| Ok(String::from_utf8_lossy(&super::read(&file)?).into_owned())).collect()
}

impl Compiler {
    fn obtain(job: &Job<'_>) -> Result<Self, Problem> {
        if let Some(compiler) = Self::find(&job.cache)? {
            return Ok(compiler);
        }
        let install = |part: &Path| Python::find()?.make_environment(job, part, &[ZIGLANG]);
        let folder = job.cache.toolchain(&toolchain(), job.installs, job.say, install);
        folder.map(|folder| Self::Ziglang(python::interpreter(&folder))).map_err(|Problem { code, message }| {
            let others = "or put zig on the PATH, or clang with a library for WASI (Debian: `apt-get install clang lld \
                          wasi-libc libclang-rt-dev-wasm32`)";
            Problem::new(code, format!("{message}; {others}"))
        })
    }

    fn find(cache: &Cache) -> Result<Option<Self>, Problem> {
        let clang = on_path("clang").map(Self::Clang);
        let zig = on_path("zig").map(Self::Zig);
        for compiler in [clang, zig].into_iter().flatten() {
            if compiler.works(cache)? {
                return Ok(Some(compiler));
            }
        }
        Ok(None)
    }

    fn works(&self, cache: &Cache) -> Result<bool, Problem> {
        let scratch = Scratch::new()?;
        embedded::write(&scratch.path("probe.c"), PROBE.as_bytes())?;
        let mut command = self.command(cache);
        command.arg("-mexec-model=reactor").arg(scratch.path("probe.c")).arg("-o").arg(scratch.path("probe.wasm"));
        Ok(ask(&mut command).is_some())
    }

    /// For people.
    fn name(&self) -> &'static str {
        match self {
            Self::Clang(_) => "clang",
            Self::Zig(_) | Self::Ziglang(_) => "zig",
        }
    }

    /// The compiler for the target, with a place for what it keeps between builds.
    fn command(&self, cache: &Cache) -> Command {
        let (program, words): (_, &[&str]) = match self {
            Self::Clang(program) => (program, &[]),
            Self::Zig(program) => (program, &["cc"]),
            Self::Ziglang(python) => (python, &["-m", "ziglang", "cc"]),
        };
        let kept = cache.place("zig-cache");
        let mut command = Command::new(program);
        command.args(words).arg(TARGET).env("ZIG_GLOBAL_CACHE_DIR", &kept).env("ZIG_LOCAL_CACHE_DIR", &kept);
        command
    }
}
