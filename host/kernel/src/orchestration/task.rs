//! What was asked for and is not done: an activity, a child, a call of an entity, a lock.

use crate::model::{
    Attempted, EntityId, Event, Execution, FunctionName, InstanceId, LockSet, Millis, OperationName, Payload,
    RetryPolicy, Started, TaskId, Timestamp,
};

/// A task that is open.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenTask {
    /// What it is.
    pub kind: TaskKind,
    /// The function; of a lock, that of its first entity.
    pub name: FunctionName,
    /// Its input.
    pub input: Payload,
    /// Without a policy the first failure is final.
    pub retry: Option<RetryPolicy>,
    /// When it was asked for, or rewound.
    pub scheduled: Timestamp,
    /// The attempt that runs or is next, from 1.
    pub attempt: u32,
    /// How often its orchestration was rewound while it was open.
    pub rewound: u32,
    /// How many attempts do not count for the policy, because they came before a rewind.
    pub written_off: u32,
    /// Whether it runs.
    pub phase: TaskPhase,
}

/// What runs.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskKind {
    /// An activity.
    Activity {
        /// Wall time of one attempt.
        timeout: Option<Millis>,
    },
    /// Another orchestration.
    Child {
        /// Its id, if the guest chose one.
        instance: Option<InstanceId>,
        /// The version that is asked for.
        version: Option<String>,
    },
    /// An operation of an entity.
    Call {
        /// The entity.
        to: EntityId,
        /// The operation.
        operation: OperationName,
    },
    /// A critical section that was not granted yet.
    Lock {
        /// Its entities.
        set: LockSet,
    },
}

/// Where an open task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskPhase {
    /// The attempt is to run now, or runs.
    Running,
    /// The attempt is not to begin before this time.
    Waiting {
        /// When.
        retry_at: Timestamp,
    },
}

impl OpenTask {
    pub(super) fn new(
        kind: TaskKind,
        name: &FunctionName,
        input: &Payload,
        retry: Option<&RetryPolicy>,
        scheduled: Timestamp,
    ) -> Self {
        Self {
            kind,
            name: name.clone(),
            input: input.clone(),
            retry: retry.cloned(),
            scheduled,
            attempt: 1,
            rewound: 0,
            written_off: 0,
            phase: TaskPhase::Running,
        }
    }

    /// Which attempt runs or is next.
    pub fn attempted(&self, execution: Execution, task: TaskId) -> Attempted {
        Attempted { execution, task, attempt: self.attempt }
    }

    /// What failed for good is tried again, with the whole of its policy before it. An activity or a call begins another
    /// attempt; a child is rewound itself, and stays the attempt that it was.
    pub(super) fn begin_again(&mut self, at: Timestamp) {
        if !matches!(self.kind, TaskKind::Child { .. }) {
            self.attempt += 1;
        }
        self.rewound += 1;
        self.written_off = self.attempt - 1;
        self.scheduled = at;
        self.phase = TaskPhase::Running;
    }
}

/// The task of a decision, for those that make one.
pub(super) fn scheduled(event: &Event) -> Option<TaskId> {
    match event {
        Event::TaskScheduled { task, .. }
        | Event::ChildScheduled { task, .. }
        | Event::EntityCalled { task, .. }
        | Event::LockRequested { task, .. } => Some(*task),
        _ => None,
    }
}

/// The id of the child that an attempt is: the given one, or the seed of the execution and the index of the decision in
/// hexadecimal digits, which no other instance has; attempts after the first have their number behind it.
pub fn child_id(started: &Started, task: TaskId, attempt: u32, given: Option<&InstanceId>) -> InstanceId {
    if let Some(given) = given {
        return given.clone();
    }
    let base = format!("{:016x}:{:x}", started.seed, task.0);
    let text = if attempt == 1 { base } else { format!("{base}:{attempt}") };
    InstanceId::parse(&text).expect("hexadecimal digits and colons are an instance id")
}

/// The seed of the child that the present attempt of a task is. A child that begins anew because it could not be rewound is
/// the same attempt, and must not give its own children the ids of those before.
pub fn child_seed(started: &Started, task: TaskId, open: &OpenTask) -> u64 {
    split_mix(started.seed ^ split_mix(chance_seed(task, open.attempt) ^ u64::from(open.rewound).rotate_right(1)))
}

/// The seed of an operation that a decision asks for.
pub fn operation_seed(started: &Started, task: TaskId, attempt: u32) -> u64 {
    split_mix(started.seed ^ split_mix(chance_seed(task, attempt)))
}

/// The seed of what an operation of an entity asks for.
pub fn effect_seed(operation: u64, index: u32) -> u64 {
    split_mix(operation ^ split_mix(u64::from(index)))
}

/// The seed of the next execution.
pub(super) fn next_seed(started: &Started) -> u64 {
    split_mix(started.seed)
}

/// The part of a wait that is left to chance, at least 0 and less than 1: documented in `wit/README.md`.
pub(super) fn chance(started: &Started, task: TaskId, attempt: u32) -> f64 {
    let bits = split_mix(started.seed ^ chance_seed(task, attempt));
    // The upper 53 bits are as many as fit a double without rounding.
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

fn chance_seed(task: TaskId, attempt: u32) -> u64 {
    u64::from(task.0) << 32 | u64::from(attempt)
}

/// The first number of SplitMix64 (Steele, Lea, Flood 2014) seeded with this.
fn split_mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_mix_is_the_published_one() {
        assert_eq!(split_mix(1_234_567), 6_457_827_717_110_365_317);
    }
}
