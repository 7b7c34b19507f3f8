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
    /// An event could not be heard by anybody.
    EventForNobody,
    /// One instance heard of another.
    EventFromInstance,
    /// An event was sent to an instance that had ended.
    EventTooLate,
    /// An instance that had been in memory since the last crash was loaded because it was due.
    EvictedWoken,
    /// A commit held rows of several instances.
    GroupCommit,
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
    /// A load could not be answered.
    LoadUnreadable,
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
    /// What a load had found was too old, and it was asked again.
    StaleLoadRepeated,
    /// An instance was started that is to begin later.
    StartScheduled,
    /// An instance could not be started for want of its component.
    StartUnavailable,
    /// A start was taken back because there was no space.
    StartWithdrawn,
    /// An instance was suspended.
    Suspended,
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
