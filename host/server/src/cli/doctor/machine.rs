//! Asks the machine: programs for their versions, the cache for toolchains, the system for a port, a folder and space.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use super::check::{Check, Need, State, Version};
use crate::build::{Readiness, ask, readiness};
use crate::problem::Problem;

/// What a host should have free on the disk of its data folder; it goes on with less, but not for long.
const DISK_FREE_MIN_BYTES: u64 = 1 << 30;
/// The compiler that the SDK for Rust is written for.
const RUST_MIN: Version = (1, 95);
const NODE_MIN: Version = (20, 0);
const PYTHON_MIN: Version = (3, 10);

/// What every host needs.
pub fn host(data: &Path, port: u16) -> Vec<Check> {
    // The folder may have to be made: then it is up to the one that it will be in.
    let there = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    let there = there.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    vec![folder(data, there), disk(there), port_of(port)]
}

/// What builds components, language by language.
pub fn tools(needed: &BTreeSet<&'static str>) -> Result<Vec<Check>, Problem> {
    let need = |language: &str| if needed.contains(language) { Need::Required } else { Need::Optional };
    let (rust, js, python) = (need("Rust"), need("JavaScript"), need("Python"));
    let version = |program: &str| ask(Command::new(program).arg("--version"));
    let [rust_ready, js_ready, python_ready, c_ready] = readiness()?;
    // What is installed already does not have to be installed.
    let npm = if matches!(js_ready.1, Readiness::Installed(_)) { Need::Optional } else { js };
    let rustup = "install Rust from rustup.rs, or run `rustup update`";
    let node = "install it from nodejs.org, or from your system (Debian: `apt-get install nodejs npm`)";
    let python3 = "install it from python.org, or from your system (Debian: `apt-get install python3 python3-venv`)";
    Ok(vec![
        Check::program("cargo", rust, version("cargo"), None, rustup),
        Check::program("rustc", rust, version("rustc"), Some(RUST_MIN), rustup),
        toolchain("Rust for WebAssembly", rust, rust_ready.1),
        Check::program("node", js, version("node"), Some(NODE_MIN), node),
        Check::program("npm", npm, version("npm"), None, node),
        toolchain("JavaScript toolchain", js, js_ready.1),
        Check::program("python3", python, version("python3"), Some(PYTHON_MIN), python3),
        toolchain("Python toolchain", python, python_ready.1),
        toolchain("C compiler for WASI", need("C"), c_ready.1),
    ])
}

fn toolchain(name: &'static str, need: Need, readiness: Readiness) -> Check {
    match readiness {
        Readiness::Installed(folder) => Check::ok(name, need, folder.display().to_string()),
        Readiness::Found => Check::ok(name, need, "ready"),
        Readiness::ToInstall(_) => Check::missing(name, need, "run `dacapo build --install`, which installs it once"),
        Readiness::Missing(problem) => Check::missing(name, need, problem.message),
    }
}

fn folder(data: &Path, there: &Path) -> Check {
    match tempfile::tempfile_in(there) {
        Ok(_) => Check::ok("data folder", Need::Required, data.display().to_string()),
        Err(error) => {
            let fix = format!("{} cannot be written to ({error}); name another one with --data", there.display());
            Check::missing("data folder", Need::Required, fix)
        }
    }
}

fn disk(there: &Path) -> Check {
    let fix = format!("free some space on the disk of {}, or name another folder with --data", there.display());
    match rustix::fs::statvfs(there) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let found = format!("{} MiB free", free >> 20);
            match free >= DISK_FREE_MIN_BYTES {
                true => Check::ok("disk", Need::Required, found),
                false => Check { found: Some(found), ..Check::missing("disk", Need::Required, fix) },
            }
        }
        Err(error) => Check::missing("disk", Need::Required, format!("{error}; {fix}")),
    }
}

/// A host that runs already is no fault, so nobody is refused for it.
fn port_of(port: u16) -> Check {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Check::ok("port", Need::Optional, port.to_string()),
        Err(error) => {
            let fix = format!("{error}; choose another one with --port, or stop what uses it");
            Check {
                name: "port",
                state: State::InUse,
                need: Need::Optional,
                found: Some(port.to_string()),
                fix: Some(fix),
            }
        }
    }
}
