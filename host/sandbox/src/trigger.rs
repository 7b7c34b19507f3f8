//! Triggers that run when a schedule or a stream says so: one run, to its end or until it is given up.
//!
//! It does not know when that is, nor what becomes of what the run asked of its client: whoever calls commits it, or
//! drops it if the run failed.

use std::sync::Arc;

use kernel::limits::TRIGGER_TIMEOUT_MS;
use kernel::model::{Failure, FunctionName, Millis, Timestamp, kind};

use crate::active::{Active, Lines, reported};
use crate::activity::with_retry;
use crate::bindings::{active_types, stream_trigger as stream, timer_trigger as timer};
use crate::client::Client;
use crate::fault::guest_failure;
use crate::log::LineSink;
use crate::roles::Role;
use crate::watch::Watch;

/// One run of a timer trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// The function.
    pub name: FunctionName,
    /// When it was due.
    pub scheduled: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// How many times before it was due and did not run.
    pub missed: u32,
}

/// What a stream trigger is run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamMessage {
    /// Where it was published.
    pub subject: String,
    /// Its place in the stream.
    pub sequence: u64,
    /// When the stream took it in.
    pub time: Timestamp,
    /// 1 for the first delivery.
    pub delivery: u32,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// What was published.
    pub data: Vec<u8>,
}

/// A component that is ready to run timer triggers.
pub(crate) struct TimerTriggers {
    component: Arc<Active>,
    guest: timer::GuestIndices,
}

/// A component that is ready to run stream triggers.
pub(crate) struct StreamTriggers {
    component: Arc<Active>,
    guest: stream::GuestIndices,
}

impl TimerTriggers {
    /// Looks the role up.
    pub(crate) fn new(component: Arc<Active>) -> wasmtime::Result<Self> {
        let guest = timer::GuestIndices::new(component.instance())?;
        Ok(Self { component, guest })
    }

    /// Runs one of them once, to its end, its timeout, or until the future is dropped.
    pub(crate) async fn fire(&self, firing: &Firing, client: Arc<dyn Client>) -> Result<(), Failure> {
        let Firing { name, scheduled, now, missed } = firing;
        let tick = timer::Tick { scheduled: scheduled.0, now: now.0, missed: *missed };
        let run = Run { role: Role::TimerTrigger, name, watch: Watch::default() };
        let mut store = self.component.new_store(run.lines(client));
        run.to_end(async {
            let instance = self.component.instance().instantiate_async(&mut store).await?;
            let guest = self.guest.load(&mut store, &instance)?;
            guest.call_fire(&mut store, name.as_str(), tick).await
        })
        .await
    }
}

impl StreamTriggers {
    /// Looks the role up.
    pub(crate) fn new(component: Arc<Active>) -> wasmtime::Result<Self> {
        let guest = stream::GuestIndices::new(component.instance())?;
        Ok(Self { component, guest })
    }

    /// Runs one of them on one message, to its end, its timeout, or until the future is dropped.
    pub(crate) async fn receive(
        &self,
        name: &FunctionName,
        message: &StreamMessage,
        client: Arc<dyn Client>,
    ) -> Result<(), Failure> {
        let StreamMessage { subject, sequence, time, delivery, headers, data } = message.clone();
        let message = stream::Message { subject, sequence, time: time.0, delivery, headers, data };
        let run = Run { role: Role::StreamTrigger, name, watch: Watch::default() };
        let mut store = self.component.new_store(run.lines(client));
        run.to_end(async {
            let instance = self.component.instance().instantiate_async(&mut store).await?;
            let guest = self.guest.load(&mut store, &instance)?;
            guest.call_receive(&mut store, name.as_str(), &message).await
        })
        .await
    }
}

/// One run.
struct Run<'a> {
    role: Role,
    name: &'a FunctionName,
    watch: Watch,
}

impl Run<'_> {
    fn lines(&self, client: Arc<dyn Client>) -> Lines {
        Lines { log: Some(LineSink::of_trigger(self.name.to_string())), watch: self.watch.clone(), client }
    }

    async fn to_end(
        &self,
        call: impl Future<Output = wasmtime::Result<Result<(), active_types::Failure>>>,
    ) -> Result<(), Failure> {
        let timeout = Millis(TRIGGER_TIMEOUT_MS);
        self.watch.begin(timeout, Millis(0)).expect("nobody cancels a watch that was just made");
        tokio::select! {
            biased;
            outcome = call => match outcome {
                Ok(Ok(())) => Ok(()),
                Ok(Err(failure)) => Err(reported(failure)),
                Err(error) => Err(with_retry(guest_failure(&error))),
            },
            _ = self.watch.given_up() => {
                let text = format!("{} {} took longer than {timeout}", self.role, self.name);
                Err(Failure::host(kind::TIMEOUT, text).retryable())
            }
        }
    }
}
