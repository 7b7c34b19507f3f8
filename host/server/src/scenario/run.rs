//! What came of a scenario: all that can be expected of it, and all by which two runs of it are compared.
//!
//! It is data, taken from a store when nothing happens there any more.

use std::collections::BTreeMap;

use kernel::model::{Ended, EntityId, InstanceId, LogLevel, LogLine, Millis, Payload, Record, Status};

use super::file::Scenario;
use super::store::Store;

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// How the orchestration stands.
    pub status: Status,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    /// Its custom status.
    pub custom_status: Payload,
    /// How much of its time passed until its end, or until nothing more happened.
    pub elapsed: Millis,
    /// The states of the entities that the scenario names.
    pub entities: BTreeMap<EntityId, Payload>,
    /// What orchestrations and entities wrote to the log, with levels.
    pub logs: Vec<String>,
    /// What the host would have told its operator.
    pub notes: Vec<String>,
    /// How many turns and batches were played.
    pub turns: usize,
    /// The history of its last execution.
    pub history: Vec<Record>,
    /// The histories of all others, in the order in which they are kept.
    pub others: Vec<(InstanceId, Vec<Record>)>,
}

impl Run {
    /// Reads what is to be known from a store.
    pub fn of(
        store: Store,
        scenario: &Scenario,
        elapsed: Millis,
        turns: usize,
        logs: Vec<LogLine>,
        notes: Vec<String>,
    ) -> Self {
        let head = store.find(&scenario.instance).map(|chain| chain.head.clone());
        let history = store.find(&scenario.instance).and_then(|chain| chain.records().ok()).unwrap_or_default();
        let ended = history.last().and_then(Record::ended);
        let named = scenario.entities.keys().chain(scenario.expect.entities.keys());
        let state = |id: &EntityId| {
            let state = store.entity(id.instance_id()).and_then(|entity| entity.state);
            state.map_or_else(Payload::null, |state| state.data)
        };
        let others = store.executions().filter_map(|chain| Some((chain.head.id.clone(), chain.records().ok()?)));
        Self {
            status: head.as_ref().map_or(Status::Pending, |head| head.status),
            elapsed: match (&head, &ended) {
                (Some(head), Some(_)) => head.updated.since(scenario.start.0),
                _ => elapsed,
            },
            ended,
            custom_status: head.and_then(|head| head.custom_status).unwrap_or_else(Payload::null),
            entities: named.map(|id| (id.clone(), state(id))).collect(),
            logs: logs.into_iter().map(line).collect(),
            notes,
            turns,
            history,
            others: others.collect(),
        }
    }

    /// Where another run of the same scenario differs from this one, beside its history; `None` if it does not.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let histories = self.others.iter().zip(&other.others);
        let differing = histories.filter(|(ours, theirs)| ours != theirs).map(|((id, _), _)| id).next();
        match differing {
            Some(id) => Some(format!("the history of {id} is another one")),
            None if self.logs != other.logs => Some("other lines are written to the log".to_owned()),
            None if self.entities != other.entities => Some("entities have other states".to_owned()),
            None if self != other => Some("other instances are started".to_owned()),
            None => None,
        }
    }
}

fn line(LogLine { level, message }: LogLine) -> String {
    let level = match level {
        LogLevel::Trace => "trace",
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    };
    format!("{level}: {message}")
}
