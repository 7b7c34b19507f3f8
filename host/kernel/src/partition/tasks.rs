//! What it means to begin and to stop a task: an effect for an activity, a letter for a child or an entity.

use super::effect::{Effect, TaskRun};
use crate::model::{
    Afresh, Caller, Head, Hops, InstanceNo, Letter, Operation, Parent, Payload, Reach, StartSpec, Started, TaskId,
};
use crate::orchestration::{OpenTask, Released, Sent, TaskKind, child_id, child_seed, holder, operation_seed};

/// The effect that runs the present attempt of an activity. `None` if the task is something else.
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

/// The letter that begins the present attempt of a task. `None` if the task is an activity.
pub(super) fn start(head: &Head, started: &Started, task: TaskId, open: &OpenTask) -> Option<Letter> {
    let (instance, version) = match &open.kind {
        TaskKind::Activity { .. } => return None,
        TaskKind::Child { instance, version } => (instance, version),
        TaskKind::Call { to, operation } => {
            let seed = operation_seed(started, task, open.attempt);
            let operation = Operation { name: operation.clone(), input: open.input.clone(), seed };
            let caller = Caller { no: head.no, of: open.attempted(started.execution, task) };
            return Some(Letter::Operate { to: to.clone(), operation, caller: Some(caller), due: None });
        }
        TaskKind::Lock { set } => {
            return Some(Letter::Lock { set: set.clone(), at: 0, holder: holder(head.no, started, task) });
        }
    };
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

/// Stops the present attempt of a task, if it can be stopped: an operation cannot, and a critical section has its own end.
pub(super) fn stop(head: &Head, started: &Started, task: TaskId, open: &OpenTask, reason: &Payload) -> Option<Stop> {
    match &open.kind {
        TaskKind::Activity { .. } => Some(Stop::Effect(Effect::Stop(head.no, open.attempted(started.execution, task)))),
        TaskKind::Child { instance, .. } => Some(Stop::Letter(Letter::Terminate {
            to: child_id(started, task, open.attempt, instance.as_ref()),
            child_of: parent(head, started, task, open),
            reason: reason.clone(),
            reach: Reach::Children,
        })),
        TaskKind::Call { .. } | TaskKind::Lock { .. } => None,
    }
}

/// The letters of what a turn sent by the decision of this index.
pub(super) fn send(no: InstanceNo, started: &Started, id: TaskId, sent: Sent) -> Vec<Letter> {
    match sent {
        Sent::Event { to, event } => vec![Letter::Raise { to, event }],
        Sent::Signal { to, name, input, at } => {
            let seed = operation_seed(started, id, 1);
            vec![Letter::Operate { to, operation: Operation { name, input, seed }, caller: None, due: at }]
        }
        Sent::Unlock(Released { lock, set, hops }) => {
            let holder = holder(no, started, lock);
            let count = if hops == Hops::One { set.entities().len() } else { 1 };
            (0..count).map(|at| Letter::Unlock { set: set.clone(), at, holder, hops }).collect()
        }
    }
}

fn parent(head: &Head, started: &Started, task: TaskId, open: &OpenTask) -> Parent {
    let depth = head.parent.as_ref().map_or(0, |parent| parent.depth) + 1;
    Parent { no: head.no, id: head.id.clone(), attempted: open.attempted(started.execution, task), depth }
}
