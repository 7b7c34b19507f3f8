//! Between the words of the kernel and those of `wit/entity.wit`.

use kernel::limits::{EFFECTS_PER_OPERATION_MAX_COUNT, VERSION_MAX_BYTES};
use kernel::model::{
    BatchOperation, EntityBatch, EntityEffect, EntityState, Failure, NewState, OperationDone, OperationKind, Outcome,
    Timestamp, kind,
};

use super::{broken, call, given, instance_id, operate, seed};
use crate::bindings::{entity as wit, types};
use crate::fault::payload;

/// What is said of a batch. `name` is that of its entity.
pub(crate) fn context<'a>(batch: &'a EntityBatch, name: &'a str) -> wit::Context<'a> {
    wit::Context { entity: types::EntityIdParam { name, key: batch.id.key() }, now: batch.now.0 }
}

/// The state before a batch.
pub(crate) fn state(batch: &EntityBatch) -> Option<wit::StateParam<'_>> {
    batch.state.as_ref().map(|state| wit::StateParam { data: given(&state.data), version: state.version })
}

/// The operations of a batch.
pub(crate) fn operations(batch: &EntityBatch) -> Vec<wit::Operation<'_>> {
    batch.operations.iter().map(operation).collect()
}

fn operation(BatchOperation { operation, kind }: &BatchOperation) -> wit::Operation<'_> {
    wit::Operation {
        name: operation.name.as_str(),
        input: given(&operation.input),
        kind: match kind {
            OperationKind::Call => wit::OperationKind::Call,
            OperationKind::Signal => wit::OperationKind::Signal,
        },
        seed: seed(operation.seed),
    }
}

/// What the guest answered to so many operations.
pub(crate) fn outcome(outcome: wit::Outcome, operations: usize) -> Result<Outcome, Failure> {
    let wit::Outcome { results, state, logs } = outcome;
    if results.len() != operations {
        let text = format!(
            "the entity returned {} results for {operations} operations; it must return one for each: check its SDK",
            results.len()
        );
        return Err(Failure::host(kind::PROTOCOL, text));
    }
    let result = |(index, result)| match result {
        Ok(done) => self::done(index, done).map(Ok),
        Err(failure) => Ok(Err(super::failure(failure))),
    };
    let results = results.into_iter().enumerate().map(result).collect::<Result<_, _>>()?;
    Ok(Outcome { results, state: new_state(state)?, logs: super::logs(logs) })
}

fn new_state(state: wit::NewState) -> Result<NewState, Failure> {
    Ok(match state {
        wit::NewState::Unchanged => NewState::Unchanged,
        wit::NewState::Set(wit::StateResult { data, version }) => {
            NewState::Set(EntityState { data: payload(|| "the state of the entity".to_owned(), &data)?, version })
        }
        wit::NewState::Deleted => NewState::Deleted,
    })
}

fn done(index: usize, done: wit::Done) -> Result<OperationDone, Failure> {
    let wit::Done { output, effects } = done;
    let output = payload(|| format!("the output of operation {index} of the batch"), &output)?;
    let count = effects.len();
    if count > EFFECTS_PER_OPERATION_MAX_COUNT {
        let text = format!(
            "operation {index} of the batch has {count} effects; at most {EFFECTS_PER_OPERATION_MAX_COUNT} are \
             accepted: start an orchestration that does the rest"
        );
        return Err(Failure::host(kind::LIMIT, text));
    }
    let place = |effect| format!("effect {effect} of operation {index} of the batch");
    let effects = effects.into_iter().enumerate().map(|(at, effect)| self::effect(|| place(at), effect));
    Ok(OperationDone { output, effects: effects.collect::<Result<_, _>>()? })
}

fn effect(place: impl Fn() -> String, effect: wit::Effect) -> Result<EntityEffect, Failure> {
    match effect {
        wit::Effect::Signal(wit::Signal { entity, operation, input, at }) => {
            let signals = || format!("{} signals an entity", place());
            let (to, name, input) = operate(signals, &entity, &operation, &input)?;
            Ok(EntityEffect::Signal { to, name, input, at: at.map(Timestamp) })
        }
        wit::Effect::Start(wit::StartOrchestration { name, input, instance, version, at }) => {
            let starts = || format!("{} starts an orchestration", place());
            let (name, input) = call(starts, &name, &input)?;
            let instance = instance.map(|id| instance_id(starts, &id)).transpose()?;
            if version.as_ref().is_some_and(|version| version.len() > VERSION_MAX_BYTES) {
                return Err(broken(&starts, &format!("a version has at most {VERSION_MAX_BYTES} bytes")));
            }
            Ok(EntityEffect::Start { name, input, instance, version, at: at.map(Timestamp) })
        }
    }
}
