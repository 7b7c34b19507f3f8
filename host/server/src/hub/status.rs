//! Statuses, put together from the index and the rows of an instance.

use kernel::codec::{Damage, DamageKind, Export, Link, open_history, open_row};
use kernel::limits::{STALE_READ_WAIT_MS, STALE_READS_MAX_COUNT};
use kernel::model::{Ended, Head, InstanceId, LogSeq, Record};
use kernel::orchestration::Warning;
use kernel::port::{Key, ReadError, Reader};
use std::sync::PoisonError;
use std::time::Duration;

use super::{Detail, HeldView, Hub, InstanceView, StatusError};

impl Hub {
    /// Shows an instance.
    pub async fn status(&self, id: &InstanceId, detail: Detail) -> Result<InstanceView, StatusError> {
        let mut view = self.outline(id, detail).await?;
        let started = view.started.iter_mut().map(|started| &mut started.spec.input);
        let history = view.history.iter_mut().flatten().flat_map(Record::payloads_mut);
        for payload in started.chain(history).filter(|payload| payload.blob_ref().is_some()) {
            *payload = self.fetch(payload).await?;
        }
        if let Some(ended) = view.ended.take() {
            view.ended = Some(self.fetch_ended(ended).await?);
        }
        Ok(view)
    }

    /// The same with the names of blobs where they hold payloads.
    pub(super) async fn outline(&self, id: &InstanceId, detail: Detail) -> Result<InstanceView, StatusError> {
        if detail < Detail::History {
            // Three look-ups by key, mostly in memory: less than handing them to another thread.
            return self.view(id, detail);
        }
        let (hub, id) = (self.clone(), id.clone());
        let read = tokio::task::spawn_blocking(move || hub.view(&id, detail));
        read.await.unwrap_or_else(|error| Err(ReadError::Failed(error.to_string()).into()))
    }

    /// The history of the present execution of an instance, for other machines.
    pub async fn export(&self, id: &InstanceId) -> Result<Export, StatusError> {
        let view = self.status(id, Detail::History).await?;
        Ok(Export { records: view.history.unwrap_or_default() })
    }

    /// How an instance that has ended did.
    pub(super) fn ended(&self, id: &InstanceId) -> Result<Option<Ended>, ReadError> {
        self.consistent(id, |hub, head| Ok(hub.record(&head, head.last)?.ended())).map(Option::flatten)
    }

    fn view(&self, id: &InstanceId, detail: Detail) -> Result<InstanceView, StatusError> {
        let found = self.consistent(id, |hub, head| hub.show(head, detail))?;
        found.ok_or_else(|| StatusError::NotFound(id.clone()))
    }

    /// Reads what belongs to a head. Between the two reads the instance may begin its next execution, be given the next row
    /// of an entity, or be deleted, and then the rows are gone: that is not damage, and the newer head is shown. The rows of a
    /// commit can be read a moment before its heads, so the same head may be found some times more.
    pub(super) fn consistent<T>(
        &self,
        id: &InstanceId,
        read: impl Fn(&Self, Head) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        let (mut before, mut again) = (None, 0);
        loop {
            let Some(head) = self.shared.readers.head(&Key::Id(id.clone()))? else { return Ok(None) };
            let place = (head.no, head.first);
            match read(self, head) {
                Err(ReadError::Damaged(_)) if before != Some(place) => (before, again) = (Some(place), 0),
                Err(ReadError::Damaged(_)) if again < STALE_READS_MAX_COUNT => {
                    again += 1;
                    std::thread::sleep(Duration::from_millis(STALE_READ_WAIT_MS));
                }
                outcome => return outcome.map(Some),
            }
        }
    }

    fn show(&self, head: Head, detail: Detail) -> Result<InstanceView, ReadError> {
        let held = self.shared.held.read().unwrap_or_else(PoisonError::into_inner).get(&head.id).map(HeldView::from);
        let (warnings, progress) = (Warning::of(&head), self.shared.running.progress(head.no));
        let (started, ended, history) = (None, None, None);
        let mut view = InstanceView { head, started, ended, held, warnings, progress, history };
        match detail {
            Detail::Head => {}
            Detail::Values => {
                view.started = self.record(&view.head, view.head.first)?.started().cloned();
                if view.head.status.is_terminal() {
                    view.ended = self.record(&view.head, view.head.last)?.ended();
                }
            }
            Detail::History => {
                let rows = self.shared.readers.history(view.head.no, view.head.last)?;
                let last = Link { seq: view.head.last, sum: view.head.sum };
                let records = open_history(view.head.no, last, &rows)?;
                view.started = records.first().and_then(Record::started).cloned();
                view.ended = records.last().and_then(Record::ended);
                view.history = Some(records);
            }
        }
        Ok(view)
    }

    pub(super) fn record(&self, head: &Head, seq: LogSeq) -> Result<Record, ReadError> {
        let found = self.shared.readers.row(seq)?;
        let found = found.ok_or(Damage { no: head.no, seq, what: DamageKind::Missing })?;
        Ok(open_row(&found.row, found.prev_sum)?)
    }
}
