//! The words of the domain as types. They know nothing of how they are stored, sent or decided upon, and on purpose
//! none of them is serializable: what lies on disk has its own types in [`crate::codec`].

mod event;
mod failure;
mod function;
mod head;
mod id;
mod payload;
mod retry;
mod time;
mod turn;

pub use event::{Ended, Event, Record, Started};
pub use failure::{Failure, kind};
pub use function::{Function, FunctionKind};
pub use head::{Head, Status};
pub use id::{
    ComponentDigest, Execution, FunctionName, InstanceId, InstanceNo, InvalidId, InvalidName, LogSeq, TaskId,
};
pub use payload::{InvalidPayload, Payload};
pub use retry::{ActivityOptions, InvalidOptions, RetryPolicy};
pub use time::{Millis, Timestamp};
pub use turn::{Decision, Inbound, LogLevel, LogLine, Play, Start, Step, StepStatus, Turn};
