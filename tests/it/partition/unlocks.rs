//! How critical sections end, and that nothing of them is left.

use expect_test::expect;
use kernel::model::{Execution, Holder, InstanceNo, Millis, Reach, TaskId};
use kernel::orchestration::Held;
use kernel::partition::Op;
use tests::sim::puppet::Puppet;

use super::entities::tally;
use super::locks::{add, check, pass};
use super::terminate;

#[test]
fn who_is_terminated_while_it_waits_for_a_lock_frees_what_it_has_and_asks_for_nothing_more() {
    let script = |puppet: &mut Puppet| {
        puppet.start("rival", 1);
        puppet.settle();
        puppet.start("i", 0);
        puppet.settle();
        puppet.log.clear();
        puppet.ask(terminate("i", Reach::Alone));
        puppet.settle();
        pass(puppet, Millis(1_000));
    };
    check(
        script,
        expect![[r#"
        <- request 3: terminate i
        -> forget session of #2
        -> commit 5: #2@5, post 4 (unlock @tally@a for #2 1/0, Onward)
        <- commit 5 is durable
        -> reply to 3: Done
        -> stop all of #2
        -> forget session of #3
        -> commit 6: without #3, post 5 (unlock @tally@b for #2 1/0, Onward), take 4
        <- commit 6 is durable
        -> commit 7: take 3, take 5
        <- commit 7 is durable
        <- tick
        -> play #0 turn 3 with [TimerFired { timer: TaskId(1) }]
        <- played #0: Completed(8409816773569330625), release 0
        -> forget session of #0
        -> commit 8: #0@6, post 6 (unlock @tally@b for #0 1/0, One)
        <- commit 8 is durable
        -> forget session of #1
        -> commit 9: without #1, take 6
        <- commit 9 is durable
    "#]],
    );
}

#[test]
fn who_is_terminated_while_the_request_is_on_its_way_is_told_behind_it() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 0);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.log.clear();
        // The first entity is being loaded.
        puppet.ask(terminate("i", Reach::Alone));
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 2: terminate i
        -> forget session of #0
        <- load 1 of @tally@a: nothing
        -> commit 1: #0@1, #1@2, post 1 (unlock @tally@a for #0 1/0, Onward), post 2 (lock @tally@b for #0 1/0), take 0
        <- commit 1 is durable
        -> reply to 2: Done
        -> stop all of #0
        -> forget session of #1
        -> load 2 of @tally@b
        <- load 2 of @tally@b: nothing
        -> commit 2: #3@3, without #1, post 3 (unlock @tally@b for #0 1/0, Onward), post 4 (lock @tally@c for #0 1/0), take 1, take 2
        <- commit 2 is durable
        -> forget session of #3
        -> load 3 of @tally@c
        <- load 3 of @tally@c: nothing
        -> commit 3: #5@4, without #3, post 5 (unlock @tally@c for #0 1/0, Onward), post 6 (task 1/0/1 of #0 done), take 3, take 4
        <- commit 3 is durable
        -> forget session of #5
        -> load 4 of #0
        <- load 4 of #0: #0 Terminated to row 1
        -> commit 4: without #5, take 5, take 6
        <- commit 4 is durable
    "#]],
    );
}

#[test]
fn a_grant_that_comes_too_late_is_given_back() {
    let script = |puppet: &mut Puppet| {
        puppet.start("rival", 1);
        puppet.settle();
        puppet.start("i", 2);
        puppet.settle();
        puppet.log.clear();
        pass(puppet, Millis(100));
        pass(puppet, Millis(900));
    };
    check(
        script,
        expect![[r#"
        <- tick
        -> play #2 turn 2 with [TimerFired { timer: TaskId(1) }]
        <- played #2: Completed(142420770828264707), release 0
        -> forget session of #2
        -> commit 5: #2@5, post 4 (unlock @tally@a for #2 1/0, Onward)
        <- commit 5 is durable
        -> forget session of #3
        -> commit 6: without #3, post 5 (unlock @tally@b for #2 1/0, Onward), take 4
        <- commit 6 is durable
        -> commit 7: take 3, take 5
        <- commit 7 is durable
        <- tick
        -> play #0 turn 3 with [TimerFired { timer: TaskId(1) }]
        <- played #0: Completed(8409816773569330625), release 0
        -> forget session of #0
        -> commit 8: #0@6, post 6 (unlock @tally@b for #0 1/0, One)
        <- commit 8 is durable
        -> forget session of #1
        -> commit 9: without #1, take 6
        <- commit 9 is durable
    "#]],
    );
}

#[test]
fn the_end_of_an_orchestration_is_the_end_of_its_section() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 4);
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: start i as p4
        -> load 0 of i
        <- load 0 of i: nothing
        -> play #0 first as i by sha256:010101010101 (Pinned)
        <- played #0 first by sha256:010101010101: Waiting { events: [] }, lock @tally@a
        -> commit 0: #0@0, post 0 (lock @tally@a for #0 1/0)
        <- commit 0 is durable
        -> reply to 1: Started(InstanceId("i"))
        -> load 1 of @tally@a
        <- load 1 of @tally@a: nothing
        -> commit 1: #1@1, post 1 (task 1/0/1 of #0 done), take 0
        <- commit 1 is durable
        -> play #0 turn 2 with [TaskCompleted { task: TaskId(0), output: null }]
        <- played #0: Completed(0)
        -> forget session of #0
        -> commit 2: #0@2, post 2 (unlock @tally@a for #0 1/0, One), take 1
        <- commit 2 is durable
        -> forget session of #1
        -> commit 3: without #1, take 2
        <- commit 3 is durable
    "#]],
    );
}

#[test]
fn a_lock_that_belongs_to_nobody_can_be_released() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 1);
        puppet.settle();
        puppet.log.clear();
        let holder = Holder { no: InstanceNo(0), execution: Execution::FIRST, task: TaskId(0) };
        puppet.ask(Op::Unlock { id: tally("b"), holder });
        puppet.settle();
        // The section is over for its entity; that its orchestration releases it changes nothing.
        puppet.ask(add("b", "t1"));
        puppet.settle();
        pass(puppet, Millis(1_000));
    };
    check(
        script,
        expect![[r#"
        <- request 2: unlock @tally@b for #0 1/0
        -> forget session of #1
        -> commit 3: without #1
        <- commit 3 is durable
        -> reply to 2: Done
        <- request 3: signal @tally@b add("t1|2")
        -> apply @tally@b (#2) add("t1|2")
        <- applied @tally@b: = 2 v1, with 2
        -> commit 4: #2@3
        <- commit 4 is durable
        -> reply to 3: Done
        <- tick
        -> play #0 turn 3 with [TimerFired { timer: TaskId(1) }]
        <- played #0: Completed(8409816773569330625), release 0
        -> forget session of #0
        -> commit 5: #0@4, post 2 (unlock @tally@b for #0 1/0, One)
        <- commit 5 is durable
        -> commit 6: #2@5, #2 anew, take 2
        <- commit 6 is durable
    "#]],
    );
}

#[test]
fn a_locked_entity_that_is_purged_stays_locked() {
    let script = |puppet: &mut Puppet| {
        puppet.start("rival", 1);
        puppet.settle();
        puppet.start("i", 0);
        puppet.settle();
        puppet.log.clear();
        puppet.ask(Op::Purge { id: tally("b").instance_id().clone() });
        puppet.settle();
        pass(puppet, Millis(1_000));
    };
    check(
        script,
        expect![[r#"
            <- request 3: purge @tally@b
            -> commit 5: #1@5, #1 anew
            <- commit 5 is durable
            -> reply to 3: Done
            <- tick
            -> play #0 turn 3 with [TimerFired { timer: TaskId(1) }]
            <- played #0: Completed(8409816773569330625), release 0
            -> forget session of #0
            -> commit 6: #0@6, post 4 (unlock @tally@b for #0 1/0, One)
            <- commit 6 is durable
            -> commit 7: #1@7, #1 anew, post 5 (lock @tally@c for #2 1/0), take 4, take 3
            <- commit 7 is durable
            -> load 4 of @tally@c
            <- load 4 of @tally@c: nothing
            -> commit 8: #4@8, post 6 (task 1/0/1 of #2 done), take 5
            <- commit 8 is durable
            -> play #2 turn 2 with [TaskCompleted { task: TaskId(0), output: null }]
            <- played #2: Waiting { events: [] }, call @tally@a add("0000000000000001-0.1-0|2")
            -> commit 9: #2@9, post 7 (add("0000000000000001-0.1-0|2") @tally@a for #2 1/1/1), take 6
            <- commit 9 is durable
            -> apply @tally@a (#3) add("0000000000000001-0.1-0|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 10: #3@10, #3 anew, post 8 (task 1/1/1 of #2 done), take 7
            <- commit 10 is durable
            -> play #2 turn 3 with [TaskCompleted { task: TaskId(1), output: 2 }]
            <- played #2: Waiting { events: [] }, call @tally@a get("0000000000000001-0.2-0|")
            -> commit 11: #2@11, post 9 (get("0000000000000001-0.2-0|") @tally@a for #2 1/2/1), take 8
            <- commit 11 is durable
            -> apply @tally@a (#3) get("0000000000000001-0.2-0|")
            <- applied @tally@a: as it was, with 2
            -> commit 12: #3@12, #3 anew, post 10 (task 1/2/1 of #2 done), take 9
            <- commit 12 is durable
            -> play #2 turn 4 with [TaskCompleted { task: TaskId(2), output: 2 }]
            <- played #2: Completed(16132385378437227994), release 0
            -> forget session of #2
            -> commit 13: #2@13, post 11 (unlock @tally@a for #2 1/0, One), post 12 (unlock @tally@b for #2 1/0, One), post 13 (unlock @tally@c for #2 1/0, One), take 10
            <- commit 13 is durable
            -> forget session of #1
            -> forget session of #4
            -> commit 14: #3@14, without #1, without #4, #3 anew, take 11, take 12, take 13
            <- commit 14 is durable
        "#]],
    );
}

#[test]
fn what_a_held_entity_was_locked_for_goes_on_when_it_can() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 0);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        for _ in ["a", "b", "c"] {
            puppet.load();
            puppet.flush();
            puppet.commit();
        }
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.log.clear();
        puppet.hold_entity(Held::Unavailable("no machine code".to_owned()));
        puppet.ask(terminate("i", Reach::Alone));
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- applied @tally@a: not run: the instance cannot be played here and now: no machine code
        -> hold @tally@a: the instance cannot be played here and now: no machine code
        <- request 2: terminate i
        -> forget session of #0
        -> commit 5: #0@5, post 5 (unlock @tally@a for #0 1/0, One), post 6 (unlock @tally@b for #0 1/0, One), post 7 (unlock @tally@c for #0 1/0, One)
        <- commit 5 is durable
        -> reply to 2: Done
        -> stop all of #0
        -> forget session of #2
        -> forget session of #3
        -> commit 6: without #2, without #3, take 6, take 7
        <- commit 6 is durable
    "#]],
    );
}
