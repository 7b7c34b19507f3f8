//! What those outside ask of entities and are told: every promise is kept, and nothing is done that was refused.

use kernel::model::{BatchOperation, Entity, EntityId, Failure, Holder, Operation, OperationName, Payload};

use super::{Registry, Success};
use crate::sim::entity::{Deed, number_of};
use crate::sim::ledger::Checked;
use crate::sim::pool::attempt_of;

impl Registry {
    /// A client asks for an operation.
    pub fn signal(&mut self, token: String, to: EntityId, deed: Deed) {
        self.history.ask(&token, &to, deed);
        self.direct.insert(token, to);
    }

    /// Whether a client or a trigger asked for an operation.
    pub fn is_asked(&self, to: &EntityId, token: &str) -> bool {
        self.direct.get(token) == Some(to)
    }

    /// An operation is on its way.
    pub fn post(&mut self, to: &EntityId, operation: &Operation) {
        let (deed, token) = Deed::read(&operation.name, &self.library.read(&operation.input));
        self.history.ask(&token, to, deed);
        self.posted.insert(token);
    }

    /// An orchestration knows what came of a call.
    pub fn answered(&mut self, name: &OperationName, input: &Payload, outcome: &Result<Payload, Failure>) {
        let (_, token) = Deed::read(name, &self.library.read(input));
        match outcome {
            Ok(output) => self.history.done(&token, self.library.read(output).parse().ok()),
            Err(_) => self.history.failed(&token),
        }
    }

    /// Somebody reads an entity.
    pub fn read(&mut self, id: &EntityId, entity: Option<&Entity>) {
        let number = number_of(&self.library, entity.and_then(|entity| entity.state.as_ref()));
        self.history.read(id, number);
    }

    /// A client was told that an operation was run, or cannot be lost any more.
    pub fn promise(&mut self, token: String) {
        if let Some(success) = self.done.get(&attempt_of(&token, 1)) {
            match success {
                Success::Yes => self.history.done(&token, None),
                Success::No => self.history.failed(&token),
            }
        }
        self.promised.insert(token);
    }

    /// A client was told that an operation will never be run.
    pub fn refuse(&mut self, token: String) {
        self.history.failed(&token);
        self.refused.insert(token);
    }

    /// Whether a client's operation was run, and that is durable, or whether nothing of it need be.
    pub fn has_run(&mut self, token: &str) -> bool {
        let Some(to) = self.direct.get(token).cloned() else { return false };
        let is_it = |asked: &BatchOperation| self.token(&asked.operation) == token;
        if self.ran.get(&to).is_some_and(|ran| ran.batch.operations.iter().any(is_it)) {
            self.settle(&to);
        }
        self.done.contains_key(&attempt_of(token, 1))
    }

    /// A client who says one thing after the other, each when the one before was promised, is heard in this order.
    pub(super) fn in_conversation(&mut self, id: &EntityId, token: &str) -> Checked {
        let Some((speaker, count)) = token.strip_prefix("talk").and_then(|rest| rest.split_once('.')) else {
            return Ok(());
        };
        let count: u64 = count.parse().map_err(|_| "a conversation has no numbers")?;
        match self.spoken.insert((speaker.to_owned(), id.clone()), count) {
            Some(before) if before >= count => Err(format!("{count} of talk {speaker} comes after {before}")),
            Some(_) | None => Ok(()),
        }
    }

    /// Somebody asks for an entity to be forgotten, whoever has locked it.
    pub fn wipe(&mut self, id: EntityId) {
        self.forced.insert(id.clone());
        *self.wiping.entry(id).or_default() += 1;
    }

    /// They were answered.
    pub fn wiped(&mut self, id: &EntityId) {
        if let Some(count) = self.wiping.get_mut(id) {
            *count -= 1;
        }
    }

    /// Somebody asks for a lock to be released.
    pub fn free(&mut self, id: EntityId, holder: Holder) {
        self.freed.insert((id, holder));
    }

    /// What clients were told is so.
    pub fn promises(&self) -> Checked {
        match self.refused.iter().find(|token| self.done.contains_key(&attempt_of(token, 1))) {
            Some(token) => Err(format!("{token} was refused and was run")),
            None => Ok(()),
        }
    }

    /// Everything that was promised was run, and nobody is locked out for ever.
    pub fn finish(&self) -> Checked {
        self.promises()?;
        if let Some(token) = self.promised.iter().find(|token| !self.done.contains_key(&attempt_of(token, 1))) {
            return Err(format!("{token} was promised and was never run"));
        }
        match self.locks().next() {
            Some((id, holder)) => Err(format!("{id} is locked by {holder:?}, and nobody is alive")),
            None => Ok(()),
        }
    }

    pub(super) fn is_wiping(&self, id: &EntityId) -> bool {
        self.wiping.get(id).is_some_and(|count| *count > 0)
    }
}
