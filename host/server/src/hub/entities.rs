//! What can be asked of entities, and what triggers post.

use std::sync::PoisonError;

use kernel::limits::LIST_MAX_COUNT;
use kernel::model::{
    Afresh, BlobRef, Entity, EntityId, FunctionKind, FunctionName, Holder, InstanceId, InstanceNo, Letter, Operation,
    OperationName, Payload, Raised, Timestamp,
};
use kernel::partition::{Op, Reply};
use kernel::port::{Key, Mark, Query, ReadError, Reader, What};

use super::{HeldView, Hub, NewInstance, PostError, SignalError};
use crate::driver::Mail;

/// One entity.
#[derive(Debug, Clone)]
pub struct EntityView {
    /// Which.
    pub id: EntityId,
    /// When its newest batch was run, or its lock changed.
    pub last_operation: Timestamp,
    /// Its state, if it has one and it was asked for.
    pub state: Option<StateView>,
    /// The orchestration in whose critical section it is.
    pub locked_by: Option<InstanceId>,
    /// Why nothing is done for it.
    pub held: Option<HeldView>,
}

/// The state of an entity.
#[derive(Debug, Clone)]
pub struct StateView {
    /// Its data.
    pub data: Payload,
    /// Which form the data has: the author's to count.
    pub version: u32,
    /// The blob that holds the data, if one does.
    pub blob: Option<BlobRef>,
}

/// Which entities are wanted.
#[derive(Debug, Clone, Default)]
pub struct EntityQuery {
    /// Those of this name.
    pub name: Option<FunctionName>,
    /// Those whose key begins with this; counts only beside a name.
    pub key_prefix: Option<String>,
    /// Changed at or after.
    pub from: Option<Timestamp>,
    /// Changed at or before.
    pub to: Option<Timestamp>,
    /// Whether their states are wanted.
    pub states: WithState,
    /// How many at most.
    pub limit: usize,
    /// Where the page before ended: [`EntityPage::next`].
    pub after: Option<InstanceNo>,
}

/// Whether states are wanted. Each costs a read, or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WithState {
    /// They are.
    Yes,
    /// They are not.
    #[default]
    No,
}

/// A part of a list of entities.
#[derive(Debug, Clone, Default)]
pub struct EntityPage {
    /// The entities, the ones that were made last first.
    pub entities: Vec<EntityView>,
    /// Where the next page begins, if there is one.
    pub next: Option<InstanceNo>,
}

/// What a clean-up did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cleaned {
    /// Locks of critical sections that are no more.
    pub locks_released: u64,
}

/// Something that a trigger wants, to be done together with the rest of it.
#[derive(Debug, Clone)]
pub enum Errand {
    /// Start an orchestration; nothing happens if the id belongs to one that has not ended.
    Start {
        /// Its id.
        id: InstanceId,
        /// What to start.
        new: NewInstance,
    },
    /// Run an operation of an entity.
    Signal {
        /// Which entity.
        to: EntityId,
        /// The operation.
        name: OperationName,
        /// Its input.
        input: Payload,
        /// Not before this time.
        at: Option<Timestamp>,
    },
    /// Send an event to an instance.
    Raise {
        /// Which.
        to: InstanceId,
        /// What.
        event: Raised,
    },
}

impl Hub {
    /// Runs an operation of an entity. When this returns, it was run and that is durable; or, if it has to wait for a lock
    /// or a time, it cannot be lost any more.
    pub async fn signal(
        &self,
        to: EntityId,
        name: OperationName,
        input: Payload,
        at: Option<Timestamp>,
    ) -> Result<(), SignalError> {
        self.check_entity(&to)?;
        let input = self.shared.payloads.put(input).await?;
        let operation = Operation { name, input, seed: super::random_seed() };
        match self.answer(Op::Signal { to, operation, due: at }).await {
            Some(Reply::Done) => Ok(()),
            Some(Reply::TooManyPending) => Err(SignalError::TooManyPending),
            Some(Reply::StorageFull) => Err(SignalError::StorageFull),
            Some(Reply::Unavailable(text) | Reply::Unreadable(text)) => Err(SignalError::Unavailable(text)),
            _ => Err(SignalError::Unknown),
        }
    }

    /// Shows an entity; `None` if it has neither a state nor a lock, and nothing waits for it that cannot be done.
    pub async fn entity(&self, id: &EntityId) -> Result<Option<EntityView>, ReadError> {
        let found = self.consistent(id.instance_id(), |hub, head| hub.shared.readers.entity(&head))?;
        if let Some(entity) = found {
            return self.view_entity(entity).await.map(Some);
        }
        let waits = |held| EntityView {
            id: id.clone(),
            last_operation: self.now(),
            state: None,
            locked_by: None,
            held: Some(held),
        };
        Ok(self.held(id.instance_id()).map(waits))
    }

    /// One page of entities.
    pub async fn entities(&self, query: EntityQuery) -> Result<EntityPage, ReadError> {
        let prefix = match (&query.name, query.key_prefix) {
            (Some(name), key) => {
                format!("@{}@{}", name.as_str().to_ascii_lowercase(), key.unwrap_or_default())
            }
            (None, _) => "@".to_owned(),
        };
        let page = self.list(Query {
            what: What::Entities,
            prefix: Some(prefix),
            updated_from: query.from,
            updated_to: query.to,
            limit: query.limit,
            after: query.after,
            ..Query::default()
        });
        let page = page.await?;
        let mut entities = Vec::with_capacity(page.heads.len());
        for head in page.heads {
            let Some(id) = EntityId::of(&head.id) else { continue };
            match query.states {
                // One that went meanwhile is not in the list.
                WithState::Yes => entities.extend(self.entity(&id).await?),
                WithState::No => entities.push(EntityView {
                    held: self.held(id.instance_id()),
                    id,
                    last_operation: head.updated,
                    state: None,
                    locked_by: None,
                }),
            }
        }
        Ok(EntityPage { entities, next: page.next })
    }

    /// Releases the locks of critical sections that are no more. There are none unless an orchestration was purged whose
    /// history was damaged.
    pub async fn clean_entities(&self) -> Result<Cleaned, ReadError> {
        let mut cleaned = Cleaned::default();
        let mut after = None;
        loop {
            let query = Query { what: What::Entities, limit: LIST_MAX_COUNT, after, ..Query::default() };
            let page = self.list(query).await?;
            for head in page.heads {
                let Ok(Entity { id, lock: Some(holder), .. }) = self.shared.readers.entity(&head) else { continue };
                if self.is_gone(holder)? && self.answer(Op::Unlock { id, holder }).await == Some(Reply::Done) {
                    cleaned.locks_released += 1;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(cleaned),
            }
        }
    }

    /// Posts what a trigger wants and notes what it was given, in one commit.
    pub async fn post_all(&self, errands: Vec<Errand>, marks: Vec<Mark>) -> Result<(), PostError> {
        let mut letters = Vec::with_capacity(errands.len());
        for errand in errands {
            letters.push(self.letter(errand).await?);
        }
        match self.answer(Op::Post { letters, marks }).await {
            Some(Reply::Done) => Ok(()),
            Some(Reply::StorageFull) => Err(PostError::StorageFull),
            _ => Err(PostError::Unknown),
        }
    }

    /// The highest mark of a source.
    pub async fn last_mark(&self, source: &str) -> Result<Option<u64>, ReadError> {
        self.shared.readers.last_mark(source)
    }

    /// Whether something of a source was handled.
    pub async fn is_marked(&self, source: &str, seq: u64) -> Result<bool, ReadError> {
        self.shared.readers.is_marked(source, seq)
    }

    async fn letter(&self, errand: Errand) -> Result<Letter, PostError> {
        let seed = super::random_seed();
        Ok(match errand {
            Errand::Start { id, new } => {
                let mut spec = new.spec;
                let Some(own) = self.shared.components.orchestrator(&spec.name) else {
                    return Err(PostError::UnknownFunction(spec.name));
                };
                spec.input = self.shared.payloads.put(spec.input).await?;
                Letter::Start { id, after: Afresh::Always, own, seed, spec: Box::new(spec) }
            }
            Errand::Signal { to, name, input, at } => {
                if self.shared.components.entity(&to.name()).is_none() {
                    return Err(PostError::UnknownFunction(to.name()));
                }
                let input = self.shared.payloads.put(input).await?;
                Letter::Operate { to, operation: Operation { name, input, seed }, caller: None, due: at }
            }
            Errand::Raise { to, event } => {
                let input = self.shared.payloads.put(event.input).await?;
                Letter::Raise { to, event: Raised { input, ..event } }
            }
        })
    }

    pub(crate) fn check_entity(&self, id: &EntityId) -> Result<(), SignalError> {
        let name = id.name();
        if self.shared.components.entity(&name).is_some() {
            return Ok(());
        }
        let similar = self.shared.components.similar(FunctionKind::Entity, &name);
        Err(SignalError::UnknownEntity { name, similar })
    }

    async fn view_entity(&self, entity: Entity) -> Result<EntityView, ReadError> {
        let state = match entity.state {
            None => None,
            Some(state) => {
                let data = self.fetch(&state.data).await?;
                Some(StateView { data, version: state.version, blob: state.data.blob_ref() })
            }
        };
        let locked_by = match entity.lock {
            None => None,
            // One that is gone is shown by its number, which no id looks like.
            Some(holder) => self.shared.readers.head(&Key::No(holder.no))?.map(|head| head.id),
        };
        let held = self.held(entity.id.instance_id());
        Ok(EntityView { id: entity.id, last_operation: entity.at, state, locked_by, held })
    }

    /// Whether a critical section is no more.
    fn is_gone(&self, holder: Holder) -> Result<bool, ReadError> {
        let head = self.shared.readers.head(&Key::No(holder.no))?;
        Ok(head.is_none_or(|head| head.status.is_terminal() || head.execution != holder.execution))
    }

    fn held(&self, id: &InstanceId) -> Option<HeldView> {
        self.shared.held.read().unwrap_or_else(PoisonError::into_inner).get(id).map(HeldView::from)
    }

    async fn answer(&self, op: Op) -> Option<Reply> {
        let (reply, answer) = self.reply();
        self.send(Mail::Ask { op, reply, watch: None }).ok()?;
        answer.await.ok()
    }
}
