//! What must hold when an instance continues as new: its last turn is in no history, and still nothing of it is lost.

use kernel::model::{Decision, Execution, Inbound, InstanceId, InstanceNo, Payload, Raised, Step, StepStatus, TaskId};

use super::ledger::{Fate, Ledger};
use super::marks::{Mark, Marks};
use super::native::Native;
use super::pool::Dispatch;
use super::post::{News, Post};
use super::verdict;

/// What a guest made of the turn in which it wants to continue as new.
#[derive(Debug, Clone)]
pub struct Renewal {
    given: Vec<Inbound>,
    input: Payload,
    carried: Vec<Raised>,
    sent: Vec<(InstanceId, Raised)>,
    cancelled: Vec<TaskId>,
    signaled: Vec<Dispatch>,
    is_first: IsFirst,
}

/// Whether a turn is the first one, which is given nothing of what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsFirst {
    /// It is.
    Yes,
    /// It is given all that waits.
    No,
}

impl Renewal {
    /// The renewal that a step asks for, if it does.
    pub fn of(step: &Step, given: Vec<Inbound>, is_first: IsFirst) -> Option<Self> {
        let StepStatus::ContinuedAsNew { input, carried } = &step.status else { return None };
        let mut sent = Vec::new();
        let mut cancelled = Vec::new();
        let mut signaled = Vec::new();
        for decision in &step.decisions {
            match decision {
                Decision::SendEvent { to, event } => sent.push((to.clone(), event.clone())),
                Decision::Cancel { target } => cancelled.push(*target),
                Decision::SignalEntity { to, name, input, at } => {
                    let (to, name, input) = (to.clone(), name.clone(), input.clone());
                    signaled.push(Dispatch::Signal { to, name, input, at: *at });
                }
                // The end of an execution ends its critical section as well.
                Decision::ScheduleActivity { .. }
                | Decision::CreateTimer { .. }
                | Decision::StartChild { .. }
                | Decision::CallEntity { .. }
                | Decision::LockEntities { .. }
                | Decision::ReleaseLock { .. } => {}
            }
        }
        let (input, carried) = (input.clone(), carried.clone());
        Some(Self { given, input, carried, sent, cancelled, signaled, is_first })
    }
}

/// What the turns of an instance led to that wanted to continue as new and whose execution is in no history any more. Often
/// one; more if the first turns of the executions that follow want the same.
#[derive(Debug, Clone, Default)]
pub struct Renewals(Vec<Renewal>);

impl Renewals {
    /// One more.
    pub fn add(&mut self, renewal: Renewal) {
        self.0.push(renewal);
    }

    /// How many executions have passed.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Compares the execution that is durable now with the one before it, if any of it was durable.
    pub fn check(
        self,
        native: &Native,
        before: Option<Ledger>,
        after: &Ledger,
        post: &Post,
        (no, news): (InstanceNo, &mut News),
        marks: &mut Marks,
    ) -> Result<(), String> {
        let count = u32::try_from(self.count()).expect("it is small");
        let is = &after.started;
        if let Some(Ledger { started: was, ended, .. }) = &before
            && ((&is.id, is.created, &is.spec.parent) != (&was.id, was.created, &was.spec.parent) || ended.is_some())
        {
            return Err(format!("{was:?} is followed by {is:?}"));
        }
        let was = before.as_ref().map_or(Execution::FIRST, |before| before.started.execution);
        let input = self.0.last().map(|renewal| &renewal.input);
        if is.execution.0 != was.0 + count || Some(&is.spec.input) != input {
            return Err(format!("{count} executions after {} comes {is:?}", was.0));
        }
        marks.hit(if before.is_some() { Mark::Renewed } else { Mark::RenewedAtOnce });
        let mut waiting: Vec<_> = before.iter().flat_map(Ledger::unheard).cloned().collect();
        let mut before = before;
        let begins_with_first = self.0.first().is_some_and(|renewal| renewal.is_first == IsFirst::Yes);
        for renewal in self.0 {
            let Renewal { given, input, carried, sent, cancelled, signaled, is_first } = renewal;
            news.dispatched.extend(signaled.into_iter().map(|signal| (no, signal)));
            if is_first == IsFirst::No {
                waiting.clear();
            }
            waiting.splice(0..0, carried);
            if let Some(before) = before.take() {
                let mut before = told(before, (no, &mut *news), given, post)?;
                news.dispatched.extend(before.released_at_end().map(|release| (no, release)));
                stop(&before, (no, &mut *news), &cancelled, marks);
                verdict::renewed(native, &before, &input)?;
            }
            news.sent.extend(sent);
        }
        let carried: Vec<_> = after.unheard().cloned().collect();
        if begins_with_first {
            // What came together with a first turn waits too, and is in no other record.
            let new: Vec<_> = carried.iter().skip(waiting.len()).filter(|new| !post.has_heard(&new.input)).collect();
            news.heard.extend(new.iter().map(|&new| (is.id.clone(), new.clone())));
            waiting.extend(new.into_iter().cloned());
        }
        if carried != waiting {
            return Err(format!("{carried:?} is carried over and not {waiting:?}"));
        }
        if !carried.is_empty() {
            marks.hit(Mark::RenewedWithEvents);
        }
        Ok(())
    }
}

/// What the last turn of an execution was given is not in its history.
fn told(
    mut ledger: Ledger,
    (no, news): (InstanceNo, &mut News),
    given: Vec<Inbound>,
    post: &Post,
) -> Result<Ledger, String> {
    for inbound in given {
        let (task, outcome) = match inbound {
            Inbound::Raised(raised) => {
                if !post.has_heard(&raised.input) {
                    news.heard.push((ledger.started.id.clone(), raised));
                }
                continue;
            }
            Inbound::TaskCompleted { task, output } => (task, Ok(output)),
            Inbound::TaskFailed { task, failure } => (task, Err(failure)),
            Inbound::TimerFired { .. } => continue,
        };
        let calls = ledger.open_calls().map(|(of, _)| of);
        let of = ledger.open_children().chain(calls).find(|of| of.task == task);
        news.answered.extend(of.map(|of| ((no, of), outcome.clone())));
        news.granted.extend(ledger.grant(task));
        let task = ledger.tasks.get_mut(&task).ok_or("a task answered that is none")?;
        task.fate = Fate::Answered(outcome);
    }
    Ok(ledger)
}

fn stop(ledger: &Ledger, (no, news): (InstanceNo, &mut News), cancelled: &[TaskId], marks: &mut Marks) {
    for target in cancelled {
        let unwanted = ledger.open_children().find(|of| of.task == *target);
        if unwanted.is_some() {
            marks.hit(Mark::ChildCancelled);
        }
        news.unwanted.extend(unwanted.map(|of| (no, of)));
    }
}
