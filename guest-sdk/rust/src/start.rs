//! A new orchestration, as an entity or a client asks for one.

use serde::Serialize;

use crate::{
    failure::{Failure, Result},
    orchestrator::Orchestrator,
    payload::encode,
    time::Timestamp,
};

/// What shall be started: `Start::of::<checkout>(&order)?.id("order-7")`.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    pub(crate) name: String,
    /// As JSON.
    pub(crate) input: Vec<u8>,
    pub(crate) instance: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) at: Option<u64>,
    pub(crate) tags: Vec<(String, String)>,
}

impl Start {
    /// An orchestration of your own.
    ///
    /// # Errors
    /// `invalid-input` if the input has no JSON form.
    pub fn of<O: Orchestrator>(input: &O::Input) -> Result<Start> {
        Start::named(O::NAME, input)
    }

    /// An orchestration by name, for one that lives in another component.
    ///
    /// # Errors
    /// `invalid-input` if the input has no JSON form.
    pub fn named(name: &str, input: &(impl Serialize + ?Sized)) -> Result<Start> {
        let input = encode(input, "invalid-input")?;
        Ok(Start { name: name.to_owned(), input, instance: None, version: None, at: None, tags: Vec::new() })
    }

    /// Gives it this id instead of one that the host makes.
    pub fn id(self, id: impl Into<String>) -> Self {
        Start { instance: Some(id.into()), ..self }
    }

    /// What it sees as [`Context::version`](crate::Context::version).
    pub fn version(self, version: impl Into<String>) -> Self {
        Start { version: Some(version.into()), ..self }
    }

    /// Begins it not before this time.
    pub fn at(self, time: Timestamp) -> Self {
        Start { at: Some(time.as_millis()), ..self }
    }

    /// Attaches something, which its children have as well. Only a client can do that.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without_tags(self) -> Result<Start> {
        match self.tags.first() {
            Some((tag, _)) => {
                let message = format!("an entity cannot attach the tag {tag:?} to what it starts");
                Err(Failure::new("invalid-start", message).non_retryable())
            }
            None => Ok(self),
        }
    }
}
