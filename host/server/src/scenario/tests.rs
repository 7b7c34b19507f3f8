//! Scenarios that plain Rust plays: what the world does with them, and what is said when it cannot.

use std::path::Path;

use expect_test::{Expect, expect};
use kernel::model::{
    ActivityOptions, ComponentDigest, Decision, EntityBatch, EntityId, EntityState, Event, EventName, Failure,
    Function, FunctionKind, FunctionName, Inbound, NewState, OperationDone, OperationName, Outcome, Payload, Play,
    Start, Step, StepStatus, Timestamp, Turn,
};
use kernel::partition::TaskRun;
use kernel::port::{self, TurnFault};

use super::stage::{Actor, Stage};
use super::{Cast, Problem, file, judge};

const COMPONENT: ComponentDigest = ComponentDigest([7; 32]);

/// A stage on which functions of Rust play.
struct Puppets(Cast);

/// An orchestration: what it was told, and whether it was told any of it before.
struct Puppet {
    name: FunctionName,
    input: Payload,
    told: Vec<Inbound>,
    was_replayed: bool,
}

/// An entity that counts in its state, and in itself, where it must not.
#[derive(Default)]
struct Counter {
    kept: u64,
}

fn puppets() -> Puppets {
    let function = |kind, name: &str| Function {
        name: FunctionName::parse(name).unwrap(),
        kind,
        doc: None,
        input_schema: None,
        output_schema: None,
        defaults: ActivityOptions::default(),
    };
    let orchestrators = ["call", "listen", "parent", "moody", "liar", "count", "cheat", "endless"];
    let mut functions = orchestrators.map(|name| function(FunctionKind::Orchestrator, name)).to_vec();
    functions.push(function(FunctionKind::Activity, "say"));
    functions.push(function(FunctionKind::Entity, "counter"));
    let mut cast = Cast::default();
    cast.add(COMPONENT, &functions);
    Puppets(cast)
}

impl port::Sandbox for Puppets {
    type Session = Puppet;

    fn open(&self, _: ComponentDigest, start: &Start) -> Result<(Puppet, Step), TurnFault> {
        let was_replayed = start.play == Play::Again;
        let mut puppet =
            Puppet { name: start.name.clone(), input: start.input.clone(), told: Vec::new(), was_replayed };
        let step = puppet.step(start.now);
        Ok((puppet, step))
    }
}

impl port::Session for Puppet {
    fn advance(&mut self, turns: &[Turn]) -> Result<Step, TurnFault> {
        let mut all = waiting(Vec::new(), &[]);
        for turn in turns {
            self.was_replayed |= turn.play == Play::Again;
            self.told.extend(turn.events.iter().cloned());
            let step = self.step(turn.now);
            all.decisions.extend(step.decisions);
            all.status = step.status;
        }
        Ok(all)
    }
}

impl Puppet {
    fn step(&mut self, now: Timestamp) -> Step {
        let calls = |name: &str, operation: &str| Decision::CallEntity {
            to: EntityId::new("counter", name).unwrap(),
            name: OperationName::parse(operation).unwrap(),
            input: Payload::null(),
        };
        let say = |input: &Payload| Decision::ScheduleActivity {
            name: FunctionName::parse("say").unwrap(),
            input: input.clone(),
            options: ActivityOptions::default(),
        };
        let listen = Decision::StartChild {
            name: FunctionName::parse("listen").unwrap(),
            input: self.input.clone(),
            options: kernel::model::ChildOptions::default(),
        };
        let timer = |ms| Decision::CreateTimer { fire_at: now + kernel::model::Millis(ms) };
        let number = |text: &str| Payload::trusted(text.as_bytes());
        match (self.name.as_str(), &self.told[..]) {
            ("call", []) => waiting(vec![say(&self.input)], &[]),
            ("listen", []) => waiting(vec![], &["go"]),
            ("parent", []) => waiting(vec![listen], &[]),
            ("count", []) => waiting(vec![calls("a", "add")], &[]),
            ("cheat", []) => waiting(vec![calls("a", "cheat")], &[]),
            ("cheat", [_]) => waiting(vec![calls("a", "cheat")], &[]),
            ("moody", []) => waiting(vec![timer(1_000)], &[]),
            ("moody", [_]) => done(number(if self.was_replayed { "1" } else { "2" })),
            ("liar", []) if self.was_replayed => waiting(vec![timer(2_000)], &[]),
            ("liar", []) => waiting(vec![timer(1_000)], &[]),
            ("endless", _) => waiting(vec![timer(86_400_000)], &[]),
            (_, [.., Inbound::TaskCompleted { output, .. }]) => done(output.clone()),
            (_, [.., Inbound::TaskFailed { failure, .. }]) => ended(StepStatus::Failed(Failure::from_guest(
                failure.kind.clone(),
                failure.message.clone(),
                None,
                true,
                Vec::new(),
            ))),
            (_, [.., Inbound::Raised(raised)]) => done(raised.input.clone()),
            (_, _) => done(Payload::null()),
        }
    }
}

fn waiting(decisions: Vec<Decision>, events: &[&str]) -> Step {
    let events = events.iter().map(|name| EventName::parse(name).unwrap()).collect();
    Step { decisions, ..ended(StepStatus::Waiting { events }) }
}

fn done(output: Payload) -> Step {
    ended(StepStatus::Completed(output))
}

fn ended(status: StepStatus) -> Step {
    Step { decisions: Vec::new(), sources: Vec::new(), status, custom_status: None, logs: Vec::new() }
}

impl Stage for Puppets {
    type Actor = Counter;

    fn cast(&self) -> &Cast {
        &self.0
    }

    fn actor(&self, _: ComponentDigest) -> Result<Counter, TurnFault> {
        Ok(Counter::default())
    }

    fn run(&self, run: &TaskRun, _: Timestamp) -> Result<Payload, Failure> {
        Ok(run.input.clone())
    }
}

impl Actor for Counter {
    fn apply(&mut self, batch: &EntityBatch) -> Result<Outcome, TurnFault> {
        let state = batch.state.as_ref().map_or(0, |state| state.data.shown().parse().unwrap());
        let (mut sum, mut results) = (state, Vec::new());
        for operation in &batch.operations {
            self.kept += 1;
            sum += 1;
            let output = if operation.operation.name.as_str() == "cheat" { self.kept } else { sum };
            let output = Payload::trusted(output.to_string().as_bytes());
            results.push(Ok(OperationDone { output, effects: Vec::new() }));
        }
        let data = Payload::trusted(sum.to_string().as_bytes());
        let state = NewState::Set(EntityState { data, version: 0 });
        Ok(Outcome { results, state, logs: Vec::new() })
    }
}

/// What is wrong with a scenario of these lines.
fn check(lines: &str, expect: Expect) {
    let text = format!("[[scenario]]\nname = 'a'\n{lines}");
    let scenarios = file::parse(&text, Path::new("a.toml")).unwrap();
    let show = |records: &[kernel::model::Record]| {
        let line = |event: &Event| match event {
            Event::TaskCompleted { output, .. } => format!("{} {}", event.name(), output.shown()),
            event => event.name().to_owned(),
        };
        records.iter().flat_map(|record| &record.events).map(line).collect::<Vec<_>>().join("\n")
    };
    let (run, problems) = judge(&puppets(), &scenarios[0], show);
    let problems = problems.iter().map(|problem| match problem {
        Problem::Trouble(text) => format!("{text}\n"),
        Problem::Mismatch(mismatch) => format!("{mismatch:?}\n"),
    });
    let ended = format!("{} after {} ms\n", run.status.as_str(), run.elapsed.0);
    expect.assert_eq(&(ended + &problems.collect::<String>()));
}

#[test]
fn answers() {
    let call = |lines: &str| format!("orchestrator = 'call'\ninput = 3\n{lines}");
    check(
        &call("activities.say = { output = 4 }\nexpect.output = 4"),
        expect![[r#"
        Completed after 0 ms
    "#]],
    );
    check(
        &call("activities.say = { run = true }\nexpect.output = 3"),
        expect![[r#"
        Completed after 0 ms
    "#]],
    );
    check(
        &call("activities.say = { output = 4, after = '5s' }\nexpect = { output = 4, elapsed = '5s' }"),
        expect![[r#"
            Completed after 5000 ms
        "#]],
    );
    check(
        &call("activities.say = { output = 4, after = '5m' }\nexpect.failure.because = 'dacapo:timeout'"),
        expect![[r#"
            Failed after 60000 ms
        "#]],
    );
    check(
        &call("activities.say.failure = { kind = 'k', message = 'm' }\nexpect.failure = { kind = 'k', message = 'm' }"),
        expect![[r#"
            Failed after 0 ms
        "#]],
    );
    check(
        &call("activities.say = { output = 4 }\nexpect.output = 5"),
        expect![[r#"
        Completed after 0 ms
        Mismatch { what: "output", expected: "5", came: "4" }
    "#]],
    );
    check(
        &call(""),
        expect![[r#"
        Running after 0 ms
        activity say is asked with 3 and has no answer; write one: activities.say = { output = … }, or { run = true } to run the deployed one
    "#]],
    );
    check(
        &call("activities.say = [{ output = 4 }, { output = 5 }]"),
        expect![[r#"
            Completed after 0 ms
            activity say has 2 answers, of which 1 were asked for
        "#]],
    );
    check(
        "orchestrator = 'nobody'",
        expect![[r#"
        Pending after 0 ms
        no component has an orchestrator nobody; there are: call, listen, parent, moody, liar, count, cheat, endless
    "#]],
    );
}

#[test]
fn time() {
    check(
        "orchestrator = 'listen'\nevent = [{ at = '3d', name = 'go', data = 7 }]\nexpect = { output = 7, elapsed = '3d' }",
        expect![[r#"
            Completed after 259200000 ms
        "#]],
    );
    check(
        "orchestrator = 'listen'\nexpect.status = 'Running'",
        expect![[r#"
        Running after 0 ms
    "#]],
    );
    check(
        "orchestrator = 'listen'\nevent = [{ name = 'go' }, { at = '1s', name = 'go' }]",
        expect![[r#"
        Completed after 0 ms
        the event go at 1s is for nobody: test is Completed by then
    "#]],
    );
    check(
        "orchestrator = 'listen'\nevent = [{ name = 'go', to = 'other' }]",
        expect![[r#"
        Running after 0 ms
        the event go at 0s is for nobody: there is no instance other
    "#]],
    );
    check(
        "orchestrator = 'listen'\nterminate = [{ at = '2s', reason = 'r' }]\nexpect = { status = 'Terminated', output = 'r' }",
        expect![[r#"
            Terminated after 2000 ms
        "#]],
    );
    check(
        "orchestrator = 'listen'\nsuspend = [{ at = '2s' }]\nresume = [{ at = '4s' }]\nevent = [{ at = '3s', name = 'go' }]\nexpect.elapsed = '4s'",
        expect![[r#"
            Completed after 4000 ms
        "#]],
    );
    check(
        "orchestrator = 'endless'",
        expect![[r#"
        Running after 632534400000 ms
        it has not ended after 7321d of its time; say how far to look: until = "1h"
    "#]],
    );
    check(
        "orchestrator = 'endless'\nuntil = '36h'\nexpect = { status = 'Running', elapsed = '36h' }",
        expect![[r#"
            Running after 129600000 ms
        "#]],
    );
}

#[test]
fn others() {
    check(
        "orchestrator = 'parent'\nchildren.listen = { output = 1, after = '1h' }\nexpect = { output = 1, elapsed = '1h' }",
        expect![[r#"
            Completed after 3600000 ms
        "#]],
    );
    check(
        "orchestrator = 'parent'\nchildren.listen.failure.kind = 'k'\nexpect.failure.because = 'dacapo:child-failed'",
        expect![[r#"
            Failed after 0 ms
        "#]],
    );
    check(
        "orchestrator = 'parent'",
        expect![[r#"
        Running after 0 ms
        it has not ended and nothing more can happen: 0000000000000000:0 waits for the event go
    "#]],
    );
    check(
        "orchestrator = 'count'\nentities.'@counter@a' = 4\nexpect = { output = 5, entities = { '@counter@a' = 5, '@counter@b' = 1 } }",
        expect![[r#"
            Completed after 0 ms
            Mismatch { what: "@counter@b", expected: "1", came: "null" }
        "#]],
    );
}

#[test]
fn code_that_does_not_replay() {
    check(
        "orchestrator = 'liar'",
        expect![[r#"
        Completed after 1000 ms
        played again from its history, the code does not do what the history says:
          instance     test
          function     liar
          event        3 (decision 0)
          history has  create-timer 1767225601000
          code has     create-timer 1767225602000
    "#]],
    );
    check(
        "orchestrator = 'moody'",
        expect![[r#"
        Completed after 1000 ms
        played again from its history, the code does not do what the history says:
          instance     test
          function     moody
          event        6 (decision 1)
          history has  completed with 2
          code has     completed with 1
    "#]],
    );
    check(
        "orchestrator = 'cheat'\nexpect.output = 2",
        expect![[r#"
            Completed after 0 ms
            played again with the session dropped before each turn, something else comes of it:
              TaskCompleted 1
              OrchestratorStarted
              EntityOperationCalled
            - TaskCompleted 2
            + TaskCompleted 1
              OrchestratorStarted
              ExecutionCompleted
        "#]],
    );
    check(
        "orchestrator = 'moody'\nexpect.history = 'x'",
        expect![[r#"
            Completed after 1000 ms
            played again from its history, the code does not do what the history says:
              instance     test
              function     moody
              event        6 (decision 1)
              history has  completed with 2
              code has     completed with 1
            Mismatch { what: "history", expected: "x", came: "ExecutionStarted\nOrchestratorStarted\nTimerCreated\nTimerFired\nOrchestratorStarted\nExecutionCompleted" }
        "#]],
    );
}
