//! What an orchestrator can do: everything durable is a method of [`Context`], so that it can be seen in the code.
//!
//! Here it gives time, chance and identity as data of the host. `decide` asks for things to happen, `order` waits for
//! several of them.

use std::{fmt, rc::Rc};

use serde::Serialize;

use crate::{failure::Result, log::Log, machine::Shared, payload::encode, time::Timestamp};

/// The hand of an orchestrator: cheap to clone, and the only way to time, chance and the world.
#[derive(Clone)]
pub struct Context {
    machine: Shared,
    origin: Rc<Origin>,
}

/// Who is running; the same for the whole execution.
pub(crate) struct Origin {
    pub(crate) name: String,
    pub(crate) instance: String,
    pub(crate) execution: u32,
    pub(crate) version: Option<String>,
    pub(crate) parent: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

impl Context {
    pub(crate) fn new(machine: Shared, origin: Origin) -> Self {
        Context { machine, origin: Rc::new(origin) }
    }

    pub(crate) fn machine(&self) -> Shared {
        self.machine.clone()
    }

    /// The name of this orchestrator, as the caller wrote it.
    pub fn name(&self) -> &str {
        &self.origin.name
    }

    /// The id of this instance.
    pub fn instance_id(&self) -> &str {
        &self.origin.instance
    }

    /// Counts the lives of this instance, from 1.
    pub fn execution(&self) -> u32 {
        self.origin.execution
    }

    /// The version that the caller asked for.
    pub fn version(&self) -> Option<&str> {
        self.origin.version.as_deref()
    }

    /// The orchestration that started this one.
    pub fn parent(&self) -> Option<&str> {
        self.origin.parent.as_deref()
    }

    /// What the caller attached to this instance, as names and values; children have the tags of their parent.
    pub fn tags(&self) -> &[(String, String)] {
        &self.origin.tags
    }

    /// The time of this turn. It stands still between two awaits and never goes back.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.machine.borrow().now)
    }

    /// A random number, the same in every replay.
    pub fn random(&self) -> u64 {
        self.machine.borrow_mut().random.next()
    }

    /// A random number of at least 0 and less than 1, the same in every replay.
    pub fn random_f64(&self) -> f64 {
        self.machine.borrow_mut().random.next_f64()
    }

    /// A random UUID of version 4, the same in every replay.
    pub fn new_guid(&self) -> String {
        self.machine.borrow_mut().random.next_guid()
    }

    /// Publishes a value with the status of the instance; `&()` clears it.
    ///
    /// # Errors
    /// `invalid-status` if the value has no JSON form.
    pub fn set_custom_status(&self, status: &(impl Serialize + ?Sized)) -> Result<()> {
        let status = encode(status, "invalid-status")?;
        self.machine.borrow_mut().custom_status = Some(status);
        Ok(())
    }

    /// The log of the instance. Lines of replayed turns are not written again.
    pub fn log(&self) -> Log<'_> {
        Log::new(&self.machine)
    }

    /// Whether this turn was played before. For logs and metrics; nothing that is decided may depend on it.
    pub fn is_replaying(&self) -> bool {
        self.machine.borrow().replaying
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { name, instance, execution, .. } = &*self.origin;
        write!(out, "Context({name} {instance}/{execution})")
    }
}
