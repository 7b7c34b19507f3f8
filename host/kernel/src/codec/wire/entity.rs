//! The twin of an entity.

use serde::{Deserialize, Serialize};

use super::letter::Holder;
use super::parts::{Bytes, Digest, Text, Wrong, entity, text};
use crate::model as m;

#[derive(Serialize, Deserialize)]
pub(super) struct Entity<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    created: u64,
    at: u64,
    component: Option<Digest>,
    #[serde(borrow)]
    state: Option<State<'a>>,
    lock: Option<Holder>,
}

#[derive(Serialize, Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    data: Bytes<'a>,
    version: u32,
}

impl<'a> From<&'a m::Entity> for Entity<'a> {
    fn from(entity: &'a m::Entity) -> Self {
        Self {
            id: text(entity.id.instance_id().as_str()),
            created: entity.created.0,
            at: entity.at.0,
            component: entity.component.map(Digest),
            state: entity.state.as_ref().map(|state| State { data: (&state.data).into(), version: state.version }),
            lock: entity.lock.map(Holder::from),
        }
    }
}

impl TryFrom<Entity<'_>> for m::Entity {
    type Error = Wrong;

    fn try_from(found: Entity<'_>) -> Result<Self, Wrong> {
        Ok(Self {
            id: entity(&found.id)?,
            created: m::Timestamp(found.created),
            at: m::Timestamp(found.at),
            component: found.component.map(|digest| digest.0),
            state: found.state.map(|state| m::EntityState { data: state.data.into(), version: state.version }),
            lock: found.lock.map(m::Holder::from),
        })
    }
}
