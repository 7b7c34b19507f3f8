//! Which payloads things carry: for those who count what blobs hold, and for those who move large payloads to blobs and
//! back. A custom status is not among them: it is small, and kept beside the index.

use super::{
    BlobRef, Decision, Entity, EntityBatch, EntityEffect, Event, Inbound, Letter, NewState, Outcome, Payload, Record,
    Start, Step, StepStatus, Turn,
};

/// The same walk for shared and for exclusive references.
macro_rules! walk {
    ($walk:ident $($m:tt)?) => {
        mod $walk {
            use super::*;

            pub(super) fn record<'a>(record: &'a $($m)? Record, found: &mut Vec<&'a $($m)? Payload>) {
                for event in &$($m)? record.events {
                    match event {
                        Event::Started(started) => found.push(&$($m)? started.spec.input),
                        Event::TaskScheduled { input, .. }
                        | Event::ChildScheduled { input, .. }
                        | Event::EntityCalled { input, .. }
                        | Event::EntitySignaled { input, .. } => found.push(input),
                        Event::TaskCompleted { output, .. } | Event::Completed { output } => found.push(output),
                        Event::Sent { event, .. } | Event::Raised(event) => found.push(&$($m)? event.input),
                        Event::Suspended { reason }
                        | Event::Resumed { reason }
                        | Event::Rewound { reason, .. }
                        | Event::Terminated { reason } => found.push(reason),
                        Event::TurnStarted { .. }
                        | Event::TaskAttemptFailed { .. }
                        | Event::TaskFailed { .. }
                        | Event::TimerCreated { .. }
                        | Event::TimerFired { .. }
                        | Event::Cancelled { .. }
                        | Event::LockRequested { .. }
                        | Event::LockReleased { .. }
                        | Event::CustomStatusSet { .. }
                        | Event::Repinned { .. }
                        | Event::Failed { .. } => {}
                    }
                }
            }
        }
    };
}

walk!(shared);
walk!(exclusive mut);

impl Record {
    /// The blobs that hold some of its payloads.
    pub fn blobs(&self) -> impl Iterator<Item = BlobRef> {
        let mut found = Vec::new();
        shared::record(self, &mut found);
        found.into_iter().filter_map(Payload::blob_ref)
    }

    /// Its payloads.
    pub fn payloads_mut(&mut self) -> Vec<&mut Payload> {
        let mut found = Vec::new();
        exclusive::record(self, &mut found);
        found
    }
}

impl Letter {
    /// The blobs that hold some of its payloads.
    pub fn blobs(&self) -> impl Iterator<Item = BlobRef> {
        let payload = match self {
            Self::Start { spec, .. } => Some(&spec.input),
            Self::Raise { event, .. } => Some(&event.input),
            Self::TaskDone { outcome, .. } => outcome.as_ref().ok(),
            Self::Terminate { reason, .. } => Some(reason),
            Self::Operate { operation, .. } => Some(&operation.input),
            Self::Lock { .. } | Self::Unlock { .. } => None,
        };
        payload.and_then(Payload::blob_ref).into_iter()
    }
}

impl Entity {
    /// The blob that holds its state, if one does.
    pub fn blobs(&self) -> impl Iterator<Item = BlobRef> {
        self.state.as_ref().and_then(|state| state.data.blob_ref()).into_iter()
    }
}

impl Turn {
    /// Whether blobs hold some of what the guest is given.
    pub fn has_blobs(&self) -> bool {
        self.events.iter().any(|event| match event {
            Inbound::TaskCompleted { output, .. } => output.blob_ref().is_some(),
            Inbound::Raised(raised) => raised.input.blob_ref().is_some(),
            Inbound::TaskFailed { .. } | Inbound::TimerFired { .. } => false,
        })
    }

    /// What the guest is given.
    pub fn payloads_mut(&mut self) -> impl Iterator<Item = &mut Payload> {
        self.events.iter_mut().filter_map(|event| match event {
            Inbound::TaskCompleted { output, .. } => Some(output),
            Inbound::Raised(raised) => Some(&mut raised.input),
            Inbound::TaskFailed { .. } | Inbound::TimerFired { .. } => None,
        })
    }
}

impl Start {
    /// What the guest is given.
    pub fn payloads_mut(&mut self) -> impl Iterator<Item = &mut Payload> {
        std::iter::once(&mut self.input)
    }
}

impl Step {
    /// What the guest gave.
    pub fn payloads_mut(&mut self) -> Vec<&mut Payload> {
        let decided = self.decisions.iter_mut().filter_map(|decision| match decision {
            Decision::ScheduleActivity { input, .. }
            | Decision::StartChild { input, .. }
            | Decision::CallEntity { input, .. }
            | Decision::SignalEntity { input, .. } => Some(input),
            Decision::SendEvent { event, .. } => Some(&mut event.input),
            Decision::CreateTimer { .. }
            | Decision::Cancel { .. }
            | Decision::LockEntities { .. }
            | Decision::ReleaseLock { .. } => None,
        });
        let mut found: Vec<_> = decided.collect();
        match &mut self.status {
            StepStatus::Completed(output) => found.push(output),
            StepStatus::ContinuedAsNew { input, carried } => {
                found.push(input);
                found.extend(carried.iter_mut().map(|raised| &mut raised.input));
            }
            StepStatus::Waiting { .. } | StepStatus::Failed(_) => {}
        }
        found
    }
}

impl EntityBatch {
    /// What the guest is given.
    pub fn payloads_mut(&mut self) -> impl Iterator<Item = &mut Payload> {
        let inputs = self.operations.iter_mut().map(|asked| &mut asked.operation.input);
        self.state.as_mut().map(|state| &mut state.data).into_iter().chain(inputs)
    }
}

impl Outcome {
    /// What the guest gave.
    pub fn payloads_mut(&mut self) -> Vec<&mut Payload> {
        let mut found = Vec::new();
        if let NewState::Set(state) = &mut self.state {
            found.push(&mut state.data);
        }
        for done in self.results.iter_mut().filter_map(|result| result.as_mut().ok()) {
            found.push(&mut done.output);
            found.extend(done.effects.iter_mut().map(|effect| match effect {
                EntityEffect::Signal { input, .. } | EntityEffect::Start { input, .. } => input,
            }));
        }
        found
    }
}
