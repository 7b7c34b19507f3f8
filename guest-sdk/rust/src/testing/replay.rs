//! The proof of determinism: an execution once more, all turns in one call, as a host does that has dropped the session.

use super::Execution;
use crate::{
    bindings::orchestrator::{Start, Turn},
    component::Component,
};

pub(super) fn check(component: &Component, execution: &Execution) {
    let Execution { start, turns, status } = execution;
    let (mut session, first) = component.open(Start { replaying: true, ..start.clone() });
    let replaying = turns[1..].iter().map(|(turn, _)| Turn { replaying: true, ..turn.clone() }).collect();
    let rest = session.advance(replaying);
    let replayed: Vec<_> = first.decisions.into_iter().chain(rest.decisions).collect();
    let sources: Vec<_> = first.sources.into_iter().chain(rest.sources).collect();
    let recorded: Vec<_> = turns.iter().flat_map(|(_, decisions)| decisions).collect();
    for index in 0..recorded.len().max(replayed.len()) {
        let (recorded, replayed) = (recorded.get(index).copied(), replayed.get(index));
        let source = sources.get(index).map_or(String::new(), |source| format!(", at {source}"));
        assert!(
            recorded == replayed,
            "the orchestrator is not deterministic: decision {index} was {recorded:?}, \
             and in the replay {replayed:?}{source}"
        );
    }
    assert!(
        *status == rest.status,
        "the orchestrator is not deterministic: it ended with {status:?}, and in the replay with {:?}",
        rest.status
    );
}
