//! Applications of this repository as they were built: their manifests, without the ways to build them.
//!
//! A host that is started over one builds nothing. What it compiles is kept beside the test binary from run to run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::host::{self, HostCommand};

/// How a host over an application is started: `folder` is that of its manifest, below the root of the repository.
///
/// # Errors
/// The application is not built, or cannot be deployed.
pub fn command(folder: &str) -> Result<HostCommand> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("a repository")?;
    let compiled = host::built()?.join("deployed-apps").join(folder.replace('/', "-"));
    std::fs::create_dir_all(&compiled)?;
    let manifest = compiled.join("dacapo.toml");
    std::fs::write(&manifest, without_builds(&root.join(folder))?)?;
    let data = compiled.join("data");
    if data.join("hubs").exists() {
        std::fs::remove_dir_all(data.join("hubs"))?;
    }
    let with = |data: &Path| -> Result<HostCommand> {
        Ok(HostCommand { deploy: vec![manifest.clone()], ..HostCommand::new(&host::binary()?, data) })
    };
    let code = with(&data)?.start()?.stop()?;
    ensure!(code == Some(0), "the host over {folder} ended with {code:?}");
    let own = Arc::new(TempDir::new()?);
    host::copy_folder(&data, own.path())?;
    Ok(HostCommand { folder: Some(Arc::clone(&own)), ..with(own.path())? })
}

fn without_builds(folder: &Path) -> Result<String> {
    let file = folder.join("dacapo.toml");
    let manifest = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
    let mut kept = String::new();
    for line in manifest.lines().filter(|line| !line.starts_with("build =")) {
        match line.strip_prefix("wasm = ") {
            None => kept += line,
            Some(name) => kept += &format!("wasm = {:?}", component(folder, name)?),
        }
        kept.push('\n');
    }
    Ok(kept)
}

fn component(folder: &Path, name: &str) -> Result<PathBuf> {
    let file = folder.join(name.trim_matches('"'));
    ensure!(file.is_file(), "{} is missing: `make guests` builds it", file.display());
    Ok(file)
}
