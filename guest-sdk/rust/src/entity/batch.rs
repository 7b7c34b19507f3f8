//! One batch of operations on one entity: the state is read once before the first and written once after the last.
//!
//! Invariant: an operation that fails leaves no trace in the state, and has no effects.

use super::{Entity, EntityContext, EntityId, Operation};
use crate::{
    bindings::{
        entity::{self as contract, Done, NewState, Outcome, State},
        types,
    },
    failure::{Failure, Result},
    payload,
};

/// What every entity understands: it deletes the state, even one that cannot be read. An operation of that name that the
/// author writes takes its place.
const DELETE: &str = "delete";

/// The state in memory.
struct Memory<E: Entity> {
    /// What there is, or why it cannot be read.
    state: Result<Option<E::State>>,
    change: Change,
}

/// Whether an operation may have changed the state.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    None,
    Possible,
}

pub(crate) fn apply<E: Entity>(
    context: contract::Context,
    state: Option<State>,
    operations: Vec<contract::Operation>,
) -> Outcome {
    let mut context = EntityContext::new(EntityId::from_contract(context.entity), context.now);
    let mut memory = Memory::<E> {
        state: read::<E>(state.as_ref().map(|state| (&state.data[..], state.version))),
        change: Change::None,
    };
    let results = operations.into_iter().map(|operation| memory.run(&mut context, operation)).collect();
    Outcome { results, state: memory.written(state), logs: context.into_logs() }
}

/// The state from its data and their version.
pub(crate) fn read<E: Entity>(state: Option<(&[u8], u32)>) -> Result<Option<E::State>> {
    let Some((data, version)) = state else { return Ok(None) };
    if version > E::VERSION {
        let message = format!(
            "the state has version {version}, and this component knows it up to version {}: deploy one that knows it",
            E::VERSION
        );
        return Err(Failure::new("newer-state", message).non_retryable());
    }
    if version < E::VERSION {
        return E::migrate(version, payload::decode(data, "invalid-state")?).map(Some);
    }
    payload::decode(data, "invalid-state").map(Some)
}

impl<E: Entity> Memory<E> {
    fn run(&mut self, context: &mut EntityContext, operation: contract::Operation) -> Result<Done, types::Failure> {
        let contract::Operation { name, input, kind, seed } = operation;
        let found = E::operations().find(|(known, _)| known.eq_ignore_ascii_case(&name));
        let output = match found {
            Some((name, operation)) => {
                context.begin(name, kind, seed.into());
                self.operate(context, &operation, &input)
            }
            None if name.eq_ignore_ascii_case(DELETE) => {
                context.begin(DELETE, kind, seed.into());
                context.delete_state();
                Ok(b"null".to_vec())
            }
            None => Err(unknown::<E>(&name)),
        }?;
        let (effects, deletes) = context.end();
        if deletes {
            self.state = Ok(None);
        }
        Ok(Done { output, effects })
    }

    fn operate(&mut self, context: &EntityContext, operation: &Operation<E::State>, input: &[u8]) -> Result<Vec<u8>> {
        let state = self.state.as_mut().map_err(|failure| failure.clone())?;
        match (operation, state) {
            (Operation::Reads(run), Some(state)) => run(state, context, input),
            (Operation::Reads(run), None) => run(&E::State::default(), context, input),
            (Operation::Writes(run), state) => {
                let mut fresh = state.is_none().then(E::State::default);
                let target = fresh.as_mut().or(state.as_mut()).expect("there is a state or a fresh one");
                let output = run(target, context, input)?;
                if fresh.is_some() {
                    *state = fresh;
                }
                self.change = Change::Possible;
                Ok(output)
            }
        }
    }

    /// What the host shall keep.
    fn written(self, before: Option<State>) -> NewState {
        match (self.state, before) {
            (Ok(Some(state)), before) if self.change == Change::Possible => {
                let length = before.as_ref().map_or(0, |before| before.data.len());
                // A state that has no JSON form is a bug: the host takes the batch back and finds the operation.
                let data = payload::encode_like(&state, length, "invalid-state").unwrap_or_else(|e| panic!("{e}"));
                let state = State { data, version: E::VERSION };
                if before.as_ref() == Some(&state) { NewState::Unchanged } else { NewState::Set(state) }
            }
            (Ok(None), Some(_)) => NewState::Deleted,
            (Ok(_) | Err(_), _) => NewState::Unchanged,
        }
    }
}

fn unknown<E: Entity>(name: &str) -> Failure {
    let known: Vec<_> = E::operations().map(|(known, _)| known).collect();
    let message = format!("{} has no operation {name:?}; it has {} and {DELETE}", E::NAME, known.join(", "));
    Failure::new("unknown-operation", message).non_retryable()
}
