//! Rare paths that a simulation walked, by name, so that a test can demand that each was walked at least once.

use std::collections::BTreeMap;

/// Every mark there is.
pub const ALL: &[Mark] = &[
    Mark::ClockBehindAfterCrash,
    Mark::ClockJumped,
    Mark::ColdReplay,
    Mark::CommitLost,
    Mark::CommitReplyLost,
    Mark::CommitRefused,
    Mark::DuplicateDropped,
    Mark::EvictedWoken,
    Mark::GroupCommit,
    Mark::HeldDamaged,
    Mark::HeldDiverged,
    Mark::HeldUnavailable,
    Mark::IdInUse,
    Mark::IdReplaced,
    Mark::LateAttemptDropped,
    Mark::LoadUnreadable,
    Mark::ManyResultsOneTurn,
    Mark::RecoveredWithOpenTasks,
    Mark::RetryFired,
    Mark::RetryFiredAfterCrash,
    Mark::StaleLoadRepeated,
    Mark::StartUnavailable,
    Mark::StartWithdrawn,
    Mark::TaskOfEndedInstance,
    Mark::TerminatedHeld,
    Mark::TerminatedWhilePlaying,
    Mark::TimerFiredAfterCrash,
    Mark::TurnFaulted,
    Mark::WaiterLeft,
    Mark::WarmTurn,
];

/// A path that is seldom walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
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
    /// A result came that was recorded before.
    DuplicateDropped,
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
    /// A load could not be answered.
    LoadUnreadable,
    /// A turn took in several results.
    ManyResultsOneTurn,
    /// A task ran again because the host had crashed.
    RecoveredWithOpenTasks,
    /// A second or later attempt began.
    RetryFired,
    /// A second or later attempt began of which the first failed before a crash.
    RetryFiredAfterCrash,
    /// What a load had found was too old, and it was asked again.
    StaleLoadRepeated,
    /// An instance could not be started for want of its component.
    StartUnavailable,
    /// A start was taken back because there was no space.
    StartWithdrawn,
    /// A result came for an instance that had ended.
    TaskOfEndedInstance,
    /// A held instance was terminated.
    TerminatedHeld,
    /// An instance was terminated while it played a turn.
    TerminatedWhilePlaying,
    /// A timer fired that had been created before a crash.
    TimerFiredAfterCrash,
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
