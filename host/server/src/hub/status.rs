//! Statuses, put together from the index and the rows of an instance.

use kernel::codec::{Damage, DamageKind, Link, open_history, open_row};
use kernel::model::{Ended, Event, Head, InstanceId, LogSeq, Payload, Record};
use kernel::port::{Key, ReadError, Reader};
use std::sync::PoisonError;

use super::{Detail, Hub, InstanceView, StatusError};

impl Hub {
    /// Shows an instance.
    pub async fn status(&self, id: &InstanceId, detail: Detail) -> Result<InstanceView, StatusError> {
        if detail < Detail::History {
            // Three look-ups by key, mostly in memory: less than handing them to another thread.
            return self.view(id, detail);
        }
        let (hub, id) = (self.clone(), id.clone());
        let read = tokio::task::spawn_blocking(move || hub.view(&id, detail));
        read.await.unwrap_or_else(|error| Err(ReadError::Failed(error.to_string()).into()))
    }

    /// How an instance that has ended did.
    pub(super) fn ended(&self, id: &InstanceId) -> Result<Option<Ended>, ReadError> {
        match self.shared.readers.head(&Key::Id(id.clone()))? {
            Some(head) => Ok(self.record(&head, head.last)?.ended()),
            None => Ok(None),
        }
    }

    fn view(&self, id: &InstanceId, detail: Detail) -> Result<InstanceView, StatusError> {
        let head = self.shared.readers.head(&Key::Id(id.clone()))?;
        let head = head.ok_or_else(|| StatusError::NotFound(id.clone()))?;
        let held = self.shared.held.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        let mut view = InstanceView { head, input: None, ended: None, held, history: None };
        match detail {
            Detail::Head => {}
            Detail::Values => {
                view.input = input(&self.record(&view.head, view.head.first)?);
                if view.head.status.is_terminal() {
                    view.ended = self.record(&view.head, view.head.last)?.ended();
                }
            }
            Detail::History => {
                let rows = self.shared.readers.history(view.head.no, view.head.last)?;
                let last = Link { seq: view.head.last, sum: view.head.sum };
                let records = open_history(view.head.no, last, &rows).map_err(ReadError::from)?;
                view.input = records.first().and_then(input);
                view.ended = records.last().and_then(Record::ended);
                view.history = Some(records);
            }
        }
        Ok(view)
    }

    fn record(&self, head: &Head, seq: LogSeq) -> Result<Record, ReadError> {
        let found = self.shared.readers.row(seq)?;
        let found = found.ok_or(Damage { no: head.no, seq, what: DamageKind::Missing })?;
        Ok(open_row(&found.row, found.prev_sum)?)
    }
}

fn input(first: &Record) -> Option<Payload> {
    match first.events.first()? {
        Event::Started(started) => Some(started.input.clone()),
        _ => None,
    }
}
