//! What can be done with an instance that is there.

use kernel::limits::LIST_MAX_COUNT;
use kernel::model::{Event, InstanceId, Payload, Raised, Reach, Record, StartSpec, TaskId};
use kernel::orchestration::child_id;
use kernel::partition::{Op, Reply};
use kernel::port::{Query, ReadError};
use tokio::task::JoinSet;

use super::{Detail, Hub, ManageError, NewInstance, RestartError};
use crate::driver::Mail;

/// Which id an instance gets that is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartAs {
    /// A new one.
    NewId,
    /// The one that it has; it must have ended.
    SameId,
}

impl Hub {
    /// Sends an external event. Durable when this returns.
    pub async fn raise(&self, id: &InstanceId, event: Raised) -> Result<(), ManageError> {
        let input = self.shared.payloads.put(event.input).await?;
        self.manage(id, Op::Raise { id: id.clone(), event: Raised { input, ..event } }).await
    }

    /// Lets an instance play no turns until it is resumed. What comes in meanwhile is kept.
    pub async fn suspend(&self, id: &InstanceId, reason: Payload) -> Result<(), ManageError> {
        self.manage(id, Op::Suspend { id: id.clone(), reason }).await
    }

    /// Lets an instance play turns again; one that is held is tried again.
    pub async fn resume(&self, id: &InstanceId, reason: Payload) -> Result<(), ManageError> {
        self.manage(id, Op::Resume { id: id.clone(), reason }).await
    }

    /// Ends an instance, whatever its state.
    pub async fn terminate(&self, id: &InstanceId, reason: Payload, reach: Reach) -> Result<(), ManageError> {
        self.manage(id, Op::Terminate { id: id.clone(), reason, reach }).await
    }

    /// Lets an instance that failed go on from its failed tasks.
    pub async fn rewind(&self, id: &InstanceId, reason: Payload) -> Result<(), ManageError> {
        self.manage(id, Op::Rewind { id: id.clone(), reason }).await
    }

    /// Starts an instance again, with the input, version and tags that it was started with.
    pub async fn restart(&self, id: &InstanceId, restart: RestartAs) -> Result<InstanceId, RestartError> {
        let view = self.status(id, Detail::Values).await.map_err(|error| match error {
            super::StatusError::NotFound(id) => RestartError::NotFound(id),
            super::StatusError::Read(error) => RestartError::Read(error),
        })?;
        let started = view.started.ok_or_else(|| ReadError::Failed("the history has no start".to_owned()))?;
        // What a parent started begins as nobody's child: its parent has, or will have, its answer.
        let spec = StartSpec { start_at: None, parent: None, ..started.spec };
        let id = match restart {
            RestartAs::NewId => None,
            RestartAs::SameId => Some(id.clone()),
        };
        Ok(self.start(NewInstance { id, spec }).await?)
    }

    /// Deletes an instance that has ended, and with [`Reach::Children`] those that it had started and that have ended
    /// too. Gives how many were deleted.
    ///
    /// Children go before their parent: who has to ask again finds the parent, and through it what is left.
    pub async fn purge(&self, id: &InstanceId, reach: Reach) -> Result<u64, ManageError> {
        let mut doomed = vec![id.clone()];
        if reach == Reach::Children {
            let mut place = 0;
            while let Some(next) = doomed.get(place).cloned() {
                place += 1;
                let children = self.children_of_ended(&next).await?;
                doomed.extend(children);
            }
        }
        let mut deleted = 0;
        for next in doomed.iter().rev() {
            match self.manage(next, Op::Purge { id: next.clone() }).await {
                Ok(()) => deleted += 1,
                // A child that goes on, or is gone, keeps nobody from being deleted.
                Err(ManageError::NotFound(_) | ManageError::NotEnded { .. }) if next != id => {}
                Err(error) => return Err(error),
            }
        }
        Ok(deleted)
    }

    /// Deletes all instances that match and have ended. Gives how many were deleted.
    pub async fn purge_all(&self, query: Query) -> Result<u64, ManageError> {
        let mut deleted = 0;
        let mut after = query.after;
        loop {
            let page = self.list(Query { limit: LIST_MAX_COUNT, after, ..query.clone() }).await?;
            // All of a page at once: what is asked while a commit is under way is one commit.
            let mut purges = JoinSet::new();
            for head in page.heads.into_iter().filter(|head| head.status.is_terminal()) {
                let hub = self.clone();
                purges.spawn(async move { hub.manage(&head.id, Op::Purge { id: head.id.clone() }).await });
            }
            while let Some(purged) = purges.join_next().await {
                match purged.unwrap_or(Err(ManageError::Unknown)) {
                    Ok(()) => deleted += 1,
                    // It was deleted or started again meanwhile.
                    Err(ManageError::NotFound(_) | ManageError::NotEnded { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(deleted),
            }
        }
    }

    /// The ids of the children that the present execution of an instance started. One that has not ended keeps them, for
    /// it is not deleted either.
    async fn children_of_ended(&self, id: &InstanceId) -> Result<Vec<InstanceId>, ManageError> {
        match self.outline(id, Detail::History).await {
            Ok(view) if view.head.status.is_terminal() => Ok(children_of(&view.history.unwrap_or_default())),
            Ok(_) | Err(super::StatusError::NotFound(_)) => Ok(Vec::new()),
            // A damaged history hides its children; it must not keep its instance from being deleted.
            Err(super::StatusError::Read(ReadError::Damaged(_))) => Ok(Vec::new()),
            Err(super::StatusError::Read(error)) => Err(error.into()),
        }
    }

    async fn manage(&self, id: &InstanceId, op: Op) -> Result<(), ManageError> {
        let (reply, answer) = self.reply();
        self.send(Mail::Ask { op, reply, watch: None }).map_err(|_| ManageError::Unknown)?;
        let id = || id.clone();
        match answer.await {
            Ok(Reply::Done) => Ok(()),
            Ok(Reply::NotFound) => Err(ManageError::NotFound(id())),
            Ok(Reply::AlreadyEnded(status)) => Err(ManageError::Ended { id: id(), status }),
            Ok(Reply::NotEnded(status)) => Err(ManageError::NotEnded { id: id(), status }),
            Ok(Reply::NotFailed(status)) => Err(ManageError::NotFailed { id: id(), status }),
            Ok(Reply::NotRewindable) => Err(ManageError::NotRewindable(id())),
            Ok(Reply::TooManyPending) => Err(ManageError::TooManyPending(id())),
            Ok(Reply::Unavailable(text)) => Err(ManageError::Unavailable(text)),
            Ok(Reply::StorageFull) => Err(ManageError::StorageFull),
            Ok(Reply::Unreadable(text)) => Err(ReadError::Failed(text).into()),
            Ok(Reply::Started(_) | Reply::Exists(_) | Reply::Ended(_)) | Err(_) => Err(ManageError::Unknown),
        }
    }
}

/// Every attempt of every child, the last one last.
fn children_of(records: &[Record]) -> Vec<InstanceId> {
    let Some(started) = records.first().and_then(Record::started) else { return Vec::new() };
    let events = || records.iter().flat_map(|record| &record.events);
    let attempts = |child: TaskId| {
        let failed = |event: &&Event| matches!(event, Event::TaskAttemptFailed { task, .. } if *task == child);
        1 + u32::try_from(events().filter(failed).count()).unwrap_or(u32::MAX)
    };
    let children = events().filter_map(|event| match event {
        Event::ChildScheduled { task, options, .. } => Some((*task, options.instance.as_ref())),
        _ => None,
    });
    let ids = children
        .flat_map(|(task, given)| (1..=attempts(task)).map(move |attempt| child_id(started, task, attempt, given)));
    let mut ids: Vec<_> = ids.collect();
    ids.dedup();
    ids
}
