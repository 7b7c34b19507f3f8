//! Builds guests in JavaScript and TypeScript: by the build tool of the SDK, with node and packages from npm.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::{ask, on_path, run_tool};
use super::embedded;
use super::job::{Job, Outputs};
use super::toolchains::Toolchain;
use crate::problem::{Code, Problem};

/// The oldest node that runs the tools.
const NODE_MIN_MAJOR: u32 = 20;
/// What says which packages are installed, in the SDK.
const PACKAGE_FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// Builds the component whose code begins in the file `entry`.
pub fn build(job: &Job<'_>, entry: &Path) -> Result<(), Problem> {
    job.require(entry)?;
    let parts = [format!("js {entry:?}"), toolchain()?.folder];
    let Some(begun) = job.begin(&parts)? else { return Ok(()) };
    let node = node()?;
    let modules = modules(job)?;
    begun.make("QuickJS", |Outputs { made, inputs }| {
        let mut command = Command::new(&node);
        command.arg(begun.sdk.js().join("build/main.mjs")).arg("--entry").arg(entry).arg("--out").arg(made);
        command.arg("--wit").arg(begun.sdk.wit()).arg("--modules").arg(&modules).arg("--inputs").arg(inputs);
        job.run(&mut command)
    })
}

/// What is installed, beside node itself.
pub fn toolchain() -> Result<Toolchain, Problem> {
    let files = package_files()?;
    let inputs = files.iter().flat_map(|(name, content)| [name.as_bytes(), content]);
    Ok(Toolchain::new("JavaScript", "js", "esbuild and componentize-qjs", inputs))
}

/// A node that is new enough.
pub fn node() -> Result<PathBuf, Problem> {
    let refuse = |found: &str| {
        let text = format!(
            "JavaScript guests are built by node {NODE_MIN_MAJOR} or newer, and {found}; install it from your system \
             (Debian: `apt-get install nodejs npm`) or from nodejs.org"
        );
        Problem::new(Code::ToolchainMissing, text)
    };
    let node = on_path("node").ok_or_else(|| refuse("there is no `node` on the PATH"))?;
    let version = ask(Command::new(&node).arg("--version")).unwrap_or_default();
    match major(&version) {
        Some(NODE_MIN_MAJOR..) => Ok(node),
        Some(_) => Err(refuse(&format!("{} is {version}", node.display()))),
        None => Err(refuse(&format!("{} does not tell its version", node.display()))),
    }
}

/// The first number of `v20.1.0`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// The folder of the packages that the build tool uses.
fn modules(job: &Job<'_>) -> Result<PathBuf, Problem> {
    let folder = job.cache.toolchain(&toolchain()?, job.installs, job.say, |part| {
        for (name, content) in package_files()? {
            embedded::write(&part.join(name), &content)?;
        }
        let npm = on_path("npm").ok_or_else(|| {
            let text = "what builds JavaScript guests is installed by npm, and there is no `npm` on the PATH; install it \
                        (Debian: `apt-get install npm`)";
            Problem::new(Code::ToolchainMissing, text)
        })?;
        let mut command = Command::new(npm);
        // It installs what the lock file says. `npm ci` would be stricter, and refuse a lock file without packages that were
        // never published, those for some other machines. Nothing that is installed needs a script of its own to work.
        command.args(["install", "--no-save", "--omit=dev", "--ignore-scripts"]);
        command.args(["--no-audit", "--no-fund", "--no-update-notifier"]).current_dir(part);
        run_tool(&mut command, part, job.say).map_err(|problem| {
            let text = format!("npm could not install what JavaScript guests need:\n{}", problem.message);
            Problem::new(Code::ToolchainMissing, text)
        })
    })?;
    Ok(folder.join("node_modules"))
}

fn package_files() -> Result<Vec<(&'static str, Vec<u8>)>, Problem> {
    let read = |name| Ok((name, embedded::js(&format!("toolchain/{name}"))?.into_owned()));
    PACKAGE_FILES.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let check = |text: &str, expect: Option<u32>| assert_eq!(major(text), expect, "{text}");
        check("v20.20.2", Some(20));
        check("v9", Some(9));
        check("20", None);
        check("", None);
    }
}
