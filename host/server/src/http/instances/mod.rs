//! Shows and manages instances: one module for each thing that a client wants of them.

mod list;
mod operations;
mod purge;
mod status;

use axum::extract::rejection::PathRejection;
use kernel::model::{EntityId, InstanceId};

pub use list::list;
pub use operations::{Operation, RAISE_EVENT, operate, raise};
pub use purge::{purge, purge_matching};
pub(super) use status::document;
pub use status::status;

use crate::problem::{Code, Problem};

/// The path is not UTF-8 once it is decoded.
pub(super) fn bad_path(_: PathRejection) -> Problem {
    Problem::new(Code::InvalidId, "the path is not UTF-8")
}

/// The id of an orchestration that may exist. Of one that cannot the contract says what it says of one that does not.
pub(super) fn known(id: &str) -> Result<InstanceId, Problem> {
    InstanceId::parse(id).map_err(|error| Problem::new(Code::NotFound, format!("there is no such instance: {error}")))
}

/// The id of an orchestration or an entity that may exist.
fn known_of_any_kind(id: &str) -> Result<InstanceId, Problem> {
    match EntityId::parse(id) {
        Ok(entity) => Ok(entity.instance_id().clone()),
        Err(_) => known(id),
    }
}
