//! Hosts with the guest of these tests, bound by a manifest of the test's own.
//!
//! The guest is compiled once: what was compiled is copied into the data folder of each test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tests::host::{self, Host, HostCommand};

/// What every manifest begins with.
const CLIENT: &str = r#"client = ["start", "signal", "read-entity"]"#;

static COMPILED: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// A folder with a manifest, settings and the data of a host.
pub struct Site {
    folder: Arc<TempDir>,
    /// How the host is started.
    pub command: HostCommand,
}

impl Site {
    /// A host with the guest, and with `bindings` in its manifest.
    pub fn new(bindings: &str) -> Result<Self> {
        let folder = Arc::new(tempfile::tempdir()?);
        let data = folder.path().join("data");
        let compiled = COMPILED.get_or_init(|| compile().map_err(|error| format!("{error:#}")));
        let compiled = compiled.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
        host::copy_folder(compiled, &data)?;
        let mut command = HostCommand::new(&host::binary()?, &data);
        let site = folder.path().to_owned();
        command.folder = Some(Arc::clone(&folder));
        command.deploy = vec![manifest(&site, "app", bindings)?];
        Ok(Self { folder, command })
    }

    /// With these settings of the operator.
    pub fn with_settings(self, text: &str) -> Result<Self> {
        fs::write(self.command.data.join("dacapo.host.toml"), text)?;
        Ok(self)
    }

    /// Starts the host.
    pub fn start(&self) -> Result<Host> {
        self.command.start()
    }

    /// Another manifest over the same guest.
    pub fn manifest(&self, name: &str, bindings: &str) -> Result<PathBuf> {
        manifest(self.folder.path(), name, bindings)
    }
}

/// The sum that an entity of the guest has, and how many numbers went into it.
pub fn sum(host: &Host, key: &str) -> Result<(i64, u64)> {
    let sum = host.client().get(&format!("/api/sums/{key}"))?;
    ensure!(sum.status == 200, "{sum:?}");
    let sum = sum.json()?;
    let number = |name: &str| sum.get(name).and_then(Value::as_i64).unwrap_or(0);
    Ok((number("total"), u64::try_from(number("count"))?))
}

/// Asks for a sum until it is as wanted.
pub fn until_sum(host: &Host, key: &str, wanted: impl Fn((i64, u64)) -> bool) -> Result<(i64, u64)> {
    let begun = std::time::Instant::now();
    loop {
        let sum = sum(host, key)?;
        if wanted(sum) {
            return Ok(sum);
        }
        ensure!(begun.elapsed().as_secs() < 60, "the sum {key} is still {sum:?}");
        std::thread::yield_now();
    }
}

/// The ids and inputs of all instances whose id begins so, in the order of their ids.
pub fn instances(host: &Host, prefix: &str) -> Result<Vec<(String, Value)>> {
    let query = format!("instanceIdPrefix={prefix}&showInput=true&top=10000");
    let list = host.client().get(&format!("/runtime/webhooks/durabletask/instances?{query}"))?.json()?;
    let list = list.as_array().context("a list")?.iter();
    let mut all: Vec<_> = list
        .map(|instance| (instance["instanceId"].as_str().unwrap_or_default().to_owned(), instance["input"].clone()))
        .collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(all)
}

fn manifest(folder: &Path, name: &str, bindings: &str) -> Result<PathBuf> {
    let path = folder.join(format!("{name}.toml"));
    let wasm = guest()?;
    fs::write(&path, format!("name = {name:?}\n[[component]]\nwasm = {wasm:?}\n{CLIENT}\n{bindings}"))?;
    Ok(path)
}

fn guest() -> Result<PathBuf> {
    let wasm = Path::new(env!("CARGO_MANIFEST_DIR")).join("triggers/guest/triggers-guest.wasm");
    ensure!(wasm.is_file(), "{} is missing: `make guests` builds it", wasm.display());
    Ok(wasm)
}

fn compile() -> Result<PathBuf> {
    let template = host::built()?.join("deployed-triggers");
    let hubs = template.join("hubs");
    if hubs.exists() {
        fs::remove_dir_all(&hubs)?;
    }
    let mut command = HostCommand::new(&host::binary()?, &template);
    command.deploy = vec![guest()?];
    ensure!(command.start()?.stop()? == Some(0));
    fs::remove_dir_all(&hubs)?;
    Ok(template)
}
