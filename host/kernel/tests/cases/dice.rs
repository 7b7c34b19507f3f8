//! Everything of the model by dice: a generator with a known seed.

use kernel::model::{
    ActivityOptions, Attempted, Cause, ChildOptions, Decision, EntityId, Event, EventName, Execution, Failure,
    FunctionName, Inbound, InstanceId, LockSet, Millis, OperationName, Payload, Raised, Reach, RetryPolicy, Started,
    StepStatus, TaskId, Timestamp,
};
use kernel::orchestration::{Answer, Begun, Live, Message, TaskKind};

use crate::manners::Manners;
use crate::notation;
use crate::turns::waiting;
use crate::words::{Words, payload};

/// SplitMix64, the generator of the guest contract.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    pub fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// At least 0 and less than 1, with every bit that a double has room for.
    pub fn part(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn time(&mut self) -> Timestamp {
        if self.one_in(20) { Timestamp(self.roll()) } else { Timestamp(self.below(2_000)) }
    }

    pub fn value(&mut self) -> Payload {
        payload(&self.below(1_000).to_string()).expect("a number is JSON")
    }

    pub fn policy(&mut self) -> RetryPolicy {
        RetryPolicy {
            max_attempts: 1 + self.below(4) as u32,
            first_interval: Millis(self.below(50)),
            coefficient: 1.0 + self.part(),
            max_interval: self.one_in(3).then(|| Millis(self.below(100))),
            retry_timeout: self.one_in(3).then(|| Millis(self.below(200))),
            jitter: if self.one_in(2) { self.part() } else { 0.0 },
            non_retryable: if self.one_in(3) { vec!["declined".to_owned()] } else { Vec::new() },
        }
    }

    pub fn started(&mut self) -> Started {
        let mut text = format!("hello 1 seed={}", self.roll());
        for part in [" version=2", " tag=team=blue", " parent=9/1/3/2/1/p", " start-at=1100"] {
            text.push_str(if self.one_in(4) { part } else { "" });
        }
        notation::started(&mut Words::of(&text)).expect("it is well written")
    }

    /// What a guest makes of a turn.
    pub fn answer(&mut self, begun: &Begun, mut manners: Manners) -> Answer {
        if self.one_in(150) {
            return Answer::Fault(Failure::host("dacapo:trap", "unreachable"));
        }
        let mut step = waiting();
        if begun.given.iter().any(|event| matches!(event, Inbound::TaskFailed { .. })) && self.one_in(2) {
            step.status = StepStatus::Failed(self.failure());
            return Answer::Step(step);
        }
        step.decisions = (0..self.below(5)).map(|_| self.decision(begun.at, &mut manners)).collect();
        step.status = match self.below(100) {
            0 => StepStatus::Completed(self.value()),
            1 => StepStatus::Failed(self.failure()),
            2..=4 => {
                let carried = (0..self.below(3)).map(|_| self.raised()).collect();
                StepStatus::ContinuedAsNew { input: self.value(), carried }
            }
            roll => StepStatus::Waiting { events: (0..roll % 4).map(|_| self.raised().name).collect() },
        };
        step.custom_status = self.one_in(5).then(|| self.value());
        Answer::Step(step)
    }

    /// What may wait for an instance, some of it of an attempt or a task that nobody asked for.
    pub fn messages(&mut self, live: &Live) -> Vec<Message> {
        (0..self.below(5)).map(|_| self.message(live)).collect()
    }

    pub fn event(&mut self) -> Event {
        match self.below(27) {
            22 => {
                let (task, to, name) = (self.id(), self.entity(), self.operation());
                Event::EntityCalled { task, to, name, input: self.value() }
            }
            23 => {
                let (to, name, input) = (self.entity(), self.operation(), self.value());
                Event::EntitySignaled { to, name, input, at: self.one_in(3).then(|| self.time()) }
            }
            24..=25 => Event::LockRequested { task: self.id(), set: self.lock_set() },
            26 => Event::LockReleased { lock: self.id() },
            0 => Event::Started(Box::new(self.started())),
            1..=2 => Event::TurnStarted { takes: self.below(2) as u32 },
            3 => Event::Resumed { reason: self.value() },
            4..=5 => {
                let (task, name, input) = (self.id(), self.name(), self.value());
                Event::TaskScheduled { task, name, input, options: self.activity_options() }
            }
            6 => {
                let (task, name, input) = (self.id(), self.name(), self.value());
                Event::ChildScheduled { task, name, input, options: self.child_options() }
            }
            7 => {
                let (task, attempt, retry_at) = (self.id(), self.below(3) as u32, self.time());
                Event::TaskAttemptFailed { task, attempt, failure: self.failure(), retry_at }
            }
            8 => Event::TaskCompleted { task: self.id(), output: self.value() },
            9..=10 => Event::TaskFailed { task: self.id(), failure: self.failure() },
            11..=12 => Event::TimerCreated { timer: self.id(), fire_at: self.time() },
            13 => Event::TimerFired { timer: self.id() },
            14 => Event::Cancelled { target: self.id() },
            15 => Event::CustomStatusSet { value: self.value() },
            16 => Event::Sent { to: self.instance(), event: self.raised() },
            17 => Event::Raised(self.raised()),
            18 => Event::Suspended { reason: self.value() },
            19 => Event::Repinned { component: notation::named("next.wasm") },
            20 => Event::Rewound { reason: self.value(), tasks: (0..self.below(3)).map(|_| self.id()).collect() },
            _ => self.end(),
        }
    }

    fn end(&mut self) -> Event {
        match self.below(16) {
            0 => Event::Completed { output: self.value() },
            1..=4 => Event::Failed { failure: self.failure() },
            5 => Event::Terminated { reason: self.value() },
            _ => Event::TurnStarted { takes: 0 },
        }
    }

    fn id(&mut self) -> TaskId {
        TaskId(self.below(6) as u32)
    }

    pub fn failure(&mut self) -> Failure {
        let kind = ["busy", "declined"][self.below(2) as usize];
        let cause = Cause { kind: "lost".to_owned(), message: "a cause".to_owned(), details: None };
        let causes = if self.one_in(4) { vec![cause] } else { Vec::new() };
        Failure::from_guest(kind.to_owned(), "it failed".to_owned(), None, !self.one_in(4), causes)
    }

    fn activity_options(&mut self) -> ActivityOptions {
        let retry = (!self.one_in(3)).then(|| self.policy());
        ActivityOptions { retry, timeout: self.one_in(2).then(|| Millis(1 + self.below(100))) }
    }

    fn child_options(&mut self) -> ChildOptions {
        let instance = self.one_in(2).then(|| self.instance());
        ChildOptions { instance, version: self.one_in(3).then(|| "2".to_owned()), retry: Some(self.policy()) }
    }

    fn name(&mut self) -> FunctionName {
        FunctionName::parse(["a", "b", "B"][self.below(3) as usize]).expect("a letter is a name")
    }

    fn instance(&mut self) -> InstanceId {
        InstanceId::parse(["other", "a:b"][self.below(2) as usize]).expect("it is an id")
    }

    fn raised(&mut self) -> Raised {
        let name = EventName::parse(["Go", "go", "not yet"][self.below(3) as usize]).expect("it is a name");
        Raised { name, input: self.value() }
    }

    fn entity(&mut self) -> EntityId {
        EntityId::new("account", ["a", "b", "c", ""][self.below(4) as usize]).expect("it is an id")
    }

    fn operation(&mut self) -> OperationName {
        OperationName::parse(["get", "Add", "not yet"][self.below(3) as usize]).expect("it is a name")
    }

    fn lock_set(&mut self) -> LockSet {
        let entities = (0..1 + self.below(3)).map(|_| self.entity()).collect();
        LockSet::new(entities).expect("it has an entity")
    }

    /// A decision that a guest with these manners may take; one in many has none.
    pub fn decision(&mut self, now: Timestamp, manners: &mut Manners) -> Decision {
        let mut decision = self.any_decision(now, manners);
        if !manners.allow(&decision) && !self.one_in(40) {
            decision = Decision::CreateTimer { fire_at: now + Millis(self.below(100)) };
        }
        manners.note(&decision);
        decision
    }

    fn any_decision(&mut self, now: Timestamp, manners: &Manners) -> Decision {
        let next = manners.next();
        match self.below(34) {
            0..=6 => {
                let (name, input) = (self.name(), self.value());
                Decision::ScheduleActivity { name, input, options: self.activity_options() }
            }
            7..=9 => {
                let (name, input) = (self.name(), self.value());
                Decision::StartChild { name, input, options: self.child_options() }
            }
            10..=12 => Decision::SendEvent { to: self.instance(), event: self.raised() },
            // The first decision can cancel nothing, and one in many tries.
            13..=15 if next > 0 || self.one_in(10) => {
                Decision::Cancel { target: TaskId(self.below(u64::from(next).max(1)) as u32) }
            }
            16..=19 => Decision::CreateTimer { fire_at: Timestamp(now.0.saturating_sub(20) + self.below(200)) },
            20..=23 => {
                let (to, name) = (self.entity(), self.operation());
                Decision::CallEntity { to, name, input: self.value() }
            }
            24..=25 => {
                let (to, name, input) = (self.entity(), self.operation(), self.value());
                Decision::SignalEntity { to, name, input, at: self.one_in(3).then(|| now + Millis(self.below(100))) }
            }
            _ => match manners.section() {
                Some(lock) if self.one_in(2) => Decision::ReleaseLock { lock },
                _ => Decision::LockEntities { set: self.lock_set() },
            },
        }
    }

    fn message(&mut self, live: &Live) -> Message {
        let open: Vec<_> = live.tasks.iter().map(|(task, open)| (*task, open.attempt)).collect();
        match self.below(60) {
            0 if self.one_in(4) => Message::Terminate { reason: self.value(), reach: Reach::Children },
            0..=15 => Message::Due,
            16..=19 => {
                let (execution, attempt) = (Execution(self.below(3) as u32), self.below(3) as u32);
                Message::TaskDone { of: Attempted { execution, task: self.id(), attempt }, outcome: Ok(self.value()) }
            }
            20..=26 => Message::Raised(self.raised()),
            27..=28 => Message::Suspend { reason: self.value() },
            29..=33 => Message::Resume { reason: self.value() },
            _ if open.is_empty() => Message::Due,
            roll => {
                let (task, attempt) = open[self.below(open.len() as u64) as usize];
                let is_lock = matches!(live.tasks[&task].kind, TaskKind::Lock { .. });
                let outcome = if roll % 2 == 0 || is_lock { Ok(self.value()) } else { Err(self.failure()) };
                Message::TaskDone { of: Attempted { execution: live.started.execution, task, attempt }, outcome }
            }
        }
    }
}
