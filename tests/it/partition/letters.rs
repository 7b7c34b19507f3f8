//! What instances send to each other: in order, once, and to the right one.

use expect_test::expect;
use kernel::model::{
    ChildOptions, ComponentDigest, Decision, EventName, InstanceNo, Millis, Payload, Raised, Reach, Step, StepStatus,
};
use kernel::orchestration::Answer;
use kernel::partition::{Input, Played};
use tests::sim::instance_id;
use tests::sim::program::name;
use tests::sim::puppet::Puppet;

use super::{after, raise, terminate};

#[test]
fn a_parent_whose_child_was_started_again_stays_in_memory() {
    let begin = |puppet: &mut Puppet| {
        puppet.start("a", 6);
        puppet.settle();
        puppet.finish_task();
    };
    let script = |puppet: &mut Puppet| {
        puppet.wait(Millis(100));
        puppet.tell(Input::Tick);
        puppet.settle();
        puppet.ask(raise("a", "1"));
        puppet.settle();
    };
    after(
        begin,
        script,
        expect![[r#"
        <- tick
        -> load 3 of #0
        <- load 3 of #0: #0 Running to row 3
        -> commit 4: post 2 (start kid as p4)
        <- commit 4 is durable
        -> load 4 of kid
        <- load 4 of kid: #1 Failed to row 2
        -> play #2 first as kid by sha256:010101010101 (OwnFirst)
        <- played #2 first by sha256:010101010101: Waiting { events: [] }, work([7,1,0])
        -> commit 5: #2@4, without #1, take 2
        <- commit 5 is durable
        -> run #2 1/0/1
        <- request 2: raise go0 1 for a
        -> play #0 turn 2 with [Raised(Raised { name: EventName("go0"), input: 1 })]
        <- played #0: Waiting { events: [] }
        -> commit 6: #0@5
        <- commit 6 is durable
        -> reply to 2: Done
    "#]],
    );
}

#[test]
fn letters_arrive_in_order_although_a_load_failed() {
    let script = |puppet: &mut Puppet| {
        puppet.start("b", 7);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.fail_load();
        puppet.start("c", 7);
        puppet.settle();
        puppet.wait(Millis(1_000));
        puppet.tell(Input::Tick);
        puppet.settle();
    };
    after(
        |puppet| {
            puppet.start("a", 0);
        },
        script,
        expect![[r#"
        <- request 2: start b as p7
        -> load 1 of b
        <- load 1 of b: nothing
        -> play #1 first as b by sha256:010101010101 (Pinned)
        <- played #1 first by sha256:010101010101: Completed(0), send gO0 "0000000000000001-0.0" to a, send gO0 "0000000000000001-0.1" to a
        -> forget session of #1
        -> commit 1: #1@1, post 0 (gO0 "0000000000000001-0.0" for a), post 1 (gO0 "0000000000000001-0.1" for a)
        <- commit 1 is durable
        -> reply to 2: Started(InstanceId("b"))
        -> load 2 of a
        <- load 2 of a: unreadable: no luck
        <- request 3: start c as p7
        -> load 3 of c
        <- load 3 of c: nothing
        -> play #2 first as c by sha256:010101010101 (Pinned)
        <- played #2 first by sha256:010101010101: Completed(0), send gO0 "0000000000000001-0.0" to a, send gO0 "0000000000000001-0.1" to a
        -> forget session of #2
        -> commit 2: #2@2, post 2 (gO0 "0000000000000001-0.0" for a), post 3 (gO0 "0000000000000001-0.1" for a)
        <- commit 2 is durable
        -> reply to 3: Started(InstanceId("c"))
        <- tick
        -> load 4 of a
        <- load 4 of a: #0 Running to row 0
        -> play #0 turn 2 with [Raised(Raised { name: EventName("gO0"), input: "0000000000000001-0.0" })]
        <- played #0: Waiting { events: [] }
        -> commit 3: #0@3, take 0
        <- commit 3 is durable
        -> play #0 turn 3 with [Raised(Raised { name: EventName("gO0"), input: "0000000000000001-0.1" }), Raised(Raised { name: EventName("gO0"), input: "0000000000000001-0.0" }), Raised(Raised { name: EventName("gO0"), input: "0000000000000001-0.1" })]
        <- played #0: Waiting { events: [] }
        -> commit 4: #0@4, take 1, take 2, take 3
        <- commit 4 is durable
    "#]],
    );
}

#[test]
fn what_is_sent_after_a_child_comes_after_it_although_its_id_is_in_doubt() {
    let script = |puppet: &mut Puppet| {
        // Whether this start will be durable is not known when the child and then its end are asked for.
        puppet.start("kid", 0);
        puppet.load();
        puppet.start("a", 5);
        puppet.load();
        puppet.play_last();
        puppet.flush();
        puppet.commit();
        puppet.ask(terminate("a", Reach::Children));
        puppet.flush();
        puppet.commit();
        puppet.settle();
    };
    after(
        |_| (),
        script,
        expect![[r#"
            <- request 1: start kid as p0
            -> load 0 of kid
            <- load 0 of kid: nothing
            -> play #0 first as kid by sha256:010101010101 (Pinned)
            <- request 2: start a as p5
            -> load 1 of a
            <- load 1 of a: nothing
            -> play #1 first as a by sha256:010101010101 (Pinned)
            <- played #1 first by sha256:010101010101: Waiting { events: [] }, child p3 as kid
            -> commit 0: #1@0, post 0 (start kid as p3)
            <- commit 0 is durable
            -> reply to 2: Started(InstanceId("a"))
            <- request 3: terminate a and its children
            -> forget session of #1
            -> commit 1: #1@1, post 1 (terminate kid)
            <- commit 1 is durable
            -> reply to 3: Done
            -> stop all of #1
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, timer 60000
            -> commit 2: #0@2
            <- commit 2 is durable
            -> reply to 1: Started(InstanceId("kid"))
            -> commit 3: post 2 (task 1/0/1 of #1 failed), take 0, take 1
            <- commit 3 is durable
            -> load 2 of #1
            <- load 2 of #1: #1 Terminated to row 1
            -> commit 4: take 2
            <- commit 4 is durable
        "#]],
    );
}

#[test]
fn a_child_without_a_component_is_refused() {
    after(
        |_| (),
        |puppet| {
            puppet.start("a", 9);
            puppet.settle();
        },
        expect![[r#"
            <- request 1: start a as p9
            -> load 0 of a
            <- load 0 of a: nothing
            -> play #0 first as a by sha256:010101010101 (Pinned)
            <- played #0 first by sha256:010101010101: Waiting { events: [] }, child p8 as kid
            -> commit 0: #0@0, post 0 (start kid as p8)
            <- commit 0 is durable
            -> reply to 1: Started(InstanceId("a"))
            -> load 1 of kid
            <- load 1 of kid: nothing
            -> play #1 first as kid by sha256:010101010101 (OwnFirst)
            <- not played #1: dacapo:not-found: no component has p8
            -> commit 1: post 1 (task 1/0/1 of #0 failed), take 0
            <- commit 1 is durable
            -> load 2 of #0
            <- load 2 of #0: #0 Running to row 0
            -> play #0 turn 2 with [TaskFailed { task: TaskId(0), failure: Failure { kind: "dacapo:child-failed", message: "child kid failed: no component has p8", details: None, retryable: false, causes: [Cause { kind: "dacapo:not-found", message: "no component has p8", details: None }] } }]
            <- played #0: Failed(Failure { kind: "dacapo:child-failed", message: "child kid failed: no component has p8", details: None, retryable: false, causes: [Cause { kind: "dacapo:not-found", message: "no component has p8", details: None }] })
            -> forget session of #0
            -> commit 2: #0@1, take 1
            <- commit 2 is durable
        "#]],
    );
}

#[test]
fn a_letter_that_cannot_be_read_stays() {
    let script = |puppet: &mut Puppet| {
        puppet.start("b", 7);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        puppet.damage_letter();
        puppet.restart();
        puppet.settle();
        puppet.restart();
    };
    after(
        |puppet| {
            puppet.start("a", 0);
        },
        script,
        expect![[r#"
        <- request 2: start b as p7
        -> load 1 of b
        <- load 1 of b: nothing
        -> play #1 first as b by sha256:010101010101 (Pinned)
        <- played #1 first by sha256:010101010101: Completed(0), send gO0 "0000000000000001-0.0" to a, send gO0 "0000000000000001-0.1" to a
        -> forget session of #1
        -> commit 1: #1@1, post 0 (gO0 "0000000000000001-0.0" for a), post 1 (gO0 "0000000000000001-0.1" for a)
        <- commit 1 is durable
        -> reply to 2: Started(InstanceId("b"))
        -> load 2 of a
        -- it starts again
        -> bad letter: the checksum of letter 0 does not match
        -> load 0 of a
        <- load 0 of a: #0 Running to row 0
        -> play #0 turn 2 with [Raised(Raised { name: EventName("gO0"), input: "0000000000000001-0.1" })]
        <- played #0: Waiting { events: [] }
        -> commit 0: #0@2, take 1
        <- commit 0 is durable
        -- it starts again
        -> bad letter: the checksum of letter 0 does not match
    "#]],
    );
}

/// A step that starts a child and sends it an event.
fn starts_and_tells(child: &str) -> Step {
    let to = instance_id(child);
    let options = ChildOptions { instance: Some(to.clone()), ..ChildOptions::default() };
    let event = Raised { name: EventName::parse("go0").unwrap(), input: Payload::null() };
    Step {
        decisions: vec![
            Decision::StartChild { name: name(3), input: Payload::null(), options },
            Decision::SendEvent { to, event },
        ],
        sources: Vec::new(),
        status: StepStatus::Waiting { events: Vec::new() },
        custom_status: None,
        logs: Vec::new(),
    }
}

#[test]
fn what_is_sent_to_a_child_in_the_turn_that_starts_it_finds_it() {
    let script = |puppet: &mut Puppet| {
        puppet.start("a", 0);
        puppet.load();
        let answer = Answer::Step(starts_and_tells("kid"));
        let played = Played::First { component: ComponentDigest([1; 32]), answer };
        puppet.tell(Input::Played { no: InstanceNo(1), played });
        puppet.flush();
        puppet.commit();
        puppet.load();
    };
    after(
        |puppet| {
            puppet.start("b", 1);
        },
        script,
        expect![[r#"
            <- request 2: start a as p0
            -> load 1 of a
            <- load 1 of a: nothing
            -> play #1 first as a by sha256:010101010101 (Pinned)
            <- played #1 first by sha256:010101010101: Waiting { events: [] }, child p3 as kid, send go0 null to kid
            -> commit 1: #1@1, post 0 (start kid as p3), post 1 (go0 null for kid)
            <- commit 1 is durable
            -> reply to 2: Started(InstanceId("a"))
            -> load 2 of kid
            <- load 2 of kid: nothing
            -> play #2 first as kid by sha256:010101010101 (OwnFirst)
        "#]],
    );
}
