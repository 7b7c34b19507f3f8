//! The host of the test kit: one queue of things to come, ordered by time and then by who asked first.
//!
//! It never waits; it knows retries, timeouts and timers as the contract describes them.

use std::collections::{BTreeMap, BTreeSet};

use super::{BEGIN_MS, Kit, Run, Stub};
use crate::{
    bindings::{
        activity::Invocation,
        orchestrator::{
            Decision, Event, LogLine, ScheduleActivity, Start, Status, Step, TaskCompleted, TaskFailed, Turn,
        },
        types::RetryPolicy,
    },
    component::Component,
    failure::{Failure, Result, from_contract},
};

/// Something that will happen, unless it is a timer that is cancelled before.
enum Coming {
    Attempt { task: u32, attempt: u32 },
    Answer { task: u32, attempt: u32, result: Result<Vec<u8>> },
    Timer(u32),
}

struct World {
    now: u64,
    /// Ordered by time, then by the order of asking.
    coming: BTreeMap<(u64, u64), Coming>,
    asked: u64,
    tasks: BTreeMap<u32, Task>,
    cancelled: BTreeSet<u32>,
    decided: u32,
    activities: BTreeMap<String, Stub>,
}

struct Task {
    order: ScheduleActivity,
    since: u64,
}

pub(super) fn play(kit: Kit) -> Run {
    let Kit { component, start, activities } = kit;
    let mut world = World {
        now: BEGIN_MS,
        coming: BTreeMap::new(),
        asked: 0,
        tasks: BTreeMap::new(),
        cancelled: BTreeSet::new(),
        decided: 0,
        activities,
    };
    let (mut session, mut step) = component.open(start.clone());
    let mut turn = Turn { now: BEGIN_MS, replaying: false, events: Vec::new() };
    let mut run = Run { result: Err(stalled()), start, turns: Vec::new(), custom_status: None, logs: Vec::new() };
    loop {
        let Step { decisions, status, custom_status, logs } = step;
        run.turns.push((turn, decisions.clone()));
        run.custom_status = custom_status.or(run.custom_status);
        run.logs.extend(logs.into_iter().map(|LogLine { message, .. }| message));
        match status {
            Status::Completed(output) => run.result = Ok(output),
            Status::Failed(failure) => run.result = Err(from_contract(failure)),
            Status::Waiting => {
                world.carry_out(decisions);
                if let Some(event) = world.next(&run.start.instance) {
                    turn = Turn { now: world.now, replaying: false, events: vec![event] };
                    step = session.advance(vec![turn.clone()]);
                    continue;
                }
            }
        }
        break;
    }
    check_replay(&component, &run);
    run
}

impl World {
    fn carry_out(&mut self, decisions: Vec<Decision>) {
        for decision in decisions {
            let id = self.decided;
            self.decided += 1;
            match decision {
                Decision::ScheduleActivity(order) => {
                    self.tasks.insert(id, Task { order, since: self.now });
                    self.plan(self.now, Coming::Attempt { task: id, attempt: 1 });
                }
                Decision::CreateTimer(at) => self.plan(at.max(self.now), Coming::Timer(id)),
                Decision::CancelTimer(timer) => {
                    self.cancelled.insert(timer);
                }
            }
        }
    }

    fn plan(&mut self, at: u64, coming: Coming) {
        self.coming.insert((at, self.asked), coming);
        self.asked += 1;
    }

    /// Lets time pass until something happens that the orchestrator is told.
    fn next(&mut self, instance: &str) -> Option<Event> {
        while let Some(((at, _), coming)) = self.coming.pop_first() {
            self.now = at;
            match coming {
                Coming::Timer(timer) if self.cancelled.contains(&timer) => {}
                Coming::Timer(timer) => return Some(Event::TimerFired(timer)),
                Coming::Attempt { task, attempt } => self.attempt(instance, task, attempt),
                Coming::Answer { task, result: Ok(output), .. } => {
                    return Some(Event::TaskCompleted(TaskCompleted { task, output }));
                }
                Coming::Answer { task, attempt, result: Err(failure) } => {
                    match self.next_attempt(task, attempt, &failure) {
                        Some(at) => self.plan(at, Coming::Attempt { task, attempt: attempt + 1 }),
                        None => return Some(Event::TaskFailed(TaskFailed { task, failure: failure.into() })),
                    }
                }
            }
        }
        None
    }

    fn attempt(&mut self, instance: &str, task: u32, attempt: u32) {
        let Task { order, .. } = &self.tasks[&task];
        let Some(Stub { answer: Some(answer), takes_ms }) = self.activities.get_mut(&order.name.to_ascii_lowercase())
        else {
            panic!("the test does not know the activity {:?}: add `.activity::<…>()` or `.answer(…)`", order.name);
        };
        let limit = order.options.timeout.unwrap_or(u64::MAX);
        let invocation = Invocation {
            name: order.name.clone(),
            instance: instance.to_owned(),
            task,
            attempt,
            idempotency_key: format!("{instance}/1/{task}"),
            deadline: self.now.saturating_add(limit),
        };
        let result = answer(invocation, &order.input);
        let (takes_ms, result) = if *takes_ms > limit {
            (limit, Err(Failure::new("dacapo:timeout", format!("no answer within {limit} ms"))))
        } else {
            (*takes_ms, result)
        };
        self.plan(self.now.saturating_add(takes_ms), Coming::Answer { task, attempt, result });
    }

    /// When a failed attempt is followed by another one, if it is.
    fn next_attempt(&self, task: u32, attempt: u32, failure: &Failure) -> Option<u64> {
        let Task { order, since } = &self.tasks[&task];
        let RetryPolicy { max_attempts, first_interval, coefficient, max_interval, retry_timeout, non_retryable } =
            order.options.retry.as_ref()?;
        if !failure.retryable || attempt >= *max_attempts || non_retryable.contains(&failure.kind) {
            return None;
        }
        let wait = *first_interval as f64 * coefficient.powi(attempt as i32 - 1);
        let wait = (wait as u64).min(max_interval.unwrap_or(u64::MAX));
        let at = self.now.saturating_add(wait);
        (at <= since.saturating_add(retry_timeout.unwrap_or(u64::MAX))).then_some(at)
    }
}

/// The whole run once more: all turns in one call, as a host does that has dropped the session.
fn check_replay(component: &Component, run: &Run) {
    let (mut session, first) = component.open(Start { replaying: true, ..run.start.clone() });
    let turns = run.turns[1..].iter().map(|(turn, _)| Turn { replaying: true, ..turn.clone() }).collect();
    let rest = session.advance(turns);
    let replayed = first.decisions.into_iter().chain(rest.decisions).map(Some).chain(std::iter::repeat(None));
    let recorded = run.turns.iter().flat_map(|(_, decisions)| decisions);
    let end = recorded.clone().count() + 1;
    let recorded = recorded.map(Some).chain(std::iter::repeat(None));
    for (index, (recorded, replayed)) in recorded.zip(replayed).take(end).enumerate() {
        assert!(
            recorded == replayed.as_ref(),
            "the orchestrator is not deterministic: decision {index} was {recorded:?}, and in the replay {replayed:?}"
        );
    }
    let replayed = match rest.status {
        Status::Completed(output) => Ok(output),
        Status::Failed(failure) => Err(from_contract(failure)),
        Status::Waiting => Err(stalled()),
    };
    assert!(
        run.result == replayed,
        "the orchestrator is not deterministic: it ended with {:?}, and in the replay with {replayed:?}",
        run.result
    );
}

fn stalled() -> Failure {
    Failure::new("dacapo:stalled", "nothing can happen any more that the orchestrator waits for")
}
