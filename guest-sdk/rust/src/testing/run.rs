//! What a test looks at: the result of a run and all that led to it.

use std::{collections::BTreeMap, time::Duration};

use serde::de::DeserializeOwned;

use crate::{
    bindings::{
        entity::State,
        orchestrator::{Decision, Start, Status, Turn},
    },
    entity::{Entity, EntityId, read_state},
    failure::{Failure, Result},
    payload,
    testing::BEGIN_MS,
};

/// A run that has ended. Its [`Display`](std::fmt::Display) is a readable trace, made for golden tests.
#[derive(Clone, Debug)]
pub struct Run {
    pub(super) result: Result<Vec<u8>>,
    pub(super) executions: Vec<Execution>,
    pub(super) custom_status: Option<Vec<u8>>,
    pub(super) logs: Vec<String>,
    pub(super) entities: BTreeMap<EntityId, State>,
}

/// One life of the instance.
#[derive(Clone, Debug)]
pub struct Execution {
    /// How it began.
    pub start: Start,
    /// The turns in order, the first one included, each with the decisions that it led to.
    pub turns: Vec<(Turn, Vec<Decision>)>,
    /// Where it stands after the last turn.
    pub status: Status,
}

impl Run {
    /// What the orchestrator returned, or why it failed.
    pub fn output<U: DeserializeOwned>(&self) -> Result<U> {
        payload::decode(&self.result.clone()?, "invalid-output")
    }

    /// Why it failed.
    ///
    /// # Panics
    /// If it did not.
    pub fn failure(&self) -> &Failure {
        self.result.as_ref().expect_err("the orchestrator was expected to fail")
    }

    /// Virtual time from the first turn to the last.
    pub fn elapsed(&self) -> Duration {
        let end = self.executions.iter().flat_map(|execution| &execution.turns).last();
        Duration::from_millis(end.map_or(BEGIN_MS, |(turn, _)| turn.now) - BEGIN_MS)
    }

    /// The last custom status.
    pub fn custom_status<U: DeserializeOwned>(&self) -> Option<U> {
        self.custom_status.as_ref().and_then(|status| payload::decode(status, "invalid-status").ok())
    }

    /// The lines of the log, without those of replayed turns.
    pub fn logs(&self) -> &[String] {
        &self.logs
    }

    /// The state that an entity has at the end.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn entity<E: Entity>(&self, key: &str) -> Option<E::State> {
        let state = self.entities.get(&EntityId::of::<E>(key)).map(|state| (&state.data[..], state.version));
        read_state::<E>(state).expect("the state can be read")
    }

    /// The lives of the instance; more than one if it continued as new.
    pub fn executions(&self) -> &[Execution] {
        &self.executions
    }
}
