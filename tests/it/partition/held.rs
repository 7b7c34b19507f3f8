//! Instances that are held, and what lets them go.

use expect_test::expect;
use kernel::model::{Payload, Reach};
use kernel::orchestration::Held;
use kernel::partition::{Input, Op};
use tests::sim::component::MENDED;
use tests::sim::instance_id;
use tests::sim::program::name;
use tests::sim::puppet::Puppet;

use super::{after, raise, resume, terminate};

#[test]
fn who_is_held_when_a_component_was_deployed_meanwhile_tries_it() {
    let begin = |puppet: &mut Puppet| {
        puppet.start("a", 3);
    };
    let script = |puppet: &mut Puppet| {
        puppet.ask(raise("a", "1"));
        puppet.load();
        puppet.tell(Input::Deployed(vec![(name(3), MENDED)]));
        puppet.hold(Held::Unavailable("no component".to_owned()));
        puppet.flush();
        puppet.commit();
        puppet.note_rest();
    };
    after(
        begin,
        script,
        expect![[r#"
        <- request 2: raise go0 1 for a
        -> load 1 of a
        <- load 1 of a: #0 Running to row 0
        -> play #0 turn 2 with [Raised(Raised { name: EventName("go0"), input: 1 })]
        <- deployed: p3 by 4
        <- not played #0: the instance cannot be played here and now: no component
        -> forget session of #0
        -> hold a: the instance cannot be played here and now: no component
        -> commit 1: #0@1
        <- commit 1 is durable
        -> reply to 2: Done
        -> try #0 with sha256:040404040404
        -- 1 in memory, wakes at None
    "#]],
    );
}

#[test]
fn who_is_resumed_while_busy_is_tried_then() {
    let begin = |puppet: &mut Puppet| {
        puppet.start("a", 3);
        puppet.settle();
        puppet.ask(Op::Suspend { id: instance_id("a"), reason: Payload::null() });
    };
    let script = |puppet: &mut Puppet| {
        puppet.ask(resume("a"));
        puppet.load();
        puppet.settle();
        puppet.ask(raise("a", "1"));
        puppet.load();
        puppet.hold(Held::Unavailable("no component".to_owned()));
        puppet.ask(resume("a"));
        puppet.settle();
    };
    after(
        begin,
        script,
        expect![[r#"
        <- request 3: resume a
        -> load 2 of a
        <- load 2 of a: #0 Suspended to row 1
        -> commit 2: #0@2
        <- commit 2 is durable
        -> reply to 3: Done
        <- request 4: raise go0 1 for a
        -> load 3 of a
        <- load 3 of a: #0 Running to row 2
        -> play #0 turn 2 with [Raised(Raised { name: EventName("go0"), input: 1 })]
        <- not played #0: the instance cannot be played here and now: no component
        -> forget session of #0
        -> hold a: the instance cannot be played here and now: no component
        <- request 5: resume a
        -> commit 3: #0@3
        <- commit 3 is durable
        -> reply to 4: Done
        -> reply to 5: Done
        -> try #0 with sha256:010101010101
        <- sha256:010101010101 fits #0
        -> release a
        -> play #0 turn 2 with [Raised(Raised { name: EventName("go0"), input: 1 })]
        <- played #0: Completed(8164320735823947624)
        -> forget session of #0
        -> commit 4: #0@4
        <- commit 4 is durable
    "#]],
    );
}

#[test]
fn an_end_releases() {
    let begin = |puppet: &mut Puppet| {
        puppet.start("a", 3);
    };
    let script = |puppet: &mut Puppet| {
        puppet.ask(raise("a", "1"));
        puppet.load();
        puppet.hold(Held::Unavailable("no component".to_owned()));
        puppet.ask(terminate("a", Reach::Alone));
        puppet.settle();
    };
    after(
        begin,
        script,
        expect![[r#"
        <- request 2: raise go0 1 for a
        -> load 1 of a
        <- load 1 of a: #0 Running to row 0
        -> play #0 turn 2 with [Raised(Raised { name: EventName("go0"), input: 1 })]
        <- not played #0: the instance cannot be played here and now: no component
        -> forget session of #0
        -> hold a: the instance cannot be played here and now: no component
        <- request 3: terminate a
        -> commit 1: #0@1
        <- commit 1 is durable
        -> reply to 2: Done
        -> forget session of #0
        -> commit 2: #0@2
        <- commit 2 is durable
        -> reply to 3: Done
        -> release a
        -> stop all of #0
    "#]],
    );
}
