//! Components as a language's own tools make them, without an SDK and with all of WASI that such tools link: accepted in the
//! roles that are replayed, and as deterministic there as those of the SDKs.

use anyhow::{Context, Result, ensure};
use kernel::model::{Payload, Play, Start, Step};
use kernel::port::Sandbox as _;
use tests::languages::plan::Plans;
use tests::languages::replay::{self, fault, start};
use tests::languages::{self, Stage};

use super::chance;

const SCHEDULES: u64 = 20;
/// What the guest prints in each turn.
const PRINTED: &str = "drew ";

#[test]
fn python() -> Result<()> {
    check("stock/python")
}

fn check(folder: &str) -> Result<()> {
    let file = languages::component(folder, "stock.wasm")?;
    chance::check(&file)?;
    let stage = Stage::of_all_tests()?;
    let component = stage.deploy(&file)?;
    for seed in 0..SCHEDULES {
        replay::check(stage, component, Plans::Common, seed).with_context(|| format!("schedule {seed}"))?;
    }
    let open = |play| -> Result<Step> {
        let start = Start { play, ..start("chance", Payload::null(), 1)? };
        Ok(stage.before.open(component, &start).map_err(fault)?.1)
    };
    let (new, again) = (open(Play::New)?, open(Play::Again)?);
    ensure!(new.logs.iter().any(|line| line.message.starts_with(PRINTED)), "it printed {:?}", new.logs);
    ensure!(again.logs.is_empty(), "a turn that was played before printed {:?}", again.logs);
    Ok(())
}
