//! Instances on their way into memory, and what waits for them.

use super::effect::{Effect, Reply, TaskRun};
use super::input::{Found, LoadNo, Op, ReplyTo};
use super::instances::{Phase, Slot};
use super::{Partition, requests};
use crate::limits::STORAGE_RETRY_MS;
use crate::model::{Head, Millis, TaskId, Timestamp};
use crate::orchestration::{Held, Live, OpenTask, State, TaskPhase};
use crate::port::{Dropped, Key};

/// A load that is under way.
#[derive(Debug)]
pub(super) struct Loading {
    no: LoadNo,
    /// What was asked of the instance meanwhile, in order.
    pub waiting: Vec<(ReplyTo, Op)>,
}

impl Partition {
    /// Asks for an instance, or joins those who already did.
    pub(super) fn load(&mut self, key: Key, wanted: Option<(ReplyTo, Op)>, out: &mut Vec<Effect>) {
        if let Some(loading) = self.loading.get_mut(&key) {
            loading.waiting.extend(wanted);
            return;
        }
        self.begin_load(key, wanted.into_iter().collect(), out);
    }

    /// Whether one more instance may be loaded because its time has come.
    pub(super) fn may_load_due(&self) -> bool {
        self.loading.len() < self.tuning.due_loads_max_count
    }

    pub(super) fn loaded(&mut self, now: Timestamp, key: Key, load: LoadNo, found: Found, out: &mut Vec<Effect>) {
        if self.loading.get(&key).is_none_or(|loading| loading.no != load) {
            return;
        }
        let waiting = self.loading.remove(&key).map(|loading| loading.waiting).unwrap_or_default();
        if let Found::Instance { head, .. } | Found::Damaged { head, .. } = &found
            && self.instances.is_stale(head.no, load)
        {
            return self.begin_load(key, waiting, out);
        }
        self.note_loads();
        match found {
            Found::Nothing => self.not_found(now, waiting, out),
            Found::Unreadable(why) => self.unreadable(now, key, waiting, &why, out),
            Found::Instance { head, state: State::Live(live) } => {
                if !self.instances.contains(head.no) {
                    self.admit(*head, live, out);
                }
                self.ask_again(now, waiting, out);
            }
            Found::Instance { head, .. } => self.has_ended(now, &head, waiting, out),
            Found::Damaged { head, damage } => {
                let id = head.id.clone();
                if !self.instances.contains(head.no) {
                    let mut slot = Slot::new(id.clone(), Phase::Held);
                    let no = head.no;
                    slot.head = Some(*head);
                    self.instances.insert(no, slot);
                    out.push(Effect::Hold { id: id.clone(), held: Held::Damaged(damage) });
                }
                self.ask_again(now, waiting, out);
            }
        }
    }

    /// Takes an instance in. Tasks that should run are run: an instance leaves memory only when it has none, so these
    /// were running when the host stopped.
    fn admit(&mut self, head: Head, live: Live, out: &mut Vec<Effect>) {
        let running = live.tasks.iter().filter(|(_, open)| open.phase == TaskPhase::Running);
        out.extend(running.map(|(task, open)| run(&head, *task, open)));
        let (no, wake) = (head.no, live.wake_at());
        let mut slot = Slot::new(head.id.clone(), Phase::Idle(live));
        slot.head = Some(head);
        self.instances.insert(no, slot);
        self.instances.set_wake(no, wake);
        self.instances.touch(no);
    }

    fn not_found(&mut self, now: Timestamp, waiting: Vec<(ReplyTo, Op)>, out: &mut Vec<Effect>) {
        for (reply, op) in waiting {
            match op {
                Op::Start { new, watch } => self.start_checked(now, reply, *new, watch, None, out),
                // An instance of that name may have been started by one of those before.
                Op::Wait { ref id } | Op::Terminate { ref id, .. } => match self.instances.find(id) {
                    Some(_) => self.request(now, reply, op, out),
                    None => out.push(Effect::Reply(reply, Reply::NotFound)),
                },
            }
        }
    }

    fn has_ended(&mut self, now: Timestamp, head: &Head, waiting: Vec<(ReplyTo, Op)>, out: &mut Vec<Effect>) {
        let replaces = Some(Dropped { no: head.no, last: head.last });
        for (reply, op) in waiting {
            match op {
                Op::Start { new, watch } => self.start_checked(now, reply, *new, watch, replaces, out),
                Op::Wait { ref id } | Op::Terminate { ref id, .. } => match self.instances.find(id) {
                    Some(_) => self.request(now, reply, op, out),
                    None => out.push(Effect::Reply(reply, Reply::AlreadyEnded(head.status))),
                },
            }
        }
    }

    fn unreadable(&mut self, now: Timestamp, key: Key, waiting: Vec<(ReplyTo, Op)>, why: &str, out: &mut Vec<Effect>) {
        for (reply, op) in waiting {
            requests::refuse(reply, &op, Reply::Unreadable(why.to_owned()), out);
        }
        // What was to be woken, or to run again after a restart, still is.
        if let Key::No(no) = key {
            self.instances.remember_wake(now + Millis(STORAGE_RETRY_MS), no);
        }
    }

    fn begin_load(&mut self, key: Key, waiting: Vec<(ReplyTo, Op)>, out: &mut Vec<Effect>) {
        let no = self.next_load;
        self.next_load = LoadNo(no.0 + 1);
        self.loading.insert(key.clone(), Loading { no, waiting });
        self.note_loads();
        out.push(Effect::Load(key, no));
    }

    fn note_loads(&mut self) {
        let oldest = self.loading.values().map(|loading| loading.no).min();
        self.instances.note_loads(self.next_load, oldest);
    }
}

/// The effect that runs the present attempt of a task.
pub(super) fn run(head: &Head, task: TaskId, open: &OpenTask) -> Effect {
    Effect::Run(Box::new(TaskRun {
        no: head.no,
        instance: head.id.clone(),
        execution: head.execution,
        component: head.component,
        task,
        attempt: open.attempt,
        name: open.name.clone(),
        input: open.input.clone(),
        timeout: open.options.timeout,
    }))
}
