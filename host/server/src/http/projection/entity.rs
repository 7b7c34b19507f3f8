//! Writes entities: as the contract lists them, and with what an operator wants to know of one.

use kernel::model::{EntityId, Timestamp};

use super::super::json::Object;
use crate::hub::{EntityView, StateView};

/// Writes an element of a list. A state that was not asked for is `null`.
pub fn listed(out: &mut Vec<u8>, view: &EntityView) {
    let mut object = begin(out, &view.id, view.last_operation);
    object.payload("state", view.state.as_ref().map(|state| &state.data));
    object.end();
}

/// Writes all that is known of an entity. The contract has no such document, so its words are our own.
pub fn details(out: &mut Vec<u8>, view: &EntityView) {
    let mut object = begin(out, &view.id, view.last_operation);
    if let Some(holder) = &view.locked_by {
        object.text("lockedBy", holder.as_str());
    }
    super::held(&mut object, view.held.as_ref());
    if let Some(StateView { data, version, blob }) = &view.state {
        object.plain("stateVersion", version);
        if let Some(blob) = blob {
            // A reference is displayed as the JSON that stands in the row.
            object.plain("stateReference", blob);
        }
        object.payload("state", Some(data));
    }
    object.end();
}

fn begin<'a>(out: &'a mut Vec<u8>, id: &EntityId, last_operation: Timestamp) -> Object<'a> {
    let mut object = Object::begin(out);
    object.object("entityId", |object| {
        object.text("name", id.name().as_str());
        object.text("key", id.key());
    });
    object.time("lastOperationTime", last_operation);
    object
}
