//! Rare paths that a simulation walked, by name, so that a test can demand that each was walked at least once.

use std::collections::BTreeMap;

macro_rules! marks {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A path that is seldom walked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mark {
            $($(#[$doc])* $name,)*
        }

        /// Every mark there is.
        pub const ALL: &[Mark] = &[$(Mark::$name,)*];
    };
}

marks! {
    /// An answer of a child was recorded.
    ChildAnswered,
    /// A child answered and nobody waited for it any more.
    ChildAnsweredNobody,
    /// A child was not wanted any more.
    ChildCancelled,
    /// A child could not be started, and its parent was told.
    ChildRefused,
    /// A child ended because its parent did not want it any more.
    ChildTerminated,
    /// A large payload was put.
    BlobPut,
    /// Blobs were deleted that nobody referred to.
    BlobSwept,
    /// After a crash the wall clock was behind what the partition had been told before.
    ClockBehindAfterCrash,
    /// The wall clock jumped.
    ClockJumped,
    /// A turn was played in a session that had to be replayed.
    ColdReplay,
    /// The host crashed with a commit under way, and nothing of it was written.
    CommitLost,
    /// The host crashed after a commit was written and before the partition heard of it.
    CommitReplyLost,
    /// There was no space for a commit.
    CommitRefused,
    /// An instance that was held goes on with another component.
    Repinned,
    /// An instance was deleted and nothing took its place.
    Dropped,
    /// A result came that was recorded before.
    DuplicateDropped,
    /// There was no space for a commit with an entity in it.
    EntityRefused,
    /// An entity was held for its damaged row.
    EntityDamaged,
    /// Nothing was left of an entity.
    EntityDropped,
    /// An entity of which nothing was left came back.
    EntityReborn,
    /// An event could not be heard by anybody.
    EventForNobody,
    /// One instance heard of another.
    EventFromInstance,
    /// An event was sent to an instance that had ended.
    EventTooLate,
    /// An instance that had been in memory since the last crash was loaded because it was due.
    EvictedWoken,
    /// A held entity went on because something was deployed.
    EntityReleasedByDeploy,
    /// A held entity went on because blobs could be had again.
    EntityReleasedByRetry,
    /// A commit held rows of several instances.
    GroupCommit,
    /// An instance or an entity was held for want of a blob.
    HeldBlob,
    /// An instance was held for its damaged history.
    HeldDamaged,
    /// An instance was held for a guest that decided otherwise.
    HeldDiverged,
    /// An instance was held for want of its component.
    HeldUnavailable,
    /// A start was told that its id is in use.
    IdInUse,
    /// An instance took over the id of one that had ended.
    IdReplaced,
    /// A result came of an attempt that is over.
    LateAttemptDropped,
    /// Letters were there when the host began, and delivered again.
    LettersRecovered,
    /// A lock came while operations were run, and was granted in the same commit.
    LockBehindBatch,
    /// An operator released a lock whose holder was gone.
    LockFreed,
    /// A lock was granted.
    LockGranted,
    /// A lock went from one critical section to the next in one commit.
    LockHandedOn,
    /// A request for a lock was taken back before it was granted.
    LockTakenBack,
    /// A load could not be answered.
    LoadUnreadable,
    /// A batch of an entity held several operations.
    ManyOperationsOneBatch,
    /// A message came again and was known.
    MarkSeenAgain,
    /// A turn took in several results.
    ManyResultsOneTurn,
    /// An instance failed of something that a rewind does not mend.
    NotRewindable,
    /// An instance was deleted.
    Purged,
    /// Somebody wanted to delete what was not there, or not any more.
    PurgedNothing,
    /// Somebody wanted to delete an instance that had not ended.
    PurgedTooEarly,
    /// A task ran again because the host had crashed.
    RecoveredWithOpenTasks,
    /// A critical section was over before it had all of its entities.
    ReleasedBeforeGrant,
    /// An instance continued as new.
    Renewed,
    /// The same, in its very first turn.
    RenewedAtOnce,
    /// The same, with events that nobody had taken.
    RenewedWithEvents,
    /// A suspended instance was resumed.
    Resumed,
    /// A second or later attempt began.
    RetryFired,
    /// A second or later attempt began of which the first failed before a crash.
    RetryFiredAfterCrash,
    /// A failed instance was rewound.
    Rewound,
    /// A failed instance was rewound that had failed in spite of retries.
    RewoundWithRetries,
    /// Somebody wanted to rewind an instance that had not failed.
    RewoundTooEarly,
    /// A scheduled signal was run.
    SignalDue,
    /// A signal failed, and nobody waited for its result.
    SignalFailed,
    /// A signal of a client became a letter, for it had to wait.
    SignalPosted,
    /// A signal of a client was run.
    SignalRun,
    /// What a load had found was too old, and it was asked again.
    StaleLoadRepeated,
    /// An entity started an orchestration whose id was in use.
    StartByEntityIgnored,
    /// An entity started an orchestration.
    StartedByEntity,
    /// An instance was started that is to begin later.
    StartScheduled,
    /// An instance could not be started for want of its component.
    StartUnavailable,
    /// A start was taken back because there was no space.
    StartWithdrawn,
    /// An instance was suspended.
    Suspended,
    /// A task waited for a blob.
    TaskWaitsForBlob,
    /// A result came for an instance that had ended.
    TaskOfEndedInstance,
    /// A held instance was terminated.
    TerminatedHeld,
    /// A suspended instance was terminated.
    TerminatedSuspended,
    /// An instance was terminated while it played a turn.
    TerminatedWhilePlaying,
    /// A timer fired that had been created before a crash.
    TimerFiredAfterCrash,
    /// A held instance was tried and could still not be played.
    TriedInVain,
    /// A guest trapped in a turn that was new.
    TurnFaulted,
    /// Somebody who waited did not want to know any more.
    WaiterLeft,
    /// A turn was played in a warm session.
    WarmTurn,
}

/// How often each mark was hit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<Mark, u64>);

impl Marks {
    /// Notes one hit.
    pub fn hit(&mut self, mark: Mark) {
        *self.0.entry(mark).or_default() += 1;
    }

    /// Adds the hits of another simulation.
    pub fn add(&mut self, other: &Self) {
        for (mark, count) in &other.0 {
            *self.0.entry(*mark).or_default() += count;
        }
    }

    /// Those of [`ALL`] that were never hit.
    pub fn missing(&self) -> Vec<Mark> {
        ALL.iter().copied().filter(|mark| !self.0.contains_key(mark)).collect()
    }

    /// How often a mark was hit.
    pub fn count(&self, mark: Mark) -> u64 {
        self.0.get(&mark).copied().unwrap_or(0)
    }
}
