//! What it means to begin and to stop a task: an effect for an activity, a letter for a child.

use super::effect::{Effect, TaskRun};
use crate::model::{Afresh, Head, Letter, Parent, Payload, Reach, StartSpec, Started, TaskId};
use crate::orchestration::{OpenTask, TaskKind, child_id, child_seed};

/// The effect that runs the present attempt of an activity. `None` if the task is a child.
pub(super) fn run(head: &Head, started: &Started, task: TaskId, open: &OpenTask) -> Option<Effect> {
    let TaskKind::Activity { timeout } = open.kind else { return None };
    Some(Effect::Run(Box::new(TaskRun {
        no: head.no,
        instance: head.id.clone(),
        of: open.attempted(head.execution, task),
        component: head.component,
        name: open.name.clone(),
        input: open.input.clone(),
        timeout,
        trace: started.spec.trace.clone(),
    })))
}

/// The letter that starts the present attempt of a child. `None` if the task is an activity.
pub(super) fn start(head: &Head, started: &Started, task: TaskId, open: &OpenTask) -> Option<Letter> {
    let TaskKind::Child { instance, version } = &open.kind else { return None };
    // While its parent had failed the child may have ended, and its answer went to nobody.
    let after = if open.rewound > 0 { Afresh::UnlessRewound } else { Afresh::Always };
    let spec = StartSpec {
        name: open.name.clone(),
        input: open.input.clone(),
        version: version.clone(),
        tags: started.spec.tags.clone(),
        trace: started.spec.trace.clone(),
        start_at: None,
        parent: Some(parent(head, started, task, open)),
    };
    Some(Letter::Start {
        id: child_id(started, task, open.attempt, instance.as_ref()),
        after,
        own: head.component,
        seed: child_seed(started, task, open),
        spec: Box::new(spec),
    })
}

/// What stops a task that is not wanted any more.
pub(super) enum Stop {
    Effect(Effect),
    Letter(Letter),
}

/// Stops the present attempt of a task.
pub(super) fn stop(head: &Head, started: &Started, task: TaskId, open: &OpenTask, reason: &Payload) -> Stop {
    match &open.kind {
        TaskKind::Activity { .. } => Stop::Effect(Effect::Stop(head.no, open.attempted(started.execution, task))),
        TaskKind::Child { instance, .. } => Stop::Letter(Letter::Terminate {
            to: child_id(started, task, open.attempt, instance.as_ref()),
            child_of: parent(head, started, task, open),
            reason: reason.clone(),
            reach: Reach::Children,
        }),
    }
}

fn parent(head: &Head, started: &Started, task: TaskId, open: &OpenTask) -> Parent {
    let depth = head.parent.as_ref().map_or(0, |parent| parent.depth) + 1;
    Parent { no: head.no, id: head.id.clone(), attempted: open.attempted(started.execution, task), depth }
}
