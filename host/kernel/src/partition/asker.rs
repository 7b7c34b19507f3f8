//! Who asked for something: a client who waits for an answer, or another instance by a letter.

use super::entities::addressee;
use super::input::{Op, ReplyTo};
use crate::model::{InstanceId, Letter, LetterNo};
use crate::orchestration::Message;
use crate::port::Key;

/// Whom a change goes back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// A client, who is answered once the change is durable.
    Client(ReplyTo),
    /// A letter, which is taken in the commit of the change.
    Letter(LetterNo),
}

/// Something that waits for an instance in memory.
#[derive(Debug)]
pub(super) struct Mail {
    pub message: Message,
    /// Nobody, if the host itself has something to say.
    pub asker: Option<Asker>,
}

/// Something that waits for an instance on its way into memory.
#[derive(Debug)]
pub(super) enum Wish {
    Op(ReplyTo, Op),
    Letter(LetterNo, Letter),
}

impl Wish {
    pub fn key(&self) -> Key {
        match self {
            Self::Op(_, op) => Key::Id(op_id(op).clone()),
            Self::Letter(_, letter) => letter_key(letter),
        }
    }
}

pub(super) fn op_id(op: &Op) -> &InstanceId {
    match op {
        Op::Start { new, .. } => new.id.as_id(),
        Op::Wait { id }
        | Op::Raise { id, .. }
        | Op::Suspend { id, .. }
        | Op::Resume { id, .. }
        | Op::Terminate { id, .. }
        | Op::Rewind { id, .. }
        | Op::Purge { id } => id,
        Op::Signal { to: id, .. } | Op::Unlock { id, .. } => id.instance_id(),
        Op::Post { .. } => unreachable!("it is for nobody in particular, and waits for nobody"),
    }
}

pub(super) fn letter_key(letter: &Letter) -> Key {
    match letter {
        Letter::Start { id, .. } => Key::Id(id.clone()),
        Letter::Raise { to, .. } | Letter::Terminate { to, .. } => Key::Id(to.clone()),
        Letter::TaskDone { to, .. } => Key::No(*to),
        Letter::Operate { .. } | Letter::Lock { .. } | Letter::Unlock { .. } => {
            let id = addressee(letter).expect("it is for an entity");
            Key::Id(id.instance_id().clone())
        }
    }
}

/// Takes somebody out of those who wait to ask: a start goes on, and nobody waits for its end.
pub(super) fn drop_waiter(waiting: &mut Vec<Wish>, reply: ReplyTo) {
    waiting.retain(|wish| !matches!(wish, Wish::Op(to, Op::Wait { .. }) if *to == reply));
    for wish in waiting {
        if let Wish::Op(_, Op::Start { watch, .. }) = wish {
            watch.take_if(|watch| *watch == reply);
        }
    }
}
