//! The host of the test kit: one queue of things to come, ordered by time and then by who asked first.
//!
//! It never waits; it knows retries, timeouts, timers, children and events as the contract describes them.

use std::collections::BTreeMap;

use super::{
    INSTANCE, Kit, Run, Stub,
    entities::{Consequence, Entities, Letter},
    player::{Key, Open, Order, Player, Task},
    replay,
};
use crate::{
    bindings::{
        activity::Invocation,
        entity::{Signal, StartOrchestration},
        orchestrator::{
            CallEntity, Decision, Event, EventRaised, SignalEntity, Start, StartChild, Status, Step, TaskCompleted,
            TaskFailed,
        },
        types::RetryPolicy,
    },
    component::Component,
    entity::EntityId,
    failure::{Failure, Result, from_contract},
    random::SplitMix64,
};

/// Who continues as new so often does not end.
const EXECUTIONS_MAX: usize = 10_000;

/// Something that will happen, unless nobody waits for it by then.
enum Coming {
    Attempt { task: Key, attempt: u32 },
    Answer { task: Key, attempt: u32, result: Result<Vec<u8>> },
    Timer(Key),
    Raise { instance: String, event: EventRaised },
    Letter(Letter),
    Lock(Key, Vec<EntityId>),
}

struct World {
    now: u64,
    /// Ordered by time, then by the order of asking.
    coming: BTreeMap<(u64, u64), Coming>,
    asked: u64,
    players: BTreeMap<String, Player>,
    results: BTreeMap<String, Result<Vec<u8>>>,
    orchestrators: BTreeMap<String, Component>,
    stubs: BTreeMap<String, Stub>,
    entities: Entities,
}

pub(super) fn play(kit: Kit) -> Run {
    let Kit { start, orchestrators, stubs, entities, events } = kit;
    let mut world = World {
        now: start.now,
        coming: BTreeMap::new(),
        asked: 0,
        players: BTreeMap::new(),
        results: BTreeMap::new(),
        orchestrators,
        stubs,
        entities,
    };
    for (at, event) in events {
        world.plan(at, Coming::Raise { instance: INSTANCE.to_owned(), event });
    }
    world.begin(start, None);
    while !world.results.contains_key(INSTANCE)
        && let Some(((at, _), coming)) = world.coming.pop_first()
    {
        world.now = at;
        world.happen(coming);
    }
    world.deliver_what_is_due();
    for execution in world.players.values().flat_map(|player| &player.executions) {
        replay::check(world.component(&execution.start.name), execution);
    }
    let result = world.results.remove(INSTANCE).unwrap_or_else(|| Err(stalled()));
    let Player { executions, custom_status, logs, .. } = world.players.remove(INSTANCE).expect("it was begun");
    Run { result, executions, custom_status, logs, entities: world.entities.into_states() }
}

impl World {
    fn component(&self, name: &str) -> &Component {
        let component = self.orchestrators.get(&name.to_ascii_lowercase());
        component.unwrap_or_else(|| panic!("the test does not know the child {name:?}: add `.child::<…>()`"))
    }

    fn begin(&mut self, start: Start, parent: Option<(Key, u32)>) {
        let instance = start.instance.clone();
        let (player, step) = Player::begin(self.component(&start.name), start, parent);
        self.players.insert(instance.clone(), player);
        self.results.remove(&instance);
        self.carry_out(&instance, step);
    }

    fn plan(&mut self, at: u64, coming: Coming) {
        self.coming.insert((at.max(self.now), self.asked), coming);
        self.asked += 1;
    }

    /// Whether an execution still waits for an answer.
    fn waits(&self, key: &Key) -> Option<&Open> {
        let player = self.running(&key.instance)?;
        (player.execution().start.execution == key.execution).then(|| player.open.get(&key.id))?
    }

    fn running(&self, instance: &str) -> Option<&Player> {
        self.players.get(instance).filter(|_| !self.results.contains_key(instance))
    }

    fn happen(&mut self, coming: Coming) {
        match coming {
            Coming::Raise { instance, event } => {
                if self.running(&instance).is_some() {
                    self.tell(&instance, Event::EventRaised(event));
                }
            }
            Coming::Letter(letter) => {
                let consequences = self.entities.deliver(self.now, letter);
                self.follow(consequences);
            }
            Coming::Lock(lock, entities) => {
                if self.waits(&lock).is_some() {
                    let consequences = self.entities.lock(lock, entities);
                    self.follow(consequences);
                }
            }
            Coming::Timer(timer) => {
                if self.waits(&timer).is_some() {
                    self.answer(&timer, Event::TimerFired(timer.id));
                }
            }
            Coming::Attempt { task, attempt } => {
                if let Some(Open::Task(Task { order, .. })) = self.waits(&task) {
                    match order.clone() {
                        Order::Activity(order) => {
                            let limit = order.options.timeout.unwrap_or(u64::MAX);
                            let (at, result) = self.ask(&task, attempt, &order.name, &order.input, limit);
                            self.plan(at, Coming::Answer { task, attempt, result });
                        }
                        Order::Child(order) => self.start_child(task, attempt, order),
                        Order::Entity => unreachable!("what entities are asked is not attempted again"),
                    }
                }
            }
            Coming::Answer { task, attempt, result } => {
                if let Some(Open::Task(open)) = self.waits(&task) {
                    let again =
                        result.as_ref().err().and_then(|failure| self.next_attempt(open, &task, attempt, failure));
                    match (again, result) {
                        (Some(at), _) => self.plan(at, Coming::Attempt { task, attempt: attempt + 1 }),
                        (None, Ok(output)) => {
                            self.answer(&task, Event::TaskCompleted(TaskCompleted { task: task.id, output }));
                        }
                        (None, Err(failure)) => {
                            let failure = failure.into();
                            self.answer(&task, Event::TaskFailed(TaskFailed { task: task.id, failure }));
                        }
                    }
                }
            }
        }
    }

    /// Plans what follows from what entities were asked.
    fn follow(&mut self, consequences: Vec<Consequence>) {
        for consequence in consequences {
            match consequence {
                Consequence::Answer(task, result) => {
                    self.plan(self.now, Coming::Answer { task, attempt: 1, result: result.map_err(of_guest) });
                }
                Consequence::Signal(Signal { entity, operation, input, at }) => {
                    let letter = Letter { to: EntityId::from_contract(entity), operation, input, caller: None };
                    self.plan(at.unwrap_or(self.now), Coming::Letter(letter));
                }
                Consequence::Start(instance, start) => self.start_by_entity(instance, start),
            }
        }
    }

    /// What orchestrations have sent arrives, although the one of the test has ended.
    fn deliver_what_is_due(&mut self) {
        while let Some(entry) = self.coming.first_entry()
            && entry.key().0 <= self.now
        {
            if let coming @ Coming::Letter(_) = entry.remove() {
                self.happen(coming);
            }
        }
    }

    fn answer(&mut self, key: &Key, event: Event) {
        if let Some(player) = self.players.get_mut(&key.instance) {
            player.open.remove(&key.id);
        }
        self.tell(&key.instance, event);
    }

    fn tell(&mut self, instance: &str, event: Event) {
        let player = self.players.get_mut(instance).expect("it runs");
        let step = player.advance(self.now, vec![event]);
        self.carry_out(instance, step);
    }

    /// Does what a step asks for, and goes on with the next execution if there is one.
    fn carry_out(&mut self, instance: &str, mut step: Step) {
        // What was carried over and not given to an execution yet.
        let mut carried = Vec::new();
        loop {
            for decision in std::mem::take(&mut step.decisions) {
                self.decided(instance, decision);
            }
            let player = self.players.get_mut(instance).expect("it runs");
            step = match step.status {
                Status::Completed(output) => return self.end(instance, Ok(output)),
                Status::Failed(failure) => return self.end(instance, Err(of_guest(from_contract(failure)))),
                Status::Waiting(_) if carried.is_empty() => return,
                Status::Waiting(_) => player.advance(self.now, carried.drain(..).map(Event::EventRaised).collect()),
                Status::ContinuedAsNew(next) => {
                    let consequences = self.entities.release_of(self.now, instance);
                    self.follow(consequences);
                    let player = self.players.get_mut(instance).expect("it runs");
                    carried.extend(next.carried.clone());
                    assert!(player.executions.len() < EXECUTIONS_MAX, "{instance:?} continues as new without an end");
                    let name = player.execution().start.name.to_ascii_lowercase();
                    player.begin_next(&self.orchestrators[&name], self.now, next)
                }
            };
        }
    }

    fn decided(&mut self, instance: &str, decision: Decision) {
        let player = self.players.get_mut(instance).expect("it runs");
        let key = player.key(player.decided);
        player.decided += 1;
        let now = self.now;
        let task =
            |order| (Open::Task(Task { order, since: now }), now, Coming::Attempt { task: key.clone(), attempt: 1 });
        let (open, at, coming) = match decision {
            Decision::ScheduleActivity(order) => task(Order::Activity(order)),
            Decision::StartChild(order) => task(Order::Child(order)),
            Decision::CreateTimer(at) => (Open::Timer, at, Coming::Timer(key.clone())),
            Decision::Cancel(id) => {
                let cancelled = player.key(id);
                player.open.remove(&id);
                // A child that is not wanted any more is terminated: nobody hears of it again.
                let is_its = |player: &Player| player.parent.as_ref().is_some_and(|(task, _)| *task == cancelled);
                self.players.retain(|_, player| !is_its(player));
                return;
            }
            Decision::SendEvent(sent) => {
                let event = EventRaised { name: sent.name, input: sent.input };
                return self.plan(self.now, Coming::Raise { instance: sent.instance, event });
            }
            Decision::CallEntity(CallEntity { entity, operation, input }) => {
                let to = EntityId::from_contract(entity);
                let letter = Letter { to, operation, input, caller: Some(key.clone()) };
                (Open::Task(Task { order: Order::Entity, since: now }), now, Coming::Letter(letter))
            }
            Decision::SignalEntity(SignalEntity { entity, operation, input, at }) => {
                let letter = Letter { to: EntityId::from_contract(entity), operation, input, caller: None };
                return self.plan(at.unwrap_or(now), Coming::Letter(letter));
            }
            Decision::LockEntities(entities) => {
                let entities = entities.into_iter().map(EntityId::from_contract).collect();
                (Open::Task(Task { order: Order::Entity, since: now }), now, Coming::Lock(key.clone(), entities))
            }
            Decision::ReleaseLock(id) => {
                let lock = player.key(id);
                player.open.remove(&id);
                let consequences = self.entities.release(now, &lock);
                return self.follow(consequences);
            }
        };
        player.open.insert(key.id, open);
        self.plan(at, coming);
    }

    fn end(&mut self, instance: &str, result: Result<Vec<u8>>) {
        let consequences = self.entities.release_of(self.now, instance);
        self.follow(consequences);
        self.results.insert(instance.to_owned(), result.clone());
        if let Some((task, attempt)) = self.players[instance].parent.clone() {
            let result = result.map_err(|failure| child_failed(instance, failure));
            self.plan(self.now, Coming::Answer { task, attempt, result });
        }
    }

    /// Lets a function of the test answer, and says when the answer comes.
    fn ask(&mut self, task: &Key, attempt: u32, name: &str, input: &[u8], limit: u64) -> (u64, Result<Vec<u8>>) {
        let Some(Stub { answer: Some(answer), takes_ms }) = self.stubs.get_mut(&name.to_ascii_lowercase()) else {
            panic!("the test does not know the activity {name:?}: add `.activity::<…>()` or `.answer(…)`");
        };
        let Key { instance, execution, id } = task;
        let invocation = Invocation {
            name: name.to_owned(),
            instance: instance.clone(),
            task: *id,
            attempt,
            idempotency_key: format!("{instance}/{execution}/{id}"),
            deadline: self.now.saturating_add(limit),
            trace: None,
        };
        let result = answer(invocation, input).map_err(of_guest);
        let (takes_ms, result) = if *takes_ms > limit {
            (limit, Err(Failure::new("dacapo:timeout", format!("no answer within {limit} ms"))))
        } else {
            (*takes_ms, result)
        };
        (self.now.saturating_add(takes_ms), result)
    }

    fn start_child(&mut self, task: Key, attempt: u32, order: StartChild) {
        let StartChild { name, input, instance, version, .. } = order;
        let parent = self.players[&task.instance].execution().start.clone();
        let parent_seed = u64::from(parent.seed);
        let instance = instance.unwrap_or_else(|| match attempt {
            1 => format!("{parent_seed:016x}:{:x}", task.id),
            _ => format!("{parent_seed:016x}:{:x}:{attempt}", task.id),
        });
        if self.running(&instance).is_some() {
            let failure = Failure::new("dacapo:child-exists", format!("{instance} has not ended")).non_retryable();
            return self.plan(self.now, Coming::Answer { task, attempt, result: Err(failure) });
        }
        if self.stubs.contains_key(&name.to_ascii_lowercase()) {
            let (at, result) = self.ask(&task, attempt, &name, &input, u64::MAX);
            let result = result.map_err(|failure| child_failed(&instance, failure));
            return self.plan(at, Coming::Answer { task, attempt, result });
        }
        let start = Start {
            name,
            instance,
            execution: 1,
            version,
            parent: Some(task.instance.clone()),
            tags: parent.tags,
            now: self.now,
            seed: chance(parent_seed, task.id, attempt).next().into(),
            input,
            replaying: false,
        };
        self.begin(start, Some((task, attempt)));
    }

    /// Begins what an entity starts, unless it runs already. Nobody waits for it.
    fn start_by_entity(&mut self, instance: String, start: StartOrchestration) {
        let StartOrchestration { name, input, version, .. } = start;
        let key = Key { instance: instance.clone(), execution: 1, id: 0 };
        if self.running(&instance).is_some() {
            return;
        }
        if self.stubs.contains_key(&name.to_ascii_lowercase()) {
            drop(self.ask(&key, 1, &name, &input, u64::MAX));
            return;
        }
        let seed = SplitMix64::new(self.asked).next().into();
        let (now, parent, tags) = (self.now, None, Vec::new());
        let start = Start { name, instance, execution: 1, version, parent, tags, now, seed, input, replaying: false };
        self.begin(start, None);
    }

    /// When a failed attempt is followed by another one, if it is.
    fn next_attempt(&self, open: &Task, key: &Key, attempt: u32, failure: &Failure) -> Option<u64> {
        let policy = match &open.order {
            Order::Activity(order) => order.options.retry.as_ref()?,
            Order::Child(order) => order.retry.as_ref()?,
            Order::Entity => return None,
        };
        let RetryPolicy { max_attempts, first_interval, coefficient, max_interval, retry_timeout, jitter, .. } = policy;
        let is_final = policy.non_retryable.iter().any(|kind| failure.is(kind));
        if !failure.retryable || attempt >= *max_attempts || is_final {
            return None;
        }
        let wait = *first_interval as f64 * coefficient.powi(attempt as i32 - 1);
        let wait = wait.min(max_interval.unwrap_or(u64::MAX) as f64);
        let seed = self.players[&key.instance].execution().start.seed.into();
        let wait = wait - wait * jitter * chance(seed, key.id, attempt).next_f64();
        let at = self.now.saturating_add(wait as u64);
        (at <= open.since.saturating_add(retry_timeout.unwrap_or(u64::MAX))).then_some(at)
    }
}

/// The chance that belongs to an attempt.
fn chance(seed: u64, task: u32, attempt: u32) -> SplitMix64 {
    SplitMix64::new(seed ^ (u64::from(task) << 32 | u64::from(attempt)))
}

/// A failure of the host that a function passes on is a cause, as it is on the host.
fn of_guest(failure: Failure) -> Failure {
    if !failure.kind.starts_with("dacapo:") {
        return failure;
    }
    Failure { retryable: failure.retryable, ..Failure::new("task-failed", &failure.message) }.because(failure)
}

fn child_failed(instance: &str, failure: Failure) -> Failure {
    let message = format!("child {instance} failed: {}", failure.message);
    Failure::new("dacapo:child-failed", message).because(failure)
}

fn stalled() -> Failure {
    Failure::new("dacapo:stalled", "nothing can happen any more that the orchestrator waits for")
}
