//! Letters to entities and from them: calls, signals that have time, what entities and triggers start.

use expect_test::expect;
use kernel::model::{Letter, Millis};
use kernel::partition::{Input, Op};
use kernel::port::Mark;
use tests::sim::entity::Deed;
use tests::sim::instance_id;
use tests::sim::puppet::Puppet;

use super::entities::{add, after, check, operation, signal, signal_at, tally};
use super::purge;

#[test]
fn who_cannot_be_looked_up_is_told_and_letters_wait_in_order() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 1);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.ask(add("t1"));
        puppet.fail_load();
        // What waits goes first, although the store can be read again.
        puppet.start("j", 0);
        puppet.settle();
        puppet.wait(Millis(1_000));
        puppet.tell(Input::Tick);
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
            <- request 1: start i as p1
            -> load 0 of i
            <- load 0 of i: nothing
            -> play #0 first as i by sha256:010101010101 (Pinned)
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, signal @tally@a add("0000000000000001-0.0|2"), call @tally@a add("0000000000000001-0.1-0|2"), call @tally@a fail("0000000000000001-0.2-0|"), call @tally@a get("0000000000000001-0.3-0|")
            -> commit 0: #0@0, post 0 (add("0000000000000001-0.0|2") @tally@a), post 1 (add("0000000000000001-0.1-0|2") @tally@a for #0 1/1/1), post 2 (fail("0000000000000001-0.2-0|") @tally@a for #0 1/2/1), post 3 (get("0000000000000001-0.3-0|") @tally@a for #0 1/3/1)
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("i"))
            -> load 1 of @tally@a
            <- request 2: signal @tally@a add("t1|2")
            <- load 1 of @tally@a: unreadable: no luck
            -> reply to 2: Unreadable("no luck")
            <- request 3: start j as p0
            -> load 2 of j
            <- load 2 of j: nothing
            -> play #1 first as j by sha256:010101010101 (Pinned)
            <- played #1 first by sha256:010101010101: Waiting { events: [] }, call @tally@a add("0000000000000001-0.0-0|2")
            -> commit 1: #1@1, post 4 (add("0000000000000001-0.0-0|2") @tally@a for #1 1/0/1)
            <- commit 1 is durable
            -> reply to 3: Started(InstanceId("j"))
            <- tick
            -> load 3 of @tally@a
            <- load 3 of @tally@a: nothing
            -> apply @tally@a (#2) add("0000000000000001-0.0|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 2: #2@2, take 0
            <- commit 2 is durable
            -> apply @tally@a (#2) add("0000000000000001-0.1-0|2"), fail("0000000000000001-0.2-0|"), get("0000000000000001-0.3-0|"), add("0000000000000001-0.0-0|2")
            <- applied @tally@a: = 6 v1, with 4, refused, 4, 6
            -> commit 3: #2@3, #2 anew, post 5 (task 1/1/1 of #0 done), post 6 (task 1/2/1 of #0 failed), post 7 (task 1/3/1 of #0 done), post 8 (task 1/0/1 of #1 done), take 1, take 2, take 3, take 4
            <- commit 3 is durable
            -> play #0 turn 2 with [TaskCompleted { task: TaskId(1), output: 4 }]
            -> play #1 turn 2 with [TaskCompleted { task: TaskId(0), output: 6 }]
            <- played #0: Waiting { events: [] }
            <- played #1: Completed(875746893545637296)
            -> forget session of #1
            -> commit 4: #0@4, #1@5, take 5, take 8
            <- commit 4 is durable
            -> play #0 turn 3 with [TaskFailed { task: TaskId(2), failure: Failure { kind: "refused", message: "it was written to fail", details: None, retryable: false, causes: [] } }, TaskCompleted { task: TaskId(3), output: 4 }]
            <- played #0: Completed(5846721555453262732)
            -> forget session of #0
            -> commit 5: #0@6, take 6, take 7
            <- commit 5 is durable
        "#]],
    );
}

#[test]
fn calls_are_answered_in_the_commit_of_their_batch() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 1);
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
            <- request 1: start i as p1
            -> load 0 of i
            <- load 0 of i: nothing
            -> play #0 first as i by sha256:010101010101 (Pinned)
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, signal @tally@a add("0000000000000001-0.0|2"), call @tally@a add("0000000000000001-0.1-0|2"), call @tally@a fail("0000000000000001-0.2-0|"), call @tally@a get("0000000000000001-0.3-0|")
            -> commit 0: #0@0, post 0 (add("0000000000000001-0.0|2") @tally@a), post 1 (add("0000000000000001-0.1-0|2") @tally@a for #0 1/1/1), post 2 (fail("0000000000000001-0.2-0|") @tally@a for #0 1/2/1), post 3 (get("0000000000000001-0.3-0|") @tally@a for #0 1/3/1)
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("i"))
            -> load 1 of @tally@a
            <- load 1 of @tally@a: nothing
            -> apply @tally@a (#1) add("0000000000000001-0.0|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 1: #1@1, take 0
            <- commit 1 is durable
            -> apply @tally@a (#1) add("0000000000000001-0.1-0|2"), fail("0000000000000001-0.2-0|"), get("0000000000000001-0.3-0|")
            <- applied @tally@a: = 4 v1, with 4, refused, 4
            -> commit 2: #1@2, #1 anew, post 4 (task 1/1/1 of #0 done), post 5 (task 1/2/1 of #0 failed), post 6 (task 1/3/1 of #0 done), take 1, take 2, take 3
            <- commit 2 is durable
            -> play #0 turn 2 with [TaskCompleted { task: TaskId(1), output: 4 }]
            <- played #0: Waiting { events: [] }
            -> commit 3: #0@3, take 4
            <- commit 3 is durable
            -> play #0 turn 3 with [TaskFailed { task: TaskId(2), failure: Failure { kind: "refused", message: "it was written to fail", details: None, retryable: false, causes: [] } }, TaskCompleted { task: TaskId(3), output: 4 }]
            <- played #0: Completed(5846721555453262732)
            -> forget session of #0
            -> commit 4: #0@4, take 5, take 6
            <- commit 4 is durable
        "#]],
    );
}

#[test]
fn a_crash_between_what_is_posted_and_what_is_taken() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 0);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.restart();
        puppet.load();
        puppet.load();
        puppet.apply();
        puppet.flush();
        // It was run, and that was lost; it is run again.
        puppet.restart();
        puppet.load();
        puppet.load();
        puppet.apply();
        puppet.flush();
        puppet.commit();
        puppet.restart();
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
            <- request 1: start i as p0
            -> load 0 of i
            <- load 0 of i: nothing
            -> play #0 first as i by sha256:010101010101 (Pinned)
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, call @tally@a add("0000000000000001-0.0-0|2")
            -> commit 0: #0@0, post 0 (add("0000000000000001-0.0-0|2") @tally@a for #0 1/0/1)
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("i"))
            -> load 1 of @tally@a
            -- it starts again
            -> load 0 of #0
            -> load 1 of @tally@a
            <- load 0 of #0: #0 Running to row 0
            <- load 1 of @tally@a: nothing
            -> apply @tally@a (#1) add("0000000000000001-0.0-0|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 0: #1@1, post 1 (task 1/0/1 of #0 done), take 0
            -- it starts again
            -> load 0 of #0
            -> load 1 of @tally@a
            <- load 0 of #0: #0 Running to row 0
            <- load 1 of @tally@a: nothing
            -> apply @tally@a (#1) add("0000000000000001-0.0-0|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 0: #1@1, post 1 (task 1/0/1 of #0 done), take 0
            <- commit 0 is durable
            -> play #0 turn 2 with [TaskCompleted { task: TaskId(0), output: 2 }]
            -- it starts again
            -> load 0 of #0
            <- load 0 of #0: #0 Running to row 0
            -> play #0 turn 2 with [TaskCompleted { task: TaskId(0), output: 2 }]
            <- played #0: Completed(16576549522093199164)
            -> forget session of #0
            -> commit 0: #0@2, take 1
            <- commit 0 is durable
        "#]],
    );
}

#[test]
fn a_signal_that_has_time_is_durable_at_once_and_run_when_it_is_due() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(signal_at("t1", 5_000));
        puppet.ask(signal_at("t2", 2_000));
        puppet.start("i", 4);
        puppet.settle();
        puppet.note_rest();
        puppet.restart();
        puppet.note_rest();
        puppet.wait(Millis(4_999));
        puppet.tell(Input::Tick);
        puppet.settle();
        puppet.note_rest();
        puppet.wait(Millis(1));
        puppet.tell(Input::Tick);
        puppet.settle();
        puppet.note_rest();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a add("t1|2") at 5000
        <- request 2: signal @tally@a add("t2|2") at 2000
        <- request 3: start i as p4
        -> load 0 of i
        <- load 0 of i: nothing
        -> play #0 first as i by sha256:010101010101 (Pinned)
        <- played #0 first by sha256:010101010101: Completed(0), signal @tally@a add("0000000000000001-0.0|2")
        -> forget session of #0
        -> commit 0: #0@0, post 0 (add("t1|2") @tally@a at 5000), post 1 (add("t2|2") @tally@a at 2000), post 2 (add("0000000000000001-0.0|2") @tally@a at 500)
        <- commit 0 is durable
        -> reply to 1: Done
        -> reply to 2: Done
        -> reply to 3: Started(InstanceId("i"))
        -- 0 in memory, wakes at Some(500)
        -- it starts again
        -- 0 in memory, wakes at Some(500)
        <- tick
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#1) add("0000000000000001-0.0|2")
        <- applied @tally@a: = 2 v1, with 2
        -> commit 0: #1@1, take 2
        <- commit 0 is durable
        -> apply @tally@a (#1) add("t2|2")
        <- applied @tally@a: = 4 v1, with 4
        -> commit 1: #1@2, #1 anew, take 1
        <- commit 1 is durable
        -- 0 in memory, wakes at Some(5000)
        <- tick
        -> load 1 of @tally@a
        <- load 1 of @tally@a: #1 4 v1
        -> apply @tally@a (#1) add("t1|2")
        <- applied @tally@a: = 6 v1, with 6
        -> commit 2: #1@3, #1 anew, take 0
        <- commit 2 is durable
        -- 0 in memory, wakes at None
    "#]],
    );
}

#[test]
fn a_signal_for_a_time_that_has_passed_is_run_now() {
    let script = |puppet: &mut Puppet| {
        puppet.wait(Millis(1_000));
        puppet.ask(signal_at("t1", 1_000));
        puppet.settle();
        puppet.ask(signal_at("t2", 1_001 + 10 * 366 * 24 * 3_600_000));
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a add("t1|2") at 1000
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) add("t1|2")
        <- applied @tally@a: = 2 v1, with 2
        -> commit 0: #0@0
        <- commit 0 is durable
        -> reply to 1: Done
        <- request 2: signal @tally@a add("t2|2") at 316224001001
        -> reply to 2: TooManyPending
    "#]],
    );
}

/// What an entity starts must not be lost because a client was about to start the same and found no space.
#[test]
fn what_an_entity_starts_waits_for_what_becomes_of_its_rival() {
    let spawn = Deed::Spawn(3, Some(instance_id("kid")));
    let script = |puppet: &mut Puppet| {
        puppet.ask(signal(tally("a"), "t1", spawn));
        puppet.load();
        puppet.apply();
        puppet.flush();
        puppet.start("kid", 3);
        puppet.load();
        puppet.commit();
        puppet.play();
        puppet.flush();
        puppet.refuse();
        puppet.wait(Millis(1_000));
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a spawn("t1|3|kid")
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) spawn("t1|3|kid")
        <- applied @tally@a: as it was, with 0 and start kid as p3
        -> commit 0: post 0 (start kid as p3)
        <- request 2: start kid as p3
        -> load 1 of kid
        <- load 1 of kid: nothing
        -> play #1 first as kid by sha256:010101010101 (Pinned)
        <- commit 0 is durable
        -> reply to 1: Done
        <- played #1 first by sha256:010101010101: Waiting { events: [] }, timer 60000
        -> commit 1: #1@0
        <- commit 1 found no space
        -> reply to 2: StorageFull
        -> forget session of #1
        -> load 2 of kid
        <- load 2 of kid: nothing
        -> play #2 first as kid by sha256:010101010101 (OwnFirst)
        <- played #2 first by sha256:010101010101: Waiting { events: [] }, timer 61000
        -> commit 2: #2@1, take 0
        <- commit 2 is durable
    "#]],
    );
}

#[test]
fn what_an_entity_starts_comes_to_nothing_if_it_is_there_or_nobody_has_it() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(signal(tally("a"), "t1", Deed::Spawn(3, Some(instance_id("kid")))));
        puppet.ask(signal(tally("a"), "t2", Deed::Spawn(99, None)));
        puppet.settle();
        puppet.ask(purge("kid"));
    };
    after(
        |puppet| {
            puppet.start("kid", 3);
        },
        script,
        expect![[r#"
            <- request 2: signal @tally@a spawn("t1|3|kid")
            -> load 1 of @tally@a
            <- request 3: signal @tally@a spawn("t2|99|")
            <- load 1 of @tally@a: nothing
            -> apply @tally@a (#1) spawn("t1|3|kid")
            <- applied @tally@a: as it was, with 0 and start kid as p3
            -> commit 1: post 0 (start kid as p3)
            <- commit 1 is durable
            -> reply to 2: Done
            -> apply @tally@a (#1) spawn("t2|99|")
            <- applied @tally@a: as it was, with 0 and start one as p99
            -> commit 2: post 1 (start 0000000000000007:0 as p99), take 0
            <- commit 2 is durable
            -> reply to 3: Done
            -> load 2 of 0000000000000007:0
            <- load 2 of 0000000000000007:0: nothing
            -> play #2 first as 0000000000000007:0 by sha256:010101010101 (OwnFirst)
            <- not played #2: dacapo:not-found: no component has p99
            -> lost: 0000000000000007:0 was not started: dacapo:not-found: no component has p99
            -> commit 3: take 1
            <- commit 3 is durable
            <- request 4: purge kid
            -> reply to 4: NotEnded(Running)
        "#]],
    );
}

#[test]
fn what_a_trigger_posts_is_one_commit_with_its_mark() {
    let script = |puppet: &mut Puppet| {
        let operate = |key: &str, token: &str| Letter::Operate {
            to: tally(key),
            operation: operation(token, &Deed::Add(2)),
            caller: None,
            due: None,
        };
        let marks = vec![Mark { source: "orders".to_owned(), seq: 7, floor: 0 }];
        puppet.ask(Op::Post { letters: vec![operate("a", "t1"), operate("b", "t2")], marks });
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: post (add("t1|2") @tally@a), (add("t2|2") @tally@b) of orders 7
        -> commit 0: post 0 (add("t1|2") @tally@a), post 1 (add("t2|2") @tally@b), mark orders 7
        <- commit 0 is durable
        -> reply to 1: Done
        -> load 0 of @tally@a
        -> load 1 of @tally@b
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) add("t1|2")
        <- load 1 of @tally@b: nothing
        -> apply @tally@b (#1) add("t2|2")
        <- applied @tally@a: = 2 v1, with 2
        <- applied @tally@b: = 2 v1, with 2
        -> commit 1: #0@0, #1@1, take 0, take 1
        <- commit 1 is durable
    "#]],
    );
}

#[test]
fn what_a_batch_asks_of_others_leaves_with_it() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(signal(tally("a"), "t1", Deed::Relay(tally("b"))));
        puppet.load();
        puppet.ask(signal(tally("a"), "t2", Deed::Relay(tally("a"))));
        puppet.ask(signal(tally("a"), "t4", Deed::Later(tally("b"), Millis(500))));
        puppet.settle();
        puppet.wait(Millis(500));
        puppet.tell(Input::Tick);
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a relay("t1|@tally@b")
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) relay("t1|@tally@b")
        <- request 2: signal @tally@a relay("t2|@tally@a")
        <- request 3: signal @tally@a later("t4|@tally@b|500")
        <- applied @tally@a: as it was, with 0 and add for @tally@b
        -> commit 0: post 0 (add("0000000000000007.0|1") @tally@b)
        <- commit 0 is durable
        -> reply to 1: Done
        -> apply @tally@a (#0) relay("t2|@tally@a"), later("t4|@tally@b|500")
        -> load 1 of @tally@b
        <- load 1 of @tally@b: nothing
        -> apply @tally@b (#1) add("0000000000000007.0|1")
        <- applied @tally@a: as it was, with 0 and add for @tally@a, 0 and add for @tally@b
        <- applied @tally@b: = 1 v1, with 1
        -> commit 1: #1@0, post 1 (add("0000000000000007.0|1") @tally@a), post 2 (add("0000000000000007.0|1") @tally@b at 500), take 0
        <- commit 1 is durable
        -> reply to 2: Done
        -> reply to 3: Done
        -> apply @tally@a (#0) add("0000000000000007.0|1")
        <- applied @tally@a: = 1 v1, with 1
        -> commit 2: #0@1, take 1
        <- commit 2 is durable
        <- tick
        -> load 2 of @tally@b
        <- load 2 of @tally@b: #1 1 v1
        -> apply @tally@b (#1) add("0000000000000007.0|1")
        <- applied @tally@b: = 2 v1, with 2
        -> commit 3: #1@2, #1 anew, take 2
        <- commit 3 is durable
    "#]],
    );
}
