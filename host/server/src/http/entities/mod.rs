//! Shows and signals entities: one module for each thing that a client wants of them.
//!
//! The contract shows a state as it is, with nothing around it. What an operator wants beside it (the version of the state,
//! its blob, the lock, why the entity is held) is a document of its own, which only local clients are given.

mod clean;
mod list;
mod signal;
mod state;

use kernel::model::EntityId;

pub use clean::clean;
pub use list::{list, list_of_name};
pub use signal::{delete, signal};
pub use state::{details, state};

use crate::problem::{Code, Problem};

/// What stands for the empty key in a path.
pub const EMPTY_KEY: &str = "$";

/// The entity that a path means.
fn named((name, key): &(String, String)) -> Result<EntityId, Problem> {
    let key = if key == EMPTY_KEY { "" } else { key };
    Ok(EntityId::new(name, key)?)
}

/// An entity that may exist. Of one that cannot the contract says what it says of one that does not.
fn known(path: &(String, String)) -> Result<EntityId, Problem> {
    named(path).map_err(|problem| Problem::new(Code::NotFound, format!("there is no such entity: {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |name: &str, key: &str, expect: Result<&str, Code>| {
            let got = named(&(name.to_owned(), key.to_owned()));
            let got = got.map(|id| id.to_string()).map_err(|problem| problem.code);
            assert_eq!(got.as_deref(), expect.as_ref().copied(), "{name} {key}");
        };
        check("Counter", "A", Ok("@counter@A"));
        check("counter", "$", Ok("@counter@"));
        check("counter", "$$", Ok("@counter@$$"));
        check("counter", "a@b", Ok("@counter@a@b"));
        check("counter", "a/b", Err(Code::InvalidId));
        check("count er", "a", Err(Code::InvalidId));
    }
}
