//! The index entry of an entity, derived from its row.

use crate::codec::Row;
use crate::model::{ComponentDigest, Entity, Execution, Head, Status};

/// The index entry of the entity that a row holds. Its status is always Running; that it is locked shows in the row.
pub fn head_of(row: &Row, entity: &Entity) -> Head {
    Head {
        no: row.no,
        id: entity.id.instance_id().clone(),
        name: entity.id.name(),
        component: entity.component.unwrap_or(ComponentDigest([0; 32])),
        parent: None,
        execution: Execution::FIRST,
        status: Status::Running,
        created: entity.created,
        updated: entity.at,
        first: row.seq,
        last: row.seq,
        sum: row.sum,
        events: 1,
        bytes: row.body.len() as u64,
        open_tasks: 0,
        wake_at: None,
        custom_status: None,
    }
}
