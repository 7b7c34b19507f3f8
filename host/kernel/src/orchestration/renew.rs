//! Continue-as-new: what the next execution of an instance begins with.

use super::finish::fold_all;
use super::fold::{IllegalEvent, Live, State};
use super::rules::EngineRules;
use super::task::next_seed;
use crate::model::{Event, Inbound, Payload, Raised, Record, StartSpec, Started, Timestamp};

/// The first record of the next execution, and what the instance is after it: its first turn is yet to be played.
///
/// The custom status stays, for it belongs to the instance. Events that the guest hands on come first, then those that it
/// was never given; answers to tasks belong to the execution that asked and are gone with it.
pub(super) fn renew(
    live: &Live,
    at: Timestamp,
    input: Payload,
    custom_status: Option<Payload>,
    carried: Vec<Raised>,
) -> Result<(Record, State), IllegalEvent> {
    let before = &live.started;
    let started = Started {
        id: before.id.clone(),
        execution: before.execution.next(),
        created: before.created,
        component: live.component,
        seed: next_seed(before),
        rules: EngineRules::CURRENT.0,
        spec: StartSpec { input, start_at: None, ..before.spec.clone() },
    };
    let unseen = live.pending.iter().filter_map(|event| match event {
        Inbound::Raised(raised) => Some(raised.clone()),
        Inbound::TaskCompleted { .. } | Inbound::TaskFailed { .. } | Inbound::TimerFired { .. } => None,
    });
    let mut events = vec![Event::Started(Box::new(started))];
    events.extend(custom_status.map(|value| Event::CustomStatusSet { value }));
    events.extend(carried.into_iter().chain(unseen).map(Event::Raised));
    let state = fold_all(State::New, at, &events)?;
    Ok((Record { at, events }, state))
}
