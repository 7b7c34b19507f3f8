//! Interpreters are snapshots, and so is the state of their generators: unless an SDK seeds them, all instances throw the same
//! dice. Here every source of chance and time of a language is looked at, in different executions and operations.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use kernel::model::{
    BatchOperation, ComponentDigest, EntityBatch, EntityId, EventName, Inbound, Operation, OperationKind,
    OperationName, Payload, Play, Raised, Start, StepStatus, Timestamp, Turn,
};
use kernel::port::{Sandbox as _, Session as _};
use sandbox::Sandbox;
use serde_json::{Map, Value};
use tests::languages::replay::{fault, start};
use tests::languages::{self, Stage};

const LATER_MS: u64 = 90_000;
/// What counts from the beginning of an execution, and may be what it was when the component was built.
const SINCE: [&str; 2] = ["since", "counter"];

#[test]
fn js() -> Result<()> {
    check(&languages::component("dice/js", "dice.wasm")?)
}

#[test]
fn python() -> Result<()> {
    check(&languages::component("dice/python", "dice.wasm")?)
}

/// Looks at all of them in a component, and at what is there after a restart.
pub fn check(component: &Path) -> Result<()> {
    let stage = Stage::of_all_tests()?;
    let component = stage.deploy(component)?;
    let play = |sandbox: &Sandbox, seed| orchestrated(sandbox, component, &start("chance", Payload::null(), seed)?);
    compare("executions", &play(&stage.before, 1)?, &play(&stage.before, 2)?)?;
    // A replay, after a restart.
    ensure!(play(&stage.before, 1)? == play(&stage.after, 1)?, "an execution differs from its replay");
    let operate = |sandbox: &Sandbox, seed| operated(sandbox, component, seed);
    compare("operations", &operate(&stage.before, 1)?, &operate(&stage.before, 2)?)?;
    ensure!(operate(&stage.before, 1)? == operate(&stage.after, 1)?, "an operation differs when it is run again");
    Ok(())
}

/// Two that begin at the same time with different seeds.
fn compare(what: &str, one: &Value, other: &Value) -> Result<()> {
    let (baked, looks) = (&one["baked"], one["looks"].as_array().context("looks")?);
    for (name, drawn) in fields(&looks[0]["chance"])? {
        let others = [&other["looks"][0]["chance"][name], &looks[1]["chance"][name], &baked["chance"][name]];
        ensure!(!others.contains(&drawn), "{what}: {name} gave {drawn} more than once: {others:?}");
    }
    for (name, time) in fields(&looks[0]["time"])? {
        ensure!(time == &other["looks"][0]["time"][name], "{what}: {name} gave {time} and something else");
        let is_baked = time == &baked["time"][name] && !SINCE.contains(&name.as_str());
        ensure!(!is_baked, "{what}: {name} gave {time}, as when the component was built");
    }
    for look in looks.iter().chain(other["looks"].as_array().context("looks")?) {
        ensure!(look["order"] == baked["order"], "{what}: an order changed to {}", look["order"]);
    }
    Ok(())
}

fn fields(value: &Value) -> Result<&Map<String, Value>> {
    value.as_object().with_context(|| format!("{value} is an object"))
}

/// What an execution saw in its first turn and in one that was later.
fn orchestrated(sandbox: &Sandbox, component: ComponentDigest, start: &Start) -> Result<Value> {
    let (mut session, _) = sandbox.open(component, start).map_err(fault)?;
    let go = Raised { name: EventName::parse("go")?, input: Payload::null() };
    let turn = Turn { now: Timestamp(start.now.0 + LATER_MS), play: Play::New, events: vec![Inbound::Raised(go)] };
    let step = session.advance(&[turn]).map_err(fault)?;
    let StepStatus::Completed(output) = step.status else { anyhow::bail!("it came to {:?}", step.status) };
    let seen: Value = serde_json::from_str(&output.shown())?;
    for (name, first) in fields(&seen["looks"][0]["time"])? {
        ensure!(first != &seen["looks"][1]["time"][name], "{name} stood still between two turns");
    }
    Ok(seen)
}

/// What an operation saw in two looks at one moment.
fn operated(sandbox: &Sandbox, component: ComponentDigest, seed: u64) -> Result<Value> {
    let operation = Operation { name: OperationName::parse("look")?, input: Payload::null(), seed };
    let operations = vec![BatchOperation { operation, kind: OperationKind::Call }];
    let batch = EntityBatch { id: EntityId::new("chances", "")?, now: Timestamp(1 << 40), state: None, operations };
    let outcome = sandbox.entity(component).map_err(fault)?.apply(&batch).map_err(fault)?;
    let done =
        outcome.results.into_iter().next().context("a result")?.map_err(|failure| anyhow::anyhow!("{failure}"))?;
    Ok(serde_json::from_str(&done.output.shown())?)
}
