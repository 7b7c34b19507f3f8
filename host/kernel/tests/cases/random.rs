//! Random histories: what must hold whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;
use kernel::codec::{Export, Link};
use kernel::model::{
    Decision, Event, Failure, Hops, Inbound, Millis, Play, Record, Status, Step, TaskId, Timestamp, Turn,
};
use kernel::orchestration::{
    Answer, Begun, Finished, Gate, Held, Live, Next, Place, Released, Section, Sent, Stage, State, TaskPhase, begin,
    component_of, finish, fold, replay, restore,
};
use kernel::port::TurnFault;

use crate::casefile::Player;
use crate::dice::Dice;
use crate::manners::Manners;
use crate::notation;
use crate::script::{Acted, Script};
use crate::turns::{Instance, NO, is_waiting, waiting};

const SEEDS: u64 = 400;

/// Any events in any order are taken or refused, and what was taken is consistent.
#[test]
fn folding_is_total() {
    let (mut taken, mut refused) = (0, BTreeSet::new());
    for seed in 0..SEEDS {
        let mut dice = Dice(seed);
        let mut state = State::New;
        for _ in 0..160 {
            let event = if dice.one_in(8) { Event::Started(Box::new(dice.started())) } else { dice.event() };
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
        Cancelled after the end
        Cancelled before the start
        Cancelled for what was not decided yet
        ComponentChanged after the end
        ComponentChanged before the start
        CustomStatusSet after the end
        CustomStatusSet before the start
        EntityLockRequested after the end
        EntityLockRequested before the start
        EntityLockRequested with an id that is not the index of the decision
        EntityLockRequested within a critical section
        EntityOperationCalled after the end
        EntityOperationCalled before the start
        EntityOperationCalled with an id that is not the index of the decision
        EntityOperationSignaled after the end
        EntityOperationSignaled before the start
        EntityUnlockSent after the end
        EntityUnlockSent before the start
        EntityUnlockSent for another critical section
        EventRaised after the end
        EventRaised before the start
        EventSent after the end
        EventSent before the start
        ExecutionCompleted after the end
        ExecutionCompleted before the start
        ExecutionResumed after the end
        ExecutionResumed before the start
        ExecutionRewound after the end
        ExecutionRewound before the end
        ExecutionRewound before the start
        ExecutionRewound for a task that had not just failed
        ExecutionStarted after the end
        ExecutionStarted twice
        ExecutionSuspended after the end
        ExecutionSuspended before the start
        ExecutionTerminated after the end
        ExecutionTerminated before the start
        OrchestratorStarted after the end
        OrchestratorStarted before the start
        OrchestratorStarted with more than had come in
        SubOrchestrationInstanceCreated after the end
        SubOrchestrationInstanceCreated before the start
        SubOrchestrationInstanceCreated with an id that is not the index of the decision
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
    let first_turn = live.started.spec.start_at.filter(|_| live.turns == 0 && live.gate == Gate::Open);
    let first = live.timers.values().copied().chain(first_turn).min();
    assert_eq!(retried.wake_at(), first, "once no attempt waits, the first timer is what wakes, or the first turn");
    assert!(retries.iter().all(|task| live.tasks.contains_key(task)));
    assert!(live.wake_at() <= first || first.is_none());
    assert!(live.tasks.keys().chain(live.timers.keys()).all(|id| id.0 < live.decisions));
    assert!(live.tasks.keys().all(|id| !live.timers.contains_key(id)));
    let section = live.section.as_ref();
    assert!(section.is_none_or(|section| section.stage == Stage::Asked || !live.tasks.contains_key(&section.lock)));
    assert!(live.rewindable().all(|id| !live.tasks.contains_key(&id) && !live.timers.contains_key(&id)));
}

/// What a guest did and was given, up to some record of the present execution.
#[derive(Clone, Default)]
struct Played {
    steps: Vec<Step>,
    given: Vec<Turn>,
}

/// An instance, and what was played up to each of its records.
struct Life {
    instance: Instance,
    played: Vec<Played>,
    rewinds: u32,
    renewals: u32,
    /// Critical sections that ended.
    sections: u32,
}

impl Life {
    fn commit(&mut self, finished: Finished, mut played: Played) {
        check_finished(&finished);
        let Finished { record, place, state, .. } = finished;
        if place == Place::First {
            self.played.clear();
            self.renewals += 1;
            played = Played::default();
        }
        if let (Some(step), State::Failed(_)) = (played.steps.last_mut(), &state) {
            // Should it be rewound, it waits instead; and what was refused was not decided.
            let decided = |event: &Event| matches!(event, Event::Failed { .. } | Event::CustomStatusSet { .. });
            let kept = record.events.iter().rev().skip_while(|event| decided(event));
            if kept.clone().next().is_some_and(|event| matches!(event, Event::TurnStarted { .. })) {
                step.decisions.clear();
            }
            step.status = waiting().status;
        }
        self.instance.append(record, place, state);
        self.played.push(played);
    }

    fn played(&self) -> Played {
        self.played.last().cloned().unwrap_or_default()
    }

    fn turn(&mut self, begun: Begun, dice: &mut Dice) {
        let mut played = self.played();
        let (manners, before) = match &self.instance.state {
            State::Live(live) => (Manners::of(live), live.section.as_deref().cloned()),
            State::New | State::Failed(_) | State::Ended(_) => (Manners::default(), None),
        };
        let answer = match begun.next {
            Next::Nothing => return,
            Next::Record => Answer::None,
            Next::First | Next::Turn => dice.answer(&begun, manners),
        };
        if begun.next == Next::Turn {
            played.given.push(Turn { now: begun.at, play: Play::Again, events: begun.given.clone() });
        }
        match &answer {
            Answer::None => {}
            Answer::Step(step) => played.steps.push(step.clone()),
            Answer::Fault(_) => played.steps.push(waiting()),
        }
        let came_in = begun.events.clone();
        let state = std::mem::replace(&mut self.instance.state, State::New);
        let finished = finish(state.clone(), self.instance.head.as_ref(), begun.clone(), answer.clone());
        let again = finish(state, self.instance.head.as_ref(), begun, answer);
        assert_eq!(finished, again, "once is twice");
        let finished = finished.expect("what was begun is never refused");
        check_section(before, &came_in, &finished);
        self.sections += u32::from(finished.send.iter().any(|(_, sent)| matches!(sent, Sent::Unlock(_))));
        self.commit(finished, played);
    }

    /// Takes a failure back, if it can be.
    fn rewind(&mut self, failed: &Live, at: Timestamp, dice: &mut Dice) -> bool {
        let tasks: Vec<_> = failed.rewindable().collect();
        if tasks.is_empty() {
            return false;
        }
        let mut played = self.played();
        // What was played since it was told of a failure, without any decision, counts as never played.
        let settled = played.steps.iter().rposition(|step| !step.decisions.is_empty()).unwrap_or(0);
        let told = |turn: &Turn| turn.events.iter().any(|event| matches!(event, Inbound::TaskFailed { .. }));
        if let Some(first) = played.given.iter().skip(settled).position(told) {
            played.given.truncate(settled + first);
            played.steps.truncate(1 + settled + first);
        }
        let event = Event::Rewound { reason: dice.value(), tasks };
        let state = fold(self.instance.state.clone(), at, &event).expect("what is rewindable can be rewound");
        self.rewinds += 1;
        self.commit(Finished::rewound(Record { at, events: vec![event] }, state), played);
        true
    }
}

/// Plays an instance by dice until it ends or has lived long enough.
fn live(dice: &mut Dice) -> Life {
    let mut life = Life { instance: Instance::begin(), played: Vec::new(), rewinds: 0, renewals: 0, sections: 0 };
    let mut now = Timestamp(1_000);
    life.turn(Begun::start(dice.started(), now), dice);
    for _ in 0..dice.below(60) {
        now = if dice.one_in(10) { Timestamp(now.0.saturating_sub(100)) } else { now + Millis(dice.below(60)) };
        match &mut life.instance.state {
            State::Live(live) => {
                live.begin_due_retries(now);
                if dice.one_in(40) {
                    let finished =
                        Finished::repinned(now.max(live.turn_at), notation::named("next.wasm"), live.clone());
                    let played = life.played();
                    life.commit(finished, played);
                    continue;
                }
                let gate = if dice.one_in(8) { Gate::Closed } else { Gate::Open };
                let messages = dice.messages(live);
                let again = begin(live, messages.clone(), gate, now);
                let begun = begin(live, messages, gate, now);
                assert_eq!(begun, again, "once is twice");
                life.turn(begun, dice);
            }
            State::Failed(failed) => {
                let failed = failed.clone();
                let at = life.instance.head.as_ref().map_or(now, |head| now.max(head.updated));
                if dice.one_in(6) || !life.rewind(&failed, at, dice) {
                    break;
                }
            }
            State::New | State::Ended(_) => break,
        }
    }
    life
}

/// Only tasks that are open are run, and what is stopped is not open any more.
fn check_finished(finished: &Finished) {
    let Finished { state, run, stop, place, .. } = finished;
    match state {
        State::Live(live) => {
            assert!(run.iter().all(|task| live.tasks.get(task).is_some_and(|open| open.phase == TaskPhase::Running)));
            assert!(stop.iter().all(|(task, _)| *place == Place::First || !live.tasks.contains_key(task)));
        }
        State::New | State::Failed(_) | State::Ended(_) => assert_eq!(run, &[]),
    }
}

/// The entities of a critical section hear of its end exactly when it is over, whatever ended it; and those of one that
/// begins hear of that.
fn check_section(before: Option<Section>, came_in: &[Event], finished: &Finished) {
    let Finished { record, state, run, send, .. } = finished;
    let after = if let State::Live(live) = state { live.section.as_deref() } else { None };
    let over = before.filter(|before| after.is_none_or(|after| after.lock != before.lock));
    let told: Vec<_> =
        send.iter().filter_map(|(_, s)| if let Sent::Unlock(it) = s { Some(it) } else { None }).collect();
    let expect = over.map(|Section { lock, set, stage }| {
        let granted = |event: &Event| matches!(event, Event::TaskCompleted { task, .. } if *task == lock);
        let granted = stage == Stage::Granted || came_in.iter().any(granted);
        Released { lock, set, hops: if granted { Hops::One } else { Hops::Onward } }
    });
    assert_eq!(told, Vec::from_iter(&expect));
    let asked = record.events.iter().filter_map(|event| match event {
        Event::LockRequested { task, .. } => Some(task),
        _ => None,
    });
    let goes_on = |task: &&TaskId| after.is_some_and(|section| section.lock == **task);
    assert_eq!(
        asked.filter(goes_on).collect::<Vec<_>>(),
        run.iter().filter(goes_on).collect::<Vec<_>>(),
        "a section that is asked for and not over is begun"
    );
}

#[test]
fn random_lives() {
    let (mut statuses, mut rewinds, mut renewals, mut sections) = (BTreeMap::<Status, u32>::new(), 0, 0, 0);
    for seed in 0..SEEDS {
        let mut life = live(&mut Dice(seed));
        let head = life.instance.head.clone().expect("it was started");
        check_restored(seed, &mut life.instance);
        let records = &life.instance.records;
        let turns = records.iter().filter(|r| r.events.iter().any(|event| matches!(event, Event::TurnStarted { .. })));
        assert!(turns.map(|record| record.at).is_sorted(), "seed {seed}: the time of an instance never goes back");
        for event in records.iter().flat_map(|record| &record.events) {
            assert_eq!(notation::event(&notation::show(event), 0).as_ref(), Ok(event), "the notation says everything");
        }
        let export = Export { records: records.clone() };
        assert_eq!(
            Export::from_json(&export.to_json()).as_ref(),
            Ok(&export),
            "seed {seed}: an export says everything"
        );
        for len in 1..=records.len() {
            check_cold(seed, &records[..len], &life.played[len - 1]);
        }
        if head.status == Status::Running {
            check_divergence(seed, records, &life.played());
        }
        *statuses.entry(head.status).or_default() += 1;
        (rewinds, renewals, sections) = (rewinds + life.rewinds, renewals + life.renewals, sections + life.sections);
    }
    assert_eq!(statuses.len(), 6, "every status was reached: {statuses:?}");
    assert!(rewinds > 50 && renewals > 50, "{rewinds} rewinds and {renewals} renewals");
    assert!(sections > 100, "{sections} critical sections");
}

/// What was extended row by row is what reading all rows gives.
fn check_restored(seed: u64, instance: &mut Instance) {
    let head = instance.head.as_ref().expect("it was started");
    let restored = restore(NO, Link { seq: head.last, sum: head.sum }, &instance.rows);
    let mut restored = restored.expect("what was written can be read");
    // That an attempt began again is not recorded: what was read waits for it still.
    restored.head.wake_at = head.wake_at;
    let mut state = instance.state.clone();
    for state in [&mut state, &mut restored.state] {
        match state {
            State::Live(live) => drop(live.begin_due_retries(Timestamp(u64::MAX))),
            State::Failed(live) => drop(live.begin_due_retries(Timestamp(u64::MAX))),
            State::New | State::Ended(_) => {}
        }
    }
    assert_eq!(restored.records, instance.records, "seed {seed}");
    assert_eq!((&restored.head, &restored.state), (head, &state), "seed {seed}");
}

fn replayed(script: &Script, records: &[Record]) -> Result<(), Held> {
    let component = component_of(records).expect("a history has a start");
    replay(script, component, records).map(|_| ())
}

fn acted(steps: &[Step]) -> Vec<Acted> {
    steps.iter().cloned().map(Acted::Step).collect()
}

/// Whatever row is the last, a session that replays the history is given what the warm one was given, and one that
/// decides the same again is believed.
fn check_cold(seed: u64, records: &[Record], played: &Played) {
    let is_live = records.last().is_some_and(|record| record.ended().is_none());
    if !is_live || played.steps.is_empty() || !played.steps.iter().all(is_waiting) {
        return;
    }
    let script = Script::new(acted(&played.steps));
    let outcome = replayed(&script, records);
    assert!(outcome.is_ok(), "seed {seed}, {} records: {}", records.len(), outcome.expect_err("it is no success"));
    assert_eq!(script.given(), played.given, "seed {seed}, {} records", records.len());
}

/// A guest that decides otherwise once is caught at that decision.
fn check_divergence(seed: u64, records: &[Record], played: &Played) {
    let steps = &played.steps;
    let places = (0..steps.len()).flat_map(|turn| (0..steps[turn].decisions.len()).map(move |place| (turn, place)));
    for (number, (turn, place)) in places.enumerate() {
        let mut other = steps.clone();
        other[turn].decisions[place] = Decision::CreateTimer { fire_at: Timestamp(u64::MAX) };
        let Err(Held::Diverged(found)) = replayed(&Script::new(acted(&other)), records) else {
            panic!("seed {seed}: another decision {number} goes unnoticed");
        };
        assert_eq!(TaskId(found.decision), TaskId(number as u32), "seed {seed}: {found}");
        let mut faulty = acted(steps);
        faulty[turn] = Acted::Fault(TurnFault::Guest(Failure::host("dacapo:trap", "unreachable")));
        assert!(matches!(replayed(&Script::new(faulty), records), Err(Held::Diverged(_))), "seed {seed}");
    }
}
