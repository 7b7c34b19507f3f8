//! The twin of a letter.

use serde::{Deserialize, Serialize};

use super::event::set_to_wire;
use super::parts::{
    Attempted, Bytes, Digest, Failure, Parent, Raised, Spec, Text, Wrong, entity, id, lock_set, operation, text,
};
use crate::model as m;

#[derive(Serialize, Deserialize)]
pub(super) enum Letter<'a> {
    Start {
        #[serde(borrow)]
        id: Text<'a>,
        rewind: bool,
        own: Digest,
        seed: u64,
        #[serde(borrow)]
        spec: Spec<'a>,
    },
    Raise {
        #[serde(borrow)]
        to: Text<'a>,
        #[serde(borrow)]
        event: Raised<'a>,
    },
    TaskDone {
        to: u64,
        of: Attempted,
        #[serde(borrow)]
        outcome: Result<Bytes<'a>, Failure<'a>>,
    },
    Terminate {
        #[serde(borrow)]
        to: Text<'a>,
        #[serde(borrow)]
        child_of: Parent<'a>,
        #[serde(borrow)]
        reason: Bytes<'a>,
        children: bool,
    },
    Operate {
        #[serde(borrow)]
        to: Text<'a>,
        #[serde(borrow)]
        name: Text<'a>,
        #[serde(borrow)]
        input: Bytes<'a>,
        seed: u64,
        caller: Option<(u64, Attempted)>,
        due: Option<u64>,
    },
    Lock {
        #[serde(borrow)]
        set: Vec<Text<'a>>,
        at: u32,
        holder: Holder,
    },
    Unlock {
        #[serde(borrow)]
        set: Vec<Text<'a>>,
        at: u32,
        holder: Holder,
        onward: bool,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Holder {
    no: u64,
    execution: u32,
    task: u32,
}

impl From<m::Holder> for Holder {
    fn from(holder: m::Holder) -> Self {
        Self { no: holder.no.0, execution: holder.execution.0, task: holder.task.0 }
    }
}

impl From<Holder> for m::Holder {
    fn from(holder: Holder) -> Self {
        Self { no: m::InstanceNo(holder.no), execution: m::Execution(holder.execution), task: m::TaskId(holder.task) }
    }
}

/// The place of an entity in a set that has it.
fn place(at: u32, set: &m::LockSet) -> Result<usize, Wrong> {
    let place = usize::try_from(at).unwrap_or(usize::MAX);
    if place < set.entities().len() { Ok(place) } else { Err("a place behind the entities of a lock".to_owned()) }
}

impl<'a> From<&'a m::Letter> for Letter<'a> {
    fn from(letter: &'a m::Letter) -> Self {
        match letter {
            m::Letter::Start { id, after, own, seed, spec } => Self::Start {
                id: text(id.as_str()),
                rewind: *after == m::Afresh::UnlessRewound,
                own: Digest(*own),
                seed: *seed,
                spec: (&**spec).into(),
            },
            m::Letter::Raise { to, event } => Self::Raise { to: text(to.as_str()), event: event.into() },
            m::Letter::TaskDone { to, of, outcome } => Self::TaskDone {
                to: to.0,
                of: (*of).into(),
                outcome: outcome.as_ref().map(Bytes::from).map_err(Failure::from),
            },
            m::Letter::Terminate { to, child_of, reason, reach } => Self::Terminate {
                to: text(to.as_str()),
                child_of: child_of.into(),
                reason: reason.into(),
                children: *reach == m::Reach::Children,
            },
            m::Letter::Operate { to, operation, caller, due } => Self::Operate {
                to: text(to.instance_id().as_str()),
                name: text(operation.name.as_str()),
                input: (&operation.input).into(),
                seed: operation.seed,
                caller: caller.map(|caller| (caller.no.0, caller.of.into())),
                due: due.map(|due| due.0),
            },
            m::Letter::Lock { set, at, holder } => {
                Self::Lock { set: set_to_wire(set), at: place_to_wire(*at), holder: (*holder).into() }
            }
            m::Letter::Unlock { set, at, holder, hops } => Self::Unlock {
                set: set_to_wire(set),
                at: place_to_wire(*at),
                holder: (*holder).into(),
                onward: *hops == m::Hops::Onward,
            },
        }
    }
}

impl TryFrom<Letter<'_>> for m::Letter {
    type Error = Wrong;

    fn try_from(letter: Letter<'_>) -> Result<Self, Wrong> {
        Ok(match letter {
            Letter::Start { id: child, rewind, own, seed, spec } => Self::Start {
                id: id(&child)?,
                after: if rewind { m::Afresh::UnlessRewound } else { m::Afresh::Always },
                own: own.0,
                seed,
                spec: Box::new(spec.try_into()?),
            },
            Letter::Raise { to, event } => Self::Raise { to: id(&to)?, event: event.try_into()? },
            Letter::TaskDone { to, of, outcome } => Self::TaskDone {
                to: m::InstanceNo(to),
                of: of.into(),
                outcome: outcome.map(m::Payload::from).map_err(m::Failure::from),
            },
            Letter::Terminate { to, child_of, reason, children } => Self::Terminate {
                to: id(&to)?,
                child_of: child_of.try_into()?,
                reason: reason.into(),
                reach: if children { m::Reach::Children } else { m::Reach::Alone },
            },
            Letter::Operate { to, name, input, seed, caller, due } => Self::Operate {
                to: entity(&to)?,
                operation: m::Operation { name: operation(&name)?, input: input.into(), seed },
                caller: caller.map(|(no, of)| m::Caller { no: m::InstanceNo(no), of: of.into() }),
                due: due.map(m::Timestamp),
            },
            Letter::Lock { set, at, holder } => {
                let set = lock_set(&set)?;
                Self::Lock { at: place(at, &set)?, set, holder: holder.into() }
            }
            Letter::Unlock { set, at, holder, onward } => {
                let set = lock_set(&set)?;
                let hops = if onward { m::Hops::Onward } else { m::Hops::One };
                Self::Unlock { at: place(at, &set)?, set, holder: holder.into(), hops }
            }
        })
    }
}

fn place_to_wire(at: usize) -> u32 {
    u32::try_from(at).expect("a lock has at most hundreds of entities")
}
