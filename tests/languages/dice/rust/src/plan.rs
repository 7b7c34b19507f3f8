//! What a plan may say.

use dacapo::prelude::*;
use dacapo::serde_json::Value;

/// What is to be done, and what was seen in earlier executions.
#[payload]
pub struct Plan {
    pub steps: Vec<Step>,
    #[serde(default)]
    pub seen: Vec<Value>,
}

/// One thing to do. Those of `all` and `race` run side by side; neither of them may hold `again`, `fail` or `lock`, and a
/// race holds no waits for events, because languages differ in what a lost one takes along.
///
/// What is not given is left out when the rest of a plan goes to the next execution, as in languages that have no `null` for it.
#[payload]
#[derive(Debug)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Step {
    /// Calls an activity.
    Call {
        input: Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        attempts: Option<u32>,
    },
    /// Calls an activity and does not want it any more.
    Cancel { input: Value },
    /// Starts a child.
    Child {
        input: Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// Waits for a while.
    Sleep { ms: u64 },
    /// Waits for an event, for a while if it says for how long.
    Event {
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        ms: Option<u64>,
    },
    /// Waits for all of them.
    All { of: Vec<Step> },
    /// Waits for the first of them.
    Race { of: Vec<Step> },
    /// Calls a cup.
    Entity { key: String, operation: String, input: Value },
    /// Adds to cups that nobody else may touch meanwhile.
    Lock { keys: Vec<String>, input: Value },
    /// Adds to a cup and does not wait, later if it says when.
    Signal {
        key: String,
        input: Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        ms: Option<u64>,
    },
    /// Sends an event.
    Send { to: String, name: String, input: Value },
    /// Shows a value with the status of the instance.
    Status { value: Value },
    /// A number by chance.
    Number,
    /// A UUID by chance.
    Uuid,
    /// The time.
    Now,
    /// Who is running.
    Me,
    /// Does the rest in another execution.
    Again,
    /// Ends with a failure.
    Fail { kind: String },
}
