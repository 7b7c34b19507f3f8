//! What the SDK does not let an author do: lies about decisions and payloads that are not JSON.
//!
//! These functions speak the contract directly. Every other call goes on to [`COMPONENT`].

use std::cell::RefCell;

use dacapo::{
    Session,
    bindings::{
        activity::{self, Invocation},
        functions::{self, Function, Kind},
        orchestrator::{
            self, ContinueAsNew, Decision, EventRaised, ScheduleActivity, SendEvent, Start, StartChild, Status, Step,
            Turn,
        },
        types::{ActivityOptions, Failure},
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
    ("task_returns_invalid_json", Kind::Activity, "Returns half a JSON text."),
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
            seed: 0,
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
        assert_eq!(described.len(), COMPONENT.orchestrators.len() + COMPONENT.activities.len() + FUNCTIONS.len());
    }
}
