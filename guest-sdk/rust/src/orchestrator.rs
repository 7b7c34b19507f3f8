//! Orchestrators: the functions that are replayed.

use std::future::Future;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::{context::Context, failure::Result};

/// An orchestrator as a type. `#[orchestrator]` implements it.
pub trait Orchestrator {
    /// What it takes.
    type Input: Serialize + DeserializeOwned;
    /// What it gives.
    type Output: Serialize + DeserializeOwned + JsonSchema;
    /// The name by which the host knows it.
    const NAME: &'static str;
    /// Its documentation.
    const DOC: Option<&'static str>;

    /// The JSON Schema of the input; none if it takes no input.
    fn input_schema() -> Option<String>;

    /// Begins an execution.
    fn invoke(context: Context, input: Self::Input) -> impl Future<Output = Result<Self::Output>> + 'static;
}
