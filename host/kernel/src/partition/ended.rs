//! What can still be done with an instance that has ended: rewind it, or delete it.

use super::Partition;
use super::asker::{Asker, Wish};
use super::effect::{Effect, Reply};
use super::input::{BatchNo, ReplyTo};
use super::instances::{Phase, Slot};
use crate::model::{Event, Head, Payload, Record, Timestamp};
use crate::orchestration::{Finished, State, fold};
use crate::port::Dropped;

/// An instance that is deleted with the next commit or the one that is under way.
#[derive(Debug)]
pub(super) struct Purging {
    batch: BatchNo,
    /// What was asked of it meanwhile, in order.
    pub waiting: Vec<Wish>,
}

impl Partition {
    /// Lets an instance that failed go on from its failed tasks. An error says why it does not, and changes nothing.
    pub(super) fn rewind(
        &mut self,
        asker: Asker,
        head: &Head,
        state: &State,
        reason: Payload,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> Result<(), Reply> {
        let State::Failed(live) = state else { return Err(Reply::NotFailed(head.status)) };
        let tasks: Vec<_> = live.rewindable().collect();
        if tasks.is_empty() {
            return Err(Reply::NotRewindable);
        }
        let record = Record { at: now.max(head.updated), events: vec![Event::Rewound { reason, tasks }] };
        let state =
            fold(state.clone(), record.at, &record.events[0]).map_err(|error| Reply::Unavailable(error.to_string()))?;
        let mut slot = Slot::new(head.id.clone(), Phase::Damaged);
        slot.head = Some(head.clone());
        self.instances.insert(head.no, slot);
        self.append(head.no, Finished::rewound(record, state), vec![asker], out);
        Ok(())
    }

    /// Deletes an instance that has ended. What is asked of it until that is durable is asked again then.
    pub(super) fn purge(&mut self, head: &Head, reply: ReplyTo) {
        self.purging.insert(head.no, Purging { batch: self.commits.next(), waiting: Vec::new() });
        self.commits.purge(Dropped { no: head.no, last: head.last }, reply);
    }

    /// The purges of a commit are durable: what loads found before is not there any more.
    pub(super) fn purges_committed(&mut self, now: Timestamp, batch: BatchNo, out: &mut Vec<Effect>) {
        let done: Vec<_> = self.purging.extract_if(.., |_, purging| purging.batch == batch).collect();
        for (no, purging) in done {
            self.instances.note_left(no);
            self.ask_again(now, purging.waiting, out);
        }
    }

    /// There was no space for a commit: its purges are tried again with the next one, and what waits for them must not
    /// wait for space.
    pub(super) fn purges_refused(&mut self, now: Timestamp, next: BatchNo, out: &mut Vec<Effect>) {
        let mut waiting = Vec::new();
        for purging in self.purging.values_mut() {
            purging.batch = next;
            waiting.append(&mut purging.waiting);
        }
        self.ask_again(now, waiting, out);
    }
}
