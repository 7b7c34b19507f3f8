//! Everything that a host must survive. What plain code can do wrong is in `orchestrators` and `activities`; what the
//! SDK does not let an author do is in `raw`.
//!
//! Each orchestrator takes the number of calls of `echo` that it makes first (`null` is none), so that a test chooses
//! the turn in which it goes wrong.

mod activities;
mod orchestrators;
pub mod raw;

use dacapo::{ActivityEntry, Component, OrchestratorEntry};

use crate::{activities::*, orchestrators::*};

/// What plain code can do wrong; `raw` adds the rest.
pub static COMPONENT: Component = Component {
    orchestrators: &[
        OrchestratorEntry::of::<behaves>(),
        OrchestratorEntry::of::<loops>(),
        OrchestratorEntry::of::<panics>(),
        OrchestratorEntry::of::<recurses>(),
        OrchestratorEntry::of::<allocates>(),
        OrchestratorEntry::of::<floods_its_log>(),
        OrchestratorEntry::of::<decides_much>(),
        OrchestratorEntry::of::<returns_much>(),
        OrchestratorEntry::of::<stalls>(),
        OrchestratorEntry::of::<calls_nobody>(),
        OrchestratorEntry::of::<tries>(),
        OrchestratorEntry::of::<calls>(),
    ],
    activities: &[
        ActivityEntry::of::<echo>(),
        ActivityEntry::of::<flaky>(),
        ActivityEntry::of::<task_loops>(),
        ActivityEntry::of::<task_panics>(),
        ActivityEntry::of::<task_recurses>(),
        ActivityEntry::of::<task_allocates>(),
        ActivityEntry::of::<task_returns_much>(),
        ActivityEntry::of::<task_poses_as_host>(),
    ],
};
