//! Letters between instances: who gets one, and what becomes of one that nobody can get.
//!
//! Invariant: a letter is taken in the commit that holds its effect, or in any commit if it can have none. Until then it
//! stays in the store, and is delivered again after a restart.

use super::Partition;
use super::asker::{Asker, Mail, Wish, letter_key};
use super::effect::{Effect, Reply};
use super::entities::addressee;
use super::instances::Slot;
use super::loads::child;
use super::requests::has_room_for_event;
use crate::limits::{CHILD_DEPTH_MAX_COUNT, PENDING_EVENTS_MAX_COUNT};
use crate::model::{
    Afresh, Ended, Failure, Head, InstanceId, InstanceNo, Letter, LetterNo, Parent, Payload, StartSpec, Timestamp, kind,
};
use crate::orchestration::{Message, State, Warning};
use crate::port::{Dropped, Key};

impl Partition {
    /// Brings a letter whose posting is durable to whom it is for.
    pub(super) fn deliver(&mut self, now: Timestamp, no: LetterNo, letter: Letter, out: &mut Vec<Effect>) {
        if addressee(&letter).is_some() && !self.is_undelivered(&letter_key(&letter)) {
            return self.deliver_to_entity(now, no, letter, out);
        }
        if let Letter::Start { id, spec, .. } = &letter
            && spec.parent.as_ref().is_some_and(|parent| parent.depth > CHILD_DEPTH_MAX_COUNT)
        {
            self.refuse_child(id, spec, too_deep());
            return self.commits.take_letter(no);
        }
        let wish = Wish::Letter(no, letter);
        let key = wish.key();
        // One that could not be delivered yet comes first: what one instance sends to another arrives in order.
        let first = self.undelivered.iter().find(|(_, _, letter)| letter_key(letter) == key).map(|(at, ..)| *at);
        match (first, self.present(&key), wish) {
            (Some(at), _, Wish::Letter(no, letter)) => self.undelivered.push((at, no, letter)),
            (None, Some(to), Wish::Letter(no, letter)) => self.letter_to(now, to, no, letter, out),
            (_, _, wish) => self.load(key, Some(wish), out),
        }
    }

    /// Whether a letter for an instance could not be delivered yet.
    pub(super) fn is_undelivered(&self, key: &Key) -> bool {
        self.undelivered.iter().any(|(_, _, before)| letter_key(before) == *key)
    }

    /// Delivers those again that could not be delivered because the store could not be read.
    pub(super) fn deliver_again(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let (due, later) = std::mem::take(&mut self.undelivered).into_iter().partition(|(at, ..)| *at <= now);
        self.undelivered = later;
        for (_, no, letter) in due {
            self.deliver(now, no, letter, out);
        }
    }

    /// A letter for an instance in memory.
    fn letter_to(&mut self, now: Timestamp, to: InstanceNo, no: LetterNo, letter: Letter, out: &mut Vec<Effect>) {
        let asker = Some(Asker::Letter(no));
        let Some(slot) = self.instances.get_mut(to) else { return };
        if must_wait(slot, &letter) {
            return slot.rivals.push(Wish::Letter(no, letter));
        }
        let message = match letter {
            Letter::Start { id, spec, .. } => {
                if slot.parent() != spec.parent.as_ref() {
                    self.refuse_child(&id, &spec, exists(&id));
                }
                // It is this very child, or its parent has been told.
                return self.commits.take_letter(no);
            }
            Letter::Raise { .. } if !has_room_for_event(slot) => {
                let limit = PENDING_EVENTS_MAX_COUNT as u64;
                let what = "messages that wait; an event of another instance is dropped";
                out.push(Effect::Warn(slot.id.clone(), Warning { what, used: limit, limit }));
                return self.commits.take_letter(no);
            }
            Letter::Raise { event, .. } => Message::Raised(event),
            Letter::TaskDone { of, outcome, .. } => Message::TaskDone { of, outcome },
            Letter::Terminate { child_of, .. } if slot.parent() != Some(&child_of) => {
                return self.commits.take_letter(no);
            }
            Letter::Terminate { reason, reach, .. } => Message::Terminate { reason, reach },
            Letter::Operate { .. } | Letter::Lock { .. } | Letter::Unlock { .. } => {
                unreachable!("what is for an entity goes another way")
            }
        };
        slot.inbox.push(Mail { message, asker });
        self.go_on(now, to, out);
    }

    /// A letter for an instance that is not there, or has ended in this way.
    pub(super) fn letter_to_nobody(
        &mut self,
        now: Timestamp,
        no: LetterNo,
        letter: Letter,
        ended: Option<(&Head, &State)>,
        out: &mut Vec<Effect>,
    ) {
        let asker = Asker::Letter(no);
        let Letter::Start { after, spec, .. } = &letter else {
            return self.commits.take_letter(no);
        };
        // What an entity or a trigger starts takes over the id of one that has ended.
        if let Some((head, state)) = ended
            && spec.parent.is_some()
            && head.parent == spec.parent
        {
            if *after == Afresh::Always {
                // The child of this very attempt came and went.
                return self.commits.take_letter(no);
            }
            if self.rewind(asker, head, state, Payload::null(), now, out).is_ok() {
                return;
            }
        }
        let replaces = ended.map(|(head, _)| Dropped { no: head.no, last: head.last });
        if let Some(new) = child(letter) {
            self.start_checked(now, asker, new, None, replaces, out);
        }
    }

    /// Tells a parent that its child could not be started.
    pub(super) fn refuse_child(&mut self, id: &InstanceId, spec: &StartSpec, failure: Failure) {
        if let Some(parent) = &spec.parent {
            let outcome = Err(Failure::of_child(id, &failure));
            self.post(Some(parent.no), Letter::TaskDone { to: parent.no, of: parent.attempted, outcome });
        }
    }

    /// Posts a letter in the next commit.
    pub(super) fn post(&mut self, of: Option<InstanceNo>, letter: Letter) {
        let no = self.number_letter();
        self.commits.post(of, no, letter);
    }

    pub(super) fn number_letter(&mut self) -> LetterNo {
        let no = LetterNo(self.next_letter);
        self.next_letter += 1;
        no
    }

    pub(super) fn number_instance(&mut self) -> InstanceNo {
        let no = InstanceNo(self.next_no);
        self.next_no += 1;
        no
    }

    /// Answers a client, or takes a letter that has come to nothing.
    pub(super) fn tell(&mut self, asker: Asker, reply: Reply, out: &mut Vec<Effect>) {
        match asker {
            Asker::Client(to) => out.push(Effect::Reply(to, reply)),
            Asker::Letter(no) => self.commits.take_letter(no),
        }
    }

    /// The instance in memory that a key names, unless somebody who asked before still waits for it to be loaded.
    pub(super) fn present(&self, key: &Key) -> Option<InstanceNo> {
        if self.loading.contains_key(key) { None } else { self.find(key) }
    }

    /// The instance in memory that a key names.
    pub(super) fn find(&self, key: &Key) -> Option<InstanceNo> {
        match key {
            Key::Id(id) => self.instances.find(id),
            Key::No(no) => Some(*no).filter(|no| self.instances.contains(*no)),
        }
    }
}

/// Whether a letter waits for what becomes of the instance: a child may take over the id of one that is about to end, or
/// whose start may still come to nothing; and what was sent after it comes after it.
fn must_wait(slot: &Slot, letter: &Letter) -> bool {
    match letter {
        Letter::TaskDone { .. } | Letter::Operate { .. } | Letter::Lock { .. } | Letter::Unlock { .. } => false,
        Letter::Start { spec, .. } if spec.parent.is_some() && slot.parent() == spec.parent.as_ref() => {
            slot.is_ending()
        }
        Letter::Start { .. } => slot.is_ending() || slot.origin.is_some() || !slot.rivals.is_empty(),
        Letter::Raise { .. } | Letter::Terminate { .. } => !slot.rivals.is_empty(),
    }
}

/// What a parent is told of a child that has ended.
pub(super) fn child_done(child: &InstanceId, parent: &Parent, ended: &Ended) -> Letter {
    let outcome = match ended {
        Ended::Completed(output) => Ok(output.clone()),
        Ended::Failed(failure) => Err(Failure::of_child(child, failure)),
        Ended::Terminated(reason) => {
            let text = format!("it was terminated: {}", reason.shown());
            Err(Failure::of_child(child, &Failure::host(kind::TERMINATED, text)))
        }
    };
    Letter::TaskDone { to: parent.no, of: parent.attempted, outcome }
}

fn too_deep() -> Failure {
    let text = format!(
        "children may have children for {CHILD_DEPTH_MAX_COUNT} generations; let one of them continue as new, or give the work \
         to fewer generations of more children"
    );
    Failure::host(kind::LIMIT, text)
}

fn exists(id: &InstanceId) -> Failure {
    let text = format!("the id {id} belongs to an instance that has not ended; give the child another id, or none");
    Failure::host(kind::CHILD_EXISTS, text)
}
