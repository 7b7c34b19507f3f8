//! Random histories: what must hold whatever happens, driven by a generator with a known seed.

use std::collections::BTreeSet;

use expect_test::expect;
use kernel::codec::Link;
use kernel::model::{
    ActivityOptions, Decision, Event, Failure, FunctionName, Millis, Payload, Record, RetryPolicy, Status, Step,
    StepStatus, TaskId, Timestamp,
};
use kernel::orchestration::{Answer, Begun, Held, Live, Message, Next, State, begin, finish, fold, replay, restore};
use kernel::port::TurnFault;

use crate::casefile::Player;
use crate::notation;
use crate::replay::{Acted, Script};
use crate::turns::{Instance, NO};
use crate::words::{Words, payload};

const SEEDS: u64 = 400;

/// SplitMix64, the generator of the guest contract.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn id(&mut self) -> TaskId {
        TaskId(self.below(6) as u32)
    }

    fn time(&mut self) -> Timestamp {
        if self.one_in(20) { Timestamp(self.roll()) } else { Timestamp(self.below(2_000)) }
    }

    fn value(&mut self) -> Payload {
        payload(&self.below(1_000).to_string()).expect("a number is JSON")
    }

    fn failure(&mut self) -> Failure {
        let kind = ["busy", "declined"][self.below(2) as usize];
        Failure::from_guest(kind.to_owned(), "it failed".to_owned(), None, !self.one_in(4))
    }

    fn options(&mut self) -> ActivityOptions {
        let retry = (!self.one_in(3)).then(|| RetryPolicy {
            max_attempts: 1 + self.below(4) as u32,
            first_interval: Millis(self.below(50)),
            coefficient: 1.0 + self.below(3) as f64 / 2.0,
            max_interval: self.one_in(3).then(|| Millis(self.below(100))),
            retry_timeout: self.one_in(3).then(|| Millis(self.below(200))),
            non_retryable: if self.one_in(3) { vec!["declined".to_owned()] } else { Vec::new() },
        });
        ActivityOptions { retry, timeout: self.one_in(2).then(|| Millis(self.below(100))) }
    }

    fn name(&mut self) -> FunctionName {
        FunctionName::parse(["a", "b", "B"][self.below(3) as usize]).expect("a letter is a name")
    }

    fn decision(&mut self, now: Timestamp, next: u32) -> Decision {
        match self.below(8) {
            0..=3 => Decision::ScheduleActivity { name: self.name(), input: self.value(), options: self.options() },
            4..=6 => Decision::CreateTimer { fire_at: Timestamp(now.0.saturating_sub(20) + self.below(200)) },
            _ => Decision::CancelTimer { timer: TaskId(self.below(u64::from(next) + 1) as u32) },
        }
    }

    fn answer(&mut self, now: Timestamp, next: u32) -> Answer {
        if self.one_in(40) {
            return Answer::Fault(Failure::host("dacapo:trap", "unreachable"));
        }
        let count = self.below(5);
        let decisions = (0..count).map(|_| self.decision(now, next)).collect();
        let status = match self.below(60) {
            0 => StepStatus::Completed(self.value()),
            1 => StepStatus::Failed(self.failure()),
            _ => StepStatus::Waiting,
        };
        let custom_status = self.one_in(5).then(|| self.value());
        Answer::Step(Step { decisions, status, custom_status, logs: Vec::new() })
    }

    /// What may wait for an instance, some of it of an attempt or a task that nobody asked for.
    fn messages(&mut self, live: &Live) -> Vec<Message> {
        let count = 1 + self.below(4);
        (0..count).map(|_| self.message(live)).collect()
    }

    fn message(&mut self, live: &Live) -> Message {
        let open: Vec<_> = live.tasks.iter().map(|(task, open)| (*task, open.attempt)).collect();
        match self.below(50) {
            0 => Message::Terminate { reason: self.value() },
            1..=15 => Message::Due,
            16..=20 => Message::TaskDone { task: self.id(), attempt: self.below(3) as u32, outcome: Ok(self.value()) },
            _ if open.is_empty() => Message::Due,
            roll => {
                let (task, attempt) = open[self.below(open.len() as u64) as usize];
                let outcome = if roll % 2 == 0 { Ok(self.value()) } else { Err(self.failure()) };
                Message::TaskDone { task, attempt, outcome }
            }
        }
    }

    fn event(&mut self) -> Event {
        match self.below(13) {
            0 => started(self.roll()),
            1 => Event::TurnStarted,
            2..=3 => {
                let (task, name, input) = (self.id(), self.name(), self.value());
                Event::TaskScheduled { task, name, input, options: self.options() }
            }
            4 => {
                let (task, attempt, retry_at) = (self.id(), self.below(3) as u32, self.time());
                Event::TaskAttemptFailed { task, attempt, failure: self.failure(), retry_at }
            }
            5 => Event::TaskCompleted { task: self.id(), output: self.value() },
            6 => Event::TaskFailed { task: self.id(), failure: self.failure() },
            7..=8 => Event::TimerCreated { timer: self.id(), fire_at: self.time() },
            9 => Event::TimerFired { timer: self.id() },
            10 => Event::TimerCancelled { timer: self.id() },
            11 => Event::CustomStatusSet { value: self.value() },
            _ => match self.below(16) {
                0 => Event::Completed { output: self.value() },
                1 => Event::Failed { failure: self.failure() },
                2 => Event::Terminated { reason: self.value() },
                _ => Event::TurnStarted,
            },
        }
    }
}

fn started(seed: u64) -> Event {
    let text = format!("hello 1 seed={seed}");
    Event::Started(Box::new(notation::started(&mut Words::of(&text)).expect("it is well written")))
}

/// Any events in any order are taken or refused, and what was taken is consistent.
#[test]
fn folding_is_total() {
    let (mut taken, mut refused) = (0, BTreeSet::new());
    for seed in 0..SEEDS {
        let mut dice = Dice(seed);
        let mut state = State::New;
        for _ in 0..120 {
            let event = if dice.one_in(8) { started(seed) } else { dice.event() };
            match fold(state.clone(), dice.time(), &event) {
                Ok(next) => {
                    taken += 1;
                    state = next;
                }
                Err(illegal) => {
                    refused.insert(illegal.to_string());
                }
            }
            check_consistent(&state);
        }
    }
    assert!(taken > 5_000, "only {taken} events were taken");
    expect![[r#"
        CustomStatusSet after the end
        CustomStatusSet before the start
        ExecutionCompleted after the end
        ExecutionCompleted before the start
        ExecutionStarted after the end
        ExecutionStarted twice
        ExecutionTerminated after the end
        ExecutionTerminated before the start
        OrchestratorStarted after the end
        OrchestratorStarted before the start
        TaskAttemptFailed after the end
        TaskAttemptFailed before the start
        TaskAttemptFailed for a task that is not open
        TaskAttemptFailed for another attempt than the one that ran
        TaskCompleted after the end
        TaskCompleted before the start
        TaskCompleted for a task that is not open
        TaskFailed after the end
        TaskFailed before the start
        TaskFailed for a task that is not open
        TaskScheduled after the end
        TaskScheduled before the start
        TaskScheduled with an id that is not the index of the decision
        TimerCancelled after the end
        TimerCancelled before the start
        TimerCancelled for what is not a timer
        TimerCreated after the end
        TimerCreated before the start
        TimerCreated with an id that is not the index of the decision
        TimerFired after the end
        TimerFired before the start
        TimerFired for a timer that is not open"#]]
    .assert_eq(&refused.into_iter().collect::<Vec<_>>().join("\n"));
}

/// What is derived in a state is what searching it would find.
fn check_consistent(state: &State) {
    let State::Live(live) = state else { return };
    let mut retried = live.clone();
    let retries = retried.begin_due_retries(Timestamp(u64::MAX));
    let first_timer = live.timers.values().min().copied();
    assert_eq!(retried.wake_at(), first_timer, "once no attempt waits, the first timer is what wakes");
    assert!(retries.iter().all(|task| live.tasks.contains_key(task)));
    assert!(live.wake_at() <= first_timer || first_timer.is_none());
    assert!(live.tasks.keys().chain(live.timers.keys()).all(|id| id.0 < live.decisions));
    assert!(live.tasks.keys().all(|id| !live.timers.contains_key(id)));
}

/// Plays an instance by dice until it ends or has lived long enough, and gives what its guest did.
fn live(dice: &mut Dice) -> (Instance, Vec<Step>) {
    let mut instance = Instance::begin();
    let mut steps = Vec::new();
    let Event::Started(first) = started(dice.roll()) else { unreachable!("it is a start") };
    let mut now = Timestamp(1_000);
    let mut begun = Begun::start(*first, now);
    for _ in 0..40 {
        let answer = match begun.next {
            Next::Turn => {
                let next = if let State::Live(live) = &instance.state { live.decisions } else { 0 };
                dice.answer(begun.at, next)
            }
            Next::Record | Next::Nothing => Answer::None,
        };
        if let Answer::Step(step) = &answer {
            steps.push(step.clone());
        }
        if begun.next != Next::Nothing {
            let state = std::mem::replace(&mut instance.state, State::New);
            let finished = finish(state.clone(), instance.head.as_ref(), begun.clone(), answer.clone());
            let again = finish(state, instance.head.as_ref(), begun, answer);
            assert_eq!(finished, again, "once is twice");
            let finished = finished.expect("what was begun is never refused");
            check_run(&finished.run, &finished.state);
            instance.append(finished.record, finished.state);
        }
        now = if dice.one_in(10) { Timestamp(now.0.saturating_sub(100)) } else { now + Millis(dice.below(60)) };
        let State::Live(live) = &mut instance.state else { break };
        live.begin_due_retries(now);
        let messages = dice.messages(live);
        let again = begin(live, messages.clone(), now);
        begun = begin(live, messages, now);
        assert_eq!(begun, again, "once is twice");
    }
    (instance, steps)
}

/// Only tasks that are open are run, and each from its first attempt.
fn check_run(run: &[TaskId], state: &State) {
    match state {
        State::Live(live) => {
            assert!(run.iter().all(|task| live.tasks.get(task).is_some_and(|open| open.attempt == 1)));
            assert!(live.is_waiting_for_something(), "nothing can wake it");
        }
        State::New | State::Ended(_) => assert_eq!(run, []),
    }
}

#[test]
fn random_lives() {
    let mut statuses = BTreeSet::new();
    for seed in 0..SEEDS {
        let (mut instance, steps) = live(&mut Dice(seed));
        let head = instance.head.take().expect("it was started");
        let restored = restore(NO, Link { seq: head.last, sum: head.sum }, &instance.rows);
        let mut restored = restored.expect("what was written can be read");
        // That an attempt began again is not recorded: what was read waits for it still.
        restored.head.wake_at = head.wake_at;
        if let (State::Live(live), State::Live(restored)) = (&mut instance.state, &mut restored.state) {
            live.begin_due_retries(Timestamp(u64::MAX));
            restored.begin_due_retries(Timestamp(u64::MAX));
        }
        assert_eq!(restored.records, instance.records, "seed {seed}");
        let turns = instance.records.iter().filter(|record| record.events.contains(&Event::TurnStarted));
        assert!(turns.map(|record| record.at).is_sorted(), "seed {seed}: the time of an instance never goes back");
        assert_eq!((&restored.head, &restored.state), (&head, &instance.state), "seed {seed}");
        for event in instance.records.iter().flat_map(|record| &record.events) {
            assert_eq!(notation::event(&notation::show(event), 0).as_ref(), Ok(event), "the notation says everything");
        }
        statuses.insert(head.status);
        if head.status == Status::Running {
            check_replay(seed, &instance.records, &steps);
        }
    }
    assert_eq!(statuses.len(), 4, "every way to end was taken: {statuses:?}");
}

/// A guest that decides the same again is believed, and one that decides otherwise once is caught at that decision.
fn check_replay(seed: u64, records: &[Record], steps: &[Step]) {
    let acted = |steps: &[Step]| Script::new(steps.iter().cloned().map(Acted::Step));
    assert!(replay(&acted(steps), records).is_ok(), "seed {seed}");
    let turns = (0..steps.len()).flat_map(|turn| (0..steps[turn].decisions.len()).map(move |place| (turn, place)));
    for (number, (turn, place)) in turns.enumerate() {
        let mut other = steps.to_vec();
        other[turn].decisions[place] = Decision::CreateTimer { fire_at: Timestamp(u64::MAX) };
        let Err(Held::Diverged(found)) = replay(&acted(&other), records) else {
            panic!("seed {seed}: another decision {number} goes unnoticed");
        };
        assert_eq!(found.decision as usize, number, "seed {seed}: {found}");
        let mut acted: Vec<_> = steps.iter().cloned().map(Acted::Step).collect();
        acted[turn] = Acted::Fault(TurnFault::Guest(Failure::host("dacapo:trap", "unreachable")));
        assert!(matches!(replay(&Script::new(acted), records), Err(Held::Diverged(_))), "seed {seed}");
    }
}
