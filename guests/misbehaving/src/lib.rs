//! Everything that a host must survive. What plain code can do wrong is in `orchestrators` and `activities`; what the
//! SDK does not let an author do is in `raw`; what must go right although the host is killed is in `steadfast` and
//! `notebook`.
//!
//! Most orchestrators take the number of calls of `echo` that they make first (`null` is none), so that a test chooses
//! the turn in which they go wrong.

mod activities;
mod entities;
mod notebook;
mod orchestrators;
pub mod raw;
mod steadfast;

use dacapo::{ActivityEntry, Component, EntityEntry, OrchestratorEntry};

use crate::{
    activities::*,
    entities::Moody,
    notebook::{Notebook, brings_much, copies, copy, dictates, edits},
    orchestrators::*,
    steadfast::*,
};

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
        OrchestratorEntry::of::<sets_timer>(),
        OrchestratorEntry::of::<waits_for>(),
        OrchestratorEntry::of::<sends_much>(),
        OrchestratorEntry::of::<talks_to_itself>(),
        OrchestratorEntry::of::<is_its_own_child>(),
        OrchestratorEntry::of::<descends_for_ever>(),
        OrchestratorEntry::of::<starts_nobody>(),
        OrchestratorEntry::of::<has_a_bad_child>(),
        OrchestratorEntry::of::<begins_anew_for_ever>(),
        OrchestratorEntry::of::<cancels>(),
        OrchestratorEntry::of::<calls>(),
        OrchestratorEntry::of::<listens>(),
        OrchestratorEntry::of::<passes_on>(),
        OrchestratorEntry::of::<comes_of_age>(),
        OrchestratorEntry::of::<insists>(),
        OrchestratorEntry::of::<gets_up>(),
        OrchestratorEntry::of::<helps_up>(),
        OrchestratorEntry::of::<waits_for_child>(),
        OrchestratorEntry::of::<is_rebuilt>(),
        OrchestratorEntry::of::<is_traced>(),
        OrchestratorEntry::of::<dictates>(),
        OrchestratorEntry::of::<edits>(),
        OrchestratorEntry::of::<copies>(),
        OrchestratorEntry::of::<brings_much>(),
    ],
    activities: &[
        ActivityEntry::of::<echo>(),
        ActivityEntry::of::<flaky>(),
        ActivityEntry::of::<task_loops>(),
        ActivityEntry::of::<task_panics>(),
        ActivityEntry::of::<task_recurses>(),
        ActivityEntry::of::<task_allocates>(),
        ActivityEntry::of::<task_returns_much>(),
        ActivityEntry::of::<task_reports>(),
        ActivityEntry::of::<task_works_until_cancelled>(),
        ActivityEntry::of::<task_ignores_cancel>(),
        ActivityEntry::of::<task_reports_much>(),
        ActivityEntry::of::<task_poses_as_host>(),
        ActivityEntry::of::<stumbles>(),
        ActivityEntry::of::<tells_trace>(),
        ActivityEntry::of::<copy>(),
    ],
    entities: &[EntityEntry::of::<Moody>(), EntityEntry::of::<Notebook>()],
    ..Component::EMPTY
};
