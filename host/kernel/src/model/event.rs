//! The recorded facts of a history.

use super::{
    ActivityOptions, ChildOptions, ComponentDigest, EntityId, Execution, Failure, FunctionName, InstanceId, LockSet,
    OperationName, Payload, Raised, StartSpec, Status, TaskId, Timestamp,
};

/// What one commit adds to the history of one instance: usually one turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When it was decided; the time of the turn, if there is one.
    pub at: Timestamp,
    /// In order: what came in, the turn that it causes, and what the guest decided.
    pub events: Vec<Event>,
}

/// One recorded fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An execution began. Always the first event of its history.
    Started(Box<Started>),
    /// The guest was called, at the time of the record.
    TurnStarted {
        /// How many of the inbound events that it was not given before it was given now, the oldest first. The first turn
        /// of an execution takes none.
        takes: u32,
    },
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
    /// The guest asked for another orchestration.
    ChildScheduled {
        /// The index of the decision.
        task: TaskId,
        /// The orchestrator.
        name: FunctionName,
        /// Its input.
        input: Payload,
        /// How it is to be treated.
        options: ChildOptions,
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
    /// An activity, a child or an operation of an entity returned a value, or a lock was granted.
    TaskCompleted {
        /// The task.
        task: TaskId,
        /// What it returned.
        output: Payload,
    },
    /// An activity, a child or an operation of an entity failed for good.
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
    /// The guest did not want a timer or a task any more. The decision has an index of its own, as all have.
    Cancelled {
        /// Which.
        target: TaskId,
    },
    /// The guest sent an event to another instance. The decision has an index of its own.
    Sent {
        /// Whom.
        to: InstanceId,
        /// What.
        event: Raised,
    },
    /// The guest called an entity.
    EntityCalled {
        /// The index of the decision.
        task: TaskId,
        /// The entity.
        to: EntityId,
        /// The operation.
        name: OperationName,
        /// Its input.
        input: Payload,
    },
    /// The guest signalled an entity. The decision has an index of its own.
    EntitySignaled {
        /// The entity.
        to: EntityId,
        /// The operation.
        name: OperationName,
        /// Its input.
        input: Payload,
        /// Not before this time.
        at: Option<Timestamp>,
    },
    /// The guest asked for a critical section.
    LockRequested {
        /// The index of the decision.
        task: TaskId,
        /// Its entities.
        set: LockSet,
    },
    /// The guest ended a critical section. The decision has an index of its own.
    LockReleased {
        /// The decision that asked for it.
        lock: TaskId,
    },
    /// A client or another instance sent an event.
    Raised(Raised),
    /// The guest changed its custom status.
    CustomStatusSet {
        /// The new one; `null` clears it.
        value: Payload,
    },
    /// A client stopped it: until it is resumed, what comes in is recorded and not given to the guest.
    Suspended {
        /// What the client said, as JSON.
        reason: Payload,
    },
    /// A client let it go on.
    Resumed {
        /// What the client said, as JSON.
        reason: Payload,
    },
    /// A client took its failure back: the tasks whose failure the guest was told of since it last decided something
    /// are open again, and count as never answered.
    Rewound {
        /// What the client said, as JSON.
        reason: Payload,
        /// Those tasks.
        tasks: Vec<TaskId>,
    },
    /// Another component plays it from here on. It was found to decide as the history says.
    Repinned {
        /// Which.
        component: ComponentDigest,
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
    /// When the first of its lives began.
    pub created: Timestamp,
    /// The component that plays it, until it is pinned to another one.
    pub component: ComponentDigest,
    /// The seed of its generator.
    pub seed: u64,
    /// The engine rules by which it is replayed: see [`crate::orchestration::EngineRules`].
    pub rules: u32,
    /// What it was started with.
    pub spec: StartSpec,
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
    /// What the execution began with, if it began with this record.
    pub fn started(&self) -> Option<&Started> {
        match self.events.first()? {
            Event::Started(started) => Some(started),
            _ => None,
        }
    }

    /// Whether the record takes a failure back.
    pub fn is_rewind(&self) -> bool {
        matches!(self.events.first(), Some(Event::Rewound { .. }))
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
            Self::TurnStarted { .. } => "OrchestratorStarted",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskAttemptFailed { .. } => "TaskAttemptFailed",
            Self::TaskCompleted { .. } => "TaskCompleted",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TimerCreated { .. } => "TimerCreated",
            Self::TimerFired { .. } => "TimerFired",
            Self::Cancelled { .. } => "Cancelled",
            Self::ChildScheduled { .. } => "SubOrchestrationInstanceCreated",
            Self::Sent { .. } => "EventSent",
            Self::EntityCalled { .. } => "EntityOperationCalled",
            Self::EntitySignaled { .. } => "EntityOperationSignaled",
            Self::LockRequested { .. } => "EntityLockRequested",
            Self::LockReleased { .. } => "EntityUnlockSent",
            Self::Raised(_) => "EventRaised",
            Self::Suspended { .. } => "ExecutionSuspended",
            Self::Resumed { .. } => "ExecutionResumed",
            Self::Rewound { .. } => "ExecutionRewound",
            Self::Repinned { .. } => "ComponentChanged",
            Self::CustomStatusSet { .. } => "CustomStatusSet",
            Self::Completed { .. } | Self::Failed { .. } => "ExecutionCompleted",
            Self::Terminated { .. } => "ExecutionTerminated",
        }
    }
}
