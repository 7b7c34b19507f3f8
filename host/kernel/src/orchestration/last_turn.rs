//! Playing a whole history again, the turn that ended it too. A host never does: it is for authors who try a build.
//!
//! What the guest does in that turn goes the way that it went when it was recorded, through [`finish`], so that a failure
//! which the host gave for it is found again as well.

use super::begin::{Begun, Next};
use super::divergence::{Divergence, Held, describe, excerpt};
use super::finish::{Answer, Place, finish, fold_all};
use super::fold::{IllegalEvent, State};
use super::replay::{beginning, component_of, decision_of, replay, start_of, turns_of};
use crate::model::{ComponentDigest, Event, Play, Reach, Record, Step, kind};
use crate::port::{Sandbox, Session, TurnFault};

/// Plays a history as [`replay`] does, and then the turn that ended it, if one did. What that turn decides and how it
/// ends must be what is recorded; of a failure that the host gave, only the kind.
pub fn replay_to_end<S: Sandbox>(sandbox: &S, component: ComponentDigest, records: &[Record]) -> Result<(), Held> {
    let Some(ending) = Ending::of(records) else { return replay(sandbox, component, records).map(drop) };
    let started = beginning(records)?;
    let known = ending.known();
    let turn = turns_of(records).pop().expect("an ending has a turn");
    let played = match turns_of(&known).into_iter().next() {
        Some(_) => replay(sandbox, component, &known)?.advance(&[turn]),
        None => sandbox.open(component, &start_of(started, turn.now, Play::Again)).map(|(_, step)| step),
    };
    let sources = played.as_ref().map_or_else(|_| Vec::new(), |step| step.sources.clone());
    let decided = ending.decided(played)?;
    let Some(difference) = ending.compare(&decided) else { return Ok(()) };
    let before = known.iter().flat_map(|record| &record.events).filter(|event| decision_of(event).is_some()).count();
    Err(Held::Diverged(Box::new(Divergence {
        instance: started.id.clone(),
        function: started.spec.name.clone(),
        decision: u32::try_from(before + difference.place).unwrap_or(u32::MAX),
        event: difference.event,
        recorded: Some(difference.recorded),
        decided: difference.decided,
        source: sources.into_iter().nth(difference.place).filter(|source| !source.is_empty()),
        recorded_by: component_of(records).unwrap_or(started.component),
        played_by: component,
    })))
}

/// A history that a turn ended.
struct Ending<'a> {
    before: &'a [Record],
    last: &'a Record,
    /// How many events of the last record lead to the turn, which is the last of them.
    leading: usize,
}

/// What the turn came to when it was played now.
enum Decided {
    Events(Vec<Event>),
    ContinuedAsNew,
}

/// The first place in which the turn differs from the recorded one.
struct Difference {
    /// Counted in decisions of the turn, from 0.
    place: usize,
    /// The number of the event in the history.
    event: u64,
    recorded: String,
    decided: Option<String>,
}

impl<'a> Ending<'a> {
    fn of(records: &'a [Record]) -> Option<Self> {
        let (last, before) = records.split_last()?;
        last.ended()?;
        let turn = last.events.iter().position(|event| matches!(event, Event::TurnStarted { .. }))?;
        Some(Self { before, last, leading: turn + 1 })
    }

    /// The history without the turn.
    fn known(&self) -> Vec<Record> {
        let inbound = self.last.events[..self.leading - 1].to_vec();
        self.before.iter().cloned().chain([Record { at: self.last.at, events: inbound }]).collect()
    }

    fn decided(&self, played: Result<Step, TurnFault>) -> Result<Decided, Held> {
        let answer = match played {
            Ok(step) => Answer::Step(step),
            Err(TurnFault::Guest(failure)) => Answer::Fault(failure),
            Err(TurnFault::Unavailable(text)) => return Err(Held::Unavailable(text)),
            Err(TurnFault::Blob { blob, why }) => return Err(Held::Blob { blob, why }),
        };
        let contradicts = |error: IllegalEvent| Held::Unavailable(format!("the history contradicts itself: {error}"));
        let mut state = State::New;
        for record in self.before {
            state = fold_all(state, record.at, &record.events).map_err(contradicts)?;
        }
        let events = self.last.events[..self.leading].to_vec();
        let (at, given) = (self.last.at, Vec::new());
        let begun = Begun { at, events, next: Next::Turn, given, stale: 0, reach: Reach::Alone };
        let mut finished = finish(state, None, begun, answer).map_err(contradicts)?;
        Ok(match finished.place {
            Place::Next => Decided::Events(finished.record.events.split_off(self.leading)),
            Place::First => Decided::ContinuedAsNew,
        })
    }

    fn compare(&self, decided: &Decided) -> Option<Difference> {
        let before: usize = self.before.iter().map(|record| record.events.len()).sum();
        let numbered = (1..).zip(&self.last.events).skip(self.leading).filter(|(_, event)| counts(event));
        let mut ours = match decided {
            Decided::Events(events) => events.as_slice(),
            Decided::ContinuedAsNew => &[],
        }
        .iter()
        .filter(|event| counts(event));
        for (place, (number, recorded)) in numbered.enumerate() {
            let decided_here = ours.next();
            if agrees(recorded, decided_here) {
                continue;
            }
            let decided = match (decided_here, decided) {
                (Some(event), _) => Some(told(event, Some(recorded))),
                (None, Decided::ContinuedAsNew) => Some("continued as new".to_owned()),
                (None, Decided::Events(_)) => None,
            };
            let event = before as u64 + number;
            return Some(Difference { place, event, recorded: told(recorded, decided_here), decided });
        }
        None
    }
}

/// Whether an event is compared: decisions and the end are.
fn counts(event: &Event) -> bool {
    decision_of(event).is_some() || matches!(event, Event::Completed { .. } | Event::Failed { .. })
}

fn agrees(recorded: &Event, decided: Option<&Event>) -> bool {
    match (recorded, decided) {
        // Where a trap is and what it says depend on the build.
        (Event::Failed { failure: then }, Some(Event::Failed { failure: now }))
            if then.kind.starts_with(kind::PREFIX) =>
        {
            then.kind == now.kind
        }
        // How large the history was on disk is not known here.
        (Event::Failed { failure }, None) => failure.kind == kind::LIMIT,
        (recorded, decided) => Some(recorded) == decided,
    }
}

fn told(event: &Event, other: Option<&Event>) -> String {
    match event {
        Event::Completed { output } => {
            let other =
                other.and_then(|other| if let Event::Completed { output } = other { Some(output) } else { None });
            format!("completed with {}", excerpt(output, other))
        }
        Event::Failed { failure } => format!("failed with {failure}"),
        event => decision_of(event).map_or_else(
            || event.name().to_owned(),
            |decision| describe(&decision, other.and_then(decision_of).as_ref()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Decision, Execution, Failure, FunctionName, Inbound, InstanceId, Payload, Start, StartSpec, Started,
        StepStatus, Tags, TaskId, Timestamp, Turn,
    };
    use crate::orchestration::EngineRules;

    /// A guest that does in each turn what it was told to do.
    #[derive(Clone)]
    struct Script(Vec<Result<Step, TurnFault>>);

    impl Sandbox for Script {
        type Session = Self;

        fn open(&self, _: ComponentDigest, start: &Start) -> Result<(Self, Step), TurnFault> {
            assert_eq!(start.play, Play::Again);
            let mut turns = self.0.clone();
            let step = turns.remove(0)?;
            Ok((Self(turns), step))
        }
    }

    impl Session for Script {
        fn advance(&mut self, turns: &[Turn]) -> Result<Step, TurnFault> {
            assert_eq!(turns.len(), 1);
            assert_eq!(turns[0].events, [Inbound::TaskCompleted { task: TaskId(0), output: json("1") }]);
            self.0.remove(0)
        }
    }

    fn json(text: &str) -> Payload {
        Payload::trusted(text.as_bytes())
    }

    fn failure(kind: &str, message: &str) -> Failure {
        Failure::host(kind, message)
    }

    fn call(name: &str) -> Decision {
        let name = FunctionName::parse(name).unwrap();
        Decision::ScheduleActivity { name, input: json("1"), options: Default::default() }
    }

    fn scheduled(task: u32, name: &str) -> Event {
        let name = FunctionName::parse(name).unwrap();
        Event::TaskScheduled { task: TaskId(task), name, input: json("1"), options: Default::default() }
    }

    fn step(decisions: Vec<Decision>, status: StepStatus) -> Result<Step, TurnFault> {
        let sources = decisions.iter().map(|_| "lib.rs:7".to_owned()).collect();
        Ok(Step { decisions, sources, status, custom_status: None, logs: Vec::new() })
    }

    fn waits() -> StepStatus {
        StepStatus::Waiting { events: Vec::new() }
    }

    fn begun() -> Event {
        let spec = StartSpec {
            name: FunctionName::parse("f").unwrap(),
            input: json("null"),
            version: None,
            tags: Tags::default(),
            trace: None,
            start_at: None,
            parent: None,
        };
        Event::Started(Box::new(Started {
            id: InstanceId::parse("i").unwrap(),
            execution: Execution::FIRST,
            created: Timestamp(0),
            component: ComponentDigest([1; 32]),
            seed: 7,
            rules: EngineRules::CURRENT.0,
            spec,
        }))
    }

    /// A history of two turns: one activity is called, and the second turn leads to these events.
    fn two_turns(end: &[Event]) -> Vec<Record> {
        let first = vec![begun(), Event::TurnStarted { takes: 0 }, scheduled(0, "a")];
        let mut second = vec![Event::TaskCompleted { task: TaskId(0), output: json("1") }];
        second.push(Event::TurnStarted { takes: 1 });
        second.extend_from_slice(end);
        vec![Record { at: Timestamp(0), events: first }, Record { at: Timestamp(5), events: second }]
    }

    fn check(records: &[Record], turns: Vec<Result<Step, TurnFault>>, expect: &str) {
        let got = match replay_to_end(&Script(turns), ComponentDigest([2; 32]), records) {
            Ok(()) => "ok".to_owned(),
            Err(held) => held.to_string(),
        };
        assert!(got.contains(expect), "{got:?} has no {expect:?}");
    }

    #[test]
    fn the_last_turn_is_compared_too() {
        let last = |end: &[Event], played: Result<Step, TurnFault>, expect: &str| {
            check(&two_turns(end), vec![step(vec![call("a")], waits()), played], expect);
        };
        let completed = |text: &str| Event::Completed { output: json(text) };
        let failed = |failure: Failure| Event::Failed { failure };
        let completes = |text: &str| step(Vec::new(), StepStatus::Completed(json(text)));
        let fails = |failure: Failure| step(Vec::new(), StepStatus::Failed(failure));
        let faults = |failure: Failure| Err(TurnFault::Guest(failure));
        last(&[completed("1")], completes("1"), "ok");
        last(
            &[completed("1")],
            completes("2"),
            "at event 6 (decision 1) the history has completed with 1 and the code has completed with 2",
        );
        last(&[completed("1")], step(vec![call("b")], waits()), "the code has schedule-activity b(1) at lib.rs:7");
        last(&[completed("1")], step(Vec::new(), waits()), "the code has failed with dacapo:stalled");
        let again = StepStatus::ContinuedAsNew { input: json("1"), carried: Vec::new() };
        last(&[completed("1")], step(Vec::new(), again), "the code has continued as new");
        let two = [scheduled(1, "b"), completed("1")];
        last(&two, step(vec![call("b")], StepStatus::Completed(json("1"))), "ok");
        last(&two, completes("1"), "the history has schedule-activity b(1) and the code has completed with 1");
        last(&[failed(failure("declined", "no"))], fails(failure("declined", "no")), "ok");
        last(&[failed(failure("declined", "no"))], fails(failure("declined", "maybe")), "declined: maybe");
        last(&[failed(failure("dacapo:trap", "at 3"))], faults(failure("dacapo:trap", "at 4")), "ok");
        last(&[failed(failure("dacapo:trap", "at 3"))], completes("1"), "failed with dacapo:trap: at 3");
        last(&[failed(failure("dacapo:stalled", "x"))], step(Vec::new(), waits()), "ok");
        let many = step(vec![call("b"); 10_001], waits());
        last(&[failed(failure("dacapo:limit", "x"))], many, "ok");
        last(&[scheduled(1, "b"), failed(failure("dacapo:limit", "bytes"))], step(vec![call("b")], waits()), "ok");
        last(&[completed("1")], Err(TurnFault::Unavailable("gone".to_owned())), "gone");
    }

    #[test]
    fn the_turns_before_it_are_compared_as_ever() {
        let end = [Event::Completed { output: json("1") }];
        let earlier = vec![step(vec![call("z")], waits())];
        check(&two_turns(&end), earlier, "at event 3 (decision 0) the history has schedule-activity a");
        let only = vec![begun(), Event::TurnStarted { takes: 0 }, end[0].clone()];
        let only = [Record { at: Timestamp(0), events: only }];
        check(&only, vec![step(Vec::new(), StepStatus::Completed(json("1")))], "ok");
        check(&only, vec![step(Vec::new(), StepStatus::Completed(json("2")))], "at event 3 (decision 0)");
        let terminated = [Event::Terminated { reason: json("null") }];
        let stopped = Record { at: Timestamp(9), events: terminated.to_vec() };
        let stopped = [two_turns(&[])[0].clone(), stopped];
        check(&stopped, vec![step(vec![call("a")], waits())], "ok");
    }
}
