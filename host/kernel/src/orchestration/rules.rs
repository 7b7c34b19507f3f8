//! The numbered rules by which messages become events.

/// Which rules an execution was started under. Recorded in its first event, so that a host that orders events in another
/// way still plays an old history by the old rules. A number is never used again.
///
/// | rules | what they say |
/// |---|---|
/// | 1 | Messages become events in the order of their arrival. Timers that are due follow where the clock message stands, by due time, then by id. A turn takes all that waits when it begins, as much as one call may hold. What comes in before the first turn is given in the second. |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EngineRules(pub u32);

impl EngineRules {
    /// What new executions are started under.
    pub const CURRENT: Self = Self(1);

    /// Whether this host knows the rules.
    pub fn is_known(self) -> bool {
        (Self(1)..=Self::CURRENT).contains(&self)
    }
}
