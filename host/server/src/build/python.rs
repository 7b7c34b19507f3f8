//! Builds guests in Python: by the build tools of the SDK, with an environment of their own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::{Installs, ask, on_path, run_tool};
use super::embedded;
use super::job::{Job, Outputs};
use super::toolchains::Toolchain;
use crate::problem::{Code, Problem};

/// The oldest Python that runs the tools.
const PYTHON_MIN: (u32, u32) = (3, 11);
/// Prints the version and the place of an interpreter, and fails if it cannot make environments.
const PROBE: &str = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2], sys.base_prefix)";

/// An interpreter that makes environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    program: PathBuf,
    /// What an environment that it makes depends on.
    identity: String,
}

/// A build tool of the SDK.
struct Tool {
    script: &'static str,
    /// The argument that names what is built.
    source: &'static str,
    /// What does the work, for people.
    with: &'static str,
}

const MAIN: Tool = Tool { script: "main.py", source: "--entry", with: "componentize-py" };
const AZURE: Tool = Tool { script: "azure.py", source: "--dir", with: "componentize-py and azure-functions-durable" };

/// Builds the component whose code begins in the file `entry`.
pub fn build(job: &Job<'_>, entry: &Path) -> Result<(), Problem> {
    MAIN.build(job, entry, entry.parent().unwrap_or(Path::new("")))
}

/// Builds a folder of functions that were written for Azure.
pub fn build_azure(job: &Job<'_>, folder: &Path) -> Result<(), Problem> {
    AZURE.build(job, folder, folder)
}

impl Tool {
    /// Builds what the manifest names; the sources are in `folder`.
    fn build(&self, job: &Job<'_>, named: &Path, folder: &Path) -> Result<(), Problem> {
        job.require(named)?;
        let parts = [format!("{} {named:?}", self.script), toolchain()?.folder, looked_for(&job.dir.join(folder))];
        let Some(begun) = job.begin(&parts)? else { return Ok(()) };
        let (python, sdk) = (environment(job)?, begun.sdk.python());
        begun.make(self.with, |Outputs { made, inputs }| {
            let mut command = Command::new(&python);
            // Of what the user has set for other programs, nothing may get into a component; and the SDK stays as it was
            // unpacked.
            command.env("PYTHONPATH", &sdk).env("PYTHONDONTWRITEBYTECODE", "1").env_remove("PYTHONHOME");
            command.arg(sdk.join("dacapo_build").join(self.script));
            if job.installs == Installs::Allowed {
                command.arg("--install");
            }
            command.arg(self.source).arg(named).arg("--out").arg(made).arg("--wit").arg(begun.sdk.wit());
            job.run(command.arg("--inputs").arg(inputs))
        })
    }
}

/// The files of a folder that have an effect as soon as they are there: tools look for them, and nothing names them.
fn looked_for(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let functions = entries.map(|entry| entry.path().join("function.json"));
    let others = ["function_app.py", "requirements.txt"].map(|name| folder.join(name));
    let found: BTreeSet<_> = functions.chain(others).filter(|file| file.is_file()).collect();
    format!("{found:?}")
}

/// What is installed, beside Python itself.
pub fn toolchain() -> Result<Toolchain, Problem> {
    Ok(toolchain_of(&Python::find()?, &requirements()?))
}

/// The interpreter of an environment.
pub fn interpreter(environment: &Path) -> PathBuf {
    environment.join("bin/python")
}

fn toolchain_of(python: &Python, requirements: &[u8]) -> Toolchain {
    Toolchain::new("Python", "python", "componentize-py", [requirements, python.identity.as_bytes()])
}

fn requirements() -> Result<Vec<u8>, Problem> {
    Ok(embedded::python("toolchain/requirements.txt")?.into_owned())
}

/// The interpreter of the environment with the packages that the build tools use.
fn environment(job: &Job<'_>) -> Result<PathBuf, Problem> {
    let python = Python::find()?;
    let requirements = requirements()?;
    let folder = job.cache.toolchain(&toolchain_of(&python, &requirements), job.installs, job.say, |part| {
        embedded::write(&part.join("requirements.txt"), &requirements)?;
        python.make_environment(job, part, &["-r", "requirements.txt"])
    })?;
    Ok(interpreter(&folder))
}

impl Python {
    /// The one on the path.
    pub fn find() -> Result<Self, Problem> {
        let (major, minor) = PYTHON_MIN;
        let refuse = |found: String| {
            let text = format!(
                "Python guests are built by python3 {major}.{minor} or newer with the modules venv and ensurepip, and {found}; \
                 install them (Debian: `apt-get install python3 python3-venv`)"
            );
            Problem::new(Code::ToolchainMissing, text)
        };
        let program = on_path("python3").ok_or_else(|| refuse("there is no `python3` on the PATH".to_owned()))?;
        let probed = ask(Command::new(&program).args(["-c", PROBE]));
        let identity = probed.ok_or_else(|| refuse(format!("{} does not have them", program.display())))?;
        match version(&identity) {
            Some(version) if version >= PYTHON_MIN => Ok(Self { program, identity }),
            _ => Err(refuse(format!("{} is {identity}", program.display()))),
        }
    }

    /// Makes an environment in `part` and installs packages into it.
    pub fn make_environment(&self, job: &Job<'_>, part: &Path, packages: &[&str]) -> Result<(), Problem> {
        let run = |command: &mut Command| {
            run_tool(command.current_dir(part), part, job.say).map_err(|problem| {
                let text = format!("the packages that are needed could not be installed:\n{}", problem.message);
                Problem::new(Code::ToolchainMissing, text)
            })
        };
        run(Command::new(&self.program).args(["-m", "venv", "."]))?;
        let mut pip = Command::new(interpreter(part));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--only-binary=:all:",
        ]);
        run(pip.args(packages))
    }
}

/// The version at the begin of what the probe printed.
fn version(identity: &str) -> Option<(u32, u32)> {
    let (major, minor) = identity.split(' ').next()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let check = |text: &str, expect: Option<(u32, u32)>| assert_eq!(version(text), expect, "{text}");
        check("3.11 /usr", Some((3, 11)));
        check("3.9 /usr", Some((3, 9)));
        check("3 /usr", None);
        check("", None);
    }

    #[test]
    fn new_files_that_count() {
        let check = |file: &str, expect: bool| {
            let root = tempfile::tempdir().unwrap();
            let before = looked_for(root.path());
            embedded::write(&root.path().join(file), b"").unwrap();
            assert_eq!(looked_for(root.path()) != before, expect, "{file}");
        };
        check("greet/function.json", true);
        check("function_app.py", true);
        check("requirements.txt", true);
        check("other.py", false);
        check("a/b/function.json", false);
    }
}
