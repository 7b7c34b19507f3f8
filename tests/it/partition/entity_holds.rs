//! Entities that cannot be run: what waits for them, who is let go, and what frees them.

use expect_test::expect;
use kernel::codec::{Damage, DamageKind, seal_entity};
use kernel::entity::head_of;
use kernel::model::{Entity, InstanceNo, LogSeq, Timestamp};
use kernel::orchestration::Held;
use kernel::partition::{Found, Input, LoadNo};
use kernel::port::Key;
use tests::sim::component::LATE;
use tests::sim::entity::{Deed, entity_id};
use tests::sim::program::name;
use tests::sim::puppet::Puppet;

use super::entities::{add, after, check, nobodys_lock, purge_entity, signal, tally};

fn unavailable() -> Held {
    Held::Unavailable("no machine code".to_owned())
}

#[test]
fn one_that_nobody_has_answers_with_a_failure_and_is_not_kept() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(signal(entity_id("nobody", "a"), "t1", Deed::Get));
        puppet.settle();
        puppet.start("i", 2);
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
            <- request 1: signal @nobody@a get("t1|")
            -> load 0 of @nobody@a
            <- load 0 of @nobody@a: nothing
            -> apply @nobody@a (#0) get("t1|")
            <- applied @nobody@a: dacapo:not-found: no component has @nobody@a
            -> signal get of @nobody@a failed: dacapo:not-found: no component has @nobody@a
            -> reply to 1: Done
            <- request 2: start i as p2
            -> load 1 of i
            <- load 1 of i: nothing
            -> play #1 first as i by sha256:010101010101 (Pinned)
            <- played #1 first by sha256:010101010101: Waiting { events: [] }, call @nobody@a get("0000000000000001-0.0-0|")
            -> commit 0: #1@0, post 0 (get("0000000000000001-0.0-0|") @nobody@a for #1 1/0/1)
            <- commit 0 is durable
            -> reply to 2: Started(InstanceId("i"))
            -> load 2 of @nobody@a
            <- load 2 of @nobody@a: nothing
            -> apply @nobody@a (#2) get("0000000000000001-0.0-0|")
            <- applied @nobody@a: dacapo:not-found: no component has @nobody@a
            -> commit 1: post 1 (task 1/0/1 of #1 failed), take 0
            <- commit 1 is durable
            -> play #1 turn 2 with [TaskFailed { task: TaskId(0), failure: Failure { kind: "dacapo:not-found", message: "no component has @nobody@a", details: None, retryable: false, causes: [] } }]
            <- played #1: Completed(2726782856733280843)
            -> forget session of #1
            -> commit 2: #1@1, take 1
            <- commit 2 is durable
        "#]],
    );
}

#[test]
fn a_held_one_keeps_what_waits_and_lets_clients_go() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(add("t2"));
        puppet.load();
        puppet.hold_entity(unavailable());
        puppet.ask(add("t3"));
        puppet.flush();
        puppet.commit();
        puppet.ask(nobodys_lock(tally("a")));
        puppet.start("i", 0);
        puppet.settle();
        // Something else is deployed, and then what it needs.
        puppet.tell(Input::Deployed(vec![(name(0), LATE)]));
        puppet.tell(Input::Deployed(vec![(tally("").name(), LATE)]));
        puppet.settle();
    };
    after(
        |puppet| {
            puppet.ask(add("t1"));
        },
        script,
        expect![[r#"
            <- request 2: signal @tally@a add("t2|2")
            -> load 1 of @tally@a
            <- load 1 of @tally@a: #0 2 v1
            -> apply @tally@a (#0) add("t2|2")
            <- applied @tally@a: not run: the instance cannot be played here and now: no machine code
            -> hold @tally@a: the instance cannot be played here and now: no machine code
            <- request 3: signal @tally@a add("t3|2")
            -> commit 1: post 0 (add("t2|2") @tally@a), post 1 (add("t3|2") @tally@a)
            <- commit 1 is durable
            -> reply to 2: Done
            -> reply to 3: Done
            <- request 4: unlock @tally@a for #99 1/0
            -> reply to 4: Unavailable("the instance cannot be played here and now: no machine code")
            <- request 5: start i as p0
            -> load 2 of i
            <- load 2 of i: nothing
            -> play #1 first as i by sha256:010101010101 (Pinned)
            <- played #1 first by sha256:010101010101: Waiting { events: [] }, call @tally@a add("0000000000000001-0.0-0|2")
            -> commit 2: #1@1, post 2 (add("0000000000000001-0.0-0|2") @tally@a for #1 1/0/1)
            <- commit 2 is durable
            -> reply to 5: Started(InstanceId("i"))
            <- deployed: p0 by 5
            <- deployed: tally by 5
            -> release @tally@a
            -> apply @tally@a (#0) add("t2|2"), add("t3|2"), add("0000000000000001-0.0-0|2")
            <- applied @tally@a: = 8 v1, with 4, 6, 8
            -> commit 3: #0@2, #0 anew, post 3 (task 1/0/1 of #1 done), take 0, take 1, take 2
            <- commit 3 is durable
            -> play #1 turn 2 with [TaskCompleted { task: TaskId(0), output: 8 }]
            <- played #1: Completed(15655543297350242377)
            -> forget session of #1
            -> commit 4: #1@3, take 3
            <- commit 4 is durable
        "#]],
    );
}

#[test]
fn one_whose_blob_was_missing_is_tried_again() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(add("t1"));
        puppet.load();
        let input = kernel::model::BlobRef::of(b"1");
        puppet.hold_entity(Held::Blob { blob: input, why: "no network".to_owned() });
        puppet.settle();
        puppet.tell(Input::Retry);
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a add("t1|2")
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) add("t1|2")
        <- applied @tally@a: not run: the blob sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b of 1 bytes cannot be had: no network; it is tried again from time to time
        -> hold @tally@a: the blob sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b of 1 bytes cannot be had: no network; it is tried again from time to time
        -> commit 0: post 0 (add("t1|2") @tally@a)
        <- commit 0 is durable
        -> reply to 1: Done
        <- retry
        -> release @tally@a
        -> apply @tally@a (#0) add("t1|2")
        <- applied @tally@a: = 2 v1, with 2
        -> commit 1: #0@0, take 0
        <- commit 1 is durable
    "#]],
    );
}

#[test]
fn one_that_cannot_be_run_is_tried_again_if_another_component_came_meanwhile() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(add("t1"));
        puppet.load();
        puppet.tell(Input::Deployed(vec![(tally("").name(), LATE)]));
        puppet.hold_entity(unavailable());
        puppet.hold_entity(unavailable());
        puppet.settle();
    };
    check(
        script,
        expect![[r#"
        <- request 1: signal @tally@a add("t1|2")
        -> load 0 of @tally@a
        <- load 0 of @tally@a: nothing
        -> apply @tally@a (#0) add("t1|2")
        <- deployed: tally by 5
        <- applied @tally@a: not run: the instance cannot be played here and now: no machine code
        -> apply @tally@a (#0) add("t1|2")
        <- applied @tally@a: not run: the instance cannot be played here and now: no machine code
        -> hold @tally@a: the instance cannot be played here and now: no machine code
        -> commit 0: post 0 (add("t1|2") @tally@a)
        <- commit 0 is durable
        -> reply to 1: Done
    "#]],
    );
}

#[test]
fn a_purge_goes_in_its_turn_and_before_what_waits_for_a_held_one() {
    let script = |puppet: &mut Puppet| {
        puppet.ask(add("t2"));
        puppet.load();
        puppet.ask(purge_entity(&tally("a")));
        puppet.ask(add("t3"));
        puppet.apply();
        puppet.settle();
        puppet.ask(add("t4"));
        puppet.load();
        puppet.hold_entity(unavailable());
        puppet.settle();
        puppet.ask(purge_entity(&tally("a")));
        puppet.settle();
    };
    after(
        |puppet| {
            puppet.ask(add("t1"));
        },
        script,
        expect![[r#"
            <- request 2: signal @tally@a add("t2|2")
            -> load 1 of @tally@a
            <- load 1 of @tally@a: #0 2 v1
            -> apply @tally@a (#0) add("t2|2")
            <- request 3: purge @tally@a
            <- request 4: signal @tally@a add("t3|2")
            <- applied @tally@a: = 4 v1, with 4
            -> forget session of #0
            -> commit 1: without #0
            <- commit 1 is durable
            -> reply to 2: Done
            -> reply to 3: Done
            -> apply @tally@a (#1) add("t3|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 2: #1@1
            <- commit 2 is durable
            -> reply to 4: Done
            <- request 5: signal @tally@a add("t4|2")
            -> load 2 of @tally@a
            <- load 2 of @tally@a: #1 2 v1
            -> apply @tally@a (#1) add("t4|2")
            <- applied @tally@a: not run: the instance cannot be played here and now: no machine code
            -> hold @tally@a: the instance cannot be played here and now: no machine code
            -> commit 3: post 0 (add("t4|2") @tally@a)
            <- commit 3 is durable
            -> reply to 5: Done
            <- request 6: purge @tally@a
            -> release @tally@a
            -> apply @tally@a (#1) add("t4|2")
            <- applied @tally@a: = 2 v1, with 2
            -> commit 4: #1@2, #1 anew, take 0
            <- commit 4 is durable
            -> reply to 6: Done
        "#]],
    );
}

/// Nobody knows what it was, so nothing is run on it; once it is forgotten, what waits is for the one that comes after it.
#[test]
fn one_that_is_damaged_can_only_be_forgotten() {
    let script = |puppet: &mut Puppet| {
        puppet.start("i", 0);
        puppet.load();
        puppet.play();
        puppet.flush();
        puppet.commit();
        let entity = Entity::new(tally("a"), Timestamp(0));
        let row = seal_entity(InstanceNo(7), LogSeq(70), &entity);
        let damage = Damage { no: row.no, seq: row.seq, what: DamageKind::Checksum };
        let found = Found::Damaged { head: Box::new(head_of(&row, &entity)), damage };
        let key = Key::Id(tally("a").instance_id().clone());
        puppet.tell(Input::Loaded { key, load: LoadNo(1), found });
        puppet.ask(add("t1"));
        puppet.ask(nobodys_lock(tally("a")));
        puppet.tell(Input::Deployed(vec![(tally("").name(), LATE)]));
        puppet.tell(Input::Retry);
        puppet.flush();
        puppet.commit();
        puppet.ask(purge_entity(&tally("a")));
        puppet.apply();
        puppet.flush();
        puppet.note_rest();
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
        <- load 1 of @tally@a: #7 instance number 7 is damaged at log row 70: the checksum does not match
        -> hold @tally@a: instance number 7 is damaged at log row 70: the checksum does not match; restore the hub from a backup, or terminate the instance
        <- request 2: signal @tally@a add("t1|2")
        <- request 3: unlock @tally@a for #99 1/0
        -> reply to 3: Unavailable("instance number 7 is damaged at log row 70: the checksum does not match; restore the hub from a backup, or terminate the instance")
        <- deployed: tally by 5
        <- retry
        -> commit 1: post 1 (add("t1|2") @tally@a)
        <- commit 1 is durable
        -> reply to 2: Done
        <- request 4: purge @tally@a
        -> release @tally@a
        -> apply @tally@a (#7) add("0000000000000001-0.0-0|2"), add("t1|2")
        <- applied @tally@a: = 4 v1, with 2, 4
        -> commit 2: #7@1, #7 anew, post 2 (task 1/0/1 of #0 done), take 0, take 1
        -- 2 in memory, wakes at None
    "#]],
    );
}
