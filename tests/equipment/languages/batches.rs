//! Random batches of operations for an entity: the same results and the same state, however they are dealt out to calls.

use anyhow::{Result, ensure};
use kernel::model::{
    BatchOperation, ComponentDigest, EntityBatch, EntityId, EntityState, Operation, OperationKind, OperationName,
    Timestamp,
};
use sandbox::{EntitySession, Sandbox};
use serde_json::json;

use super::outside::payload;
use super::replay::fault;
use super::{Stage, told};
use crate::sim::rng::Rng;

/// Runs random operations in one batch, one by one, and in batches of another sandbox, and tells what they did.
///
/// # Errors
/// The guest breaks the contract, or the batches differ.
pub fn check(stage: &Stage, component: ComponentDigest, seed: u64) -> Result<String> {
    let mut rng = Rng::new(seed);
    let operations = (0..1 + rng.below(12)).map(|_| operation(&mut rng)).collect::<Result<Vec<_>>>()?;
    let whole = run(&mut open(&stage.before, component)?, &operations, || operations.len())?;
    let mut session = open(&stage.after, component)?;
    let alone = run(&mut session, &operations, || 1)?;
    ensure!(alone == whole, "one by one it did\n{alone}\nand in one batch\n{whole}");
    // A session that served others remembers nothing of them.
    let grouped = run(&mut session, &operations, || 1 + rng.index(4))?;
    ensure!(grouped == whole, "in batches it did\n{grouped}\nand in one\n{whole}");
    Ok(whole)
}

fn operation(rng: &mut Rng) -> Result<BatchOperation> {
    let (name, input) = match rng.below(8) {
        0..4 => ("add", json!(rng.below(20))),
        4 => ("SHAKE", json!(null)),
        5 => ("pour", json!("other")),
        6 => ("look", json!(null)),
        _ => (["delete", "fly"][rng.index(2)], json!(null)),
    };
    let kind = if rng.happens(500) { OperationKind::Call } else { OperationKind::Signal };
    let operation = Operation { name: OperationName::parse(name)?, input: payload(&input)?, seed: rng.number() };
    Ok(BatchOperation { operation, kind })
}

fn open(sandbox: &Sandbox, component: ComponentDigest) -> Result<EntitySession> {
    sandbox.entity(component).map_err(fault)
}

fn run(
    session: &mut EntitySession,
    mut operations: &[BatchOperation],
    mut sizes: impl FnMut() -> usize,
) -> Result<String> {
    let (mut state, mut lines) = (None::<EntityState>, Vec::new());
    while !operations.is_empty() {
        let (now, later) = operations.split_at(sizes().clamp(1, operations.len()));
        let (id, operations_now) = (EntityId::new("cup", "red")?, now.to_vec());
        let batch = EntityBatch { id, now: Timestamp(7), state: state.clone(), operations: operations_now };
        let outcome = session.apply(&batch).map_err(fault)?;
        lines.extend(outcome.results.iter().map(told::operation));
        state = told::state(state, outcome.state);
        operations = later;
    }
    lines.push(state.map_or("no state".to_owned(), |state| format!("{} v{}", told::json(&state.data), state.version)));
    Ok(lines.join("\n"))
}
