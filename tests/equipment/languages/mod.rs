//! Guests of any language played against the sandbox itself, without a host around it: random plans, random schedules of
//! events, and the question whether the same is decided however the turns are dealt out.
//!
//! ```text
//!   plan ──▶ guest in a session ◀── outside (answers, fires timers, raises events)
//!                 │
//!                 └──▶ told (what it did, as text that is the same in every language) ──▶ replay compares, digest sums up
//! ```
//!
//! The guest is `tests/languages/dice`, which does what its input says. Everything else follows from a seed. It does not know
//! what the kernel makes of decisions, and never looks into a guest.

pub mod app;
pub mod batches;
pub mod outside;
pub mod plan;
pub mod replay;
mod told;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use kernel::model::ComponentDigest;
use sandbox::Sandbox;

use crate::host;

/// Two sandboxes over the same artifacts: the second one has never seen a component, as after a restart of the host.
#[derive(Debug)]
pub struct Stage {
    /// Where turns are played first.
    pub before: Sandbox,
    /// Where they are replayed.
    pub after: Sandbox,
}

impl Stage {
    /// The one of this process: engines are dear. Its artifacts stay beside the test binary from run to run.
    pub fn of_all_tests() -> Result<&'static Self> {
        static STAGE: OnceLock<Result<Stage, String>> = OnceLock::new();
        let stage = STAGE.get_or_init(|| Self::open().map_err(|error| format!("{error:#}")));
        stage.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
    }

    fn open() -> Result<Self> {
        let artifacts = host::built()?.join("languages");
        std::fs::create_dir_all(&artifacts)?;
        let open = || Sandbox::open(&artifacts, [7; 32]);
        Ok(Self { before: open()?, after: open()? })
    }

    /// Deploys a component to the first one, and lets the second one find what the first one left.
    pub fn deploy(&self, component: &Path) -> Result<ComponentDigest> {
        let bytes = std::fs::read(component).with_context(|| format!("read {}", component.display()))?;
        let digest = self.before.deploy(&bytes).with_context(|| format!("deploy {}", component.display()))?.digest;
        self.after.restore(digest).with_context(|| format!("restore {} from its artifact", component.display()))?;
        Ok(digest)
    }
}

/// A component of `tests/languages`.
pub fn component(folder: &str, wasm: &str) -> Result<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages").join(folder).join(wasm);
    ensure!(file.is_file(), "{} is missing: `make guests` builds it", file.display());
    Ok(file)
}
