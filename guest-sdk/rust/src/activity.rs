//! Activities: the functions that touch the world, and how a call reaches one.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::{client::Client, failure::Result, options::Options, time::Timestamp};

pub use crate::bindings::activity::TraceContext;

/// An activity as a type. `#[activity]` implements it.
pub trait Activity {
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

    /// What it recommends to its callers.
    fn options() -> Options;

    /// Runs one attempt.
    ///
    /// # Errors
    /// Whatever the author's function returns.
    fn invoke(context: ActivityContext, input: Self::Input) -> Result<Self::Output>;
}

/// Which call of an activity this is.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityContext {
    /// The orchestration that asked.
    pub instance: String,
    /// The number of the decision that asked, within its execution.
    pub task: u32,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Equal for all attempts of this call, different for all others: pass it on to whatever must not happen twice.
    pub idempotency_key: String,
    /// When the host gives up on this attempt, unless it reports [`progress`](crate::progress).
    pub deadline: Timestamp,
    /// The trace that this call belongs to: send it on with requests.
    pub trace: Option<TraceContext>,
}

impl ActivityContext {
    /// The hub, as far as the manifest grants it.
    pub fn client(&self) -> Client {
        Client::new()
    }
}
