//! What an orchestrator can do: everything durable is a method of [`Context`], so that it can be seen in the code.
//!
//! It gives time, chance and identity as data of the host and asks for tasks and timers; it knows nothing of polling.

use std::{fmt, future::Future, rc::Rc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    activity::Activity,
    bindings::orchestrator::{LogLevel, LogLine, ScheduleActivity},
    call::{Call, Timer},
    failure::Result,
    machine::Shared,
    options::{Options, to_contract},
    order::{self, Either, Join},
    payload::encode,
    time::Timestamp,
};

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

    /// Calls an activity by name, for one that lives in another component. For one of your own, call its function.
    pub fn call_activity<U: DeserializeOwned>(&self, name: &str, input: &(impl Serialize + ?Sized)) -> Call<U> {
        self.schedule(name, input, Options::default())
    }

    /// What the function made by `#[activity]` does: schedules the activity with the options it recommends.
    pub fn call<A: Activity>(&self, input: &A::Input) -> Call<A::Output> {
        self.schedule(A::NAME, input, A::options())
    }

    fn schedule<U>(&self, name: &str, input: &(impl Serialize + ?Sized), options: Options) -> Call<U> {
        let decision = encode(input, "invalid-input").map(|input| {
            let options = to_contract(options);
            ScheduleActivity { name: name.to_owned(), input, options }
        });
        Call::new(self.machine(), decision)
    }

    /// Wakes after this time. It does not cost anything to wait for a year.
    pub fn sleep(&self, duration: Duration) -> Timer {
        self.timer_at(self.now() + duration)
    }

    /// Wakes at this time, or at once if it has passed.
    pub fn timer_at(&self, time: Timestamp) -> Timer {
        Timer::new(self.machine(), time.as_millis())
    }

    /// Waits for all of a tuple of futures; ends with the failure that is first in history.
    pub fn join<J: Join>(&self, futures: J) -> impl Future<Output = Result<J::Output>> + use<J> {
        futures.join(self.clone())
    }

    /// Waits for all and keeps their order; ends with the failure that is first in history.
    pub fn join_all<T, I>(&self, futures: I) -> impl Future<Output = Result<Vec<T>>> + use<T, I>
    where
        I: IntoIterator<Item: Future<Output = Result<T>>>,
    {
        order::join_all(self.machine(), futures.into_iter().collect())
    }

    /// Waits for the one that is first in history, and drops the other one: a timer is cancelled, a call abandoned.
    /// Give `&mut future` to keep it.
    ///
    /// If the same event makes both ready, the first argument wins.
    pub fn select<A, B>(&self, a: A, b: B) -> impl Future<Output = Either<A::Output, B::Output>> + use<A, B>
    where
        A: Future,
        B: Future,
    {
        order::select(self.machine(), a, b)
    }

    /// Waits for the one of many that is first in history, tells its index, and drops the others, as [`Self::select`]
    /// does. Of none at all there is no first: that waits for ever.
    pub fn race<T, I>(&self, futures: I) -> impl Future<Output = (usize, T)> + use<T, I>
    where
        I: IntoIterator<Item: Future<Output = T>>,
    {
        order::race(self.machine(), futures.into_iter().collect())
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
        Log { machine: &self.machine }
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

/// The log of an instance; see [`Context::log`].
pub struct Log<'a> {
    machine: &'a Shared,
}

impl Log<'_> {
    /// Writes a line for the author.
    pub fn debug(&self, message: impl Into<String>) {
        self.write(LogLevel::Debug, message.into());
    }

    /// Writes a line for the operator.
    pub fn info(&self, message: impl Into<String>) {
        self.write(LogLevel::Info, message.into());
    }

    /// Writes a line about something that may go wrong.
    pub fn warn(&self, message: impl Into<String>) {
        self.write(LogLevel::Warn, message.into());
    }

    /// Writes a line about something that went wrong.
    pub fn error(&self, message: impl Into<String>) {
        self.write(LogLevel::Error, message.into());
    }

    fn write(&self, level: LogLevel, message: String) {
        let mut machine = self.machine.borrow_mut();
        if !machine.replaying {
            machine.logs.push(LogLine { level, message });
        }
    }
}

impl fmt::Debug for Log<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Log")
    }
}
