//! The turns since the guest was told of a failure and has not decided anything: those that a rewind plays again.
//!
//! A failure that ends an orchestration is told in a turn with other events, and turns may follow it in which the guest only
//! waits. Once the failure counts as never told, what those turns were given has to be given anew: the guest may decide
//! upon it now.

use crate::model::{Inbound, TaskId};

/// What was given since, if there was such a failure.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Unsettled(Option<Box<Since>>);

#[derive(Debug, Clone, PartialEq)]
struct Since {
    /// How many turns were played before the one with the failure.
    turns: u32,
    given: Vec<Inbound>,
}

impl Unsettled {
    /// A turn is given these, after so many turns.
    pub fn give(&mut self, turns: u32, given: &[Inbound]) {
        match &mut self.0 {
            Some(since) => since.given.extend_from_slice(given),
            none if given.iter().any(|event| matches!(event, Inbound::TaskFailed { .. })) => {
                *none = Some(Box::new(Since { turns, given: given.to_vec() }));
            }
            _ => {}
        }
    }

    /// The guest has decided something: it has dealt with what it was told.
    pub fn settle(&mut self) {
        self.0 = None;
    }

    /// Takes back the failures of these tasks, and everything that was given since the first of them. Gives how many turns
    /// remain played, if some do not.
    pub fn rewind(&mut self, tasks: &[TaskId], pending: &mut Vec<Inbound>) -> Option<u32> {
        let since = self.0.take();
        let turns = since.as_ref().map(|since| since.turns);
        pending.splice(0..0, since.map(|since| since.given).unwrap_or_default());
        pending.retain(|event| !matches!(event, Inbound::TaskFailed { task, .. } if tasks.contains(task)));
        turns
    }
}
