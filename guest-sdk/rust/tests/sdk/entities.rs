//! Entities as the host sees them: batches of operations, and what becomes of the state.

use std::collections::BTreeMap;

use dacapo::{
    bindings::entity::{Context, Effect, NewState, Operation, OperationKind, State},
    prelude::*,
    serde_json::Value,
    testing::Actor,
};
use expect_test::{Expect, expect};

dacapo::export! {
    entities: [Stock, switch],
    orchestrators: [],
}

/// How many pieces there are, and where the last ones went.
#[payload]
#[derive(Clone, Default)]
struct Stock {
    pieces: u32,
    last: Option<String>,
}

/// What somebody takes.
#[payload]
struct Order {
    customer: String,
    pieces: u32,
}

#[entity(name = "Warehouse", version = 2, migrate = Stock::older)]
impl Stock {
    fn older(version: u32, data: Value) -> Result<Self> {
        let pieces = data.as_u64().and_then(|pieces| pieces.try_into().ok());
        let pieces = pieces.ok_or_else(|| fail!("odd-state", "version {version} was a number"))?;
        Ok(Stock { pieces, last: None })
    }

    fn add(&mut self, pieces: u32) -> u32 {
        self.pieces += pieces;
        self.pieces
    }

    /// Takes pieces, even those that are not there, until it notices.
    fn take(&mut self, cx: &EntityContext, order: Order) -> Result<()> {
        let left = self.pieces.checked_sub(order.pieces);
        self.pieces = left.unwrap_or_default();
        self.last = Some(order.customer.clone());
        cx.log().info(format!("{} for {}", order.pieces, order.customer));
        cx.signal::<Stock>("ledger").add(order.pieces)?;
        left.map(drop).ok_or_else(|| fail!("sold-out", "{} pieces are too many", order.pieces))
    }

    fn last(&self) -> Result<String> {
        self.last.clone().ok_or_else(|| fail!("nobody", "nobody took any"))
    }

    fn copy(&self) -> Self {
        self.clone()
    }

    fn odd(&self) -> BTreeMap<Option<u32>, u32> {
        BTreeMap::from([(None, self.pieces)])
    }

    fn deliver(&mut self, cx: &EntityContext) -> Result<[String; 2]> {
        let tomorrow = cx.now() + Duration::from_secs(24 * 3600);
        cx.signal_at::<switch>(tomorrow, "alarm").send(Switch::Set(true))?;
        let derived = cx.start(Start::named("deliver", &self.pieces)?)?;
        let given = cx.start(Start::named("deliver", &())?.id("mine").version("7").at(tomorrow))?;
        Ok([derived, given])
    }

    fn close(&mut self, cx: &EntityContext) -> String {
        cx.delete_state();
        format!("{} {}", cx.id(), cx.operation())
    }
}

#[payload]
enum Switch {
    Toggle,
    Set(bool),
}

/// On or off.
#[entity]
fn switch(cx: &EntityContext, on: &mut bool, operation: Switch) -> Result<bool> {
    if !cx.is_call() {
        return Err(fail!("not-called", "{}", cx.name()));
    }
    *on = match operation {
        Switch::Toggle => !*on,
        Switch::Set(on) => on,
    };
    Ok(*on)
}

fn outcome(entity: &str, state: Option<(u32, &str)>, operations: &[(&str, &str)]) -> String {
    let state = state.map(|(version, data)| State { data: data.as_bytes().to_vec(), version });
    let operations = operations.iter().enumerate().map(|(index, (name, input))| {
        let (name, input) = ((*name).to_owned(), input.as_bytes().to_vec());
        Operation { name, input, kind: OperationKind::Call, seed: (index as u64).into() }
    });
    let context = Context {
        entity: dacapo::bindings::types::EntityId { name: entity.to_owned(), key: "k".to_owned() },
        now: 1_000,
    };
    let outcome = COMPONENT.apply(context, state, operations.collect());
    let text = |payload: &[u8]| String::from_utf8(payload.to_vec()).expect("JSON is text");
    let mut lines = String::new();
    for result in outcome.results {
        match result {
            Ok(done) => {
                lines.push_str(&format!("{}\n", text(&done.output)));
                for effect in done.effects {
                    lines.push_str(&match effect {
                        Effect::Signal(signal) => {
                            let (to, operation) = (signal.entity.name, signal.operation);
                            format!("  signal {to} {operation}({}) {:?}\n", text(&signal.input), signal.at)
                        }
                        Effect::Start(start) => {
                            let (id, version, at) = (start.instance, start.version, start.at);
                            format!("  start {}({}) {id:?} {version:?} {at:?}\n", start.name, text(&start.input))
                        }
                    });
                }
            }
            Err(failure) => lines.push_str(&format!("{}: {}\n", failure.kind, failure.message)),
        }
    }
    lines.push_str(&match outcome.state {
        NewState::Unchanged => "unchanged\n".to_owned(),
        NewState::Set(state) => format!("v{} {}\n", state.version, text(&state.data)),
        NewState::Deleted => "deleted\n".to_owned(),
    });
    outcome.logs.iter().for_each(|line| lines.push_str(&format!("log {}\n", line.message)));
    lines
}

#[test]
fn a_batch_changes_the_state_once() {
    let check = |state: Option<(u32, &str)>, operations: &[(&str, &str)], expect: Expect| {
        expect.assert_eq(&outcome("warehouse", state, operations));
    };
    check(
        None,
        &[("add", "2"), ("ADD", "3"), ("copy", "null")],
        expect![[r#"
        2
        5
        {"pieces":5,"last":null}
        v2 {"pieces":5,"last":null}
    "#]],
    );
    check(
        None,
        &[("copy", "null")],
        expect![[r#"
        {"pieces":0,"last":null}
        unchanged
    "#]],
    );
    check(
        None,
        &[],
        expect![[r#"
        unchanged
    "#]],
    );
    check(
        Some((2, r#"{"pieces":4,"last":null}"#)),
        &[("add", "0")],
        expect![[r#"
        4
        unchanged
    "#]],
    );
    check(
        Some((2, r#"{"pieces":4}"#)),
        &[("copy", "null"), ("last", "null")],
        expect![[r#"
        {"pieces":4,"last":null}
        nobody: nobody took any
        unchanged
    "#]],
    );
}

#[test]
fn a_state_may_go() {
    let check = |state: Option<(u32, &str)>, operations: &[(&str, &str)], expect: Expect| {
        expect.assert_eq(&outcome("warehouse", state, operations));
    };
    check(
        Some((2, r#"{"pieces":4}"#)),
        &[("close", "null")],
        expect![[r#"
        "@warehouse@k close"
        deleted
    "#]],
    );
    check(
        Some((2, r#"{"pieces":4}"#)),
        &[("Delete", "null"), ("add", "1")],
        expect![[r#"
        null
        1
        v2 {"pieces":1,"last":null}
    "#]],
    );
    check(
        None,
        &[("add", "1"), ("delete", "null")],
        expect![[r#"
        1
        null
        unchanged
    "#]],
    );
}

#[test]
fn what_fails_leaves_no_trace() {
    let check = |operations: &[(&str, &str)], expect: Expect| {
        expect.assert_eq(&outcome("Warehouse", Some((2, r#"{"pieces":4,"last":null}"#)), operations));
    };
    check(
        &[("take", r#"{"customer":"a","pieces":9}"#)],
        expect![[r#"
        sold-out: 9 pieces are too many
        unchanged
        log 9 for a
    "#]],
    );
    check(
        &[
            ("take", r#"{"customer":"a","pieces":1}"#),
            ("take", r#"{"customer":"b","pieces":9}"#),
            ("take", r#"{"customer":"c","pieces":2}"#),
        ],
        expect![[r#"
            null
              signal warehouse add(1) None
            sold-out: 9 pieces are too many
            null
              signal warehouse add(2) None
            v2 {"pieces":1,"last":"c"}
            log 1 for a
            log 9 for b
            log 2 for c
        "#]],
    );
    check(
        &[("take", r#"{"customer":"a","pieces":"x"}"#), ("odd", "null"), ("sell", "null")],
        expect![[r#"
        invalid-input: $.pieces: invalid type: string "x", expected u32
        invalid-output: key must be a string
        unknown-operation: Warehouse has no operation "sell"; it has add, take, last, copy, odd, deliver, close and delete
        unchanged
    "#]],
    );
}

#[test]
fn older_states_are_read_and_newer_ones_are_left_alone() {
    let check = |version: u32, data: &str, operations: &[(&str, &str)], expect: Expect| {
        expect.assert_eq(&outcome("warehouse", Some((version, data)), operations));
    };
    check(
        1,
        "7",
        &[("add", "1")],
        expect![[r#"
        8
        v2 {"pieces":8,"last":null}
    "#]],
    );
    check(
        1,
        "7",
        &[("copy", "null")],
        expect![[r#"
        {"pieces":7,"last":null}
        unchanged
    "#]],
    );
    check(
        0,
        "\"x\"",
        &[("add", "1"), ("copy", "null")],
        expect![[r#"
        odd-state: version 0 was a number
        odd-state: version 0 was a number
        unchanged
    "#]],
    );
    check(
        3,
        "7",
        &[("add", "1")],
        expect![[r#"
        newer-state: the state has version 3, and this component knows it up to version 2: deploy one that knows it
        unchanged
    "#]],
    );
    check(
        2,
        "[7",
        &[("add", "1"), ("delete", "null"), ("add", "1")],
        expect![[r#"
        invalid-state: $[0]: EOF while parsing a list
        null
        1
        v2 {"pieces":1,"last":null}
    "#]],
    );
}

#[test]
fn effects_are_in_order_and_ids_derived() {
    expect![[r#"
        3
        ["0000000000000001:1","mine"]
          signal switch Set(true) Some(86401000)
          start deliver(3) None None None
          start deliver(null) Some("mine") Some("7") Some(86401000)
        ["0000000000000002:1","mine"]
          signal switch Set(true) Some(86401000)
          start deliver(3) None None None
          start deliver(null) Some("mine") Some("7") Some(86401000)
        v2 {"pieces":3,"last":null}
    "#]]
    .assert_eq(&outcome("warehouse", None, &[("add", "3"), ("deliver", "null"), ("deliver", "null")]));
}

#[test]
fn an_enum_is_as_good_as_methods() {
    let check = |operations: &[(&str, &str)], expect: Expect| expect.assert_eq(&outcome("switch", None, operations));
    check(
        &[("toggle", "null"), ("Set", "true"), ("TOGGLE", "17")],
        expect![[r#"
        true
        true
        false
        v0 false
    "#]],
    );
    check(
        &[("set", "1"), ("flip", "null")],
        expect![[r#"
        invalid-input: $: invalid type: integer `1`, expected a boolean
        unknown-operation: switch has no operation "flip"; it has Toggle, Set and delete
        unchanged
    "#]],
    );
}

#[test]
fn what_is_not_there_says_so() {
    expect![[r#"
        unknown-function: this component has no entity "nobody"
        unknown-function: this component has no entity "nobody"
        unchanged
    "#]]
    .assert_eq(&outcome("nobody", None, &[("add", "1"), ("add", "1")]));
}

#[test]
fn an_actor_plays_alone() {
    let mut stock = Actor::<Stock>::new("k").with_data(1, &5);
    let order = Order { customer: "Ada".to_owned(), pieces: 2 };
    assert_eq!(stock.call("take", &order), Ok(()));
    assert_eq!(stock.effects(), ["signal @warehouse@ledger add(2)"]);
    assert_eq!(stock.state().map(|stock| stock.pieces), Some(3));
    assert_eq!(stock.logs(), ["2 for Ada"]);
    stock.wait(Duration::from_secs(1));
    assert_eq!(stock.call("close", &()), Ok("@warehouse@k close".to_owned()));
    assert!(stock.state().is_none());
}
