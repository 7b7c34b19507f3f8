//! What a client is shown of an instance.

use kernel::model::{Ended, FunctionName, Head, Payload, Record, Started, TaskId};
use kernel::orchestration::{Divergence, Held, Warning};

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
    /// What its present execution began with, if values were asked for.
    pub started: Option<Started>,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
    /// Why it does not go on although it has not ended.
    pub held: Option<HeldView>,
    /// Limits that it is close to.
    pub warnings: Vec<Warning>,
    /// What its activities reported last.
    pub progress: Vec<(TaskId, FunctionName, Payload)>,
    /// Its history, if asked for.
    pub history: Option<Vec<Record>>,
}

impl InstanceView {
    /// What the present execution was started with, if values were asked for.
    pub fn input(&self) -> Option<&Payload> {
        self.started.as_ref().map(|started| &started.spec.input)
    }
}

/// Why an instance does not go on: divergence, damage, a missing component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldView {
    /// In one sentence.
    pub text: String,
    /// In parts: what the history has, what the code has, and where. Empty unless the code diverged.
    pub lines: Vec<(&'static str, String)>,
    /// What to do about it.
    pub remedy: &'static str,
}

impl From<&Held> for HeldView {
    fn from(held: &Held) -> Self {
        let (lines, remedy) = match held {
            Held::Diverged(divergence) => (divergence.lines(), Divergence::REMEDY),
            Held::Unavailable(_) => (Vec::new(), "deploy the component, then resume the instance; or terminate it"),
            Held::Blob { .. } => {
                (Vec::new(), "bring the blob back, or make its store answer: it is tried again by itself")
            }
            Held::Damaged(_) => (Vec::new(), "restore the hub from a backup, or terminate the instance"),
        };
        Self { text: held.to_string(), lines, remedy }
    }
}
