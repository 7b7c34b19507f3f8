//! What a client is shown of an instance.

use kernel::model::{Ended, Head, Payload, Record};

/// How much of an instance is asked for, beside its head. Each part costs a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Only the head.
    Head,
    /// The input, and the output or failure if it ended.
    #[default]
    Values,
    /// Those and the whole history.
    History,
}

/// One instance.
#[derive(Debug, Clone)]
pub struct InstanceView {
    /// Its index entry.
    pub head: Head,
    /// What it was started with.
    pub input: Option<Payload>,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
    /// Why it does not go on although it has not ended: divergence, damage, a missing component.
    pub held: Option<String>,
    /// Its history, if asked for.
    pub history: Option<Vec<Record>>,
}
