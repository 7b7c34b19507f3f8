//! What may be done for an entity, and what it becomes and sends, case by case.

use expect_test::{Expect, expect};

use super::{Asked, Draft, Errand, may_go};
use crate::model::{
    Attempted, Caller, ComponentDigest, Entity, EntityEffect, EntityId, EntityState, Execution, Failure, FunctionName,
    Holder, Hops, InstanceId, InstanceNo, Letter, LockSet, NewState, Operation, OperationDone, OperationName, Outcome,
    Payload, TaskId, Timestamp,
};

fn holder(no: u64, execution: u32, task: u32) -> Holder {
    Holder { no: InstanceNo(no), execution: Execution(execution), task: TaskId(task) }
}

fn caller(no: u64, execution: u32, task: u32) -> Caller {
    let of = Attempted { execution: Execution(execution), task: TaskId(task), attempt: 1 };
    Caller { no: InstanceNo(no), of }
}

fn id(key: &str) -> EntityId {
    EntityId::new("account", key).unwrap()
}

fn json(text: &str) -> Payload {
    Payload::trusted(text.as_bytes())
}

fn asked(name: &str, seed: u64, caller: Option<Caller>) -> Asked {
    let operation = Operation { name: OperationName::parse(name).unwrap(), input: json("5"), seed };
    Asked { operation, caller }
}

#[test]
fn a_locked_entity_is_there_for_its_section() {
    let set = LockSet::new(vec![id("a")]).unwrap();
    let own = holder(1, 1, 3);
    let check = |errand: Errand, free: bool, locked: bool| {
        assert_eq!((may_go(None, &errand), may_go(Some(own), &errand)), (free, locked), "{errand:?}");
    };
    check(Errand::Operate(asked("take", 1, None)), true, false);
    // Any task of that execution, and no other one of the same instance.
    check(Errand::Operate(asked("take", 1, Some(caller(1, 1, 9)))), true, true);
    check(Errand::Operate(asked("take", 1, Some(caller(1, 2, 9)))), true, false);
    check(Errand::Operate(asked("take", 1, Some(caller(2, 1, 9)))), true, false);
    check(Errand::Lock { set: set.clone(), at: 0, holder: own }, true, false);
    check(Errand::Lock { set: set.clone(), at: 0, holder: holder(2, 1, 3) }, true, false);
    for hops in [Hops::One, Hops::Onward] {
        check(Errand::Unlock { set: set.clone(), at: 0, holder: own, hops }, true, true);
        check(Errand::Unlock { set: set.clone(), at: 0, holder: holder(2, 1, 3), hops }, true, true);
    }
    check(Errand::Purge, true, true);
}

/// Account `a` with 7 on it, never run.
fn account() -> Entity {
    let state = EntityState { data: json("7"), version: 0 };
    Entity { state: Some(state), ..Entity::new(id("a"), Timestamp(1_000)) }
}

/// Does something with an entity and tells what it is then, and what it sends.
fn check(entity: Entity, script: impl FnOnce(&mut Draft), expect: Expect) {
    let mut draft = Draft::new(entity, Timestamp(2_000));
    script(&mut draft);
    let Draft { entity, letters, failed } = draft;
    let state = entity.state.as_ref().map(|state| format!("{} v{}", state.data.shown(), state.version));
    let mut lines = vec![format!("{} at {}: {}", entity.id, entity.at.0, state.as_deref().unwrap_or("nothing"))];
    lines.extend(entity.component.map(|component| format!("  by {component:?}")));
    lines.extend(entity.lock.map(|lock| format!("  locked by {}", show_holder(lock))));
    lines.extend(letters.iter().map(|letter| format!("-> {}", show(letter))));
    lines.extend(failed.iter().map(|failed| format!("!! {} failed: {}", failed.name, failed.failure)));
    expect.assert_eq(&(lines.join("\n") + "\n"));
}

fn show_holder(Holder { no, execution, task }: Holder) -> String {
    format!("{}/{}/{}", no.0, execution.0, task.0)
}

fn show(letter: &Letter) -> String {
    match letter {
        Letter::TaskDone { to, of, outcome } => {
            let outcome = outcome.as_ref().map_or_else(|failure| failure.to_string(), |output| format!("{output:?}"));
            format!("task {}/{}/{}/{}: {outcome}", to.0, of.execution.0, of.task.0, of.attempt)
        }
        Letter::Operate { to, operation: Operation { name, input, seed }, caller: None, due } => {
            let due = due.map(|due| format!(" due {}", due.0)).unwrap_or_default();
            format!("{to} {name}({input:?}) seed {seed:016x}{due}")
        }
        Letter::Start { id, after, own, seed, spec } => {
            let (version, at) = (&spec.version, spec.start_at.map(|at| at.0));
            assert!(spec.parent.is_none() && spec.tags.pairs().is_empty() && spec.trace.is_none());
            format!(
                "start {}({:?}) as {id} {after:?} by {own:?} seed {seed:016x}, {version:?}, {at:?}",
                spec.name, spec.input
            )
        }
        Letter::Lock { set, at, holder } => format!("lock {} for {}", set.entities()[*at], show_holder(*holder)),
        Letter::Unlock { set, at, holder, hops } => {
            format!("unlock {} of {} {hops:?}", set.entities()[*at], show_holder(*holder))
        }
        Letter::Operate { caller: Some(_), .. } | Letter::Raise { .. } | Letter::Terminate { .. } => {
            panic!("no entity sends {letter:?}")
        }
    }
}

#[test]
fn a_lock_goes_on_to_the_next_entity() {
    let lock = |at: usize| {
        move |draft: &mut Draft| draft.lock(LockSet::new(vec![id("a"), id("b"), id("c")]).unwrap(), at, holder(1, 2, 3))
    };
    check(
        account(),
        lock(0),
        expect![[r#"
            @account@a at 2000: 7 v0
              locked by 1/2/3
            -> lock @account@b for 1/2/3
        "#]],
    );
    check(
        account(),
        lock(2),
        expect![[r#"
            @account@a at 2000: 7 v0
              locked by 1/2/3
            -> task 1/2/3/1: null
        "#]],
    );
    check(
        Entity::new(id("a"), Timestamp(0)),
        lock(1),
        expect![[r#"
            @account@a at 2000: nothing
              locked by 1/2/3
            -> lock @account@c for 1/2/3
        "#]],
    );
}

#[test]
fn an_unlock_ends_its_own_section_only() {
    let unlock = |at: usize, by: Holder, hops: Hops| {
        move |draft: &mut Draft| draft.unlock(LockSet::new(vec![id("a"), id("b"), id("c")]).unwrap(), at, by, hops)
    };
    let locked = || Entity { lock: Some(holder(1, 2, 3)), ..account() };
    let free = || {
        expect![[r#"
            @account@a at 2000: 7 v0
        "#]]
    };
    let still = || {
        expect![[r#"
            @account@a at 2000: 7 v0
              locked by 1/2/3
        "#]]
    };
    check(locked(), unlock(0, holder(1, 2, 3), Hops::One), free());
    check(locked(), unlock(2, holder(1, 2, 3), Hops::Onward), free());
    for other in [holder(2, 2, 3), holder(1, 1, 3), holder(1, 2, 4)] {
        check(locked(), unlock(0, other, Hops::One), still());
    }
    check(account(), unlock(0, holder(1, 2, 3), Hops::One), free());
    // The next one is told whether or not this one was locked: an operator may have released it.
    check(
        locked(),
        unlock(0, holder(1, 2, 3), Hops::Onward),
        expect![[r#"
            @account@a at 2000: 7 v0
            -> unlock @account@b of 1/2/3 Onward
        "#]],
    );
    check(
        locked(),
        unlock(1, holder(1, 2, 4), Hops::Onward),
        expect![[r#"
            @account@a at 2000: 7 v0
              locked by 1/2/3
            -> unlock @account@c of 1/2/4 Onward
        "#]],
    );
}

#[test]
fn lock_and_unlock_in_one_go() {
    let both = |draft: &mut Draft| {
        let set = LockSet::new(vec![id("a"), id("b")]).unwrap();
        draft.lock(set.clone(), 0, holder(1, 2, 3));
        draft.unlock(set, 0, holder(1, 2, 3), Hops::Onward);
    };
    check(
        account(),
        both,
        expect![[r#"
            @account@a at 2000: 7 v0
            -> lock @account@b for 1/2/3
            -> unlock @account@b of 1/2/3 Onward
        "#]],
    );
}

#[test]
fn what_is_purged_is_forgotten_and_stays_locked() {
    let entity = Entity { lock: Some(holder(1, 2, 3)), ..account() };
    check(
        entity,
        Draft::purge,
        expect![[r#"
            @account@a at 2000: nothing
              locked by 1/2/3
        "#]],
    );
}

#[test]
fn the_time_of_an_entity_does_not_go_back() {
    check(
        Entity { at: Timestamp(9_000), ..account() },
        |_| (),
        expect![[r#"
            @account@a at 9000: 7 v0
        "#]],
    );
}

const BY: ComponentDigest = ComponentDigest([1; 32]);

fn signal(key: &str, at: Option<u64>) -> EntityEffect {
    let name = OperationName::parse("put").unwrap();
    EntityEffect::Signal { to: id(key), name, input: json("1"), at: at.map(Timestamp) }
}

fn start(instance: Option<&str>) -> EntityEffect {
    EntityEffect::Start {
        name: FunctionName::parse("audit").unwrap(),
        input: json("2"),
        instance: instance.map(|text| InstanceId::parse(text).unwrap()),
        version: instance.map(str::to_owned),
        at: instance.map(|_| Timestamp(5_000)),
    }
}

fn done(output: &str, effects: Vec<EntityEffect>) -> Result<OperationDone, Failure> {
    Ok(OperationDone { output: json(output), effects })
}

fn overdrawn() -> Failure {
    Failure::from_guest("overdrawn".to_owned(), "only 3 are left".to_owned(), None, false, Vec::new())
}

fn ran(batch: Vec<Asked>, results: Vec<Result<OperationDone, Failure>>, state: NewState) -> impl FnOnce(&mut Draft) {
    move |draft| draft.ran(BY, &batch, Outcome { results, state, logs: Vec::new() })
}

#[test]
fn a_batch_answers_those_who_wait_in_order() {
    let batch = vec![
        asked("take", 1, Some(caller(1, 1, 0))),
        asked("take", 2, Some(caller(2, 1, 4))),
        asked("take", 3, None),
        asked("put", 4, None),
        asked("get", 5, Some(caller(1, 1, 2))),
    ];
    let results = vec![
        done("2", Vec::new()),
        Err(overdrawn()),
        Err(overdrawn()),
        done("null", Vec::new()),
        done("7", Vec::new()),
    ];
    let set = NewState::Set(EntityState { data: json("9"), version: 2 });
    check(
        account(),
        ran(batch, results, set),
        expect![[r#"
            @account@a at 2000: 9 v2
              by sha256:010101010101
            -> task 1/1/0/1: 2
            -> task 2/1/4/1: overdrawn: only 3 are left
            -> task 1/1/2/1: 7
            !! take failed: overdrawn: only 3 are left
        "#]],
    );
}

/// Their seeds and ids follow from the seed of the operation and the index of the effect, so that a batch that runs again
/// asks for the same.
#[test]
fn effects_go_before_the_answer_and_have_seeds_of_their_own() {
    let batch = vec![asked("take", 1, Some(caller(1, 1, 0))), asked("take", 0xfedc_ba98_7654_3210, None)];
    let effects = || vec![signal("b", None), signal("a", Some(9_000)), start(None), start(Some("audit-1"))];
    let results = vec![done("2", effects()), done("null", effects())];
    check(
        account(),
        ran(batch, results, NewState::Unchanged),
        expect![[r#"
            @account@a at 2000: 7 v0
              by sha256:010101010101
            -> @account@b put(1) seed 08b4fda8c892b50e
            -> @account@a put(1) seed e9fd6049d65af21e due 9000
            -> start audit(2) as 0000000000000001:2 Always by sha256:010101010101 seed e06dd043328bd285, None, None
            -> start audit(2) as audit-1 Always by sha256:010101010101 seed ec4c5bee627011b3, Some("audit-1"), Some(5000)
            -> task 1/1/0/1: 2
            -> @account@b put(1) seed 9767df3eff11eb2c
            -> @account@a put(1) seed 3419026cbd459363 due 9000
            -> start audit(2) as fedcba9876543210:2 Always by sha256:010101010101 seed 2ab346148e5f6b53, None, None
            -> start audit(2) as audit-1 Always by sha256:010101010101 seed 13f0ad4e850a0d7a, Some("audit-1"), Some(5000)
        "#]],
    );
}

#[test]
fn a_state_that_is_deleted() {
    let batch = vec![asked("delete", 1, Some(caller(1, 1, 0)))];
    check(
        Entity { lock: Some(holder(1, 1, 3)), ..account() },
        ran(batch, vec![done("null", Vec::new())], NewState::Deleted),
        expect![[r#"
            @account@a at 2000: nothing
              by sha256:010101010101
              locked by 1/1/3
            -> task 1/1/0/1: null
        "#]],
    );
}

#[test]
fn a_batch_that_nobody_can_run_changes_nothing() {
    let batch = vec![asked("take", 1, Some(caller(1, 1, 0))), asked("put", 2, None)];
    let failure = Failure::host("dacapo:not-found", "no component has account");
    check(
        account(),
        |draft| draft.failed(&batch, &failure),
        expect![[r#"
            @account@a at 2000: 7 v0
            -> task 1/1/0/1: dacapo:not-found: no component has account
            !! put failed: dacapo:not-found: no component has account
        "#]],
    );
}
