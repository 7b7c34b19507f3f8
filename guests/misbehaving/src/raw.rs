//! What the SDK does not let an author do: lies about decisions and payloads that are not JSON.
//!
//! These functions speak the contract directly. Every other call goes on to [`COMPONENT`].

use std::cell::RefCell;

use dacapo::{
    Session,
    bindings::{
        activity::{self, Invocation},
        entity::{self, Done, Effect, NewState, Operation, Outcome, State},
        functions::{self, Function, Kind},
        orchestrator::{
            self, CallEntity, ContinueAsNew, Decision, EventRaised, ScheduleActivity, SendEvent, SignalEntity, Start,
            StartChild, Status, Step, Turn,
        },
        types::{ActivityOptions, EntityId, Failure},
    },
};

use crate::{COMPONENT, steadfast::build};

/// Functions that exist only here, and what they do.
const FUNCTIONS: &[(&str, Kind, &str)] = &[
    ("returns_invalid_json", Kind::Orchestrator, "Completes with half a JSON text."),
    ("returns_deep_json", Kind::Orchestrator, "Completes with a thousand nested lists."),
    ("sends_invalid_json", Kind::Orchestrator, "Calls `echo` with half a JSON text."),
    ("shows_invalid_json", Kind::Orchestrator, "Sets half a JSON text as its custom status."),
    ("sends_invalid_event", Kind::Orchestrator, "Sends an event that is half a JSON text."),
    ("sends_unnamed_event", Kind::Orchestrator, "Sends an event without a name."),
    ("starts_child_with_invalid_json", Kind::Orchestrator, "Starts `behaves` with half a JSON text."),
    ("starts_child_with_bad_id", Kind::Orchestrator, "Starts `behaves` with an id that is none."),
    ("continues_with_invalid_json", Kind::Orchestrator, "Continues as new with half a JSON text."),
    ("carries_invalid_json", Kind::Orchestrator, "Continues as new and carries an event that is half a JSON text."),
    ("cancels_what_is_not", Kind::Orchestrator, "Cancels a task that it never asked for."),
    ("cancels_itself", Kind::Orchestrator, "Cancels its own cancellation."),
    ("waits_for_unnamed_event", Kind::Orchestrator, "Says that it waits for an event without a name."),
    ("waits_for_nothing", Kind::Orchestrator, "Says that it waits, but nothing is open."),
    ("lies_when_replayed", Kind::Orchestrator, "Calls `echo`; in a replay by build 1 it sets a timer instead."),
    ("forgets_when_replayed", Kind::Orchestrator, "Calls `echo`; in a replay it decides nothing."),
    ("counts_its_calls", Kind::Orchestrator, "Calls `echo` in each call of `open` or `advance`, not in each turn."),
    ("locks_within_lock", Kind::Orchestrator, "Locks an entity, and then another one."),
    ("locks_nothing", Kind::Orchestrator, "Locks no entity."),
    ("locks_too_much", Kind::Orchestrator, "Locks 101 entities."),
    ("locks_unnamed", Kind::Orchestrator, "Locks an entity without a name."),
    ("releases_what_is_not", Kind::Orchestrator, "Ends a critical section that there is not."),
    ("starts_child_within_lock", Kind::Orchestrator, "Starts a child in a critical section."),
    ("calls_outside_lock", Kind::Orchestrator, "Calls an entity that its critical section does not lock."),
    ("calls_twice_within_lock", Kind::Orchestrator, "Calls a locked entity twice at once."),
    ("signals_within_lock", Kind::Orchestrator, "Signals an entity that its critical section locks."),
    ("calls_with_invalid_json", Kind::Orchestrator, "Calls an entity with half a JSON text."),
    ("calls_bad_key", Kind::Orchestrator, "Calls an entity whose key is not allowed."),
    ("signals_unnamed", Kind::Orchestrator, "Signals an operation without a name."),
    ("task_returns_invalid_json", Kind::Activity, "Returns half a JSON text."),
    ("liar", Kind::Entity, "Answers what its operation says: see `lie`."),
];

const HALF: &[u8] = b"{\"half\":";

/// The whole component: these functions and those of [`COMPONENT`].
#[derive(Debug)]
pub struct Exports;

enum Playing {
    Honest(Session),
    Liar(Liar),
}

#[derive(Clone, Copy)]
enum Liar {
    Mute,
    CountsItsCalls,
    WhenReplayed,
}

thread_local! {
    static PLAYING: RefCell<Option<Playing>> = const { RefCell::new(None) };
}

impl functions::Guest for Exports {
    fn describe() -> Vec<Function> {
        let mut functions = COMPONENT.describe();
        functions.extend(FUNCTIONS.iter().map(|&(name, kind, doc)| Function {
            name: name.to_owned(),
            kind,
            doc: Some(doc.to_owned()),
            input_schema: None,
            output_schema: None,
            defaults: ActivityOptions { retry: None, timeout: None },
        }));
        functions
    }
}

impl activity::Guest for Exports {
    fn run(invocation: Invocation, input: Vec<u8>) -> Result<Vec<u8>, Failure> {
        if invocation.name == "task_returns_invalid_json" {
            return Ok(HALF.to_vec());
        }
        COMPONENT.run(invocation, &input).map_err(Into::into)
    }
}

impl orchestrator::Guest for Exports {
    fn open(start: Start) -> Step {
        let (playing, step) = match start.name.as_str() {
            "returns_invalid_json" => (Liar::Mute, completed(HALF.to_vec())),
            "returns_deep_json" => (Liar::Mute, completed([[b'['; 1_000], [b']'; 1_000]].concat())),
            "sends_invalid_json" => (Liar::Mute, waiting(vec![echo(HALF)])),
            "shows_invalid_json" => {
                (Liar::Mute, Step { custom_status: Some(HALF.to_vec()), ..waiting(vec![echo(b"1")]) })
            }
            "sends_invalid_event" => (Liar::Mute, waiting(vec![send("word", HALF), echo(b"1")])),
            "sends_unnamed_event" => (Liar::Mute, waiting(vec![send("", b"1"), echo(b"1")])),
            "starts_child_with_invalid_json" => (Liar::Mute, waiting(vec![child(None, HALF)])),
            "starts_child_with_bad_id" => (Liar::Mute, waiting(vec![child(Some("../\0"), b"null")])),
            "continues_with_invalid_json" => (Liar::Mute, continued(HALF, Vec::new())),
            "carries_invalid_json" => {
                let event = EventRaised { name: "word".to_owned(), input: HALF.to_vec() };
                (Liar::Mute, continued(b"null", vec![event]))
            }
            "cancels_what_is_not" => (Liar::Mute, waiting(vec![echo(b"1"), Decision::Cancel(7)])),
            "cancels_itself" => (Liar::Mute, waiting(vec![echo(b"1"), Decision::Cancel(1)])),
            "waits_for_unnamed_event" => {
                (Liar::Mute, Step { status: Status::Waiting(vec![String::new()]), ..waiting(Vec::new()) })
            }
            "waits_for_nothing" => (Liar::Mute, waiting(Vec::new())),
            "locks_within_lock" => (Liar::Mute, waiting(vec![lock(1), lock(2)])),
            "locks_nothing" => (Liar::Mute, waiting(vec![lock(0)])),
            "locks_too_much" => (Liar::Mute, waiting(vec![lock(101)])),
            "locks_unnamed" => (Liar::Mute, waiting(vec![Decision::LockEntities(vec![entity("", "0")])])),
            "releases_what_is_not" => (Liar::Mute, waiting(vec![echo(b"1"), Decision::ReleaseLock(0)])),
            "starts_child_within_lock" => (Liar::Mute, waiting(vec![lock(1), child(None, b"null")])),
            "calls_outside_lock" => (Liar::Mute, waiting(vec![lock(1), call("1", b"null")])),
            "calls_twice_within_lock" => (Liar::Mute, waiting(vec![lock(1), call("0", b"null"), call("0", b"null")])),
            "signals_within_lock" => (Liar::Mute, waiting(vec![lock(1), signal("behaves")])),
            "calls_with_invalid_json" => (Liar::Mute, waiting(vec![call("0", HALF)])),
            "calls_bad_key" => (Liar::Mute, waiting(vec![call("../\0", b"null")])),
            "signals_unnamed" => (Liar::Mute, waiting(vec![signal(""), echo(b"1")])),
            "lies_when_replayed" if start.replaying && build() == '1' => {
                (Liar::WhenReplayed, waiting(vec![Decision::CreateTimer(start.now)]))
            }
            "forgets_when_replayed" if start.replaying => (Liar::WhenReplayed, waiting(Vec::new())),
            "lies_when_replayed" | "forgets_when_replayed" => (Liar::WhenReplayed, waiting(vec![echo(b"1")])),
            "counts_its_calls" => (Liar::CountsItsCalls, waiting(vec![echo(b"1")])),
            _ => {
                let (session, step) = COMPONENT.open(start);
                PLAYING.set(Some(Playing::Honest(session)));
                return step;
            }
        };
        PLAYING.set(Some(Playing::Liar(playing)));
        step
    }

    fn advance(turns: Vec<Turn>) -> Step {
        PLAYING.with_borrow_mut(|playing| match playing.as_mut().expect("the host calls `open` first") {
            Playing::Honest(session) => session.advance(turns),
            Playing::Liar(Liar::Mute) => completed(b"null".to_vec()),
            // Asks once more in each turn, so that a later turn replays the lie of the first one.
            Playing::Liar(Liar::WhenReplayed) => waiting(turns.iter().map(|_| echo(b"2")).collect()),
            Playing::Liar(Liar::CountsItsCalls) => waiting(vec![echo(b"2")]),
        })
    }
}

impl entity::Guest for Exports {
    fn apply(context: entity::Context, state: Option<State>, operations: Vec<Operation>) -> Outcome {
        if !context.entity.name.eq_ignore_ascii_case("liar") {
            return COMPONENT.apply(context, state, operations);
        }
        let mut outcome = Outcome { results: Vec::new(), state: NewState::Unchanged, logs: Vec::new() };
        operations.iter().for_each(|operation| lie(&operation.name, &mut outcome));
        outcome
    }
}

/// Half a JSON text as the output, the state or the input of a signal; no result at all, or two of them.
fn lie(operation: &str, outcome: &mut Outcome) {
    let mut done = Done { output: b"null".to_vec(), effects: Vec::new() };
    match operation {
        "half_output" => done.output = HALF.to_vec(),
        "half_state" => outcome.state = NewState::Set(State { data: HALF.to_vec(), version: 0 }),
        "half_signal" => {
            let (operation, input) = ("behaves".to_owned(), HALF.to_vec());
            let signal = entity::Signal { entity: entity("moody", "0"), operation, input, at: None };
            done.effects.push(Effect::Signal(signal));
        }
        "no_result" => return,
        "two_results" => outcome.results.push(Ok(done.clone())),
        _ => {}
    }
    outcome.results.push(Ok(done));
}

fn entity(name: &str, key: &str) -> EntityId {
    EntityId { name: name.to_owned(), key: key.to_owned() }
}

/// Locks so many entities.
fn lock(count: u32) -> Decision {
    Decision::LockEntities((0..count).map(|key| entity("moody", &key.to_string())).collect())
}

fn call(key: &str, input: &[u8]) -> Decision {
    let operation = "behaves".to_owned();
    Decision::CallEntity(CallEntity { entity: entity("moody", key), operation, input: input.to_vec() })
}

fn signal(operation: &str) -> Decision {
    let (operation, input) = (operation.to_owned(), b"null".to_vec());
    Decision::SignalEntity(SignalEntity { entity: entity("moody", "0"), operation, input, at: None })
}

fn echo(input: &[u8]) -> Decision {
    let options = ActivityOptions { retry: None, timeout: None };
    Decision::ScheduleActivity(ScheduleActivity { name: "echo".to_owned(), input: input.to_vec(), options })
}

fn send(name: &str, input: &[u8]) -> Decision {
    let (instance, name) = ("nobody".to_owned(), name.to_owned());
    Decision::SendEvent(SendEvent { instance, name, input: input.to_vec() })
}

fn child(instance: Option<&str>, input: &[u8]) -> Decision {
    let (name, instance) = ("behaves".to_owned(), instance.map(str::to_owned));
    Decision::StartChild(StartChild { name, input: input.to_vec(), instance, version: None, retry: None })
}

fn continued(input: &[u8], carried: Vec<EventRaised>) -> Step {
    let next = ContinueAsNew { input: input.to_vec(), carried };
    Step { status: Status::ContinuedAsNew(next), ..waiting(Vec::new()) }
}

fn waiting(decisions: Vec<Decision>) -> Step {
    let status = Status::Waiting(Vec::new());
    Step { decisions, sources: Vec::new(), status, custom_status: None, logs: Vec::new() }
}

fn completed(output: Vec<u8>) -> Step {
    Step { status: Status::Completed(output), ..waiting(Vec::new()) }
}

#[cfg(target_family = "wasm")]
const _: () = {
    dacapo::bindings::functions::export_functions!(Exports);
    dacapo::bindings::activity::export_activity!(Exports);
    dacapo::bindings::orchestrator::export_orchestrator!(Exports);
    dacapo::bindings::entity::export_entity!(Exports);
};

#[cfg(test)]
mod tests {
    use dacapo::bindings::orchestrator::Guest;

    use super::*;

    fn open(name: &str, replaying: bool) -> Step {
        Exports::open(Start {
            name: name.to_owned(),
            instance: "test".to_owned(),
            execution: 1,
            version: None,
            parent: None,
            tags: Vec::new(),
            now: 0,
            seed: 0.into(),
            input: b"null".to_vec(),
            replaying,
        })
    }

    #[test]
    fn liars_lie_and_the_others_do_not() {
        let check = |name: &str, is_equal: bool| {
            assert_eq!(open(name, false).decisions == open(name, true).decisions, is_equal, "{name}");
        };
        check("lies_when_replayed", false);
        check("forgets_when_replayed", false);
        check("counts_its_calls", true);
        check("behaves", true);
    }

    #[test]
    fn all_functions_are_described() {
        let described = <Exports as functions::Guest>::describe();
        assert_eq!(described.len(), COMPONENT.describe().len() + FUNCTIONS.len());
    }
}
