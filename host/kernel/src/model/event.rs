//! The recorded facts of a history.

use super::{
    ActivityOptions, ComponentDigest, Execution, Failure, FunctionName, InstanceId, Payload, Status, TaskId, Timestamp,
};

/// What one commit adds to the history of one instance: usually one turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When it was decided; the time of the turn, if there is one.
    pub at: Timestamp,
    /// In order: what came in, then what the guest decided.
    pub events: Vec<Event>,
}

/// One recorded fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An execution began. Always the first event of its history.
    Started(Box<Started>),
    /// The guest was called; the inbound events that follow were given to it, at the time of the record.
    TurnStarted,
    /// The guest asked for an activity.
    TaskScheduled {
        /// The index of the decision.
        task: TaskId,
        /// The activity.
        name: FunctionName,
        /// Its input.
        input: Payload,
        /// How it is to be treated.
        options: ActivityOptions,
    },
    /// An attempt failed and another one follows. The guest is not told.
    TaskAttemptFailed {
        /// The task.
        task: TaskId,
        /// Which attempt, from 1.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// When the next attempt begins.
        retry_at: Timestamp,
    },
    /// An activity returned a value.
    TaskCompleted {
        /// The task.
        task: TaskId,
        /// What it returned.
        output: Payload,
    },
    /// An activity failed for good.
    TaskFailed {
        /// The task.
        task: TaskId,
        /// Why its last attempt failed.
        failure: Failure,
    },
    /// The guest asked to be woken.
    TimerCreated {
        /// The index of the decision.
        timer: TaskId,
        /// When.
        fire_at: Timestamp,
    },
    /// A timer reached its time.
    TimerFired {
        /// The timer.
        timer: TaskId,
    },
    /// The guest did not want a timer any more. The decision has an index of its own, as all have.
    TimerCancelled {
        /// The timer.
        timer: TaskId,
    },
    /// The guest changed its custom status.
    CustomStatusSet {
        /// The new one; `null` clears it.
        value: Payload,
    },
    /// The guest returned.
    Completed {
        /// What it returned.
        output: Payload,
    },
    /// The guest failed, or broke a rule.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// A client ended the instance.
    Terminated {
        /// What the client said, as JSON.
        reason: Payload,
    },
}

/// What an execution began with.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The instance.
    pub id: InstanceId,
    /// Which of its lives.
    pub execution: Execution,
    /// The orchestrator.
    pub name: FunctionName,
    /// The component that plays it, to the end.
    pub component: ComponentDigest,
    /// The version that the caller asked for.
    pub version: Option<String>,
    /// The orchestration that started it.
    pub parent: Option<InstanceId>,
    /// The seed of its generator.
    pub seed: u64,
    /// The engine rules by which it is replayed: see [`crate::orchestration::EngineRules`].
    pub rules: u32,
    /// The input.
    pub input: Payload,
}

/// How an instance ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// It returned.
    Completed(Payload),
    /// It failed.
    Failed(Failure),
    /// A client ended it, for this reason (JSON).
    Terminated(Payload),
}

impl Ended {
    /// The status that goes with it.
    pub fn status(&self) -> Status {
        match self {
            Self::Completed(_) => Status::Completed,
            Self::Failed(_) => Status::Failed,
            Self::Terminated(_) => Status::Terminated,
        }
    }
}

impl Record {
    /// The component that plays the history that begins with this record.
    pub fn component(&self) -> Option<ComponentDigest> {
        match self.events.first()? {
            Event::Started(started) => Some(started.component),
            _ => None,
        }
    }

    /// How the instance ended, if this record ends it.
    pub fn ended(&self) -> Option<Ended> {
        match self.events.last()? {
            Event::Completed { output } => Some(Ended::Completed(output.clone())),
            Event::Failed { failure } => Some(Ended::Failed(failure.clone())),
            Event::Terminated { reason } => Some(Ended::Terminated(reason.clone())),
            _ => None,
        }
    }
}

impl Event {
    /// The name for people, tests and the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started(_) => "ExecutionStarted",
            Self::TurnStarted => "OrchestratorStarted",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskAttemptFailed { .. } => "TaskAttemptFailed",
            Self::TaskCompleted { .. } => "TaskCompleted",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TimerCreated { .. } => "TimerCreated",
            Self::TimerFired { .. } => "TimerFired",
            Self::TimerCancelled { .. } => "TimerCancelled",
            Self::CustomStatusSet { .. } => "CustomStatusSet",
            Self::Completed { .. } | Self::Failed { .. } => "ExecutionCompleted",
            Self::Terminated { .. } => "ExecutionTerminated",
        }
    }
}
