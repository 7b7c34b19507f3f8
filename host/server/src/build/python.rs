//! Builds guests in Python: by the build tools of the SDK, with an environment of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::{Installs, ask, on_path, run_tool};
use super::embedded::{self, Sdk};
use super::job::Job;
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

/// Builds the component whose code begins in the file `entry`.
pub fn build(job: &Job<'_>, entry: &Path) -> Result<(), Problem> {
    job.require(entry)?;
    let (python, sdk) = (environment(job)?, job.sdk()?);
    job.make("componentize-py", |made| {
        let mut command = tool(&python, &sdk, "main.py", job.installs);
        command.arg("--entry").arg(entry).arg("--out").arg(made).arg("--wit").arg(sdk.wit());
        job.run(&mut command)
    })
}

/// Builds a folder of functions that were written for Azure.
pub fn build_azure(job: &Job<'_>, folder: &Path) -> Result<(), Problem> {
    job.require(folder)?;
    let (python, sdk) = (environment(job)?, job.sdk()?);
    job.make("componentize-py and azure-functions-durable", |made| {
        let mut command = tool(&python, &sdk, "azure.py", job.installs);
        command.arg("--dir").arg(folder).arg("--out").arg(made).arg("--wit").arg(sdk.wit());
        job.run(&mut command)
    })
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

/// A build tool of the SDK, ready for its arguments.
fn tool(python: &Path, sdk: &Sdk, script: &str, installs: Installs) -> Command {
    let mut command = Command::new(python);
    command.arg(sdk.python().join("dacapo_build").join(script));
    // Of what the user has set for other programs, nothing may get into a component; and the SDK stays as it was unpacked.
    command.env("PYTHONPATH", sdk.python()).env("PYTHONDONTWRITEBYTECODE", "1").env_remove("PYTHONHOME");
    if installs == Installs::Allowed {
        command.arg("--install");
    }
    command
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
}
