//! Random plans under random schedules, in each language: warm is cold is restarted, and all languages decide the same.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use kernel::model::ComponentDigest;
use tests::host;
use tests::languages::plan::Plans;
use tests::languages::{self, Stage, batches, replay};

/// What all languages decide in the first schedules, on every build of the host and after every restart.
const GOLDEN: &str = "609e67fb6f17";
const GOLDEN_SCHEDULES: u64 = 200;

#[test]
fn rust() -> Result<()> {
    check("rust", 4_000)
}

#[test]
fn js() -> Result<()> {
    check("js", 400)
}

#[test]
fn python() -> Result<()> {
    check("python", 200)
}

/// So many schedules, unless `DACAPO_SCHEDULES` says how many.
fn check(language: &str, schedules: u64) -> Result<()> {
    let stage = Stage::of_all_tests()?;
    let component = stage.deploy(&languages::component(&format!("dice/{language}"), "dice.wasm")?)?;
    let schedules = match std::env::var("DACAPO_SCHEDULES") {
        Ok(count) => count.parse().context("DACAPO_SCHEDULES is a number")?,
        Err(_) => schedules,
    };
    let mut told = String::new();
    for seed in 0..schedules.max(GOLDEN_SCHEDULES) {
        let lines = one(stage, component, seed).with_context(|| format!("{language}, schedule {seed}"))?;
        if seed < GOLDEN_SCHEDULES {
            told += &lines;
        }
    }
    let digest = ComponentDigest::of(told.as_bytes()).short();
    if digest != GOLDEN {
        let file = told_in(language)?;
        std::fs::write(&file, told)?;
        ensure!(digest == GOLDEN, "{language} decided {digest}, not {GOLDEN}; see {}", file.display());
    }
    Ok(())
}

fn one(stage: &Stage, component: ComponentDigest, seed: u64) -> Result<String> {
    let plans = if seed < GOLDEN_SCHEDULES { Plans::Common } else { Plans::All };
    let played = replay::check(stage, component, plans, seed)?;
    let applied = batches::check(stage, component, seed).context("a batch of operations")?;
    Ok(format!("# {seed}\n{played}\n{applied}\n"))
}

fn told_in(language: &str) -> Result<PathBuf> {
    Ok(host::built()?.join(format!("dice-{language}.txt")))
}
