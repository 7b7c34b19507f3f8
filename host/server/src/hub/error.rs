//! What can go wrong when a hub is asked for something, by what the caller will do about it.

use blobs::PutError;
use kernel::model::{FunctionName, InstanceId, Status};
use kernel::port::ReadError;

use crate::driver::PayloadError;

/// Why an instance was not started. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No deployed component has an orchestrator of that name.
    #[error("no deployed component has an orchestrator named {name}{}", hint(.similar))]
    UnknownFunction {
        /// What was asked for.
        name: FunctionName,
        /// The closest name that exists.
        similar: Option<FunctionName>,
    },
    /// The id belongs to an instance that has not ended.
    #[error("An Orchestration instance with the status {} already exists.", status.as_str())]
    Exists {
        /// Where that instance stands.
        status: Status,
    },
    /// Its input is too large.
    #[error("{0}")]
    TooLarge(String),
    /// The component cannot be played, or a large input cannot be kept now.
    #[error("{0}")]
    Unavailable(String),
    /// There is no space to store it.
    #[error("the storage of this hub is full; try again when there is space")]
    StorageFull,
    /// The host is stopping, or lost its store and is recovering: whether the instance exists is not known.
    #[error("the host is stopping or recovering; ask for the instance before you start it again")]
    Unknown,
    /// The index could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why a signal was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// No deployed component has an entity of that name.
    #[error("no deployed component has an entity named {name}{}", hint(.similar))]
    UnknownEntity {
        /// What was asked for.
        name: FunctionName,
        /// The closest name that exists.
        similar: Option<FunctionName>,
    },
    /// Its input is too large.
    #[error("{0}")]
    TooLarge(String),
    /// It has more to do than may wait.
    #[error("too many operations wait for the entity; try again later")]
    TooManyPending,
    /// There is no space to store it.
    #[error("the storage of this hub is full; try again when there is space")]
    StorageFull,
    /// The store could not be asked, or takes no large payloads now.
    #[error("{0}")]
    Unavailable(String),
    /// The host is stopping or recovering: whether it was taken is not known.
    #[error("the host is stopping or recovering; look at the entity and try again")]
    Unknown,
}

/// Why nothing of what a trigger wanted was done.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// No deployed component has such an orchestrator or entity.
    #[error("no deployed component has a function named {0}")]
    UnknownFunction(FunctionName),
    /// An input is too large.
    #[error("{0}")]
    TooLarge(String),
    /// There is no space to store it: try again when there is.
    #[error("the storage of this hub is full")]
    StorageFull,
    /// The store takes no large payloads now: try again.
    #[error("{0}")]
    Unavailable(String),
    /// The host is stopping or recovering: whether it was done is not known, and the marks tell.
    #[error("the host is stopping or recovering")]
    Unknown,
}

/// Why an operation on an existing instance did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// There is no such instance.
    #[error("there is no instance {0}")]
    NotFound(InstanceId),
    /// It has ended.
    #[error("instance {id} has already ended: {}", status.as_str())]
    Ended {
        /// The id.
        id: InstanceId,
        /// How it ended.
        status: Status,
    },
    /// Only an instance that has ended can be purged.
    #[error("instance {id} has not ended, it is {}; terminate it first", status.as_str())]
    NotEnded {
        /// The id.
        id: InstanceId,
        /// Where it stands.
        status: Status,
    },
    /// Only an instance that failed can be rewound.
    #[error("instance {id} has not failed, it is {}; only a failed one can be rewound", status.as_str())]
    NotFailed {
        /// The id.
        id: InstanceId,
        /// Where it stands.
        status: Status,
    },
    /// Its failure is its own.
    #[error(
        "instance {0} cannot be rewound: no failure of a task led to its end, or the orchestrator had dealt with it; \
         restart the instance instead"
    )]
    NotRewindable(InstanceId),
    /// It takes no more messages until it has played a turn.
    #[error("too many messages wait for instance {0}; resume it, or try again later")]
    TooManyPending(InstanceId),
    /// What is sent to it is too large.
    #[error("{0}")]
    TooLarge(String),
    /// Its history cannot be read, or a large payload cannot be kept now.
    #[error("{0}")]
    Unavailable(String),
    /// There is no space to store it.
    #[error("the storage of this hub is full; try again when there is space")]
    StorageFull,
    /// The host is stopping or recovering: whether it happened is not known.
    #[error("the host is stopping or recovering; look at the instance and try again")]
    Unknown,
    /// The index could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why an instance was not started again.
#[derive(Debug, thiserror::Error)]
pub enum RestartError {
    /// There is no such instance.
    #[error("there is no instance {0}")]
    NotFound(InstanceId),
    /// It could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Its start could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why a status could not be given.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// There is no such instance.
    #[error("there is no instance {0}")]
    NotFound(InstanceId),
    /// The index or the history could not be read, or is damaged.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why a component was not deployed. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The component was refused.
    #[error(transparent)]
    Refused(#[from] sandbox::Refusal),
    /// The manifest binds what the component has not, or what is bound already.
    #[error(transparent)]
    Bindings(#[from] crate::triggers::InvalidBindings),
    /// The component could not be written.
    #[error("the component could not be stored: {0}")]
    Storage(String),
}

/// What it means for a request that its payload was not taken; the same for all of them.
macro_rules! from_payload_error {
    ($($error:ty),+) => {$(
        impl From<PayloadError> for $error {
            fn from(error: PayloadError) -> Self {
                match error {
                    PayloadError::TooLarge { .. } => Self::TooLarge(error.to_string()),
                    PayloadError::Put(PutError::Full { .. }) => Self::StorageFull,
                    PayloadError::Put(error) => Self::Unavailable(error.to_string()),
                }
            }
        }
    )+};
}

from_payload_error!(StartError, ManageError, SignalError, PostError);

fn hint(similar: &Option<FunctionName>) -> String {
    similar.as_ref().map_or_else(String::new, |name| format!("; did you mean {name}?"))
}
