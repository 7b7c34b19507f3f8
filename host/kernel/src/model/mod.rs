//! The words of the domain as types. They know nothing of how they are stored, sent or decided upon, and on purpose
//! none of them is serializable: what lies on disk has its own types in [`crate::codec`].

mod entity;
mod event;
mod failure;
mod function;
mod head;
mod id;
mod letter;
mod payload;
mod payloads;
mod retry;
mod start;
mod time;
mod turn;

pub use entity::{
    BatchOperation, Caller, Entity, EntityBatch, EntityEffect, EntityId, EntityState, Holder, InvalidEntityId, LockSet,
    NewState, Operation, OperationDone, OperationKind, OperationName, Outcome,
};
pub use event::{Ended, Event, Record, Started};
pub use failure::{Cause, Failure, kind};
pub use function::{Function, FunctionKind};
pub use head::{Head, Status};
pub use id::{
    ComponentDigest, EventName, Execution, FunctionName, InstanceId, InstanceNo, InvalidEventName, InvalidId,
    InvalidName, LetterNo, LogSeq, TaskId,
};
pub use letter::{Afresh, Hops, Letter, Reach};
pub use payload::{BlobDigest, BlobRef, InvalidPayload, Payload};
pub use retry::{ActivityOptions, ChildOptions, InvalidOptions, RetryPolicy};
pub use start::{Attempted, InvalidTags, Parent, StartSpec, Tags, TraceContext};
pub use time::{Millis, Timestamp};
pub use turn::{Decision, Inbound, LogLevel, LogLine, Play, Raised, Start, Step, StepStatus, Turn};
