//! What can be done with an instance that has ended, and what must not.

use expect_test::expect;
use kernel::model::Millis;
use kernel::partition::{Input, Op};
use tests::sim::instance_id;
use tests::sim::puppet::Puppet;

use super::{after, purge, rewind};

#[test]
fn what_is_asked_of_a_purged_instance_waits_until_it_is_gone() {
    let script = |puppet: &mut Puppet| {
        for op in [purge("a"), purge("a"), Op::Wait { id: instance_id("a") }] {
            puppet.ask(op);
        }
        puppet.start("a", 1);
        puppet.load();
        puppet.settle();
    };
    after(
        |puppet| {
            puppet.start("a", 1);
        },
        script,
        expect![[r#"
        <- request 2: purge a
        -> load 1 of a
        <- request 3: purge a
        <- request 4: wait for a
        <- request 5: start a as p1
        <- load 1 of a: #0 Completed to row 0
        -> commit 1: without #0
        <- commit 1 is durable
        -> reply to 2: Done
        -> load 2 of a
        <- load 2 of a: nothing
        -> reply to 3: NotFound
        -> reply to 4: NotFound
        -> play #1 first as a by sha256:010101010101 (Pinned)
        <- played #1 first by sha256:010101010101: Completed(0)
        -> forget session of #1
        -> commit 2: #1@1
        <- commit 2 is durable
        -> reply to 5: Started(InstanceId("a"))
    "#]],
    );
}

#[test]
fn what_was_found_before_a_purge_is_not_believed_after_it() {
    let begin = |puppet: &mut Puppet| {
        puppet.start("a", 4);
        puppet.settle();
        puppet.finish_task();
    };
    let script = |puppet: &mut Puppet| {
        puppet.ask(purge("a"));
        puppet.load();
        puppet.ask(rewind("a"));
        puppet.load_around(|puppet| {
            puppet.flush();
            puppet.commit();
        });
        puppet.settle();
    };
    after(
        begin,
        script,
        expect![[r#"
        <- request 2: purge a
        -> load 1 of a
        <- load 1 of a: #0 Failed to row 1
        <- request 3: rewind a
        -> load 2 of a with history
        -> commit 2: without #0
        <- commit 2 is durable
        -> reply to 2: Done
        <- load 2 of a: #0 Failed to row 1
        -> load 3 of a with history
        <- load 3 of a: nothing
        -> reply to 3: NotFound
    "#]],
    );
}

#[test]
fn a_rewound_child_goes_on_and_its_parent_waits_for_it() {
    let begin = |puppet: &mut Puppet| {
        puppet.start("a", 6);
        puppet.settle();
        puppet.finish_task();
        puppet.settle();
        puppet.wait(Millis(100));
        puppet.tell(Input::Tick);
        puppet.settle();
        puppet.finish_task();
    };
    let script = |puppet: &mut Puppet| {
        puppet.ask(rewind("a"));
        puppet.settle();
        puppet.finish_task();
        puppet.settle();
    };
    after(
        begin,
        script,
        expect![[r#"
            <- request 2: rewind a
            -> load 5 of a with history
            <- load 5 of a: #0 Failed to row 6
            -> commit 8: #0@7, post 4 (start kid as p4 again)
            <- commit 8 is durable
            -> reply to 2: Done
            -> load 6 of kid with history
            <- load 6 of kid: #2 Failed to row 5
            -> commit 9: #2@8, take 4
            <- commit 9 is durable
            -> run #2 1/0/2
            <- done #2 1/0/2: Ok(2725079828589677914)
            -> play #2 turn 2 with [TaskCompleted { task: TaskId(0), output: 2725079828589677914 }]
            <- played #2: Completed(13602723109630002460)
            -> forget session of #2
            -> commit 10: #2@9, post 5 (task 1/0/2 of #0 done)
            <- commit 10 is durable
            -> play #0 turn 2 with [TaskCompleted { task: TaskId(0), output: 13602723109630002460 }]
            <- played #0: Completed(11920444435940221469)
            -> forget session of #0
            -> commit 11: #0@10, take 5
            <- commit 11 is durable
        "#]],
    );
}

#[test]
fn the_next_execution_runs_after_what_the_one_before_ran_was_stopped() {
    let begin = |puppet: &mut Puppet| {
        puppet.start("a", 10);
    };
    let script = |puppet: &mut Puppet| {
        puppet.finish_task();
        puppet.settle();
    };
    after(
        begin,
        script,
        expect![[r#"
        <- done #0 1/0/1: Ok(15916886550466581944)
        -> play #0 turn 2 with [TaskCompleted { task: TaskId(0), output: 15916886550466581944 }]
        <- played #0: ContinuedAsNew { input: 14588462324180249777, carried: [] }
        -> forget session of #0
        -> play #0 first as a by sha256:010101010101 (Serving)
        <- played #0 first by sha256:010101010101: Waiting { events: [] }, work([0,0,0])
        -> commit 1: #0@1, #0 anew
        <- commit 1 is durable
        -> stop all of #0
        -> run #0 2/0/1
    "#]],
    );
}
