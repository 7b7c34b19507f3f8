//! The index entry of an instance, derived from its rows.

use super::fold::{State, fold};
use crate::codec::{Damage, DamageKind, Link, Row, open_history};
use crate::model::{Event, Head, InstanceNo, Record, Status};

/// What an instance is after its history was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// Its index entry.
    pub head: Head,
    /// Its folded state.
    pub state: State,
    /// Its history.
    pub records: Vec<Record>,
}

/// Verifies, decodes and folds a whole history, first row first, that must end with `last`.
pub fn restore(no: InstanceNo, last: Link, rows: &[Row]) -> Result<Restored, Damage> {
    let records = open_history(no, last, rows)?;
    let mut state = State::New;
    let mut head = None;
    for (row, record) in rows.iter().zip(&records) {
        let damage = |text: String| Damage { no, seq: row.seq, what: DamageKind::Illegal(text) };
        for event in &record.events {
            state = fold(state, record.at, event).map_err(|error| damage(error.to_string()))?;
        }
        head = Some(extend_head(head, row, record, &state).ok_or_else(|| damage("no start".to_owned()))?);
    }
    let head = head.ok_or(Damage { no, seq: last.seq, what: DamageKind::Missing })?;
    Ok(Restored { head, state, records })
}

/// The head after a row was appended, given the state that it leads to. A row that begins an execution leaves nothing of
/// the head before it but what belongs to the instance. `None` if there was no head and the row does not begin one.
pub fn extend_head(head: Option<Head>, row: &Row, record: &Record, state: &State) -> Option<Head> {
    let mut head = match (head, record.events.first()) {
        (_, Some(Event::Started(started))) => Head {
            no: row.no,
            id: started.id.clone(),
            name: started.spec.name.clone(),
            component: started.component,
            parent: started.spec.parent.clone(),
            execution: started.execution,
            status: Status::Running,
            created: started.created,
            updated: record.at,
            first: row.seq,
            last: row.seq,
            sum: row.sum,
            events: 0,
            bytes: 0,
            open_tasks: 0,
            wake_at: None,
            custom_status: None,
        },
        (Some(head), _) => head,
        (None, _) => return None,
    };
    head.note(record);
    head.last = row.seq;
    head.sum = row.sum;
    head.bytes += row.body.len() as u64;
    (head.open_tasks, head.wake_at) = match state {
        State::Live(live) => {
            head.status = live.status();
            let at_once = Some(record.at).filter(|at| live.is_ready(*at));
            (u32::try_from(live.tasks.len()).unwrap_or(u32::MAX), at_once.or(live.wake_at()))
        }
        State::New | State::Failed(_) | State::Ended(_) => {
            head.status = state.ended().unwrap_or(head.status);
            (0, None)
        }
    };
    Some(head)
}
