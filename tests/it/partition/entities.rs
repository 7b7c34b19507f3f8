//! Entities: what is asked of them is done once and in order, whatever state they are in.

use expect_test::{Expect, expect};
use kernel::model::{EntityId, Execution, Holder, InstanceNo, Millis, Operation, TaskId, Timestamp};
use kernel::partition::{Input, Op, Tuning};
use kernel::port::Mark;
use tests::sim::entity::{Deed, entity_id};
use tests::sim::program::{Ask, OnFailure, Program, Step};
use tests::sim::puppet::Puppet;

use super::check_programs;

/// Runs a script in which entities have a part.
pub(super) fn check(script: impl FnOnce(&mut Puppet), expect: Expect) {
    let call = |deed: Deed| Ask::Call(tally("a"), deed, OnFailure::GoOn);
    let programs = vec![
        Program::honest(vec![Step::all(vec![call(Deed::Add(2))])]),
        Program::honest(vec![
            Step::Signal(tally("a"), Deed::Add(2), None),
            Step::all(vec![call(Deed::Add(2)), call(Deed::Fail), call(Deed::Get)]),
        ]),
        Program::honest(vec![Step::all(vec![Ask::Call(entity_id("nobody", "a"), Deed::Get, OnFailure::GoOn)])]),
        Program::sleep(Millis(60_000)),
        Program::honest(vec![Step::Signal(tally("a"), Deed::Add(2), Some(Millis(500)))]),
    ];
    let tuning = Tuning { idle_entities_max_count: 0, ..Tuning::default() };
    check_programs(tuning, programs, script, expect);
}

/// Tells what follows on something that is settled.
pub(super) fn after(begin: impl FnOnce(&mut Puppet), script: impl FnOnce(&mut Puppet), expect: Expect) {
    let both = |puppet: &mut Puppet| {
        begin(puppet);
        puppet.settle();
        puppet.log.clear();
        script(puppet);
    };
    check(both, expect);
}

pub(super) fn tally(key: &str) -> EntityId {
    entity_id("tally", key)
}

/// An operation whose token is this.
pub(super) fn operation(token: &str, deed: &Deed) -> Operation {
    Operation { name: deed.name(), input: deed.input(token), seed: 7 }
}

pub(super) fn signal(to: EntityId, token: &str, deed: Deed) -> Op {
    Op::Signal { to, operation: operation(token, &deed), due: None }
}

pub(super) fn signal_at(token: &str, at: u64) -> Op {
    Op::Signal { to: tally("a"), operation: operation(token, &Deed::Add(2)), due: Some(Timestamp(at)) }
}

pub(super) fn add(token: &str) -> Op {
    signal(tally("a"), token, Deed::Add(2))
}

fn get(token: &str) -> Op {
    signal(tally("a"), token, Deed::Get)
}

pub(super) fn purge_entity(id: &EntityId) -> Op {
    Op::Purge { id: id.instance_id().clone() }
}

pub(super) fn nobodys_lock(id: EntityId) -> Op {
    Op::Unlock { id, holder: Holder { no: InstanceNo(99), execution: Execution::FIRST, task: TaskId(0) } }
}

#[test]
fn a_signal_to_one_that_is_not_in_memory_is_answered_once_it_was_run_and_that_is_durable() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(add("t1"));
        puppet.settle();
        // There is none in memory now.
        puppet.ask(add("t2"));
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a add("t1|2")
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) add("t1|2")
        <- applied @tally@a: = 2 v1, with 2
        -> commit 0: #0@0
        <- commit 0 is durable
        -> reply to 1: Done
        <- request 2: signal @tally@a add("t2|2")
        -> load 1 of @tally@a
        <- load 1 of @tally@a: #0 2 v1
        -> apply @tally@a (#0) add("t2|2")
        <- applied @tally@a: = 4 v1, with 4
        -> commit 1: #0@1, #0 anew
        <- commit 1 is durable
        -> reply to 2: Done
    "#]],
    );
}

#[test]
fn what_waits_is_one_batch_and_one_commit() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(add("t1"));
        puppet.load();
        puppet.ask(add("t2"));
        puppet.ask(signal(tally("a"), "t3", Deed::Fail));
        puppet.apply();
        puppet.ask(add("t4"));
        puppet.flush();
        puppet.ask(add("t5"));
        puppet.commit();
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a add("t1|2")
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) add("t1|2")
        <- request 2: signal @tally@a add("t2|2")
        <- request 3: signal @tally@a fail("t3|")
        <- applied @tally@a: = 2 v1, with 2
        <- request 4: signal @tally@a add("t4|2")
        -> commit 0: #0@0
        <- request 5: signal @tally@a add("t5|2")
        <- commit 0 is durable
        -> reply to 1: Done
        -> apply @tally@a (#0) add("t2|2"), fail("t3|"), add("t4|2"), add("t5|2")
        <- applied @tally@a: = 8 v1, with 4, refused, 6, 8
        -> signal fail of @tally@a failed: refused: it was written to fail
        -> commit 1: #0@1, #0 anew
        <- commit 1 is durable
        -> reply to 2: Done
        -> reply to 3: Done
        -> reply to 4: Done
        -> reply to 5: Done
    "#]],
    );
}

#[test]
fn one_that_has_nothing_to_write_is_answered_too() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(get("t1"));
        puppet.settle();
        puppet.ask(purge_entity(&tally("a")));
        puppet.settle();
        puppet.ask(Op::Post { letters: Vec::new(), marks: Vec::new() });
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a get("t1|")
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) get("t1|")
        <- applied @tally@a: as it was, with -1
        -> reply to 1: Done
        <- request 2: purge @tally@a
        -> load 1 of @tally@a
        <- load 1 of @tally@a: nothing
        -> reply to 2: NotFound
        <- request 3: post  of 
        -> reply to 3: Done
    "#]],
    );
}

#[test]
fn one_without_a_state_is_gone_and_comes_back_as_another() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(signal(tally("a"), "t2", Deed::Delete));
        puppet.load();
        puppet.apply();
        puppet.ask(add("t3"));
        puppet.settle();
    };
    after(
        |puppet| {
            puppet.ask(add("t1"));
        },
        script,
        expect![[r#"
            <- request 2: signal @tally@a delete("t2|")
            -> load 1 of @tally@a
            <- load 1 of @tally@a: #0 2 v1
            -> apply @tally@a (#0) delete("t2|")
            <- applied @tally@a: gone, with 2
            -> forget session of #0
            <- request 3: signal @tally@a add("t3|2")
            -> commit 1: without #0
            <- commit 1 is durable
            -> reply to 2: Done
            -> apply @tally@a (#1) add("t3|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 2: #1@1
            <- commit 2 is durable
            -> reply to 3: Done
        "#]],
    );
}

#[test]
fn two_rows_of_one_entity_are_never_in_one_batch() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(add("t1"));
        puppet.load();
        puppet.apply();
        puppet.flush();
        puppet.ask(add("t2"));
        puppet.refuse();
        puppet.ask(add("t3"));
        puppet.wait(Millis(1_000));
        puppet.ask(add("t4"));
        puppet.flush();
        puppet.commit();
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a add("t1|2")
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) add("t1|2")
        <- applied @tally@a: = 2 v1, with 2
        -> commit 0: #0@0
        <- request 2: signal @tally@a add("t2|2")
        <- commit 0 found no space
        <- request 3: signal @tally@a add("t3|2")
        -> reply to 3: StorageFull
        <- request 4: signal @tally@a add("t4|2")
        -> commit 1: #0@0
        <- commit 1 is durable
        -> reply to 1: Done
        -> apply @tally@a (#0) add("t2|2"), add("t4|2")
        <- applied @tally@a: = 6 v1, with 4, 6
        -> commit 2: #0@1, #0 anew
        <- commit 2 is durable
        -> reply to 2: Done
        -> reply to 4: Done
    "#]],
    );
}

#[test]
fn signals_are_refused_while_there_is_no_space() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(add("t1"));
        puppet.load();
        puppet.apply();
        puppet.flush();
        puppet.refuse();
        puppet.ask(add("t2"));
        let marks = vec![Mark { source: "orders".to_owned(), seq: 1, floor: 0 }];
        puppet.ask(Op::Post { letters: Vec::new(), marks });
        puppet.wait(Millis(1_000));
        puppet.tell(Input::Tick);
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a add("t1|2")
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) add("t1|2")
        <- applied @tally@a: = 2 v1, with 2
        -> commit 0: #0@0
        <- commit 0 found no space
        <- request 2: signal @tally@a add("t2|2")
        -> reply to 2: StorageFull
        <- request 3: post  of orders 1
        -> reply to 3: StorageFull
        <- tick
        -> commit 1: #0@0
        <- commit 1 is durable
        -> reply to 1: Done
    "#]],
    );
}
