//! Entities as they are shown by themselves, and in the history of an orchestration.

use super::*;
use crate::hub::{EntityView, StateView};
use kernel::model::{BlobRef, EntityId, LockSet, OperationName};

fn entity(key: &str) -> EntityId {
    EntityId::new("Account", key).unwrap()
}

fn operation(text: &str) -> OperationName {
    OperationName::parse(text).unwrap()
}

fn called(task: u32, key: &str) -> Event {
    let (to, name) = (entity(key), operation("withdraw"));
    Event::EntityCalled { task: TaskId(task), to, name, input: payload("5") }
}

fn signaled(at: Option<Timestamp>) -> Event {
    Event::EntitySignaled { to: entity("log"), name: operation("note"), input: payload("\"moved\""), at }
}

/// Each ends in a way of its own, and one not at all.
#[test]
fn tasks() {
    let set = LockSet::new(vec![entity("b"), entity("a")]).unwrap();
    let lock = |task| Event::LockRequested { task: TaskId(task), set: set.clone() };
    let history = vec![
        record(0, vec![lock(0)]),
        record(
            1,
            vec![
                Event::TaskCompleted { task: TaskId(0), output: payload("null") },
                Event::TurnStarted { takes: 1 },
                called(1, "a"),
                called(2, "b"),
            ],
        ),
        record(
            2,
            vec![
                Event::TaskCompleted { task: TaskId(1), output: payload("95") },
                Event::TaskFailed { task: TaskId(2), failure: failure() },
                Event::TurnStarted { takes: 2 },
                Event::LockReleased { lock: TaskId(0) },
                signaled(None),
                signaled(Some(at(60))),
                called(6, "c"),
                Event::Cancelled { target: TaskId(6) },
                called(8, "d"),
                lock(9),
            ],
        ),
    ];
    check(
        &view(history.clone()),
        SHOW_ALL,
        expect![[r#"
        createdTime: "2026-11-22T05:00:00.000Z"
        customStatus: null
          {"EventType":"ExecutionStarted","FunctionName":"Chain","Input":{"n":1},"Timestamp":"2026-11-22T05:00:00.000Z"}
          {"EventType":"EntityLockGranted","LockSet":["@account@a","@account@b"],"Result":null,"ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:01.000Z"}
          {"EntityId":"@account@a","EventType":"EntityOperationCompleted","Input":5,"Operation":"withdraw","Result":95,"ScheduledTime":"2026-11-22T05:00:01.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"Details":"at line 3","EntityId":"@account@b","EventType":"EntityOperationFailed","FailureDetails":{"ErrorMessage":"no \"money\"","ErrorType":"declined","IsNonRetriable":true},"Input":5,"Operation":"withdraw","Reason":"no \"money\"","ScheduledTime":"2026-11-22T05:00:01.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EventType":"EntityUnlockSent","LockSet":["@account@a","@account@b"],"Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EntityId":"@account@log","EventType":"EntityOperationSignaled","Input":"moved","Operation":"note","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EntityId":"@account@log","EventType":"EntityOperationSignaled","FireAt":"2026-11-22T05:01:00.000Z","Input":"moved","Operation":"note","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EntityId":"@account@c","EventType":"EntityOperationCancelled","Input":5,"Operation":"withdraw","ScheduledTime":"2026-11-22T05:00:02.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EntityId":"@account@d","EventType":"EntityOperationCalled","Input":5,"Operation":"withdraw","ScheduledTime":"2026-11-22T05:00:02.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EventType":"EntityLockRequested","LockSet":["@account@a","@account@b"],"ScheduledTime":"2026-11-22T05:00:02.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
        input: {"n":1}
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:02.000Z"
        name: "Chain"
        output: null
        runtimeStatus: "Running"
    "#]],
    );
    check(
        &view(history),
        SHOW_LITTLE,
        expect![[r#"
        createdTime: "2026-11-22T05:00:00.000Z"
        customStatus: null
          {"EventType":"ExecutionStarted","FunctionName":"Chain","Timestamp":"2026-11-22T05:00:00.000Z"}
          {"EventType":"EntityLockGranted","LockSet":["@account@a","@account@b"],"ScheduledTime":"2026-11-22T05:00:00.000Z","Timestamp":"2026-11-22T05:00:01.000Z"}
          {"EntityId":"@account@a","EventType":"EntityOperationCompleted","Operation":"withdraw","ScheduledTime":"2026-11-22T05:00:01.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"Details":"at line 3","EntityId":"@account@b","EventType":"EntityOperationFailed","FailureDetails":{"ErrorMessage":"no \"money\"","ErrorType":"declined","IsNonRetriable":true},"Operation":"withdraw","Reason":"no \"money\"","ScheduledTime":"2026-11-22T05:00:01.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EventType":"EntityUnlockSent","LockSet":["@account@a","@account@b"],"Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EntityId":"@account@log","EventType":"EntityOperationSignaled","Operation":"note","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EntityId":"@account@log","EventType":"EntityOperationSignaled","FireAt":"2026-11-22T05:01:00.000Z","Operation":"note","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EntityId":"@account@c","EventType":"EntityOperationCancelled","Operation":"withdraw","ScheduledTime":"2026-11-22T05:00:02.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EntityId":"@account@d","EventType":"EntityOperationCalled","Operation":"withdraw","ScheduledTime":"2026-11-22T05:00:02.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
          {"EventType":"EntityLockRequested","LockSet":["@account@a","@account@b"],"ScheduledTime":"2026-11-22T05:00:02.000Z","Timestamp":"2026-11-22T05:00:02.000Z"}
        input: null
        instanceId: "my-id"
        lastUpdatedTime: "2026-11-22T05:00:02.000Z"
        name: "Chain"
        output: null
        runtimeStatus: "Running"
    "#]],
    );
}

#[test]
fn documents() {
    let check = |write: fn(&mut Vec<u8>, &EntityView), view: &EntityView, expect: Expect| {
        let mut out = Vec::new();
        write(&mut out, view);
        expect.assert_eq(&String::from_utf8(out).unwrap());
    };
    let bare = EntityView { id: entity("a"), last_operation: at(0), state: None, locked_by: None, held: None };
    let state = StateView { data: payload("{\"n\":[1]}"), version: 3, blob: None };
    let stateful = EntityView { state: Some(state.clone()), ..bare.clone() };
    let blob = Some(BlobRef::of(b"{\"n\":[1]}"));
    let held = HeldView { text: "blob gone".to_owned(), lines: Vec::new(), remedy: "bring it back" };
    let worst = EntityView {
        state: Some(StateView { blob, ..state }),
        locked_by: Some(id("move-1")),
        held: Some(held),
        ..bare.clone()
    };
    check(
        listed,
        &bare,
        expect![[
            r#"{"entityId":{"name":"account","key":"a"},"lastOperationTime":"2026-11-22T05:00:00.000Z","state":null}"#
        ]],
    );
    check(
        listed,
        &stateful,
        expect![[
            r#"{"entityId":{"name":"account","key":"a"},"lastOperationTime":"2026-11-22T05:00:00.000Z","state":{"n":[1]}}"#
        ]],
    );
    check(
        details,
        &bare,
        expect![[r#"{"entityId":{"name":"account","key":"a"},"lastOperationTime":"2026-11-22T05:00:00.000Z"}"#]],
    );
    check(
        details,
        &stateful,
        expect![[
            r#"{"entityId":{"name":"account","key":"a"},"lastOperationTime":"2026-11-22T05:00:00.000Z","stateVersion":3,"state":{"n":[1]}}"#
        ]],
    );
    check(
        details,
        &worst,
        expect![[
            r#"{"entityId":{"name":"account","key":"a"},"lastOperationTime":"2026-11-22T05:00:00.000Z","lockedBy":"move-1","held":"blob gone","heldRemedy":"bring it back","heldDetails":[],"stateVersion":3,"stateReference":{"blob":"sha256:f238349d6d8120fe731b911fc69f35f970f9030fa41b5a5bc4b4a37a6ce501b5","length":9},"state":{"n":[1]}}"#
        ]],
    );
}
