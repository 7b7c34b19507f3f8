//! Critical sections: entities are locked one after another, rivals wait, and the end of a section frees all of them.

use expect_test::{Expect, expect};
use kernel::model::{LockSet, Millis};
use kernel::partition::{Input, Op, Tuning};
use tests::sim::entity::Deed;
use tests::sim::program::{Ask, Manner, OnFailure, Program, Section, Step};
use tests::sim::puppet::Puppet;

use super::check_programs;
use super::entities::{signal, tally};

/// A section over these, in which something is done.
fn section(keys: &[&str], chains: Vec<Vec<Ask>>, manner: Manner) -> Program {
    let set = LockSet::new(keys.iter().map(|key| tally(key)).collect()).expect("there is one");
    Program::honest(vec![Step::Section(Section { set, chains, manner })])
}

fn call(key: &str, deed: Deed) -> Ask {
    Ask::Call(tally(key), deed, OnFailure::GoOn)
}

/// Runs a script in which there are critical sections.
pub(super) fn check(script: impl FnOnce(&mut Puppet), expect: Expect) {
    let programs = vec![
        section(&["a", "b", "c"], vec![vec![call("a", Deed::Add(2)), call("a", Deed::Get)]], Manner::Proper),
        section(&["b"], vec![vec![Ask::Timer(Millis(1_000))]], Manner::Proper),
        section(&["a", "b", "c"], vec![vec![Ask::Timer(Millis(1_000))]], Manner::Impatient(Millis(100))),
        section(&["a"], vec![vec![call("a", Deed::Add(2))]], Manner::Eager),
        section(&["a"], Vec::new(), Manner::Careless),
    ];
    check_programs(Tuning::default(), programs, script, expect);
}

pub(super) fn add(key: &str, token: &str) -> Op {
    signal(tally(key), token, Deed::Add(2))
}

/// Lets time pass.
pub(super) fn pass(puppet: &mut Puppet, length: Millis) {
    puppet.wait(length);
    puppet.tell(Input::Tick);
    puppet.settle();
}

#[test]
fn entities_are_locked_in_order_and_released_each() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 0);
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
            <- request 1: start i as p0
            -> load 0 of i
            <- load 0 of i: nothing
            -> play #0 first as i by sha256:010101010101 (Pinned)
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, lock @tally@a @tally@b @tally@c
            -> commit 0: #0@0, post 0 (lock @tally@a for #0 1/0)
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("i"))
            -> load 1 of @tally@a
            <- load 1 of @tally@a: nothing
            -> commit 1: #1@1, post 1 (lock @tally@b for #0 1/0), take 0
            <- commit 1 is durable
            -> load 2 of @tally@b
            <- load 2 of @tally@b: nothing
            -> commit 2: #2@2, post 2 (lock @tally@c for #0 1/0), take 1
            <- commit 2 is durable
            -> load 3 of @tally@c
            <- load 3 of @tally@c: nothing
            -> commit 3: #3@3, post 3 (task 1/0/1 of #0 done), take 2
            <- commit 3 is durable
            -> play #0 turn 2 with [TaskCompleted { task: TaskId(0), output: null }]
            <- played #0: Waiting { events: [] }, call @tally@a add("0000000000000001-0.1-0|2")
            -> commit 4: #0@4, post 4 (add("0000000000000001-0.1-0|2") @tally@a for #0 1/1/1), take 3
            <- commit 4 is durable
            -> apply @tally@a (#1) add("0000000000000001-0.1-0|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 5: #1@5, #1 anew, post 5 (task 1/1/1 of #0 done), take 4
            <- commit 5 is durable
            -> play #0 turn 3 with [TaskCompleted { task: TaskId(1), output: 2 }]
            <- played #0: Waiting { events: [] }, call @tally@a get("0000000000000001-0.2-0|")
            -> commit 6: #0@6, post 6 (get("0000000000000001-0.2-0|") @tally@a for #0 1/2/1), take 5
            <- commit 6 is durable
            -> apply @tally@a (#1) get("0000000000000001-0.2-0|")
            <- applied @tally@a: as it was, with 2
            -> commit 7: #1@7, #1 anew, post 7 (task 1/2/1 of #0 done), take 6
            <- commit 7 is durable
            -> play #0 turn 4 with [TaskCompleted { task: TaskId(2), output: 2 }]
            <- played #0: Completed(16132385378437227994), release 0
            -> forget session of #0
            -> commit 8: #0@8, post 8 (unlock @tally@a for #0 1/0, One), post 9 (unlock @tally@b for #0 1/0, One), post 10 (unlock @tally@c for #0 1/0, One), take 7
            <- commit 8 is durable
            -> forget session of #2
            -> forget session of #3
            -> commit 9: #1@9, without #2, without #3, #1 anew, take 8, take 9, take 10
            <- commit 9 is durable
        "#]],
    );
}

#[test]
fn a_rival_lets_the_chain_wait_where_it_is() {
    let script = |puppet: &mut Puppet| {
        puppet.start("rival", 1);
        puppet.settle();
        puppet.start("i", 0);
        puppet.settle();
        puppet.log.clear();
        pass(puppet, Millis(1_000));
    };
    check(
        script,
        expect![[r#"
            <- tick
            -> play #0 turn 3 with [TimerFired { timer: TaskId(1) }]
            <- played #0: Completed(8409816773569330625), release 0
            -> forget session of #0
            -> commit 5: #0@5, post 4 (unlock @tally@b for #0 1/0, One)
            <- commit 5 is durable
            -> commit 6: #1@6, #1 anew, post 5 (lock @tally@c for #2 1/0), take 4, take 3
            <- commit 6 is durable
            -> load 4 of @tally@c
            <- load 4 of @tally@c: nothing
            -> commit 7: #4@7, post 6 (task 1/0/1 of #2 done), take 5
            <- commit 7 is durable
            -> play #2 turn 2 with [TaskCompleted { task: TaskId(0), output: null }]
            <- played #2: Waiting { events: [] }, call @tally@a add("0000000000000001-0.1-0|2")
            -> commit 8: #2@8, post 7 (add("0000000000000001-0.1-0|2") @tally@a for #2 1/1/1), take 6
            <- commit 8 is durable
            -> apply @tally@a (#3) add("0000000000000001-0.1-0|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 9: #3@9, #3 anew, post 8 (task 1/1/1 of #2 done), take 7
            <- commit 9 is durable
            -> play #2 turn 3 with [TaskCompleted { task: TaskId(1), output: 2 }]
            <- played #2: Waiting { events: [] }, call @tally@a get("0000000000000001-0.2-0|")
            -> commit 10: #2@10, post 9 (get("0000000000000001-0.2-0|") @tally@a for #2 1/2/1), take 8
            <- commit 10 is durable
            -> apply @tally@a (#3) get("0000000000000001-0.2-0|")
            <- applied @tally@a: as it was, with 2
            -> commit 11: #3@11, #3 anew, post 10 (task 1/2/1 of #2 done), take 9
            <- commit 11 is durable
            -> play #2 turn 4 with [TaskCompleted { task: TaskId(2), output: 2 }]
            <- played #2: Completed(16132385378437227994), release 0
            -> forget session of #2
            -> commit 12: #2@12, post 11 (unlock @tally@a for #2 1/0, One), post 12 (unlock @tally@b for #2 1/0, One), post 13 (unlock @tally@c for #2 1/0, One), take 10
            <- commit 12 is durable
            -> forget session of #1
            -> forget session of #4
            -> commit 13: #3@13, without #1, without #4, #3 anew, take 11, take 12, take 13
            <- commit 13 is durable
        "#]],
    );
}

#[test]
fn signals_to_a_locked_entity_are_kept_and_run_when_it_is_free() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 1);
        puppet.settle();
        puppet.log.clear();
        puppet.ask(add("b", "t1"));
        puppet.settle();
        puppet.restart();
        puppet.settle();
        pass(puppet, Millis(1_000));
    };
    check(
        script,
        expect![[r#"
        <- request 2: signal @tally@b add("t1|2")
        -> commit 3: post 2 (add("t1|2") @tally@b)
        <- commit 3 is durable
        -> reply to 2: Done
        -- it starts again
        -> load 0 of @tally@b
        <- load 0 of @tally@b: #1 nothing locked by #0 1/0
        <- tick
        -> load 1 of #0
        <- load 1 of #0: #0 Running to row 2
        -> play #0 turn 3 with [TimerFired { timer: TaskId(1) }]
        <- played #0: Completed(8409816773569330625), release 0
        -> forget session of #0
        -> commit 0: #0@3, post 3 (unlock @tally@b for #0 1/0, One)
        <- commit 0 is durable
        -> apply @tally@b (#1) add("t1|2")
        <- applied @tally@b: = 2 v1, with 2
        -> commit 1: #1@4, #1 anew, take 3, take 2
        <- commit 1 is durable
    "#]],
    );
}

/// The clients who wait behind a lock are let go when it is granted, also if a call of its holder is run at once.
#[test]
fn a_lock_and_a_call_of_its_holder_go_in_one_batch() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(add("a", "t1"));
        puppet.load();
        puppet.start("i", 3);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.log.clear();
        puppet.ask(add("a", "t2"));
        puppet.apply();
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
            <- request 3: signal @tally@a add("t2|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 1: #0@1, post 2 (task 1/0/1 of #1 done), post 3 (add("t2|2") @tally@a), take 0
            <- commit 1 is durable
            -> reply to 1: Done
            -> reply to 3: Done
            -> apply @tally@a (#0) add("0000000000000001-0.1-0|2")
            -> play #1 turn 2 with [TaskCompleted { task: TaskId(0), output: null }]
            <- played #1: Waiting { events: [] }
            <- applied @tally@a: = 4 v1, with 4
            -> commit 2: #1@2, #0@3, #0 anew, post 4 (task 1/1/1 of #1 done), take 2, take 1
            <- commit 2 is durable
            -> play #1 turn 3 with [TaskCompleted { task: TaskId(1), output: 4 }]
            <- played #1: Completed(8413276416993862460), release 0
            -> forget session of #1
            -> commit 3: #1@4, post 5 (unlock @tally@a for #1 1/0, One), take 4
            <- commit 3 is durable
            -> apply @tally@a (#0) add("t2|2")
            <- applied @tally@a: = 6 v1, with 6
            -> commit 4: #0@5, #0 anew, take 5, take 3
            <- commit 4 is durable
        "#]],
    );
}
