//! The twin of a letter.

use serde::{Deserialize, Serialize};

use super::parts::{Attempted, Bytes, Digest, Failure, Parent, Raised, Spec, Text, Wrong, id, text};
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
    ChildDone {
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
            m::Letter::ChildDone { to, of, outcome } => Self::ChildDone {
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
            Letter::ChildDone { to, of, outcome } => Self::ChildDone {
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
        })
    }
}
