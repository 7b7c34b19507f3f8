//! What goes into a guest and what comes out of it: the contract of `wit/orchestrator.wit` as types of the kernel.

use super::{
    ActivityOptions, ChildOptions, EntityId, EventName, Execution, Failure, FunctionName, InstanceId, LockSet,
    OperationName, Payload, Tags, TaskId, Timestamp,
};

/// Whether a turn was played before. Only logs may depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Play {
    /// It is in the history.
    Again,
    /// It happens now.
    New,
}

/// What the first turn of an execution is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// The orchestrator.
    pub name: FunctionName,
    /// The instance.
    pub instance: InstanceId,
    /// Which of its lives.
    pub execution: Execution,
    /// The version that the caller asked for.
    pub version: Option<String>,
    /// The orchestration that started it.
    pub parent: Option<InstanceId>,
    /// What the caller attached.
    pub tags: Tags,
    /// The time of the turn.
    pub now: Timestamp,
    /// The seed of the generator.
    pub seed: u64,
    /// The input.
    pub input: Payload,
    /// Whether this is a replay.
    pub play: Play,
}

/// A later turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The time of the turn.
    pub now: Timestamp,
    /// Whether this is a replay.
    pub play: Play,
    /// What happened, in the order of history.
    pub events: Vec<Inbound>,
}

/// One thing that a guest is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Inbound {
    /// An activity, a child or an operation returned a value, or a lock was granted.
    TaskCompleted {
        /// The task.
        task: TaskId,
        /// What it returned.
        output: Payload,
    },
    /// An activity, a child or an operation failed for good.
    TaskFailed {
        /// The task.
        task: TaskId,
        /// Why.
        failure: Failure,
    },
    /// A timer reached its time.
    TimerFired {
        /// The timer.
        timer: TaskId,
    },
    /// A client or another instance sent an event.
    Raised(Raised),
}

/// An external event.
#[derive(Debug, Clone, PartialEq)]
pub struct Raised {
    /// Its name.
    pub name: EventName,
    /// What came with it.
    pub input: Payload,
}

/// One thing that a guest asks for. Its id is its index within the execution.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Run an activity.
    ScheduleActivity {
        /// Which.
        name: FunctionName,
        /// With what.
        input: Payload,
        /// How.
        options: ActivityOptions,
    },
    /// Wake me at this time.
    CreateTimer {
        /// When.
        fire_at: Timestamp,
    },
    /// Run another orchestration.
    StartChild {
        /// Which.
        name: FunctionName,
        /// With what.
        input: Payload,
        /// How.
        options: ChildOptions,
    },
    /// A timer or task is not wanted any more.
    Cancel {
        /// Which.
        target: TaskId,
    },
    /// Send an event to another instance.
    SendEvent {
        /// Whom.
        to: InstanceId,
        /// What.
        event: Raised,
    },
    /// Run an operation of an entity and tell what it returned.
    CallEntity {
        /// Which entity.
        to: EntityId,
        /// Which operation.
        name: OperationName,
        /// With what.
        input: Payload,
    },
    /// Run an operation of an entity.
    SignalEntity {
        /// Which entity.
        to: EntityId,
        /// Which operation.
        name: OperationName,
        /// With what.
        input: Payload,
        /// Not before this time.
        at: Option<Timestamp>,
    },
    /// Begin a critical section.
    LockEntities {
        /// The entities that nobody else may call.
        set: LockSet,
    },
    /// End a critical section.
    ReleaseLock {
        /// The decision that asked for it.
        lock: TaskId,
    },
}

/// Where an execution stands after a step.
#[derive(Debug, Clone, PartialEq)]
pub enum StepStatus {
    /// It goes on with the next event.
    Waiting {
        /// The external events that somebody waits for.
        events: Vec<EventName>,
    },
    /// It returned.
    Completed(Payload),
    /// It failed.
    Failed(Failure),
    /// The next execution begins.
    ContinuedAsNew {
        /// With what.
        input: Payload,
        /// Events that came and that nobody took.
        carried: Vec<Raised>,
    },
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Every detail.
    Trace,
    /// For its author.
    Debug,
    /// For its operator.
    Info,
    /// Worth a look.
    Warn,
    /// Wrong.
    Error,
}

/// A line that a guest wrote, control characters escaped and cut to size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How grave.
    pub level: LogLevel,
    /// The text.
    pub message: String,
}

/// What one call of a guest led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// All decisions of the call, in order.
    pub decisions: Vec<Decision>,
    /// Where in the author's source they were taken, as far as the guest says.
    pub sources: Vec<String>,
    /// Where the execution stands.
    pub status: StepStatus,
    /// The new custom status, if the call changed it.
    pub custom_status: Option<Payload>,
    /// What the guest wrote in the turns that are new.
    pub logs: Vec<LogLine>,
}
