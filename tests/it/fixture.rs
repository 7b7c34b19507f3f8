//! Data folders in which the guests of this repository are deployed already.
//!
//! Compiling them takes seconds, hence once for all tests: a folder is deployed to and then copied. What was compiled
//! stays beside the test binary from run to run; the host knows by itself when it is of no use.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tests::host::{self, Host, HostCommand};

const GUESTS: [&str; 8] = ["hello", "fan-out", "reminder", "approval", "pipeline", "monitor", "counter", "misbehaving"];

static DEPLOYED: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// A data folder of its own with all guests.
pub fn folder() -> Result<TempDir> {
    let template = DEPLOYED.get_or_init(|| deploy().map_err(|error| format!("{error:#}")));
    let template = template.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
    let folder = tempfile::tempdir()?;
    host::copy_folder(template, folder.path())?;
    Ok(folder)
}

/// How a host over this data folder is started, with nothing else to deploy.
pub fn command(folder: &Path) -> Result<HostCommand> {
    Ok(HostCommand::new(&host::binary()?, folder))
}

/// A host over this data folder.
pub fn start(folder: &Path) -> Result<Host> {
    command(folder)?.start()
}

/// Another build of the guest that misbehaves: the same component with another character at the end of its mark.
pub fn misbehaving(build: char) -> Result<Vec<u8>> {
    const MARK: &[u8] = b"misbehaving build 1";
    let mut component = std::fs::read(host::guest("misbehaving")?)?;
    let at = component.windows(MARK.len()).position(|bytes| bytes == MARK).context("the mark of the build")?;
    component[at + MARK.len() - 1] = u8::try_from(build)?;
    Ok(component)
}

fn deploy() -> Result<PathBuf> {
    let template = host::built()?.join("deployed-guests");
    let hubs = template.join("hubs");
    if hubs.exists() {
        std::fs::remove_dir_all(&hubs).with_context(|| format!("empty {}", hubs.display()))?;
    }
    let mut command = command(&template)?;
    command.deploy = GUESTS.into_iter().map(host::guest).collect::<Result<_>>()?;
    let code = command.start()?.stop()?;
    ensure!(code == Some(0), "the host ended with {code:?}");
    Ok(template)
}
